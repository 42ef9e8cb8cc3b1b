//! What the venue refuses is asked for again with the next market data, once, and never at the same instant.

use std::collections::VecDeque;

use engine::event::{Command, Decision, Event, Input};
use engine::market::Side;
use engine::order::{Amendment, CancelReason, OrderId, OrderKind, RejectReason};
use engine::risk::Policy;
use expect_test::expect;

use crate::guards::held;
use crate::scene::{buy, dropped, fixed, lines, scene, sure};
use crate::stage::{BTC, ETH, Stage, flat, long_between, request};

fn kept(stage: &mut Stage, order: usize) {
    let order = stage.orders[order];
    stage.input(Input::CancelRejected { order, reason: RejectReason::NotOpen });
}

/// All that is held is sold past the protection, whose cancellation is asked for.
fn sold(stage: &mut Stage, order: usize) {
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", OrderKind::Market)));
    stage.trade(10_000);
    stage.fill(order, 1_000, "1 @ 100");
    stage.transcript();
}

/// A venue without latency: it takes each stop, triggers it at once, and finds nothing that could be sold. Gives how many
/// records that made.
fn at_one_instant(stage: &mut Stage, mut seen: usize) -> usize {
    let (before, mut due) = (stage.records.len(), VecDeque::new());
    loop {
        for record in &stage.records[seen..] {
            let Event::Decision(Decision::OrderRequested(request)) = &record.event else { continue };
            let order = OrderId(record.seq);
            match request.kind {
                OrderKind::StopMarket { .. } => due.extend([
                    Input::OrderAccepted(order),
                    Input::OrderTriggered(order),
                    Input::OrderCanceled { order, reason: CancelReason::InsufficientBalance },
                ]),
                _ => due.push_back(Input::OrderRejected { order, reason: RejectReason::LinkedOrderNotOpen }),
            }
        }
        seen = stage.records.len();
        let Some(input) = due.pop_front().filter(|_| seen < before + 500) else { return seen - before };
        stage.input_at(stage.at, input);
    }
}

#[test]
fn a_piece_that_is_taken_does_not_let_another_be_asked_for_again() {
    let mut stage = scene("1", Policy { protection: fixed(), ..Policy::off() });
    stage.cue(0, sure(BTC, 10_000));
    stage.cue(1, buy("1", OrderKind::Market));
    stage.trade(10_000);
    let seen = stage.records.len();
    // Two positions in pieces, and an account in which somebody else has sold it all.
    for (order, quantity) in [(0, "0.4"), (1, "0.3"), (0, "0.6"), (1, "0.7")] {
        stage.fill(order, u64::try_from(stage.records.len()).unwrap(), &format!("{quantity} @ 100"));
    }
    // Four pairs, each with its answers and an alert.
    assert_eq!(at_one_instant(&mut stage, seen), 4 * 5, "{}", stage.transcript());
    for _ in 0..5 {
        let before = stage.records.len();
        stage.trade(10_000);
        assert_eq!(stage.records.len() - before, 5, "a pair for each of the two: {}", stage.transcript());
        assert_eq!(at_one_instant(&mut stage, before), 2 * 5, "{}", stage.transcript());
    }
}

