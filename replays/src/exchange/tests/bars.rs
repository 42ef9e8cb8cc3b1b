//! Resting orders and triggers on bars.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::{ExchangeConfig, QueueModel};

fn check(script: &str, expected: &Expect) {
    check_with(&ExchangeConfig::default(), script, expected);
}

fn check_with(config: &ExchangeConfig, script: &str, expected: &Expect) {
    expected.assert_eq(&play(config, script));
}

const FIRST: &str = "60 bar 100 101 99 100 5\n";

fn after_first(rest: &str) -> String {
    format!("{FIRST}{rest}")
}

#[test]
fn a_limit_fills_when_the_bar_trades_through_it() {
    let touch = after_first("> buy 1 limit 98\n120 bar 100 101 98 100 5");
    check(
        &touch,
        &expect![[r#"
        60 accepted #1
        USDT 10000 (98.196 held), BTC 10
    "#]],
    );
    check_with(
        &ExchangeConfig { queue: QueueModel::Front, ..ExchangeConfig::default() },
        &touch,
        &expect![[r#"
        60 accepted #1
        120 filled #1 1 @ 98 maker fee 0.098
        USDT 9901.902, BTC 11
    "#]],
    );
    check(
        &after_first("> buy 1 limit 98\n120 bar 100 101 97.9 100 5"),
        &expect![[r#"
        60 accepted #1
        120 filled #1 1 @ 98 maker fee 0.098
        USDT 9901.902, BTC 11
    "#]],
    );
}

#[test]
fn a_bar_that_opens_better_fills_at_its_open() {
    check(
        &after_first("> buy 1 limit 98\n120 bar 97 101 96 100 5"),
        &expect![[r#"
        60 accepted #1
        120 filled #1 1 @ 97 maker fee 0.097
        USDT 9902.903, BTC 11
    "#]],
    );
    check(
        &after_first("> sell 1 limit 102\n120 bar 103 104 101 102 5"),
        &expect![[r#"
        60 accepted #1
        120 filled #1 1 @ 103 maker fee 0.103
        USDT 10102.897, BTC 9
    "#]],
    );
    // It would have traded at the last price already: it takes.
    check(
        &after_first("> buy 1 limit 101\n120 bar 100.5 101 96 100 5"),
        &expect![[r#"
        60 accepted #1
        120 filled #1 1 @ 100.5 taker fee 0.201
        USDT 9899.299, BTC 11
    "#]],
    );
}

#[test]
fn the_volume_of_a_bar_is_shared() {
    let config = ExchangeConfig { participation_bps: 1_000, ..ExchangeConfig::default() };
    let script = after_first("> buy 0.4 limit 98\n> buy 0.4 limit 98\n120 bar 100 101 97 100 5\n180 bar 100 101 97 100 5");
    check_with(
        &config,
        &script,
        &expect![[r#"
        60 accepted #1
        60 accepted #2
        120 filled #1 0.4 @ 98 maker fee 0.0392
        120 filled #2 0.1 @ 98 maker fee 0.0098
        180 filled #2 0.3 @ 98 maker fee 0.0294
        USDT 9921.5216, BTC 10.8
    "#]],
    );
}

#[test]
fn a_stop_fills_at_the_worse_of_its_trigger_and_the_open() {
    check(
        &after_first("> sell 1 stop 98\n120 bar 100 101 97 100 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 98 taker fee 0.196
        USDT 10097.804, BTC 9
    "#]],
    );
    check(
        &after_first("> sell 1 stop 98\n120 bar 96 99 95 97 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 96 taker fee 0.192
        USDT 10095.808, BTC 9
    "#]],
    );
    check(
        &after_first("> buy 1 stop 102\n120 bar 103 104 101 102 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 103 taker fee 0.206
        USDT 9896.794, BTC 11
    "#]],
    );
    let slipping = ExchangeConfig { slippage_bps: 200, ..ExchangeConfig::default() };
    check_with(
        &slipping,
        &after_first("> sell 1 stop 98\n120 bar 100 101 97 100 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 97 taker fee 0.194
        USDT 10096.806, BTC 9
    "#]],
    );
}

#[test]
fn a_stop_is_not_triggered_by_the_bar_after_which_it_was_placed() {
    check(
        &after_first("> sell 1 stop 99.5\n120 bar 100 101 99.6 100 5"),
        &expect![[r#"
        60 accepted #1
        USDT 10000, BTC 10
    "#]],
    );
}

#[test]
fn a_stop_limit_rests_when_the_bar_opens_beyond_it() {
    check(
        &after_first("> sell 1 stop 98 97.5\n120 bar 100 101 97 97.2 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 98 taker fee 0.196
        USDT 10097.804, BTC 9
    "#]],
    );
    // It is triggered by the open: all of the bar came after it.
    check(
        &after_first("> sell 1 stop 98 97.5\n120 bar 96 99 95 97 5\n180 bar 97 98 97 97 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 97.5 maker fee 0.0975
        USDT 10097.4025, BTC 9
    "#]],
    );
}

#[test]
fn what_becomes_live_inside_a_bar_meets_only_its_close() {
    check(
        &after_first("> sell 1 profit 102 102.5\n120 bar 100 103 99 102.2 5\n180 bar 102 103 102 103 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        180 filled #1 1 @ 102.5 maker fee 0.1025
        USDT 10102.3975, BTC 9
    "#]],
    );
    check(
        &after_first("> sell 1 profit 102 102.5\n120 bar 100 103 99 102.8 5"),
        &expect![[r#"
            60 accepted #1
            120 triggered #1
            120 filled #1 1 @ 102.5 maker fee 0.1025
            USDT 10102.3975, BTC 9
        "#]],
    );
    let late = ExchangeConfig { entry_latency_us: 1_000_000, ..ExchangeConfig::default() };
    let script =
        after_first("> buy 1 limit 98\n> sell 1 stop 97\n> sell 1 trail 4\n120 bar 96 105 90 102 5\n180 bar 101 102 100 101 5");
    check_with(
        &late,
        &script,
        &expect![[r#"
        61 accepted #1
        61 accepted #2
        61 accepted #3
        USDT 10000 (98.196 held), BTC 10
    "#]],
    );
}

#[test]
fn a_profit_trigger_fills_at_its_price_or_at_a_better_open() {
    check(
        &after_first("> sell 1 profit 102\n120 bar 100 103 99 100 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 102 taker fee 0.204
        USDT 10101.796, BTC 9
    "#]],
    );
    check(
        &after_first("> sell 1 profit 102\n120 bar 103 104 99 100 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 103 taker fee 0.206
        USDT 10102.794, BTC 9
    "#]],
    );
    check(
        &after_first("> sell 1 profit 102 101.5\n120 bar 100 103 99 100 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 102 taker fee 0.204
        USDT 10101.796, BTC 9
    "#]],
    );
}

#[test]
fn of_a_stop_and_a_target_in_one_bar_the_stop_comes_first() {
    let pair = after_first("> sell 1 limit 102\n> sell 1 stop 98 oco 1\n120 bar 100 103 97 102 5");
    check(
        &pair,
        &expect![[r#"
        60 accepted #1
        60 accepted #2
        120 triggered #2
        120 filled #2 1 @ 98 taker fee 0.196
        120 canceled #1 Linked
        USDT 10097.804, BTC 9
    "#]],
    );
    // Unless the open already was beyond the target: that is certain to have come first.
    check(
        &after_first("> sell 1 limit 102\n> sell 1 stop 98 oco 1\n120 bar 103 103 97 98 5"),
        &expect![[r#"
        60 accepted #1
        60 accepted #2
        120 filled #1 1 @ 103 maker fee 0.103
        120 canceled #2 Linked
        USDT 10102.897, BTC 9
    "#]],
    );
}

#[test]
fn a_trailing_stop_takes_the_worse_path() {
    // Down first: from the best price so far.
    check(
        &after_first("> sell 1 trail 2\n120 bar 100 105 98 104 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 98 taker fee 0.196
        USDT 10097.804, BTC 9
    "#]],
    );
    // The low does not reach the old trigger: the high came first and drew it up.
    check(
        &after_first("> sell 1 trail 2\n120 bar 100 105 99 104 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 103 taker fee 0.206
        USDT 10102.794, BTC 9
    "#]],
    );
    // Neither: the high counts for the next bar.
    check(
        &after_first("> sell 1 trail 2\n120 bar 100 101 99.5 100 5\n180 bar 98.5 101 98 100 5"),
        &expect![[r#"
        60 accepted #1
        180 triggered #1
        180 filled #1 1 @ 98.5 taker fee 0.197
        USDT 10098.303, BTC 9
    "#]],
    );
    check(
        &after_first("> buy 1 trail 1%\n120 bar 100 100 95 95.5 5\n180 bar 97 97 96 96 5"),
        &expect![[r#"
        60 accepted #1
        120 triggered #1
        120 filled #1 1 @ 96 taker fee 0.192
        USDT 9903.808, BTC 11
    "#]],
    );
}

#[test]
fn a_longer_bar_repeats_what_shorter_ones_told() {
    check(
        &after_first("> buy 1 limit 95\n120 bar 100 101 99 100 5\n3660 hour 100 101 90 100 5"),
        &expect![[r#"
        60 accepted #1
        USDT 10000 (95.19 held), BTC 10
    "#]],
    );
}
