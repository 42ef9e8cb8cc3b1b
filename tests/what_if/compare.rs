//! `tickfold compare`: each difference has the cause that was made.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use replays::compare::{Cause, Comparison, Measure, compare};
use serde_json::Value;

use crate::program::answer;
use crate::stage::{STRATEGIES, backtest, bars, reader, run, stage};
use crate::venue::live_run;

fn compared(a: &Path, b: &Path) -> Comparison {
    compare(&mut reader(a), &mut reader(b), Measure::default()).unwrap()
}

fn causes(found: &Comparison) -> BTreeSet<Cause> {
    found.counts.keys().copied().collect()
}

#[test]
fn each_change_has_its_cause() {
    let dir = stage(31, 300);
    let base = ["risk.enabled=false", "account.balances.USDT=1000000000"];
    let made = |name: &str, file: &str, sets: &[&str]| backtest(dir.path(), name, file, &[&base[..], sets].concat());
    let first = made("first", "BTC-USDT_1m.csv", &[]);
    let same = compared(&first, &made("same", "BTC-USDT_1m.csv", &["engine.checkpoint_every=7"]));
    assert!(same.is_same() && same.first.is_none(), "{same:#?}");
    assert!(same.same_data == 300 && same.same_signals > 50 && same.same_trades > 20, "{same:?}");

    let fees = "instrument=[{symbol='BTC-USDT', taker_fee='0.0005'}]";
    let lots = "strategy=[{name='ema_cross', label='one', fast=2, slow=4, size='2'}, \
        {name='ema_cross', label='two', fast=3, slow=7, size='1'}]";
    let more = lots.replace("'2'", "'3'");
    let half = bars(31, 300)
        .lines()
        .enumerate()
        .filter(|(place, _)| !(100..110).contains(place))
        .fold(String::new(), |text, (_, line)| text + line + "\n");
    fs::write(dir.path().join("BTC-USDT_gap.csv"), half).unwrap();
    let lots_run = made("lots", "BTC-USDT_1m.csv", &[lots]);
    // Who learns later that he is out gets in later again, and at another price.
    for (name, a, b, expected) in [
        (
            "slower",
            &lots_run,
            made("slower", "BTC-USDT_1m.csv", &[lots, "exchange.response_latency_us=500000"]),
            &[Cause::Timing, Cause::Price][..],
        ),
        ("dearer", &lots_run, made("dearer", "BTC-USDT_1m.csv", &[lots, "exchange.slippage_bps=5"]), &[Cause::Price]),
        ("cheaper", &lots_run, made("cheaper", "BTC-USDT_1m.csv", &[lots, fees]), &[Cause::Fee]),
        ("larger", &lots_run, made("larger", "BTC-USDT_1m.csv", &[&more]), &[Cause::Quantity]),
    ] {
        let found = compared(a, &b);
        assert_eq!(causes(&found), expected.iter().copied().collect(), "{name}: {:#?}", found.differences);
        assert!(found.different_trades > 10 && found.only_a + found.only_b == 0, "{name}");
        let shown = found.first_records;
        assert!(shown.0.is_some() && shown.1.is_some(), "{name}");
    }
    let gap = compared(&lots_run, &made("gap", "BTC-USDT_gap.csv", &[lots, "data.interval=1m"]));
    assert_eq!((gap.counts[&Cause::MissingData], gap.same_data), (1, 290), "{:#?}", gap.differences);
    let missing = &gap.differences[&Cause::MissingData][0];
    assert!(missing.text.starts_with("the second run does not have 10 market data"), "{missing:?}");
    assert_eq!(gap.first.as_ref(), Some(missing), "what comes of it comes later");
    assert!(gap.counts.contains_key(&Cause::Signal));

    let denied = compared(&lots_run, &made("denied", "BTC-USDT_1m.csv", &[lots, "risk.enabled=true", "risk.positions=1"]));
    assert!(denied.counts.contains_key(&Cause::MissingOrder), "{:?}", denied.counts);
    let why: Vec<&str> = denied.differences[&Cause::MissingOrder].iter().map(|difference| difference.text.as_str()).collect();
    assert!(why.iter().any(|why| why.contains("it was denied: ")), "{why:#?}");
}

