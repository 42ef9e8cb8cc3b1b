//! Every strategy's golden result on the embedded sample, and that none of them looks ahead.

use std::path::Path;
use std::sync::Arc;

use data::log::{BlobStore, Disk, Reader};
use engine::event::{Decision, Event, Record};
use engine::time::{SECOND_NS, Timestamp};
use replays::backtest::Backtest;
use replays::config::{Config, StrategyConfig};
use replays::report::Summary;
use replays::verify::verify;
use strategies::{CATALOGUE, Golden};

const HOUR_NS: i64 = 3_600 * SECOND_NS;

fn sample(name: &str) -> Config {
    Config { strategies: vec![StrategyConfig::named(name.to_owned())], ..Config::default() }
}

fn run(config: Config, folder: &Path) -> Summary {
    Backtest::prepare(config).expect("it can be set up").run(Some(folder)).expect("it runs").summary
}

#[test]
fn each_strategy_has_its_golden_result_on_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    eprintln!("{:<16} {:>8} {:>8} {:>20}", "strategy", "signals", "orders", "end equity");
    for definition in CATALOGUE {
        let summary = run(sample(definition.name), &folder.path().join(definition.name));
        let end = summary.equity.end.map_or_else(String::new, |end| end.to_string());
        eprintln!("{:<16} {:>8} {:>8} {end:>20}", definition.name, summary.signals, summary.orders);
        let Golden { signals, orders, end_equity } = definition.golden;
        if (u64::from(signals), u64::from(orders), end_equity) != (summary.signals, summary.orders, end.as_str()) {
            wrong.push(format!(
                "{}: Golden {{ signals: {}, orders: {}, end_equity: \"{end}\" }}",
                definition.name, summary.signals, summary.orders
            ));
        }
    }
    assert!(wrong.is_empty(), "another result than the file says:\n{}", wrong.join("\n"));
}

fn records(run: &Path) -> Vec<Record> {
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(run).unwrap())).unwrap();
    let mut records = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        records.extend_from_slice(block);
    }
    records
}

/// What was decided before a time; a checkpoint's hash knows the configuration, and that says where the data end.
fn decided_before(records: &[Record], end: Timestamp) -> Vec<&Record> {
    let decisions = records.iter().filter(|record| record.at < end && matches!(record.event, Event::Decision(_)));
    decisions.filter(|record| !matches!(record.event, Event::Decision(Decision::Checkpoint(_)))).collect()
}

/// Data that end earlier leave all decisions before their end as they are: each strategy on the sample, cut at random
/// hours. And what it decided is derived again.
#[test]
fn no_strategy_looks_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let seed = std::env::var("TICKFOLD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(3_u64);
    eprintln!("TICKFOLD_SEED={seed}");
    let mut dice = seed;
    for definition in CATALOGUE {
        let path = folder.path().join(definition.name);
        let summary = run(sample(definition.name), &path);
        let whole = records(&path);
        let (from, to) = (summary.from.unwrap(), summary.to.unwrap());
        for cut in 0..5 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let hours = (to.0 - from.0) / HOUR_NS;
            let end = from.plus_ns(HOUR_NS * (1 + i64::try_from(dice >> 33).unwrap() % hours));
            let mut config = sample(definition.name);
            config.data.to = Some(end);
            let path = folder.path().join(format!("{}-{cut}", definition.name));
            run(config, &path);
            let part = records(&path);
            assert_eq!(decided_before(&part, end), decided_before(&whole, end), "{} cut at {end}", definition.name);
        }
        let (mut reader, _) = Reader::open(Arc::new(Disk::open(&path).unwrap())).unwrap();
        verify(&mut reader, &BlobStore::open(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", definition.name));
    }
}
