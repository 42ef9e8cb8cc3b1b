//! The venue's messages on orders, as words that the desk understands.

use data::okx::convert::{self, ClientId, ConvertError, SessionTag};
use data::okx::message::{AlgoInfo, FillInfo, Number, OrderInfo, OrderState, Text};
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
    let progress = match (&info.state, convert::algo_failure(info)) {
        (OrderState::Effective | OrderState::PartiallyEffective, _) => Progress::Triggered(match info.actual_side.as_str() {
            "tp" => Some(Half::Target),
            "sl" => Some(Half::Stop),
            _ => None,
        }),
        // The channel does not say who ended it: the desk knows whether it asked.
        (OrderState::Canceled, _) => Progress::Canceled(CancelReason::Venue { code: 0 }),
        (_, Some(reason)) => Progress::Canceled(reason),
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

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::number::Rate;
    use serde_json::{Value, json};

    use super::*;

    fn order(fields: &Value) -> Word {
        let instrument = Instrument {
            id: InstrumentId(0),
            symbol: "BTC-USDT".to_owned(),
            base: "BTC".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 1,
            size_scale: 3,
            tick_size: "0.1".parse().unwrap(),
            lot_size: "0.001".parse().unwrap(),
            min_size: "0.001".parse().unwrap(),
            maker_fee: Rate::from_bps(8),
            taker_fee: Rate::from_bps(10),
        };
        let mut info = json!({"ordId": "9", "clOrdId": "tfsession0011z", "sz": "2", "px": "10.5", "uTime": "3"});
        info.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        of_order(&serde_json::from_value(info).unwrap(), SessionTag::parse("session001").unwrap(), &instrument).unwrap()
    }

    #[test]
    fn orders_end_change_and_are_refused() {
        let word = order(&json!({"state": "live"}));
        assert_eq!((word.ours, word.venue_id, word.progress), (Some(OrderId(71)), 9, Progress::Open));
        let end = |fields: Value| order(&fields).progress;
        let canceled = Progress::Canceled;
        assert_eq!(end(json!({"state": "canceled", "cancelSource": "31"})), canceled(CancelReason::WouldTake));
        assert_eq!(end(json!({"state": "canceled", "cancelSource": "1"})), canceled(CancelReason::Requested));
        assert_eq!(end(json!({"state": "mmp_canceled"})), canceled(CancelReason::Venue { code: 0 }));
        assert_eq!(end(json!({"state": "filled"})), Progress::Filled);
        assert_eq!(end(json!({"state": "from_the_future"})), Progress::Open);
        let word = order(&json!({"state": "live", "amendResult": "0", "reqId": "4"}));
        assert_eq!(word.amended, Some(Amended { number: 4, result: Ok(()) }));
        let values = word.values.unwrap();
        assert_eq!((values.quantity, values.price), ("2".parse().unwrap(), "10.5".parse().ok()));
        let reason = RejectReason::Venue { code: 51_511, message: "would take".into() };
        let refused = json!({"state": "live", "amendResult": "-1", "reqId": "4", "code": "51511", "msg": "would take"});
        assert_eq!(order(&refused).amended, Some(Amended { number: 4, result: Err(reason) }));
    }

    #[test]
    fn waiting_orders_fire_and_fail() {
        let of = |fields: Value| {
            let mut info = json!({"algoId": "9", "sz": "2"});
            info.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            of_algo(&serde_json::from_value(info).unwrap(), SessionTag::parse("session001").unwrap()).unwrap().progress
        };
        assert_eq!(of(json!({"state": "live"})), Progress::Open);
        assert_eq!(of(json!({"state": "effective", "actualSide": "sl"})), Progress::Triggered(Some(Half::Stop)));
        assert_eq!(of(json!({"state": "effective", "actualSide": "tp"})), Progress::Triggered(Some(Half::Target)));
        let failed = json!({"state": "order_failed", "failCode": "51008"});
        assert_eq!(of(failed), Progress::Canceled(CancelReason::InsufficientBalance));
        assert_eq!(of(json!({"state": "canceled"})), Progress::Canceled(CancelReason::Venue { code: 0 }));
        assert_eq!(of(json!({"state": "order_placed"})), Progress::Open);
    }
}
