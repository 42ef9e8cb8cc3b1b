//! How fast a big file is read. Not part of the usual run: it needs a release build and the peers' input.

use std::path::PathBuf;
use std::time::Instant;

use data::files::{BarTime, ReadOptions, Source, history};

use crate::instrument;

/// `PEERS=DIR cargo nextest run -p data --release --run-ignored only reads_the_peers_files --no-capture`
#[test]
#[ignore = "a measurement: needs PEERS=DIR with the output of gen_data.py, and a release build"]
fn reads_the_peers_files() {
    let peak = || {
        std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned()
    };
    let folder = PathBuf::from(std::env::var_os("PEERS").expect("PEERS names the folder"));
    for (name, rows) in
        [("ticks_1m.csv", 1_000_000), ("bars_500k.csv", 500_000), ("ticks_10m.csv", 10_000_000), ("ticks_1m.parquet", 1_000_000)]
    {
        if !folder.join(name).exists() {
            eprintln!("SKIPPED: {name} is not in PEERS");
            continue;
        }
        for _ in 0..3 {
            let options = ReadOptions { bar_time: BarTime::Close, ..ReadOptions::default() };
            let source = Source::open(folder.join(name), &options).unwrap();
            let started = Instant::now();
            let count = history(vec![(source, instrument(0, "BTC-USDT", (8, 8)))]).map(Result::unwrap).count();
            eprintln!("{name}: {count} events in {:.3} s, {}", started.elapsed().as_secs_f64(), peak());
            assert_eq!(count, rows);
        }
    }
}
