//! What is asked of the venue: orders, algo orders, and their changes.
//!
//! The same structs serve both sides. Written, an absent field does not appear; read, `""` and `null` are absent, because
//! there are clients that send every field they know.

use serde::{Deserialize, Serialize};

use super::number::{Flag, Integer, Number};
use super::reply::list;
use super::text::Text;
use super::word::{OrdType, Side, TdMode};

/// Whether a field is left out of what is written.
trait Absent {
    fn is_absent(&self) -> bool;
}

macro_rules! absent {
    ($($name:ty),+) => {
        $(impl Absent for $name {
            fn is_absent(&self) -> bool {
                <$name>::is_absent(self)
            }
        })+
    };
}
absent!(Text, Number, Flag, Integer, Side, OrdType, TdMode);

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// A struct whose absent fields do not appear.
macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "Absent::is_absent")] pub $field: $type,)+
        }
    };
}

request! {
    /// A new order. REST names its instrument by `inst_id`, WebSocket by `inst_id_code`.
    PlaceOrder {
        /// Of what, over REST.
        inst_id: Text,
        /// Of what, over WebSocket.
        inst_id_code: Integer,
        /// How it is paid for.
        td_mode: TdMode,
        /// Which way.
        side: Side,
        /// What kind.
        ord_type: OrdType,
        /// How much: base units of spot, contracts otherwise, or what `tgt_ccy` says.
        sz: Number,
        /// At which price or better.
        px: Number,
        /// Our id of it: 1 to 32 letters and digits.
        cl_ord_id: Text,
        /// Our mark on it: 1 to 16 letters and digits.
        tag: Text,
        /// Of a spot market order: whether `sz` is in `base_ccy` or `quote_ccy`.
        tgt_ccy: Text,
        /// `net`, `long` or `short`, of contracts.
        pos_side: Text,
        /// The margin's currency.
        ccy: Text,
        /// Whether it only closes.
        reduce_only: Flag,
        /// Whether it is refused, instead of shrunk, when the money does not suffice.
        ban_amend: Flag,
        /// What happens when own orders meet.
        stp_mode: Text,
        /// Which currency pays.
        trade_quote_ccy: Text,
        /// Protection that is placed once it fills.
        #[serde(deserialize_with = "list")]
        attach_algo_ords: Vec<AttachAlgo>,
    }
}

request! {
    /// Protection for what an order opens.
    AttachAlgo {
        /// Our id of it.
        attach_algo_cl_ord_id: Text,
        /// What activates the take-profit.
        tp_trigger_px: Number,
        /// The take-profit's price; -1 is a market order.
        tp_ord_px: Number,
        /// By which price: `last`, `index` or `mark`.
        tp_trigger_px_type: Text,
        /// What activates the stop.
        sl_trigger_px: Number,
        /// The stop's price; -1 is a market order.
        sl_ord_px: Number,
        /// By which price: `last`, `index` or `mark`.
        sl_trigger_px_type: Text,
        /// How much.
        sz: Number,
    }
}

request! {
    /// New values for an open order. The order is named by either id; the venue's wins.
    AmendOrder {
        /// Of what, over REST.
        inst_id: Text,
        /// Of what, over WebSocket.
        inst_id_code: Integer,
        /// The venue's id of it.
        ord_id: Text,
        /// Our id of it.
        cl_ord_id: Text,
        /// Our id of this amendment.
        req_id: Text,
        /// New total, what is filled included.
        new_sz: Number,
        /// New price.
        new_px: Number,
        /// Whether the order is canceled when this fails.
        cxl_on_fail: Flag,
    }
}

request! {
    /// An open order is no longer wanted. It is named by either id; the venue's wins.
    CancelOrder {
        /// Of what, over REST.
        inst_id: Text,
        /// Of what, over WebSocket.
        inst_id_code: Integer,
        /// The venue's id of it.
        ord_id: Text,
        /// Our id of it.
        cl_ord_id: Text,
    }
}

