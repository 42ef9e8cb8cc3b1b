//! What a client sees of each kind of algo order.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::stage::Stage;

fn check(play: impl FnOnce(&mut Stage), expected: &Expect) {
    let mut stage = Stage::with_book();
    play(&mut stage);
    expected.assert_eq(&stage.told);
}

#[test]
fn a_stop_places_a_market_order_and_holds_nothing_before() {
    check(
        |stage| {
            stage.algo("sell", "conditional", "0.5", &json!({"slTriggerPx": "95", "slOrdPx": "-1"}));
            stage.trade("95.1");
            stage.book(&["94.9", "94.8"], &["95.2"]);
            stage.trade("94.9");
            stage.trade("90");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 conditional sell live 0.5 sl 95/-1
            orders-algo #1 conditional sell effective 0.5 sl 95/-1 as sl order #2 0.5 x 94.9
            orders #2 market sell live 0/0.5 in base_ccy source 7
            orders #2 market sell filled 0.5/0.5 in base_ccy source 7 | 0.5 x 94.9 T fee -0.04745 USDT
            account BTC 9.5 USDT 10047.40255
        "#]],
    );
}

#[test]
fn of_an_oco_pair_one_is_carried_out() {
    check(
        |stage| {
            let pair = json!({"tpTriggerPx": "105", "tpOrdPx": "104.9", "slTriggerPx": "95", "slOrdPx": "-1"});
            stage.algo("sell", "oco", "0.5", &pair);
            stage.trade("105");
            stage.trade("94");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 oco sell live 0.5 tp 105/104.9 sl 95/-1
            orders-algo #1 oco sell effective 0.5 tp 105/104.9 sl 95/-1 as tp order #2 0.5 x 104.9
            orders #2 limit sell live 0/0.5 at 104.9 source 7
            account BTC 10 (0.5 frozen)
        "#]],
    );
}

#[test]
fn a_plain_one_with_both_prices_is_the_stop_loss() {
    check(
        |stage| {
            let pair = json!({"tpTriggerPx": "105", "tpOrdPx": "-1", "slTriggerPx": "95", "slOrdPx": "-1"});
            stage.algo("sell", "conditional", "0.5", &pair);
            stage.trade("105");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 conditional sell live 0.5 sl 95/-1
        "#]],
    );
}

#[test]
fn a_purchase_at_a_trigger_may_be_sized_in_quote_currency() {
    check(
        |stage| {
            stage.algo("buy", "conditional", "100", &json!({"slTriggerPx": "101", "slOrdPx": "-1"}));
            stage.trade("101");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 conditional buy live 100 sl 101/-1
            orders-algo #1 conditional buy effective 100 sl 101/-1 as sl order #2 0.999 x 100.1
            orders #2 market buy live 0/100 in quote_ccy source 7
            orders #2 market buy filled 0.999/100 in quote_ccy source 7 | 0.999 x 100.1 T fee -0.000999 BTC
            account BTC 10.998001 USDT 9900.0001
        "#]],
    );
}

#[test]
fn a_trigger_fires_from_either_side() {
    check(
        |stage| {
            stage.algo("buy", "trigger", "0.5", &json!({"triggerPx": "105", "orderPx": "-1"}));
            stage.algo("buy", "trigger", "0.5", &json!({"triggerPx": "95", "orderPx": "94"}));
            stage.algo("sell", "trigger", "3", &json!({"triggerPx": "95", "orderPx": "99.8", "advanceOrdType": "ioc"}));
            stage.trade("105.5");
            stage.trade("95");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 trigger buy live 0.5 at 105/-1
            = 0 #2
            orders-algo #2 trigger buy live 0.5 at 95/94
            = 0 #3
            orders-algo #3 trigger sell live 3 at 95/99.8
            orders-algo #1 trigger buy effective 0.5 at 105/-1 order #4 0.5 x 100.1
            orders #4 market buy live 0/0.5 in base_ccy source 6
            orders #4 market buy filled 0.5/0.5 in base_ccy source 6 | 0.5 x 100.1 T fee -0.0005 BTC
            account BTC 10.4995 USDT 9949.95
            orders-algo #2 trigger buy effective 0.5 at 95/94 order #5 0.5 x 94
            orders #5 limit buy live 0/0.5 at 94 source 6
            account USDT 9949.95 (47 frozen)
            orders-algo #3 trigger sell effective 3 at 95/99.8 order #6 3 x 99.85
            orders #6 ioc sell live 0/3 at 99.8 source 6
            orders #6 ioc sell partially_filled 1/3 at 99.8 source 6 | 1 x 99.9 T fee -0.0999 USDT
            orders #6 ioc sell partially_filled 2/3 at 99.8 source 6 | 1 x 99.8 T fee -0.0998 USDT
            orders #6 ioc sell canceled 2/3 at 99.8 source 6 cancelSource 14
            account BTC 8.4995 USDT 10149.4503 (47 frozen)
        "#]],
    );
}

#[test]
fn a_trailing_stop_follows_the_best_price_once_it_is_active() {
    check(
        |stage| {
            stage.algo("sell", "move_order_stop", "0.5", &json!({"callbackRatio": "0.02"}));
            stage.algo("sell", "move_order_stop", "0.5", &json!({"callbackSpread": "5", "activePx": "103"}));
            stage.trade("110");
            stage.trade("107.9");
            stage.trade("107.8");
            stage.trade("105.1");
            stage.trade("105");
        },
        &expect![[r#"
            = 0 #1
            algo-advance #1 move_order_stop sell live 0.5 stop 98
            = 0 #2
            algo-advance #2 move_order_stop sell live 0.5
            algo-advance #1 move_order_stop sell effective 0.5 stop 107.8 order #3 0.5 x 99.9
            orders #3 market sell live 0/0.5 in base_ccy source 25
            orders #3 market sell filled 0.5/0.5 in base_ccy source 25 | 0.5 x 99.9 T fee -0.04995 USDT
            account BTC 9.5 USDT 10049.90005
            algo-advance #2 move_order_stop sell effective 0.5 stop 105 order #4 0.5 x 99.9
            orders #4 market sell live 0/0.5 in base_ccy source 25
            orders #4 market sell filled 0.5/0.5 in base_ccy source 25 | 0.5 x 99.9 T fee -0.04995 USDT
            account BTC 9 USDT 10099.8001
        "#]],
    );
}

#[test]
fn one_without_funds_fails_when_it_is_reached() {
    check(
        |stage| {
            stage.algo("sell", "conditional", "11", &json!({"slTriggerPx": "95", "slOrdPx": "-1"}));
            stage.trade("95");
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 conditional sell live 11 sl 95/-1
            orders-algo #1 conditional sell order_failed 11 sl 95/-1 failed 51008
        "#]],
    );
}

#[test]
fn bars_are_walked_through_their_range() {
    let mut stage = Stage::new();
    stage.bar(["100", "101", "99", "100"]);
    stage.algo("sell", "conditional", "1", &json!({"slTriggerPx": "97", "slOrdPx": "-1"}));
    stage.algo("sell", "move_order_stop", "1", &json!({"callbackSpread": "4"}));
    stage.bar(["100", "101", "98", "99"]);
    stage.bar(["99", "103", "96", "97.5"]);
    expect![[r#"
        = 0 #1
        orders-algo #1 conditional sell live 1 sl 97/-1
        = 0 #2
        algo-advance #2 move_order_stop sell live 1 stop 96
        orders-algo #1 conditional sell effective 1 sl 97/-1 as sl order #3 1 x 97.5
        orders #3 market sell live 0/1 in base_ccy source 7
        orders #3 market sell filled 1/1 in base_ccy source 7 | 1 x 97.5 T fee -0.0975 USDT
        account BTC 9 USDT 10097.4025
        algo-advance #2 move_order_stop sell effective 1 stop 97 order #4 1 x 97.5
        orders #4 market sell live 0/1 in base_ccy source 25
        orders #4 market sell filled 1/1 in base_ccy source 25 | 1 x 97.5 T fee -0.0975 USDT
        account BTC 8 USDT 10194.805
    "#]]
    .assert_eq(&stage.told);
}

#[test]
fn they_are_amended_and_canceled() {
    let act = |stage: &mut Stage, path: &str, id: &str, more: &Value| {
        let mut args = json!({"instId": "BTC-USDT", "algoId": id});
        for (name, value) in more.as_object().unwrap() {
            args[name] = value.clone();
        }
        let args = if path == "trade/cancel-algos" { json!([args]) } else { args };
        stage.post(path, &args);
    };
    check(
        |stage| {
            let id = stage.algo("sell", "conditional", "0.5", &json!({"slTriggerPx": "95", "slOrdPx": "-1"}));
            act(stage, "trade/amend-algos", &id, &json!({"newSz": "0.4", "newSlTriggerPx": "96", "reqId": "r1"}));
            act(stage, "trade/amend-algos", &id, &json!({"newSlOrdPx": "95.5"}));
            act(stage, "trade/cancel-algos", &id, &json!({}));
            act(stage, "trade/cancel-algos", &id, &json!({}));
            act(stage, "trade/amend-algos", &id, &json!({"newSz": "0.4"}));
            let trailing = stage.algo("sell", "move_order_stop", "0.5", &json!({"callbackRatio": "0.02"}));
            act(stage, "trade/amend-algos", &trailing, &json!({"newSz": "0.4"}));
            act(stage, "trade/cancel-advance-algos", &trailing, &json!({}));
        },
        &expect![[r#"
            = 0 #1
            orders-algo #1 conditional sell live 0.5 sl 95/-1
            = 0 #1
            orders-algo #1 conditional sell live 0.4 sl 96/-1 amend 0
            = 0 #1
            orders-algo #1 conditional sell live 0.4 sl 96/95.5 amend 0
            = 0 #1
            orders-algo #1 conditional sell canceled 0.4 sl 96/95.5
            = 1 [51400 Cancellation failed as the order has been filled, canceled or does not exist.]
            = 1 [51503 Order modification failed as the order has been filled, canceled or does not exist.]
            = 0 #2
            algo-advance #2 move_order_stop sell live 0.5 stop 98
            = 1 [51000 Parameter algoId  error]
            = 0 #2
            algo-advance #2 move_order_stop sell canceled 0.5 stop 98
        "#]],
    );
}
