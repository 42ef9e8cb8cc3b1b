//! Each reason for a denial, and the order just within the limit that passes.

use engine::event::Command;
use engine::market::{BookLevels, Level, Side};
use engine::number::{FixedPrice, FixedSize};
use engine::order::{Amendment, Bracket, OrderKind, OrderRequest};
use engine::risk::{Breakers, Limits, LossStreak, LowProfit, Policy};
use engine::time::SECOND_NS;
use expect_test::{Expect, expect};

use crate::scene::{bps, buy, by_hand, days, limits, lines, round_trip, scene, sure};
use crate::stage::{BTC, ETH, Stage, limit, request};

fn shows(stage: &mut Stage, expected: &Expect) {
    expected.assert_eq(&lines(stage, &["> order", "> denied", "> amend", "> breaker", "> cancel"]));
}

#[test]
fn low_confidence() {
    let mut stage = scene("1", limits(Limits { min_confidence_bps: 4_500, ..Limits::off() }));
    stage.cue(0, sure(BTC, 4_499));
    stage.trade(10_000);
    stage.cue(0, sure(BTC, 4_500));
    stage.trade(10_000);
    shows(
        &mut stage,
        &expect![[r#"
        8 00:07Z > denied alpha BTC-USDT confidence 44.99% is below 45% ^7
        11 00:08Z > order #11 alpha buy 1 BTC-USDT market ^10
    "#]],
    );
}

#[test]
fn asset_exposure() {
    let mut stage = scene("1", limits(Limits { asset: bps(3_000), ..Limits::off() }));
    // Both in one step: the second counts the first, whoever asks.
    stage.cue(0, buy("2", OrderKind::Market));
    stage.cue(1, buy("1.01", OrderKind::Market));
    stage.cue(1, buy("1", OrderKind::Market));
    stage.trade(10_000);
    stage.operator(by_hand(BTC, "0.05"));
    shows(
        &mut stage,
        &expect![[r#"
            7 00:07Z > order #7 alpha buy 2 BTC-USDT market ^6
            8 00:07Z > denied beta BTC-USDT the asset's exposure would be 30.1%, 30% is the most ^6
            9 00:07Z > order #9 beta buy 1 BTC-USDT market ^6
            11 00:08Z > denied operator BTC-USDT the asset's exposure would be 30.5%, 30% is the most ^10
        "#]],
    );
}

#[test]
fn total_exposure() {
    let mut stage = scene("1", limits(Limits { exposure: bps(5_000), ..Limits::off() }));
    stage.cue(0, buy("4", limit("99")));
    stage.trade(10_000);
    stage.operator(by_hand(ETH, "10.41"));
    stage.operator(by_hand(ETH, "10.4"));
    shows(
        &mut stage,
        &expect![[r#"
            7 00:07Z > order #7 alpha buy 4 BTC-USDT limit 99 gtc ^6
            9 00:08Z > denied operator ETH-USDT the exposure would be 50.01%, 50% is the most ^8
            11 00:09Z > order #11 operator buy 10.4 ETH-USDT market ^10
        "#]],
    );
}

#[test]
fn trade_risk() {
    let mut stage = scene("1", limits(Limits { trade_risk: bps(200), ..Limits::off() }));
    let stop = |stop: &str| Some(Bracket { stop: stop.parse().ok(), target: None });
    let (far, near) = (stop("89"), stop("90"));
    stage.cue(0, move |ctx| ctx.submit(OrderRequest { bracket: far, ..request(Side::Buy, "2", OrderKind::Market) }));
    stage.cue(0, move |ctx| ctx.submit(OrderRequest { bracket: near, ..request(Side::Buy, "2", OrderKind::Market) }));
    stage.trade(10_000);
    shows(
        &mut stage,
        &expect![[r#"
            7 00:07Z > denied alpha BTC-USDT the trade's risk would be 2.2%, 2% is the most ^6
            8 00:07Z > order #8 alpha buy 2 BTC-USDT market stop 90 ^6
        "#]],
    );
}

#[test]
fn correlated_exposure() {
    let policy = || limits(Limits { correlated: bps(6_000), ..Limits::off() });
    let swing = |day: i64| if day % 2 == 0 { 0 } else { 100 };
    // Together: 4 of the first and 2.1 of the second are 61 %.
    let mut stage = scene("1", policy());
    days(&mut stage, 25, |day| (10_000 + swing(day) * 5, 1_000 + swing(day)));
    stage.trade(10_000);
    stage.trade_in(ETH, 1_000);
    stage.operator(by_hand(BTC, "4"));
    stage.operator(by_hand(ETH, "21"));
    shows(
        &mut stage,
        &expect![[r#"
            59 1970-01-26T00:00:59Z > order #59 operator buy 4 BTC-USDT market ^58
            61 1970-01-26T00:01:00Z > denied operator ETH-USDT the correlated exposure would be 61%, 60% is the most ^60
        "#]],
    );
    // Against each other it is none.
    let mut stage = scene("1", policy());
    days(&mut stage, 25, |day| (10_000 + swing(day) * 5, 1_100 - swing(day)));
    stage.trade(10_000);
    stage.trade_in(ETH, 1_000);
    stage.operator(by_hand(BTC, "4"));
    stage.operator(by_hand(ETH, "21"));
    shows(
        &mut stage,
        &expect![[r#"
        59 1970-01-26T00:00:59Z > order #59 operator buy 4 BTC-USDT market ^58
        61 1970-01-26T00:01:00Z > order #61 operator buy 21 ETH-USDT market ^60
    "#]],
    );
}

#[test]
fn value_at_risk() {
    let mut stage = scene("1", limits(Limits { value_at_risk: bps(500), ..Limits::off() }));
    // Every other day it falls by 10 %.
    days(&mut stage, 25, |day| (if day % 2 == 0 { 10_000 } else { 9_000 }, 1_000));
    stage.trade(10_000);
    stage.operator(by_hand(BTC, "5.01"));
    stage.operator(by_hand(BTC, "5"));
    shows(
        &mut stage,
        &expect![[r#"
            58 1970-01-26T00:00:58Z > denied operator BTC-USDT the value at risk would be 5.01%, 5% is the most ^57
            60 1970-01-26T00:00:59Z > order #60 operator buy 5 BTC-USDT market ^59
        "#]],
    );
}

#[test]
fn order_too_large() {
    let mut stage = scene("1", limits(Limits { order: bps(5_000), ..Limits::off() }));
    stage.operator(by_hand(BTC, "5.01"));
    stage.operator(by_hand(BTC, "5"));
    stage.operator(by_hand(BTC, "5"));
    shows(
        &mut stage,
        &expect![[r#"
            7 00:07Z > denied operator BTC-USDT the order would be 50.1%, 50% is the most ^6
            9 00:08Z > order #9 operator buy 5 BTC-USDT market ^8
            11 00:09Z > order #11 operator buy 5 BTC-USDT market ^10
        "#]],
    );
}

#[test]
fn price_band() {
    let mut stage = scene("1", limits(Limits { price_band: bps(200), ..Limits::off() }));
    stage.cue(0, buy("1", limit("102.01")));
    stage.cue(0, buy("1", limit("102")));
    // Far below it only waits.
    stage.cue(0, buy("1", limit("50")));
    stage.trade(10_000);
    // A market order by what the book says that it pays.
    let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
    let (bids, asks) = (Box::new([level(9_999, 100)]), Box::new([level(10_001, 100), level(10_300, 100)]));
    stage.input(engine::event::Input::BookSnapshot(Box::new(BookLevels { instrument: BTC, venue_at: stage.at, bids, asks })));
    stage.operator(by_hand(BTC, "1.01"));
    stage.operator(by_hand(BTC, "1"));
    shows(
        &mut stage,
        &expect![[r#"
        7 00:07Z > denied alpha BTC-USDT the price is 2.01% from the last one, 2% is the most ^6
        8 00:07Z > order #8 alpha buy 1 BTC-USDT limit 102 gtc ^6
        9 00:07Z > order #9 alpha buy 1 BTC-USDT limit 50 gtc ^6
        12 00:09Z > denied operator BTC-USDT the price is 3% from the last one, 2% is the most ^11
        14 00:10Z > order #14 operator buy 1 BTC-USDT market ^13
    "#]],
    );
}

#[test]
fn too_many_positions() {
    let mut stage = scene("1", limits(Limits { positions: Some(1), ..Limits::off() }));
    stage.cue(0, buy("1", limit("99")));
    stage.cue(1, buy("1", limit("99")));
    // More of the same is no new position.
    stage.cue(0, buy("1", limit("98")));
    stage.trade(10_000);
    shows(
        &mut stage,
        &expect![[r#"
        7 00:07Z > order #7 alpha buy 1 BTC-USDT limit 99 gtc ^6
        8 00:07Z > order #8 alpha buy 1 BTC-USDT limit 98 gtc ^6
        9 00:07Z > denied beta BTC-USDT 1 positions are open, the limit ^6
    "#]],
    );
}

#[test]
fn stale_data() {
    let mut stage = scene("1", limits(Limits { stale_ns: Some(60 * SECOND_NS), ..Limits::off() }));
    stage.trade(10_000);
    stage.at = stage.at.plus_ns(60 * SECOND_NS);
    stage.operator(by_hand(BTC, "1"));
    stage.trade(10_000);
    stage.at = stage.at.plus_ns(59 * SECOND_NS);
    stage.operator(by_hand(BTC, "1"));
    shows(
        &mut stage,
        &expect![[r#"
        8 01:08Z > denied operator BTC-USDT the data are 61 s old, 60 s is the most ^7
        11 02:09Z > order #11 operator buy 1 BTC-USDT market ^10
    "#]],
    );
}

#[test]
fn order_rate() {
    let mut stage = scene("1", limits(Limits { orders_per_second: Some(2), ..Limits::off() }));
    for _ in 0..3 {
        stage.cue(0, buy("1", limit("90")));
    }
    stage.trade(10_000);
    // Ways out are never too fast.
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", limit("200"))));
    stage.cue(0, buy("1", limit("90")));
    stage.trade(10_000);
    shows(
        &mut stage,
        &expect![[r#"
        7 00:07Z > order #7 alpha buy 1 BTC-USDT limit 90 gtc ^6
        8 00:07Z > order #8 alpha buy 1 BTC-USDT limit 90 gtc ^6
        9 00:07Z > denied alpha BTC-USDT 2 orders in a second, the limit ^6
        11 00:08Z > order #11 alpha sell 1 BTC-USDT limit 200 gtc ^10
        12 00:08Z > order #12 alpha buy 1 BTC-USDT limit 90 gtc ^10
    "#]],
    );
}

#[test]
fn no_equity() {
    let mut stage = scene("1", limits(Limits { asset: bps(3_000), ..Limits::off() }));
    stage.input(engine::event::Input::Deposited { currency: "BNB".parse().unwrap(), amount: "1".parse().unwrap() });
    stage.operator(by_hand(BTC, "1"));
    stage.input(engine::event::Input::Deposited { currency: "BNB".parse().unwrap(), amount: "-1".parse().unwrap() });
    stage.input(engine::event::Input::Deposited { currency: "USDT".parse().unwrap(), amount: "-1000".parse().unwrap() });
    stage.operator(by_hand(BTC, "1"));
    shows(
        &mut stage,
        &expect![[r#"
        8 00:08Z > denied operator BTC-USDT the equity is not known, or nothing is left of it ^7
        12 00:11Z > denied operator BTC-USDT the equity is not known, or nothing is left of it ^11
    "#]],
    );
}

#[test]
fn halted() {
    let mut stage = scene("1", Policy::off());
    stage.cue(0, buy("1", limit("90")));
    stage.trade(10_000);
    let order = stage.orders[0];
    stage.operator(Command::Halt);
    stage.operator(by_hand(BTC, "1"));
    stage.cue(0, sure(BTC, 10_000));
    stage.cue(0, move |ctx| ctx.amend(Amendment { order, quantity: "2".parse().ok(), price: None, trigger: None }));
    stage.cue(0, move |ctx| ctx.amend(Amendment { order, quantity: "0.5".parse().ok(), price: None, trigger: None }));
    stage.cue(0, |ctx| ctx.submit(request(Side::Sell, "1", OrderKind::Market)));
    stage.trade(10_000);
    stage.operator(Command::Resume);
    stage.operator(by_hand(BTC, "1"));
    shows(
        &mut stage,
        &expect![[r#"
        7 00:07Z > order #7 alpha buy 1 BTC-USDT limit 90 gtc ^6
        10 00:09Z > denied operator BTC-USDT trading is halted ^9
        13 00:10Z > denied alpha trading is halted ^11
        14 00:10Z > amend #7 quantity 0.5 ^11
        15 00:10Z > order #15 alpha sell 1 BTC-USDT market ^11
        18 00:12Z > order #18 operator buy 1 BTC-USDT market ^17
    "#]],
    );
}

#[test]
fn paused_by_falls() {
    let with = |breakers| Policy { breakers, ..Policy::off() };
    let off = Breakers::off;
    for (policy, expected) in [
        (
            with(Breakers { daily_loss: bps(500), ..off() }),
            expect![[r#"
                7 00:07Z > order #7 operator buy 5 BTC-USDT market ^6
                11 00:10Z > order #11 operator buy 1 ETH-USDT market ^10
                13 00:11Z > breaker daily loss 0.0505 of 0.05 until 1970-01-02T00:00:00Z ^12
                14 00:11Z > cancel #11 ^13
                16 00:12Z > denied operator ETH-USDT paused by daily loss until 1970-01-02T00:00:00Z ^15
                20 00:15Z > order #20 operator buy 1 ETH-USDT market ^19
            "#]],
        ),
        (
            with(Breakers { drawdown: bps(500), ..off() }),
            expect![[r#"
                7 00:07Z > order #7 operator buy 5 BTC-USDT market ^6
                11 00:10Z > order #11 operator buy 1 ETH-USDT market ^10
                13 00:11Z > breaker drawdown 0.0505 of 0.05 until resumed ^12
                14 00:11Z > cancel #11 ^13
                16 00:12Z > denied operator ETH-USDT paused by drawdown until resumed ^15
                20 00:15Z > order #20 operator buy 1 ETH-USDT market ^19
            "#]],
        ),
        (
            with(Breakers { emergency: bps(500), ..off() }),
            expect![[r#"
                7 00:07Z > order #7 operator buy 5 BTC-USDT market ^6
                11 00:10Z > order #11 operator buy 1 ETH-USDT market ^10
                13 00:11Z > breaker emergency stop 0.0505 of 0.05 until resumed ^12
                14 00:11Z > cancel #11 ^13
                15 00:11Z > order #15 operator sell 5 BTC-USDT market ^13
                17 00:12Z > denied operator ETH-USDT paused by emergency stop until resumed ^16
                21 00:15Z > order #21 operator buy 1 ETH-USDT market ^20
            "#]],
        ),
    ] {
        let mut stage = scene("1", policy);
        stage.operator(by_hand(BTC, "5"));
        stage.fill(0, 1, "5 @ 100");
        stage.trade(9_011);
        stage.operator(by_hand(ETH, "1"));
        // 500 and a fee of 0.5 were paid: 950.05 before, 949.50 now.
        stage.trade(9_000);
        stage.operator(by_hand(ETH, "1"));
        stage.trade(8_000);
        stage.operator(Command::Resume);
        stage.operator(by_hand(ETH, "1"));
        shows(&mut stage, &expected);
    }
}

#[test]
fn paused_by_trades() {
    let with = |breakers| Policy { breakers, ..Policy::off() };
    let hour = 3_600 * SECOND_NS;
    let streak = Some(LossStreak { trades: 2, pause_ns: hour });
    let rule = Some(LowProfit { trades: 2, pause_ns: hour, ..LowProfit::default() });
    for (policy, expected) in [
        (
            with(Breakers { losses: streak, ..Breakers::off() }),
            expect![[r#"
            20 1970-01-01T01:00:15Z > denied operator BTC-USDT paused by losses in a row until 1970-01-01T02:00:14Z ^19
            22 1970-01-01T01:00:16Z > denied operator ETH-USDT paused by losses in a row until 1970-01-01T02:00:14Z ^21
            24 1970-01-01T02:00:13Z > denied operator BTC-USDT paused by losses in a row until 1970-01-01T02:00:14Z ^23
            26 1970-01-01T02:00:14Z > order #26 operator buy 1 BTC-USDT market ^25
        "#]],
        ),
        (
            with(Breakers { cooldown_ns: Some(hour), ..Breakers::off() }),
            expect![[r#"
            21 1970-01-01T01:00:15Z > denied operator BTC-USDT paused by cooldown until 1970-01-01T02:00:14Z ^20
            23 1970-01-01T01:00:16Z > order #23 operator buy 1 ETH-USDT market ^22
            25 1970-01-01T02:00:13Z > denied operator BTC-USDT paused by cooldown until 1970-01-01T02:00:14Z ^24
            27 1970-01-01T02:00:14Z > order #27 operator buy 1 BTC-USDT market ^26
        "#]],
        ),
        (
            with(Breakers { low_profit: rule, ..Breakers::off() }),
            expect![[r#"
            20 1970-01-01T01:00:15Z > denied operator BTC-USDT paused by low profit until 1970-01-01T02:00:14Z ^19
            22 1970-01-01T01:00:16Z > order #22 operator buy 1 ETH-USDT market ^21
            24 1970-01-01T02:00:13Z > denied operator BTC-USDT paused by low profit until 1970-01-01T02:00:14Z ^23
            26 1970-01-01T02:00:14Z > order #26 operator buy 1 BTC-USDT market ^25
        "#]],
        ),
    ] {
        let mut stage = scene("1", policy);
        round_trip(&mut stage, [10_000, 9_700]);
        stage.at = stage.at.plus_ns(hour);
        round_trip(&mut stage, [10_000, 9_700]);
        lines(&mut stage, &[]);
        let ended = stage.at;
        stage.operator(by_hand(BTC, "1"));
        stage.operator(by_hand(ETH, "1"));
        stage.at = ended.plus_ns(hour - 2 * SECOND_NS);
        stage.operator(by_hand(BTC, "1"));
        stage.operator(by_hand(BTC, "1"));
        shows(&mut stage, &expected);
    }
}
