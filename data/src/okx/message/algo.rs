//! Algo orders: what waits at the venue for a price.

use serde::Deserialize;

use super::number::{Flag, Number};
use super::reply::{ItemResult, list};
use super::text::Text;
use super::word::{InstType, OrdType, OrderState, Side, TdMode};

/// An algo order, of `trade/order-algo`, the lists, and the channels `orders-algo` and `algo-advance`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AlgoInfo {
    /// What kind of instrument.
    pub inst_type: InstType,
    /// Of what.
    pub inst_id: Text,
    /// The venue's id of it.
    pub algo_id: Text,
    /// Our id of it.
    pub algo_cl_ord_id: Text,
    /// The order that it placed; deprecated in favour of the list.
    pub ord_id: Text,
    /// The orders that it placed.
    #[serde(deserialize_with = "list")]
    pub ord_id_list: Vec<Text>,
    /// Our id of the order.
    pub cl_ord_id: Text,
    /// Our mark on it.
    pub tag: Text,
    /// Which way.
    pub side: Side,
    /// `net`, `long`, `short` or nothing.
    pub pos_side: Text,
    /// How it is paid for.
    pub td_mode: TdMode,
    /// What kind.
    pub ord_type: OrdType,
    /// How much.
    pub sz: Number,
    /// How much of the position instead, of contracts: 1 is all.
    pub close_fraction: Number,
    /// Whether a market order's size is in `base_ccy` or `quote_ccy`.
    pub tgt_ccy: Text,
    /// Where it is.
    pub state: OrderState,
    /// What activates a trigger order.
    pub trigger_px: Number,
    /// The order's price then; -1 is a market order.
    pub ord_px: Number,
    /// The last traded price when it was placed.
    pub last: Number,
    /// What activates its take-profit.
    pub tp_trigger_px: Number,
    /// The take-profit's price; -1 is a market order.
    pub tp_ord_px: Number,
    /// What activates its stop.
    pub sl_trigger_px: Number,
    /// The stop's price; -1 is a market order.
    pub sl_ord_px: Number,
    /// How far a trailing stop stays behind, as a share.
    pub callback_ratio: Number,
    /// How far a trailing stop stays behind, in quote units.
    pub callback_spread: Number,
    /// Where a trailing stop begins to follow.
    pub active_px: Number,
    /// Where a trailing stop's trigger is.
    pub move_trigger_px: Number,
    /// Whether it only closes.
    pub reduce_only: Flag,
    /// `tp` or `sl`: which one was activated.
    pub actual_side: Text,
    /// At which price it was.
    pub actual_px: Number,
    /// How much was.
    pub actual_sz: Number,
    /// When, milliseconds since 1970.
    pub trigger_time: Number,
    /// Why the order was refused then.
    pub fail_code: Text,
    /// Our id of the amendment.
    pub req_id: Text,
    /// What became of the amendment.
    pub amend_result: Text,
    /// When it was placed, milliseconds since 1970.
    pub c_time: Number,
    /// When it changed last, milliseconds since 1970.
    pub u_time: Number,
}

/// Protection that an order brings with it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AttachedAlgo {
    /// The venue's id of it.
    pub attach_algo_id: Text,
    /// Our id of it.
    pub attach_algo_cl_ord_id: Text,
    /// What activates the take-profit.
    pub tp_trigger_px: Number,
    /// The take-profit's price; -1 is a market order.
    pub tp_ord_px: Number,
    /// What activates the stop.
    pub sl_trigger_px: Number,
    /// The stop's price; -1 is a market order.
    pub sl_ord_px: Number,
    /// How much.
    pub sz: Number,
    /// Why it could not be placed.
    pub fail_code: Text,
}

/// What became of one algo order that was placed, amended or canceled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AlgoReply {
    /// The venue's id of it; empty when it was refused.
    pub algo_id: Text,
    /// Our id of it.
    pub algo_cl_ord_id: Text,
    /// Our mark on it.
    pub tag: Text,
    /// Our id of the amendment.
    pub req_id: Text,
    /// `"0"`: accepted.
    pub s_code: Text,
    /// The venue's words.
    pub s_msg: Text,
    /// What makes the code finer.
    pub sub_code: Text,
}

impl ItemResult for AlgoReply {
    fn s_code(&self) -> &Text {
        &self.s_code
    }

    fn s_msg(&self) -> &Text {
        &self.s_msg
    }
}
