//! `tickfold data`, through the program itself: what it says about files, and what it makes of them.

#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use expect_test::expect;
use program::{answer, tickfold};
use serde_json::json;

const HOUR_MS: u64 = 3_600_000;
const START_MS: u64 = 1_704_067_200_000;

/// Candles of these hours of 2024.
fn candles(hours: impl IntoIterator<Item = u64>) -> String {
    let row =
        |hour: u64| format!("{},{},{},{},{},2.5\n", START_MS + hour * HOUR_MS, 100 + hour, 103 + hour, 99 + hour, 101 + hour);
    hours.into_iter().map(row).fold("ts_ms,open,high,low,close,volume\n".to_owned(), |text, row| text + &row)
}

/// Exit code, stdout and stderr.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with a sound file, one with gaps, and one that is bad in many ways.
fn history() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("BTC-USDT_1h.csv", &candles(0..24));
    write("BTC-USDT_1h_gaps.csv", &candles([0, 1, 5, 6, 8]));
    let bad = candles(0..3) + &candles([2, 0]).replace("ts_ms,open,high,low,close,volume\n", "");
    write("BTC-USDT_1h_bad.csv", &format!("{bad}1704081600000,100,90,80,85,1\n1704085200000,0,1,0,1,1\nx,1\n"));
    dir
}

