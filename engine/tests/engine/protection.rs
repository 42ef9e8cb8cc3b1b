//! Brackets: what an entry buys is protected as it fills.

use engine::event::Direction;
use engine::market::Side;
use engine::order::{Bracket, CancelReason, OrderKind, OrderRequest, RejectReason};
use engine::strategy::Opinion;
use expect_test::expect;

use crate::stage::{BTC, Stage, flat, limit, long_between, request};

#[test]
fn each_part_of_an_entry_gets_its_own_pair_and_a_stop_ends_its_target() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90.005", "119.995"));
    stage.trade(10_000);
    // Too little to be sold waits for more.
    stage.fill(0, 1, "0.04 @ 100");
    stage.fill(0, 2, "0.36 @ 100");
    stage.fill(0, 3, "0.6 @ 100");
    stage.accept(1);
    stage.fill(1, 4, "0.4 @ 90");
    stage.canceled(2, CancelReason::Linked);
    stage.fill(4, 5, "0.6 @ 120");
    stage.canceled(3, CancelReason::Linked);
    assert!(stage.engine.state().orders.is_empty());
    assert!(stage.engine.state().guards.is_empty());
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% stop 90.005 target 119.995 ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90.00 target 120.00 ^5
        7 00:06Z < filled #6 0.04 @ 100 fee 0.00400 USDT taker id 1
        8 00:07Z < filled #6 0.36 @ 100 fee 0.03600 USDT taker id 2
        9 00:07Z > order #9 alpha sell 0.40 BTC-USDT stop-market 90.00 protects #6 ^8
        10 00:07Z > order #10 alpha sell 0.40 BTC-USDT take-profit 120.00 protects #6 oco #9 ^8
        11 00:08Z < filled #6 0.6 @ 100 fee 0.0600 USDT taker id 3
        12 00:08Z > order #12 alpha sell 0.60 BTC-USDT stop-market 90.00 protects #6 ^11
        13 00:08Z > order #13 alpha sell 0.60 BTC-USDT take-profit 120.00 protects #6 oco #12 ^11
        14 00:09Z < accepted #9
        15 00:10Z < filled #9 0.4 @ 90 fee 0.0360 USDT taker id 4
        16 00:11Z < canceled #10 its linked order ended it
        17 00:12Z < filled #13 0.6 @ 120 fee 0.0720 USDT taker id 5
        18 00:13Z < canceled #12 its linked order ended it
        = 0 BTC 1007.792 USDT, alpha 0 BTC-USDT cost 0 realised 8 fees 0.208, equity 1007.792
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn flat_cancels_the_protection_before_it_sells() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90", "120"));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.cue(0, flat);
    stage.trade(11_000);
    // Impatience changes nothing.
    stage.cue(0, flat);
    stage.trade(11_000);
    stage.canceled(1, CancelReason::Requested);
    stage.canceled(2, CancelReason::Linked);
    stage.fill(3, 2, "1 @ 110");
    assert!(stage.engine.state().closing.is_empty());
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% stop 90 target 120 ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90 target 120 ^5
        7 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        8 00:06Z > order #8 alpha sell 1 BTC-USDT stop-market 90 protects #6 ^7
        9 00:06Z > order #9 alpha sell 1 BTC-USDT take-profit 120 protects #6 oco #8 ^7
        10 00:07Z < trade BTC-USDT buy 1.00 @ 110.00
        11 00:07Z > signal alpha BTC-USDT flat 100% ^10
        12 00:07Z > cancel #8 ^11
        13 00:07Z > cancel #9 ^11
        14 00:08Z < trade BTC-USDT buy 1.00 @ 110.00
        15 00:08Z > signal alpha BTC-USDT flat 100% ^14
        16 00:09Z < canceled #8 as requested
        17 00:10Z < canceled #9 its linked order ended it
        18 00:10Z > order #18 alpha sell 1 BTC-USDT market ^17
        19 00:11Z < filled #18 1 @ 110 fee 0.110 USDT taker id 2
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn flat_while_the_entry_fills_sells_what_came() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90", "120"));
    stage.trade(10_000);
    stage.cue(0, flat);
    stage.trade(10_000);
    stage.fill(0, 1, "0.5 @ 100");
    stage.canceled(0, CancelReason::Requested);
    stage.fill(1, 2, "0.5 @ 100");
    assert!(stage.engine.state().closing.is_empty());
    assert!(stage.engine.state().guards.is_empty(), "{:?}", stage.engine.state().guards);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% stop 90 target 120 ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90 target 120 ^5
        7 00:06Z < trade BTC-USDT buy 1.00 @ 100.00
        8 00:06Z > signal alpha BTC-USDT flat 100% ^7
        9 00:06Z > cancel #6 ^8
        10 00:07Z < filled #6 0.5 @ 100 fee 0.0500 USDT taker id 1
        11 00:08Z < canceled #6 as requested
        12 00:08Z > order #12 alpha sell 0.5 BTC-USDT market ^11
        13 00:09Z < filled #12 0.5 @ 100 fee 0.0500 USDT taker id 2
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_stop_alone_has_no_partner() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| {
        ctx.signal(BTC, Direction::Long, Opinion { confidence_bps: 5_000, stop: "90".parse().ok(), ..Opinion::default() });
    });
    stage.trade(10_000);
    stage.fill_with_fee(0, 1, "1 @ 100", "0.001 BTC");
    // The fee came off what was bought, so a lot less is sold.
    assert_eq!(stage.engine.state().orders.iter().map(|order| order.request.quantity.to_string()).collect::<Vec<_>>(), ["0.99"]);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 50% stop 90 ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market stop 90 ^5
        7 00:06Z < filled #6 1 @ 100 fee 0.001 BTC taker id 1
        8 00:06Z > order #8 alpha sell 0.99 BTC-USDT stop-market 90 protects #6 ^7
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_refused_protection_is_an_alert() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long_between("90", "120"));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.transcript();
    stage.rejected(1, RejectReason::NoMarket);
    stage.rejected(2, RejectReason::LinkedOrderNotOpen);
    expect![[r#"
        10 00:07Z < rejected #8 no market
        11 00:07Z > alert the venue refused order #8: what order #6 bought is not protected by it ^10
        12 00:08Z < rejected #9 linked order not open
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_bracket_without_prices_or_on_a_sale_protects_nothing() {
    let mut stage = Stage::new(&["alpha"]);
    let empty = Some(Bracket { stop: None, target: None });
    stage.cue(0, move |ctx| ctx.submit(OrderRequest { bracket: empty, ..request(Side::Buy, "1", OrderKind::Market) }));
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    let stop = Some(Bracket { stop: "90".parse().ok(), target: None });
    stage.cue(0, move |ctx| ctx.submit(OrderRequest { bracket: stop, ..request(Side::Sell, "1", OrderKind::Market) }));
    stage.trade(10_000);
    stage.fill(1, 2, "1 @ 100");
    assert!(stage.engine.state().guards.is_empty());
    assert!(stage.engine.state().orders.is_empty());
}

#[test]
fn no_strategy_takes_the_protection_of_another() {
    let mut stage = Stage::new(&["alpha", "beta"]);
    stage.cue(0, long_between("90", "120"));
    stage.trade(10_000);
    let entry = stage.orders[0];
    // The first strategy's entry fills; the second claims to protect it.
    stage.fill(0, 1, "0.04 @ 100");
    stage.cue(1, move |ctx| ctx.submit(OrderRequest { protects: Some(entry), ..request(Side::Sell, "0.9", limit("200")) }));
    stage.trade(10_000);
    stage.transcript();
    stage.fill(0, 2, "0.96 @ 100");
    expect![[r#"
        10 00:08Z < filled #6 0.96 @ 100 fee 0.09600 USDT taker id 2
        11 00:08Z > order #11 alpha sell 1.00 BTC-USDT stop-market 90 protects #6 ^10
        12 00:08Z > order #12 alpha sell 1.00 BTC-USDT take-profit 120 protects #6 oco #11 ^10
    "#]]
    .assert_eq(&stage.transcript());
}
