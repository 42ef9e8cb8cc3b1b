//! What the venue says, as our own client reads it.

use data::okx::convert;
use data::okx::message::{AlgoInfo, Balance, FillInfo, InstrumentInfo, OrderInfo, TradeFee};
use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::order::{CancelReason, Liquidity, OrderId, OrderKind, TrailBy};
use expect_test::expect;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, Stage, instrument};
use crate::server::core::{Method, Push};

fn read<T: DeserializeOwned>(row: &Value) -> T {
    serde_json::from_value(row.clone()).unwrap_or_else(|error| panic!("{error} in {row}"))
}

/// What the pushes of one call say to an engine.
fn heard(stage: &mut Stage, path: &str, args: &Value) -> Vec<String> {
    let reply = stage.core.call(stage.now, ACCOUNT, Method::Post, path, args);
    assert_eq!(reply.code, "0", "{reply:?}");
    let pushes: Vec<Push> = stage.core.drain().collect();
    let inputs = pushes.iter().flat_map(|push| push.data.iter().flat_map(|row| inputs(push.channel, row)));
    inputs.map(|input| shown(&input)).collect()
}

fn inputs(channel: &str, row: &Value) -> Vec<Input> {
    match channel {
        "orders" => convert::order_inputs(&read::<OrderInfo>(row), OrderId(1), &instrument()).unwrap(),
        "orders-algo" | "algo-advance" => convert::algo_inputs(&read::<AlgoInfo>(row), OrderId(1)).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn shown(input: &Input) -> String {
    match input {
        Input::OrderAccepted(_) => "accepted".to_owned(),
        Input::OrderTriggered(_) => "triggered".to_owned(),
        Input::OrderFilled(fill) => {
            let kind = if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" };
            format!(
                "filled {} at {} {kind} fee {} {} id {}",
                fill.quantity, fill.price, fill.fee, fill.fee_currency, fill.fill_id
            )
        }
        Input::OrderCanceled { reason, .. } => format!("canceled {reason:?}"),
        Input::OrderAmended(new) => {
            format!("amended {:?} {:?}", new.quantity.map(|q| q.to_string()), new.price.map(|p| p.to_string()))
        }
        Input::AmendRejected { reason, .. } => format!("not amended {reason:?}"),
        other => panic!("{other:?}"),
    }
}

fn order(side: &str, kind: &str, size: &str, price: &str) -> Value {
    json!({
        "instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": kind, "sz": size, "px": price, "tgtCcy": "base_ccy",
        "clOrdId": "c1",
    })
}

#[test]
fn orders_are_heard_as_they_went() {
    let mut stage = Stage::with_book();
    let mut out = Vec::new();
    let mut say = |stage: &mut Stage, path: &str, args: &Value| {
        let what = format!("{path} {} {}", args["ordType"].as_str().unwrap_or(""), args["side"].as_str().unwrap_or(""));
        out.push(what.trim_end().to_owned());
        out.extend(heard(stage, path, args).iter().map(|line| format!("    {line}")));
    };
    say(&mut stage, "trade/order", &order("buy", "market", "1.2", ""));
    say(&mut stage, "trade/order", &order("sell", "post_only", "1", "99"));
    say(&mut stage, "trade/order", &order("sell", "ioc", "1.5", "99.9"));
    say(&mut stage, "trade/order", &order("buy", "limit", "1", "90"));
    say(&mut stage, "trade/amend-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1", "newSz": "2"}));
    say(&mut stage, "trade/amend-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1", "newSz": "2000"}));
    say(&mut stage, "trade/cancel-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1"}));
    expect![[r#"
        trade/order market buy
            accepted
            filled 1 at 100.1 taker fee 0.001 BTC id 1000000000001
            filled 0.2 at 100.2 taker fee 0.0002 BTC id 1000000000002
        trade/order post_only sell
            accepted
            canceled WouldTake
        trade/order ioc sell
            accepted
            filled 1 at 99.9 taker fee 0.0999 USDT id 1000000000003
            canceled NothingLeftToTake
        trade/order limit buy
            accepted
        trade/amend-order
            amended Some("2") Some("90")
        trade/amend-order
            not amended InsufficientBalance
        trade/cancel-order
            canceled Requested"#]]
    .assert_eq(&out.join("\n"));
}

#[test]
fn an_algo_order_is_heard_to_trigger_before_its_order_fills() {
    let mut stage = Stage::with_book();
    let stop = json!({
        "instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "conditional", "sz": "0.5", "slTriggerPx": "95",
        "slOrdPx": "-1", "algoClOrdId": "s1",
    });
    assert_eq!(heard(&mut stage, "trade/order-algo", &stop), ["accepted"]);
    stage.core.observe(
        stage.now,
        &Input::Trade(engine::market::Trade {
            instrument: InstrumentId(0),
            venue_at: stage.now,
            price: engine::number::FixedPrice(950),
            size: engine::number::FixedSize(1),
            taker: engine::market::Side::Sell,
            trade_id: None,
        }),
    );
    let pushes: Vec<Push> = stage.core.drain().collect();
    let lines: Vec<String> = pushes
        .iter()
        .flat_map(|push| push.data.iter().flat_map(|row| inputs(push.channel, row)))
        .map(|input| shown(&input))
        .collect();
    assert_eq!(lines, ["triggered", "accepted", "filled 0.5 at 99.9 taker fee 0.04995 USDT id 1000000000001"]);
    let placed: OrderInfo = read(&pushes.iter().find(|push| push.channel == "orders").unwrap().data[0]);
    assert_eq!((placed.algo_cl_ord_id.as_str(), placed.source.as_str()), ("s1", "7"));
}

#[test]
fn what_is_asked_for_is_read_too() {
    let mut stage = Stage::with_book();
    stage.post("trade/order", &order("buy", "market", "1.2", ""));
    stage.post("trade/order", &order("sell", "limit", "1", "101"));
    let get = |stage: &mut Stage, path: &str, args: Value| stage.get(path, &args).data[0].clone();

    let fill = get(&mut stage, "trade/fills", json!({"instType": "SPOT"}));
    let fill = convert::fill(&read::<FillInfo>(&fill), OrderId(1), &instrument()).unwrap();
    assert_eq!((fill.fill_id, fill.fee.to_string(), fill.fee_currency.as_str()), (1_000_000_000_002, "0.0002".to_owned(), "BTC"));

    let balance = get(&mut stage, "account/balance", json!({}));
    let balances = convert::balances(&read::<Balance>(&balance)).unwrap();
    let balances: Vec<String> = balances.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
    assert_eq!(balances, ["11.1988 BTC", "9879.86 USDT"]);

    let fee = get(&mut stage, "account/trade-fee", json!({"instType": "SPOT", "instId": "BTC-USDT"}));
    let listed = get(&mut stage, "account/instruments", json!({"instType": "SPOT"}));
    let fees = convert::Fees::of(&read::<TradeFee>(&fee), "1").unwrap();
    let told = convert::instrument(&read::<InstrumentInfo>(&listed), InstrumentId(0), fees).unwrap();
    assert_eq!(told, instrument());

    let pending = get(&mut stage, "trade/orders-pending", json!({}));
    let stray = convert::stray(&read::<OrderInfo>(&pending), &instrument()).unwrap();
    assert!(matches!(stray.kind, OrderKind::Limit { .. }) && stray.filled.is_zero());
    stage.algo("sell", "move_order_stop", "0.5", &json!({"callbackRatio": "0.02"}));
    let waiting = get(&mut stage, "trade/orders-algo-pending", json!({"ordType": "move_order_stop"}));
    let stray = convert::stray_algo(&read::<AlgoInfo>(&waiting), &instrument()).unwrap();
    assert!(matches!(stray.kind, OrderKind::TrailingStop { by: TrailBy::Rate(_) }));
}

#[test]
fn every_end_is_heard_for_its_reason() {
    let mut stage = Stage::with_book();
    let mut end = |args: &Value| heard(&mut stage, "trade/order", args).pop().unwrap();
    let reason = |reason: CancelReason| format!("canceled {reason:?}");
    assert_eq!(end(&order("buy", "fok", "5", "100.1")), reason(CancelReason::CouldNotFillWhole));
    assert_eq!(end(&order("buy", "ioc", "5", "90")), reason(CancelReason::NothingLeftToTake));
    assert_eq!(end(&order("buy", "post_only", "5", "101")), reason(CancelReason::WouldTake));
}
