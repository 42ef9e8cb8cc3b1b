//! Studies and walks over real backtests, on a made-up market with a gap in it.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use engine::event::{Decision, Direction as EngineDirection, Event, Input, Record};
use engine::time::{DAY_NS, Timestamp};

use super::*;
use crate::backtest::Backtest;
use crate::config::Config;
use crate::run::{Log, RunError};

/// The first millisecond of 2024.
const BEGINS_MS: i64 = 1_704_067_200_000;
const HOUR_MS: i64 = 3_600_000;

/// Hours of a price that swings, with noise; some in the middle are missing.
fn bars(dir: &Path, hours: i64) -> PathBuf {
    let mut chance = chance::Chance::new(1, "market", 0);
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    let mut last = 10_000_i64;
    for hour in (0..hours).filter(|hour| !(200..210).contains(hour)) {
        let swing = (hour as f64 / 5.0).sin() * 40.0 + 30.0 * chance.normal();
        #[expect(clippy::cast_possible_truncation, reason = "a few cents")]
        let next = (last + swing as i64).max(5_000);
        let (high, low) = (last.max(next) + 3, last.min(next) - 3);
        let cents = |price: i64| format!("{}.{:02}", price / 100, price % 100);
        let [open, high, low, close] = [last, high, low, next].map(cents);
        writeln!(text, "{},{open},{high},{low},{close},{}.5", BEGINS_MS + hour * HOUR_MS, 10 + hour % 7).unwrap();
        last = next;
    }
    let path = dir.join("BTC-USDT_1h.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn config(paths: &[PathBuf], sets: &[&str]) -> Config {
    let base = ["strategy=[{name=\"ema_cross\",fast=3,slow=9}]", "risk.enabled=false"];
    let sets: Vec<String> = base.iter().chain(sets).map(|&set| set.to_owned()).collect();
    let mut config = Config::load(&[], std::iter::empty(), &sets).unwrap();
    config.data.paths = paths.to_vec();
    config
}

fn digest(config: Config) -> String {
    Backtest::prepare(config).unwrap().run(None).unwrap().summary.digest
}

fn record(config: Config) -> (Config, Recording) {
    Backtest::prepare(config).unwrap().read().unwrap()
}

fn plan(space: &[&str], search: Search, trials: u64, threads: usize) -> Plan {
    Plan {
        space: Space(space.iter().map(|text| text.parse().unwrap()).collect()),
        search,
        objective: Objective::new("total_return", None, Vec::new()).unwrap(),
        trials,
        threads: NonZeroUsize::new(threads).unwrap(),
    }
}

#[test]
fn a_run_on_a_recording_is_the_backtest_on_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let given = config(&[bars(dir.path(), 24 * 20)], &["strategy.fast=5", "seed=7"]);
    let (config, recording) = record(given.clone());
    let first = recording.run(&config).unwrap();
    assert_eq!(first.summary.digest, digest(given));
    assert!(first.summary.fills > 10 && first.series.returns().len() >= 18, "{:?}", first.summary.fills);
    assert_eq!(recording.run(&config).unwrap().summary.digest, first.summary.digest, "a second run is the same");
}

#[test]
fn a_part_of_a_recording_is_what_reading_that_part_gives() {
    let dir = tempfile::tempdir().unwrap();
    let paths = [bars(dir.path(), 24 * 20)];
    let (whole, recording) = record(config(&paths, &[]));
    let at = |hour: i64| Timestamp((BEGINS_MS + hour * HOUR_MS) * 1_000_000);
    // Before, across, at both ends of and after the gap.
    for (from, to) in [(0, 100), (150, 300), (200, 300), (205, 300), (210, 300), (150, 200), (150, 205), (150, 210), (400, 480)] {
        let (from, to) = (at(from), at(to));
        let mut config = whole.clone();
        (config.data.from, config.data.to) = (Some(from), Some(to));
        let part = recording.between(from, to).unwrap();
        assert_eq!(part.run(&config).unwrap().summary.digest, digest(config), "{from} to {to}");
    }
}

#[test]
fn settings_over_a_configuration_are_the_last_ones_of_its_command_line() {
    for sets in [&["strategy.0.fast=4", "risk.enabled=true"][..], &["account.balances.USDT=500"], &["seed=18446744073709551615"]]
    {
        let with =
            config(&[], &["exchange.slippage_bps=3"]).with_sets(&sets.iter().map(|&set| set.to_owned()).collect::<Vec<_>>());
        let loaded = config(&[], &[&["exchange.slippage_bps=3"], sets].concat());
        assert_eq!(with.unwrap(), loaded);
    }
    assert!(config(&[], &[]).with_sets(&["exchange.slipage_bps=3".to_owned()]).unwrap_err().to_string().contains("slippage_bps"));
}

