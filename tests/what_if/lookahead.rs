//! `tickfold lookahead`, through the program itself. That it finds what looks ahead is shown beside it.

use serde_json::Value;

use crate::market::trades;
use crate::program::answer;
use crate::stage::{STRATEGIES, run, stage};

#[test]
fn no_strategy_knows_its_future() {
    let dir = stage(41, 200);
    std::fs::write(dir.path().join("trades.csv"), trades(41, 400)).unwrap();
    for (file, sets) in [
        ("BTC-USDT_1m.csv", &[][..]),
        ("trades.csv", &["--set", "data.symbol=BTC-USDT", "--set", "exchange.latency_jitter_us=900000"]),
        ("trades.csv", &["--set", "data.symbol=BTC-USDT", "--set", "exchange.feed_latency_us=1700000"]),
    ] {
        let command = ["lookahead", "--data", file, "--set", STRATEGIES, "--cuts", "12", "--cut-seed", "5"];
        let proof = answer(dir.path(), &[&command[..], sets].concat());
        assert_eq!((&proof["ok"], &proof["leak"]), (&Value::Bool(true), &Value::Null), "{proof:#}");
        assert!(proof["cuts"].as_array().unwrap().len() == 12 && proof["compared"].as_u64().unwrap() > 500, "{proof:#}");
    }
    answer(dir.path(), &["backtest", "--data", "BTC-USDT_1m.csv", "--set", STRATEGIES]);
    let (code, text, _) = run(dir.path(), &["lookahead", "last"]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("ok: without what came later, 8 beginnings of 200 market data decide the same\n"), "{text}");
    let (code, text, _) = run(dir.path(), &["lookahead", "last", "--cuts", "1", "--startup"]);
    assert!(code == Some(0) && text.contains("SIGNALS OF THE LAST QUARTER"), "{text}");
    let (code, _, error) = run(dir.path(), &["lookahead", "last", "--data", "BTC-USDT_1m.csv"]);
    assert!(code == Some(2) && error.contains("cannot be used with"), "{error}");
}

#[test]
fn a_fork_is_not_proven_as_if_it_had_one_configuration() {
    let dir = stage(44, 120);
    let parent = answer(dir.path(), &["backtest", "--data", "BTC-USDT_1m.csv", "--set", STRATEGIES]);
    let forked = |at: &str| {
        let fork = answer(dir.path(), &["fork", parent["run_id"].as_str().unwrap(), "--at", at, "--set", "strategy.0.fast=1"]);
        fork["run_id"].as_str().unwrap().to_owned()
    };
    let (fork, whole) = (forked("60"), forked("0"));
    let (code, text, error) = run(dir.path(), &["lookahead", &fork]);
    assert_eq!((code, text.as_str()), (Some(2), ""), "{error}");
    assert!(error.contains("is a fork: its configuration holds from record ") && error.contains("prove the parent"), "{error}");
    assert_eq!(answer(dir.path(), &["lookahead", &whole])["ok"], true, "its values hold from the beginning");
    assert_eq!(answer(dir.path(), &["lookahead", parent["run_id"].as_str().unwrap()])["ok"], true);
    let instead = ["lookahead", "--data", &format!("runs/{fork}"), "--set", STRATEGIES, "--set", "strategy.0.fast=1"];
    assert_eq!(answer(dir.path(), &instead)["ok"], true, "as the error says");
}

#[test]
fn what_forgets_needs_little_history_and_what_does_not_needs_all() {
    let dir = stage(43, 400);
    let startup = |set: &str| {
        let command = ["lookahead", "--data", "BTC-USDT_1m.csv", "--set", set, "--cuts", "1", "--startup"];
        answer(dir.path(), &command)["startup"].as_array().unwrap().clone()
    };
    let of = |start: &Value, name: &str| start["strategies"][0][name].as_u64().unwrap();
    let before = |starts: &[Value]| starts.iter().map(|start| start["events_before"].as_u64().unwrap()).collect::<Vec<_>>();
    let forgets = startup("strategy=[{name='ema_cross', fast=2, slow=4}]");
    assert_eq!(before(&forgets), [150, 75, 37, 18]);
    for start in &forgets {
        assert!(of(start, "same") > 10 && of(start, "same") == of(start, "after_all"), "{start:#}");
    }
    // Averages over more bars than there are with the least history: it signals later, if at all.
    let remembers = startup("strategy=[{name='ema_cross', fast=20, slow=70}]");
    let (most, least) = (&remembers[0], &remembers[3]);
    assert!(of(most, "same") >= of(least, "same") && of(least, "same") < of(least, "after_all"), "{remembers:#?}");
}
