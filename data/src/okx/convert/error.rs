//! What cannot be carried over.

use engine::instrument::Instrument;
use engine::number::{Decimal, FixedPrice, FixedSize, MAX_PRICE, MAX_QUANTITY, Price, Quantity};

use crate::okx::message::{InvalidNumber, Number, Text};

/// A message cannot be said in the engine's terms, or a request not in the venue's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A number that is needed is not there or is none.
    #[error("OKX: {0}")]
    Number(#[from] InvalidNumber),
    /// A number has more decimals than its instrument, or is too large.
    #[error("OKX: `{field}` of {symbol} is {value}, which does not fit {scale} decimals: list the instrument again")]
    Unfit {
        /// Which.
        field: &'static str,
        /// Of what.
        symbol: String,
        /// What it is.
        value: Decimal,
        /// How many decimals the instrument has.
        scale: u8,
    },
    /// A word that is needed is not one that is known.
    #[error("OKX: `{field}` is {word:?}")]
    Word {
        /// Which.
        field: &'static str,
        /// What it is.
        word: String,
    },
    /// The instrument is not a spot pair that can be traded here.
    #[error("OKX: {symbol} {reason}")]
    Instrument {
        /// Which.
        symbol: String,
        /// Why not.
        reason: &'static str,
    },
    /// The venue has no such order.
    #[error("OKX has no order for {what}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
}

impl ConvertError {
    pub(super) fn word(field: &'static str, word: &str) -> Self {
        Self::Word { field, word: word.to_owned() }
    }

    pub(super) fn instrument(symbol: &Text, reason: &'static str) -> Self {
        Self::Instrument { symbol: symbol.to_string(), reason }
    }
}

/// A market price at its instrument's scale.
pub(super) fn price(field: &'static str, number: Number, instrument: &Instrument) -> Result<FixedPrice, ConvertError> {
    let value = number.required(field)?;
    let fits = value >= Decimal::ZERO && value <= Decimal::from(MAX_PRICE);
    let fixed = if fits { instrument.fixed_price(Price(value)) } else { None };
    fixed.ok_or_else(|| unfit(field, value, instrument, instrument.price_scale))
}

/// A market size at its instrument's scale.
pub(super) fn size(field: &'static str, number: Number, instrument: &Instrument) -> Result<FixedSize, ConvertError> {
    let value = number.required(field)?;
    let fits = value >= Decimal::ZERO && value <= Decimal::from(MAX_QUANTITY);
    let fixed = if fits { instrument.fixed_size(Quantity(value)) } else { None };
    fixed.ok_or_else(|| unfit(field, value, instrument, instrument.size_scale))
}

fn unfit(field: &'static str, value: Decimal, instrument: &Instrument, scale: u8) -> ConvertError {
    ConvertError::Unfit { field, symbol: instrument.symbol.clone(), value, scale }
}
