//! Timers, checkpoints, several strategies and instruments, new listings.

use engine::event::{Decision, Direction, Event, Input};
use engine::market::{BookLevels, Level};
use engine::number::{FixedPrice, FixedSize};
use engine::strategy::Opinion;
use engine::time::Timestamp;
use expect_test::expect;

use crate::stage::{BTC, ETH, Stage, flat, instrument, long};

#[test]
fn timers_wake_who_is_due_in_the_order_of_the_list() {
    let mut stage = Stage::new(&["alpha", "beta", "gamma"]);
    let due = Timestamp(10_000_000_000);
    for strategy in 0..3 {
        stage.cue(strategy, move |ctx| ctx.wake_at(if strategy == 2 { due.plus_ns(1) } else { due }));
    }
    stage.trade(10_000);
    assert_eq!(stage.engine.next_deadline(), Some(due));
    for strategy in [2, 1, 0] {
        stage.cue(strategy, long);
    }
    // Not due yet: no one sees it.
    stage.input_at(due.plus_ns(-1), Input::Timer);
    stage.input_at(due, Input::Timer);
    assert_eq!(stage.engine.next_deadline(), Some(due.plus_ns(1)));
    stage.input_at(due.plus_ns(1), Input::Timer);
    assert_eq!(stage.engine.next_deadline(), None);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:09.999999999Z < timer
        6 00:10Z < timer
        7 00:10Z > signal alpha BTC-USDT long 100% ^6
        8 00:10Z > order #8 alpha buy 1 BTC-USDT market ^7
        9 00:10Z > signal beta BTC-USDT long 100% ^6
        10 00:10Z > order #10 beta buy 1 BTC-USDT market ^9
        11 00:10.000000001Z < timer
        12 00:10.000000001Z > signal gamma BTC-USDT long 100% ^11
        13 00:10.000000001Z > order #13 gamma buy 1 BTC-USDT market ^12
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_wake_up_in_the_past_is_one_nanosecond_away() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, |ctx| ctx.wake_at(Timestamp(1)));
    stage.trade(10_000);
    assert_eq!(stage.engine.next_deadline(), Some(stage.at.plus_ns(1)));
}

#[test]
fn time_never_runs_backwards() {
    let mut stage = Stage::new(&["alpha"]);
    stage.trade(10_000);
    stage.input_at(Timestamp(0), Input::Timer);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z < timer
    "#]]
    .assert_eq(&stage.transcript());
}

