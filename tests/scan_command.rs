//! `tickfold scan`, through the program itself: what it ranks, in which order, and what it leaves out.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

#[path = "acceptance/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use expect_test::expect;
use program::{answer, tickfold};
use serde_json::{Value, json};

const HOUR_MS: u64 = 3_600_000;
const START_MS: u64 = 1_704_067_200_000;

/// Exit code, stdout and stderr.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Candles whose closes are `price(hour)` cents.
fn candles(hours: std::ops::Range<u64>, volume: u64, price: impl Fn(u64) -> u64) -> String {
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    let mut open = price(hours.start);
    for hour in hours {
        let close = price(hour);
        let [open_at, high, low, last] =
            [open, open.max(close) + 5, open.min(close) - 5, close].map(|cents| cents as f64 / 100.0);
        writeln!(text, "{},{open_at},{high},{low},{last},{volume}", START_MS + hour * HOUR_MS).unwrap();
        open = close;
    }
    text
}

/// A strong instrument, a quiet one and a falling one, and files that nothing comes of.
fn market() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    fs::create_dir(dir.path().join("history")).unwrap();
    write("history/AAA-USDT_1h.csv", &candles(0..100, 5_000, |hour| 10_000 + 20 * hour));
    write("history/BBB-USDT_1h.csv", &candles(0..100, 500, |hour| 10_000 + 20 * (hour % 6).abs_diff(3)));
    write("history/CCC-USDT_1h.csv", &candles(0..100, 5_000, |hour| 20_000 - 20 * hour));
    write("history/AAA-USDT_15m.csv", &candles(0..50, 1, |_| 10_000));
    write("history/AAA-USDT_1h_older.csv", &candles(0..90, 5_000, |hour| 10_000 + 20 * hour));
    write("history/OLD-USDT_1h.csv", &candles(0..60, 5_000, |hour| 10_000 + 20 * hour));
    write("history/DAY-USDT_1d.csv", "ts_ms,open,high,low,close,volume\n1704067200000,1,1,1,1,1\n");
    write("history/notes.txt", "no history");
    dir
}

