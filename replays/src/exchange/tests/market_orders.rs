//! Market orders on trades and bars.

use engine::event::{Event, Input};
use engine::time::{SECOND_NS, Timestamp};
use expect_test::{Expect, expect};

use super::script::{play, run};
use crate::exchange::{BarFill, ExchangeConfig};

fn check(config: &ExchangeConfig, script: &str, expected: &Expect) {
    expected.assert_eq(&play(config, script));
}

fn next() -> ExchangeConfig {
    ExchangeConfig::default()
}

fn last() -> ExchangeConfig {
    ExchangeConfig { fill: BarFill::Last, ..next() }
}

#[test]
fn by_default_the_next_trade_gives_the_price() {
    check(
        &next(),
        "1 trade 100 1 buy\n> buy 2 market\n2 trade 101 0.5 sell\n3 trade 102 1 sell",
        &expect![[r#"
        1 accepted #1
        2 filled #1 2 @ 101 taker fee 0.404
        USDT 9797.596, BTC 12
    "#]],
    );
}

#[test]
fn by_default_the_next_bar_gives_its_open() {
    check(
        &next(),
        "60 bar 100 101 99 100 5\n> buy 2 market\n120 bar 100.5 102 100 101 5",
        &expect![[r#"
        60 accepted #1
        120 filled #1 2 @ 100.5 taker fee 0.402
        USDT 9798.598, BTC 12
    "#]],
    );
}

#[test]
fn with_last_the_current_price_fills_at_once_and_whole() {
    check(
        &last(),
        "1 trade 100 0.1 buy\n> buy 2 market\n> sell 1 market\n2 trade 101 0.5 sell",
        &expect![[r#"
        1 accepted #1
        1 filled #1 2 @ 100 taker fee 0.4
        1 accepted #2
        1 filled #2 1 @ 100 taker fee 0.2
        USDT 9899.4, BTC 11
    "#]],
    );
    check(
        &last(),
        "60 bar 100 101 99 100.5 5\n> buy 2 market\n120 bar 102 102 100 101 5",
        &expect![[r#"
        60 accepted #1
        60 filled #1 2 @ 100.5 taker fee 0.402
        USDT 9798.598, BTC 12
    "#]],
    );
}

#[test]
fn an_order_never_meets_what_came_at_the_instant_it_was_sent() {
    check(
        &next(),
        "1 trade 100 1 buy\n> buy 1 market\n1 trade 150 1 buy\n2 trade 101 1 buy",
        &expect![[r#"
        1 accepted #1
        2 filled #1 1 @ 101 taker fee 0.202
        USDT 9898.798, BTC 11
    "#]],
    );
}

#[test]
fn slippage_worsens_the_price_and_stays_inside_a_bar() {
    let slipping = ExchangeConfig { slippage_bps: 15, ..next() };
    check(
        &slipping,
        "1 trade 100 1 buy\n> buy 1 market\n> sell 1 market\n2 trade 100 1 sell",
        &expect![[r#"
        1 accepted #1
        1 accepted #2
        2 filled #1 1 @ 100.2 taker fee 0.2004
        2 filled #2 1 @ 99.8 taker fee 0.1996
        USDT 9999.2, BTC 10
    "#]],
    );
    check(
        &slipping,
        "60 bar 100 101 99 100 5\n> buy 1 market\n> sell 1 market\n120 bar 100 100.1 99.9 100 5",
        &expect![[r#"
        60 accepted #1
        60 accepted #2
        120 filled #1 1 @ 100.1 taker fee 0.2002
        120 filled #2 1 @ 99.9 taker fee 0.1998
        USDT 9999.4, BTC 10
    "#]],
    );
    let last = ExchangeConfig { slippage_bps: 15, ..last() };
    check(
        &last,
        "60 bar 100 101 99 101 5\n> buy 1 market\n> sell 1 market",
        &expect![[r#"
        60 accepted #1
        60 filled #1 1 @ 101 taker fee 0.202
        60 accepted #2
        60 filled #2 1 @ 100.8 taker fee 0.2016
        USDT 9999.3964, BTC 10
    "#]],
    );
}

#[test]
fn participation_spreads_an_order_over_what_comes() {
    let config = ExchangeConfig { participation_bps: 1_000, ..next() };
    check(
        &config,
        "1 trade 100 1 buy\n> buy 1 market\n2 trade 100 4 buy\n3 trade 101 5.55 buy\n4 trade 102 9 buy",
        &expect![[r#"
        1 accepted #1
        2 filled #1 0.4 @ 100 taker fee 0.08
        3 filled #1 0.55 @ 101 taker fee 0.1111
        4 filled #1 0.05 @ 102 taker fee 0.0102
        USDT 9899.1487, BTC 11
    "#]],
    );
    check(
        &config,
        "60 bar 100 101 99 100 5\n> buy 1 market\n120 bar 101 102 100 101 5\n180 bar 103 104 103 104 5",
        &expect![[r#"
        60 accepted #1
        120 filled #1 0.5 @ 101 taker fee 0.101
        180 filled #1 0.5 @ 103 taker fee 0.103
        USDT 9897.796, BTC 11
    "#]],
    );
}

#[test]
fn an_order_that_arrives_while_a_bar_forms_meets_only_its_close() {
    let config = ExchangeConfig { entry_latency_us: 250_000, ..next() };
    check(
        &config,
        "60 bar 100 101 99 100 5\n> buy 1 market\n120 bar 101 103 100 102 5",
        &expect![[r#"
        60.25 accepted #1
        120 filled #1 1 @ 102 taker fee 0.204
        USDT 9897.796, BTC 11
    "#]],
    );
}

#[test]
fn what_the_balance_does_not_cover_is_refused_or_canceled() {
    check(
        &next(),
        "1 trade 100 1 buy\n> buy 99.9 market\n> sell 10.01 market\n2 trade 100 1 buy",
        &expect![[r#"
        1 rejected #1 InsufficientBalance
        1 rejected #2 InsufficientBalance
        USDT 10000, BTC 10
    "#]],
    );
    check(
        &next(),
        "1 trade 100 1 buy\n> buy 99 market\n2 trade 101 1 buy",
        &expect![[r#"
        1 accepted #1
        2 canceled #1 InsufficientBalance
        USDT 10000, BTC 10
    "#]],
    );
    check(
        &next(),
        "1 trade 100 1 buy\n> sell 10 market\n> sell 10 market\n2 trade 101 1 buy",
        &expect![[r#"
        1 accepted #1
        1 rejected #2 InsufficientBalance
        2 filled #1 10 @ 101 taker fee 2.02
        USDT 11007.98, BTC 0
    "#]],
    );
}

#[test]
fn finer_data_fill_and_coarser_do_not() {
    check(
        &next(),
        "1 trade 100 1 buy\n59 trade 101 1 buy\n> buy 1 market\n60 bar 100 101 100 101 2\n61 trade 102 1 buy",
        &expect![[r#"
            59 accepted #1
            61 filled #1 1 @ 102 taker fee 0.204
            USDT 9897.796, BTC 11
        "#]],
    );
    check(
        &next(),
        "3600 bar 100 101 99 100 1\n> buy 1 market\n3600 hour 90 101 90 100 9\n3660 bar 101 101 101 101 1",
        &expect![[r#"
            3600 accepted #1
            3660 filled #1 1 @ 101 taker fee 0.202
            USDT 9898.798, BTC 11
        "#]],
    );
}

#[test]
fn a_fill_at_the_open_happened_when_the_bar_opened_and_is_told_when_it_closes() {
    let mut times = Vec::new();
    run(&next(), "60 bar 100 101 99 100 5\n> buy 1 market\n180 bar 101 102 100 101 5", |record, _| {
        if let Event::Input(Input::OrderFilled(fill)) = &record.event {
            times.push((fill.venue_at, record.at));
        }
    });
    assert_eq!(times, [(Timestamp(120 * SECOND_NS), Timestamp(180 * SECOND_NS))]);
}

#[test]
fn the_range_of_a_bar_binds_no_trade_after_it() {
    let slipping = ExchangeConfig { slippage_bps: 15, ..last() };
    check(
        &slipping,
        "60 bar 100 101 99 100 5\n61 trade 110 1 buy\n> buy 1 market",
        &expect![[r#"
        61 accepted #1
        61 filled #1 1 @ 110.2 taker fee 0.2204
        USDT 9889.5796, BTC 11
    "#]],
    );
}

#[test]
fn slippage_counts_when_the_balance_is_checked() {
    let slipping = ExchangeConfig { slippage_bps: 200, ..next() };
    check(
        &slipping,
        "1 trade 100 1 buy\n> buy 99 market",
        &expect![[r#"
        1 rejected #1 InsufficientBalance
        USDT 10000, BTC 10
    "#]],
    );
}
