//! The same history, configuration and seed are the same log to the last bit: in another process, from another
//! folder, in another build. And whatever is logged follows again from its inputs, up to any record.

#[path = "acceptance/market.rs"]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use data::log::{BlobStore, Disk, Memory, Options, Reader, Writer};
use engine::event::{Decision, Event, Input, Record};
use engine::state::State;
use market::{BEGINS_MS, Dice, trades};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;
use replays::backtest::Backtest;
use replays::config::Config;
use replays::rebuild::rebuild;
use replays::report::{Document, Summary, Timing};
use replays::session;
use replays::verify::verify;
use serde_json::Value;

use program::{answer, tickfold};

/// Of `tickfold backtest` without arguments. A debug build, a release build and every machine agree on it; who changes
/// on purpose what is logged writes the new one here.
const SAMPLE_DIGEST: &str = "b8f7d804fab4abd6ea78b1eeceed9b8b096849814091bc031f5b609ff60a6429";
/// Of 5,000 made-up trades with orders, latencies and fees.
const TRADES_DIGEST: &str = "e7591804d9521b0de5c021eba5929522bd837eed56c812d8373952df7cf36abf";

/// The command of [`TRADES_DIGEST`], on a file of any name and with more settings.
fn on_trades<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let command = ["backtest", "--instrument", "BTC-USDT", "--data", file, "--set", "seed=7"];
    let sets = [
        "--set",
        "risk.enabled=false",
        "--set",
        "exchange.entry_latency_us=250000",
        "--set",
        "exchange.latency_jitter_us=400000",
    ];
    [&command[..], &sets[..], more].concat()
}

/// The parts of a summary that must be the same.
fn stable(mut summary: Value) -> Value {
    let fields = summary.as_object_mut().expect("an object");
    for name in ["run_id", "engine_seconds", "events_per_second", "peak_rss_bytes"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    summary
}

#[test]
fn the_sample_has_one_digest() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = stable(answer(here.path(), &["backtest"]));
    assert_eq!(first["digest"], SAMPLE_DIGEST);
    assert_eq!(stable(answer(here.path(), &["backtest"])), first, "once more");
    assert_eq!(stable(answer(there.path(), &["backtest"])), first, "in another folder");
    assert_eq!(stable(answer(there.path(), &["backtest", "--no-log"])), first, "without a log");
    assert_eq!(stable(answer(here.path(), &["report", "last"])), first, "rebuilt from the log");
    let written = ["backtest", "--no-log", "--set", "breakers.low_profit_loss=5%", "--set", "breakers.drawdown=25.00%"];
    assert_eq!(stable(answer(here.path(), &written)), first, "with the defaults written out, in other ways");
    let verified = tickfold(here.path(), &["verify", "last"]).output().unwrap();
    let stdout = String::from_utf8_lossy(&verified.stdout);
    assert_eq!(
        stdout,
        format!(
            "ok: {} records, {} decisions derived again, all the same\ndigest {SAMPLE_DIGEST}\n",
            first["records"], first["decisions"]
        )
    );
}

#[test]
fn what_decides_changes_the_digest_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let text = trades(1, 5_000);
    fs::create_dir(dir.path().join("deep")).unwrap();
    for name in ["made.csv", "deep/another name.csv"] {
        fs::write(dir.path().join(name), &text).unwrap();
    }
    let run = |file: &str, more: &[&str]| answer(dir.path(), &on_trades(file, more));
    let first = run("made.csv", &[]);
    assert!(first["fills"].as_u64() > Some(100), "{first}");
    assert_eq!(first["digest"], TRADES_DIGEST);

    let absolute = dir.path().join("made.csv");
    for (what, same) in [
        ("once more", run("made.csv", &[])),
        ("without a log", run("made.csv", &["--no-log"])),
        ("the same rows by another name", run("deep/another name.csv", &[])),
        ("the same file by its whole path", run(absolute.to_str().unwrap(), &[])),
        ("what is the default anyway", run("made.csv", &["--strategy", "ema_cross", "--set", "exchange.fill=next"])),
    ] {
        assert_eq!(same["digest"], TRADES_DIGEST, "{what}");
    }

    let changed = text.replacen(",buy\n", ",sell\n", 1);
    fs::write(dir.path().join("changed.csv"), changed).unwrap();
    for (what, other) in [
        ("another seed", run("made.csv", &["--set", "seed=8"])),
        ("another parameter", run("made.csv", &["--set", "strategy=[{name='ema_cross', fast=9}]"])),
        ("another latency", run("made.csv", &["--set", "exchange.entry_latency_us=250001"])),
        ("another balance", run("made.csv", &["--set", "account.balances.USDT=10001"])),
        ("the side of one trade", run("changed.csv", &[])),
    ] {
        assert_ne!(other["digest"], TRADES_DIGEST, "{what}");
    }
}