request! {
    /// A new algo order.
    PlaceAlgo {
        /// Of what.
        inst_id: Text,
        /// How it is paid for.
        td_mode: TdMode,
        /// Which way.
        side: Side,
        /// What kind: conditional, oco, trigger or trailing.
        ord_type: OrdType,
        /// How much.
        sz: Number,
        /// How much of the position instead, of contracts: 1 is all.
        close_fraction: Number,
        /// Our id of it: 1 to 32 letters and digits.
        algo_cl_ord_id: Text,
        /// Our mark on it.
        tag: Text,
        /// Whether a market order's size is in `base_ccy` or `quote_ccy`.
        tgt_ccy: Text,
        /// `net`, `long` or `short`, of contracts.
        pos_side: Text,
        /// Whether it only closes.
        reduce_only: Flag,
        /// What activates the take-profit.
        tp_trigger_px: Number,
        /// The take-profit's price; -1 is a market order.
        tp_ord_px: Number,
        /// By which price: `last`, `index` or `mark`; spot knows `last` only.
        tp_trigger_px_type: Text,
        /// What activates the stop.
        sl_trigger_px: Number,
        /// The stop's price; -1 is a market order.
        sl_ord_px: Number,
        /// By which price.
        sl_trigger_px_type: Text,
        /// What activates a trigger order.
        trigger_px: Number,
        /// A trigger order's price; -1 is a market order.
        order_px: Number,
        /// By which price.
        trigger_px_type: Text,
        /// `fok` or `ioc`, of a trigger order.
        advance_ord_type: OrdType,
        /// How far a trailing stop stays behind, as a share: 0.01 is one percent.
        callback_ratio: Number,
        /// How far a trailing stop stays behind, in quote units.
        callback_spread: Number,
        /// Where a trailing stop begins to follow.
        active_px: Number,
        /// Protection that is placed once it fills.
        #[serde(deserialize_with = "list")]
        attach_algo_ords: Vec<AttachAlgo>,
    }
}

request! {
    /// New values for a waiting algo order.
    AmendAlgo {
        /// Of what.
        inst_id: Text,
        /// The venue's id of it.
        algo_id: Text,
        /// Our id of it.
        algo_cl_ord_id: Text,
        /// Our id of this amendment.
        req_id: Text,
        /// Whether the order is canceled when this fails.
        cxl_on_fail: Flag,
        /// New size.
        new_sz: Number,
        /// New trigger of the take-profit.
        new_tp_trigger_px: Number,
        /// New price of the take-profit.
        new_tp_ord_px: Number,
        /// New trigger of the stop.
        new_sl_trigger_px: Number,
        /// New price of the stop.
        new_sl_ord_px: Number,
        /// New trigger of a trigger order.
        new_trigger_px: Number,
        /// New price of a trigger order.
        new_ord_px: Number,
    }
}

request! {
    /// A waiting algo order is no longer wanted.
    CancelAlgo {
        /// Of what.
        inst_id: Text,
        /// The venue's id of it.
        algo_id: Text,
        /// Our id of it.
        algo_cl_ord_id: Text,
    }
}

request! {
    /// The dead man's switch: cancel all orders unless it is asked for again in time.
    CancelAllAfterRequest {
        /// Seconds from now, 10 to 120; 0 calls it off.
        time_out: Number,
        /// Only orders with this mark.
        tag: Text,
    }
}

macro_rules! over_websocket {
    ($($name:ident),+) => {
        $(impl $name {
            /// The same over WebSocket, where instruments have numbers for names.
            pub fn over_websocket(mut self, inst_id_code: i64) -> Self {
                self.inst_id = Text::default();
                self.inst_id_code = Integer(Some(inst_id_code));
                self
            }
        })+
    };
}
over_websocket!(PlaceOrder, AmendOrder, CancelOrder);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_do_not_appear() {
        let order = PlaceOrder {
            inst_id: "BTC-USDT".into(),
            td_mode: TdMode::Cash,
            side: Side::Buy,
            ord_type: OrdType::PostOnly,
            sz: "0.0010".into(),
            px: "25000.1".into(),
            ..PlaceOrder::default()
        };
        let json = r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"post_only","sz":"0.0010","px":"25000.1"}"#;
        assert_eq!(serde_json::to_string(&order).unwrap(), json);
        let cancel = CancelOrder { inst_id_code: Integer(Some(10_458)), cl_ord_id: "a1".into(), ..CancelOrder::default() };
        assert_eq!(serde_json::to_string(&cancel).unwrap(), r#"{"instIdCode":10458,"clOrdId":"a1"}"#);
        let algo = PlaceAlgo {
            sl_trigger_px: "90".into(),
            attach_algo_ords: vec![AttachAlgo { sl_ord_px: "-1".into(), ..AttachAlgo::default() }],
            ..PlaceAlgo::default()
        };
        assert_eq!(serde_json::to_string(&algo).unwrap(), r#"{"slTriggerPx":"90","attachAlgoOrds":[{"slOrdPx":"-1"}]}"#);
    }

    #[test]
    fn empty_fields_are_absent() {
        let sent = r#"{"instId": "BTC-USDT", "sz": 0.5, "px": "", "reduceOnly": "", "attachAlgoOrds": null, "new": {}}"#;
        let read: PlaceOrder = serde_json::from_str(sent).unwrap();
        assert_eq!(read, PlaceOrder { inst_id: "BTC-USDT".into(), sz: "0.5".into(), ..PlaceOrder::default() });
        let read: AmendOrder = serde_json::from_str(r#"{"cxlOnFail":"","newSz":"","newPx":"1.0","ordId":12}"#).unwrap();
        assert_eq!(read, AmendOrder { ord_id: "12".into(), new_px: "1.0".into(), ..AmendOrder::default() });
    }
}
