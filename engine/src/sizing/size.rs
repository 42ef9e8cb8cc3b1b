//! How a strategy's entries are sized, as the configuration writes it.

use core::fmt;
use core::str::FromStr;

use crate::number::{Decimal, Quantity, Rate};

/// How large a strategy's entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// This many base units.
    Quantity(Quantity),
    /// What this share of the equity buys, its taker fee included, and no more than the quote balance does.
    Equity(Rate),
    /// The Kelly criterion by the strategy's own trades, less in a volatile market.
    Kelly,
    /// What loses a fixed share of the equity at the stop.
    AtrRisk,
    /// A share of the equity in proportion to the signal's confidence.
    Confidence,
    /// A share of the equity in inverse proportion to the market's volatility.
    Volatility,
}

/// The methods that have a name.
const NAMED: [(&str, Size); 4] =
    [("kelly", Size::Kelly), ("atr_risk", Size::AtrRisk), ("confidence", Size::Confidence), ("volatility", Size::Volatility)];

/// The text is neither a quantity (`0.01`), nor a share of the equity (`95%`), nor a method (`kelly`,
/// `atr_risk`, `confidence`, `volatility`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSize;

impl FromStr for Size {
    type Err = InvalidSize;
    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        if let Some((_, size)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(*size);
        }
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (text, false),
        };
        let number = Decimal::from_str_exact(number).map_err(|_| InvalidSize)?.normalize();
        if !percent {
            return Ok(Self::Quantity(Quantity(number)));
        }
        let share = number.checked_div(Decimal::ONE_HUNDRED).ok_or(InvalidSize)?;
        Ok(Self::Equity(Rate(share.normalize())))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantity(quantity) => quantity.fmt(f),
            // Through text, as 100 times the largest decimal is none.
            Self::Equity(share) => match share.0.checked_mul(Decimal::ONE_HUNDRED) {
                Some(percent) => write!(f, "{}%", percent.normalize()),
                None => write!(f, "{share}00%"),
            },
            named => f.write_str(NAMED.iter().find(|(_, size)| size == named).map_or("", |(name, _)| name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn sizes_print_and_parse() {
        for text in ["0.01", "95%", "12.5%", "100%", "kelly", "atr_risk", "confidence", "volatility"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["", "%", "all", "1e3", "5 percent", "Kelly"] {
            assert_eq!(text.parse::<Size>(), Err(InvalidSize), "{text:?}");
        }
    }
}
