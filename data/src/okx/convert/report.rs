//! What the venue reports of our orders.
//!
//! A message may come twice, and before the answer to the request that it is about. What is made of it here says only what
//! the message says: whoever owns the orders leaves out what is known already.

use engine::instrument::{Currency, Instrument};
use engine::number::{Amount, Decimal, Price, Quantity};
use engine::order::{CancelReason, Fill, Liquidity, OrderId};

use super::error::ConvertError;
use super::reason::reject_reason;
use crate::okx::message::{AlgoInfo, ExecType, FillInfo, InvalidNumber, Number, OrderInfo, OrderState, Text};

/// A fill of the history. Its fee is the engine's: above zero is paid. The `fills` channel tells of no fee: an error.
pub fn fill(message: &FillInfo, order: OrderId, instrument: &Instrument) -> Result<Fill, ConvertError> {
    let at = if message.fill_time.is_absent() { message.ts } else { message.fill_time };
    let gained = gained("fee", message.fee, &message.fee_ccy)?;
    Ok(Fill {
        order,
        fill_id: fill_id(&message.trade_id)?,
        venue_at: at.time("fillTime")?,
        price: Price(message.fill_px.required("fillPx")?),
        quantity: Quantity(message.fill_sz.required("fillSz")?),
        fee: cost(gained),
        fee_currency: fee_currency(&message.fee_ccy, gained, instrument)?,
        liquidity: liquidity(&message.exec_type),
    })
}

/// The fill that a message of the `orders` channel tells of; `None` when it tells of none.
pub fn fill_of_order(message: &OrderInfo, order: OrderId, instrument: &Instrument) -> Result<Option<Fill>, ConvertError> {
    if !message.is_fill() {
        return Ok(None);
    }
    let at = if message.fill_time.is_absent() { message.u_time } else { message.fill_time };
    let quantity = message.fill_sz.required("fillSz")?;
    let (gained, fee_ccy) = if message.fill_fee.is_absent() && message.fill_fee_ccy.is_absent() {
        // Old and shortened messages have the sum of all fills alone: of a first fill that is its own fee.
        if message.acc_fill_sz.required("accFillSz")? != quantity {
            return Err(InvalidNumber { field: "fillFee", is_missing: true }.into());
        }
        (message.fee, &message.fee_ccy)
    } else {
        (message.fill_fee, &message.fill_fee_ccy)
    };
    let gained = self::gained("fillFee", gained, fee_ccy)?;
    Ok(Some(Fill {
        order,
        fill_id: fill_id(&message.trade_id)?,
        venue_at: at.time("fillTime")?,
        price: Price(message.fill_px.required("fillPx")?),
        quantity: Quantity(quantity),
        fee: cost(gained),
        fee_currency: fee_currency(fee_ccy, gained, instrument)?,
        liquidity: liquidity(&message.exec_type),
    }))
}

/// Why a waiting order ended when its price was reached: the order that it placed was refused. `None` of all others.
pub fn algo_failure(message: &AlgoInfo) -> Option<CancelReason> {
    let is_failure = matches!(message.state, OrderState::OrderFailed | OrderState::PartiallyFailed);
    let code = message.fail_code.as_str();
    is_failure.then(|| failed(code, code.parse().unwrap_or(0)))
}

/// A triggered order that was refused has ended: the engine knew it as accepted.
fn failed(code: &str, number: i32) -> CancelReason {
    match reject_reason(code, "") {
        engine::order::RejectReason::InsufficientBalance => CancelReason::InsufficientBalance,
        _ => CancelReason::Venue { code: number },
    }
}

/// The venue's ids of trades are numbers, below zero for liquidations.
fn fill_id(trade_id: &Text) -> Result<u64, ConvertError> {
    let id = trade_id.as_str();
    let signed = || id.parse::<i64>().map(i64::cast_unsigned);
    id.parse::<u64>().or_else(|_| signed()).map_err(|_| ConvertError::word("tradeId", id))
}

/// What the account got by the fill, as it is written: below zero for a fee. A currency without a number is no fee.
fn gained(field: &'static str, number: Number, ccy: &Text) -> Result<Decimal, InvalidNumber> {
    if number.is_absent() && !ccy.is_absent() { Ok(Decimal::ZERO) } else { number.required(field) }
}

/// The venue's sign says what the account gets.
fn cost(gained: Decimal) -> Amount {
    Amount(if gained.is_zero() { Decimal::ZERO } else { -gained })
}

/// Nothing is in any currency.
fn fee_currency(ccy: &Text, gained: Decimal, instrument: &Instrument) -> Result<Currency, ConvertError> {
    match ccy.some() {
        None if gained.is_zero() => Ok(instrument.quote),
        other => other.unwrap_or("").parse().map_err(|_| ConvertError::word("feeCcy", ccy.as_str())),
    }
}

/// What is not said to have rested has taken: that costs more.
fn liquidity(word: &ExecType) -> Liquidity {
    if *word == ExecType::Maker { Liquidity::Maker } else { Liquidity::Taker }
}

/// A number where there is one, without trailing zeros.
pub(super) fn decimal(number: Number, field: &'static str) -> Result<Decimal, ConvertError> {
    Ok(number.required(field)?.normalize())
}