/// A small random market and a random way to trade it.
#[derive(Debug)]
struct Case {
    seed: u64,
    rows: usize,
    bars: bool,
    sets: Vec<String>,
}

fn cases() -> impl Strategy<Value = Case> {
    let market = (any::<u64>(), 0..120_usize, any::<bool>());
    let latencies = (0..3_000_000_u32, 0..3_000_000_u32, 0..2_000_000_u32, 0..1_000_000_u32);
    let exchange = (prop_oneof![Just("next"), Just("last")], latencies, 0..50_u32, prop_oneof![Just(0_u32), 1..10_000_u32]);
    let size = prop_oneof![Just("0.01"), Just("0.1234"), Just("95%"), Just("100%"), Just("7"), Just("0.00000001")];
    let strategy = (1..6_u32, 1..6_u32, size, any::<bool>());
    (market, exchange, strategy, 1..40_u32).prop_map(|(market, exchange, strategy, checkpoint_every)| {
        let (seed, rows, bars) = market;
        let (fill, (feed, entry, response, jitter), slippage, participation) = exchange;
        let (fast, more, size, twice) = strategy;
        let cross = |label: &str, fast: u32| {
            format!("{{name='ema_cross', label='{label}', fast={fast}, slow={}, size='{size}'}}", fast + more)
        };
        let second = if twice { format!(", {}, {{name='buy_and_hold'}}", cross("second", fast + 1)) } else { String::new() };
        let sets = vec![
            format!("seed={seed}"),
            "data.symbol=BTC-USDT".to_owned(),
            "account.balances={USDT='1000000', BTC='1'}".to_owned(),
            format!("engine.checkpoint_every={checkpoint_every}"),
            format!("exchange.fill={fill}"),
            format!("exchange.feed_latency_us={feed}"),
            format!("exchange.entry_latency_us={entry}"),
            format!("exchange.response_latency_us={response}"),
            format!("exchange.latency_jitter_us={jitter}"),
            format!("exchange.slippage_bps={slippage}"),
            format!("exchange.participation_bps={participation}"),
            format!("risk.enabled={}", seed % 2 == 0),
            format!("strategy=[{}{second}]", cross("first", fast)),
        ];
        Case { seed, rows: rows + 2, bars, sets }
    })
}

/// Bars of a minute whose prices jump by up to 10 %.
fn bars(seed: u64, count: usize) -> String {
    let mut dice = Dice(seed);
    let mut close = 50_000;
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for bar in 0..count as u64 {
        let open = close + dice.below(21) - 10;
        close = (open * (900 + dice.below(201)) / 1_000).max(1_000);
        let (high, low) = (open.max(close) + dice.below(50), open.min(close) - dice.below(50));
        writeln!(text, "{},{open},{high},{low},{close},{}.{:04}", BEGINS_MS + bar * 60_000, dice.below(9), dice.below(10_000))
            .expect("memory takes it");
    }
    text
}

fn prepared(case: &Case, file: &Path) -> Backtest {
    let mut sets = case.sets.clone();
    sets.push(format!("data.paths=[{:?}]", file.to_str().expect("a plain path")));
    let config = Config::load(&[], std::iter::empty(), &sets).expect("a configuration");
    Backtest::prepare(config).expect("data that fit")
}

