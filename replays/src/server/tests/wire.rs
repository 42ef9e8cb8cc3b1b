//! What the venue says, as our own client reads it.

use data::okx::convert::{self, SessionTag};
use data::okx::message::{AlgoInfo, Balance, FillInfo, InstrumentInfo, OrderInfo, TradeFee};
use engine::event::{Hash, Input};
use engine::instrument::InstrumentId;
use engine::order::{CancelReason, Fill, Liquidity, OrderId, OrderKind, TrailBy};
use expect_test::expect;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, Stage, instrument};
use crate::live::word::{Progress, Word};
use crate::live::words;
use crate::server::core::{Method, Push};

fn read<T: DeserializeOwned>(row: &Value) -> T {
    serde_json::from_value(row.clone()).unwrap_or_else(|error| panic!("{error} in {row}"))
}

/// What the pushes of one call say to an engine.
fn heard(stage: &mut Stage, path: &str, args: &Value) -> Vec<String> {
    let reply = stage.core.call(stage.now, ACCOUNT, Method::Post, path, args);
    assert_eq!(reply.code, "0", "{reply:?}");
    let pushes: Vec<Push> = stage.core.drain().collect();
    pushes.iter().flat_map(|push| push.data.iter().flat_map(|row| lines(push.channel, row))).collect()
}

/// A row as a live run reads it, a line for each thing that it says.
fn lines(channel: &str, row: &Value) -> Vec<String> {
    let session = SessionTag::of(&Hash::default());
    let Word { progress, fills, values, amended, .. } = match channel {
        "orders" => words::of_order(&read::<OrderInfo>(row), session, &instrument()).unwrap(),
        "orders-algo" | "algo-advance" => words::of_algo(&read::<AlgoInfo>(row), session).unwrap(),
        _ => return Vec::new(),
    };
    let amended = amended.map(|amended| match (amended.result, values) {
        (Ok(()), Some(values)) => format!("amended {} {:?}", values.quantity, values.price.map(|price| price.to_string())),
        (result, _) => format!("not amended {result:?}"),
    });
    let filled = fills.iter().map(|fill| {
        let kind = if fill.liquidity == Liquidity::Maker { "maker" } else { "taker" };
        let Fill { quantity, price, fee, fee_currency, fill_id, .. } = fill;
        format!("filled {quantity} at {price} {kind} fee {fee} {fee_currency} id {fill_id}")
    });
    let mut lines: Vec<String> = amended.into_iter().chain(filled).collect();
    lines.extend(match progress {
        Progress::Open if lines.is_empty() => Some("open".to_owned()),
        Progress::Open => None,
        Progress::Triggered(_) => Some("triggered".to_owned()),
        Progress::Filled => Some("whole".to_owned()),
        Progress::Canceled(reason) => Some(format!("canceled {reason:?}")),
    });
    lines
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
    say(&mut stage, "trade/amend-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1", "newSz": "2", "reqId": "1"}));
    say(&mut stage, "trade/amend-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1", "newSz": "2000", "reqId": "2"}));
    say(&mut stage, "trade/cancel-order", &json!({"instId": "BTC-USDT", "clOrdId": "c1"}));
    expect![[r#"
        trade/order market buy
            open
            filled 1 at 100.1 taker fee 0.001 BTC id 1000000000001
            filled 0.2 at 100.2 taker fee 0.0002 BTC id 1000000000002
            whole
        trade/order post_only sell
            open
            canceled WouldTake
        trade/order ioc sell
            open
            filled 1 at 99.9 taker fee 0.0999 USDT id 1000000000003
            canceled NothingLeftToTake
        trade/order limit buy
            open
        trade/amend-order
            amended 2 Some("90")
        trade/amend-order
            not amended Err(InsufficientBalance)
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
    assert_eq!(heard(&mut stage, "trade/order-algo", &stop), ["open"]);
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
    let told = pushes.iter().flat_map(|push| push.data.iter().flat_map(|row| lines(push.channel, row)));
    let fill = "filled 0.5 at 99.9 taker fee 0.04995 USDT id 1000000000001";
    assert_eq!(told.collect::<Vec<_>>(), ["triggered", "open", fill, "whole"]);
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
