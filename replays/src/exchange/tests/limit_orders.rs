//! Limit orders on trades: what rests, what takes, and the queue.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::{BarFill, ExchangeConfig, QueueModel};

fn check(queue: QueueModel, script: &str, expected: &Expect) {
    expected.assert_eq(&play(&ExchangeConfig { queue, ..ExchangeConfig::default() }, script));
}

#[test]
fn a_trade_through_the_price_fills_at_the_limit_up_to_its_size() {
    for queue in [QueueModel::Back, QueueModel::Front, QueueModel::Through] {
        check(
            queue,
            "1 trade 100 1 buy\n> buy 1 limit 99\n2 trade 98.9 0.3 sell\n3 trade 99.1 5 sell\n4 trade 98 5 buy",
            &expect![[r#"
                1 accepted #1
                2 filled #1 0.3 @ 99 maker fee 0.0297
                4 filled #1 0.7 @ 99 maker fee 0.0693
                USDT 9900.901, BTC 11
            "#]],
        );
    }
}

#[test]
fn a_touch_fills_only_the_front_where_the_level_is_not_known() {
    let script = "1 trade 100 1 buy\n> sell 1 limit 101\n2 trade 101 5 buy";
    check(
        QueueModel::Front,
        script,
        &expect![[r#"
        1 accepted #1
        2 filled #1 1 @ 101 maker fee 0.101
        USDT 10100.899, BTC 9
    "#]],
    );
    check(
        QueueModel::Back,
        script,
        &expect![[r#"
        1 accepted #1
        USDT 10000, BTC 10 (1 held)
    "#]],
    );
    check(
        QueueModel::Through,
        script,
        &expect![[r#"
        1 accepted #1
        USDT 10000, BTC 10 (1 held)
    "#]],
    );
}

#[test]
fn from_the_back_what_was_there_trades_first() {
    // 2 were before us; 0.5 of the second trade gets through to us; a taker of our own side moves no queue.
    check(
        QueueModel::Back,
        "1 quote 99x2 99.2x1\n> buy 1 limit 99\n2 trade 99 1.5 sell\n3 trade 99 9 buy\n4 trade 99 1 sell\n5 trade 99 9 sell",
        &expect![[r#"
            1 accepted #1
            4 filled #1 0.5 @ 99 maker fee 0.0495
            5 filled #1 0.5 @ 99 maker fee 0.0495
            USDT 9900.901, BTC 11
        "#]],
    );
}

#[test]
fn from_the_back_the_queue_shrinks_with_its_level() {
    // The level goes from 5 to 1: at most 1 stands before us. It then leaves entirely: nobody does.
    check(
        QueueModel::Back,
        "1 quote 99x5 99.2x1\n> buy 1 limit 99\n2 quote 99x1 99.2x1\n3 trade 99 1.3 sell",
        &expect![[r#"
        1 accepted #1
        3 filled #1 0.3 @ 99 maker fee 0.0297
        USDT 9970.2703 (69.4386 held), BTC 10.3
    "#]],
    );
    check(
        QueueModel::Back,
        "1 quote 99x5 99.2x1\n> buy 1 limit 99\n2 quote 98x1 99.2x1\n3 trade 99 0.4 sell",
        &expect![[r#"
        1 accepted #1
        3 filled #1 0.4 @ 99 maker fee 0.0396
        USDT 9960.3604 (59.5188 held), BTC 10.4
    "#]],
    );
    // A level below the best is unknown until it becomes the best.
    check(
        QueueModel::Back,
        "1 quote 99x5 99.2x1\n> buy 1 limit 98\n2 trade 98 7 sell\n3 quote 98x2 98.2x1\n4 trade 98 2.5 sell",
        &expect![[r#"
            1 accepted #1
            4 filled #1 0.5 @ 98 maker fee 0.049
            USDT 9950.951 (49.098 held), BTC 10.5
        "#]],
    );
    // A new best price has nobody before us.
    check(
        QueueModel::Back,
        "1 quote 99x5 99.2x1\n> buy 1 limit 99.1\n2 trade 99.1 0.4 sell",
        &expect![[r#"
        1 accepted #1
        2 filled #1 0.4 @ 99.1 maker fee 0.03964
        USDT 9960.32036 (59.57892 held), BTC 10.4
    "#]],
    );
}

#[test]
fn one_trade_fills_no_more_than_its_size_across_orders() {
    check(
        QueueModel::Front,
        "1 trade 100 1 buy\n> buy 1 limit 99\n> buy 1 limit 99\n2 trade 99 1.5 sell",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 filled #1 1 @ 99 maker fee 0.099
        2 filled #2 0.5 @ 99 maker fee 0.0495
        USDT 9851.3515 (49.599 held), BTC 11.5
    "#]],
    );
}

#[test]
fn an_order_that_would_trade_at_once_takes_the_next_price_and_then_rests() {
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 101\n2 trade 100.5 0.2 sell",
        &expect![[r#"
        1 accepted #1
        2 filled #1 1 @ 100.5 taker fee 0.201
        USDT 9899.299, BTC 11
    "#]],
    );
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 101\n2 trade 101.5 0.2 sell\n3 trade 100 5 sell",
        &expect![[r#"
        1 accepted #1
        3 filled #1 1 @ 101 maker fee 0.101
        USDT 9898.899, BTC 11
    "#]],
    );
}

#[test]
fn immediate_orders_meet_one_price() {
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 101 ioc\n> buy 1 limit 100 ioc\n2 trade 100.5 9 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 filled #1 1 @ 100.5 taker fee 0.201
            2 canceled #2 NothingLeftToTake
            USDT 9899.299, BTC 11
        "#]],
    );
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 101 fok\n> buy 1 limit 100 fok\n2 trade 100.5 9 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 filled #1 1 @ 100.5 taker fee 0.201
            2 canceled #2 CouldNotFillWhole
            USDT 9899.299, BTC 11
        "#]],
    );
    let scarce = ExchangeConfig { participation_bps: 1_000, ..ExchangeConfig::default() };
    let script = "1 trade 100 1 buy\n> buy 1 limit 101 ioc\n> buy 1 limit 101 fok\n2 trade 100.5 5 sell";
    expect![[r#"
        1 accepted #1
        1 accepted #2
        2 filled #1 0.5 @ 100.5 taker fee 0.1005
        2 canceled #1 NothingLeftToTake
        2 canceled #2 CouldNotFillWhole
        USDT 9949.6495, BTC 10.5
    "#]]
    .assert_eq(&play(&scarce, script));
}

#[test]
fn with_last_an_order_that_would_trade_takes_the_current_price() {
    let config = ExchangeConfig { fill: BarFill::Last, slippage_bps: 200, ..ExchangeConfig::default() };
    let script = "1 trade 100 1 buy\n> buy 1 limit 101\n> buy 1 limit 99 ioc\n> buy 1 limit 99\n2 trade 98 5 sell";
    expect![[r#"
        1 accepted #1
        1 filled #1 1 @ 101 taker fee 0.202
        1 accepted #2
        1 canceled #2 NothingLeftToTake
        1 accepted #3
        2 filled #3 1 @ 99 maker fee 0.099
        USDT 9799.699, BTC 12
    "#]]
    .assert_eq(&play(&config, script));
}

#[test]
fn post_only_never_takes() {
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 100.1 post\n> buy 1 limit 100 post\n2 trade 99 5 sell",
        &expect![[r#"
            1 accepted #1
            1 canceled #1 WouldTake
            1 accepted #2
            2 filled #2 1 @ 100 maker fee 0.1
            USDT 9899.9, BTC 11
        "#]],
    );
    check(
        QueueModel::Back,
        "1 quote 99x5 100x1\n> buy 1 limit 100 post\n> buy 1 limit 99.9 post\n2 quote 98x1 99.5x5",
        &expect![[r#"
            1 accepted #1
            1 canceled #1 WouldTake
            1 accepted #2
            2 filled #2 1 @ 99.9 maker fee 0.0999
            USDT 9900.0001, BTC 11
        "#]],
    );
}

#[test]
fn amendments_keep_the_place_in_the_queue_only_when_they_shrink() {
    check(
        QueueModel::Back,
        "1 quote 99x2 99.2x1\n> buy 1 limit 99\n2 trade 99 1.5 sell\n> amend 1 quantity 0.5\n3 trade 99 1 sell",
        &expect![[r#"
            1 accepted #1
            2 amended #1 quantity 0.5
            3 filled #1 0.5 @ 99 maker fee 0.0495
            USDT 9950.4505, BTC 10.5
        "#]],
    );
    check(
        QueueModel::Back,
        "1 quote 99x2 99.2x1\n> buy 1 limit 99\n2 trade 99 1.5 sell\n> amend 1 quantity 2\n3 trade 99 2.5 sell",
        &expect![[r#"
            1 accepted #1
            2 amended #1 quantity 2
            3 filled #1 0.5 @ 99 maker fee 0.0495
            USDT 9950.4505 (148.797 held), BTC 10.5
        "#]],
    );
    check(
        QueueModel::Back,
        "1 quote 99x2 99.2x1\n> buy 1 limit 99\n2 trade 99 1 sell\n> amend 1 price 99.2",
        &expect![[r#"
        1 accepted #1
        2 amended #1 price 99.2
        2 filled #1 1 @ 99.2 taker fee 0.1984
        USDT 9900.6016, BTC 11
    "#]],
    );
}

#[test]
fn cancellation_lets_the_hold_go() {
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 99\n> sell 2 limit 105\n2 trade 98.9 0.3 sell",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 filled #1 0.3 @ 99 maker fee 0.0297
        USDT 9970.2703 (69.4386 held), BTC 10.3 (2 held)
    "#]],
    );
    check(
        QueueModel::Back,
        "1 trade 100 1 buy\n> buy 1 limit 99\n2 trade 98.9 0.3 sell\n> cancel 1\n3 trade 98 9 sell",
        &expect![[r#"
            1 accepted #1
            2 filled #1 0.3 @ 99 maker fee 0.0297
            2 canceled #1 Requested
            USDT 9970.2703, BTC 10.3
        "#]],
    );
}