fn records(reader: &mut Reader) -> Vec<Record> {
    let mut all = Vec::new();
    while let Some(block) = reader.next_block().expect("a whole log") {
        all.extend_from_slice(block);
    }
    all
}

/// A log of these records and nothing else.
fn log_of(records: &[Record]) -> Reader {
    let memory = Memory::new();
    let mut writer = Writer::create(Arc::new(memory.clone()), Options::default()).unwrap();
    writer.append(records).unwrap();
    writer.close().unwrap();
    Reader::open(Arc::new(memory)).unwrap().0
}

/// A summary as text, without how long it took.
fn told(document: Document) -> String {
    let summary = Summary { run_id: None, timing: Timing::default(), ..document.summary };
    serde_json::to_string_pretty(&Document { summary, ..document }).expect("JSON")
}

/// Steps an engine through the inputs alone and gives the state's hash after each record, with the checkpoints.
fn stepped(records: &[Record], blobs: &BlobStore) -> (State, u64) {
    let Event::Input(Input::SessionStarted(started)) = &records[0].event else { panic!("it begins with {:?}", records[0]) };
    let config = session::recorded_config(started, blobs).expect("the configuration is beside the log");
    let mut engine = session::engine(&config).expect("the same strategies");
    let (mut folded, mut next, mut checkpoints) = (State::default(), 0, 0);
    while let Some(record) = records.get(next) {
        let Event::Input(input) = &record.event else { panic!("{record:?} follows from nothing") };
        let derived = engine.step(record.at, input.clone());
        assert_eq!(derived, &records[next..next + derived.len()]);
        next += derived.len();
        for record in derived {
            if let Event::Decision(Decision::Checkpoint(checkpoint)) = &record.event {
                assert_eq!(folded.hash(), checkpoint.state, "seq {}", record.seq);
                checkpoints += 1;
            }
            folded.apply(record);
        }
        assert_eq!(folded.hash(), engine.state().hash(), "after seq {}", record.seq);
    }
    assert_eq!(&folded, engine.state());
    (folded, checkpoints)
}

/// The log is the run: it is derived again and rebuilt from every cut of it. Gives how much was traded.
fn check(case: &Case) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("made_1m.csv");
    fs::write(&file, if case.bars { bars(case.seed, case.rows) } else { trades(case.seed, case.rows) }).unwrap();
    let run = dir.path().join("run");
    let document = prepared(case, &file).run(Some(&run)).unwrap();
    assert_eq!(told(prepared(case, &file).run(None).unwrap()), told(document.clone()), "without a log");

    let (mut reader, recovery) = Reader::open(Arc::new(Disk::open(&run).unwrap())).unwrap();
    assert!(recovery.sealed && recovery.torn.is_none(), "{recovery:?}");
    let blobs = BlobStore::open(&run).unwrap();
    let all = records(&mut reader);
    assert_eq!(all.len() as u64, document.summary.records);
    let (state, checkpoints) = stepped(&all, &blobs);
    assert!(checkpoints > 0, "there is one at the end at least");

    for cut in 0..=all.len() {
        let verified = verify(&mut log_of(&all[..cut]), &blobs).unwrap();
        assert_eq!(verified.records, cut as u64);
        rebuild(&mut log_of(&all[..cut])).unwrap();
    }

    let mut whole = log_of(&all);
    let (rebuilt, report) = rebuild(&mut whole).unwrap();
    assert_eq!(rebuilt, state);
    let digest = whole.digest().unwrap().to_string();
    let fills = document.summary.fills;
    assert_eq!(told(report.document(&rebuilt, digest, 0.0)), told(document));
    fills
}

#[test]
fn every_prefix_of_a_log_verifies_and_rebuilds() {
    let fills = Cell::new(0);
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    // What fails is shown whole, made smaller: it holds every seed.
    runner
        .run(&cases(), |case| {
            fills.set(fills.get() + check(&case));
            Ok(())
        })
        .unwrap_or_else(|failed| panic!("{failed}"));
    assert!(fills.get() > 50, "only {} fills: nothing was tried", fills.get());
}