#[test]
fn check_reports_each_file() {
    let dir = history();
    let names = ["BTC-USDT_1h.csv", "BTC-USDT_1h_gaps.csv", "BTC-USDT_1h_bad.csv", "absent.csv"];
    let (code, text, error) = run(dir.path(), &[&["data", "check"][..], &names].concat());
    expect![[r"
        BTC-USDT_1h.csv: sound, 24 rows of candles BTC-USDT 1h
          from 2024-01-01T00:00:00Z to 2024-01-01T23:00:00Z
        BTC-USDT_1h_gaps.csv: sound, 5 rows of candles BTC-USDT 1h
          from 2024-01-01T00:00:00Z to 2024-01-01T08:00:00Z
          2 gaps, 4 bars missing
          line 4: 3 bars missing, from 2024-01-01T02:00:00Z to 2024-01-01T05:00:00Z
          line 6: 1 bar missing, from 2024-01-01T07:00:00Z to 2024-01-01T08:00:00Z
        BTC-USDT_1h_bad.csv: 5 bad of 8 rows of candles BTC-USDT 1h
          from 2024-01-01T00:00:00Z to 2024-01-01T02:00:00Z
          1 malformed, 1 out of order, 1 duplicate, 1 impossible, 1 not above zero
          line 5: the bar of 2024-01-01T02:00:00Z again
          line 6: its time 2024-01-01T00:00:00Z is before the row above's, 2024-01-01T02:00:00Z
          line 7: its open is outside of high and low (open 100, high 90, low 80, close 85)
          line 8: open 0 is not above zero
          line 9: it has 2 columns instead of 6
        absent.csv: cannot be read
          cannot read absent.csv: No such file or directory (os error 2)
    "]]
    .assert_eq(&text);
    assert_eq!(code, Some(3));
    let message = "2 of 4 files cannot be relied on: mend them, or let `backtest --lenient` skip and count bad rows";
    assert_eq!(error, format!("error: {message}\n"));
    let (code, _, error) = run(dir.path(), &["data", "check", names[0], names[1]]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "gaps are no faults");
}

#[test]
fn check_as_json_is_one_document_whatever_it_finds() {
    let dir = history();
    let (code, text, _) = run(dir.path(), &["data", "check", "BTC-USDT_1h_bad.csv", "absent.csv", "--json"]);
    assert_eq!(code, Some(3));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["ok"], false);
    let (bad, absent) = (&document["files"][0], &document["files"][1]);
    assert_eq!(bad["findings"].as_array().unwrap().len(), 5);
    assert_eq!((&bad["sound"], &bad["rows"], &bad["interval"]), (&json!(false), &json!(8), &json!("1h")));
    assert_eq!((&bad["first"], &bad["symbol"]), (&json!("2024-01-01T00:00:00Z"), &json!("BTC-USDT")));
    let reason = "cannot read absent.csv: No such file or directory (os error 2)";
    assert_eq!(*absent, json!({ "path": "absent.csv", "sound": false, "error": reason }));

    let sound = answer(dir.path(), &["data", "check", "BTC-USDT_1h_gaps.csv"]);
    assert_eq!((&sound["ok"], &sound["files"][0]["sound"]), (&json!(true), &json!(true)));
    let hole = json!({ "from": "2024-01-01T02:00:00Z", "to": "2024-01-01T05:00:00Z", "missing_bars": 3, "line": 4 });
    assert_eq!(sound["files"][0]["gaps"]["largest"], hole);
}

#[test]
fn what_is_said_of_a_file_goes_before_what_it_tells() {
    let dir = history();
    let args = [
        "data",
        "check",
        "BTC-USDT_1h.csv",
        "--bar-time",
        "close",
        "--from",
        "2024-01-01T05:00:00Z",
        "--to",
        "2024-01-01T08:00:00Z",
    ];
    let file = &answer(dir.path(), &args)["files"][0];
    assert_eq!((&file["first"], &file["last"]), (&json!("2024-01-01T05:00:00Z"), &json!("2024-01-01T07:00:00Z")));
    let file =
        &answer(dir.path(), &["data", "check", "BTC-USDT_1h_gaps.csv", "--interval", "30m", "--instrument", "X-Y"])["files"][0];
    assert_eq!((&file["interval"], &file["symbol"]), (&json!("30m"), &json!("X-Y")));
    let (code, _, error) = run(dir.path(), &["data", "check", "BTC-USDT_1h.csv", "--interval", "soon"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("it is written like 1m, 15m, 4h or 1d"), "{error}");
}

#[test]
fn import_merges_files() {
    let dir = history();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("BTC-USDT_1h_more.csv", &candles(24..30));
    write("BTC-USDT_1h_overlap.csv", &candles(20..26));
    let import = |more: &str, rest: &[&str]| {
        let args = ["data", "import", more, "BTC-USDT_1h.csv", "--out", "BTC-USDT_1h_all.csv"];
        run(dir.path(), &[&args[..], rest].concat())
    };
    let written =
        "wrote 30 rows of candles BTC-USDT 1h to BTC-USDT_1h_all.csv\n  from 2024-01-01T00:00:00Z to 2024-01-02T05:00:00Z\n";
    assert_eq!(import("BTC-USDT_1h_more.csv", &[]), (Some(0), written.to_owned(), String::new()));
    assert_eq!(fs::read_to_string(dir.path().join("BTC-USDT_1h_all.csv")).unwrap(), candles(0..30));
    let imported = answer(dir.path(), &["data", "import", "BTC-USDT_1h_all.csv", "--out", "BTC-USDT_1h_all.parquet"]);
    assert_eq!(
        (&imported["rows"], &imported["skipped"], &imported["out"]),
        (&json!(30), &json!(0), &json!("BTC-USDT_1h_all.parquet"))
    );
    let checked = answer(dir.path(), &["data", "check", "BTC-USDT_1h_all.parquet"]);
    assert_eq!((&checked["ok"], &checked["files"][0]["rows"]), (&json!(true), &json!(30)));

    let (code, _, error) = import("BTC-USDT_1h_overlap.csv", &[]);
    assert_eq!(code, Some(3));
    assert!(error.contains("do the files overlap?"), "{error}");
    let (code, text, _) = import("BTC-USDT_1h_overlap.csv", &["--lenient"]);
    assert_eq!(code, Some(0));
    assert!(text.ends_with("  4 rows skipped: bad, or in another file already\n"), "{text}");
    assert_eq!(fs::read_to_string(dir.path().join("BTC-USDT_1h_all.csv")).unwrap(), candles(0..26));
}

#[test]
fn import_refuses_bad_rows_unless_told_to_skip_them() {
    let dir = history();
    let (code, text, error) = run(dir.path(), &["data", "import", "BTC-USDT_1h_bad.csv", "--out", "good.csv"]);
    assert_eq!((code, text.as_str()), (Some(3), ""));
    assert_eq!(error, "error: BTC-USDT_1h_bad.csv:5: the bar of 2024-01-01T02:00:00Z again\n");
    assert!(!dir.path().join("good.csv").exists());
    let skipped = answer(dir.path(), &["data", "import", "BTC-USDT_1h_bad.csv", "--lenient", "--out", "good.csv"]);
    assert_eq!((&skipped["rows"], &skipped["skipped"]), (&json!(3), &json!(5)));
    assert_eq!(fs::read_to_string(dir.path().join("good.csv")).unwrap(), candles(0..3));
    let (code, _, error) = run(dir.path(), &["data", "import", "BTC-USDT_1h.csv", "--out", "good.txt"]);
    assert_eq!(code, Some(3));
    assert_eq!(error, "error: good.txt: its ending does not say what to write: expected .parquet, .csv, .csv.gz or .csv.zst\n");
}

#[test]
fn list_says_what_is_in_a_folder() {
    let dir = history();
    fs::write(dir.path().join("empty.csv"), "").unwrap();
    fs::write(dir.path().join("notes.txt"), "no history").unwrap();
    expect![[r"
        ┌────────────────────────┬─────────┬────────────┬──────────┬──────┬──────────────────────┬──────────────────────┬───────┬────────────────────────────┐
        │ File                   ┆ Kind    ┆ Instrument ┆ Interval ┆ Rows ┆ From                 ┆ To                   ┆ Bytes ┆ Problem                    │
        ╞════════════════════════╪═════════╪════════════╪══════════╪══════╪══════════════════════╪══════════════════════╪═══════╪════════════════════════════╡
        │ ./BTC-USDT_1h.csv      ┆ candles ┆ BTC-USDT   ┆ 1h       ┆   24 ┆ 2024-01-01T00:00:00Z ┆ 2024-01-01T23:00:00Z ┆   848 ┆                            │
        │ ./BTC-USDT_1h_bad.csv  ┆ candles ┆ BTC-USDT   ┆ 1h       ┆    8 ┆ 2024-01-01T00:00:00Z ┆ 2024-01-01T02:00:00Z ┆   258 ┆ 5 bad rows: see data check │
        │ ./BTC-USDT_1h_gaps.csv ┆ candles ┆ BTC-USDT   ┆ 1h       ┆    5 ┆ 2024-01-01T00:00:00Z ┆ 2024-01-01T08:00:00Z ┆   202 ┆                            │
        │ ./empty.csv            ┆         ┆            ┆          ┆      ┆                      ┆                      ┆     0 ┆ it is empty                │
        └────────────────────────┴─────────┴────────────┴──────────┴──────┴──────────────────────┴──────────────────────┴───────┴────────────────────────────┘
    "]]
    .assert_eq(&run(dir.path(), &["data", "list"]).1);
    let listed = answer(dir.path(), &["data", "list"]);
    assert_eq!(listed[0]["path"], "./BTC-USDT_1h.csv");
    assert_eq!((&listed[0]["rows"], &listed[0]["problem"]), (&json!(24), &json!(null)));
    assert_eq!(listed.as_array().unwrap().len(), 4);

    fs::create_dir(dir.path().join("none")).unwrap();
    let (code, text, note) = run(dir.path(), &["data", "list", "none"]);
    assert_eq!((code, text.as_str(), note.as_str()), (Some(0), "", "note: there is no file of history in none\n"));
    let (code, _, error) = run(dir.path(), &["data", "list", "absent"]);
    assert_eq!((code, error.as_str()), (Some(3), "error: cannot read absent: No such file or directory (os error 2)\n"));
}
