//! `tickfold optimize`, `walkforward` and `montecarlo`, through the program itself: stopped and gone on with, on any number of
//! threads, and each trial run again.

#[path = "acceptance/market.rs"]
#[expect(dead_code, reason = "these markets are of hours, not of trades")]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use market::{BEGINS_MS, Dice};
use polars::prelude::{ParquetReader, SerReader};
use program::{answer, tickfold};
use serde_json::Value;

const SEARCH: [&str; 7] =
    ["optimize", "--data", "BTC-USDT_1h.csv", "--param", "strategy.0.fast=2..30", "--param", "strategy.0.slow=10..90"];

/// A folder with hours of a made-up market.
fn folder(hours: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut dice, mut cents) = (Dice(5), 1_000_000_u64);
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for hour in 0..hours {
        let next = (cents + dice.below(8_001)).saturating_sub(4_000).max(100_000);
        let price = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let [open, high, low, close] = [cents, cents.max(next), cents.min(next), next].map(price);
        writeln!(text, "{},{open},{high},{low},{close},{}", BEGINS_MS + hour * 3_600_000, 1 + dice.below(9)).unwrap();
        cents = next;
    }
    fs::write(dir.path().join("BTC-USDT_1h.csv"), text).unwrap();
    dir
}

fn search(dir: &Path, args: &[&str]) -> Value {
    answer(dir, &[&SEARCH[..], args].concat())
}

