//! The same work as other engines do: their rules, and the result to the last digit.
//!
//! The expected figures come from a ledger of whole numbers that knows nothing of this program. The peers' own files
//! are too large to keep here and are made by a generator of random numbers of another language; where they are, say
//! in `TICKFOLD_PEERS`, and they are run as well.

#[path = "acceptance/market.rs"]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use market::{BEGINS_MS, Dice, trades};
use program::answer;

const TICKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/ticks.toml");
const BARS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/bars.toml");

/// What a run ends with.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    events: u64,
    fills: u64,
    usdt: String,
    btc: String,
}

/// Runs a file by the peers' rules.
fn run(dir: &Path, config: &str, file: &Path) -> Ending {
    let file = file.to_str().expect("a plain path");
    let summary = answer(dir, &["backtest", "--config", config, "--data", file]);
    assert_eq!(summary["orders"], summary["fills"], "every order fills whole");
    assert_eq!(summary["denials"], 0);
    assert_eq!(summary["rejections"], 0);
    let balance = |currency: &str| summary["balances"][currency].as_str().expect("a balance").to_owned();
    let verified = answer(dir, &["verify", "last"]);
    assert_eq!((&verified["ok"], &verified["digest"]), (&true.into(), &summary["digest"]));
    Ending {
        events: summary["events"].as_u64().expect("a count"),
        fills: summary["fills"].as_u64().expect("a count"),
        usdt: balance("USDT"),
        btc: balance("BTC"),
    }
}

/// The rules again: 10/20 averages of the price, 0.01 BTC an entry, a fee of 0.1 %, money in units of 1e-8.
fn ledger(prices: impl Iterator<Item = String>) -> Ending {
    const UNIT: u64 = 100_000_000;
    let (mut usdt, mut btc) = (1_000_000 * UNIT, 10 * UNIT);
    let (mut fast, mut slow, mut long, mut above_before) = (0.0, 0.0, false, None);
    let (mut events, mut fills) = (0, 0);
    for text in prices {
        let price: f64 = text.parse().expect("a price");
        events += 1;
        if events == 1 {
            (fast, slow) = (price, price);
        }
        fast += 2.0 / 11.0 * (price - fast);
        slow += 2.0 / 21.0 * (price - slow);
        if events < 20 {
            continue;
        }
        let above = fast > slow;
        if above_before.is_some_and(|before| before != above) && (above || long) {
            let tenths: u64 = text.replace('.', "").parse().expect("one decimal");
            let notional = tenths * 100_000;
            let fee = notional / 1_000;
            usdt = if above { usdt - notional } else { usdt + notional } - fee;
            btc = if above { btc + UNIT / 100 } else { btc - UNIT / 100 };
            fills += 1;
            long = above;
        }
        above_before = Some(above);
    }
    let shown = |units: u64| format!("{}.{:08}", units / UNIT, units % UNIT);
    Ending { events, fills, usdt: shown(usdt), btc: shown(btc) }
}

/// One column of a CSV file.
fn column(text: &str, index: usize) -> impl Iterator<Item = String> {
    text.lines().skip(1).map(move |line| line.split(',').nth(index).expect("a column").to_owned())
}

/// Bars of a minute around eight prices each, with the time at which they close.
fn bars(seed: u64, count: u64) -> String {
    let mut dice = Dice(seed);
    let mut tenths = 500_000_u64;
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for bar in 1..=count {
        let inside: Vec<u64> = (0..8)
            .map(|_| {
                tenths = (tenths + dice.below(61)).saturating_sub(30).max(1_000);
                tenths
            })
            .collect();
        let high = inside.iter().max().expect("eight");
        let low = inside.iter().min().expect("eight");
        let volume = 10_000 + dice.below(490_001);
        write!(text, "{}", BEGINS_MS + bar * 60_000).expect("memory takes it");
        for price in [&inside[0], high, low, &inside[7]] {
            write!(text, ",{}.{}", price / 10, price % 10).expect("memory takes it");
        }
        writeln!(text, ",{}.{:04}", volume / 10_000, volume % 10_000).expect("memory takes it");
    }
    text
}

#[test]
fn made_up_trades_end_as_the_ledger_says() {
    let dir = tempfile::tempdir().unwrap();
    for seed in 1..=3 {
        let text = trades(seed, 10_000);
        let file = dir.path().join("made.csv");
        fs::write(&file, &text).unwrap();
        let expected = ledger(column(&text, 1));
        assert!(expected.fills > 200, "seed {seed}: {expected:?}");
        assert_eq!(run(dir.path(), TICKS, &file), expected, "seed {seed}");
    }
}

#[test]
fn made_up_bars_end_as_the_ledger_says() {
    let dir = tempfile::tempdir().unwrap();
    for seed in 1..=3 {
        let text = bars(seed, 5_000);
        let file = dir.path().join("made.csv");
        fs::write(&file, &text).unwrap();
        let expected = ledger(column(&text, 4));
        assert!(expected.fills > 100, "seed {seed}: {expected:?}");
        assert_eq!(run(dir.path(), BARS, &file), expected, "seed {seed}");
    }
}

/// The peers' own file of this name, where there is one.
fn peers_file(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-peers-data");
    let file = std::env::var_os("TICKFOLD_PEERS").map_or_else(beside, PathBuf::from).join(name);
    if file.is_file() {
        return Some(file);
    }
    eprintln!("SKIPPED: there is no {}; TICKFOLD_PEERS names the folder that holds it", file.display());
    None
}

#[test]
fn the_peers_ticks_end_as_theirs_do() {
    let Some(file) = peers_file("ticks_1m.csv") else { return };
    let dir = tempfile::tempdir().unwrap();
    let expected = Ending { events: 1_000_000, fills: 45_806, usdt: "977197.91603800".into(), btc: "10.00000000".into() };
    assert_eq!(run(dir.path(), TICKS, &file), expected);
    assert_eq!(ledger(column(&fs::read_to_string(file).unwrap(), 1)), expected);
}

#[test]
fn the_peers_bars_end_as_theirs_do() {
    let Some(file) = peers_file("bars_500k.csv") else { return };
    let dir = tempfile::tempdir().unwrap();
    let expected = Ending { events: 500_000, fills: 22_673, usdt: "988147.37012800".into(), btc: "10.01000000".into() };
    assert_eq!(run(dir.path(), BARS, &file), expected);
    assert_eq!(ledger(column(&fs::read_to_string(file).unwrap(), 4)), expected);
}
