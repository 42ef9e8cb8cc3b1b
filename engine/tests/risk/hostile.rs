//! Ways around the limits, and numbers that break sums.

use engine::event::{Command, Input};
use engine::market::Side;
use engine::order::{Amendment, OrderKind, OrderRequest};
use engine::risk::{Limits, Policy};
use engine::sizing::{Kelly, Sizing};
use expect_test::expect;

use crate::scene::{bps, buy, by_hand, limits, lines, scene, sure};
use crate::stage::{BTC, ETH, Stage, instrument, limit};

const SHOWN: [&str; 3] = ["> order", "> denied", "> amend"];

fn amend(stage: &Stage, order: usize, quantity: Option<&'static str>, price: Option<&'static str>) {
    let order = stage.orders[order];
    let (quantity, price) = (quantity.and_then(|text| text.parse().ok()), price.and_then(|text| text.parse().ok()));
    stage.cue(0, move |ctx| ctx.amend(Amendment { order, quantity, price, trigger: None }));
}

#[test]
fn amendments_on_their_way_count() {
    let mut stage = scene("1", limits(Limits { asset: bps(3_000), ..Limits::off() }));
    stage.cue(0, buy("1", limit("100")));
    stage.cue(0, buy("1", limit("100")));
    stage.trade(10_000);
    amend(&stage, 0, Some("2"), None);
    amend(&stage, 1, Some("2"), None);
    stage.cue(0, buy("0.05", limit("100")));
    stage.trade(10_000);
    // Refused, it counts no more.
    stage.input(Input::AmendRejected { order: stage.orders[0], reason: engine::order::RejectReason::NotAmendable });
    amend(&stage, 1, Some("2"), None);
    stage.trade(10_000);
    expect![[r#"
        7 00:07Z > order #7 alpha buy 1 BTC-USDT limit 100 gtc ^6
        8 00:07Z > order #8 alpha buy 1 BTC-USDT limit 100 gtc ^6
        10 00:08Z > amend #7 quantity 2 ^9
        11 00:08Z > denied alpha the asset's exposure would be 40%, 30% is the most ^9
        12 00:08Z > denied alpha BTC-USDT the asset's exposure would be 30.5%, 30% is the most ^9
        15 00:10Z > amend #8 quantity 2 ^14
    "#]]
    .assert_eq(&lines(&mut stage, &SHOWN));
}

#[test]
fn slices_of_an_order_are_one_order() {
    let mut stage = scene("1", limits(Limits { order: bps(5_000), ..Limits::off() }));
    stage.cue(0, buy("4", limit("100")));
    stage.trade(10_000);
    stage.fill(0, 1, "3 @ 100");
    amend(&stage, 0, Some("5.01"), None);
    // What has filled does not pay for what is to come.
    amend(&stage, 0, Some("8"), Some("50"));
    amend(&stage, 0, Some("4.9"), None);
    stage.trade(10_000);
    expect![[r#"
        7 00:07Z > order #7 alpha buy 4 BTC-USDT limit 100 gtc ^6
        10 00:09Z > denied alpha the order would be 50.12%, 50% is the most ^9
        11 00:09Z > denied alpha the order would be 80.02%, 50% is the most ^9
        12 00:09Z > amend #7 quantity 4.9 ^9
    "#]]
    .assert_eq(&lines(&mut stage, &SHOWN));
}

#[test]
fn a_price_that_the_kind_does_not_have_makes_nothing_cheaper() {
    let mut stage = scene("1", limits(Limits { asset: bps(3_000), ..Limits::off() }));
    stage.cue(0, buy("1", OrderKind::StopMarket { trigger: "101".parse().unwrap() }));
    stage.trade(10_000);
    amend(&stage, 0, Some("20"), Some("1"));
    // Worth what it is triggered at.
    stage.cue(0, buy("1", OrderKind::StopMarket { trigger: "250".parse().unwrap() }));
    stage.trade(10_000);
    expect![[r#"
        7 00:07Z > order #7 alpha buy 1 BTC-USDT stop-market 101 ^6
        9 00:08Z > denied alpha the asset's exposure would be 202%, 30% is the most ^8
        10 00:08Z > denied alpha BTC-USDT the asset's exposure would be 35.1%, 30% is the most ^8
    "#]]
    .assert_eq(&lines(&mut stage, &SHOWN));
}

#[test]
fn numbers_at_the_ends() {
    let huge = "79228162514264337593543950335";
    let mut stage = scene("95%", Policy { limits: Limits { min_confidence_bps: 0, ..Limits::default() }, ..Policy::default() });
    for fee in [huge, "-79228162514264337593543950335", "-1"] {
        let mut rules = instrument(ETH, "ETH", "USDT");
        rules.taker_fee = fee.parse().unwrap();
        stage.list(rules);
        stage.cue(0, sure(ETH, 10_000));
        stage.trade_in(ETH, 1_000);
        stage.trade_in(ETH, i64::MAX);
        stage.cue(1, sure(ETH, 10_000));
        stage.trade_in(ETH, 1);
    }
    stage.trade(1);
    let request = OrderRequest { kind: limit(huge), ..crate::stage::request(Side::Buy, huge, OrderKind::Market) };
    stage.operator(Command::Submit(request));
    stage.operator(by_hand(BTC, huge));
    let orders = lines(&mut stage, &["> order"]);
    assert!(!orders.contains("operator"), "{orders}");
    let kelly = Kelly { prior_win_rate: huge.parse().unwrap(), prior_win: huge.parse().unwrap(), ..Kelly::default() };
    let mut stage = scene("kelly", Policy { sizing: Sizing { kelly, ..Sizing::default() }, ..Policy::off() });
    stage.cue(0, sure(BTC, 10_000));
    stage.trade(10_000);
}