#[test]
fn what_it_would_not_cancel_is_canceled_again_with_the_next_market_data() {
    let mut stage = held();
    sold(&mut stage, 3);
    stage.canceled(2, CancelReason::Requested);
    kept(&mut stage, 1);
    // Reports are no market data.
    stage.accept(1);
    stage.input(Input::Timer);
    stage.trade_in(ETH, 1_000);
    // It is on its way.
    stage.trade(10_000);
    kept(&mut stage, 1);
    kept(&mut stage, 1);
    stage.trade(10_000);
    stage.canceled(1, CancelReason::Requested);
    stage.trade(10_000);
    let state = stage.engine.state();
    assert!(state.orders.is_empty() && state.guards.is_empty() && state.refusals.is_empty());
    expect![[r#"
        19 00:13Z < canceled #11 as requested
        20 00:14Z < cancel-rejected #10 not open
        21 00:15Z < accepted #10
        22 00:16Z < timer
        23 00:17Z < trade ETH-USDT buy 1.00 @ 10.00
        24 00:17Z > cancel #10 ^23
        25 00:18Z < trade BTC-USDT buy 1.00 @ 100.00
        26 00:19Z < cancel-rejected #10 not open
        27 00:20Z < cancel-rejected #10 not open
        28 00:21Z < trade BTC-USDT buy 1.00 @ 100.00
        29 00:21Z > cancel #10 ^28
        30 00:22Z < canceled #10 as requested
        31 00:23Z < trade BTC-USDT buy 1.00 @ 100.00
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_position_on_its_way_out_waits_for_market_data_too() {
    let mut stage = held();
    stage.cue(0, flat);
    stage.trade(10_000);
    kept(&mut stage, 1);
    // The other half's end is no reason to ask again, nor is impatience.
    stage.canceled(2, CancelReason::Requested);
    stage.cue(0, flat);
    stage.accept(1);
    stage.trade_in(ETH, 1_000);
    stage.trade(10_000);
    kept(&mut stage, 1);
    // An operator is not made to wait.
    stage.operator(Command::Flatten);
    stage.canceled(1, CancelReason::Requested);
    expect![[r#"
        14 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        15 00:11Z > signal alpha BTC-USDT flat 100% ^14
        16 00:11Z > cancel #10 ^15
        17 00:11Z > cancel #11 ^15
        18 00:12Z < cancel-rejected #10 not open
        19 00:13Z < canceled #11 as requested
        20 00:14Z < accepted #10
        21 00:14Z > signal alpha BTC-USDT flat 100% ^20
        22 00:15Z < trade ETH-USDT buy 1.00 @ 10.00
        23 00:16Z < trade BTC-USDT buy 1.00 @ 100.00
        24 00:16Z > cancel #10 ^23
        25 00:17Z < cancel-rejected #10 not open
        26 00:18Z < operator flatten
        27 00:18Z > cancel #10 ^26
        28 00:19Z < canceled #10 as requested
        29 00:19Z > order #29 alpha sell 1 BTC-USDT market ^28
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_target_that_stays_does_not_cost_the_stop_in_its_place() {
    let mut stage = held();
    dropped(&mut stage, 1);
    stage.trade(10_000);
    kept(&mut stage, 2);
    stage.accept(3);
    stage.accept(4);
    stage.trade(10_000);
    kept(&mut stage, 2);
    stage.accept(3);
    stage.trade(10_000);
    stage.canceled(2, CancelReason::Requested);
    stage.trade(10_000);
    expect![[r#"
        14 00:11Z < canceled #10 by the venue
        16 00:12Z < trade BTC-USDT buy 1.00 @ 100.00
        17 00:12Z > cancel #11 ^16
        18 00:12Z > order #18 alpha sell 1 BTC-USDT stop-market 90.00 protects #8 ^16
        19 00:12Z > order #19 alpha sell 1 BTC-USDT take-profit 120.00 protects #8 oco #18 ^16
        20 00:13Z < cancel-rejected #11 not open
        21 00:14Z < accepted #18
        22 00:15Z < accepted #19
        23 00:16Z < trade BTC-USDT buy 1.00 @ 100.00
        24 00:16Z > cancel #11 ^23
        25 00:17Z < cancel-rejected #11 not open
        26 00:18Z < accepted #18
        27 00:19Z < trade BTC-USDT buy 1.00 @ 100.00
        28 00:19Z > cancel #11 ^27
        29 00:20Z < canceled #11 as requested
        30 00:21Z < trade BTC-USDT buy 1.00 @ 100.00
    "#]]
    .assert_eq(&lines(&mut stage, &["<", "> order", "> cancel"]));
}

#[test]
fn the_stop_of_a_position_that_is_gone_does_not_cover_the_next() {
    let mut stage = held();
    sold(&mut stage, 3);
    stage.canceled(2, CancelReason::Requested);
    kept(&mut stage, 1);
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(20_000);
    kept(&mut stage, 1);
    stage.fill(4, 2, "1 @ 200");
    stage.accept(5);
    stage.accept(6);
    stage.trade(20_000);
    stage.canceled(1, CancelReason::Requested);
    expect![[r#"
        19 00:13Z < canceled #11 as requested
        20 00:14Z < cancel-rejected #10 not open
        21 00:15Z < trade BTC-USDT buy 1.00 @ 200.00
        22 00:15Z > signal alpha BTC-USDT long 100% ^21
        23 00:15Z > order #23 alpha buy 1 BTC-USDT market stop 180.00 target 240.00 ^22
        24 00:15Z > cancel #10 ^21
        25 00:16Z < cancel-rejected #10 not open
        26 00:17Z < filled #23 1 @ 200 fee 0.200 USDT taker id 2
        27 00:17Z > order #27 alpha sell 1 BTC-USDT stop-market 180.00 protects #23 ^26
        28 00:17Z > order #28 alpha sell 1 BTC-USDT take-profit 240.00 protects #23 oco #27 ^26
        29 00:18Z < accepted #27
        30 00:19Z < accepted #28
        31 00:20Z < trade BTC-USDT buy 1.00 @ 200.00
        32 00:20Z > cancel #10 ^31
        33 00:21Z < canceled #10 as requested
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn where_nothing_is_guarded_any_more_it_is_canceled_too() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90", "120"));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", OrderKind::Market)));
    stage.cue(0, buy("1", OrderKind::Market));
    stage.trade(10_000);
    stage.fill(3, 2, "1 @ 100");
    // Bought without a stop while the old one is on its way out.
    stage.fill(4, 3, "1 @ 100");
    stage.canceled(2, CancelReason::Requested);
    kept(&mut stage, 1);
    stage.trade(10_000);
    stage.canceled(1, CancelReason::Requested);
    assert!(stage.engine.state().orders.is_empty() && stage.engine.state().guards.is_empty());
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90 target 120 ^5
        7 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        8 00:06Z > order #8 alpha sell 1 BTC-USDT stop-market 90 protects #6 ^7
        9 00:06Z > order #9 alpha sell 1 BTC-USDT take-profit 120 protects #6 oco #8 ^7
        10 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        11 00:07Z > order #11 alpha sell 1 BTC-USDT market ^10
        12 00:07Z > order #12 alpha buy 1 BTC-USDT market ^10
        13 00:08Z < filled #11 1 @ 100 fee 0.100 USDT taker id 2
        14 00:08Z > cancel #8 ^13
        15 00:08Z > cancel #9 ^13
        16 00:09Z < filled #12 1 @ 100 fee 0.100 USDT taker id 3
        17 00:10Z < canceled #9 as requested
        18 00:11Z < cancel-rejected #8 not open
        19 00:12Z < trade BTC-USDT buy 1.00 @ 100.00
        20 00:12Z > cancel #8 ^19
        21 00:13Z < canceled #8 as requested
    "#]]
    .assert_eq(&lines(&mut stage, &["<", "> order", "> cancel"]));
}

#[test]
fn half_a_pair_that_filled_is_not_taken_off_twice() {
    let mut stage = held();
    stage.fill(2, 2, "0.5 @ 120");
    let (order, quantity) = (stage.orders[1], "0.5".parse().ok());
    stage.input(Input::OrderAmended(Box::new(Amendment { order, quantity, price: None, trigger: None })));
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "0.5", OrderKind::Market)));
    stage.trade(10_000);
    stage.transcript();
    // What is left of the pair would sell what is another's.
    stage.fill(3, 3, "0.5 @ 100");
    expect![[r#"
        18 00:14Z < filled #17 0.5 @ 100 fee 0.0500 USDT taker id 3
        19 00:14Z > cancel #10 ^18
        20 00:14Z > cancel #11 ^18
    "#]]
    .assert_eq(&stage.transcript());
}
