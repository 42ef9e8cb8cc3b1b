//! `tickfold indicators`, through the program itself.

#[path = "acceptance/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use expect_test::expect;
use program::{answer, tickfold};
use serde_json::json;

/// Of the larger of 1 and the value.
const TOLERANCE: f64 = 1e-9;
/// One of each file of the golden values, but for `atr_14_tv`, which is asked for by its column.
const GOLDEN: &str = "sma:20,sma:50,ema:12,ema:20,talib_rma:14,stddev:20,bbands:20:2,rsi:14,macd:12:26:9,stoch:14:3:3,willr:14,\
    cci:20,roc:10,trange,atr:14,atr_14_tv,natr:14,adx:14,plus_di:14,minus_di:14,donchian:20,talib_donchian:20,keltner:20:10:2,\
    talib_kc:20:10:2,supertrend:10:3,talib_supertrend:10:3,obv,mfi:14,vwap_session,vwap_rolling:20,talib_vwap_cumulative,candles";

/// Exit code, stdout and stderr.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with five hourly bars, and with trades of three minutes.
fn history() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let bars = (0..5_u64).map(|hour| {
        let ts = 1_704_067_200_000 + hour * 3_600_000;
        format!("{ts},{},{},{},{},2.5\n", 100 + hour, 103 + hour, 99 + hour, 101 + hour)
    });
    fs::write(dir.path().join("BTC-USDT_1h.csv"), "ts_ms,open,high,low,close,volume\n".to_owned() + &bars.collect::<String>())
        .unwrap();
    let trades =
        "ts_ms,price,size,side\n1704067200000,10,1,buy\n1704067230000,14,1,sell\n1704067260000,16,2,buy\n1704067320000,9,1,buy\n";
    fs::write(dir.path().join("BTC-USDT_trades.csv"), trades).unwrap();
    dir
}

