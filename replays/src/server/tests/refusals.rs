//! What is refused, and in which words.

use std::fmt::Write as _;

use expect_test::expect;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, CODE, Stage, text};
use crate::server::core::{AccountId, Method};
use crate::server::reply::Reply;

fn told(reply: &Reply) -> String {
    let row = reply.data.first();
    let code = row.map_or(reply.code, |row| text(row, "sCode"));
    let message = row.map_or(reply.msg.as_str(), |row| text(row, "sMsg"));
    let sub_code = row.map_or("", |row| text(row, "subCode"));
    format!("{} {code}{}{sub_code} {message}", reply.status, if sub_code.is_empty() { "" } else { "_" })
}

/// A good order, with some of its fields replaced.
fn with(usual: &Value, changes: &Value) -> Value {
    let mut args = usual.clone();
    for (name, value) in changes.as_object().unwrap() {
        args[name] = value.clone();
    }
    args
}

fn tell_each(stage: &mut Stage, path: &str, usual: &Value, changes: &[Value]) -> String {
    let mut out = String::new();
    for change in changes {
        let reply = stage.post(path, &with(usual, change));
        writeln!(out, "{change}\n    {}", told(&reply)).unwrap();
    }
    out
}

#[test]
fn orders() {
    let mut stage = Stage::with_book();
    let usual = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "90"});
    stage.post("trade/order", &with(&usual, &json!({"clOrdId": "known"})));
    let out = tell_each(
        &mut stage,
        "trade/order",
        &usual,
        &[
            json!({"instId": "ETH-USDT"}),
            json!({"instId": ""}),
            json!({"tdMode": null}),
            json!({"tdMode": "cross"}),
            json!({"tdMode": "free"}),
            json!({"side": "up"}),
            json!({"side": ""}),
            json!({"ordType": "optimal_limit_ioc"}),
            json!({"posSide": "long"}),
            json!({"clOrdId": "my-id"}),
            json!({"clOrdId": "a23456789012345678901234567890123"}),
            json!({"clOrdId": "known"}),
            json!({"tag": "a_b"}),
            json!({"sz": ""}),
            json!({"sz": "0"}),
            json!({"sz": "-1"}),
            json!({"sz": "many"}),
            json!({"sz": "1e40"}),
            json!({"sz": "0.001"}),
            json!({"sz": "1.0005"}),
            json!({"sz": "99999999999"}),
            json!({"px": ""}),
            json!({"px": "90.05"}),
            json!({"px": "-90"}),
            json!({"px": "9000000000000"}),
            json!({"sz": "112"}),
            json!({"side": "sell", "sz": "11"}),
            json!({"stpMode": "cancel_both", "ordType": "fok"}),
            json!({"stpMode": "whatever"}),
            json!({"tradeQuoteCcy": "EUR"}),
            json!({"ordType": "market", "sz": "0.5"}),
            json!({"ordType": "market", "sz": "2000000"}),
            json!({"ordType": "market", "sz": "100", "tgtCcy": "both"}),
            json!({"attachAlgoOrds": [{"tpTriggerPx": "80", "tpOrdPx": "-1"}]}),
            json!({"attachAlgoOrds": [{"slTriggerPx": "95", "slOrdPx": "-1"}]}),
            json!({"attachAlgoOrds": [{"slTriggerPx": "80"}]}),
            json!({"ordType": "market", "tgtCcy": "base_ccy", "attachAlgoOrds": [{"slTriggerPx": "80", "slOrdPx": "-1"}]}),
            json!({"attachAlgoOrds": "x"}),
        ],
    );
    expect![[r#"
        {"instId":"ETH-USDT"}
            200 51001 Instrument ID, Instrument ID code, or Spread ID doesn't exist.
        {"instId":""}
            400 50014 Parameter instId can not be empty.
        {"tdMode":null}
            400 50014 Parameter tdMode can not be empty.
        {"tdMode":"cross"}
            200 51010 You can't complete this request under your current account mode.
        {"tdMode":"free"}
            200 51000 Parameter tdMode  error
        {"side":"up"}
            200 51000 Parameter side  error
        {"side":""}
            400 50014 Parameter side can not be empty.
        {"ordType":"optimal_limit_ioc"}
            200 51000 Parameter ordType  error
        {"posSide":"long"}
            200 51000 Parameter posSide  error
        {"clOrdId":"my-id"}
            200 51000 Parameter clOrdId  error
        {"clOrdId":"a23456789012345678901234567890123"}
            200 51000 Parameter clOrdId  error
        {"clOrdId":"known"}
            200 51016 Client order ID already exists.
        {"tag":"a_b"}
            200 51000 Parameter tag  error
        {"sz":""}
            400 50014 Parameter sz can not be empty.
        {"sz":"0"}
            200 51000 Parameter sz  error
        {"sz":"-1"}
            200 51000 Parameter sz  error
        {"sz":"many"}
            200 51000 Parameter sz  error
        {"sz":"1e40"}
            200 51000 Parameter sz  error
        {"sz":"0.001"}
            200 51020 Your order should meet or exceed the minimum order amount.
        {"sz":"1.0005"}
            200 51121 Order quantity must be a multiple of the lot size.
        {"sz":"99999999999"}
            200 51203 Order amount exceeds the limit.
        {"px":""}
            200 51204 Order price cannot be empty.
        {"px":"90.05"}
            200 51150 Operation failed. The precision of the price exceeds the limit.
        {"px":"-90"}
            200 51000 Parameter px  error
        {"px":"9000000000000"}
            200 51000 Parameter px  error
        {"sz":"112"}
            200 51008_1000 Order failed. Your available USDT balance is insufficient.
        {"side":"sell","sz":"11"}
            200 51008_1000 Order failed. Your available BTC balance is insufficient.
        {"ordType":"fok","stpMode":"cancel_both"}
            400 50016 Parameter stpMode does not match parameter ordType.
        {"stpMode":"whatever"}
            200 51000 Parameter stpMode  error
        {"tradeQuoteCcy":"EUR"}
            200 51000 Parameter tradeQuoteCcy  error
        {"ordType":"market","sz":"0.5"}
            200 51020 Your order should meet or exceed the minimum order amount.
        {"ordType":"market","sz":"2000000"}
            200 51201 The value of a market order cannot exceed 1000000 USDT.
        {"ordType":"market","sz":"100","tgtCcy":"both"}
            200 51000 Parameter tgtCcy  error
        {"attachAlgoOrds":[{"tpOrdPx":"-1","tpTriggerPx":"80"}]}
            200 51046 The take profit trigger price should be higher than the order price.
        {"attachAlgoOrds":[{"slOrdPx":"-1","slTriggerPx":"95"}]}
            200 51047 The stop loss trigger price should be lower than the order price.
        {"attachAlgoOrds":[{"slTriggerPx":"80"}]}
            200 51000 Parameter slOrdPx  error
        {"attachAlgoOrds":[{"slOrdPx":"-1","slTriggerPx":"80"}],"ordType":"market","tgtCcy":"base_ccy"}
            200 51000 Parameter attachAlgoOrds  error
        {"attachAlgoOrds":"x"}
            200 51000 Parameter attachAlgoOrds  error
    "#]]
    .assert_eq(&out);
}

#[test]
fn amendments_and_cancellations() {
    let mut stage = Stage::with_book();
    let resting = stage.order("buy", "post_only", "1", &json!({"px": "90"}));
    let gone = stage.order("buy", "ioc", "1", &json!({"px": "90"}));
    let usual = json!({"instId": "BTC-USDT", "ordId": resting, "newPx": "91"});
    let mut out = tell_each(
        &mut stage,
        "trade/amend-order",
        &usual,
        &[
            json!({"ordId": ""}),
            json!({"ordId": "12"}),
            json!({"ordId": "x"}),
            json!({"newPx": ""}),
            json!({"newPx": "91.05"}),
            json!({"newPx": "100.1"}),
            json!({"newSz": "0.001"}),
            json!({"newSz": "0.0105"}),
            json!({"reqId": "a b"}),
        ],
    );
    let mut play = |path: &str, args: Value| {
        let reply = stage.post(path, &args);
        writeln!(out, "{path}\n    {}", told(&reply)).unwrap();
    };
    play("trade/amend-order", json!({"instId": "BTC-USDT", "ordId": gone, "newPx": "91"}));
    play("trade/cancel-order", json!({"instId": "BTC-USDT", "ordId": gone}));
    play("trade/cancel-order", json!({"instId": "BTC-USDT"}));
    play("trade/cancel-order", json!({"instId": "NO-NO", "ordId": gone}));
    play("trade/cancel-order", json!([]));
    play("trade/cancel-batch-orders", json!({}));
    play("trade/cancel-all-after", json!({"timeOut": "5"}));
    play("trade/cancel-all-after", json!({}));
    expect![[r#"
        {"ordId":""}
            200 51003 Either client order ID or order ID is required.
        {"ordId":"12"}
            200 51503 Order modification failed as the order has been filled, canceled or does not exist.
        {"ordId":"x"}
            200 51000 Parameter ordId  error
        {"newPx":""}
            200 51500 You must enter a price, quantity, or TP/SL.
        {"newPx":"91.05"}
            200 51150 Operation failed. The precision of the price exceeds the limit.
        {"newPx":"100.1"}
            200 51511 Operation failed as the order price doesn't meet the requirement for Post Only.
        {"newSz":"0.001"}
            200 51020 Your order should meet or exceed the minimum order amount.
        {"newSz":"0.0105"}
            200 51121 Order quantity must be a multiple of the lot size.
        {"reqId":"a b"}
            200 51000 Parameter reqId  error
        trade/amend-order
            200 51503 Order modification failed as the order has been filled, canceled or does not exist.
        trade/cancel-order
            200 51400 Cancellation failed as the order has been filled, canceled or does not exist.
        trade/cancel-order
            200 51003 Either client order ID or order ID is required.
        trade/cancel-order
            200 51001 Instrument ID, Instrument ID code, or Spread ID doesn't exist.
        trade/cancel-order
            400 50002 JSON syntax error
        trade/cancel-batch-orders
            400 50002 JSON syntax error
        trade/cancel-all-after
            200 51000 Parameter timeOut  error
        trade/cancel-all-after
            400 50014 Parameter timeOut can not be empty.
    "#]]
    .assert_eq(&out);
}

#[test]
fn algo_orders() {
    let mut stage = Stage::with_book();
    let usual = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "sz": "1", "ordType": "conditional"});
    let stop = json!({"slTriggerPx": "95", "slOrdPx": "-1", "algoClOrdId": "known"});
    stage.post("trade/order-algo", &with(&usual, &stop));
    let out = tell_each(
        &mut stage,
        "trade/order-algo",
        &usual,
        &[
            json!({"instId": "NO-NO"}),
            json!({}),
            stop,
            json!({"ordType": "twap"}),
            json!({"ordType": ""}),
            json!({"sz": ""}),
            json!({"sz": "0.0001"}),
            json!({"closeFraction": "1"}),
            json!({"slTriggerPx": "95"}),
            json!({"slTriggerPx": "95.05", "slOrdPx": "-1"}),
            json!({"slTriggerPx": "95", "slOrdPx": "-1", "slTriggerPxType": "mark"}),
            json!({"slTriggerPx": "101", "slOrdPx": "-1"}),
            json!({"tpTriggerPx": "99", "tpOrdPx": "-1"}),
            json!({"side": "buy", "slTriggerPx": "99", "slOrdPx": "-1"}),
            json!({"side": "buy", "tpTriggerPx": "101", "tpOrdPx": "-1"}),
            json!({"ordType": "oco", "slTriggerPx": "95", "slOrdPx": "-1"}),
            json!({"ordType": "trigger", "triggerPx": "95"}),
            json!({"ordType": "trigger", "triggerPx": "95", "orderPx": "-1", "tgtCcy": "base_ccy"}),
            json!({"ordType": "trigger", "orderPx": "-1"}),
            json!({"ordType": "move_order_stop"}),
            json!({"ordType": "move_order_stop", "callbackRatio": "0.0005"}),
            json!({"ordType": "move_order_stop", "callbackRatio": "1.5"}),
            json!({"ordType": "move_order_stop", "callbackSpread": "0.05"}),
        ],
    );
    expect![[r#"
        {"instId":"NO-NO"}
            200 51001 Instrument ID, Instrument ID code, or Spread ID doesn't exist.
        {}
            200 51000 Parameter tpTriggerPx  error
        {"algoClOrdId":"known","slOrdPx":"-1","slTriggerPx":"95"}
            200 51065 algoClOrdId already exists.
        {"ordType":"twap"}
            200 51000 Parameter ordType  error
        {"ordType":""}
            400 50014 Parameter ordType can not be empty.
        {"sz":""}
            400 50014 Parameter sz can not be empty.
        {"sz":"0.0001"}
            200 51000 Parameter tpTriggerPx  error
        {"closeFraction":"1"}
            200 51000 Parameter closeFraction  error
        {"slTriggerPx":"95"}
            200 51000 Parameter slOrdPx  error
        {"slOrdPx":"-1","slTriggerPx":"95.05"}
            200 51150 Operation failed. The precision of the price exceeds the limit.
        {"slOrdPx":"-1","slTriggerPx":"95","slTriggerPxType":"mark"}
            200 51415 Spot trading only supports using the last price as trigger price. Please select "Last".
        {"slOrdPx":"-1","slTriggerPx":"101"}
            200 51280 SL trigger price cannot be higher than the last price.
        {"tpOrdPx":"-1","tpTriggerPx":"99"}
            200 51279 TP trigger price cannot be lower than the last price.
        {"side":"buy","slOrdPx":"-1","slTriggerPx":"99"}
            200 51278 SL trigger price cannot be lower than the last price.
        {"side":"buy","tpOrdPx":"-1","tpTriggerPx":"101"}
            200 51277 TP trigger price cannot be higher than the last price.
        {"ordType":"oco","slOrdPx":"-1","slTriggerPx":"95"}
            200 51000 Parameter tpTriggerPx  error
        {"ordType":"trigger","triggerPx":"95"}
            200 51000 Parameter orderPx  error
        {"ordType":"trigger","orderPx":"-1","tgtCcy":"base_ccy","triggerPx":"95"}
            200 51281 Trigger order does not support the tgtCcy parameter.
        {"ordType":"trigger","orderPx":"-1"}
            200 51000 Parameter triggerPx  error
        {"ordType":"move_order_stop"}
            200 51000 Parameter callbackRatio  error
        {"callbackRatio":"0.0005","ordType":"move_order_stop"}
            200 51311 Failed to place trailing stop order. Callback rate should be within 0.1% - 100%.
        {"callbackRatio":"1.5","ordType":"move_order_stop"}
            200 51311 Failed to place trailing stop order. Callback rate should be within 0.1% - 100%.
        {"callbackSpread":"0.05","ordType":"move_order_stop"}
            200 51150 Operation failed. The precision of the price exceeds the limit.
    "#]]
    .assert_eq(&out);

    let mut out = String::new();
    let mut play = |path: &str, args: Value| {
        let reply = stage.post(path, &args);
        writeln!(out, "{path}\n    {}", told(&reply)).unwrap();
    };
    play("trade/cancel-algos", json!([{"instId": "BTC-USDT", "algoId": "1"}]));
    play("trade/cancel-algos", json!([{"instId": "BTC-USDT"}]));
    play("trade/cancel-algos", json!(vec![json!({"instId": "BTC-USDT", "algoId": "1"}); 11]));
    play("trade/amend-algos", json!({"instId": "BTC-USDT", "algoId": "1", "newSz": "1"}));
    play("trade/amend-algos", json!({"instId": "BTC-USDT", "algoClOrdId": "known"}));
    play("trade/amend-algos", json!({"instId": "BTC-USDT", "algoClOrdId": "known", "newSlTriggerPx": "101"}));
    play("trade/amend-algos", json!({"instId": "BTC-USDT", "algoClOrdId": "known", "newTpTriggerPx": "101"}));
    expect![[r#"
        trade/cancel-algos
            200 51400 Cancellation failed as the order has been filled, canceled or does not exist.
        trade/cancel-algos
            200 50014 Parameter algoId can not be empty.
        trade/cancel-algos
            200 51111 Maximum number of orders per batch exceeded.
        trade/amend-algos
            200 51503 Order modification failed as the order has been filled, canceled or does not exist.
        trade/amend-algos
            200 51500 You must enter a price, quantity, or TP/SL.
        trade/amend-algos
            200 51280 SL trigger price cannot be higher than the last price.
        trade/amend-algos
            200 51000 Parameter newTpTriggerPx  error
    "#]]
    .assert_eq(&out);
}

#[test]
fn what_a_spot_account_cannot_do_and_paths_that_are_not() {
    let mut stage = Stage::with_book();
    let mut out = String::new();
    for (method, path, args) in [
        (Method::Post, "account/set-leverage", json!({"instId": "BTC-USDT", "lever": "3", "mgnMode": "cross"})),
        (Method::Post, "account/set-position-mode", json!({"posMode": "long_short_mode"})),
        (Method::Post, "account/set-position-mode", json!({"posMode": "net_mode"})),
        (Method::Post, "trade/close-position", json!({"instId": "BTC-USDT", "mgnMode": "cross"})),
        (Method::Get, "account/leverage-info", json!({"instId": "BTC-USDT"})),
        (Method::Get, "trade/order", json!({"instId": "BTC-USDT", "ordId": "5"})),
        (Method::Get, "trade/order", json!({"instId": "BTC-USDT"})),
        (Method::Get, "trade/orders-history", json!({})),
        (Method::Get, "trade/orders-pending", json!({"limit": "0"})),
        (Method::Get, "trade/orders-algo-pending", json!({})),
        (Method::Get, "trade/orders-algo-pending", json!({"ordType": "trigger,oco"})),
        (Method::Get, "trade/orders-algo-history", json!({"ordType": "trigger"})),
        (Method::Get, "trade/order-algo", json!({"algoId": "5"})),
        (Method::Get, "trade/cancel-order", json!({})),
        (Method::Get, "trade/teleport", json!({})),
        (Method::Post, "account/balance", json!({})),
    ] {
        let reply = stage.core.call(stage.now, ACCOUNT, method, path, &args);
        writeln!(out, "{path}: {} {} {}", reply.status, reply.code, reply.msg).unwrap();
    }
    let reply = stage.core.call(stage.now, AccountId(1), Method::Get, "account/balance", &json!({}));
    writeln!(out, "nobody: {} {}", reply.status, reply.code).unwrap();
    expect![[r#"
        account/set-leverage: 200 51010 You can't complete this request under your current account mode.
        account/set-position-mode: 200 51010 You can't complete this request under your current account mode.
        account/set-position-mode: 200 0 
        trade/close-position: 200 51023 Position doesn't exist.
        account/leverage-info: 200 51010 You can't complete this request under your current account mode.
        trade/order: 200 51603 Order does not exist
        trade/order: 200 51003 Either client order ID or order ID is required.
        trade/orders-history: 400 50014 Parameter instType can not be empty.
        trade/orders-pending: 200 51000 Parameter limit  error
        trade/orders-algo-pending: 400 50014 Parameter ordType can not be empty.
        trade/orders-algo-pending: 200 51000 Parameter ordType  error
        trade/orders-algo-history: 400 50014 Parameter state can not be empty.
        trade/order-algo: 200 51603 Order does not exist
        trade/cancel-order: 405 50115 Invalid request method.
        trade/teleport: 404 404 Not Found
        account/balance: 404 404 Not Found
        nobody: 401 50119
    "#]]
    .assert_eq(&out);
}

#[test]
fn websocket_operations_name_instruments_by_code_alone() {
    let mut stage = Stage::with_book();
    let order = |more: Value| with(&json!({"tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "90"}), &more);
    let mut out = String::new();
    for (op, args) in [
        ("order", vec![order(json!({"instId": "BTC-USDT"}))]),
        ("order", vec![order(json!({"instIdCode": CODE}))]),
        ("order", vec![order(json!({"instIdCode": CODE + 1}))]),
        ("order", vec![]),
        ("batch-orders", vec![order(json!({"instIdCode": CODE.to_string()})), order(json!({"instIdCode": CODE, "px": ""}))]),
        ("batch-cancel-orders", vec![json!({"instIdCode": CODE, "ordId": "1"})]),
        ("amend-order", vec![json!({"instIdCode": CODE, "ordId": "1", "newSz": "2"})]),
    ] {
        let reply = stage.core.operate(stage.now, ACCOUNT, op, &args).unwrap();
        let results: Vec<&str> = reply.data.iter().map(|row| text(row, "sCode")).collect();
        writeln!(out, "{op}: {} {} {results:?}", reply.code, reply.msg).unwrap();
    }
    assert!(stage.core.operate(stage.now, ACCOUNT, "mass-cancel", &[]).is_none());
    expect![[r#"
        order: 50014 Parameter instIdCode can not be empty. []
        order: 0  ["0"]
        order: 1 All operations failed ["51001"]
        order: 60013 Invalid args []
        batch-orders: 2 Bulk operation partially succeeded. ["0", "51204"]
        batch-cancel-orders: 1 All operations failed ["51400"]
        amend-order: 1 All operations failed ["51503"]
    "#]]
    .assert_eq(&out);
}
