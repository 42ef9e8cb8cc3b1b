//! Data of a finer kind that end, or only pause: what then fills orders.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::ExchangeConfig;

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&play(&ExchangeConfig::default(), script));
}

#[test]
fn when_short_bars_end_longer_ones_take_over_from_the_first_that_they_told_nothing_of() {
    check(
        "60 bar 100 101 99 100 5\n> buy 1 limit 95\n> sell 1 limit 110\n\
         3600 hour 100 101 90 100 5\n3660 bar 100 101 99 100 5\n7200 hour 100 101 90 100 5\n10800 hour 100 101 94 100 5\n\
         > buy 1 market\n14400 hour 102 103 101 102 5\n14460 bar 102 103 101 102 5\n18000 hour 102 120 101 102 5",
        &expect![[r#"
            60 accepted #1
            60 accepted #2
            10800 filled #1 1 @ 95 maker fee 0.095
            10800 accepted #3
            14400 filled #3 1 @ 102 taker fee 0.204
            USDT 9802.701, BTC 12 (1 held)
        "#]],
    );
}

#[test]
fn when_trades_end_bars_take_over() {
    check(
        "10 trade 100 1 buy\n> buy 1 limit 95\n> sell 1 stop 98\n60 bar 100 100 90 100 5\n70 trade 100 1 buy\n\
         120 bar 100 100 90 100 5\n> buy 1 market\n180 bar 100.5 101 97 99 5\n240 bar 100 101 94 99 5",
        &expect![[r#"
            10 accepted #1
            10 accepted #2
            120 accepted #3
            180 filled #3 1 @ 100.5 taker fee 0.201
            180 triggered #2
            180 filled #2 1 @ 98 taker fee 0.196
            240 filled #1 1 @ 95 maker fee 0.095
            USDT 9902.008, BTC 11
        "#]],
    );
}

#[test]
fn trades_that_come_back_count_again() {
    check(
        "10 trade 100 1 buy\n120 bar 101 101 101 101 5\n130 trade 102 1 buy\n> buy 1 market\n180 bar 103 104 90 103 5\n\
         190 trade 104 1 buy",
        &expect![[r#"
            130 accepted #1
            190 filled #1 1 @ 104 taker fee 0.208
            USDT 9895.792, BTC 11
        "#]],
    );
}

#[test]
fn beside_trades_bars_fill_nothing() {
    // A trade at the very open of a bar is all that the bar tells; a minute without trades is no end of them.
    check(
        "60 trade 100 1 buy\n> buy 1 market\n> buy 1 limit 95\n120 bar 100 100 90 100 1\n\
         180 bar 100 100 100 100 0\n240 bar 100 100 100 100 0\n250 trade 101 1 buy\n300 bar 101 101 90 101 1",
        &expect![[r#"
            60 accepted #1
            60 accepted #2
            250 filled #1 1 @ 101 taker fee 0.202
            USDT 9898.798 (95.19 held), BTC 11
        "#]],
    );
}

#[test]
fn when_a_book_ends_bars_take_over() {
    check(
        "10 book 99x1 | 100x5\n> buy 1 limit 95\n60 bar 100 100 90 100 5\n120 bar 100 100 96 98 5\n> buy 1 market\n\
         180 bar 97 98 94 96 5",
        &expect![[r#"
            10 accepted #1
            120 accepted #2
            180 filled #2 1 @ 97 taker fee 0.194
            180 filled #1 1 @ 95 maker fee 0.095
            USDT 9807.711, BTC 12
        "#]],
    );
}

#[test]
fn beside_a_book_or_quotes_bars_fill_nothing() {
    // A message at the very open of a bar is of that bar.
    check(
        "60 book 99x1 | 100x5\n> buy 1 limit 95\n120 bar 100 100 90 100 5\n120 delta | 101x1\n180 bar 100 100 90 100 5\n\
         > buy 1 market",
        &expect![[r#"
            60 accepted #1
            180 accepted #2
            180 filled #2 1 @ 100 taker fee 0.2
            USDT 9899.8 (95.19 held), BTC 11
        "#]],
    );
    check(
        "60 quote 99x1 100x5\n> buy 1 limit 95\n120 bar 100 100 90 100 5\n120 quote 99x1 101x5\n180 bar 100 100 90 100 5\n\
         > buy 1 market",
        &expect![[r#"
            60 accepted #1
            180 accepted #2
            180 filled #2 1 @ 101 taker fee 0.202
            USDT 9898.798 (95.19 held), BTC 11
        "#]],
    );
}

#[test]
fn while_the_book_is_unknown_bars_take_over() {
    check(
        "10 book 99x1 | 100x5\n20 book |\n60 bar 100 100 90 100 5\n70 book |\n80 delta | 90x1\n120 bar 100 101 99 101 5\n\
         > buy 1 market\n180 bar 102 103 101 102 5\n190 delta | 90x1\n> buy 1 limit 95\n240 bar 102 103 94 102 5\n\
         250 book 99x1 | 100x5\n> buy 1 market",
        &expect![[r#"
            120 accepted #1
            180 filled #1 1 @ 102 taker fee 0.204
            190 accepted #2
            250 accepted #3
            250 filled #3 1 @ 100 taker fee 0.2
            USDT 9797.596 (95.19 held), BTC 12
        "#]],
    );
}

#[test]
fn a_book_that_was_only_silent_goes_on_where_it_was() {
    check(
        "10 book 99x1 | 100x5\n120 bar 98 98 98 98 5\n130 delta | 100x2\n> buy 3 market\n180 bar 80 80 80 80 5\n> buy 1 market",
        &expect![[r#"
            130 accepted #1
            130 filled #1 2 @ 100 taker fee 0.4
            130 canceled #1 NothingLeftToTake
            180 rejected #2 NoMarket
            USDT 9799.6, BTC 12
        "#]],
    );
}

#[test]
fn when_quotes_or_a_book_end_beside_trades_the_trades_take_over() {
    let expected = expect![[r#"
        120 accepted #1
        130 filled #1 1 @ 104 taker fee 0.208
        USDT 9895.792, BTC 11
    "#]];
    for first in ["10 quote 99x1 100x0.5", "10 book 99x1 | 100x0.5", "10 book 99x1 | 100x0.5\n11 quote 80x9 81x9"] {
        let script = "20 trade 100 1 buy\n60 bar 100 100 100 100 5\n70 trade 103 1 buy\n120 bar 100 105 100 100 5\n\
                      > buy 1 market\n130 trade 104 9 buy\n180 bar 100 105 100 100 5";
        check(&format!("{first}\n{script}"), &expected);
    }
}

#[test]
fn an_order_that_waits_for_a_quote_meets_trades_when_quotes_have_ended() {
    check(
        "10 quote 99x1 100x0.5\n> buy 1 market\n70 trade 103 1 buy\n120 bar 100 105 100 100 5\n130 trade 104 9 buy",
        &expect![[r#"
            10 accepted #1
            10 filled #1 0.5 @ 100 taker fee 0.1
            130 filled #1 0.5 @ 104 taker fee 0.104
            USDT 9897.796, BTC 11
        "#]],
    );
}

#[test]
fn when_a_book_ends_quotes_beside_it_take_over() {
    check(
        "10 book 99x1 | 100x5\n20 quote 80x1 81x1\n70 quote 80x1 81x1\n120 bar 90 90 90 90 5\n130 quote 99x1 102x5\n\
         > buy 1 market\n140 delta | 70x1\n> buy 1 market",
        &expect![[r#"
            130 accepted #1
            130 filled #1 1 @ 102 taker fee 0.204
            140 accepted #2
            140 filled #2 1 @ 102 taker fee 0.204
            USDT 9795.592, BTC 12
        "#]],
    );
}

#[test]
fn when_trades_beside_quotes_end_triggers_look_at_quotes() {
    check(
        "10 trade 100 1 buy\n20 quote 99x1 100x1\n> sell 1 stop 95\n80 quote 94x5 95x5\n120 bar 94 95 93 94 5\n\
         130 quote 94x5 95x5",
        &expect![[r#"
            20 accepted #1
            130 triggered #1
            130 filled #1 1 @ 94 taker fee 0.188
            USDT 10093.812, BTC 9
        "#]],
    );
}
