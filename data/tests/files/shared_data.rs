//! Real files, where they are: every one is read, and what its index says about it is true.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data::files::{Kind, ReadOptions};
use engine::event::Input;

use crate::read;

/// The folder of development data, which is not part of the repository.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TICKFOLD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("data").join(folder);
    if !path.is_dir() {
        eprintln!("SKIPPED: {} is not there; set TICKFOLD_SHARED to the folder that holds data/", path.display());
        return None;
    }
    Some(path)
}

/// What the index says about one file.
struct Indexed {
    path: PathBuf,
    rows: usize,
    /// Of candles: gaps, and the bars that they miss.
    gaps: Option<(usize, i64)>,
    /// Of candles: those without volume.
    without_volume: usize,
}

/// The index's rows of one folder.
fn index(folder: &str) -> Vec<Indexed> {
    let Some(path) = shared(folder) else { return Vec::new() };
    let text = std::fs::read_to_string(path.join("../INDEX.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix(folder)?.strip_prefix('/')?;
        let count = cells.get(5)?.parse().ok()?;
        let gaps = cells[8]
            .split_once(" gaps, ")
            .map(|(gaps, rest)| (gaps.parse().unwrap(), rest.split(' ').next().unwrap().parse().unwrap()));
        let without_volume = cells[10]
            .split("zero volume ")
            .nth(1)
            .map_or(0, |rest| rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap());
        Some(Indexed { path: path.join(name), rows: count, gaps, without_volume })
    });
    rows.collect()
}

#[test]
fn candles_are_read_strictly_and_their_gaps_are_those_of_the_index() {
    for Indexed { path, rows, gaps, without_volume } in index("candles").into_iter().chain(index("embeddable")) {
        let events = read(&path, &ReadOptions::default()).unwrap();
        let bars = events.iter().filter(|(_, input)| matches!(input, Input::Bar(_))).count();
        let interval_ns =
            events.iter().find_map(|(_, input)| if let Input::Bar(bar) = input { Some(bar.interval.ns()) } else { None });
        let found: Vec<i64> = events
            .iter()
            .filter_map(
                |(_, input)| if let Input::FeedGap(gap) = input { Some((gap.to.0 - gap.from.0) / interval_ns?) } else { None },
            )
            .collect();
        let empty = events.iter().filter(|(_, input)| matches!(input, Input::Bar(bar) if bar.volume.0 == 0)).count();
        assert_eq!(empty, without_volume, "{}", path.display());
        assert_eq!((bars, Some((found.len(), found.iter().sum()))), (rows, gaps), "{}", path.display());
        assert!(events.is_sorted_by_key(|&(at, _)| at), "{}", path.display());
    }
}

#[test]
fn trades_and_funding_are_read_strictly() {
    for Indexed { path, rows, .. } in index("trades").into_iter().chain(index("funding")) {
        let events = read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(events.len(), rows, "{}", path.display());
        assert!(events.is_sorted_by_key(|&(at, _)| at), "{}", path.display());
    }
}

#[test]
fn books_are_read_strictly_and_never_cross() {
    for Indexed { path, rows, .. } in index("books") {
        let name = path.display();
        let source = data::files::Source::open(&path, &ReadOptions::default()).unwrap();
        let events = read(&path, &ReadOptions::default()).unwrap();
        assert!(events.is_sorted_by_key(|&(at, _)| at), "{name}");
        if source.kind() == Kind::Quotes {
            assert_eq!(events.len(), rows, "{name}");
            continue;
        }
        let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
        let (mut snapshots, mut deltas) = (0, 0);
        for (_, input) in &events {
            let book = match input {
                Input::BookSnapshot(book) => {
                    (snapshots, bids, asks) = (snapshots + 1, BTreeMap::new(), BTreeMap::new());
                    book
                }
                Input::BookDelta(book) => {
                    deltas += 1;
                    book
                }
                other => panic!("{name}: {other:?}"),
            };
            for (side, levels) in [(&mut bids, &book.bids), (&mut asks, &book.asks)] {
                for level in levels {
                    if level.size.0 == 0 {
                        side.remove(&level.price)
                    } else {
                        side.insert(level.price, level.size)
                    };
                }
            }
            if let (Some((bid, _)), Some((ask, _))) = (bids.last_key_value(), asks.first_key_value()) {
                assert!(bid < ask, "{name}: crossed after {deltas} updates");
            }
        }
        // Updates that the snapshot does not contain, counted independently with awk.
        let expected = match path.file_name().unwrap().to_str().unwrap() {
            "BTC-USD-220527_okx_20220513.csv.gz" => 98,
            "BTC-USD-SWAP_binance_20240808.csv.gz" => 26_824,
            "BTC-USDT-SWAP_binance_20240808.csv.gz" => 6_547,
            "BTC-USDT_binance_20240808.csv.gz" => 3_449,
            "BTC-USDT_okx_20220513.csv.gz" => 97,
            "ETH-USDT_binance_20240808.csv.gz" => 3_432,
            other => panic!("{other} is new: say how many updates follow its snapshot"),
        };
        assert_eq!((snapshots, deltas), (1, expected), "{name}");
    }
}