#[test]
fn what_held_one_run_back_is_told() {
    let dir = stage(35, 300);
    let made = |name: &str, cooldown: &str| {
        let set = format!("breakers.cooldown={cooldown:?}");
        backtest(dir.path(), name, "BTC-USDT_1m.csv", &[&set, "breakers.losses='off'"])
    };
    let cooled = made("cooled", "30m");
    let same = compared(&cooled, &made("same", "30m"));
    assert!(same.is_same() && same.same_pauses > 2, "{same:#?}");
    let free = compared(&made("free", "off"), &cooled);
    let first = &free.differences[&Cause::Pause][0];
    assert!(first.text.starts_with("only the second run is paused by cooldown until 2"), "{first:?}");
    assert_eq!((first.seq_a, first.seq_b.is_some(), first.instrument.as_deref()), (None, true, Some("BTC-USDT")));
    assert_eq!((free.first.as_ref(), free.same_pauses), (Some(first), 0), "what comes of it comes later");
    let longer = compared(&cooled, &made("longer", "40m"));
    let first = &longer.differences[&Cause::Pause][0].text;
    assert!(first.starts_with("both are paused by cooldown, until ") && first.contains(" and until "), "{first}");
}

#[test]
fn a_live_run_and_its_backtest_differ_as_the_venue_did() {
    let dir = tempfile::tempdir().unwrap();
    let live = live_run(&dir.path().join("live"), 5, 400);
    let config = ["strategy=[{name='ema_cross', label='grandmas-secret', fast=2, slow=5, size='37.31%'}]", "risk.enabled=false"];
    let tested = backtest(dir.path(), "tested", "live", &config);
    let found = compared(&live, &tested);
    assert!(found.same_data == 401 && !found.counts.contains_key(&Cause::MissingData), "{:?}", found.counts);
    let causes = causes(&found);
    assert!(
        causes.contains(&Cause::Price) && causes.contains(&Cause::Timing) && causes.contains(&Cause::MissingOrder),
        "{causes:?}"
    );
    assert!(found.same_signals > 50, "{:?}", found.counts);
    let pauses: Vec<&str> = found.differences[&Cause::Pause].iter().map(|difference| difference.text.as_str()).collect();
    assert_eq!(pauses, ["only the first run is halted by its operator", "only the first run is resumed by its operator"]);
    let of_another = compared(&live, &backtest(dir.path(), "other", "live", &["risk.enabled=false"]));
    assert!(of_another.only_a > 0 && of_another.only_b > 0 && of_another.same_trades == 0);
}

#[test]
fn the_command_tells_it_and_ends_as_it_is_asked_to() {
    let dir = stage(33, 150);
    let backtest = |sets: &[&str]| {
        let command = ["backtest", "--data", "BTC-USDT_1m.csv", "--set", STRATEGIES];
        answer(dir.path(), &[&command[..], sets].concat())["run_id"].as_str().unwrap().to_owned()
    };
    let (a, b, c) = (backtest(&[]), backtest(&[]), backtest(&["--set", "exchange.slippage_bps=30"]));
    let (code, text, note) = run(dir.path(), &["compare", &a, &b, "--exit-code"]);
    assert_eq!((code, note.as_str()), (Some(0), ""));
    assert!(text.contains("\nthe same: 150 market data, ") && text.contains("sharpe"), "{text}");

    let (code, text, _) = run(dir.path(), &["compare", &a, &c]);
    assert_eq!(code, Some(0));
    for part in
        ["DIFFERENCES BY CAUSE", "FIRST DIFFERENCE", "PRICE", "basis points in the second run", "ROUND TRIPS THAT ARE NOT"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (code, _, error) = run(dir.path(), &["compare", &a, &c, "--exit-code"]);
    assert!(code == Some(1) && error.starts_with("error: the runs differ in "), "{error}");
    let told: Value = answer(dir.path(), &["compare", &a, &c, "--limit", "2"]);
    assert!(told["counts"]["price"].as_u64().unwrap() > 2);
    assert_eq!((told["differences"]["price"].as_array().unwrap().len(), told["trades"].as_array().unwrap().len()), (2, 2));
    assert_eq!((&told["a"]["run_id"], &told["same"]), (&Value::from(a), &Value::Bool(false)));
}