#[test]
fn csv_has_a_row_a_bar() {
    let dir = history();
    let args = ["indicators", "--data", "BTC-USDT_1h.csv", "--use", "sma:2, macd:2:3:1,obv", "--csv"];
    let (code, text, error) = run(dir.path(), &args);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    expect![[r"
        ts,sma_2,macd_2_3_1.macd,macd_2_3_1.signal,macd_2_3_1.hist,obv
        1704067200000,,,,,2.5
        1704070800000,101.5,,,,5
        1704074400000,102.5,0.5,0.5,0,7.5
        1704078000000,103.5,0.5,0.5,0,10
        1704081600000,104.5,0.5,0.5,0,12.5
    "]]
    .assert_eq(&text);
}

#[test]
fn json_is_an_array_of_bars() {
    let dir = history();
    let rows = answer(
        dir.path(),
        &["indicators", "--data", "BTC-USDT_1h.csv", "--use", "sma:4,donchian:5", "--from", "2024-01-01T01:00:00Z"],
    );
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["ts"], 1_704_070_800_000_u64);
    assert_eq!((&rows[0]["sma_4"], &rows[3]["sma_4"], &rows[3]["donchian_5.upper"]), (&json!(null), &json!(103.5), &json!(null)));
    let args = ["indicators", "--data", "BTC-USDT_1h.csv", "--use", "sma:4", "--to", "2024-01-01T00:00:00Z"];
    assert_eq!(answer(dir.path(), &args), json!([]));
}

#[test]
fn people_get_a_table() {
    let dir = history();
    let (code, text, _) = run(dir.path(), &["indicators", "--data", "BTC-USDT_1h.csv", "--use", "sma:4"]);
    assert_eq!(code, Some(0));
    for part in ["Opened at", "sma_4", "2024-01-01T04:00:00Z", "103.5"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let (code, text, _) = run(dir.path(), &["indicators", "--list"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("fast=12 slow=26 signal=9") && text.contains("cdlmorningstar"), "{text}");
    assert_eq!(answer(dir.path(), &["indicators", "--list"])["indicators"][0]["name"], "sma");
}

#[test]
fn longer_bars_are_built() {
    let dir = history();
    let args = ["indicators", "--data", "BTC-USDT_1h.csv", "--use", "sma:1", "--timeframe", "2h", "--csv"];
    expect![[r"
        ts,sma_1
        1704067200000,102
        1704074400000,104
    "]]
    .assert_eq(&run(dir.path(), &args).1);
    let args = ["indicators", "--data", "BTC-USDT_trades.csv", "--use", "sma:1,obv", "--timeframe", "1m", "--csv"];
    expect![[r"
        ts,sma_1,obv
        1704067200000,14,2
        1704067260000,16,4
    "]]
    .assert_eq(&run(dir.path(), &args).1);
}

#[test]
fn what_is_wrong_is_told() {
    let dir = history();
    let failure = |names: &str| {
        let (code, text, error) = run(dir.path(), &["indicators", "--data", "BTC-USDT_1h.csv", "--use", names]);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{error}");
        error
    };
    expect![[r#"
        error: there is no indicator "rsj"; did you mean rsi? `tickfold indicators --list` shows all
    "#]]
    .assert_eq(&failure("sma:20,rsj:14"));
    expect![[r#"
        error: cannot make the indicator "rsi:0": its period must be from 2 to 100000; write it like rsi:PERIOD, such as rsi:14, with PERIOD whole from 2 to 100000
    "#]]
    .assert_eq(&failure("rsi:0"));
    assert!(failure("sma:2,sma:2").contains("--use asks twice for sma_2"));
    assert!(failure(" , ").contains("--use names no indicator"));
    let (code, _, error) = run(dir.path(), &["indicators", "--data", "BTC-USDT_trades.csv", "--use", "sma"]);
    assert!(code == Some(2) && error.contains("it holds trades: say with --timeframe"), "{error}");
    let (code, _, error) = run(dir.path(), &["indicators", "--data", "absent.csv", "--use", "sma"]);
    assert!(code == Some(3) && error.contains("cannot read absent.csv"), "{error}");
    assert_eq!(run(dir.path(), &["indicators", "--use", "sma"]).0, Some(2));
}

/// A CSV file by its columns.
fn columns(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let column = |at: usize| rows.iter().map(|row| row[at].to_owned()).collect();
    names.into_iter().enumerate().map(|(at, name)| (name, column(at))).collect()
}

#[test]
fn every_golden_file_agrees() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/ta"));
    if !folder.is_dir() {
        eprintln!("SKIPPED: no {}: nothing was compared with TA-Lib", folder.display());
        return;
    }
    for folder in [folder.to_owned(), folder.join("edge_flat")] {
        let (code, text, error) = run(&folder, &["indicators", "--data", "input.csv", "--use", GOLDEN, "--csv"]);
        assert_eq!(code, Some(0), "{error}");
        let ours = columns(&text);
        let mut compared = 1;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|extension| extension != "csv") || stem == "input" {
                continue;
            }
            let theirs = columns(&fs::read_to_string(&path).unwrap());
            assert_eq!(ours["ts"], theirs["ts"], "{stem}");
            let outputs: Vec<&String> = theirs.keys().filter(|name| *name != "i" && *name != "ts").collect();
            for output in &outputs {
                let name = if outputs.len() == 1 { stem.clone() } else { format!("{stem}.{output}") };
                let values = ours.get(&name).unwrap_or_else(|| panic!("no column {name}"));
                for (bar, (ours, theirs)) in values.iter().zip(&theirs[*output]).enumerate() {
                    let agree = match (ours.parse::<f64>(), theirs.parse::<f64>()) {
                        (Ok(ours), Ok(theirs)) => (ours - theirs).abs() <= TOLERANCE * theirs.abs().max(1.0),
                        _ => ours.is_empty() && theirs.is_empty(),
                    };
                    assert!(agree, "{name} at bar {bar}: {ours:?} instead of {theirs:?}");
                }
                compared += 1;
            }
        }
        assert_eq!(compared, ours.len(), "every column is compared, and only the time is none");
    }
}
