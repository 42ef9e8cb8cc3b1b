//! What protects a position, whatever the venue does with it.

use engine::event::Command;
use engine::market::Side;
use engine::order::{CancelReason, OrderKind, RejectReason};
use engine::risk::Policy;
use expect_test::expect;

use crate::scene::{buy, dropped, fixed, scene, sure};
use crate::stage::{BTC, ETH, Stage, request};

/// One BTC at 100 with a stop (order 1) and a target (order 2).
pub fn held() -> Stage {
    let mut stage = scene("1", Policy { protection: fixed(), ..Policy::off() });
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.accept(1);
    stage.accept(2);
    stage.transcript();
    stage
}

#[test]
fn what_the_venue_drops_is_placed_again() {
    let mut stage = held();
    dropped(&mut stage, 1);
    // Any market's data will do; the target that is left alone goes, or both would sell.
    stage.trade_in(ETH, 1_000);
    stage.canceled(2, CancelReason::Requested);
    stage.accept(3);
    stage.accept(4);
    expect![[r#"
        14 00:11Z < canceled #10 by the venue
        15 00:11Z > alert the venue ended order #10: what order #8 bought is not protected by it ^14
        16 00:12Z < trade ETH-USDT buy 1.00 @ 10.00
        17 00:12Z > cancel #11 ^16
        18 00:12Z > order #18 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^16
        19 00:12Z > order #19 alpha sell 1 BTC-USDT take-profit 120.00 protects #8 oco #18 ^16
        20 00:13Z < canceled #11 as requested
        21 00:14Z < accepted #18
        22 00:15Z < accepted #19
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn refused_three_times_it_is_sold() {
    let mut stage = held();
    stage.canceled(2, CancelReason::Requested);
    dropped(&mut stage, 1);
    stage.trade(10_000);
    stage.rejected(3, RejectReason::NoMarket);
    // Its other half says nothing new.
    stage.rejected(4, RejectReason::LinkedOrderNotOpen);
    stage.trade(10_000);
    stage.rejected(5, RejectReason::NoMarket);
    stage.rejected(6, RejectReason::LinkedOrderNotOpen);
    stage.fill(7, 9, "1 @ 99");
    assert!(stage.engine.state().guards.is_empty() && stage.engine.state().closing.is_empty());
    expect![[r#"
        14 00:11Z < canceled #11 as requested
        15 00:12Z < canceled #10 by the venue
        16 00:12Z > alert the venue ended order #10: what order #8 bought is not protected by it ^15
        17 00:13Z < trade BTC-USDT buy 1.00 @ 100.00
        18 00:13Z > order #18 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^17
        19 00:13Z > order #19 alpha sell 1 BTC-USDT take-profit 120.00 protects #8 oco #18 ^17
        20 00:14Z < rejected #18 no market
        21 00:14Z > alert the venue refused order #18: what order #8 bought is not protected by it ^20
        22 00:15Z < rejected #19 linked order not open
        23 00:16Z < trade BTC-USDT buy 1.00 @ 100.00
        24 00:16Z > order #24 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^23
        25 00:16Z > order #25 alpha sell 1 BTC-USDT take-profit 120.00 protects #8 oco #24 ^23
        26 00:17Z < rejected #24 no market
        27 00:17Z > alert the venue refused order #24: what order #8 bought is not protected by it ^26
        28 00:17Z > cancel #25 ^26
        29 00:18Z < rejected #25 linked order not open
        30 00:18Z > order #30 alpha sell 1 BTC-USDT market ^29
        31 00:19Z < filled #30 1 @ 99 fee 0.099 USDT taker id 9
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_venue_that_refuses_everything_is_not_asked_without_end() {
    let mut stage = held();
    let before = stage.records.len();
    for round in 0..20 {
        let open: Vec<_> = stage.engine.state().orders.iter().map(|order| order.id).collect();
        for order in open {
            stage.input(engine::event::Input::OrderRejected { order, reason: RejectReason::NoMarket });
        }
        if round % 4 == 3 {
            stage.trade(10_000);
        }
    }
    let asked = stage.records.len() - before;
    assert!(asked < 90, "{asked} records:\n{}", stage.transcript());
}

#[test]
fn nobody_cancels_a_stop_for_long() {
    let mut stage = held();
    let order = stage.orders[1];
    stage.cue(0, move |ctx| ctx.cancel(order));
    stage.trade(10_000);
    stage.canceled(1, CancelReason::Requested);
    expect![[r#"
        14 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        15 00:11Z > cancel #10 ^14
        16 00:12Z < canceled #10 as requested
        17 00:12Z > cancel #11 ^16
        18 00:12Z > order #18 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^16
        19 00:12Z > order #19 alpha sell 1 BTC-USDT take-profit 120.00 protects #8 oco #18 ^16
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn what_is_sold_otherwise_is_not_sold_by_the_stop() {
    let mut stage = held();
    // Half of it: a new pair for the rest takes the place of the old one.
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "0.5", OrderKind::Market)));
    stage.trade(10_000);
    stage.fill(3, 2, "0.5 @ 100");
    stage.canceled(1, CancelReason::Requested);
    stage.canceled(2, CancelReason::Requested);
    // The rest: nothing is left that could sell another's.
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "0.5", OrderKind::Market)));
    stage.trade(10_000);
    stage.fill(6, 3, "0.5 @ 100");
    stage.canceled(4, CancelReason::Requested);
    stage.canceled(5, CancelReason::Requested);
    assert!(stage.engine.state().orders.is_empty() && stage.engine.state().guards.is_empty());
    expect![[r#"
        14 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        15 00:11Z > order #15 alpha sell 0.5 BTC-USDT market ^14
        16 00:12Z < filled #15 0.5 @ 100 fee 0.0500 USDT taker id 2
        17 00:12Z > cancel #10 ^16
        18 00:12Z > cancel #11 ^16
        19 00:13Z < canceled #10 as requested
        20 00:13Z > order #20 alpha sell 0.5 BTC-USDT stop-market 90.00 protects #8 ^19
        21 00:13Z > order #21 alpha sell 0.5 BTC-USDT take-profit 120.00 protects #8 oco #20 ^19
        22 00:14Z < canceled #11 as requested
        23 00:15Z < trade BTC-USDT buy 1.00 @ 100.00
        24 00:15Z > order #24 alpha sell 0.5 BTC-USDT market ^23
        25 00:16Z < filled #24 0.5 @ 100 fee 0.0500 USDT taker id 3
        26 00:16Z > cancel #20 ^25
        27 00:16Z > cancel #21 ^25
        28 00:17Z < canceled #20 as requested
        29 00:18Z < canceled #21 as requested
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn each_owner_has_a_guard_of_its_own() {
    let mut stage = held();
    stage.cue(1, buy("1", OrderKind::Market));
    stage.operator(Command::Cancel(stage.orders[0]));
    stage.fill(3, 2, "0.4 @ 100");
    stage.fill(3, 3, "0.6 @ 100");
    expect![[r#"
        14 00:11Z < operator cancel #8
        15 00:11Z > order #15 beta buy 1 BTC-USDT market stop 90.00 target 120.00 ^14
        16 00:11Z > denied operator order #8 is not open ^14
        17 00:12Z < filled #15 0.4 @ 100 fee 0.0400 USDT taker id 2
        18 00:12Z > order #18 beta sell 0.4 BTC-USDT stop-market 90.00 protects #15 ^17
        19 00:12Z > order #19 beta sell 0.4 BTC-USDT take-profit 120.00 protects #15 oco #18 ^17
        20 00:13Z < filled #15 0.6 @ 100 fee 0.0600 USDT taker id 3
        21 00:13Z > order #21 beta sell 0.6 BTC-USDT stop-market 90.00 protects #15 ^20
        22 00:13Z > order #22 beta sell 0.6 BTC-USDT take-profit 120.00 protects #15 oco #21 ^20
    "#]]
    .assert_eq(&stage.transcript());
}
