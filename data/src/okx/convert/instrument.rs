//! Instruments and fees.

use engine::instrument::{Currency, Instrument, InstrumentId};
use engine::number::{Decimal, MAX_SCALE, Price, Quantity, Rate};

use super::error::ConvertError;
use crate::okx::message::{InstType, InstrumentInfo, Text, TradeFee};

/// What fills cost as shares of their notional; above zero is paid, as the engine counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Of fills that rested.
    pub maker: Rate,
    /// Of fills that took.
    pub taker: Rate,
}

impl Fees {
    /// An instrument's, by its group; by the reply's own two numbers where there are no groups.
    pub fn of(fee: &TradeFee, group_id: &str) -> Result<Self, ConvertError> {
        let group = fee.fee_group.iter().find(|group| group.group_id == group_id);
        let (maker, taker) = group.map_or((fee.maker, fee.taker), |group| (group.maker, group.taker));
        // The venue's sign says what the account gets.
        let cost = |gained: Decimal| Rate(-gained.normalize());
        Ok(Self { maker: cost(maker.required("maker")?), taker: cost(taker.required("taker")?) })
    }
}

/// A spot pair's rules. Contracts are another thing: their sizes are not in base units.
pub fn instrument(info: &InstrumentInfo, id: InstrumentId, fees: Fees) -> Result<Instrument, ConvertError> {
    let symbol = &info.inst_id;
    if info.inst_type != InstType::Spot {
        return Err(ConvertError::instrument(symbol, "is not a spot pair"));
    }
    let currency = |field, text: &Text| text.as_str().parse::<Currency>().map_err(|_| ConvertError::word(field, text.as_str()));
    let (tick, lot) = (info.tick_sz.required("tickSz")?.normalize(), info.lot_sz.required("lotSz")?.normalize());
    let scale = |step: Decimal| u8::try_from(step.scale()).ok().filter(|scale| *scale <= MAX_SCALE);
    let (price_scale, size_scale) = scale(tick)
        .zip(scale(lot))
        .ok_or_else(|| ConvertError::instrument(symbol, "has prices or sizes with more than 12 decimals"))?;
    let instrument = Instrument {
        id,
        symbol: symbol.to_string(),
        base: currency("baseCcy", &info.base_ccy)?,
        quote: currency("quoteCcy", &info.quote_ccy)?,
        price_scale,
        size_scale,
        tick_size: Price(tick),
        lot_size: Quantity(lot),
        min_size: Quantity(info.min_sz.required("minSz")?.normalize()),
        maker_fee: fees.maker,
        taker_fee: fees.taker,
    };
    match instrument.fault() {
        Some(fault) => Err(ConvertError::instrument(symbol, fault)),
        None => Ok(instrument),
    }
}
