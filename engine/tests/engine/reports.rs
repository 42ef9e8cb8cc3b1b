//! Reports that come late, twice, or about nothing that was asked for.

use engine::event::Input;
use engine::order::{CancelReason, OrderId, RejectReason};
use expect_test::expect;

use crate::stage::{ETH, Stage, flat, instrument, long};

#[test]
fn a_fill_after_the_cancellation_still_counts() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.canceled(0, CancelReason::Venue { code: 0 });
    stage.fill(0, 1, "0.4 @ 100");
    stage.show_portfolio();
    // It is a position like any other.
    stage.cue(0, flat);
    stage.trade(10_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < canceled #6 by the venue
        8 00:07Z < filled #6 0.4 @ 100 fee 0.0400 USDT taker id 1
        9 00:07Z > alert order #6 filled 0.4 after it had ended: the position is what the venue says ^8
        = 0.4 BTC 959.96 USDT, alpha 0.4 BTC-USDT cost 40 realised 0 fees 0.04, equity 999.96
        10 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
        11 00:08Z > signal alpha BTC-USDT flat 100% ^10
        12 00:08Z > order #12 alpha sell 0.4 BTC-USDT market ^11
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_fill_counts_once() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 7, "0.5 @ 100");
    stage.fill(0, 7, "0.5 @ 100");
    stage.fill(0, 8, "0.5 @ 100");
    // Closed, and it still knows.
    stage.fill(0, 8, "0.5 @ 100");
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < filled #6 0.5 @ 100 fee 0.0500 USDT taker id 7
        8 00:07Z < filled #6 0.5 @ 100 fee 0.0500 USDT taker id 7
        9 00:08Z < filled #6 0.5 @ 100 fee 0.0500 USDT taker id 8
        10 00:09Z < filled #6 0.5 @ 100 fee 0.0500 USDT taker id 8
        = 1 BTC 899.9 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0.1, equity 999.9
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_venue_that_fills_too_much_is_believed() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "0.6 @ 100");
    stage.fill(0, 2, "0.6 @ 100");
    stage.fill(0, 3, "0.6 @ 100");
    stage.show_portfolio();
    assert!(stage.engine.state().orders.is_empty());
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < filled #6 0.6 @ 100 fee 0.0600 USDT taker id 1
        8 00:07Z < filled #6 0.6 @ 100 fee 0.0600 USDT taker id 2
        9 00:08Z < filled #6 0.6 @ 100 fee 0.0600 USDT taker id 3
        10 00:08Z > alert order #6 filled 0.6 after it had ended: the position is what the venue says ^9
        = 1.8 BTC 819.82 USDT, alpha 1.8 BTC-USDT cost 180 realised 0 fees 0.18, equity 999.82
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn reports_on_nothing_are_alerts() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.transcript();
    stage.input(Input::OrderAccepted(OrderId(999)));
    stage.input(Input::CancelRejected { order: OrderId(999), reason: RejectReason::NotOpen });
    // The signal's seq, not the order's.
    stage.input(Input::OrderCanceled { order: OrderId(stage.orders[0].0 - 1), reason: CancelReason::Venue { code: 0 } });
    stage.fill(0, 1, "0 @ 100");
    stage.fill(0, 2, "-1 @ 100");
    stage.fill(0, 3, "1 @ -100");
    assert!(stage.engine.state().portfolio.positions().next().is_none());
    stage.show_portfolio();
    expect![[r#"
        7 00:06Z < accepted #999
        8 00:06Z > alert the venue reports on order #999, which this session does not know ^7
        9 00:07Z < cancel-rejected #999 not open
        10 00:07Z > alert the venue reports on order #999, which this session does not know ^9
        11 00:08Z < canceled #5 by the venue
        12 00:08Z > alert the venue reports on order #5, which this session does not know ^11
        13 00:09Z < filled #6 0 @ 100 fee 0 USDT taker id 1
        14 00:09Z > alert the venue reports a fill of 0 @ 100 on order #6: it has no effect ^13
        15 00:10Z < filled #6 -1 @ 100 fee -0.100 USDT taker id 2
        16 00:10Z > alert the venue reports a fill of -1 @ 100 on order #6: it has no effect ^15
        17 00:11Z < filled #6 1 @ -100 fee -0.100 USDT taker id 3
        18 00:11Z > alert the venue reports a fill of 1 @ -100 on order #6: it has no effect ^17
        = 1000 USDT, equity 1000
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_listing_that_cannot_be_has_no_effect() {
    let mut stage = Stage::new(&["alpha"]);
    let mut scale = instrument(ETH, "ETH", "USDT");
    scale.price_scale = 200;
    stage.list(scale);
    let mut lot = instrument(ETH, "ETH", "USDT");
    lot.lot_size = engine::number::Quantity::ZERO;
    stage.list(lot);
    stage.list(instrument(engine::instrument::InstrumentId(u32::MAX), "SOL", "USDT"));
    assert_eq!(stage.engine.state().markets.iter().count(), 2);
    expect![[r#"
        4 00:05Z < listed ETH-USDT ETH/USDT tick 0.01 lot 0.01 min 0.05 maker 0 taker 0.001
        5 00:05Z > alert the listing of ETH-USDT has no effect: its prices or sizes have more than 12 decimals ^4
        6 00:06Z < listed ETH-USDT ETH/USDT tick 0.01 lot 0 min 0.05 maker 0 taker 0.001
        7 00:06Z > alert the listing of ETH-USDT has no effect: its tick size and its lot size must be above zero ^6
        8 00:07Z < listed SOL-USDT SOL/USDT tick 0.01 lot 0.01 min 0.05 maker 0 taker 0.001
        9 00:07Z > alert the listing of SOL-USDT has no effect: its id is 4294967295, the next one is 2 ^8
    "#]]
    .assert_eq(&stage.transcript());
}
