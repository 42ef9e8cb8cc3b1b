//! What is answered to those who ask: orders, fills, balances, and their pages.

use expect_test::expect;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, Stage, short, text};
use crate::server::reply::Reply;

fn ids(reply: &Reply, name: &str) -> Vec<String> {
    assert_eq!(reply.code, "0", "{}", reply.msg);
    reply.data.iter().map(|row| short(text(row, name))).collect()
}

/// Some fields of a row.
fn some(row: &Value, names: &[&str]) -> String {
    names.iter().map(|name| format!("{name}={}", text(row, name))).collect::<Vec<_>>().join(" ")
}

#[test]
fn orders_are_found_newest_first_and_by_page() {
    let mut stage = Stage::with_book();
    for price in ["90", "91", "92"] {
        stage.order("buy", "limit", "0.1", &json!({"px": price}));
    }
    stage.order("buy", "market", "20", &json!({}));
    stage.order("buy", "ioc", "0.1", &json!({"px": "90"}));
    let pending = |stage: &mut Stage, args: &Value| ids(&stage.get("trade/orders-pending", args), "ordId");
    assert_eq!(pending(&mut stage, &json!({})), ["#3", "#2", "#1"]);
    assert_eq!(pending(&mut stage, &json!({"instType": "SPOT", "instId": "BTC-USDT", "limit": "2"})), ["#3", "#2"]);
    assert_eq!(pending(&mut stage, &json!({"instType": "SWAP"})), [""; 0]);
    assert_eq!(pending(&mut stage, &json!({"ordType": "market,post_only"})), [""; 0]);
    let second = text(&stage.get("trade/orders-pending", &json!({})).data[1], "ordId").to_owned();
    assert_eq!(pending(&mut stage, &json!({"after": second})), ["#1"]);
    assert_eq!(pending(&mut stage, &json!({"before": second})), ["#3"]);
    let history = |stage: &mut Stage, args: &Value| ids(&stage.get("trade/orders-history", args), "ordId");
    assert_eq!(history(&mut stage, &json!({"instType": "SPOT"})), ["#5", "#4"]);
    assert_eq!(history(&mut stage, &json!({"instType": "SPOT", "state": "filled"})), ["#4"]);
    stage.wait(2 * 3_600 + 1);
    assert_eq!(history(&mut stage, &json!({"instType": "SPOT"})), ["#4"], "what never filled is kept for two hours");
    stage.wait(8 * 24 * 3_600);
    assert_eq!(history(&mut stage, &json!({"instType": "SPOT"})), [""; 0]);
    assert_eq!(ids(&stage.get("trade/orders-history-archive", &json!({"instType": "SPOT"})), "ordId"), ["#4"]);
}

#[test]
fn an_order_tells_all_of_itself() {
    let mut stage = Stage::with_book();
    let names = [
        "state",
        "sz",
        "tgtCcy",
        "px",
        "accFillSz",
        "avgPx",
        "fillPx",
        "fillSz",
        "tradeId",
        "fee",
        "feeCcy",
        "rebateCcy",
        "cTime",
    ];
    let id = stage.order("buy", "market", "150.25", &json!({"clOrdId": "cost"}));
    let row = stage.get("trade/order", &json!({"instId": "BTC-USDT", "ordId": id})).data[0].clone();
    expect!["state=filled sz=150.25 tgtCcy=quote_ccy px= accFillSz=1.5 avgPx=100.13333333333333333333333333 fillPx=100.2 fillSz=0.5 tradeId=1000000000002 fee=-0.0015 feeCcy=BTC rebateCcy=USDT cTime=2000"].assert_eq(&some(&row, &names));
    stage.order("sell", "limit", "0.5", &json!({"px": "101", "clOrdId": "rests", "tag": "t1"}));
    let row = stage.get("trade/order", &json!({"instId": "BTC-USDT", "clOrdId": "rests"})).data[0].clone();
    expect![
        "state=live sz=0.5 tgtCcy= px=101 accFillSz=0 avgPx= fillPx= fillSz=0 tradeId= fee=0 feeCcy=USDT rebateCcy=BTC cTime=2000"
    ]
    .assert_eq(&some(&row, &names));
}

