//! Orders and fills, as the venue reports them.

use serde::Deserialize;

use super::algo::AttachedAlgo;
use super::number::{Flag, Number};
use super::reply::{ItemResult, list};
use super::text::Text;
use super::word::{ExecType, InstType, OrdType, OrderState, Side, TdMode};

/// An order, of `trade/order`, the lists of orders, and the `orders` channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderInfo {
    /// What kind of instrument.
    pub inst_type: InstType,
    /// Of what.
    pub inst_id: Text,
    /// The venue's id of it.
    pub ord_id: Text,
    /// Our id of it; empty where we gave none.
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
    /// Its limit price.
    pub px: Number,
    /// How much was asked for; in quote units where `tgt_ccy` says so.
    pub sz: Number,
    /// Of spot market orders: whether `sz` is in `base_ccy` or `quote_ccy`.
    pub tgt_ccy: Text,
    /// Where it is.
    pub state: OrderState,
    /// How much is filled so far; of spot always in base units.
    pub acc_fill_sz: Number,
    /// At which average price; 0 or nothing before the first fill.
    pub avg_px: Number,
    /// The price of the last fill; on the channel of this one.
    pub fill_px: Number,
    /// The size of the last fill; on the channel of this one.
    pub fill_sz: Number,
    /// When that was, milliseconds since 1970.
    pub fill_time: Number,
    /// The id of that; unique for its instrument.
    pub trade_id: Text,
    /// Whether that rested or took; on the channel only.
    pub exec_type: ExecType,
    /// What that cost, negative is paid; on the channel only.
    pub fill_fee: Number,
    /// In which currency; on the channel only.
    pub fill_fee_ccy: Text,
    /// All fees so far; negative is paid.
    pub fee: Number,
    /// In which currency.
    pub fee_ccy: Text,
    /// All rebates so far.
    pub rebate: Number,
    /// In which currency.
    pub rebate_ccy: Text,
    /// Profit, of contracts.
    pub pnl: Number,
    /// `normal`, or whose decision it was.
    pub category: Text,
    /// What placed it: `6` a trigger, `7` a stop or take-profit, `25` a trailing stop, and others.
    pub source: Text,
    /// Why it was canceled: `1` we did, `31` a post-only order would have taken, and others.
    pub cancel_source: Text,
    /// The same in words.
    pub cancel_source_reason: Text,
    /// Whether it only closes.
    pub reduce_only: Flag,
    /// What happens when own orders meet.
    pub stp_mode: Text,
    /// The algo order that placed it.
    pub algo_id: Text,
    /// Our id of that.
    pub algo_cl_ord_id: Text,
    /// Its protection.
    #[serde(deserialize_with = "list")]
    pub attach_algo_ords: Vec<AttachedAlgo>,
    /// Of an amendment on the channel: `0` done, `-1` failed, `1` ended instead.
    pub amend_result: Text,
    /// Who amended it.
    pub amend_source: Text,
    /// Our id of the amendment.
    pub req_id: Text,
    /// An error's code, on the channel; `0` for none.
    pub code: Text,
    /// An error in words, on the channel.
    pub msg: Text,
    /// When it was placed, milliseconds since 1970.
    pub c_time: Number,
    /// When it changed last, milliseconds since 1970.
    pub u_time: Number,
}

impl OrderInfo {
    /// Whether this message of the `orders` channel tells of a fill. The closing message of a market order does not.
    pub fn is_fill(&self) -> bool {
        // A size that cannot be read is one: whoever books it is told.
        !self.trade_id.is_absent() && self.fill_sz.value().is_none_or(|size| !size.is_zero())
    }
}

/// A fill, of `trade/fills`, `trade/fills-history` and the `fills` channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FillInfo {
    /// What kind of instrument.
    pub inst_type: InstType,
    /// Of what.
    pub inst_id: Text,
    /// The id of it; unique for its instrument.
    pub trade_id: Text,
    /// By which order.
    pub ord_id: Text,
    /// Our id of that; `0` on the channel where it has none or is no number.
    pub cl_ord_id: Text,
    /// Its line in the account's book: what pages are counted by.
    pub bill_id: Text,
    /// Our mark on the order.
    pub tag: Text,
    /// At which price.
    pub fill_px: Number,
    /// How much.
    pub fill_sz: Number,
    /// Which way.
    pub side: Side,
    /// Whether it rested or took.
    pub exec_type: ExecType,
    /// What it cost; negative is paid.
    pub fee: Number,
    /// In which currency.
    pub fee_ccy: Text,
    /// As a share, of spot and margin.
    pub fee_rate: Number,
    /// Profit, of contracts.
    pub fill_pnl: Number,
    /// When, milliseconds since 1970.
    pub fill_time: Number,
    /// When it was booked, milliseconds since 1970.
    pub ts: Number,
}

/// What became of one order that was placed, amended or canceled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OrderReply {
    /// The venue's id of it; empty when it was refused.
    pub ord_id: Text,
    /// Our id of it.
    pub cl_ord_id: Text,
    /// Our mark on it.
    pub tag: Text,
    /// Our id of the amendment.
    pub req_id: Text,
    /// When, milliseconds since 1970.
    pub ts: Number,
    /// `"0"`: accepted, which is not yet resting or filled.
    pub s_code: Text,
    /// The venue's words, of successes as well.
    pub s_msg: Text,
    /// What makes the code finer, such as `1000` of 51008.
    pub sub_code: Text,
}

impl ItemResult for OrderReply {
    fn s_code(&self) -> &Text {
        &self.s_code
    }

    fn s_msg(&self) -> &Text {
        &self.s_msg
    }
}

/// When all orders will be canceled, of `trade/cancel-all-after`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CancelAllAfter {
    /// Seconds or milliseconds since 1970; 0 when nothing will be.
    pub trigger_time: Number,
    /// Of which mark.
    pub tag: Text,
    /// When this was said, seconds or milliseconds since 1970.
    pub ts: Number,
}

/// A position that is being closed, of `trade/close-position`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClosedPosition {
    /// Of what.
    pub inst_id: Text,
    /// `net`, `long` or `short`.
    pub pos_side: Text,
    /// Our id of the closing order.
    pub cl_ord_id: Text,
    /// Our mark on it.
    pub tag: Text,
}
