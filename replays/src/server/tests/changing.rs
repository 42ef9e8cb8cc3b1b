//! Amendments, cancellations, and the dead man's switch.

use engine::market::Side;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::stage::Stage;

fn check(play: impl FnOnce(&mut Stage), expected: &Expect) {
    let mut stage = Stage::with_book();
    play(&mut stage);
    expected.assert_eq(&stage.told);
}

fn amend(stage: &mut Stage, id: &str, more: &Value) {
    let mut args = json!({"instId": "BTC-USDT", "ordId": id});
    for (name, value) in more.as_object().unwrap() {
        args[name] = value.clone();
    }
    stage.post("trade/amend-order", &args);
}

#[test]
fn an_amendment_is_told_with_its_id() {
    check(
        |stage| {
            let id = stage.order("buy", "limit", "1", &json!({"px": "90"}));
            amend(stage, &id, &json!({"newSz": "2", "reqId": "r1"}));
            amend(stage, &id, &json!({"newPx": "91", "newSz": ""}));
            stage.note("-- into the market");
            amend(stage, &id, &json!({"newPx": "100.1"}));
            stage.note("-- to no more than what has filled");
            amend(stage, &id, &json!({"newSz": "0.5", "reqId": "r2"}));
            amend(stage, &id, &json!({"newSz": "3"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/1 at 90
            account USDT 10000 (90 frozen)
            = 0 #1
            orders #1 limit buy live 0/2 at 90 | amend 0 r1 code 0
            account USDT 10000 (180 frozen)
            = 0 #1
            orders #1 limit buy live 0/2 at 91 | amend 0  code 0
            account USDT 10000 (182 frozen)
            -- into the market
            = 0 #1
            orders #1 limit buy live 0/2 at 100.1 | amend 0  code 0
            orders #1 limit buy partially_filled 1/2 at 100.1 | 1 x 100.1 T fee -0.001 BTC
            account BTC 10.999 USDT 9899.9 (100.1 frozen)
            -- to no more than what has filled
            = 0 #1
            orders #1 limit buy filled 1/1 at 100.1 | amend 0 r2 code 0
            account USDT 9899.9
            = 1 [51503 Order modification failed as the order has been filled, canceled or does not exist.]
        "#]],
    );
}

#[test]
fn an_amendment_beyond_the_funds_fails_on_the_channel() {
    check(
        |stage| {
            let id = stage.order("buy", "limit", "100", &json!({"px": "90"}));
            amend(stage, &id, &json!({"newSz": "200", "reqId": "r1"}));
            amend(stage, &id, &json!({"newSz": "200", "reqId": "r2", "cxlOnFail": true}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/100 at 90
            account USDT 10000 (9000 frozen)
            = 0 #1
            orders #1 limit buy live 0/100 at 90 | amend -1 r1 code 51008
            = 0 #1
            orders #1 limit buy live 0/100 at 90 | amend 1 r2 code 51008
            orders #1 limit buy canceled 0/100 at 90 cancelSource 0
            account USDT 10000
        "#]],
    );
}

#[test]
fn a_cancellation_keeps_what_has_filled() {
    check(
        |stage| {
            let id = stage.order("sell", "limit", "1", &json!({"px": "100.5", "clOrdId": "mine"}));
            stage.sized_trade("100.6", "0.4", Side::Buy);
            stage.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "ordId": id}));
            stage.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "ordId": id}));
            stage.note("-- its client id is free again");
            stage.order("sell", "limit", "1", &json!({"px": "101", "clOrdId": "mine"}));
            stage.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "clOrdId": "mine"}));
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit sell live 0/1 at 100.5
            account BTC 10 (1 frozen)
            orders #1 limit sell partially_filled 0.4/1 at 100.5 | 0.4 x 100.5 M fee -0.03216 USDT
            account BTC 9.6 (0.6 frozen) USDT 10040.16784
            = 0 #1
            orders #1 limit sell canceled 0.4/1 at 100.5 cancelSource 1
            account BTC 9.6
            = 1 [51400 Cancellation failed as the order has been filled, canceled or does not exist.]
            -- its client id is free again
            = 0 #2
            orders #2 limit sell live 0/1 at 101
            account BTC 9.6 (1 frozen)
            = 0 #2
            orders #2 limit sell canceled 0/1 at 101 cancelSource 1
            account BTC 9.6
        "#]],
    );
}

#[test]
fn the_dead_mans_switch_cancels_orders_and_not_algo_orders() {
    check(
        |stage| {
            stage.order("buy", "limit", "1", &json!({"px": "90"}));
            stage.order("sell", "limit", "1", &json!({"px": "110", "tag": "mine"}));
            stage.algo("sell", "conditional", "1", &json!({"slTriggerPx": "90", "slOrdPx": "-1"}));
            stage.post("trade/cancel-all-after", &json!({"timeOut": "10"}));
            stage.wait(9);
            stage.note("-- called off, and set for one tag");
            stage.post("trade/cancel-all-after", &json!({"timeOut": "0"}));
            stage.post("trade/cancel-all-after", &json!({"timeOut": "10", "tag": "mine"}));
            stage.wait(9);
            stage.note("-- the tenth second");
            stage.wait(1);
            stage.post("trade/cancel-all-after", &json!({"timeOut": 120}));
            stage.wait(120);
        },
        &expect![[r#"
            = 0 #1
            orders #1 limit buy live 0/1 at 90
            account USDT 10000 (90 frozen)
            = 0 #2
            orders #2 limit sell live 0/1 at 110
            account BTC 10 (1 frozen)
            = 0 #3
            orders-algo #3 conditional sell live 1 sl 90/-1
            = 0
            -- called off, and set for one tag
            = 0
            = 0
            -- the tenth second
            orders #2 limit sell canceled 0/1 at 110 cancelSource 20
            account BTC 10
            = 0
            orders #1 limit buy canceled 0/1 at 90 cancelSource 20
            account USDT 10000
        "#]],
    );
}
