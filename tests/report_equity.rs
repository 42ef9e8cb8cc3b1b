//! `tickfold report --equity`, through the program itself: what other programs say of a curve, and what is wrong with a file.

#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use program::{answer, tickfold};
use serde_json::Value;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/metrics");

fn golden() -> Option<&'static Path> {
    let folder = Path::new(GOLDEN);
    if !folder.is_dir() {
        eprintln!("SKIPPED: {GOLDEN} is not there, so other programs' values are not compared");
        return None;
    }
    Some(folder)
}

fn output(dir: &Path, arguments: &[&str]) -> Output {
    tickfold(dir, arguments).output().expect("the program runs")
}

/// A document in which an infinite number is the text `Infinity`: as Python writes it, and as this program does.
fn parse(text: &str) -> Value {
    let text = text.replace(": -Infinity", ": \"-Infinity\"").replace(": Infinity", ": \"Infinity\"");
    let text = text.replace(": 1e999", ": \"Infinity\"").replace(": -1e999", ": \"-Infinity\"");
    serde_json::from_str(&text).expect("one JSON document")
}

/// Every value of `expected` is in `given`, numbers to 1e-6 of their size. Says where not, and counts the values.
fn compare(path: &str, given: &Value, expected: &Value, count: &mut usize, wrong: &mut Vec<String>) {
    match (given, expected) {
        (_, Value::Object(fields)) => fields.iter().for_each(|(name, expected)| {
            compare(&format!("{path}.{name}"), &given[name], expected, count, wrong);
        }),
        (Value::Array(values), Value::Array(expected)) if values.len() == expected.len() => {
            for (index, (given, expected)) in values.iter().zip(expected).enumerate() {
                compare(&format!("{path}[{index}]"), given, expected, count, wrong);
            }
        }
        _ => {
            *count += 1;
            let close = match (given.as_f64(), expected.as_f64()) {
                (Some(given), Some(expected)) => (given - expected).abs() <= 1e-6 * expected.abs().min(1.0),
                _ => given == expected,
            };
            if !close {
                wrong.push(format!("{path} is {given}, expected {expected}"));
            }
        }
    }
}