#[test]
fn a_checkpoint_follows_every_few_records_and_the_end() {
    let mut stage = Stage::sized(&["alpha"], "1", 4);
    stage.trade(10_000);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.trade(10_000);
    stage.trade(10_000);
    stage.trade(10_000);
    stage.input(Input::SessionEnded { skipped_rows: 2 });
    let kinds: Vec<_> = stage.transcript().lines().map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" ")).collect();
    expect![[r#"
        5 00:05Z < trade
        6 00:06Z < trade
        7 00:06Z > signal
        8 00:06Z > order
        9 00:06Z > checkpoint
        10 00:07Z < trade
        11 00:08Z < trade
        12 00:09Z < trade
        13 00:10Z < session
        14 00:10Z > checkpoint"#]]
    .assert_eq(&kinds.join("\n"));
}

#[test]
fn a_checkpoint_tells_strategies_that_wait_for_different_times_apart() {
    let checkpoint = |wake: i64| {
        let mut stage = Stage::sized(&["alpha"], "1", 1);
        stage.cue(0, move |ctx| ctx.wake_at(Timestamp(wake)));
        stage.trade(10_000);
        match stage.records.pop().unwrap().event {
            Event::Decision(Decision::Checkpoint(checkpoint)) => *checkpoint,
            other => panic!("{other:?}"),
        }
    };
    let (one, other) = (checkpoint(10_000_000_000), checkpoint(10_000_000_001));
    assert_eq!(one, checkpoint(10_000_000_000));
    assert_eq!(one.state, other.state, "deadlines are the strategies' memory");
    assert_ne!(one.strategies, other.strategies);
}

#[test]
fn each_strategy_has_its_own_position_in_each_instrument() {
    let mut stage = Stage::new(&["alpha", "beta"]);
    stage.cue(0, long);
    stage.cue(1, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    stage.fill(1, 1, "1 @ 101");
    stage.cue(0, |ctx| ctx.signal(ETH, Direction::Long, Opinion::default()));
    stage.trade_in(ETH, 1_000);
    stage.fill(2, 2, "1 @ 10");
    stage.cue(0, flat);
    stage.trade(11_000);
    stage.fill(3, 3, "1 @ 110");
    stage.show_portfolio();
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:05Z > signal beta BTC-USDT long 100% ^4
        8 00:05Z > order #8 beta buy 1 BTC-USDT market ^7
        9 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        10 00:07Z < filled #8 1 @ 101 fee 0.101 USDT taker id 1
        11 00:08Z < trade ETH-USDT buy 1.00 @ 10.00
        12 00:08Z > signal alpha ETH-USDT long 0% ^11
        13 00:08Z > order #13 alpha buy 1 ETH-USDT market ^12
        14 00:09Z < filled #13 1 @ 10 fee 0.010 USDT taker id 2
        15 00:10Z < trade BTC-USDT buy 1.00 @ 110.00
        16 00:10Z > signal alpha BTC-USDT flat 100% ^15
        17 00:10Z > order #17 alpha sell 1 BTC-USDT market ^16
        18 00:11Z < filled #17 1 @ 110 fee 0.110 USDT taker id 3
        = 1 BTC 1 ETH 898.679 USDT, alpha 0 BTC-USDT cost 0 realised 10 fees 0.21, alpha 1 ETH-USDT cost 10 realised 0 fees 0.01, beta 1 BTC-USDT cost 101 realised 0 fees 0.101, equity 1018.679
    "#]].assert_eq(&stage.transcript());
}

#[test]
fn a_new_scale_keeps_prices_and_forgets_the_book() {
    let mut stage = Stage::new(&["alpha"]);
    stage.cue(0, long);
    stage.trade(10_000);
    stage.fill(0, 1, "1 @ 100");
    let level = |price, size| Box::new([Level { price: FixedPrice(price), size: FixedSize(size) }]);
    let (bids, asks) = (level(9_900, 100), level(10_100, 100));
    stage.input(Input::BookSnapshot(Box::new(BookLevels { instrument: BTC, venue_at: Timestamp(0), bids, asks })));
    // The same scale: new rules only.
    stage.list(instrument(BTC, "BTC", "USDT"));
    assert!(stage.engine.state().books.contains_key(&BTC));
    let mut finer = instrument(BTC, "BTC", "USDT");
    finer.price_scale = 4;
    finer.min_size = "0.075".parse().unwrap();
    stage.list(finer.clone());
    assert!(!stage.engine.state().books.contains_key(&BTC));
    stage.show_portfolio();
    stage.trade(1_100_000);
    stage.show_portfolio();
    let market = stage.engine.state().markets.get(BTC).unwrap();
    assert_eq!(market.smallest_order().to_string(), "0.08", "whole lots");
    // A price that the new scale cannot hold is unknown, and the way out needs none.
    stage.trade(1_100_001);
    finer.price_scale = 2;
    stage.list(finer);
    stage.cue(0, flat);
    stage.trade_in(ETH, 1_000);
    expect![[r#"
        4 00:05Z < trade BTC-USDT buy 1.00 @ 100.00
        5 00:05Z > signal alpha BTC-USDT long 100% ^4
        6 00:05Z > order #6 alpha buy 1 BTC-USDT market ^5
        7 00:06Z < filled #6 1 @ 100 fee 0.100 USDT taker id 1
        8 00:07Z < book BTC-USDT bids 1.00@99.00 asks 1.00@101.00
        9 00:08Z < listed BTC-USDT BTC/USDT tick 0.01 lot 0.01 min 0.05 maker 0 taker 0.001
        10 00:09Z < listed BTC-USDT BTC/USDT tick 0.01 lot 0.01 min 0.075 maker 0 taker 0.001
        = 1 BTC 899.9 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0.1, equity 999.9
        11 00:10Z < trade BTC-USDT buy 1.00 @ 110.0000
        = 1 BTC 899.9 USDT, alpha 1 BTC-USDT cost 100 realised 0 fees 0.1, equity 1009.9
        12 00:11Z < trade BTC-USDT buy 1.00 @ 110.0001
        13 00:12Z < listed BTC-USDT BTC/USDT tick 0.01 lot 0.01 min 0.075 maker 0 taker 0.001
        14 00:13Z < trade ETH-USDT buy 1.00 @ 10.00
        15 00:13Z > signal alpha BTC-USDT flat 100% ^14
        16 00:13Z > order #16 alpha sell 1 BTC-USDT market ^15
    "#]]
    .assert_eq(&stage.transcript());
}
