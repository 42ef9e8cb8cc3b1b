use std::fs;
use std::path::PathBuf;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// Loads from texts that stand for the files `1.toml`, `2.toml`, …
fn load(texts: &[&str], env: &[(&str, &str)], sets: &[&str]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let path = dir.path().join(format!("{}.toml", index + 1));
        fs::write(&path, text).unwrap();
        files.push(path);
    }
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let sets: Vec<String> = sets.iter().map(|&text| text.to_owned()).collect();
    let here = format!("{}/", dir.path().display());
    Config::load(&files, env, &sets).map_err(|error| error.to_string().replace(&here, ""))
}

fn canonical(config: &Config) -> String {
    String::from_utf8(config.canonical()).unwrap()
}

const FULL: &str = r#"
seed = 7
[account]
currency = "USDT"
balances = { USDT = "1000000.00", BTC = 10 }
[data]
paths = ["ticks.csv"]
bar_time = "close"
lenient = true
interval = "1h"
from = 2024-01-01
to = "2024-02-01T12:00:00Z"
[[instrument]]
symbol = "BTC-USDT"
tick_size = "0.1"
maker_fee = "-0.0001"
[exchange]
fill = "last"
[engine]
checkpoint_every = 1024
[[strategy]]
name = "ema_cross"
instruments = ["BTC-USDT"]
size = "95%"
fast = 10
slow = 20
tilt = 0.5
[[strategy]]
name = "buy_and_hold"
label = "benchmark"
"#;

