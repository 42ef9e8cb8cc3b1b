//! Conditional orders on trades and quotes.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::{BarFill, ExchangeConfig};

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&play(&ExchangeConfig::default(), script));
}

fn check_last(script: &str, expected: &Expect) {
    expected.assert_eq(&play(&ExchangeConfig { fill: BarFill::Last, ..ExchangeConfig::default() }, script));
}

#[test]
fn a_triggered_stop_takes_the_next_trade_or_with_last_this_one() {
    let script = "1 trade 100 1 buy\n> sell 1 stop 99\n2 trade 99.1 1 sell\n3 trade 98.9 1 sell\n4 trade 98 1 sell";
    check(
        script,
        &expect![[r#"
        1 accepted #1
        3 triggered #1
        4 filled #1 1 @ 98 taker fee 0.196
        USDT 10097.804, BTC 9
    "#]],
    );
    check_last(
        script,
        &expect![[r#"
        1 accepted #1
        3 triggered #1
        3 filled #1 1 @ 98.9 taker fee 0.1978
        USDT 10098.7022, BTC 9
    "#]],
    );
}

#[test]
fn a_trigger_that_is_reached_already_fires_on_arrival() {
    check(
        "1 trade 100 1 buy\n> sell 1 stop 101\n> sell 1 profit 99\n2 trade 98 1 sell",
        &expect![[r#"
        1 accepted #1
        1 triggered #1
        1 accepted #2
        1 triggered #2
        2 filled #1 1 @ 98 taker fee 0.196
        2 filled #2 1 @ 98 taker fee 0.196
        USDT 10195.608, BTC 8
    "#]],
    );
}

#[test]
fn a_stop_limit_rests_beyond_its_limit() {
    check(
        "1 trade 100 1 buy\n> sell 1 stop 99 98.5\n2 trade 98 1 sell\n3 trade 98.4 1 sell\n4 trade 98.6 5 buy",
        &expect![[r#"
        1 accepted #1
        2 triggered #1
        4 filled #1 1 @ 98.5 maker fee 0.0985
        USDT 10098.4015, BTC 9
    "#]],
    );
}

#[test]
fn take_profits_wait_for_a_better_price() {
    check(
        "1 trade 100 1 buy\n> sell 1 profit 101\n> buy 1 profit 99\n2 trade 101 1 buy\n3 trade 99 1 sell\n4 trade 99.5 1 buy",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 triggered #1
            3 filled #1 1 @ 99 taker fee 0.198
            3 triggered #2
            4 filled #2 1 @ 99.5 taker fee 0.199
            USDT 9999.103, BTC 10
        "#]],
    );
    check(
        "1 trade 100 1 buy\n> sell 1 profit 101 101.5\n2 trade 101 1 buy\n3 trade 101.6 1 sell",
        &expect![[r#"
        1 accepted #1
        2 triggered #1
        3 filled #1 1 @ 101.5 maker fee 0.1015
        USDT 10101.3985, BTC 9
    "#]],
    );
}

#[test]
fn a_trailing_stop_follows_the_best_price_since_it_was_accepted() {
    check_last(
        "1 trade 110 1 buy\n2 trade 100 1 buy\n> sell 1 trail 2\n3 trade 103 1 buy\n4 trade 101.1 1 sell\n5 trade 101 1 sell",
        &expect![[r#"
            2 accepted #1
            5 triggered #1
            5 filled #1 1 @ 101 taker fee 0.202
            USDT 10100.798, BTC 9
        "#]],
    );
    check_last(
        "1 trade 100 1 buy\n> buy 1 trail 1%\n2 trade 95.5 1 buy\n3 trade 96.4 1 sell\n4 trade 96.5 1 sell",
        &expect![[r#"
        1 accepted #1
        4 triggered #1
        4 filled #1 1 @ 96.5 taker fee 0.193
        USDT 9903.307, BTC 11
    "#]],
    );
}

#[test]
fn without_trades_triggers_look_at_what_a_taker_would_get() {
    check(
        "1 quote 99x5 100x5\n> sell 1 stop 98\n> buy 1 stop 101\n2 quote 98x5 101x5",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 triggered #1
        2 filled #1 1 @ 98 taker fee 0.196
        2 triggered #2
        2 filled #2 1 @ 101 taker fee 0.202
        USDT 9996.602, BTC 10
    "#]],
    );
    // With trades they look at trades.
    check(
        "1 quote 99x5 100x5\n2 trade 99.5 1 buy\n> sell 1 stop 98\n3 quote 97x5 101x5\n4 trade 98 1 sell",
        &expect![[r#"
        2 accepted #1
        4 triggered #1
        4 filled #1 1 @ 97 taker fee 0.194
        USDT 10096.806, BTC 9
    "#]],
    );
}

#[test]
fn nothing_is_held_before_the_trigger() {
    check(
        "1 trade 100 1 buy\n> sell 8 stop 99\n> sell 8 limit 105\n2 trade 98 1 sell\n3 trade 98 1 sell",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 triggered #1
        2 canceled #1 InsufficientBalance
        USDT 10000, BTC 10 (8 held)
    "#]],
    );
}

#[test]
fn triggers_can_be_amended_until_they_fire() {
    check(
        "1 trade 100 1 buy\n> sell 1 stop 99\n2 trade 100 1 buy\n> amend 1 trigger 98\n3 trade 99 1 sell\n4 trade 98 1 sell\n> amend 1 trigger 97\n5 trade 97 1 sell",
        &expect![[r#"
            1 accepted #1
            2 amended #1 trigger 98
            4 triggered #1
            4 amend rejected #1 NotAmendable
            5 filled #1 1 @ 97 taker fee 0.194
            USDT 10096.806, BTC 9
        "#]],
    );
    check(
        "1 trade 100 1 buy\n> sell 1 stop 99\n2 trade 100 1 buy\n> amend 1 trigger 100.5",
        &expect![[r#"
        1 accepted #1
        2 amended #1 trigger 100.5
        2 triggered #1
        USDT 10000, BTC 10 (1 held)
    "#]],
    );
}

#[test]
fn a_trailing_trigger_is_rounded_away_from_the_market() {
    // One percent below 100.3 is 99.297: 99.2 reaches it, 99.3 does not.
    check_last(
        "1 trade 100.3 1 buy\n> sell 1 trail 1%\n2 trade 99.3 1 sell\n3 trade 99.2 1 sell",
        &expect![[r#"
        1 accepted #1
        3 triggered #1
        3 filled #1 1 @ 99.2 taker fee 0.1984
        USDT 10099.0016, BTC 9
    "#]],
    );
    check_last(
        "1 trade 100.3 1 buy\n> buy 1 trail 1%\n2 trade 101.3 1 sell\n3 trade 101.4 1 sell",
        &expect![[r#"
        1 accepted #1
        3 triggered #1
        3 filled #1 1 @ 101.4 taker fee 0.2028
        USDT 9898.3972, BTC 11
    "#]],
    );
}
