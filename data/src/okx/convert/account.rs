//! What the account has: money, and orders that nobody here asked for.

use engine::event::StrayOrder;
use engine::instrument::{Currency, Instrument};
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity, Rate};
use engine::order::{OrderKind, TimeInForce, TrailBy};

use super::error::ConvertError;
use super::market::side;
use super::report::decimal;
use crate::okx::message::{AlgoInfo, Balance, Number, OrdType, OrderInfo, Text};

/// Units of each currency, what orders hold included; in the order of the codes. A currency whose code is none that the
/// engine can write is left out: nothing of it is traded.
pub fn balances(message: &Balance) -> Result<Vec<(Currency, Amount)>, ConvertError> {
    let mut balances = Vec::with_capacity(message.details.len());
    for detail in &message.details {
        let Ok(currency) = detail.ccy.as_str().parse() else { continue };
        balances.push((currency, Amount(detail.cash_bal.required("cashBal")?)));
    }
    balances.sort_unstable_by_key(|(currency, _)| *currency);
    Ok(balances)
}

/// An open order that this session did not ask for.
pub fn stray(message: &OrderInfo, instrument: &Instrument) -> Result<StrayOrder, ConvertError> {
    if message.tgt_ccy == "quote_ccy" && message.ord_type == OrdType::Market {
        return Err(ConvertError::Unsupported { what: "a market order for a sum of quote currency" });
    }
    let limit = |time_in_force| decimal(message.px, "px").map(|px| OrderKind::Limit { price: Price(px), time_in_force });
    let kind = match &message.ord_type {
        OrdType::Market => OrderKind::Market,
        OrdType::Limit => limit(TimeInForce::GoodTilCanceled)?,
        OrdType::PostOnly => limit(TimeInForce::PostOnly)?,
        OrdType::Fok => limit(TimeInForce::FillOrKill)?,
        OrdType::Ioc | OrdType::OptimalLimitIoc => limit(TimeInForce::ImmediateOrCancel)?,
        other => return Err(ConvertError::word("ordType", other.as_str())),
    };
    Ok(StrayOrder {
        venue_id: venue_id("ordId", &message.ord_id)?,
        instrument: instrument.id,
        side: side(&message.side)?,
        quantity: Quantity(decimal(message.sz, "sz")?),
        filled: Quantity(message.acc_fill_sz.optional("accFillSz")?.unwrap_or(Decimal::ZERO)),
        kind,
    })
}

/// A waiting algo order that this session did not ask for. A pair counts as its stop: that is what protects.
pub fn stray_algo(message: &AlgoInfo, instrument: &Instrument) -> Result<StrayOrder, ConvertError> {
    let side = side(&message.side)?;
    let trigger = |px: Number, field| decimal(px, field).map(Price);
    let kind = match &message.ord_type {
        OrdType::Conditional | OrdType::Oco if !message.sl_trigger_px.is_absent() => {
            stop(trigger(message.sl_trigger_px, "slTriggerPx")?, limit(message.sl_ord_px)?)
        }
        OrdType::Conditional | OrdType::Oco => target(trigger(message.tp_trigger_px, "tpTriggerPx")?, limit(message.tp_ord_px)?),
        // It fires from either side: which one is said by where the price was.
        OrdType::Trigger => {
            let (trigger, limit) = (trigger(message.trigger_px, "triggerPx")?, limit(message.ord_px)?);
            let rises = trigger > Price(decimal(message.last, "last")?);
            if rises == (side == Side::Buy) { stop(trigger, limit) } else { target(trigger, limit) }
        }
        OrdType::MoveOrderStop => OrderKind::TrailingStop {
            by: match message.callback_ratio.optional("callbackRatio")? {
                Some(ratio) => TrailBy::Rate(Rate(ratio.normalize())),
                None => TrailBy::Price(Price(decimal(message.callback_spread, "callbackSpread")?)),
            },
        },
        other => return Err(ConvertError::word("ordType", other.as_str())),
    };
    Ok(StrayOrder {
        venue_id: venue_id("algoId", &message.algo_id)?,
        instrument: instrument.id,
        side,
        quantity: Quantity(decimal(message.sz, "sz")?),
        filled: Quantity::ZERO,
        kind,
    })
}

/// A price of -1 is a market order.
fn limit(px: Number) -> Result<Option<Price>, ConvertError> {
    Ok(px.optional("ordPx")?.filter(|px| *px > Decimal::ZERO).map(Price))
}

fn stop(trigger: Price, limit: Option<Price>) -> OrderKind {
    limit.map_or(OrderKind::StopMarket { trigger }, |price| OrderKind::StopLimit { trigger, price })
}

fn target(trigger: Price, limit: Option<Price>) -> OrderKind {
    limit.map_or(OrderKind::TakeProfitMarket { trigger }, |price| OrderKind::TakeProfitLimit { trigger, price })
}

fn venue_id(field: &'static str, id: &Text) -> Result<u64, ConvertError> {
    id.as_str().parse().map_err(|_| ConvertError::word(field, id.as_str()))
}
