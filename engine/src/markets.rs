//! What is known of every instrument: its rules and its last price.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::{Currency, Instrument, InstrumentId};
use crate::number::{Amount, FixedPrice, Price, Quantity};
use crate::statistics::Statistics;
use crate::time::Timestamp;

/// One instrument and its last price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Its rules.
    pub instrument: Instrument,
    /// The last trade's price, the last bar's close, or the middle of the last quote or book, whichever came
    /// last.
    pub last: Option<FixedPrice>,
    /// When the last market data came.
    pub last_at: Timestamp,
    /// The interval of the last bar, in nanoseconds; 0 when other data came since.
    pub bar_ns: i64,
    /// What its prices have shown.
    pub statistics: Statistics,
}

impl Market {
    /// The last price as exact money; `None` before the first, and when it is not above zero.
    pub fn last_price(&self) -> Option<Price> {
        self.last.map(|price| self.instrument.price(price)).filter(|price| price.is_positive())
    }

    /// The smallest quantity that an order may have: whole lots.
    pub fn smallest_order(&self) -> Quantity {
        let lot = self.instrument.lot_size;
        self.instrument.min_size.max(lot).ceil_to(lot)
    }
}

/// All instruments, by their dense ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markets(Vec<Market>);

impl Markets {
    /// One of them; `None` when it was never listed.
    pub fn get(&self, id: InstrumentId) -> Option<&Market> {
        self.0.get(id.index())
    }

    /// All of them, in the order of listing.
    pub fn iter(&self) -> impl Iterator<Item = &Market> {
        self.0.iter()
    }

    /// The value of `amount` of one currency in another at the last prices, directly or over one currency
    /// between; `None` without such a way. The first instrument listed wins. Divisions round half to even at
    /// 28 digits.
    pub fn convert(&self, amount: Amount, from: Currency, to: Currency) -> Option<Amount> {
        if from == to || amount.is_zero() {
            return Some(amount);
        }
        if let Some(value) = self.steps(amount, from).find_map(|(value, currency)| (currency == to).then_some(value)) {
            return Some(value);
        }
        self.steps(amount, from).find_map(|(value, between)| {
            self.steps(value, between).find_map(|(value, currency)| (currency == to).then_some(value))
        })
    }

    /// `amount` in every currency that one instrument leads to.
    fn steps(&self, amount: Amount, from: Currency) -> impl Iterator<Item = (Amount, Currency)> + '_ {
        self.0.iter().filter_map(move |market| {
            let price = market.last_price()?;
            let Instrument { base, quote, .. } = market.instrument;
            if base == from {
                Some((price * Quantity(amount.0), quote))
            } else if quote == from {
                Some((Amount(amount.at(price).0), base))
            } else {
                None
            }
        })
    }

    /// Takes a listing without a fault. A new id must be the next one; a known id has its rules replaced and its
    /// prices kept at the new scale where they fit.
    pub(crate) fn list(&mut self, instrument: &Instrument) {
        let index = instrument.id.index();
        if instrument.fault().is_some() {
            return;
        }
        if let Some(market) = self.0.get_mut(index) {
            let last = market.last_price();
            market.last = last.and_then(|price| instrument.fixed_price(price));
            if market.instrument.price_scale != instrument.price_scale {
                market.statistics.rescale();
            }
            market.instrument = instrument.clone();
        } else if index == self.0.len() {
            let instrument = instrument.clone();
            let (last, last_at, bar_ns) = (None, Timestamp::default(), 0);
            self.0.push(Market { instrument, last, last_at, bar_ns, statistics: Statistics::default() });
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: InstrumentId) -> Option<&mut Market> {
        self.0.get_mut(id.index())
    }
}
