//! What the engine asks for, in the venue's words.

use data::okx::convert::{self, Change, ClientId, Placement, SessionTag, Terms};
use data::okx::message::{Flag, Number, OrdType, PlaceAlgo, PlaceOrder, TdMode, Text};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::Side;
use engine::number::{Price, Quantity, Rate};
use engine::order::{Amendment, OrderId, OrderKind, OrderRequest, Owner, TimeInForce, TrailBy};
use serde::Serialize;

use super::payloads::pair;

fn id() -> ClientId {
    ClientId { session: SessionTag::parse("session001").unwrap(), order: OrderId(71) }
}

fn at(text: &str) -> Price {
    text.parse().unwrap()
}

fn request(side: Side, kind: OrderKind) -> OrderRequest {
    let quantity: Quantity = "0.01000".parse().unwrap();
    let (owner, instrument) = (Owner::Operator, InstrumentId(7));
    OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None }
}

fn instrument() -> Instrument {
    pair("BTC-USDT")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn placed(side: Side, kind: OrderKind) -> String {
    match convert::place(&request(side, kind), &instrument(), id(), &Terms::default()) {
        Placement::Order(order) => format!("order {}", json(&order)),
        Placement::Algo(algo) => format!("algo {}", json(&algo)),
    }
}

#[test]
fn orders_of_the_book() {
    assert_eq!(
        placed(Side::Buy, OrderKind::Market),
        r#"order {"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"market","sz":"0.01","clOrdId":"tfsession0011z","tgtCcy":"base_ccy","banAmend":true}"#
    );
    for (time_in_force, ord_type) in [
        (TimeInForce::GoodTilCanceled, "limit"),
        (TimeInForce::ImmediateOrCancel, "ioc"),
        (TimeInForce::FillOrKill, "fok"),
        (TimeInForce::PostOnly, "post_only"),
    ] {
        assert_eq!(
            placed(Side::Sell, OrderKind::Limit { price: at("50000.10"), time_in_force }),
            format!(
                r#"order {{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"{ord_type}","sz":"0.01","px":"50000.1","clOrdId":"tfsession0011z"}}"#
            )
        );
    }
}

#[test]
fn orders_that_wait() {
    let head = r#"algo {"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"#;
    let tail = r#","sz":"0.01","algoClOrdId":"tfsession0011z","#;
    for (kind, ord_type, fields) in [
        (
            OrderKind::StopMarket { trigger: at("90") },
            "conditional",
            r#""slTriggerPx":"90","slOrdPx":"-1","slTriggerPxType":"last""#,
        ),
        (
            OrderKind::StopLimit { trigger: at("90"), price: at("89.5") },
            "conditional",
            r#""slTriggerPx":"90","slOrdPx":"89.5","slTriggerPxType":"last""#,
        ),
        (
            OrderKind::TakeProfitMarket { trigger: at("110.0") },
            "conditional",
            r#""tpTriggerPx":"110","tpOrdPx":"-1","tpTriggerPxType":"last""#,
        ),
        (
            OrderKind::TakeProfitLimit { trigger: at("110"), price: at("111") },
            "conditional",
            r#""tpTriggerPx":"110","tpOrdPx":"111","tpTriggerPxType":"last""#,
        ),
        (OrderKind::TrailingStop { by: TrailBy::Rate(Rate::from_bps(150)) }, "move_order_stop", r#""callbackRatio":"0.015""#),
        (OrderKind::TrailingStop { by: TrailBy::Price(at("12.50")) }, "move_order_stop", r#""callbackSpread":"12.5""#),
    ] {
        assert_eq!(placed(Side::Sell, kind), format!(r#"{head}"{ord_type}"{tail}{fields}}}"#));
    }
    let bought = placed(Side::Buy, OrderKind::StopMarket { trigger: at("110") });
    assert!(bought.contains(r#""tgtCcy":"base_ccy""#), "a market buy is for a quantity: {bought}");
}

#[test]
fn a_stop_and_a_target_are_one_order() {
    let stop = request(Side::Sell, OrderKind::StopMarket { trigger: at("90") });
    let target = request(Side::Sell, OrderKind::TakeProfitMarket { trigger: at("110") });
    let pair = convert::place_pair((&stop, &target), &instrument(), id(), &Terms::default()).unwrap();
    assert_eq!(
        json(&pair),
        r#"{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"oco","sz":"0.01","algoClOrdId":"tfsession0011z","tpTriggerPx":"110","tpOrdPx":"-1","tpTriggerPxType":"last","slTriggerPx":"90","slOrdPx":"-1","slTriggerPxType":"last"}"#
    );
    let trailing = request(Side::Sell, OrderKind::TrailingStop { by: TrailBy::Price(at("1")) });
    let other_side = OrderRequest { side: Side::Buy, ..target.clone() };
    for (stop, target) in [(&trailing, &target), (&target, &stop), (&stop, &stop), (&stop, &other_side)] {
        convert::place_pair((stop, target), &instrument(), id(), &Terms::default()).unwrap_err();
    }
}

#[test]
fn amendments_and_cancellations() {
    let new = Amendment { order: OrderId(71), quantity: "0.02".parse().ok(), price: Some(at("51000.0")), trigger: None };
    let limit = OrderKind::Limit { price: at("50000"), time_in_force: TimeInForce::GoodTilCanceled };
    let Ok(Change::Order(order)) = convert::amend(&new, &limit, &instrument(), id()) else { panic!("not of the book") };
    assert_eq!(json(&order), r#"{"instId":"BTC-USDT","clOrdId":"tfsession0011z","newSz":"0.02","newPx":"51000"}"#);
    assert_eq!(
        json(&order.over_websocket(10_458)),
        r#"{"instIdCode":10458,"clOrdId":"tfsession0011z","newSz":"0.02","newPx":"51000"}"#
    );
    let new = Amendment { quantity: None, price: None, trigger: Some(at("95")), ..new };
    let stop = OrderKind::StopMarket { trigger: at("90") };
    let Ok(Change::Algo(algo)) = convert::amend(&new, &stop, &instrument(), id()) else { panic!("not waiting") };
    assert_eq!(json(&algo), r#"{"instId":"BTC-USDT","algoClOrdId":"tfsession0011z","newSlTriggerPx":"95"}"#);
    for kind in [limit, OrderKind::Market, OrderKind::TrailingStop { by: TrailBy::Price(at("1")) }] {
        convert::amend(&new, &kind, &instrument(), id()).unwrap_err();
    }
    let Change::Order(order) = convert::cancel(&limit, &instrument(), id()) else { panic!("not of the book") };
    assert_eq!(json(&order), r#"{"instId":"BTC-USDT","clOrdId":"tfsession0011z"}"#);
    let Change::Algo(algo) = convert::cancel(&stop, &instrument(), id()) else { panic!("not waiting") };
    assert_eq!(json(&algo), r#"{"instId":"BTC-USDT","algoClOrdId":"tfsession0011z"}"#);
}

/// What other clients write for the same orders is read as what we would write.
#[test]
fn other_clients_orders_are_ours() {
    let sent = r#"{"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": 0.01, "clOrdId": "",
        "tgtCcy": "base_ccy", "px": "", "banAmend": true, "reduceOnly": "", "attachAlgoOrds": null, "tag": "t"}"#;
    let order: PlaceOrder = serde_json::from_str(sent).unwrap();
    let terms = Terms { tag: "t".into(), td_mode: TdMode::Cash };
    let Placement::Order(own) = convert::place(&request(Side::Buy, OrderKind::Market), &instrument(), id(), &terms) else {
        panic!("not of the book")
    };
    assert_eq!(PlaceOrder { cl_ord_id: Text::default(), ..own }, order);
    assert_eq!((order.ban_amend, order.reduce_only, order.px), (Flag(Some(true)), Flag(None), Number::default()));
    let algo: PlaceAlgo = serde_json::from_str(r#"{"ordType":"chase","newField":[1]}"#).unwrap();
    assert_eq!(algo.ord_type, OrdType::Other("chase".into()));
}
