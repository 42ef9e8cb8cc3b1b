//! Which files are read: of each instrument those that suit the interval best.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use data::files::{FileError, Kind, ReadOptions, Source};
use engine::time::Interval;

use super::ranking::LeftOut;

/// The endings of files of history.
const ENDINGS: [&str; 12] =
    [".csv", ".csv.gz", ".csv.zst", ".zip", ".json", ".json.gz", ".json.zst", ".parquet", ".pq", ".feather", ".arrow", ".ipc"];

/// What is read, and what is not.
#[derive(Default)]
pub struct Choice {
    /// By symbol; of each, files whose bars have the same length.
    pub chosen: BTreeMap<String, Vec<Source>>,
    /// The others.
    pub left_out: Vec<LeftOut>,
}

/// The files, and those in the folders and the folders in them, by path and each once. Of a folder, what does not end as
/// history does is passed over.
pub fn paths(given: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for path in given {
        if path.is_dir() { folders.push(path.clone()) } else { files.push(path.clone()) }
    }
    while let Some(folder) = folders.pop() {
        let io_error = |source| FileError::Io { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(io_error)? {
            let entry = entry.map_err(io_error)?;
            // A link to a folder is not followed, so a circle of links does no harm.
            if entry.file_type().map_err(io_error)?.is_dir() {
                folders.push(entry.path());
            } else if is_history(&entry.path()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn is_history(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Looks into each file and takes, for each instrument, bars of the interval; where there are none, the longest bars
/// that it is a multiple of; where there are none of these either, trades.
pub fn choose(paths: &[PathBuf], interval: Interval, options: &ReadOptions) -> Choice {
    let mut choice = Choice::default();
    for path in paths {
        match Source::open(path, options) {
            Ok(source) => choice.consider(source, interval),
            Err(error) => choice.left_out.push(LeftOut::failed(path, &error)),
        }
    }
    choice
}

impl Choice {
    fn consider(&mut self, source: Source, interval: Interval) {
        let Some(length) = suited_length(&source, interval) else {
            let what = source.interval().map_or_else(|| source.kind().to_string(), |length| format!("bars of {length}"));
            return self.leave_out(&source, format!("bars of {interval} cannot be made of {what}"));
        };
        let Some(symbol) = source.symbol().map(str::to_owned) else {
            let reason = "its name does not tell what it is of: name it like BTC-USDT_1h.csv";
            return self.leave_out(&source, reason.to_owned());
        };
        let known = self.chosen.remove(&symbol).unwrap_or_default();
        let known_length = known.first().and_then(|known| suited_length(known, interval));
        let (better, worse) = match known_length.map(|known| known.cmp(&length)) {
            None | Some(std::cmp::Ordering::Less) => (vec![source], known),
            Some(std::cmp::Ordering::Equal) => (known.into_iter().chain([source]).collect(), Vec::new()),
            Some(std::cmp::Ordering::Greater) => (known, vec![source]),
        };
        for source in worse {
            let than = better.first().and_then(Source::interval).map_or_else(String::new, |length| format!(" {length}"));
            self.leave_out(&source, format!("there are{than} bars of {symbol}"));
        }
        self.chosen.insert(symbol, better);
    }

    fn leave_out(&mut self, source: &Source, reason: String) {
        let symbol = source.symbol().map(str::to_owned);
        self.left_out.push(LeftOut { path: source.path().to_owned(), symbol, reason, is_error: false });
    }
}

/// The length of its bars in seconds, zero for trades; `None` when bars of the interval cannot be made of it.
fn suited_length(source: &Source, interval: Interval) -> Option<u32> {
    match source.kind() {
        Kind::Trades => Some(0),
        Kind::Candles => {
            source.interval().map(|length| length.0).filter(|&length| length > 0 && interval.0.is_multiple_of(length))
        }
        _ => None,
    }
}
