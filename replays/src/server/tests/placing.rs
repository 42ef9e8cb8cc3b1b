//! What a client sees of each kind of order.

use engine::market::Side;
use expect_test::{Expect, expect};
use serde_json::json;

use super::stage::Stage;
use crate::server::shown::merged;

fn check(play: impl FnOnce(&mut Stage), expected: &Expect) {
    let mut stage = Stage::with_book();
    play(&mut stage);
    expected.assert_eq(&stage.told);
}

#[test]
fn a_limit_order_rests_and_fills_as_the_market_comes_to_it() {
    check(
        |stage| {
            stage.order("buy", "limit", "0.5", &json!({"px": "99.5", "clOrdId": "a1"}));
            stage.note("-- sellers come");
            stage.sized_trade("99.5", "0.2", Side::Sell);
            stage.book(&["99.4"], &["99.6"]);
            stage.sized_trade("99.4", "5", Side::Sell);
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/0.5 at 99.5
            account USDT 10000 (49.75 frozen)
            -- sellers come
            orders #1 limit buy filled 0.5/0.5 at 99.5 | 0.5 x 99.5 M fee -0.0004 BTC
            account BTC 10.4996 USDT 9950.25
        "#]],
    );
}

#[test]
fn a_limit_order_takes_what_is_there_and_rests_with_the_rest() {
    check(
        |stage| {
            stage.order("buy", "limit", "1.5", &json!({"px": "100.1", "tgtCcy": "base_ccy"}));
            stage.order("sell", "limit", "2.5", &json!({"px": "99.8"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/1.5 at 100.1
            orders #1 limit buy partially_filled 1/1.5 at 100.1 | 1 x 100.1 T fee -0.001 BTC
            account BTC 10.999 USDT 9899.9 (50.05 frozen)
            = 0 #2
            orders #2 limit sell live 0/2.5 at 99.8
            orders #2 limit sell partially_filled 1/2.5 at 99.8 | 1 x 99.9 T fee -0.0999 USDT
            orders #2 limit sell partially_filled 2/2.5 at 99.8 | 1 x 99.8 T fee -0.0998 USDT
            account BTC 8.999 (0.5 frozen) USDT 10099.4003 (50.05 frozen)
        "#]],
    );
}

#[test]
fn a_post_only_order_is_taken_and_then_canceled_when_it_would_take() {
    check(
        |stage| {
            stage.order("buy", "post_only", "0.5", &json!({"px": "100.1"}));
            stage.order("buy", "post_only", "0.5", &json!({"px": "100"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 post_only buy live 0/0.5 at 100.1
            orders #1 post_only buy canceled 0/0.5 at 100.1 cancelSource 31
            = 0 #2
            orders #2 post_only buy live 0/0.5 at 100
            account USDT 10000 (50 frozen)
        "#]],
    );
}

#[test]
fn fok_and_ioc_orders_end_at_once() {
    check(
        |stage| {
            stage.order("buy", "fok", "1.5", &json!({"px": "100.1"}));
            stage.order("buy", "fok", "1.5", &json!({"px": "100.2"}));
            stage.order("sell", "ioc", "1.5", &json!({"px": "99.9"}));
            stage.order("sell", "ioc", "1", &json!({"px": "105"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 fok buy live 0/1.5 at 100.1
            orders #1 fok buy canceled 0/1.5 at 100.1 cancelSource 13
            = 0 #2
            orders #2 fok buy live 0/1.5 at 100.2
            orders #2 fok buy partially_filled 1/1.5 at 100.2 | 1 x 100.1 T fee -0.001 BTC
            orders #2 fok buy filled 1.5/1.5 at 100.2 | 0.5 x 100.2 T fee -0.0005 BTC
            account BTC 11.4985 USDT 9849.8
            = 0 #3
            orders #3 ioc sell live 0/1.5 at 99.9
            orders #3 ioc sell partially_filled 1/1.5 at 99.9 | 1 x 99.9 T fee -0.0999 USDT
            orders #3 ioc sell canceled 1/1.5 at 99.9 cancelSource 14
            account BTC 10.4985 USDT 9949.6001
            = 0 #4
            orders #4 ioc sell live 0/1 at 105
            orders #4 ioc sell canceled 0/1 at 105 cancelSource 14
        "#]],
    );
}

#[test]
fn market_orders_are_sized_in_either_currency() {
    check(
        |stage| {
            stage.order("buy", "market", "150", &json!({}));
            stage.order("buy", "market", "0.2", &json!({"tgtCcy": "base_ccy"}));
            stage.order("sell", "market", "0.7", &json!({}));
            stage.order("sell", "market", "50", &json!({"tgtCcy": "quote_ccy"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 market buy live 0/150 in quote_ccy
            orders #1 market buy partially_filled 1/150 in quote_ccy | 1 x 100.1 T fee -0.001 BTC
            orders #1 market buy filled 1.498/150 in quote_ccy | 0.498 x 100.2 T fee -0.000498 BTC
            account BTC 11.496502 USDT 9850.0004
            = 0 #2
            orders #2 market buy live 0/0.2 in base_ccy
            orders #2 market buy filled 0.2/0.2 in base_ccy | 0.2 x 100.2 T fee -0.0002 BTC
            account BTC 11.696302 USDT 9829.9604
            = 0 #3
            orders #3 market sell live 0/0.7 in base_ccy
            orders #3 market sell filled 0.7/0.7 in base_ccy | 0.7 x 99.9 T fee -0.06993 USDT
            account BTC 10.996302 USDT 9899.82047
            = 0 #4
            orders #4 market sell live 0/50 in quote_ccy
            orders #4 market sell partially_filled 0.3/50 in quote_ccy | 0.3 x 99.9 T fee -0.02997 USDT
            orders #4 market sell filled 0.5/50 in quote_ccy | 0.2 x 99.8 T fee -0.01996 USDT
            account BTC 10.496302 USDT 9949.70054
        "#]],
    );
}

#[test]
fn a_market_order_beyond_the_book_ends_with_it() {
    check(
        |stage| {
            stage.order("sell", "market", "3", &json!({}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 market sell live 0/3 in base_ccy
            orders #1 market sell partially_filled 1/3 in base_ccy | 1 x 99.9 T fee -0.0999 USDT
            orders #1 market sell partially_filled 2/3 in base_ccy | 1 x 99.8 T fee -0.0998 USDT
            orders #1 market sell canceled 2/3 in base_ccy cancelSource 14
            account BTC 8 USDT 10199.5003
        "#]],
    );
}

#[test]
fn market_orders_shrink_to_the_funds_unless_that_is_forbidden() {
    check(
        |stage| {
            stage.order("buy", "limit", "98", &json!({"px": "99"}));
            stage.order("buy", "market", "5000", &json!({"banAmend": true}));
            stage.order("buy", "market", "5000", &json!({}));
            stage.order("sell", "limit", "9.5", &json!({"px": "110"}));
            stage.order("sell", "market", "4", &json!({"banAmend": "true"}));
            stage.order("sell", "market", "4", &json!({"banAmend": ""}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/98 at 99
            account USDT 10000 (9702 frozen)
            = 1 [51008 Order failed. Your available USDT balance is insufficient.]
            = 0 #2
            orders #2 market buy live 0/298 in quote_ccy
            orders #2 market buy partially_filled 1/298 in quote_ccy | 1 x 100.1 T fee -0.001 BTC
            orders #2 market buy partially_filled 2/298 in quote_ccy | 1 x 100.2 T fee -0.001 BTC
            orders #2 market buy canceled 2/298 in quote_ccy cancelSource 14
            account BTC 11.998 USDT 9799.7 (9702 frozen)
            = 0 #3
            orders #3 limit sell live 0/9.5 at 110
            account BTC 11.998 (9.5 frozen)
            = 1 [51008 Order failed. Your available BTC balance is insufficient.]
            = 0 #4
            orders #4 market sell live 0/2.498 in base_ccy
            orders #4 market sell partially_filled 1/2.498 in base_ccy | 1 x 99.9 T fee -0.0999 USDT
            orders #4 market sell partially_filled 2/2.498 in base_ccy | 1 x 99.8 T fee -0.0998 USDT
            orders #4 market sell canceled 2/2.498 in base_ccy cancelSource 14
            account BTC 9.998 (9.5 frozen) USDT 9999.2003 (9702 frozen)
        "#]],
    );
}

#[test]
fn trades_or_bars_alone_are_enough_for_market_orders() {
    let mut stage = Stage::new();
    stage.order("buy", "market", "100", &json!({}));
    stage.trade("100");
    stage.order("buy", "market", "100", &json!({}));
    expect![[r#"
        = 1 [50013 System is busy: there is no price to trade at yet. Please try again later.]
        = 0 #1
        orders #1 market buy live 0/100 in quote_ccy
        orders #1 market buy filled 1/100 in quote_ccy | 1 x 100 T fee -0.001 BTC
        account BTC 10.999 USDT 9900
    "#]]
    .assert_eq(&stage.told);

    let mut stage = Stage::new();
    stage.bar(["100", "101", "99", "100.5"]);
    stage.order("sell", "market", "0.1", &json!({}));
    stage.order("buy", "market", "0.1", &json!({"tgtCcy": "base_ccy"}));
    expect![[r#"
        = 0 #1
        orders #1 market sell live 0/0.1 in base_ccy
        orders #1 market sell filled 0.1/0.1 in base_ccy | 0.1 x 100.5 T fee -0.01005 USDT
        account BTC 9.9 USDT 10010.03995
        = 0 #2
        orders #2 market buy live 0/0.1 in base_ccy
        orders #2 market buy filled 0.1/0.1 in base_ccy | 0.1 x 100.5 T fee -0.0001 BTC
        account BTC 9.9999 USDT 9999.98995
    "#]]
    .assert_eq(&stage.told);
}

#[test]
fn what_is_attached_comes_to_life_with_what_was_bought_less_its_fee() {
    check(
        |stage| {
            let attached = json!([{"tpTriggerPx": "110", "tpOrdPx": "-1", "slTriggerPx": "95", "slOrdPx": "-1"}]);
            stage.order("buy", "limit", "0.5", &json!({"px": "100.1", "attachAlgoOrds": attached}));
            stage.note("-- one that never fills brings nothing");
            let stop = json!([{"slTriggerPx": "80", "slOrdPx": "-1"}]);
            let id = stage.order("buy", "limit", "0.5", &json!({"px": "90", "attachAlgoOrds": stop}));
            stage.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "ordId": id}));
            stage.note("-- the stop is reached");
            stage.book(&["94", "93"], &["96"]);
            stage.trade("95");
        },
        &expect![[r#"
            = 0 #2
            orders #2 limit buy live 0/0.5 at 100.1
            orders #2 limit buy filled 0.5/0.5 at 100.1 | 0.5 x 100.1 T fee -0.0005 BTC
            orders-algo #1 oco sell live 0.499 tp 110/-1 sl 95/-1
            account BTC 10.4995 USDT 9949.95
            -- one that never fills brings nothing
            = 0 #4
            orders #4 limit buy live 0/0.5 at 90
            account USDT 9949.95 (45 frozen)
            = 0 #4
            orders #4 limit buy canceled 0/0.5 at 90 cancelSource 1
            account USDT 9949.95
            -- the stop is reached
            orders-algo #1 oco sell effective 0.499 tp 110/-1 sl 95/-1 as sl order #5 0.499 x 94
            orders #5 market sell live 0/0.499 in base_ccy source 7
            orders #5 market sell filled 0.499/0.499 in base_ccy source 7 | 0.499 x 94 T fee -0.046906 USDT
            account BTC 10.0005 USDT 9996.809094
        "#]],
    );
}

#[test]
fn a_batch_tells_of_each_order() {
    check(
        |stage| {
            let order = |size: &str, id: &str| {
                let pair = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit"});
                merged(pair, json!({"px": "90", "sz": size, "clOrdId": id}))
            };
            stage.post("trade/batch-orders", &json!([order("1", "a"), order("1", "b")]));
            stage.post("trade/batch-orders", &json!([order("1", "c"), order("0", "d"), order("1", "c"), order("1", "a")]));
            stage.post("trade/batch-orders", &json!([order("0", "e")]));
            stage.post("trade/batch-orders", &json!([]));
            stage.post("trade/batch-orders", &json!(vec![order("1", ""); 21]));
            stage.post(
                "trade/cancel-batch-orders",
                &json!([
                    {"instId": "BTC-USDT", "clOrdId": "a"}, {"instId": "BTC-USDT", "clOrdId": "zz"},
                ]),
            );
        },
        &expect![[r#"
            = 0 #1 #2
            orders #1 limit buy live 0/1 at 90
            account USDT 10000 (90 frozen)
            orders #2 limit buy live 0/1 at 90
            account USDT 10000 (180 frozen)
            = 2 #3 [51000 Parameter sz  error] [51016 Client order ID already exists.] [51016 Client order ID already exists.]
            orders #3 limit buy live 0/1 at 90
            account USDT 10000 (270 frozen)
            = 1 [51000 Parameter sz  error]
            = 50002 (HTTP 400) JSON syntax error
            = 51111 Maximum number of orders per batch exceeded.
            = 2 #1 [51400 Cancellation failed as the order has been filled, canceled or does not exist.]
            orders #1 limit buy canceled 0/1 at 90 cancelSource 1
            account USDT 10000 (180 frozen)
        "#]],
    );
}
