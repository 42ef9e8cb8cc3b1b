//! Sizing: how much a signal is worth.

use core::fmt;
use core::str::FromStr;

use crate::event::DenialReason;
use crate::instrument::Currency;
use crate::market::Side;
use crate::markets::Market;
use crate::number::{Amount, Decimal, Price, Quantity, Rate};
use crate::state::State;

/// How large a strategy's entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// This many base units.
    Quantity(Quantity),
    /// What this share of the equity buys, its taker fee included, and no more than the quote balance does.
    Equity(Rate),
}

impl Size {
    /// The quantity of an entry now, rounded down to the lot size.
    pub fn quantity(&self, state: &State, market: &Market) -> Result<Quantity, DenialReason> {
        let price = market.last_price().ok_or(DenialReason::NoPrice)?;
        let wanted = match *self {
            Self::Quantity(quantity) => quantity,
            Self::Equity(share) => affordable(share, price, state, market).ok_or(DenialReason::NoPrice)?,
        };
        let quantity = wanted.floor_to(market.instrument.lot_size);
        let minimum = market.smallest_order();
        if quantity < minimum {
            return Err(DenialReason::BelowMinimumSize { quantity, minimum });
        }
        Ok(quantity)
    }
}

fn affordable(share: Rate, price: Price, state: &State, market: &Market) -> Option<Quantity> {
    let quote = market.instrument.quote;
    let currency = state.session.as_ref()?.currency;
    let equity = state.markets.convert(state.equity()?, currency, quote)?;
    let free = state.portfolio.balance(quote) - committed(state, quote);
    let cash = (equity * share).min(free);
    Some(cash.at(price * Rate(Decimal::ONE + market.instrument.taker_fee.0)))
}

/// What open buy orders will take of a currency at their limit or last price, fees aside.
fn committed(state: &State, quote: Currency) -> Amount {
    let buys = state.orders.iter().filter(|order| order.request.side == Side::Buy);
    buys.filter_map(|order| {
        let market = state.markets.get(order.request.instrument)?;
        let price = order.request.kind.limit_price().or_else(|| market.last_price())?;
        (market.instrument.quote == quote).then(|| price * order.remaining())
    })
    .sum()
}

/// The text is neither a quantity (`0.01`) nor a share of the equity (`95%`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSize;

impl FromStr for Size {
    type Err = InvalidSize;
    fn from_str(text: &str) -> Result<Self, InvalidSize> {
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn sizes_print_and_parse() {
        for text in ["0.01", "95%", "12.5%", "100%"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["", "%", "all", "1e3", "5 percent"] {
            assert_eq!(text.parse::<Size>(), Err(InvalidSize), "{text:?}");
        }
    }
}