/// Exit code and stderr of what must fail.
fn failure(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_table_is_the_same_on_any_number_of_threads() {
    let dir = folder(600);
    for (search_by, trials) in [("tpe", "30"), ("random", "30"), ("grid", "1")] {
        let space: &[&str] = if search_by == "grid" { &["--set", "seed=1"] } else { &[] };
        let args = |out: &'static str, threads: &'static str| {
            let grid = [
                "optimize",
                "--data",
                "BTC-USDT_1h.csv",
                "--param",
                "strategy.0.fast=2..5",
                "--param",
                "strategy.0.slow=4..12:2",
            ];
            let base: &[&str] = if search_by == "grid" { &grid } else { &SEARCH };
            let rest = ["--search", search_by, "--trials", trials, "--out", out, "--threads", threads];
            [base, space, &rest].concat().iter().map(|&word| word.to_owned()).collect::<Vec<String>>()
        };
        let tables = [("one.parquet", "1"), ("four.parquet", "4")].map(|(out, threads)| {
            let args = args(out, threads);
            let document = answer(dir.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(document["threads"].to_string(), threads);
            (fs::read(dir.path().join(out)).unwrap(), document["best"].clone())
        });
        assert!(tables[0] == tables[1], "{search_by}");
        for name in ["one.parquet", "four.parquet"] {
            fs::remove_file(dir.path().join(name)).unwrap();
            fs::remove_file(dir.path().join(format!("{name}.trials.jsonl"))).unwrap();
        }
    }
}

#[test]
fn killed_at_any_time_it_goes_on_and_no_trial_is_lost_or_run_twice() {
    let dir = folder(1_500);
    search(dir.path(), &["--trials", "40", "--out", "whole.parquet", "--threads", "2"]);
    let journal = dir.path().join("cut.parquet.trials.jsonl");
    let lines = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    let mut ended = 0;
    while ended < 30 {
        let args = [&SEARCH[..], &["--trials", "40", "--out", "cut.parquet", "--threads", "2"]].concat();
        let mut child = tickfold(dir.path(), &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while lines() < ended + 8 && child.try_wait().unwrap().is_none() && since.elapsed() < Duration::from_mins(1) {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(lines() >= ended, "what was written stays");
        ended = lines();
    }
    let document = search(dir.path(), &["--trials", "40", "--out", "cut.parquet", "--threads", "2"]);
    assert!(document["resumed"].as_u64().unwrap() >= 29, "{}", document["resumed"]);
    let numbers: Vec<u64> = fs::read_to_string(&journal)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].as_u64().unwrap())
        .collect();
    let distinct: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!((numbers.len(), distinct.len()), (40, 40));
    assert!(fs::read(dir.path().join("cut.parquet")).unwrap() == fs::read(dir.path().join("whole.parquet")).unwrap());
}

#[test]
fn each_row_is_run_again_by_the_command_that_it_tells() {
    let dir = folder(600);
    let document = search(dir.path(), &["--trials", "12", "--search", "random", "--out", "a table.parquet"]);
    let table = ParquetReader::new(fs::File::open(dir.path().join("a table.parquet")).unwrap()).finish().unwrap();
    assert_eq!((table.height(), document["trials"].as_u64()), (12, Some(12)));
    for row in document["top"].as_array().unwrap().iter().take(3) {
        let number = row["trial"].as_u64().unwrap();
        let command = row["command"].as_str().unwrap().strip_prefix("tickfold ").unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let again = answer(dir.path(), &words);
        assert_eq!(again["digest"], row["digest"]);
        let cell =
            |column: &str, place: u64| table.column(column).unwrap().get(usize::try_from(place).unwrap()).unwrap().to_string();
        assert_eq!(cell("digest", number).trim_matches('"'), row["digest"].as_str().unwrap());
        assert_eq!(cell("trial", number), number.to_string());
        let objective: f64 = cell("objective", number).parse().unwrap();
        let told = again["metrics"]["sharpe"].as_f64().unwrap();
        assert!((objective / told - 1.0).abs() < 1e-6, "{objective}, and the backtest says {told}");
        let number = number.to_string();
        let args = ["--trials", "12", "--search", "random", "--out", "a table.parquet", "--trial", number.as_str()];
        assert_eq!(search(dir.path(), &args)["digest"], row["digest"]);
    }
    let sorted: Vec<f64> = document["top"].as_array().unwrap().iter().filter_map(|row| row["objective"].as_f64()).collect();
    assert!(sorted.windows(2).all(|pair| pair[0] >= pair[1]), "{sorted:?}");
    assert!(document["overfit"]["verdict"].to_string().contains("walkforward"));
}

#[test]
fn what_cannot_be_searched_is_said() {
    let dir = folder(100);
    for (args, expected) in [
        (&["optimize", "--param", "strategy.0.fast=9..5"][..], "ends before it begins"),
        (&["optimize", "--param", "strategy.0.fats"], "it declares: fast, slow"),
        (&["optimize", "--objective", "sharp"], "did you mean \"sharpe\"?"),
        (&["optimize", "--require", "sharpe>1"], "it is written like"),
        (&["optimize", "--search", "grid"], "give steps"),
        (&["optimize", "--param", "exchange.slipage_bps=1..3"], "slippage_bps"),
        (
            &["optimize", "--param", "strategy.0.fast=50..60", "--param", "strategy.0.slow=5..9"],
            "no point of the space can be run",
        ),
        (&["walkforward", "--train", "90d"], "more than 90 days"),
        (&["walkforward", "--train", "36h"], "whole days"),
        (&["montecarlo", "last"], "there is no run"),
    ] {
        let args = [args, if args[0] == "montecarlo" { &[] } else { &["--data", "BTC-USDT_1h.csv"] }].concat();
        let (code, stderr) = failure(dir.path(), &args);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
    search(dir.path(), &["--trials", "3", "--out", "x.parquet"]);
    let (code, stderr) =
        failure(dir.path(), &[&SEARCH[..], &["--trials", "3", "--out", "x.parquet", "--search-seed", "9"]].concat());
    assert_eq!(code, Some(2));
    assert!(stderr.contains("of another study: its search is \"tpe, seed 0, batches of 8\""), "{stderr}");
    let (code, stderr) = failure(dir.path(), &[&SEARCH[..], &["--trials", "3", "--out", "x.parquet", "--trial", "7"]].concat());
    assert!(code == Some(2) && stderr.contains("has no trial 7"), "{stderr}");
}

#[test]
fn a_walk_tells_what_was_chosen_and_what_came_of_it() {
    let dir = folder(24 * 25);
    let args = ["walkforward", "--train", "10d", "--test", "5d", "--trials", "10", "--search", "random", "--equity", "walk.csv"];
    let args = [&args[..], &SEARCH[1..]].concat();
    let document = answer(dir.path(), &args);
    let windows = document["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 3);
    let mut growth = 1.0;
    for window in windows {
        let train = |end: &str| window["train"][end].as_str().unwrap().to_owned();
        let mut again: Vec<String> =
            ["backtest", "--no-log", "--data", "BTC-USDT_1h.csv", "--from", &train("from"), "--to", &train("to")]
                .map(str::to_owned)
                .into();
        for set in window["chosen"]["sets"].as_array().unwrap() {
            again.extend(["--set".to_owned(), set.as_str().unwrap().to_owned()]);
        }
        let told = answer(dir.path(), &again.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(told["digest"], window["chosen"]["in_sample"]["digest"]);
        growth *= 1.0 + window["chosen"]["out_of_sample"]["figures"]["total_return"].as_f64().unwrap();
    }
    let told = document["out_of_sample"]["metrics"]["total_return"].as_f64().unwrap();
    assert!((told - (growth - 1.0)).abs() < 1e-9, "{told}, {growth}");
    let curve = answer(dir.path(), &["report", "--equity", "walk.csv"]);
    let total = curve["metrics"]["total_return"].as_f64().or_else(|| curve["total_return"].as_f64()).unwrap();
    assert!((total - told).abs() < 1e-6, "{total}, {told}");
    let output: Command = tickfold(dir.path(), &args);
    let text = { output }.output().unwrap().stdout;
    assert!(String::from_utf8(text).unwrap().contains("Walk-forward efficiency"));
}

#[test]
fn courses_are_the_same_on_any_number_of_threads() {
    let dir = folder(24 * 40);
    answer(dir.path(), &["backtest", "--data", "BTC-USDT_1h.csv"]);
    let drawn = |more: &[&str]| answer(dir.path(), &[&["montecarlo", "last", "--samples", "300"], more].concat());
    let alone = drawn(&["--threads", "1"]);
    assert_eq!(alone, drawn(&["--threads", "4"]));
    assert_ne!(alone["courses"], drawn(&["--seed", "1"])["courses"]);
    let courses = alone["courses"].as_array().unwrap();
    assert_eq!(courses.len(), 3);
    for each in courses {
        let spread = |figure: &str, at: &str| each[figure][at].as_f64().unwrap();
        for figure in ["total_return", "max_drawdown"] {
            assert!(spread(figure, "p5") <= spread(figure, "p50") && spread(figure, "p50") <= spread(figure, "p95"), "{each}");
        }
        assert!((0.0..=1.0).contains(&each["ruin_probability"].as_f64().unwrap()));
    }
    assert_eq!(courses[0]["method"], "days_in_blocks");
    let actual = courses[0]["total_return"]["actual"].as_f64().unwrap();
    let told = answer(dir.path(), &["report", "last"])["metrics"]["total_return"].as_f64().unwrap();
    assert!((actual - told).abs() < 0.05, "days alone: {actual}, all: {told}");
}