#[test]
fn every_trial_is_the_backtest_with_its_settings() {
    let dir = tempfile::tempdir().unwrap();
    let given = config(&[bars(dir.path(), 24 * 6)], &[]);
    let (config, recording) = record(given.clone());
    let space = ["strategy.0.fast=2..8", "strategy.0.slow=5..20:5", "exchange.slippage_bps=0,5"];
    let plans = [1, 4].map(|threads| plan(&space, Search::Tpe { seed: 3, batch: 4 }, 24, threads));
    let tables = plans.each_ref().map(|plan| {
        let backtests = Backtests::new(&config, &plan.space, &recording).unwrap();
        plan.run(&backtests, Vec::new(), &mut |_, _| Ok(())).unwrap()
    });
    assert_eq!(tables[0], tables[1]);
    let digests: std::collections::BTreeSet<_> = tables[0].iter().filter_map(Trial::done).map(|done| &done.digest).collect();
    assert_eq!((tables[0].len(), digests.len()), (24, 24), "no two trials are the same run");
    for trial in tables[0].iter().step_by(11) {
        let again = given.with_sets(&plans[0].space.sets(&trial.values)).unwrap();
        assert_eq!(digest(again), trial.done().unwrap().digest, "{trial:?}");
    }
}

#[test]
fn a_key_that_nothing_reads_is_an_error_and_values_at_odds_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (config, recording) = record(config(&[bars(dir.path(), 48)], &[]));
    let space = Space(vec!["exchange.slipage_bps=1..2".parse().unwrap()]);
    assert!(Backtests::new(&config, &space, &recording).err().unwrap().to_string().contains("slippage_bps"));
    let plan = plan(&["strategy.0.fast=5..6", "strategy.0.slow=5..6"], Search::Grid, 1, 2);
    let backtests = Backtests::new(&config, &plan.space, &recording).unwrap();
    let trials = plan.run(&backtests, Vec::new(), &mut |_, _| Ok(())).unwrap();
    let refused = |trial: &&Trial| matches!(&trial.outcome, Outcome::Refused { reason } if reason.contains("fast < slow"));
    assert_eq!((trials.len(), trials.iter().filter(refused).count()), (4, 3));
}

#[test]
fn a_walk_tests_what_it_chose_on_the_days_after() {
    let dir = tempfile::tempdir().unwrap();
    let given = config(&[bars(dir.path(), 24 * 30 + 5)], &[]);
    let (config, recording) = record(given.clone());
    let plan = plan(&["strategy.0.fast=2..5", "strategy.0.slow=6..18:6"], Search::Grid, 1, 2);
    let (from, to) = recording.span().unwrap();
    for anchor in [Anchor::Rolling, Anchor::Anchored] {
        let windows = Windows { train_days: 10, test_days: 7, anchor }.of(Span { from, to }).unwrap();
        assert_eq!(windows.len(), 3);
        let mut told = 0;
        let walk = WalkForward { config: &config, recording: &recording, plan: &plan };
        let walked = walk.run(&windows, &mut |_, _| told += 1).unwrap();
        assert_eq!((walked.windows.len(), told), (3, 36));
        let mut growth = 1.0;
        for (step, window) in walked.windows.iter().zip(&windows) {
            let Chosen { sets, in_sample, out_of_sample } = step.chosen.as_ref().unwrap();
            let mut config = given.with_sets(sets).unwrap();
            (config.data.from, config.data.to) = (Some(window.train.from), Some(window.train.to));
            assert_eq!(digest(config.clone()), in_sample.digest);
            config.data.to = Some(window.test.to);
            let (config, both) = record(config);
            let tested = both.run_warm(&config, window.test.from).unwrap();
            assert_eq!(tested.summary.digest, out_of_sample.digest);
            assert_eq!(figures(&tested.summary), out_of_sample.figures);
            assert_eq!(tested.samples[0].at, window.test.from);
            growth *= 1.0 + out_of_sample.figures["total_return"];
        }
        let equity = &walked.stitched.equity;
        assert!((equity[equity.len() - 1] / equity[0] - growth).abs() < 1e-9, "{growth}");
        assert!(walked.stitched.at.windows(2).all(|pair| pair[0] < pair[1] && pair[1].0 - pair[0].0 <= DAY_NS));
        let tested = walked.out_of_sample_growth.unwrap();
        assert!(((1.0 + tested).powf(20.0 / 365.0) - growth).abs() < 0.01, "{tested} a year, {growth} in 20 days");
    }
}

/// Keeps everything.
#[derive(Default)]
struct Kept(Vec<Record>);

