//! An operator's commands, and ways out that the venue refuses.

use engine::event::{Command, Input};
use engine::market::Side;
use engine::order::{Amendment, CancelReason, OrderKind, RejectReason};
use expect_test::expect;

use crate::stage::{ETH, Stage, flat, limit, long, long_between, request};

#[test]
fn halted_trading_only_leaves_positions() {
    let mut stage = Stage::new(&["alpha", "beta"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.operator(Command::Halt);
    stage.cue(0, flat);
    stage.cue(1, long);
    stage.trade(10_000);
    stage.fill(1, 2, "1 @ 100");
    stage.operator(Command::Resume);
    stage.cue(1, long);
    stage.trade(10_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        8 00:07Z < operator halt
        9 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
        10 00:08Z > signal alpha BTC-USDT flat 100% ^9
        11 00:08Z > order #11 alpha sell 1 BTC-USDT market ^10
        12 00:08Z > signal beta BTC-USDT long 100% ^9
        13 00:08Z > denied beta BTC-USDT trading is halted ^12
        14 00:09Z < filled #11 1 @ 100 fee 0.100 USDT taker id 2
        15 00:10Z < operator resume
        16 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        17 00:11Z > signal beta BTC-USDT long 100% ^16
        18 00:11Z > order #18 beta buy 1 BTC-USDT market ^17
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn halted_orders_do_not_grow() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.operator(Command::Halt);
    stage.transcript();
    let order = stage.orders[0];
    for quantity in ["2", "0.5"] {
        let amendment = Amendment { order, quantity: quantity.parse().ok(), price: None, trigger: None };
        stage.cue(0, move |ctx| ctx.amend(amendment));
        stage.trade(10_000);
    }
    expect![[r#"
        7 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        8 00:07Z > denied alpha trading is halted ^7
        9 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
        10 00:08Z > amend #5 quantity 0.5 ^9
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn flatten_ends_all_orders_and_sells_all_positions() {
    let mut stage = Stage::new(&["alpha", "beta"]);
    stage.cue(0, long_between("90", "120"));
    stage.cue(1, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.operator(Command::Flatten);
    stage.canceled(1, CancelReason::Requested);
    stage.canceled(3, CancelReason::Requested);
    stage.canceled(2, CancelReason::Requested);
    stage.fill(4, 2, "1 @ 100");
    assert!(stage.engine.state().closing.is_empty());
    stage.cue(1, long);
    stage.trade(10_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% stop 90 target 120 ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90 target 120 ^5
        7 00:05Z > order #7 beta buy 1 BTC-USDT limit 99 gtc ^4
        8 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        9 00:06Z > order #9 alpha sell 1 BTC-USDT stop-market 90 protects #6 ^8
        10 00:06Z > order #10 alpha sell 1 BTC-USDT take-profit 120 protects #6 oco #9 ^8
        11 00:07Z < operator flatten
        12 00:07Z > cancel #9 ^11
        13 00:07Z > cancel #10 ^11
        14 00:07Z > cancel #7 ^11
        15 00:08Z < canceled #7 as requested
        16 00:09Z < canceled #10 as requested
        17 00:10Z < canceled #9 as requested
        18 00:10Z > order #18 alpha sell 1 BTC-USDT market ^17
        19 00:11Z < filled #18 1 @ 100 fee 0.100 USDT taker id 2
        20 00:12Z < trade BTC-USDT buy 1.00 @ 100.00
        21 00:12Z > signal beta BTC-USDT long 100% ^20
        22 00:12Z > denied beta BTC-USDT trading is halted ^21
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn an_operator_trades_by_hand_and_cancels_what_strategies_ordered() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.operator(Command::Submit(request(Side::Buy, "0.5", OrderKind::Market)));
    stage.fill(1, 1, "0.5 @ 100");
    stage.operator(Command::Cancel(stage.orders[0]));
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > order #5 alpha buy 1 BTC-USDT limit 99 gtc ^4
        6 00:06Z < operator submit alpha buy 0.5 BTC-USDT market
        7 00:06Z > order #7 operator buy 0.5 BTC-USDT market ^6
        8 00:07Z < filled #7 0.5 @ 100 fee 0.0500 USDT taker id 1
        9 00:08Z < operator cancel #5
        10 00:08Z > cancel #5 ^9
        = 0.5 BTC 949.95 USDT, operator 0.5 BTC-USDT cost 50 realised 0 fees 0.05, equity 999.95
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_way_out_that_finds_no_buyer_is_tried_again_with_the_next_price_only() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, flat);
    stage.trade(10_000);
    stage.transcript();
    stage.fill(1, 2, "0.3 @ 100");
    stage.canceled(1, CancelReason::NothingLeftToTake);
    stage.trade_in(ETH, 5_000);
    stage.trade(9_000);
    stage.fill(2, 3, "0.7 @ 90");
    assert!(stage.engine.state().closing.is_empty());
    expect![[r#"
        11 00:08Z < filled #10 0.3 @ 100 fee 0.0300 USDT taker id 2
        12 00:09Z < canceled #10 nothing left to take
        13 00:10Z < trade ETH-USDT buy 1.00 @ 50.00
        14 00:11Z < trade BTC-USDT buy 1.00 @ 90.00
        15 00:11Z > order #15 alpha sell 0.7 BTC-USDT market ^14
        16 00:12Z < filled #15 0.7 @ 90 fee 0.0630 USDT taker id 3
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_cancellation_on_the_way_out_that_is_refused_is_asked_again_with_the_next_price_only() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90", ""));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, flat);
    stage.trade(10_000);
    stage.transcript();
    stage.input(Input::CancelRejected { order: stage.orders[1], reason: RejectReason::NotOpen });
    stage.trade(10_000);
    stage.fill(1, 2, "1 @ 90");
    assert!(stage.engine.state().closing.is_empty());
    expect![[r#"
        12 00:08Z < cancel-rejected #8 not open
        13 00:09Z < trade BTC-USDT buy 1.00 @ 100.00
        14 00:09Z > cancel #8 ^13
        15 00:10Z < filled #8 1 @ 90 fee 0.090 USDT taker id 2
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_sale_that_its_strategy_canceled_does_not_hold_up_the_way_out() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "0.5", OrderKind::Market)));
    stage.trade(10_000);
    let sale = stage.orders[1];
    stage.cue(0, move |ctx| ctx.cancel(sale));
    stage.trade(10_000);
    stage.operator(Command::Flatten);
    stage.transcript();
    stage.canceled(1, CancelReason::Requested);
    stage.fill(2, 2, "1 @ 100");
    assert!(stage.engine.state().closing.is_empty());
    expect![[r#"
        13 00:10Z < canceled #9 as requested
        14 00:10Z > order #14 alpha sell 1 BTC-USDT market ^13
        15 00:11Z < filled #14 1 @ 100 fee 0.100 USDT taker id 2
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_refused_sale_is_given_up_with_an_alert_but_a_refused_limit_order_is_not_the_sale() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", limit("150"))));
    stage.trade(10_000);
    stage.cue(0, flat);
    stage.trade(10_000);
    stage.transcript();
    stage.rejected(1, RejectReason::PriceOffTick);
    stage.rejected(2, RejectReason::InsufficientBalance);
    stage.trade(10_000);
    assert!(stage.engine.state().closing.is_empty());
    expect![[r#"
        13 00:09Z < rejected #9 price off tick
        14 00:09Z > order #14 alpha sell 1 BTC-USDT market ^13
        15 00:10Z < rejected #14 insufficient balance
        16 00:10Z > alert the venue refused to sell with order #14: the position stays open ^15
        17 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
    "#]]
    .assert_eq(&stage.transcript());
}
