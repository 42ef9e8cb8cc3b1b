//! Orders that share one quantity.

use expect_test::{Expect, expect};

use super::script::play;
use crate::exchange::{ExchangeConfig, QueueModel};

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&play(&ExchangeConfig { queue: QueueModel::Front, ..ExchangeConfig::default() }, script));
}

#[test]
fn what_one_fills_the_other_loses() {
    check(
        "1 trade 100 1 buy\n> sell 10 limit 102\n> sell 10 stop 98 oco 1\n2 trade 102 4 buy\n3 trade 103 9 buy",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 filled #1 4 @ 102 maker fee 0.408
        2 amended #2 quantity 6
        3 filled #1 6 @ 102 maker fee 0.612
        3 canceled #2 Linked
        USDT 11018.98, BTC 0
    "#]],
    );
}

#[test]
fn a_triggered_order_uses_what_the_other_holds() {
    check(
        "1 trade 100 1 buy\n> sell 10 limit 102\n> sell 10 stop 98 oco 1\n2 trade 102 4 buy\n3 trade 97 9 sell\n4 trade 97 9 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 filled #1 4 @ 102 maker fee 0.408
            2 amended #2 quantity 6
            3 triggered #2
            4 filled #2 6 @ 97 taker fee 1.164
            4 canceled #1 Linked
            USDT 10988.428, BTC 0
        "#]],
    );
    check(
        "1 trade 100 1 buy\n> sell 10 limit 102\n> sell 10 stop 98 97.5 oco 1\n2 trade 97 1 sell\n> cancel 1\n3 trade 97.5 4 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 triggered #2
            2 canceled #1 Requested
            3 filled #2 4 @ 97.5 maker fee 0.39
            USDT 10389.61, BTC 6 (6 held)
        "#]],
    );
}

#[test]
fn when_one_is_canceled_the_other_stays() {
    check(
        "1 trade 100 1 buy\n> sell 1 limit 102\n> sell 1 stop 98 oco 1\n2 trade 100 1 buy\n> cancel 1\n3 trade 97 9 sell\n4 trade 97 9 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 canceled #1 Requested
            3 triggered #2
            4 filled #2 1 @ 97 taker fee 0.194
            USDT 10096.806, BTC 9
        "#]],
    );
    check(
        "1 trade 100 1 buy\n> sell 1 limit 102\n> sell 1 stop 98 oco 1\n2 trade 100 1 buy\n> cancel 2\n3 trade 103 9 sell",
        &expect![[r#"
            1 accepted #1
            1 accepted #2
            2 canceled #2 Requested
            3 filled #1 1 @ 102 maker fee 0.102
            USDT 10101.898, BTC 9
        "#]],
    );
}

#[test]
fn only_an_open_unlinked_order_of_the_same_side_can_be_linked() {
    check(
        "1 trade 100 1 buy\n> sell 1 limit 102\n> sell 1 stop 98 oco 7\n> buy 1 stop 103 oco 1\n> sell 1 stop 98 oco 1\n> sell 1 stop 97 oco 1",
        &expect![[r#"
            1 accepted #1
            1 rejected #2 LinkedOrderNotOpen
            1 rejected #3 LinkedOrderNotOpen
            1 accepted #4
            1 rejected #5 LinkedOrderNotOpen
            USDT 10000, BTC 10 (1 held)
        "#]],
    );
}
