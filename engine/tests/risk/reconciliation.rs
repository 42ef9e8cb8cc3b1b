//! What the venue says of itself: what the account has, orders that nobody asked for, and what is wrong.

use engine::engine::Engine;
use engine::event::{Command, Input, StrayOrder, Trouble, VenueSnapshot};
use engine::market::Side;
use engine::order::OrderId;
use engine::risk::{Policy, Strays};
use engine::time::Timestamp;
use expect_test::expect;

use crate::scene::scene;
use crate::stage::{BTC, Stage, flat, instrument, limit, long, session};

fn snapshot(balances: &[(&str, &str)], strays: Vec<StrayOrder>) -> Input {
    let balances = balances.iter().map(|(currency, amount)| (currency.parse().unwrap(), amount.parse().unwrap())).collect();
    Input::VenueSnapshot(Box::new(VenueSnapshot { venue_at: Timestamp(0), balances, strays }))
}

fn stray(venue_id: u64, side: Side, filled: &str) -> StrayOrder {
    let (quantity, filled) = ("2".parse().unwrap(), filled.parse().unwrap());
    StrayOrder { venue_id, instrument: BTC, side, quantity, filled, kind: limit("99") }
}

fn policy(strays: Strays) -> Policy {
    Policy { strays, ..Policy::off() }
}