#[test]
fn fills_and_bills_add_up_to_the_balance() {
    let mut stage = Stage::with_book();
    let id = stage.order("buy", "market", "1.5", &json!({"tgtCcy": "base_ccy", "clOrdId": "77"}));
    stage.order("sell", "market", "0.5", &json!({}));
    let fills = stage.get("trade/fills", &json!({"instType": "SPOT"}));
    let names = ["tradeId", "side", "fillPx", "fillSz", "execType", "fee", "feeCcy", "feeRate", "clOrdId", "subType", "fillTime"];
    let lines: Vec<String> = fills.data.iter().map(|row| some(row, &names)).collect();
    expect![[r#"
        tradeId=1000000000003 side=sell fillPx=99.9 fillSz=0.5 execType=T fee=-0.04995 feeCcy=USDT feeRate=-0.001 clOrdId= subType=2 fillTime=2000
        tradeId=1000000000002 side=buy fillPx=100.2 fillSz=0.5 execType=T fee=-0.0005 feeCcy=BTC feeRate=-0.001 clOrdId=77 subType=1 fillTime=2000
        tradeId=1000000000001 side=buy fillPx=100.1 fillSz=1 execType=T fee=-0.001 feeCcy=BTC feeRate=-0.001 clOrdId=77 subType=1 fillTime=2000"#]].assert_eq(&lines.join("\n"));
    let of_order = stage.get("trade/fills-history", &json!({"instType": "SPOT", "instId": "BTC-USDT", "ordId": id}));
    assert_eq!(of_order.data.len(), 2);
    let newest = text(&fills.data[0], "billId").to_owned();
    let older = stage.get("trade/fills", &json!({"after": newest}));
    assert_eq!(older.data, fills.data[1..]);
    assert!(stage.get("trade/fills", &json!({"before": newest})).data.is_empty());

    let bills = stage.get("account/bills", &json!({}));
    let lines: Vec<String> = bills.data.iter().map(|row| some(row, &["ccy", "balChg", "bal", "fee", "subType"])).collect();
    expect![[r#"
        ccy=BTC balChg=-0.5 bal=10.9985 fee=0 subType=2
        ccy=USDT balChg=49.90005 bal=9899.70005 fee=-0.04995 subType=2
        ccy=USDT balChg=-50.1 bal=9849.8 fee=0 subType=1
        ccy=BTC balChg=0.4995 bal=11.4985 fee=-0.0005 subType=1
        ccy=USDT balChg=-100.1 bal=9899.9 fee=0 subType=1
        ccy=BTC balChg=0.999 bal=10.999 fee=-0.001 subType=1"#]]
    .assert_eq(&lines.join("\n"));
    stage.wait(4 * 24 * 3_600);
    assert!(stage.get("trade/fills", &json!({})).data.is_empty(), "three days");
    assert_eq!(stage.get("trade/fills-history", &json!({"instType": "SPOT"})).data.len(), 3);
}

#[test]
fn balances_tell_what_is_free_and_what_it_is_worth() {
    let mut stage = Stage::with_book();
    stage.order("buy", "limit", "10", &json!({"px": "90"}));
    let reply = stage.get("account/balance", &json!({"ccy": "BTC,USDT,ETH"}));
    let mut out = vec![some(&reply.data[0], &["totalEq"])];
    for detail in reply.data[0]["details"].as_array().unwrap() {
        out.push(some(detail, &["ccy", "cashBal", "eq", "availBal", "frozenBal", "eqUsd"]));
    }
    expect![[r#"
        totalEq=11000
        ccy=BTC cashBal=10 eq=10 availBal=10 frozenBal=0 eqUsd=1000
        ccy=USDT cashBal=10000 eq=10000 availBal=9100 frozenBal=900 eqUsd=10000"#]]
    .assert_eq(&out.join("\n"));
    assert_eq!(stage.get("account/balance", &json!({"ccy": "ETH"})).data[0]["details"], json!([]));
    assert_eq!(stage.core.snapshot(ACCOUNT, "account")[0], stage.get("account/balance", &json!({})).data[0]);
    assert_eq!(stage.core.snapshot(ACCOUNT, "balance_and_position")[0]["balData"].as_array().unwrap().len(), 2);
    assert!(stage.core.snapshot(ACCOUNT, "orders").is_empty());
    assert_eq!(stage.get("account/max-size", &json!({"instId": "BTC-USDT", "tdMode": "cash"})).data[0]["maxSell"], "10");
}

#[test]
fn a_fill_is_told_on_each_of_its_channels() {
    let mut stage = Stage::with_book();
    let args = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "50", "clOrdId": "12"});
    stage.core.call(stage.now, ACCOUNT, crate::server::core::Method::Post, "trade/order", &args);
    let pushes: Vec<_> = stage.core.drain().collect();
    let channels: Vec<_> = pushes.iter().map(|push| (push.channel, push.inst_id.as_deref(), push.event_type)).collect();
    let of_pair = Some("BTC-USDT");
    assert_eq!(
        channels,
        [
            ("orders", of_pair, None),
            ("orders", of_pair, None),
            ("fills", of_pair, None),
            ("account", None, Some("event_update")),
            ("balance_and_position", None, None),
        ]
    );
    assert_eq!(
        some(&pushes[2].data[0], &["fillSz", "fillPx", "clOrdId", "tradeId", "execType"]),
        "fillSz=0.499 fillPx=100.1 clOrdId=12 tradeId=1000000000001 execType=T"
    );
    assert_eq!(pushes[4].data[0]["trades"], json!([{"instId": "BTC-USDT", "tradeId": "1000000000001"}]));
    assert_eq!(pushes[4].data[0]["eventType"], "filled");
}

#[test]
fn algo_orders_are_found_while_they_wait_and_afterwards() {
    let mut stage = Stage::with_book();
    let stop = stage.algo("sell", "conditional", "0.1", &json!({"slTriggerPx": "95", "slOrdPx": "-1", "algoClOrdId": "s1"}));
    stage.algo("sell", "oco", "0.1", &json!({"tpTriggerPx": "105", "tpOrdPx": "-1", "slTriggerPx": "90", "slOrdPx": "-1"}));
    stage.algo("sell", "move_order_stop", "0.1", &json!({"callbackRatio": "0.5"}));
    let pending =
        |stage: &mut Stage, kinds: &str| ids(&stage.get("trade/orders-algo-pending", &json!({"ordType": kinds})), "algoId");
    assert_eq!(pending(&mut stage, "conditional"), ["#1"]);
    assert_eq!(pending(&mut stage, "conditional,oco"), ["#2", "#1"]);
    assert_eq!(pending(&mut stage, "move_order_stop"), ["#3"]);
    assert_eq!(stage.core.snapshot(ACCOUNT, "algo-advance").len(), 1);
    stage.trade("94");
    assert_eq!(pending(&mut stage, "conditional,oco"), ["#2"]);
    let done = stage.get("trade/orders-algo-history", &json!({"ordType": "conditional", "state": "effective"}));
    assert_eq!(ids(&done, "algoId"), ["#1"]);
    let row = stage.get("trade/order-algo", &json!({"algoClOrdId": "s1"})).data[0].clone();
    expect!["state=effective actualSide=sl actualSz=0.1 actualPx=99.9 triggerTime=3000 failCode="]
        .assert_eq(&some(&row, &["state", "actualSide", "actualSz", "actualPx", "triggerTime", "failCode"]));
    let placed = text(&row, "ordId").to_owned();
    let order = stage.get("trade/order", &json!({"instId": "BTC-USDT", "ordId": placed})).data[0].clone();
    assert_eq!((text(&order, "algoId"), text(&order, "algoClOrdId"), text(&order, "source")), (stop.as_str(), "s1", "7"));
}

#[test]
fn fees_currencies_and_configuration_are_told() {
    let mut stage = Stage::with_book();
    let fee = stage.get("account/trade-fee", &json!({"instType": "SPOT", "instId": "BTC-USDT"})).data[0].clone();
    assert_eq!(some(&fee, &["maker", "taker", "level"]), "maker=-0.0008 taker=-0.001 level=Lv1");
    let currencies = stage.get("asset/currencies", &json!({}));
    let names: Vec<&str> = currencies.data.iter().map(|row| text(row, "ccy")).collect();
    assert_eq!(names, ["BTC", "USDT"]);
    let config = stage.get("account/config", &json!({})).data[0].clone();
    assert_eq!(some(&config, &["acctLv", "posMode", "feeType", "uid"]), "acctLv=1 posMode=net_mode feeType=0 uid=1");
    assert_eq!(stage.get("account/instruments", &json!({"instType": "SPOT"})).data.len(), 1);
    assert!(stage.get("account/instruments", &json!({"instType": "SWAP"})).data.is_empty());
    assert!(stage.get("account/positions", &json!({})).data.is_empty());
}
