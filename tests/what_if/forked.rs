//! `tickfold fork`, through the program itself.

use serde_json::Value;

use crate::program::answer;
use crate::stage::{STRATEGIES, run, stage};

#[test]
fn a_fork_is_a_run_of_its_own_and_says_where_it_left_its_parent() {
    let dir = stage(11, 200);
    let parent = answer(dir.path(), &["backtest", "--data", "BTC-USDT_1m.csv", "--set", STRATEGIES]);
    let id = parent["run_id"].as_str().unwrap();

    let same = answer(dir.path(), &["fork", id, "--at", "0"]);
    assert_eq!((&same["divergence"], &same["same"]), (&Value::Null, &Value::Bool(true)));
    assert_eq!(same["equity"]["parent"], same["equity"]["fork"]);
    assert_eq!((&same["parent"], &same["a"]["metrics"]), (&parent["run_id"], &same["b"]["metrics"]));
    assert_ne!(same["digest"], parent["digest"], "its session names its parent");

    let other = answer(dir.path(), &["fork", id, "--at", "60", "--set", "strategy.0.fast=1", "--limit", "3"]);
    let (divergence, at) = (&other["divergence"], other["at_seq"].as_u64().unwrap());
    for run in ["parent", "fork"] {
        let seq = divergence[run]["seq"].as_u64().unwrap();
        assert!(seq >= at && divergence[run]["text"].as_str().unwrap().starts_with(&format!("{seq} ")), "{divergence:#}");
    }
    assert_ne!(other["equity"]["parent"]["end"], other["equity"]["fork"]["end"]);
    assert_eq!(other["equity"]["parent"], parent["equity"]);
    let trades = other["trades"].as_array().unwrap();
    assert!(trades.len() == 3 && other["different_trades"].as_u64().unwrap() + other["only_a"].as_u64().unwrap() > 0);
    let fork = other["run_id"].as_str().unwrap();
    let (code, stdout, _) = run(dir.path(), &["verify", fork]);
    assert!(code == Some(0) && stdout.contains(other["digest"].as_str().unwrap()), "{stdout}");
    assert_eq!(answer(dir.path(), &["report", fork])["balances"], other["b"]["balances"]);

    let (code, text, _) = run(dir.path(), &["fork", fork, "--at", "90", "--set", "protection.stop=1%"]);
    assert_eq!(code, Some(0));
    let id = text.lines().last().unwrap().split('`').nth(1).unwrap().replace("tickfold verify ", "");
    assert_eq!(run(dir.path(), &["verify", &id]).0, Some(0), "{text}");
}

#[test]
fn what_cannot_be_forked_leaves_no_run() {
    let dir = stage(12, 30);
    answer(dir.path(), &["backtest", "--data", "BTC-USDT_1m.csv"]);
    let runs = || std::fs::read_dir(dir.path().join("runs")).unwrap().count();
    for (args, said) in [
        (&["fork", "last", "--at", "99999"][..], "record 99999 is not in the log, which has "),
        (
            &["fork", "last", "--at", "9", "--set", "seed=5"],
            "seed cannot change in the middle of a run: `tickfold backtest --data",
        ),
        (&["fork", "last", "--at", "9", "--strategy", "breakouts"], "did you mean \"breakout\""),
        (&["fork", "last", "--at", "9", "--config", "none.toml"], "a fork has its parent's configuration"),
    ] {
        let (code, text, error) = run(dir.path(), args);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{args:?}: {error}");
        assert!(error.contains(said), "{error}");
    }
    assert_eq!(runs(), 1);
}
