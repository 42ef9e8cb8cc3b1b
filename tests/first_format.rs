//! A log that the first build with this format wrote, as it was: every later build makes the same of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

#[path = "acceptance/program.rs"]
mod program;

use program::{answer, tickfold};

/// `backtest --to 2017-09-01` on the embedded sample, by the build before there were limits.
const RUN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/first_format");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_log_of_the_first_format_is_what_it_was() {
    let dir = tempfile::tempdir().unwrap();
    copy(Path::new(RUN), &dir.path().join("runs/first"));
    let verified = tickfold(dir.path(), &["verify", "runs/first"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    // What that build said.
    let report = answer(dir.path(), &["report", "runs/first"]);
    assert_eq!(report["digest"], "eebe57c71649731531e3e29b6475da2f4ca4a315eddfc20ceeb7a740ac72eead");
    assert_eq!(report["balances"], serde_json::json!({ "BTC": "4.30857844", "USD": "985.6921831608976" }));
    assert_eq!(report["equity"]["end"], "21425.3297878144976");
    assert_eq!(report["metrics"]["fees"], "665.2272153441024");
    assert_eq!([&report["events"], &report["orders"], &report["fills"]], [1_477, 47, 47]);
    let close = |name: &str, expected: f64| {
        let value = report["metrics"][name].as_f64().unwrap();
        assert!((value / expected - 1.0).abs() < 1e-12, "{name}: {value} is not {expected}");
    };
    close("total_return", 1.142_532_978_781_449_8);
    close("sharpe", 5.696_256_178_390_031);
    close("max_drawdown", 0.117_450_562_854_975_79);
    close("profit_factor", 5.449_333_339_035_048);
    close("exposure", 0.584_292_484_766_418_4);

    // Snapshots are no part of it.
    let at = |time: &str| answer(dir.path(), &["at", "runs/first", time]);
    let before: Vec<Value> = ["seq:700", "2017-08-01", "end"].map(at).into();
    let _ = fs::remove_dir_all(dir.path().join("runs/first/snapshots"));
    assert_eq!(["seq:700", "2017-08-01", "end"].map(at).to_vec(), before);
    assert_eq!(answer(dir.path(), &["report", "runs/first"])["balances"], report["balances"]);
}
