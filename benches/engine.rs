//! The engine's step, the order book, and a whole backtest with its log, on the ticks that all engines are compared on.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput};
use engine::book::Book;
use engine::engine::Engine;
use engine::event::{Event, Hash, Input, Mode, Record};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{BookLevels, Level};
use engine::number::{FixedPrice, FixedSize};
use engine::time::Timestamp;
use replays::backtest::Backtest;
use replays::config::Config;
use replays::session;

mod ticks;

use ticks::{random, ticks};

const EVENTS: usize = 1_000_000;

/// The peers' rules: see `benches/peers/ticks.toml`.
fn config(sets: &[String]) -> Config {
    let rules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/ticks.toml"));
    Config::load(&[rules.to_owned()], std::iter::empty(), sets).expect("right")
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().expect("a code"),
        quote: "USDT".parse().expect("a code"),
        price_scale: 1,
        size_scale: 4,
        tick_size: "0.1".parse().expect("a number"),
        lot_size: "0.0001".parse().expect("a number"),
        min_size: "0.0001".parse().expect("a number"),
        maker_fee: "0.001".parse().expect("a number"),
        taker_fee: "0.001".parse().expect("a number"),
    }
}

fn started(config: &Config) -> Engine {
    let mut engine = session::engine(config).expect("right");
    for input in session::preamble(config, Hash::default(), Mode::Backtest, &[instrument()]) {
        engine.step(Timestamp(0), input);
    }
    engine
}

/// Trades through the engine alone. Nobody fills its orders, so the strategy signals and then waits.
fn step(criterion: &mut Criterion, records: &[Record]) {
    let inputs: Vec<(Timestamp, Input)> = records.iter().filter_map(input).collect();
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10).throughput(Throughput::Elements(inputs.len() as u64));
    let idle = config(&["strategy.slow=10000".to_owned(), "strategy.fast=9999".to_owned()]);
    for (name, config) in [("trade", idle), ("trade with signals", config(&[]))] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (started(&config), inputs.clone()),
                |(mut engine, inputs)| {
                    for (at, input) in inputs {
                        black_box(engine.step(at, input));
                    }
                    engine
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn input(record: &Record) -> Option<(Timestamp, Input)> {
    match &record.event {
        Event::Input(input) => Some((record.at, input.clone())),
        Event::Decision(_) => None,
    }
}

/// One-level updates around the middle of a book, as most of a feed is.
fn book(criterion: &mut Criterion) {
    const UPDATES: usize = 100_000;
    let mut group = criterion.benchmark_group("book");
    group.throughput(Throughput::Elements(UPDATES as u64));
    for depth in [25, 400] {
        let mut dice = 7;
        let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
        let delta = |_| {
            let distance = 1 + random(&mut dice, depth);
            let size = random(&mut dice, 5) * 100;
            let (bids, asks) = if random(&mut dice, 2) == 0 {
                (vec![level(100_000 - distance, size)], vec![])
            } else {
                (vec![], vec![level(100_000 + distance, size)])
            };
            let (instrument, venue_at) = (InstrumentId(0), Timestamp(0));
            BookLevels { instrument, venue_at, bids: bids.into(), asks: asks.into() }
        };
        let deltas: Vec<BookLevels> = (0..UPDATES).map(delta).collect();
        group.bench_function(format!("update at depth {depth}"), |bencher| {
            bencher.iter_batched_ref(
                Book::default,
                |book| deltas.iter().for_each(|delta| book.apply(delta)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// From the CSV file to the sealed log.
fn backtest(criterion: &mut Criterion, records: &[Record]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ticks.csv");
    let mut text = String::from("ts_ns,price,size,side\n");
    for record in records {
        let Event::Input(Input::Trade(trade)) = &record.event else { continue };
        let (instrument, taker) = (instrument(), format!("{:?}", trade.taker).to_uppercase());
        let (price, size) = (instrument.price(trade.price), instrument.quantity(trade.size));
        writeln!(text, "{},{price},{size},{taker}", record.at.0).expect("memory");
    }
    fs::write(&file, text).expect("room on the disk");
    let config = config(&[format!("data.paths=[{:?}]", file.display().to_string())]);
    let mut group = criterion.benchmark_group("backtest");
    group.sample_size(10).throughput(Throughput::Elements(records.len() as u64));
    let ready = || Backtest::prepare(config.clone()).expect("right");
    group.bench_function("ticks with orders and log", |bencher| {
        bencher.iter_batched(
            || (ready(), tempfile::tempdir().expect("a folder")),
            |(backtest, run)| backtest.run(Some(run.path())).expect("a run"),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("ticks with orders, no log", |bencher| {
        bencher.iter_batched(ready, |backtest| backtest.run(None).expect("a run"), BatchSize::PerIteration);
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let records = ticks(EVENTS);
    step(&mut criterion, &records);
    book(&mut criterion);
    backtest(&mut criterion, &records);
    criterion.final_summary();
}
