//! One line for each way to size an entry, and for each limit that caps it.

use engine::event::{Regime, Trend, Volatility};
use engine::risk::{Limits, Policy};
use engine::sizing::{Kelly, Sizing};
use expect_test::expect;

use crate::scene::{bps, days, fixed, limits, lines, round_trip, scene, sure};
use crate::stage::BTC;

/// What a signal of 50 % becomes.
fn entry(size: &str, policy: Policy) -> String {
    let mut stage = scene(size, policy);
    stage.cue(0, sure(BTC, 5_000));
    stage.trade(10_000);
    lines(&mut stage, &["> order", "> denied"]).trim_end().split("alpha ").nth(1).unwrap().to_string()
}

#[test]
fn each_method() {
    let protected = || Policy { protection: fixed(), ..Policy::off() };
    let mut shown = String::new();
    // 2 % of 1000 over a stop 10 away is 2; confidence is half of 30 %; kelly believes in a sixth.
    for size in ["1.5", "25%", "kelly", "atr_risk", "confidence", "volatility"] {
        shown += &format!("{size:<10} {}\n", entry(size, protected()));
    }
    shown += &format!("no stop    {}\n", entry("atr_risk", Policy::off()));
    expect![[r#"
        1.5        buy 1.5 BTC-USDT market stop 90.00 target 120.00 ^7
        25%        buy 2.49 BTC-USDT market stop 90.00 target 120.00 ^7
        kelly      buy 1.66 BTC-USDT market stop 90.00 target 120.00 ^7
        atr_risk   buy 1.99 BTC-USDT market stop 90.00 target 120.00 ^7
        confidence buy 1.49 BTC-USDT market stop 90.00 target 120.00 ^7
        volatility buy 2.99 BTC-USDT market stop 90.00 target 120.00 ^7
        no stop    BTC-USDT quantity 0 is below the minimum 0.05 ^7
    "#]]
    .assert_eq(&shown);
}

#[test]
fn each_limit_caps() {
    let mut shown = String::new();
    for (name, limit) in [
        ("asset", Limits { asset: bps(3_000), ..Limits::off() }),
        ("exposure", Limits { exposure: bps(2_500), ..Limits::off() }),
        ("trade risk", Limits { trade_risk: bps(100), ..Limits::off() }),
        ("correlated", Limits { correlated: bps(2_000), ..Limits::off() }),
        ("order", Limits { order: bps(1_500), ..Limits::off() }),
        ("nothing", Limits { order: bps(0), ..Limits::off() }),
    ] {
        let policy = Policy { protection: fixed(), ..limits(limit) };
        shown += &format!("{name:<10} {}\n", entry("95%", policy));
    }
    expect![[r#"
        asset      buy 3.0 BTC-USDT market stop 90.00 target 120.00 ^7
        exposure   buy 2.50 BTC-USDT market stop 90.00 target 120.00 ^7
        trade risk buy 1 BTC-USDT market stop 90.00 target 120.00 ^7
        correlated buy 2.0 BTC-USDT market stop 90.00 target 120.00 ^7
        order      buy 1.50 BTC-USDT market stop 90.00 target 120.00 ^7
        nothing    BTC-USDT the order would be 0.5%, 0% is the most ^7
    "#]]
    .assert_eq(&shown);
}

#[test]
fn volatile_markets_get_less() {
    let mut stage = scene("volatility", Policy::off());
    days(&mut stage, 30, |day| (if day % 2 == 0 { 10_000 } else { 9_000 }, 1_000));
    stage.cue(0, sure(BTC, 5_000));
    stage.trade(10_000);
    let shown = lines(&mut stage, &["> order", "> denied"]);
    expect![[r#"
        68 1970-01-31T00:01:07Z > order #68 alpha buy 0.11 BTC-USDT market ^67
    "#]]
    .assert_eq(&shown);
}

#[test]
fn regimes_scale() {
    let mut shown = String::new();
    for volatility in [Volatility::Low, Volatility::High] {
        let mut stage = scene("40%", Policy::off());
        let regime = Regime { trend: Trend::Ranging, trend_confidence_bps: 1, volatility, volatility_confidence_bps: 1 };
        stage.cue(0, move |ctx| ctx.regime_changed(BTC, regime, Vec::new()));
        stage.cue(0, sure(BTC, 5_000));
        stage.trade(10_000);
        shown += &lines(&mut stage, &["> order"]);
    }
    expect![[r#"
        9 00:07Z > order #9 alpha buy 2.99 BTC-USDT market ^8
        9 00:07Z > order #9 alpha buy 1.99 BTC-USDT market ^8
    "#]]
    .assert_eq(&shown);
}

#[test]
fn kelly_learns_from_the_log() {
    let kelly = Kelly { prior_trades: 2, ..Kelly::default() };
    let mut stage = scene("kelly", Policy { sizing: Sizing { kelly, ..Sizing::default() }, ..Policy::off() });
    for _ in 0..4 {
        round_trip(&mut stage, [10_000, 9_700]);
    }
    stage.cue(0, sure(BTC, 5_000));
    stage.trade(10_000);
    let shown = lines(&mut stage, &["> order"]).lines().last().unwrap().to_string();
    // No edge left: the least, of 985.60 less fees.
    expect!["32 00:23Z > order #32 alpha buy 0.09 BTC-USDT market ^31"].assert_eq(&shown);
}
