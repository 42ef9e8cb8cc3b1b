//! Orders against order books and quotes.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::{ExchangeConfig, QueueModel};

fn check(script: &str, expected: &Expect) {
    // Slippage is for data without depth: it must change nothing here.
    expected.assert_eq(&play(&ExchangeConfig { slippage_bps: 50, ..ExchangeConfig::default() }, script));
}

#[test]
fn a_market_order_walks_the_levels_and_what_is_missing_is_canceled() {
    check(
        "1 book 99x1 | 100x0.5 100.1x2 101x1\n> buy 2 market",
        &expect![[r#"
        1 accepted #1
        1 filled #1 0.5 @ 100 taker fee 0.1
        1 filled #1 1.5 @ 100.1 taker fee 0.3003
        USDT 9799.4497, BTC 12
    "#]],
    );
    check(
        "1 book 99x1 98x0.5 | 100x1\n> sell 2 market",
        &expect![[r#"
        1 accepted #1
        1 filled #1 1 @ 99 taker fee 0.198
        1 filled #1 0.5 @ 98 taker fee 0.098
        1 canceled #1 NothingLeftToTake
        USDT 10147.704, BTC 8.5
    "#]],
    );
}

#[test]
fn what_was_taken_is_gone_until_the_level_is_told_again() {
    check(
        "1 book 99x1 | 100x1 101x1\n> buy 0.6 market\n> buy 0.6 market\n2 delta | 100x3\n> buy 1 market",
        &expect![[r#"
        1 accepted #1
        1 filled #1 0.6 @ 100 taker fee 0.12
        1 accepted #2
        1 filled #2 0.4 @ 100 taker fee 0.08
        1 filled #2 0.2 @ 101 taker fee 0.0404
        2 accepted #3
        2 filled #3 1 @ 100 taker fee 0.2
        USDT 9779.3596, BTC 12.2
    "#]],
    );
}

#[test]
fn limits_take_up_to_their_price() {
    check(
        "1 book 99x1 | 100x0.5 100.1x2 101x1\n> buy 3 limit 100.1\n2 delta | 100x1",
        &expect![[r#"
        1 accepted #1
        1 filled #1 0.5 @ 100 taker fee 0.1
        1 filled #1 2 @ 100.1 taker fee 0.4004
        2 filled #1 0.5 @ 100.1 maker fee 0.05005
        USDT 9699.19955, BTC 13
    "#]],
    );
    check(
        "1 book 99x1 | 100x0.5 100.1x2\n> buy 3 limit 100.1 ioc",
        &expect![[r#"
        1 accepted #1
        1 filled #1 0.5 @ 100 taker fee 0.1
        1 filled #1 2 @ 100.1 taker fee 0.4004
        1 canceled #1 NothingLeftToTake
        USDT 9749.2996, BTC 12.5
    "#]],
    );
    check(
        "1 book 99x1 | 100x0.5 100.1x2\n> buy 3 limit 100.1 fok\n> buy 2.5 limit 100.1 fok",
        &expect![[r#"
        1 accepted #1
        1 canceled #1 CouldNotFillWhole
        1 accepted #2
        1 filled #2 0.5 @ 100 taker fee 0.1
        1 filled #2 2 @ 100.1 taker fee 0.4004
        USDT 9749.2996, BTC 12.5
    "#]],
    );
}

#[test]
fn a_resting_order_fills_when_the_book_comes_to_it() {
    check(
        "1 book 99x1 | 100x1\n> buy 1 limit 99.5\n2 delta | 99.3x0.4\n3 delta | 99.5x9",
        &expect![[r#"
        1 accepted #1
        2 filled #1 0.4 @ 99.5 maker fee 0.0398
        3 filled #1 0.6 @ 99.5 maker fee 0.0597
        USDT 9900.4005, BTC 11
    "#]],
    );
    let config = ExchangeConfig { queue: QueueModel::Through, ..ExchangeConfig::default() };
    let script = "1 book 99x1 | 100x1\n> buy 1 limit 99.5\n2 delta | 99.5x9\n3 delta | 99.4x9";
    expect![[r#"
        1 accepted #1
        3 filled #1 1 @ 99.5 maker fee 0.0995
        USDT 9900.4005, BTC 11
    "#]]
    .assert_eq(&play(&config, script));
}

#[test]
fn the_queue_is_known_inside_the_book_and_unknown_below_it() {
    check(
        "1 book 99x1 98x4 97x1 | 100x1\n> buy 1 limit 98\n2 trade 98 4.2 sell",
        &expect![[r#"
        1 accepted #1
        2 filled #1 0.2 @ 98 maker fee 0.0196
        USDT 9980.3804 (78.5568 held), BTC 10.2
    "#]],
    );
    check(
        "1 book 99x1 98x4 97x1 | 100x1\n> buy 1 limit 98.5\n2 trade 98.5 0.2 sell",
        &expect![[r#"
        1 accepted #1
        2 filled #1 0.2 @ 98.5 maker fee 0.0197
        USDT 9980.2803 (78.9576 held), BTC 10.2
    "#]],
    );
    check(
        "1 book 99x1 98x4 97x1 | 100x1\n> buy 1 limit 96\n2 trade 96 9 sell",
        &expect![[r#"
        1 accepted #1
        USDT 10000 (96.192 held), BTC 10
    "#]],
    );
    check(
        "1 book 99x1 98x4 97x1 | 100x1\n> buy 1 limit 98\n2 delta 98x0 |\n3 trade 98 0.2 sell",
        &expect![[r#"
        1 accepted #1
        3 filled #1 0.2 @ 98 maker fee 0.0196
        USDT 9980.3804 (78.5568 held), BTC 10.2
    "#]],
    );
}

#[test]
fn behind_a_quote_a_market_order_waits_for_the_next_one() {
    check(
        "1 quote 99x1 100x0.5\n> buy 2 market\n2 trade 99.5 9 buy\n3 quote 99x1 100.2x1\n4 quote 99x1 100.3x9",
        &expect![[r#"
        1 accepted #1
        1 filled #1 0.5 @ 100 taker fee 0.1
        3 filled #1 1 @ 100.2 taker fee 0.2004
        4 filled #1 0.5 @ 100.3 taker fee 0.1003
        USDT 9799.2493, BTC 12
    "#]],
    );
}

#[test]
fn an_empty_snapshot_makes_the_book_unknown_until_the_next_one_with_levels() {
    check(
        "1 book 99x1 | 100x5\n2 book |\n> buy 1 market\n3 delta | 90x1\n> buy 1 market\n4 book 99x1 | 100.5x5\n> buy 1 market",
        &expect![[r#"
            2 rejected #1 NoMarket
            3 rejected #2 NoMarket
            4 accepted #3
            4 filled #3 1 @ 100.5 taker fee 0.201
            USDT 9899.299, BTC 11
        "#]],
    );
    // Levels without size are no levels.
    check(
        "1 book 99x1 | 100x5\n2 book 99x0 |\n3 delta 98x1 | 90x1\n> buy 1 market",
        &expect![[r#"
        3 rejected #1 NoMarket
        USDT 10000, BTC 10
    "#]],
    );
    // Before any book it says nothing of the data that there are.
    check(
        "1 trade 100 1 buy\n2 book |\n> buy 1 market\n3 trade 101 1 buy",
        &expect![[r#"
        2 accepted #1
        3 filled #1 1 @ 101.6 taker fee 0.2032
        USDT 9898.1968, BTC 11
    "#]],
    );
}

#[test]
fn resting_orders_wait_while_the_book_is_unknown() {
    check(
        "1 book 99x1 | 100x5\n> buy 1 limit 99.5\n> sell 1 stop 98\n2 book |\n3 delta 90x1 | 95x1\n4 book 97x2 | 99.4x5",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            4 filled #1 1 @ 99.5 maker fee 0.0995
            4 triggered #2
            4 filled #2 1 @ 97 taker fee 0.194
            USDT 9997.2065, BTC 10
        "#]],
    );
}

#[test]
fn quotes_stand_in_for_a_book_that_is_unknown() {
    check(
        "1 book 99x1 | 100x5\n2 book |\n3 quote 99x1 101x1\n> buy 0.5 market\n4 delta | 90x1\n> buy 0.2 market\n\
         5 book 99x1 | 100.5x5\n6 quote 80x9 81x9\n> buy 1 market",
        &expect![[r#"
            3 accepted #1
            3 filled #1 0.5 @ 101 taker fee 0.101
            4 accepted #2
            4 filled #2 0.2 @ 101 taker fee 0.0404
            6 accepted #3
            6 filled #3 1 @ 100.5 taker fee 0.201
            USDT 9828.4576, BTC 11.7
        "#]],
    );
}

#[test]
fn a_gap_in_other_data_leaves_the_book_alone() {
    check(
        "1 book 99x1 | 100x5\n2 gap\n> buy 1 market\n3 delta | 99.5x1\n> buy 1 market",
        &expect![[r#"
        2 accepted #1
        2 filled #1 1 @ 100 taker fee 0.2
        3 accepted #2
        3 filled #2 1 @ 99.5 taker fee 0.199
        USDT 9800.101, BTC 12
    "#]],
    );
}

#[test]
fn deltas_before_any_snapshot_say_nothing() {
    check(
        "1 delta 99x1 | 100x5\n> buy 1 market",
        &expect![[r#"
        1 rejected #1 NoMarket
        USDT 10000, BTC 10
    "#]],
    );
}

#[test]
fn beside_a_book_quotes_say_nothing_new() {
    check(
        "1 book 99x1 | 100x1\n2 quote 80x9 81x9\n> buy 0.5 market",
        &expect![[r#"
        2 accepted #1
        2 filled #1 0.5 @ 100 taker fee 0.1
        USDT 9949.9, BTC 10.5
    "#]],
    );
}
