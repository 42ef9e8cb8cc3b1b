//! `tickfold report RUN`: the whole document, its breakdowns, another program's values, a risk-free rate.

#[path = "acceptance/market.rs"]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::path::Path;

use serde_json::Value;

use program::{answer, tickfold};

/// Trades of some hours, of which a backtest makes a run.
fn run() -> (tempfile::TempDir, Value) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("trades.csv"), market::trades(5, 3_000)).unwrap();
    let command = ["backtest", "--instrument", "BTC-USDT", "--data", "trades.csv", "--set", "risk.enabled=false"];
    let document = answer(dir.path(), &command);
    (dir, document)
}

fn printed(dir: &Path, args: &[&str]) -> String {
    let output = tickfold(dir, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_is_the_whole_document() {
    let (dir, backtest) = run();
    let report = answer(dir.path(), &["report", "last"]);
    let timeless = |document: &Value| {
        let mut fields = document.as_object().unwrap().clone();
        for name in ["engine_seconds", "events_per_second", "peak_rss_bytes"] {
            assert!(fields.remove(name).is_some(), "{name}");
        }
        fields
    };
    assert_eq!(timeless(&report), timeless(&backtest));
    for name in ["run_id", "digest", "seed", "build", "events", "decisions", "orders", "fills", "from", "to", "balances"] {
        assert!(!report[name].is_null(), "{name}");
    }
    assert!(report["equity"]["start"].is_string() && report["metrics"]["fees"].is_string(), "money is text");
    assert!(report["metrics"]["expectancy"].is_string() && report["metrics"]["mean_loss"].is_string(), "all of it");
    // A run of some hours has no daily returns.
    assert_eq!(report["metrics"]["sharpe"], Value::Null);
    assert_eq!(report["absent"]["sharpe"], "there are too few daily returns");
    let missing: Vec<&String> =
        report["metrics"].as_object().unwrap().iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key).collect();
    assert!(missing.iter().all(|key| report["absent"][key.as_str()].is_string()), "each null has its reason: {missing:?}");
    assert_eq!(report["trips"]["total"], report["round_trips"]["count"]);
    let row = &report["trips"]["rows"][0];
    assert!(row["entry_price"].is_string() && row["return"].is_number() && row["exit"] == "signal", "{row}");
}

#[test]
fn a_report_is_as_one_asks() {
    let (dir, document) = run();
    let page = printed(dir.path(), &["report", "last", "--breakdown", "day,month"]);
    for title in ["BY DAY, USDT", "BY MONTH, USDT", "MEASURES", "SUMMARY"] {
        assert!(page.contains(title), "{title}: {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    let short = printed(dir.path(), &["backtest", "--data", "trades.csv", "--instrument", "BTC-USDT", "--no-log"]);
    assert!(short.contains("SUMMARY") && !short.contains("MEASURES"), "{short}");

    let free = answer(dir.path(), &["report", "last", "--risk-free", "0.05"]);
    assert_eq!(free["conventions"]["risk_free"], 0.05);
    assert_eq!(free["digest"], document["digest"]);
    for tool in ["freqtrade", "jesse", "quantstats", "lean"] {
        // An infinity is written as a number that no float holds, which this reader refuses.
        let text = printed(dir.path(), &["report", "last", "--compat", tool, "--json"])
            .replace("-1e999", "null")
            .replace("1e999", "null");
        let values: Value = serde_json::from_str(&text).expect(tool);
        assert!(values.is_object(), "{tool}: {values}");
    }
    let refused = tickfold(dir.path(), &["report", "last", "--breakdown", "decade"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