impl Log for Kept {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        self.0.extend_from_slice(records);
        Ok(())
    }
}

impl Kept {
    /// When which signals were given from a time on.
    fn signals(&self, from: Timestamp) -> Vec<(Timestamp, EngineDirection)> {
        let signal = |record: &Record| match &record.event {
            Event::Decision(Decision::Signal(signal)) if record.at > from => Some((record.at, signal.direction)),
            _ => None,
        };
        self.0.iter().filter_map(signal).collect()
    }
}

#[test]
fn a_test_is_as_warm_as_a_long_backtest_and_trades_nothing_before_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    // The slow average needs more bars than a test has.
    let sets = ["strategy.fast=3", "strategy.slow=60"];
    let (whole, recording) = record(config(&[bars(dir.path(), 24 * 20)], &sets));
    let (first, _) = recording.span().unwrap();
    let mut signals = 0;
    for day in 4..18 {
        let (begins, ends) = (first.plus_ns(day * DAY_NS), first.plus_ns((day + 2) * DAY_NS));
        let part = recording.between(first, ends).unwrap();
        let (mut warm, mut long) = (Kept::default(), Kept::default());
        let (report, engine) = part.lived_warm(&whole, begins, &mut warm).unwrap();
        part.lived_warm(&whole, first, &mut long).unwrap();
        assert_eq!(warm.signals(begins), long.signals(begins), "from day {day} on");
        signals += warm.signals(begins).len();
        let acts = |record: &&Record| {
            matches!(record.event, Event::Decision(Decision::OrderRequested(_)) | Event::Input(Input::OrderFilled(_)))
        };
        assert_eq!(warm.0.iter().filter(acts).find(|record| record.at <= begins), None);
        let outcome = report.outcome(engine.state(), String::new(), 0.0);
        assert_eq!(outcome.samples[0].at, begins, "the curve begins with the test");
        assert_eq!(outcome.summary.from, Some(begins));
        let cold = recording.between(begins, ends).unwrap().run(&whole).unwrap();
        assert_eq!((cold.summary.events, cold.summary.signals), (outcome.summary.events, 0), "the same bars, cold");
    }
    assert!(signals > 10, "{signals} signals");
}

#[test]
fn what_is_open_at_the_end_of_a_test_pays_for_its_sale() {
    let dir = tempfile::tempdir().unwrap();
    let (config, recording) = record(config(&[bars(dir.path(), 24 * 10)], &[]));
    let (first, _) = recording.span().unwrap();
    let mut open = 0;
    for hours in 60..90 {
        let part = recording.between(first, first.plus_ns(hours * HOUR_MS * 1_000_000)).unwrap();
        let plain = part.run(&config).unwrap();
        let fees = plain.exit_fees;
        let worth = plain.samples.last().unwrap().exposure.unwrap();
        let taker = part.instruments()[0].taker_fee;
        assert_eq!(fees, worth * taker);
        open += u32::from(fees.is_positive());
        let end = plain.samples.last().unwrap().equity;
        let (total, start) = (plain.summary.metrics.measures.total_return, plain.samples[0].equity);
        let less = plain.less_exit_fees();
        assert_eq!((less.samples.last().unwrap().equity, less.summary.equity.end.unwrap()), (end - fees, end - fees));
        let difference = total.value().unwrap() - less.summary.metrics.measures.total_return.value().unwrap();
        assert!((difference - fees.to_f64() / start.to_f64()).abs() < 1e-12);
    }
    assert!((5..30).contains(&open), "{open} ended with a position");
}

#[test]
fn a_test_without_a_choice_is_sat_out() {
    let dir = tempfile::tempdir().unwrap();
    let (config, recording) = record(config(&[bars(dir.path(), 24 * 8)], &[]));
    let mut plan = plan(&["strategy.0.fast=2..3"], Search::Grid, 1, 2);
    plan.objective.constraints = vec![Constraint::at_least("round_trips", 1e9)];
    let (from, to) = recording.span().unwrap();
    let windows = Windows { train_days: 3, test_days: 2, anchor: Anchor::Rolling }.of(Span { from, to }).unwrap();
    let walked = WalkForward { config: &config, recording: &recording, plan: &plan }.run(&windows, &mut |_, _| {}).unwrap();
    assert!(walked.windows.iter().all(|step| step.chosen.is_none()));
    assert_eq!((walked.measures.total_return.value(), walked.efficiency), (Some(0.0), None));
    let days = walked.stitched.at.windows(2).all(|pair| pair[1].0 - pair[0].0 == DAY_NS);
    assert!(days && walked.stitched.at.len() == 6, "each day that was sat out is a day: {:?}", walked.stitched.at);
}