#[test]
fn the_first_snapshot_tells_what_there_is_and_later_ones_are_compared() {
    let mut stage = Stage::new(&["alpha"]);
    stage.engine = Engine::new(Vec::new());
    stage.at = Timestamp(0);
    stage.input(session(&[], u64::MAX));
    stage.list(instrument(BTC, "BTC", "USDT"));
    stage.transcript();
    stage.input(snapshot(&[("USDT", "1000"), ("BTC", "0.5")], Vec::new()));
    stage.trade(10_000);
    stage.input(snapshot(&[("USDT", "1000"), ("BTC", "0.5")], Vec::new()));
    stage.input(snapshot(&[("USDT", "900"), ("ETH", "1")], Vec::new()));
    stage.show_portfolio();
    expect![[r#"
        2 00:03Z < snapshot 1000 USDT 0.5 BTC
        3 00:04Z < trade BTC-USDT buy 1.00 @ 100.00
        4 00:05Z < snapshot 1000 USDT 0.5 BTC
        5 00:06Z < snapshot 900 USDT 1 ETH
        6 00:06Z > alert the venue has 0 BTC and not 0.5, 1 ETH and not 0, 900 USDT and not 1000: taken over as it says ^5
        = 0 BTC 1 ETH 900 USDT, no equity
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn money_that_the_venue_finds_is_no_profit_and_trips_nothing() {
    let mut stage = scene("1", Policy::default());
    stage.input(snapshot(&[("USDT", "100")], Vec::new()));
    stage.trade(10_000);
    expect![[r#"
        6 00:07Z < snapshot 100 USDT
        7 00:07Z > alert the venue has 100 USDT and not 1000: taken over as it says ^6
        8 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn stray_orders_halt_by_default_until_an_operator_resumes() {
    let mut stage = scene("1", policy(Strays::Halt));
    stage.input(snapshot(&[("USDT", "1000")], vec![stray(77, Side::Buy, "0"), stray(78, Side::Buy, "0.5")]));
    // The same orders again are the same orders.
    stage.input(snapshot(&[("USDT", "1000")], vec![stray(77, Side::Buy, "0"), stray(78, Side::Buy, "0.5")]));
    stage.cue(0, long);
    stage.trade(10_000);
    stage.operator(Command::Resume);
    stage.cue(0, long);
    stage.trade(10_000);
    expect![[r#"
        6 00:07Z < snapshot 1000 USDT stray 77 buy 2 BTC-USDT limit 99 gtc stray 78 buy 2 BTC-USDT limit 99 gtc filled 0.5
        7 00:07Z > adopted #7 77 buy 2 BTC-USDT limit 99 gtc ^6
        8 00:07Z > adopted #8 78 buy 2 BTC-USDT limit 99 gtc filled 0.5 ^6
        9 00:07Z > breaker stray orders 2 of 0 until resumed ^6
        10 00:08Z < snapshot 1000 USDT stray 77 buy 2 BTC-USDT limit 99 gtc stray 78 buy 2 BTC-USDT limit 99 gtc filled 0.5
        11 00:09Z < trade BTC-USDT buy 1.00 @ 100.00
        12 00:09Z > signal alpha BTC-USDT long 100% ^11
        13 00:09Z > denied alpha BTC-USDT paused by stray orders until resumed ^12
        14 00:10Z < operator resume
        15 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        16 00:11Z > signal alpha BTC-USDT long 100% ^15
        17 00:11Z > order #17 alpha buy 1 BTC-USDT market ^16
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn adopted_orders_are_the_operators_and_their_fills_count() {
    let mut stage = scene("1", policy(Strays::Adopt));
    stage.input(snapshot(&[("USDT", "1000")], vec![stray(77, Side::Buy, "0.5")]));
    stage.orders.push(OrderId(stage.records.last().unwrap().seq));
    stage.fill(0, 1, "1.5 @ 99");
    stage.show_portfolio();
    assert!(stage.engine.state().orders.is_empty(), "what had filled before counts for the order");
    stage.operator(Command::Flatten);
    expect![[r#"
        6 00:07Z < snapshot 1000 USDT stray 77 buy 2 BTC-USDT limit 99 gtc filled 0.5
        7 00:07Z > adopted #7 77 buy 2 BTC-USDT limit 99 gtc filled 0.5 ^6
        8 00:08Z < filled #7 1.5 @ 99 fee 0.1485 USDT taker id 1
        = 1.5 BTC 851.3515 USDT, operator 1.5 BTC-USDT cost 148.5 realised 0 fees 0.1485, equity 1001.3515
        9 00:09Z < operator flatten
        10 00:09Z > order #10 operator sell 1.5 BTC-USDT market ^9
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn unwanted_stray_orders_are_canceled() {
    let mut stage = scene("1", policy(Strays::Cancel));
    stage.input(snapshot(&[("USDT", "1000")], vec![stray(77, Side::Sell, "0")]));
    stage.cue(0, long);
    stage.trade(10_000);
    expect![[r#"
        6 00:07Z < snapshot 1000 USDT stray 77 sell 2 BTC-USDT limit 99 gtc
        7 00:07Z > adopted #7 77 sell 2 BTC-USDT limit 99 gtc ^6
        8 00:07Z > cancel #7 ^7
        9 00:08Z < trade BTC-USDT buy 1.00 @ 100.00
        10 00:08Z > signal alpha BTC-USDT long 100% ^9
        11 00:08Z > order #11 alpha buy 1 BTC-USDT market ^10
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn while_something_is_wrong_nothing_new_is_bought_and_positions_can_be_left() {
    let mut stage = scene("1", policy(Strays::Halt));
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.transcript();
    stage.input(Input::TroubleBegan(Trouble::OrdersLost));
    stage.input(Input::TroubleBegan(Trouble::StaleFeed));
    stage.cue(1, long);
    stage.cue(0, flat);
    stage.trade(10_000);
    stage.input(Input::TroubleEnded(Trouble::StaleFeed));
    stage.cue(1, long);
    stage.trade(10_000);
    stage.input(Input::TroubleEnded(Trouble::OrdersLost));
    stage.cue(1, long);
    stage.trade(10_000);
    expect![[r#"
        10 00:09Z < trouble orders lost
        11 00:09Z > alert orders lost: nothing new is bought until it is over ^10
        12 00:10Z < trouble stale feed
        13 00:10Z > alert stale feed: nothing new is bought until it is over ^12
        14 00:11Z < trade BTC-USDT buy 1.00 @ 100.00
        15 00:11Z > signal alpha BTC-USDT flat 100% ^14
        16 00:11Z > order #16 alpha sell 1 BTC-USDT market ^15
        17 00:11Z > signal beta BTC-USDT long 100% ^14
        18 00:11Z > denied beta BTC-USDT stale feed ^17
        19 00:12Z < trouble-over stale feed
        20 00:13Z < trade BTC-USDT buy 1.00 @ 100.00
        21 00:13Z > signal beta BTC-USDT long 100% ^20
        22 00:13Z > denied beta BTC-USDT orders lost ^21
        23 00:14Z < trouble-over orders lost
        24 00:15Z < trade BTC-USDT buy 1.00 @ 100.00
        25 00:15Z > signal beta BTC-USDT long 100% ^24
        26 00:15Z > order #26 beta buy 1 BTC-USDT market ^25
    "#]]
    .assert_eq(&stage.transcript());
}