fn reproduces(tool: &str, file: &str, least: usize) {
    let Some(folder) = golden() else { return };
    let path = |name: &str| folder.join(name).display().to_string();
    let (equity, trades) = (path("equity.csv"), path("trades.csv"));
    let arguments = ["report", "--equity", &equity, "--trades", &trades, "--compat", tool, "--json"];
    let output = output(&std::env::temp_dir(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let given = parse(&String::from_utf8(output.stdout).unwrap());
    let expected = parse(&fs::read_to_string(folder.join(file)).unwrap());
    let (mut count, mut wrong) = (0, Vec::new());
    compare("", &given, &expected, &mut count, &mut wrong);
    assert!(wrong.is_empty(), "{} of {count} values of {tool} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= least, "only {count} values of {file} were compared");
}

#[test]
fn freqtrade_is_reproduced() {
    reproduces("freqtrade", "expected_freqtrade_2026.9.json", 24);
}

#[test]
fn jesse_is_reproduced() {
    reproduces("jesse", "expected_jesse_3.5.3.json", 10);
}

#[test]
fn quantstats_is_reproduced() {
    reproduces("quantstats", "expected_quantstats_0.0.86.json", 180);
}

#[test]
fn lean_is_reproduced() {
    reproduces("lean", "expected_lean_transcribed.json", 58);
}

const EQUITY: &str = "date,equity,benchmark
2024-01-01,1000,50
2024-01-02,1100,51
2024-01-03,990,52
2024-01-04,1188,51
";

const TRADES: &str = "open_date,close_date,pair,profit_abs,stake_amount
2024-01-01T00:00:00+00:00,2024-01-01 12:00:00+00:00,BTC-USDT,100,500
2024-01-02T00:00:00Z,2024-01-03,BTC-USDT,-50,500
";

fn folder(equity: &str, trades: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("equity.csv"), equity).unwrap();
    fs::write(dir.path().join("trades.csv"), trades).unwrap();
    let path = dir.path().to_owned();
    (dir, path)
}

#[test]
fn a_curve_from_elsewhere_has_measures_with_reasons() {
    let (_dir, path) = folder(EQUITY, TRADES);
    let answer = answer(&path, &["report", "--equity", "equity.csv", "--trades", "trades.csv"]);
    let metrics = &answer["metrics"];
    assert!((metrics["sharpe"].as_f64().unwrap() - 8.338_093_878_327_918).abs() < 1e-9);
    assert!((metrics["max_drawdown"].as_f64().unwrap() - 0.1).abs() < 1e-9);
    assert_eq!((&metrics["expectancy"], &metrics["profit_factor"]), (&"25".into(), &2.0.into()));
    assert_eq!((&metrics["exposure"], &metrics["win_rate"]), (&0.5.into(), &0.5.into()));
    assert_eq!((&metrics["kurtosis"], &answer["reasons"]["kurtosis"]), (&Value::Null, &"there are too few daily returns".into()));
    assert_eq!(answer["equity"], serde_json::json!({"start": "1000", "end": "1188"}));
    assert_eq!(answer["drawdowns"][0]["trough"], "2024-01-03T00:00:00Z");
    assert_eq!(answer["months"][0]["month"], 1);
    for name in metrics.as_object().unwrap().keys() {
        assert!(answer["conventions"][name].is_string(), "{name} has no convention");
    }
    let rolling = &answer["rolling"][0];
    assert_eq!((&rolling["days"], rolling["sharpe"].as_array().map(Vec::len)), (&30.into(), Some(4)));
    let printed = output(&path, &["report", "--equity", "equity.csv"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("Probabilistic Sharpe") && printed.contains("the trades are not known"), "{printed}");
}

#[test]
fn a_curve_of_hours_is_sampled_at_midnight() {
    let hours = "date,equity\n2024-01-01 06:00:00,1000\n2024-01-01 18:00:00,900\n2024-01-02 06:00:00,950\n\
                 2024-01-03 00:00:00,990\n2024-01-03 01:00:00,1188\n\n";
    let (_dir, path) = folder(hours, TRADES);
    let answer = answer(&path, &["report", "--equity", "equity.csv"]);
    // At the midnights 900 and 990: one return, of 10 %.
    let close =
        |name: &str, expected: f64| assert!((answer["metrics"][name].as_f64().unwrap() - expected).abs() < 1e-9, "{name}");
    close("best_day", 0.1);
    close("worst_day", 0.1);
    close("total_return", 0.188);
    close("max_drawdown", 0.1);
    assert!(answer["conventions"]["drawdown"].as_str().unwrap().contains("every point"), "{}", answer["conventions"]);
}

#[test]
fn a_fall_within_a_day_is_a_drawdown_of_a_curve_of_hours() {
    let hours = "date,equity\n2024-01-01,1000\n2024-01-01 12:00:00,600\n2024-01-02,1100\n2024-01-03,1210\n2024-01-04,1210\n";
    let (_dir, path) = folder(hours, TRADES);
    let finer = answer(&path, &["report", "--equity", "equity.csv"]);
    let metric = |name: &str| finer["metrics"][name].as_f64().unwrap();
    assert!((metric("max_drawdown") - 0.4).abs() < 1e-9 && (metric("calmar") - metric("cagr") / 0.4).abs() < 1e-6);
    assert!((metric("worst_day") - 0.0).abs() < 1e-9 && metric("ulcer").abs() < 1e-9, "days only rose");
    assert_eq!(finer["drawdowns"][0]["trough"], "2024-01-01T12:00:00Z");
    let printed = String::from_utf8(output(&path, &["report", "--equity", "equity.csv"]).stdout).unwrap();
    assert!(printed.contains("are of every point of the file"), "{printed}");
    let (_dir, path) = folder(EQUITY, TRADES);
    assert_eq!(answer(&path, &["report", "--equity", "equity.csv"])["conventions"]["drawdown"], "of the daily equity");
}

#[test]
fn a_gap_is_as_many_days_as_it_has() {
    let gaps = "date,equity\n2024-01-01,1000\n2024-01-02,1100\n2024-01-06,990\n2024-01-07,1089\n";
    let whole = "date,equity\n2024-01-01,1000\n2024-01-02,1100\n2024-01-03,1100\n2024-01-04,1100\n2024-01-05,1100\n\
                 2024-01-06,990\n2024-01-07,1089\n";
    let documents = [gaps, whole].map(|curve| {
        let (_dir, path) = folder(curve, TRADES);
        let printed = String::from_utf8(output(&path, &["report", "--equity", "equity.csv"]).stdout).unwrap();
        assert_eq!(printed.contains("days carried forward: 3"), curve == gaps, "{printed}");
        answer(&path, &["report", "--equity", "equity.csv"])
    });
    assert_eq!(documents[0]["metrics"], documents[1]["metrics"]);
    assert_eq!((&documents[0]["days_carried_forward"], &documents[1]["days_carried_forward"]), (&3.into(), &0.into()));
    let returns = [0.1_f64, 0.0, 0.0, 0.0, -0.1, 0.1];
    let mean = returns.iter().sum::<f64>() / 6.0;
    let deviation = (returns.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / 5.0).sqrt();
    let sharpe = documents[0]["metrics"]["sharpe"].as_f64().unwrap();
    assert!((sharpe - mean / deviation * 365_f64.sqrt()).abs() < 1e-6, "{sharpe}");
}

#[test]
fn a_curve_through_zero_has_no_ratios_and_says_why() {
    for end in ["0", "-20", "40"] {
        let (_dir, path) =
            folder(&format!("date,equity\n2024-01-01,100\n2024-01-02,50\n2024-01-03,-10\n2024-01-04,{end}\n"), TRADES);
        let document = answer(&path, &["report", "--equity", "equity.csv"]);
        for name in ["sharpe", "sortino", "calmar", "cagr", "omega", "volatility", "var_95", "best_day", "probabilistic_sharpe"] {
            assert_eq!(document["metrics"][name], Value::Null, "{name}");
            assert_eq!(document["reasons"][name], "the equity was at zero or below, and nothing is a share of that", "{name}");
        }
        assert!((document["metrics"]["max_drawdown"].as_f64().unwrap() - if end == "-20" { 1.2 } else { 1.1 }).abs() < 1e-9);
        let printed = String::from_utf8(output(&path, &["report", "--equity", "equity.csv"]).stdout).unwrap();
        assert!(printed.contains("was at zero or below"), "{printed}");
    }
}

#[test]
fn settings_change_nothing_that_is_past() {
    let (_dir, path) = folder(EQUITY, TRADES);
    fs::write(path.join("mine.toml"), "seed = 3\n").unwrap();
    for (arguments, flag) in [
        (&["report", "last", "--set", "seed=3"][..], "--set seed=3"),
        (&["--config", "mine.toml", "report", "last"], "--config mine.toml"),
        (&["report", "--equity", "equity.csv", "--set", "risk.enabled=false"], "--set risk.enabled=false"),
        (&["montecarlo", "last", "--set", "seed=3"], "--set seed=3"),
        (&["montecarlo", "last", "--config", "mine.toml"], "--config mine.toml"),
    ] {
        let output = output(&path, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && error.contains(flag) && error.contains("tickfold fork"),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn a_bad_file_is_named_with_its_line() {
    let cases = [
        ("date,equity\n2024-01-01,1\n\n2024-01-02,x\n", "line 4: equity is \"x\""),
        ("date,equity\n2024-01-01,1\nyesterday,2\n", "line 3: date is \"yesterday\""),
        ("date,equity\n2024-01-02,1\n2024-01-01,2\n", "line 3: its date is not after the one before"),
        ("date,value\n2024-01-02,1\n", "no column equity; its first line has date, value"),
        ("date,equity\n2024-01-02,NaN\n", "line 2: equity is \"NaN\""),
        ("", "no column date"),
    ];
    for (equity, expected) in cases {
        let (_dir, path) = folder(equity, TRADES);
        let output = output(&path, &["report", "--equity", "equity.csv", "--json"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(3) && error.contains(expected), "{equity:?}: {error}");
    }
    let (_dir, path) = folder("date,equity\n", TRADES);
    let empty = answer(&path, &["report", "--equity", "equity.csv"]);
    assert_eq!(empty["metrics"]["sharpe"], Value::Null);
    for (arguments, code) in
        [(vec!["report"], 2), (vec!["report", "last", "--equity", "equity.csv"], 2), (vec!["report", "--equity", "no.csv"], 3)]
    {
        assert_eq!(output(&path, &arguments).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_is_made_of_a_run_is_not_made_of_a_curve() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("c.csv"), "date,equity\n2024-01-01,100\n2024-01-02,101\n").expect("a file");
    for option in ["--html", "--csv", "--parquet"] {
        let output = output(dir.path(), &["report", "--equity", "c.csv", option, "made"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(option) && said.contains("cannot be used with"), "{said}");
    }
    assert!(!dir.path().join("made").exists());
}