#[test]
fn the_canonical_bytes_are_everything_that_decides_and_nothing_else() {
    let config = load(&[FULL], &[], &[]).unwrap();
    expect![[r#"
        seed = 7

        [account]
        currency = "USDT"

        [account.balances]
        BTC = "10"
        USDT = "1000000"

        [breakers]
        cooldown = "30m"
        daily_loss = "5%"
        drawdown = "25%"
        emergency = "40%"
        losses = 6
        losses_pause = "1d"
        low_profit_loss = "5%"
        low_profit_pause = "3d"
        low_profit_trades = 4
        low_profit_window = "14d"

        [controller]
        cooldown = "6h"
        critical_trades = 9
        drawdown = "10%"
        enabled = false
        max_confidence = "90%"
        min_size = "25%"
        profit_factor = "120%"
        signals_an_hour = 56
        step = "5%"
        win_rate = "40%"
        window = "7d"
        window_trades = 20

        [data]
        bar_time = "close"
        from = "2024-01-01T00:00:00Z"
        interval = "1h"
        lenient = true
        to = "2024-02-01T12:00:00Z"

        [engine]
        checkpoint_every = 1024

        [exchange]
        entry_latency_us = 0
        feed_latency_us = 0
        fill = "last"
        latency_jitter_us = 0
        participation_bps = 0
        queue = "back"
        response_latency_us = 0
        slippage_bps = 0

        [[instrument]]
        maker_fee = "-0.0001"
        symbol = "BTC-USDT"
        tick_size = "0.1"

        [protection]
        prefer = "strategy"
        stop = "2-3 atr"
        target = "1.5-2 risk"
        trailing = false

        [risk]
        correlated = "60%"
        enabled = true
        exposure = "80%"
        min_confidence = "45%"
        orders_per_second = 20
        per_asset = "30%"
        per_order = "50%"
        per_trade = "2%"
        positions = 10
        price_band = "2%"
        stale_after = "1m"
        value_at_risk = "5%"

        [sizing]
        confidence = "30%"
        daily_volatility = "2%"
        high_volatility = "50%"
        kelly_least = "1%"
        kelly_most = "30%"
        kelly_prior_loss = "2%"
        kelly_prior_trades = 20
        kelly_prior_win = "3%"
        kelly_prior_win_rate = "50%"
        low_volatility = "75%"
        risk = "2%"
        volatility = "30%"

        [[strategy]]
        fast = 10
        instruments = ["BTC-USDT"]
        name = "ema_cross"
        size = "95%"
        slow = 20
        tilt = 0.5

        [[strategy]]
        label = "benchmark"
        name = "buy_and_hold"
    "#]]
    .assert_eq(&canonical(&config));

    let mut read_back = Config::from_canonical(&config.canonical()).unwrap();
    assert_eq!(read_back.canonical(), config.canonical());
    read_back.data.paths.clone_from(&config.data.paths);
    assert_eq!(read_back, config);
}

#[test]
fn comments_order_and_paths_leave_no_trace() {
    let one = "seed = 1\n[data]\npaths = [\"a\"]\n[account]\nbalances = { BTC = \"1\", USD = \"2.50\" }";
    let two = "# why\n[account]\nbalances.USD = \"2.5\"\nbalances.BTC = 1\n[data]\npaths = [\"b\", \"c\"]\nlenient = false";
    let (one, two) = (load(&[one], &[], &[]).unwrap(), load(&[two], &[], &["seed=1"]).unwrap());
    assert_eq!(canonical(&one), canonical(&two));
    let other = load(&["seed = 2"], &[], &[]).unwrap();
    assert_ne!(canonical(&other), canonical(&load(&["seed = 3"], &[], &[]).unwrap()));
}

#[test]
fn the_later_source_wins_and_tables_merge() {
    let first = "seed = 1\n[account]\nbalances = { USD = 5 }\n[exchange]\nslippage_bps = 3\n[[strategy]]\nname = \"a\"\n[[strategy]]\nname = \"b\"";
    let second = "seed = 2\n[account.balances]\nBTC = 1\n[[strategy]]\nname = \"c\"\nfast = 1";
    let env =
        [("TICKFOLD__SEED", "3"), ("TICKFOLD__ACCOUNT__BALANCES__ETH", "0.5"), ("HOME", "/"), ("TICKFOLD__STRATEGY__FAST", "5")];
    let config = load(&[first, second], &env, &["seed=4"]).unwrap();
    assert_eq!(config.seed, 4);
    let balances: Vec<_> = config.account.balances.iter().map(|(currency, amount)| format!("{currency} {amount}")).collect();
    assert_eq!(balances, ["BTC 1", "ETH 0.5", "USD 5"]);
    assert_eq!(config.exchange.slippage_bps, 3);
    assert_eq!(config.strategies.len(), 1, "lists are replaced");
    assert_eq!(config.strategies[0].params["fast"].as_integer(), Some(5));
}

#[test]
fn a_path_into_a_list_picks_one_element_or_all() {
    let text = "[[strategy]]\nname = \"a\"\n[[strategy]]\nname = \"b\"";
    let sets = [
        "strategy.fast=1",
        "strategy.1.fast=2",
        "strategy.2.name=c",
        "strategy.0.instruments.0=BTC-USDT",
        "strategy.label=z",
        "strategy.0.label=10",
        "strategy.2.label=true",
    ];
    let config = load(&[text], &[], &sets).unwrap();
    let fast: Vec<_> =
        config.strategies.iter().map(|strategy| strategy.params.get("fast").and_then(toml::Value::as_integer)).collect();
    assert_eq!(fast, [Some(1), Some(2), None]);
    assert_eq!(config.strategies[0].instruments, ["BTC-USDT"]);
    let labels: Vec<_> = config.strategies.iter().map(StrategyConfig::label).collect();
    assert_eq!(labels, ["10", "z", "true"], "what must be a string needs no quotes");
}

#[test]
fn values_on_the_command_line_need_no_quotes_where_the_key_tells_the_type() {
    let sets = [
        "account.balances.USDT=0.10",
        "account.currency=USDT",
        "data.from=2024-01-01",
        "data.paths=[\"a.csv\", 'b.csv']",
        "data.lenient=true",
        "strategy=[{name=\"a\"}]",
        "strategy.size=0.01",
        "strategy.ratio=0.01",
        "strategy.mode=slow",
    ];
    let config = load(&[], &[], &sets).unwrap();
    assert_eq!(config.account.balances[&config.account.currency.unwrap()].to_string(), "0.1");
    assert_eq!(config.data.from.unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(config.data.paths, [PathBuf::from("a.csv"), PathBuf::from("b.csv")]);
    assert!(config.data.lenient);
    assert_eq!(config.strategies[0].size.unwrap().to_string(), "0.01");
    assert_eq!(config.strategies[0].params["ratio"].as_float(), Some(0.01));
    assert_eq!(config.strategies[0].params["mode"].as_str(), Some("slow"));
}

#[test]
fn a_pair_comes_from_the_dash_unless_given() {
    let config = load(
        &["[[instrument]]\nsymbol = \"BTCUSDT\"\nbase = \"BTC\"\nquote = \"USDT\"\n[[instrument]]\nsymbol = \"ETH-EUR\""],
        &[],
        &[],
    );
    let pairs: Vec<_> =
        config.unwrap().instruments.iter().map(|one| one.pair().map(|(base, quote)| format!("{base}/{quote}"))).collect();
    assert_eq!(pairs, [Some("BTC/USDT".to_owned()), Some("ETH/EUR".to_owned())]);
}

#[test]
fn the_defaults_are_a_configuration() {
    assert_eq!(load(&[], &[], &[]).unwrap(), Config::default());
    let mut config = Config { seed: u64::MAX, ..Config::default() };
    config.data.paths = vec!["x".into()];
    assert_eq!(Config::from_canonical(&config.canonical()).unwrap().seed, u64::MAX);
}

/// What is wrong with each is in `tests/config_errors.rs`, through the program itself; here are those that a file
/// on the command line cannot show.
#[test]
fn errors_name_the_layer_that_they_come_from() {
    let wrong = |texts: &[&str], env: &[(&str, &str)], sets: &[&str], message: Expect| {
        message.assert_eq(&load(texts, env, sets).unwrap_err());
    };
    wrong(
        &["seed = 1", "\n\n[exchange]\nfil = \"last\""],
        &[],
        &[],
        expect![[
            r#"unknown key "exchange.fil" in 2.toml (line 4): did you mean "fill"? known keys here: entry_latency_us, feed_latency_us, fill, latency_jitter_us, participation_bps, queue, response_latency_us, slippage_bps"#
        ]],
    );
    wrong(
        &["seed = 1"],
        &[("TICKFOLD__ACCOUNT__CURENCY", "USD")],
        &[],
        expect![[
            r#"unknown key "account.curency" in the environment variable TICKFOLD__ACCOUNT__CURENCY: did you mean "currency"? known keys here: balances, currency"#
        ]],
    );
    wrong(
        &["seed = 1"],
        &[("TICKFOLD__ENGINE__", "USD")],
        &[],
        expect![
            "cannot set a value in the environment variable TICKFOLD__ENGINE__: each part of its path needs a name, as in account.currency"
        ],
    );
    wrong(
        &["[account]\nbalances = { USD = 1 }"],
        &[],
        &["account.balances.USD=-1"],
        expect!["account.balances.USD in --set account.balances.USD=-1: must be between 0 and 1000000000000000000, not -1"],
    );
    wrong(
        &[],
        &[],
        &["strategy.fast=1"],
        expect![[
            r#"cannot set a value in --set strategy.fast=1: the list is empty, so there is no element whose "fast" it could be"#
        ]],
    );
    wrong(
        &[],
        &[],
        &["strategy.4.fast=1"],
        expect!["cannot set a value in --set strategy.4.fast=1: element 4 is beyond the end of the list; its next one is 0"],
    );
    wrong(
        &["[[strategy]]\nfast = 1"],
        &[],
        &["strategy.fast=2"],
        expect!["strategy.0 in 1.toml (line 1): has no \"name\", and needs one"],
    );
    wrong(
        &["\n[[strategy]]\nname = \"a\"\n[[strategy]]\nname = \"a\""],
        &[],
        &[],
        expect![[r#"strategy.1 in 1.toml (line 4): two strategies are called "a": give each a label of its own"#]],
    );
    wrong(
        &["seed = 1"],
        &[],
        &["seed.deep.deeper=2"],
        expect!["seed in --set seed.deep.deeper=2: expected a whole number, found a table"],
    );
    expect![[r#"unknown key "sede" in the log's configuration: did you mean "seed"? known keys here: account, breakers, controller, data, engine, exchange, instrument, live, protection, risk, seed, sizing, strategy"#]].assert_eq(&Config::from_canonical(b"seed = 1\nsede = 2").unwrap_err().to_string());
}

#[test]
fn a_path_as_deep_as_it_is_long_is_refused() {
    let deep = format!("strategy.{}=1", vec!["x"; 100_000].join("."));
    let error = load(&["[[strategy]]\nname = \"a\""], &[], &[&deep]).unwrap_err();
    assert!(error.ends_with("its path has 100001 parts, and 16 is the most"), "{error:.200}");
}

proptest! {
    /// Any text: an error or a configuration that survives its canonical form, never a panic.
    #[test]
    fn no_text_breaks_it(text in "(seed|\\[|\\]|=|account|strategy|name|balances|USD|\"|\\{|\\}|\\.|[0-9]|e|\n| |,|size|%|-|\\PC){0,40}", set in "(strategy|account|data|seed|balances|\\.|=|[0-9]|\\PC){0,12}") {
        for config in [load(&[&text], &[], &[]), load(&[], &[], &[&set]), load(&[FULL], &[("TICKFOLD__ACCOUNT__BALANCES__EUR", &text)], &[&set])].into_iter().flatten() {
            let again = Config::from_canonical(&config.canonical()).unwrap();
            prop_assert_eq!(again.canonical(), config.canonical());
        }
    }

    /// Every float a strategy may be given keeps its bits on the way through the log.
    #[test]
    fn floats_survive(bits in any::<u64>()) {
        let float = f64::from_bits(bits);
        prop_assume!(!float.is_nan());
        let mut config = load(&[FULL], &[], &[]).unwrap();
        config.strategies[0].params.insert("tilt".to_owned(), float.into());
        let again = Config::from_canonical(&config.canonical()).unwrap();
        prop_assert_eq!(again.strategies[0].params["tilt"].as_float().map(f64::to_bits), Some(bits));
    }
}
