//! Breakers: when they begin, what they end, and when they end.

use engine::event::{Breaker, Command, Input};
use engine::market::Side;
use engine::order::{CancelReason, OrderKind};
use engine::risk::{Breakers, Policy};
use engine::time::{DAY_NS, SECOND_NS, Timestamp};
use expect_test::expect;

use crate::scene::{bps, buy, by_hand, fixed, lines, scene};
use crate::stage::{BTC, ETH, Stage, limit, request};

fn with(breakers: Breakers) -> Policy {
    Policy { breakers, ..Policy::off() }
}

/// 5 BTC at 100 and 10 ETH at 10, of 1000.
fn invested(policy: Policy) -> Stage {
    let mut stage = scene("1", policy);
    stage.cue(0, buy("5", OrderKind::Market));
    stage
        .cue(0, |ctx| ctx.submit(engine::order::OrderRequest { instrument: ETH, ..request(Side::Buy, "10", OrderKind::Market) }));
    stage.trade(10_000);
    stage.fill(0, 1, "5 @ 100");
    stage.fill(1, 2, "10 @ 10");
    stage.transcript();
    stage
}

#[test]
fn the_first_event_of_a_day_can_trip() {
    let breakers = Breakers { daily_loss: bps(500), emergency: bps(4_000), ..Breakers::off() };
    let mut stage = invested(with(breakers));
    // One event a day, as on daily bars.
    for (day, cents) in [(1, 10_000), (2, 8_900), (3, 8_900), (4, 1_000)] {
        stage.at = Timestamp(day * DAY_NS - SECOND_NS);
        stage.trade(cents);
    }
    expect![[r#"
        11 1970-01-02T00:00:00Z < trade BTC-USDT buy 1.00 @ 100.00
        12 1970-01-03T00:00:00Z < trade BTC-USDT buy 1.00 @ 89.00
        13 1970-01-03T00:00:00Z > breaker daily loss 0.055033 of 0.05 until 1970-01-04T00:00:00Z ^12
        14 1970-01-04T00:00:00Z < trade BTC-USDT buy 1.00 @ 89.00
        15 1970-01-05T00:00:00Z < trade BTC-USDT buy 1.00 @ 10.00
        16 1970-01-05T00:00:00Z > breaker daily loss 0.418255 of 0.05 until 1970-01-06T00:00:00Z ^15
        17 1970-01-05T00:00:00Z > breaker emergency stop 0.4506 of 0.4 until resumed ^15
    "#]]
    .assert_eq(&lines(&mut stage, &["< trade", "> breaker"]));
}

#[test]
fn a_daily_loss_ends_with_the_day() {
    let mut stage = invested(with(Breakers { daily_loss: bps(500), ..Breakers::off() }));
    stage.cue(0, buy("1", limit("80")));
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", limit("120"))));
    stage.trade(10_000);
    // The buy goes, the way out stays.
    stage.trade(8_900);
    stage.at = Timestamp(DAY_NS - 2 * SECOND_NS);
    stage.operator(by_hand(BTC, "1"));
    stage.operator(by_hand(BTC, "1"));
    // From the new day's start on.
    stage.trade(8_500);
    stage.trade(7_900);
    expect![[r#"
        11 00:10Z < trade BTC-USDT buy 1.00 @ 100.00
        12 00:10Z > order #12 alpha buy 1 BTC-USDT limit 80 gtc ^11
        13 00:10Z > order #13 alpha sell 1 BTC-USDT limit 120 gtc ^11
        14 00:11Z < trade BTC-USDT buy 1.00 @ 89.00
        15 00:11Z > breaker daily loss 0.0556 of 0.05 until 1970-01-02T00:00:00Z ^14
        16 00:11Z > cancel #12 ^15
        17 1970-01-01T23:59:59Z < operator submit alpha buy 1 BTC-USDT market
        18 1970-01-01T23:59:59Z > denied operator BTC-USDT paused by daily loss until 1970-01-02T00:00:00Z ^17
        19 1970-01-02T00:00:00Z < operator submit alpha buy 1 BTC-USDT market
        20 1970-01-02T00:00:00Z > order #20 operator buy 1 BTC-USDT market ^19
        21 1970-01-02T00:00:01Z < trade BTC-USDT buy 1.00 @ 85.00
        22 1970-01-02T00:00:02Z < trade BTC-USDT buy 1.00 @ 79.00
        23 1970-01-02T00:00:02Z > breaker daily loss 0.052944 of 0.05 until 1970-01-03T00:00:00Z ^22
        24 1970-01-02T00:00:02Z > cancel #20 ^23
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn the_emergency_stop_sells_everything_at_once() {
    let mut stage = invested(Policy { protection: fixed(), ..with(Breakers { emergency: bps(1_000), ..Breakers::off() }) });
    stage.trade(7_500);
    for order in 0..stage.orders.len() {
        if stage.engine.state().orders.get(stage.orders[order]).is_some_and(|open| open.cancel_requested.is_some()) {
            stage.canceled(order, CancelReason::Requested);
        }
    }
    stage.operator(by_hand(BTC, "1"));
    stage.operator(Command::Resume);
    stage.operator(by_hand(BTC, "1"));
    expect![[r#"
        15 00:10Z < trade BTC-USDT buy 1.00 @ 75.00
        16 00:10Z > breaker emergency stop 0.1256 of 0.1 until resumed ^15
        17 00:10Z > cancel #10 ^16
        18 00:10Z > cancel #11 ^16
        19 00:10Z > cancel #13 ^16
        20 00:10Z > cancel #14 ^16
        21 00:11Z < canceled #10 as requested
        22 00:12Z < canceled #11 as requested
        23 00:12Z > order #23 alpha sell 5 BTC-USDT market ^22
        24 00:13Z < canceled #13 as requested
        25 00:14Z < canceled #14 as requested
        26 00:14Z > order #26 alpha sell 10 ETH-USDT market ^25
        27 00:15Z < operator submit alpha buy 1 BTC-USDT market
        28 00:15Z > denied operator BTC-USDT paused by emergency stop until resumed ^27
        29 00:16Z < operator resume
        30 00:17Z < operator submit alpha buy 1 BTC-USDT market
        31 00:17Z > order #31 operator buy 1 BTC-USDT market stop 67.50 target 90.00 ^30
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn deposits_are_no_gain_and_withdrawals_no_loss() {
    let mut stage = invested(with(Breakers { drawdown: bps(1_000), daily_loss: bps(1_000), ..Breakers::off() }));
    for amount in ["5000", "-5000", "-300"] {
        stage.input(Input::Deposited { currency: "USDT".parse().unwrap(), amount: amount.parse().unwrap() });
    }
    let state = stage.engine.state();
    assert_eq!(state.equity().map(|equity| equity.to_string()), Some("699.400".into()));
    // 0.6 of 1,000 below the peak, as before.
    assert_eq!(state.performance.drawdown(state.equity().unwrap()).to_string(), "0.00060000");
    assert_eq!(lines(&mut stage, &["> breaker"]), "");
}

#[test]
fn a_trade_rests_its_instrument_even_while_the_equity_is_not_known() {
    let mut stage = scene("1", with(Breakers { cooldown_ns: Some(SECOND_NS * 60), ..Breakers::off() }));
    stage.input(Input::Deposited { currency: "BNB".parse().unwrap(), amount: "1".parse().unwrap() });
    crate::scene::round_trip(&mut stage, [10_000, 9_000]);
    assert_eq!(stage.engine.state().equity(), None);
    assert!(stage.engine.state().is_paused(Breaker::Cooldown, Some(BTC)));
}
