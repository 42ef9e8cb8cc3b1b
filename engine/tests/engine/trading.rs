//! The life of an order.

use engine::market::Side;
use engine::order::{Amendment, CancelReason, OrderKind, RejectReason};
use expect_test::expect;

use crate::stage::{Stage, flat, limit, long, request};
use engine::event::Input;

#[test]
fn a_signal_enters_and_another_leaves() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.accept(0);
    stage.fill(0, 1, "1 @ 100");
    // Long while long is an opinion and nothing else.
    stage.cue(0, long);
    stage.trade(11_000);
    stage.cue(0, flat);
    stage.trade(12_000);
    stage.accept(1);
    stage.fill(1, 2, "1 @ 120");
    // Flat while flat, too.
    stage.cue(0, flat);
    stage.trade(12_000);
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < accepted #6
        8 00:07Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        9 00:08Z < trade BTC-USDT buy 1.00 @ 110.00
        10 00:08Z > signal alpha BTC-USDT long 100% ^9
        11 00:09Z < trade BTC-USDT buy 1.00 @ 120.00
        12 00:09Z > signal alpha BTC-USDT flat 100% ^11
        13 00:09Z > order #13 alpha sell 1 BTC-USDT market ^12
        14 00:10Z < accepted #13
        15 00:11Z < filled #13 1 @ 120 fee 0.120 USDT taker id 2
        16 00:12Z < trade BTC-USDT buy 1.00 @ 120.00
        17 00:12Z > signal alpha BTC-USDT flat 100% ^16
        = 0 BTC 1019.78 USDT, alpha 0 BTC-USDT cost 0 realised 20 fees 0.22, equity 1019.78
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_limit_order_fills_in_parts() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99.5"))));
    stage.trade(10_000);
    stage.accept(0);
    stage.fill(0, 1, "0.25 @ 99.5");
    stage.fill(0, 2, "0.5 @ 99.5");
    assert_eq!(stage.engine.state().orders.get(stage.orders[0]).unwrap().remaining().to_string(), "0.25");
    stage.fill(0, 3, "0.25 @ 99.4");
    assert!(stage.engine.state().orders.is_empty());
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > order #5 alpha buy 1 BTC-USDT limit 99.5 gtc ^4
        6 00:06Z < accepted #5
        7 00:07Z < filled #5 0.25 @ 99.5 fee 0.024875 USDT taker id 1
        8 00:08Z < filled #5 0.5 @ 99.5 fee 0.04975 USDT taker id 2
        9 00:09Z < filled #5 0.25 @ 99.4 fee 0.024850 USDT taker id 3
        = 1 BTC 900.425525 USDT, alpha 1 BTC-USDT cost 99.475 realised 0 fees 0.099475, equity 1000.425525
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn an_order_is_canceled() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.accept(0);
    let order = stage.orders[0];
    stage.cue(0, move |ctx| ctx.cancel(order));
    stage.trade(10_000);
    stage.canceled(0, CancelReason::Requested);
    assert!(stage.engine.state().orders.is_empty());
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > order #5 alpha buy 1 BTC-USDT limit 99 gtc ^4
        6 00:06Z < accepted #5
        7 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        8 00:07Z > cancel #5 ^7
        9 00:08Z < canceled #5 as requested
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_cancellation_loses_against_a_fill() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.accept(0);
    let order = stage.orders[0];
    stage.cue(0, move |ctx| ctx.cancel(order));
    stage.trade(9_900);
    stage.fill(0, 1, "1 @ 99");
    stage.input(Input::CancelRejected { order, reason: RejectReason::NotOpen });
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > order #5 alpha buy 1 BTC-USDT limit 99 gtc ^4
        6 00:06Z < accepted #5
        7 00:07Z < trade BTC-USDT buy 1.00 @ 99.00
        8 00:07Z > cancel #5 ^7
        9 00:08Z < filled #5 1 @ 99 fee 0.099 USDT taker id 1
        10 00:09Z < cancel-rejected #5 not open
        = 1 BTC 900.901 USDT, alpha 1 BTC-USDT cost 99 realised 0 fees 0.099, equity 999.901
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn an_order_is_amended_and_an_amendment_refused() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.submit(request(Side::Buy, "1", limit("99"))));
    stage.trade(10_000);
    stage.accept(0);
    let order = stage.orders[0];
    let amendment = Amendment { order, quantity: "2".parse().ok(), price: "98".parse().ok(), trigger: None };
    stage.cue(0, move |ctx| ctx.amend(amendment));
    stage.trade(10_000);
    // Nothing happens because of a decision.
    let open = |stage: &Stage| stage.engine.state().orders.get(order).unwrap().request.clone();
    assert_eq!(open(&stage).kind, limit("99"));
    stage.input(Input::AmendRejected { order, reason: RejectReason::PriceOffTick });
    assert_eq!(open(&stage).kind, limit("99"));
    stage.input(Input::OrderAmended(Box::new(amendment)));
    assert_eq!((open(&stage).kind, open(&stage).quantity.to_string()), (limit("98"), "2".into()));
    // Down to what has filled: the venue ends it so.
    stage.fill(0, 1, "0.5 @ 98");
    stage.input(Input::OrderAmended(Box::new(Amendment { quantity: "0.5".parse().ok(), price: None, ..amendment })));
    assert!(stage.engine.state().orders.is_empty());
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > order #5 alpha buy 1 BTC-USDT limit 99 gtc ^4
        6 00:06Z < accepted #5
        7 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        8 00:07Z > amend #5 quantity 2 price 98 ^7
        9 00:08Z < amend-rejected #5 price off tick
        10 00:09Z < amended #5 quantity 2 price 98
        11 00:10Z < filled #5 0.5 @ 98 fee 0.0490 USDT taker id 1
        12 00:11Z < amended #5 quantity 0.5
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_rejected_entry_may_be_tried_again() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.rejected(0, RejectReason::Venue { code: 51_008, message: "insufficient USDT".into() });
    stage.cue(0, long);
    stage.trade(10_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < rejected #6 venue 51008 insufficient USDT
        8 00:07Z < trade BTC-USDT buy 1.00 @ 100.00
        9 00:07Z > signal alpha BTC-USDT long 100% ^8
        10 00:07Z > order #10 alpha buy 1 BTC-USDT market ^9
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_conditional_order_waits_then_works() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| {
        let (trigger, price) = ("101".parse().unwrap(), "102".parse().unwrap());
        ctx.submit(request(Side::Buy, "1", OrderKind::StopLimit { trigger, price }));
    });
    stage.trade(10_000);
    let status = |stage: &Stage| stage.engine.state().orders.get(stage.orders[0]).map(|order| order.status);
    stage.accept(0);
    let waiting = status(&stage);
    stage.input(Input::OrderTriggered(stage.orders[0]));
    let working = status(&stage);
    // Accepted again, by a venue that repeats itself.
    stage.accept(0);
    assert_eq!(status(&stage), working);
    expect!["(Some(Waiting), Some(Working))"].assert_eq(&format!("{:?}", (waiting, working)));
}
