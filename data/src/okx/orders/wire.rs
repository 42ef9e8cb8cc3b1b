//! An order request on both wires: REST names the instrument by its id, the WebSocket by its code.

use serde::Serialize;

use crate::okx::limits::Budget;
use crate::okx::message::{AmendOrder, CancelOrder, Integer, OperationReply, OrderReply, PlaceOrder, Text};
use crate::okx::rest::OkxError;
use crate::okx::websocket::OrderOp;

/// A request about one order.
pub(super) trait WireOrder: Clone + Serialize {
    /// The operation for one, and for several.
    const SINGLE: OrderOp;
    const BATCH: OrderOp;
    /// What one is charged to, and what several are.
    const BUDGETS: (Budget, Budget);

    fn inst_id(&self) -> &Text;
    fn inst_id_code(&self) -> Option<i64>;
    fn for_rest(&self) -> Self;
    fn for_socket(&self) -> Self;

    /// The arguments of an operation, in JSON.
    fn socket_args(orders: &[Self]) -> String {
        let args: Vec<Self> = orders.iter().map(Self::for_socket).collect();
        serde_json::to_string(&args).expect("texts, numbers and lists of them")
    }
}

macro_rules! wire_order {
    ($name:ident, $single:ident, $batch:ident) => {
        impl WireOrder for $name {
            const SINGLE: OrderOp = OrderOp::$single;
            const BATCH: OrderOp = OrderOp::$batch;
            const BUDGETS: (Budget, Budget) = (Budget::$single, Budget::$batch);

            fn inst_id(&self) -> &Text {
                &self.inst_id
            }

            fn inst_id_code(&self) -> Option<i64> {
                self.inst_id_code.0
            }

            fn for_rest(&self) -> Self {
                Self { inst_id_code: Integer::default(), ..self.clone() }
            }

            fn for_socket(&self) -> Self {
                Self { inst_id: Text::default(), ..self.clone() }
            }
        }
    };
}
wire_order!(PlaceOrder, Place, PlaceBatch);
wire_order!(AmendOrder, Amend, AmendBatch);
wire_order!(CancelOrder, Cancel, CancelBatch);

/// What a reply over the WebSocket says of each order that was asked.
pub(super) fn items(text: &str, op: OrderOp, asked: usize) -> Result<Vec<OrderReply>, OkxError> {
    let name = || format!("WebSocket {}", op.word());
    let unreadable = |reason: String| OkxError::Unreadable { asked: name(), status: 200, reason };
    let reply: OperationReply = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    match reply.code.as_str() {
        "0" | "1" | "2" if reply.data.len() == asked => Ok(reply.data),
        "0" | "2" | "" => Err(unreadable(format!("{} results for {asked} requests", reply.data.len()))),
        code => Err(OkxError::Refused { asked: name(), status: 200, code: code.to_owned(), message: reply.msg.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wire_names_the_instrument_its_way() {
        let order = CancelOrder {
            inst_id: "BTC-USDT".into(),
            inst_id_code: Integer(Some(7)),
            cl_ord_id: "a1".into(),
            ..CancelOrder::default()
        };
        assert_eq!(CancelOrder::socket_args(std::slice::from_ref(&order)), r#"[{"instIdCode":7,"clOrdId":"a1"}]"#);
        assert_eq!(serde_json::to_string(&order.for_rest()).unwrap(), r#"{"instId":"BTC-USDT","clOrdId":"a1"}"#);
    }

    #[test]
    fn replies_without_items_are_refusals_or_nothing_to_rely_on() {
        let items = |text| items(text, OrderOp::Place, 1);
        let one = r#"{"id":"r1","op":"order","code":"1","msg":"","data":[{"ordId":"","sCode":"51008","sMsg":"no"}]}"#;
        assert_eq!(items(one).unwrap()[0].s_code, "51008");
        let malformed = items(r#"{"id":"r1","op":"order","code":"60013","msg":"Parameter","data":[]}"#).unwrap_err();
        assert_eq!((malformed.code(), malformed.outcome_unknown()), (Some("60013"), false));
        let error = items(r#"{"id":"r1","event":"error","code":"50004","msg":"late"}"#).unwrap_err();
        assert!(error.outcome_unknown());
        for text in ["", "{}", r#"{"code":"0","data":[]}"#, r#"{"code":"0","data":[{},{}]}"#] {
            assert!(items(text).unwrap_err().outcome_unknown(), "{text}");
        }
    }
}
