//! Recorded payloads: a folder that is not part of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, Price, Quantity, Rate};
use serde_json::Value;

/// The folder; `None`, and a loud line, when it is not there.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TICKFOLD_OKX_FIXTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/okx/fixtures"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no {}: TICKFOLD_OKX_FIXTURES names the folder of recorded payloads", folder.display());
    None
}

/// All files of JSON below a folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What a file holds: one value, or one a line.
pub fn values(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    match serde_json::from_str(&text) {
        Ok(value) => vec![value],
        Err(_) => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display())))
            .collect(),
    }
}

/// What one file of the folder holds; nothing, and a loud line, when it is not there.
pub fn lines(name: &str) -> Vec<Value> {
    let Some(path) = folder().map(|folder| folder.join(name)) else { return Vec::new() };
    if path.is_file() {
        return values(&path);
    }
    eprintln!("SKIPPED: no {}", path.display());
    Vec::new()
}

/// One file of the folder that holds one value.
pub fn value(name: &str) -> Option<Value> {
    lines(name).pop()
}

/// A pair of whatever name, fine enough for every price there is.
pub fn pair(symbol: &str) -> Instrument {
    let (base, quote) = symbol.split_once('-').unwrap_or(("BASE", "QUOTE"));
    let step = Decimal::new(1, 8);
    Instrument {
        id: InstrumentId(7),
        symbol: symbol.to_owned(),
        base: base.parse().unwrap(),
        quote: quote.split('-').next().unwrap().parse().unwrap(),
        price_scale: 8,
        size_scale: 8,
        tick_size: Price(step),
        lot_size: Quantity(step),
        min_size: Quantity(step),
        maker_fee: Rate(Decimal::ZERO),
        taker_fee: Rate(Decimal::ZERO),
    }
}