#[test]
fn instruments_are_ranked_and_what_is_left_out_is_said() {
    let dir = market();
    let (code, table, notes) = run(dir.path(), &["scan", "--data", "history"]);
    assert_eq!(code, Some(0), "{notes}");
    expect![[r#"
        ┌───┬──────────┬───────┬──────────┬──────────┬───────────┬────────┬─────────┬───────────┬───────┬─────────┬───────────┐
        │ # ┆ Symbol   ┆ Score ┆ Breakout ┆ Momentum ┆ Mean rev. ┆ Volume ┆ Pattern ┆ Liquidity ┆ Price ┆    24 h ┆ Suggested │
        ╞═══╪══════════╪═══════╪══════════╪══════════╪═══════════╪════════╪═════════╪═══════════╪═══════╪═════════╪═══════════╡
        │ 1 ┆ AAA-USDT ┆  59.3 ┆       75 ┆       83 ┆         0 ┆     25 ┆       0 ┆        54 ┆ 119.8 ┆ +4.17 % ┆ wait      │
        │ 2 ┆ CCC-USDT ┆  50.4 ┆        0 ┆       17 ┆        66 ┆     12 ┆       0 ┆        59 ┆ 180.2 ┆ -2.59 % ┆ wait      │
        │ 3 ┆ BBB-USDT ┆  12.6 ┆        0 ┆       18 ┆        11 ┆     12 ┆       0 ┆        27 ┆   100 ┆ +0.00 % ┆ flat      │
        └───┴──────────┴───────┴──────────┴──────────┴───────────┴────────┴─────────┴───────────┴───────┴─────────┴───────────┘
    "#]]
    .assert_eq(&table);
    expect![[r#"
        note: history/AAA-USDT_15m.csv is left out: there are 1h bars of AAA-USDT
        note: history/AAA-USDT_1h_older.csv is left out: history/AAA-USDT_1h.csv reaches as far or further
        note: history/DAY-USDT_1d.csv is left out: bars of 1h cannot be made of bars of 1d
        note: history/OLD-USDT_1h.csv is left out: its data end at 2024-01-03T12:00:00Z
    "#]]
    .assert_eq(&notes);
}

#[test]
fn the_document_holds_all_of_it() {
    let dir = market();
    let document = answer(dir.path(), &["scan", "--data", "history", "--top", "1"]);
    assert_eq!((&document["at"], &document["interval"]), (&json!("2024-01-05T04:00:00Z"), &json!("1h")));
    assert_eq!((document["instruments"].as_u64(), document["ranked"].as_array().unwrap().len()), (Some(3), 1));
    let first = &document["ranked"][0];
    // 59.3 points: not quite the 60 that suggest being long.
    assert_eq!((&first["symbol"], &first["price"], &first["suggestion"]), (&json!("AAA-USDT"), &json!("119.8"), &json!("wait")));
    assert_eq!((&first["rank"], &first["bars"], &first["path"]), (&json!(1), &json!(100), &json!("history/AAA-USDT_1h.csv")));
    let change = first["change_24h"].as_f64().unwrap();
    assert!((change - (119.8 / 115.0 - 1.0)).abs() < 1e-12, "{change}");
    for part in ["breakout", "momentum", "mean_reversion", "volume", "pattern", "liquidity"] {
        assert!((0.0..=100.0).contains(&first["parts"][part].as_f64().unwrap()), "{part}: {first}");
    }
    let left_out = document["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 4);
    assert!(left_out.iter().all(|file| file["error"] == false));
}

#[test]
fn neither_the_order_of_files_nor_the_future_matters() {
    let dir = market();
    let names = ["AAA-USDT_1h.csv", "BBB-USDT_1h.csv", "CCC-USDT_1h.csv"].map(|name| format!("history/{name}"));
    let ranked = |names: &[&String], rest: &[&str]| {
        let files = names.iter().map(|name| name.as_str());
        answer(dir.path(), &["scan", "--data"].into_iter().chain(files).chain(rest.iter().copied()).collect::<Vec<_>>())
    };
    let [a, b, c] = &names;
    assert_eq!(ranked(&[a, b, c], &[]), ranked(&[c, a, b], &[]));
    // What was known after 80 hours is what files of 80 hours tell.
    let then = ranked(&[a, b, c], &["--at", "2024-01-04T08:00:00Z"]);
    let head = |name: &String| {
        let text = fs::read_to_string(dir.path().join(name)).unwrap();
        fs::write(dir.path().join(name), text.lines().take(81).map(|line| line.to_owned() + "\n").collect::<String>()).unwrap();
    };
    names.iter().for_each(head);
    assert_eq!(ranked(&[a, b, c], &[]), then);
}

#[test]
fn bars_are_made_of_shorter_ones_or_of_trades() {
    let dir = market();
    let four_hours = answer(dir.path(), &["scan", "--data", "history/AAA-USDT_1h.csv", "--interval", "4h"]);
    assert_eq!((&four_hours["ranked"][0]["bars"], &four_hours["ranked"][0]["price"]), (&json!(25), &json!("119.8")));
    let trades = (0..300).fold("ts_ms,price,size,side\n".to_owned(), |text, minute| {
        text + &format!("{},{}.5,2,buy\n", START_MS + minute * 60_000, 100 + minute)
    });
    fs::write(dir.path().join("TTT-USDT_trades.csv"), trades).unwrap();
    let of_trades = |args: &[&str]| answer(dir.path(), &[&["scan", "--data", "TTT-USDT_trades.csv"], args].concat());
    assert_eq!(of_trades(&["--interval", "15m"])["ranked"][0]["bars"], 19, "the last one has not ended yet");
    assert_eq!(of_trades(&["--at", "2024-01-01T05:00:00Z"])["ranked"][0]["bars"], 5);
}

#[test]
fn a_bad_file_is_named_and_the_others_are_ranked() {
    let dir = market();
    fs::write(dir.path().join("history/BAD-USDT_1h.csv"), candles(0..100, 1, |hour| 10_000 + hour) + "x,1\n").unwrap();
    let (code, table, error) = run(dir.path(), &["scan", "--data", "history", "absent.csv"]);
    assert_eq!(code, Some(3));
    assert!(table.contains("AAA-USDT") && !table.contains("BAD-USDT"), "{table}");
    assert!(error.starts_with("note: absent.csv is left out: cannot read absent.csv: No such file"), "{error}");
    assert!(error.contains("note: history/BAD-USDT_1h.csv is left out: "), "{error}");
    assert!(error.ends_with("2 files could not be read: mend them (see data check), or let --lenient skip their bad rows\n"));
    let (code, table, _) = run(dir.path(), &["scan", "--data", "history", "--lenient"]);
    assert_eq!(code, Some(0));
    assert!(table.contains("BAD-USDT"), "{table}");
}

#[test]
fn nothing_to_rank_is_an_error() {
    let dir = market();
    fs::create_dir(dir.path().join("none")).unwrap();
    let nothing = "error: there is nothing to rank: give files or a folder of bars or trades with --data\n";
    assert_eq!(run(dir.path(), &["scan", "--data", "none"]), (Some(3), String::new(), nothing.to_owned()));
    for (args, said) in [
        (&["scan"][..], "--data <PATH>"),
        (&["scan", "--data", "history", "--top", "0"], "0 is not in 1.."),
        (&["scan", "--data", "history", "--interval", "soon"], "it is written like 1m, 15m, 4h or 1d"),
    ] {
        let (code, _, error) = run(dir.path(), args);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn real_candles_are_ranked() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/candles"));
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let scan = |rest: &[&str]| answer(dir.path(), &[&["scan", "--data", folder.to_str().unwrap()], rest].concat());
    // The files end on different days: those that end a day before the last one are left out, so an earlier time is asked for.
    let document = scan(&["--at", "2023-12-30"]);
    let ranked: Vec<&Value> = document["ranked"].as_array().unwrap().iter().collect();
    assert!(ranked.len() >= 10, "{} instruments", ranked.len());
    let scores: Vec<f64> = ranked.iter().map(|scored| scored["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|one, other| one >= other), "{scores:?}");
    assert!(scores[0] - scores[scores.len() - 1] > 5.0, "{scores:?}");
    let earlier = scan(&["--at", "2022-06-01", "--interval", "4h"]);
    assert_eq!(earlier["at"], "2022-06-01T00:00:00Z");
    assert!(
        earlier["ranked"].as_array().unwrap().iter().all(|scored| scored["closed_at"] == "2022-06-01T00:00:00Z"),
        "{earlier}"
    );
}

/// Prices that walk by chance: a linear congruential generator (Knuth's MMIX).
fn walk(mut seed: u64) -> String {
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    let mut chance = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    let mut open = 1_000_000;
    for hour in 0..8_760_u64 {
        let close = (open + chance(20_001)).max(30_000) - 10_000;
        let [high, low] = [open.max(close) + chance(3_000), open.min(close) - chance(3_000)];
        let [o, h, l, c] = [open, high, low, close].map(|price| format!("{}.{:02}", price / 100, price % 100));
        writeln!(text, "{},{o},{h},{l},{c},{}.{:03}", START_MS + hour * HOUR_MS, chance(1_000), chance(1_000)).unwrap();
        open = close;
    }
    text
}

/// `cargo nextest run --release --test scan_command --run-ignored only --no-capture`
#[test]
#[ignore = "a measurement: a hundred instruments over a year, for a release build"]
fn a_hundred_instruments_over_a_year_take_less_than_three_seconds() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..100 {
        fs::write(dir.path().join(format!("C{number}-USDT_1h.csv")), walk(number)).unwrap();
    }
    for _ in 0..3 {
        let started = Instant::now();
        let document = answer(dir.path(), &["scan", "--data", "."]);
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("100 instruments with 8760 bars each: {seconds:.3} s");
        assert_eq!(document["instruments"], 100);
        assert!(seconds < 3.0 || cfg!(debug_assertions), "{seconds:.3} s");
    }
}
