//! Each reason for a denial, one line each.

use engine::event::{Command, Direction};
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::order::OrderKind;
use engine::order::{Amendment, OrderId, OrderRequest, TimeInForce};
use engine::orders::MAX_OPEN_ORDERS;
use engine::strategy::Opinion;
use expect_test::expect;

use crate::stage::{ETH, Stage, flat, limit, long, request};

#[test]
fn every_denial_says_why() {
    let mut stage = Stage::new(&["alpha", "beta"]);
    // No price yet.
    stage.cue(0, long);
    stage.trade_in(ETH, 100);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    let order = stage.orders[0];
    stage.cue(0, |ctx| ctx.signal(InstrumentId(9), Direction::Long, Opinion::default()));
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "0.04", OrderKind::Market)));
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "-1", OrderKind::Market)));
    stage.cue(1, move |ctx| ctx.cancel(order));
    stage.cue(1, move |ctx| ctx.amend(Amendment { order, quantity: None, price: None, trigger: None }));
    stage.cue(1, move |ctx| ctx.submit(OrderRequest { oco: Some(order), ..request(Side::Sell, "1", limit("150")) }));
    stage.cue(1, |ctx| ctx.cancel(OrderId(3)));
    stage.trade(10_000);
    // The position is on its way out, even when nothing has come in yet.
    stage.cue(0, flat);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.operator(Command::Halt);
    stage.operator(Command::Submit(request(Side::Buy, "1", OrderKind::Market)));
    expect![[r#"
        4 00:05Z < trade ETH-USDT buy 1.00 @ 1.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > denied alpha BTC-USDT no price yet ^5
        7 00:06Z < trade BTC-USDT buy 1.00 @ 100.00
        8 00:06Z > order #8 alpha buy 1 BTC-USDT limit 99 gtc ^7
        9 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        10 00:07Z > signal alpha instrument?9 long 0% ^9
        11 00:07Z > denied alpha instrument?9 unknown instrument ^10
        12 00:07Z > denied alpha BTC-USDT quantity 0.04 is below the minimum 0.05 ^9
        13 00:07Z > denied alpha BTC-USDT quantity -1 is below the minimum 0.05 ^9
        14 00:07Z > denied beta order #8 belongs to another ^9
        15 00:07Z > denied beta order #8 belongs to another ^9
        16 00:07Z > denied beta BTC-USDT order #8 belongs to another ^9
        17 00:07Z > denied beta order #3 is not open ^9
        18 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
        19 00:08Z > signal alpha BTC-USDT flat 100% ^18
        20 00:08Z > cancel #8 ^19
        21 00:08Z > signal alpha BTC-USDT long 100% ^18
        22 00:09Z < operator halt
        23 00:10Z < operator submit alpha buy 1 BTC-USDT market
        24 00:10Z > denied operator BTC-USDT trading is halted ^23
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn an_instrument_without_a_price_above_zero_has_none() {
    let mut stage = Stage::sized(&["alpha"], "50%", u64::MAX);
    stage.cue(0, long);
    stage.trade(0);
    stage.cue(0, long);
    stage.trade(-5);
    // Half of 1000 at 100 and a fee of a tenth of a percent: 4.995, in lots of 0.01.
    stage.cue(0, long);
    stage.trade(10_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 0.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > denied alpha BTC-USDT no price yet ^5
        7 00:06Z < trade BTC-USDT buy 1.00 @ -0.05
        8 00:06Z > signal alpha BTC-USDT long 100% ^7
        9 00:06Z > denied alpha BTC-USDT no price yet ^8
        10 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        11 00:07Z > signal alpha BTC-USDT long 100% ^10
        12 00:07Z > order #12 alpha buy 4.99 BTC-USDT market ^11
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_share_of_the_equity_may_be_too_small() {
    let mut stage = Stage::sized(&["alpha"], "1%", u64::MAX);
    stage.cue(0, long);
    stage.trade(50_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 500.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > denied alpha BTC-USDT quantity 0.01 is below the minimum 0.05 ^5
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn open_orders_have_a_limit() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| {
        for _ in 0..=MAX_OPEN_ORDERS {
            let kind = OrderKind::Limit { price: "1".parse().unwrap(), time_in_force: TimeInForce::PostOnly };
            ctx.submit(request(Side::Buy, "1", kind));
        }
    });
    stage.trade(10_000);
    assert_eq!(stage.engine.state().orders.len(), MAX_OPEN_ORDERS as usize);
    expect!["4101 00:05Z > denied alpha BTC-USDT 4096 orders are open, the limit ^4"]
        .assert_eq(stage.transcript().lines().last().unwrap());
}
