//! Whatever a client sends, the venue answers.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::stage::{ACCOUNT, CODE, Stage};
use crate::server::core::Method;

const PATHS: &str = "account/config account/balance account/positions account/instruments account/trade-fee account/bills \
    account/max-size account/max-avail-size account/set-leverage account/set-position-mode account/set-account-level \
    asset/currencies trade/order trade/batch-orders trade/amend-order trade/amend-batch-orders trade/cancel-order \
    trade/cancel-batch-orders trade/orders-pending trade/orders-history trade/orders-history-archive trade/fills \
    trade/fills-history trade/order-algo trade/amend-algos trade/cancel-algos trade/orders-algo-pending \
    trade/orders-algo-history trade/cancel-all-after trade/close-position trade/account-rate-limit nowhere";
const WORDS: &str = "\
    BTC-USDT SPOT cash buy sell limit market post_only fok conditional oco trigger move_order_stop conditional,oco \
    quote_ccy base_ccy 1 0.5 100 99.9 110 90 -1 0 60 1e3 79228162514264337593543950335 \
    0.0000000000000000000000000001 18446744073709551615 1000000000000001 abc";
const OPS: &str = "order batch-orders amend-order batch-amend-orders cancel-order batch-cancel-orders mass-cancel";
const FIELDS: &str = "\
    instId instIdCode instType tdMode side ordType sz px clOrdId ordId tag tgtCcy posSide banAmend stpMode newSz \
    newPx reqId cxlOnFail attachAlgoOrds algoId algoClOrdId tpTriggerPx tpOrdPx slTriggerPx slOrdPx slTriggerPxType \
    triggerPx orderPx callbackRatio callbackSpread activePx newSlTriggerPx newTriggerPx timeOut state after before \
    limit begin end ccy closeFraction advanceOrdType";

fn any_of(words: &'static str) -> impl Strategy<Value = &'static str> {
    prop::sample::select(words.split_whitespace().collect::<Vec<_>>())
}

fn field() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any_of(WORDS).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::from("")),
        1 => Just(json!(CODE)),
        1 => Just(json!([{"tpTriggerPx": "110", "tpOrdPx": "-1"}, {"slTriggerPx": 5}, 7, null])),
        1 => Just(json!({"deep": [[[]]]})),
    ]
}

/// A request with most of what an order has, and then anything.
fn object() -> impl Strategy<Value = Value> {
    let some = prop::collection::btree_map(any_of(FIELDS), field(), 0..12);
    (some, any::<bool>()).prop_map(|(some, usual)| {
        let mut fields = Map::new();
        if usual {
            for (name, value) in [("instId", "BTC-USDT"), ("tdMode", "cash"), ("side", "sell"), ("ordType", "limit"), ("sz", "1")]
            {
                fields.insert(name.to_owned(), value.into());
            }
            fields.insert("instIdCode".to_owned(), CODE.into());
        }
        fields.extend(some.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(fields)
    })
}

fn request() -> impl Strategy<Value = Value> {
    prop_oneof![4 => object(), 2 => prop::collection::vec(object(), 0..4).prop_map(Value::from), 1 => field()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_answered(
        requests in prop::collection::vec((any_of(PATHS), any::<bool>(), request()), 1..30),
    ) {
        let mut stage = Stage::with_book();
        for (path, posts, args) in requests {
            let method = if posts { Method::Post } else { Method::Get };
            let reply = stage.core.call(stage.now, ACCOUNT, method, path, &args);
            prop_assert!(matches!(reply.status, 200 | 400 | 404 | 405), "{path} {args}: {reply:?}");
            prop_assert_eq!(reply.code == "0" || !reply.msg.is_empty(), true, "{} {}: {:?}", path, args, reply);
            for row in &reply.data {
                prop_assert!(row["sCode"].is_null() || row["sCode"] == "0" || row["sMsg"] != "", "{path} {args}: {row}");
            }
            stage.trade("99.5");
        }
    }

    #[test]
    fn any_operation_is_answered(
        requests in prop::collection::vec((any_of(OPS), prop::collection::vec(object(), 0..4)), 1..30),
    ) {
        let mut stage = Stage::with_book();
        for (op, args) in requests {
            let reply = stage.core.operate(stage.now, ACCOUNT, op, &args);
            prop_assert_eq!(reply.is_some(), op != "mass-cancel");
            stage.book(&["99.9"], &["100.1"]);
        }
    }
}
