//! The venue's messages on orders, as words that the desk understands.

use data::okx::convert::{self, ClientId, ConvertError, SessionTag};
use data::okx::message::{AlgoInfo, FillInfo, Number, OrderInfo, OrderState, Text};
use engine::event::Input;
use engine::instrument::Instrument;
use engine::number::{Price, Quantity};
use engine::order::{CancelReason, OrderId, RejectReason};
use engine::time::Timestamp;

use super::word::{Amended, Half, Place, Progress, Values, Word};

/// What a message on an ordinary order says.
pub fn of_order(info: &OrderInfo, session: SessionTag, instrument: &Instrument) -> Result<Word, ConvertError> {
    let fill = convert::fill_of_order(info, OrderId(0), instrument)?;
    let in_quote = info.tgt_ccy == "quote_ccy";
    let size = info.sz.value().filter(|_| !in_quote).map(Quantity);
    Ok(Word {
        ours: ours(ClientId::of(info), session),
        venue_id: id(info.ord_id.as_str(), "ordId")?,
        place: Place::Book,
        at: changed_at(info.u_time),
        from_algo: info.algo_id.some().and_then(|id| id.parse().ok()),
        progress: match info.state {
            OrderState::Filled => Progress::Filled,
            OrderState::Canceled | OrderState::MmpCanceled => {
                Progress::Canceled(convert::cancel_reason(info.cancel_source.as_str()))
            }
            _ => Progress::Open,
        },
        filled: info.acc_fill_sz.value().map(Quantity),
        fills: fill.into_iter().collect(),
        values: size.map(|quantity| Values { quantity, price: price(info.px), stop: None, target: None }),
        amended: amended(&info.req_id, &info.amend_result, || convert::reject_reason(info.code.as_str(), info.msg.as_str())),
    })
}

/// What a message on an algo order says.
pub fn of_algo(info: &AlgoInfo, session: SessionTag) -> Result<Word, ConvertError> {
    let progress = match (&info.state, convert::algo_inputs(info, OrderId(0))) {
        (OrderState::Effective | OrderState::PartiallyEffective, _) => Progress::Triggered(match info.actual_side.as_str() {
            "tp" => Some(Half::Target),
            "sl" => Some(Half::Stop),
            _ => None,
        }),
        // The channel does not say who ended it: the desk knows whether it asked.
        (OrderState::Canceled, _) => Progress::Canceled(CancelReason::Venue { code: 0 }),
        (_, Some(Input::OrderCanceled { reason, .. })) => Progress::Canceled(reason),
        _ => Progress::Open,
    };
    let limit = if info.sl_trigger_px.is_absent() { info.tp_ord_px } else { info.sl_ord_px };
    let values = |quantity| Values {
        quantity: Quantity(quantity),
        price: price(limit),
        stop: price(info.sl_trigger_px),
        target: price(info.tp_trigger_px),
    };
    Ok(Word {
        ours: ours(ClientId::parse(info.algo_cl_ord_id.as_str()), session),
        venue_id: id(info.algo_id.as_str(), "algoId")?,
        place: Place::Algo,
        from_algo: None,
        at: changed_at(info.u_time),
        progress,
        filled: None,
        fills: Vec::new(),
        values: info.sz.value().map(values),
        amended: amended(&info.req_id, &info.amend_result, || convert::reject_reason(info.fail_code.as_str(), "")),
    })
}

/// An order with all of its fills.
pub fn with_fills(word: Word, fills: &[FillInfo], instrument: &Instrument) -> Result<Word, ConvertError> {
    let own = fills.iter().filter(|fill| id(fill.ord_id.as_str(), "ordId").is_ok_and(|id| id == word.venue_id));
    let fills = own.map(|info| convert::fill(info, OrderId(0), instrument)).collect::<Result<_, _>>()?;
    Ok(Word { fills, ..word })
}

/// The answer to an amendment that we asked for: its number is ours.
fn amended(req_id: &Text, result: &Text, refusal: impl Fn() -> RejectReason) -> Option<Amended> {
    let number = req_id.as_str().parse().ok()?;
    match result.as_str() {
        "0" => Some(Amended { number, result: Ok(()) }),
        "-1" => Some(Amended { number, result: Err(refusal()) }),
        _ => None,
    }
}

/// Messages without a time are as old as can be: what others say counts before them.
fn changed_at(u_time: Number) -> Timestamp {
    u_time.time("uTime").unwrap_or_default()
}

fn ours(id: Option<ClientId>, session: SessionTag) -> Option<OrderId> {
    id.filter(|id| id.session == session).map(|id| id.order)
}

fn id(text: &str, field: &'static str) -> Result<u64, ConvertError> {
    text.parse().map_err(|_| ConvertError::Word { field, word: text.to_owned() })
}

/// A price of -1 is a market order, one of 0 is none.
fn price(number: Number) -> Option<Price> {
    number.value().map(Price).filter(|price| price.is_positive())
}
