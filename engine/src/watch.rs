//! Watching the equity at the cost of a multiplication a tick.
//!
//! Between fills, equity moves by what is held times how prices move. That sum is kept as a float, only to tell
//! when the exact equity has to be looked at again: when it may be a new peak, or below a breaker's floor. What
//! is decided is decided on the exact value. It follows from the state, so it is no part of it.

use alloc::vec::Vec;

use crate::instrument::{Currency, Instrument, InstrumentId};
use crate::markets::{Market, Markets};
use crate::number::{Amount, FixedPrice};
use crate::portfolio::Portfolio;
use crate::time::{DAY_NS, Timestamp};

/// The float is trusted to this share of all that is held and owed.
const MARGIN: f64 = 1e-7;
/// And only while it is within so many times of that: beyond, small moves would be lost in it.
const REACH: f64 = 1_000.0;

/// What the equity is about, and when it has to be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// By instrument id: what one mantissa of its price is worth to the equity.
    weights: Vec<f64>,
    value: f64,
    low: f64,
    high: f64,
    /// All that was held and owed at the last look, signs aside.
    gross: f64,
    peak: Option<Amount>,
    /// Something changed that the sum does not follow.
    due: bool,
    /// When the day (UTC) that equity is measured in ends.
    day_ends: Timestamp,
    /// Something is held whose worth is not one price times a quantity: every price counts.
    is_blind: bool,
    /// The exact equity, if it was looked at for the last input.
    pub(crate) seen: Option<Amount>,
    /// Whether that was the first look of a day (UTC).
    pub(crate) turned_day: bool,
}

impl Default for Watch {
    fn default() -> Self {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        let day_ends = Timestamp::default();
        Self {
            weights: Vec::new(),
            value: 0.0,
            low,
            high,
            gross: 0.0,
            peak: None,
            due: true,
            day_ends,
            is_blind: false,
            seen: None,
            turned_day: false,
        }
    }
}

/// It follows from the state: two equal states have the same.
impl PartialEq for Watch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Watch {}

impl Watch {
    /// A price moved.
    #[inline]
    pub(crate) fn moved(&mut self, id: InstrumentId, from: Option<FixedPrice>, to: FixedPrice) {
        // What has no price is worth what another instrument says, or nothing is known.
        let Some(from) = from.filter(|from| from.0 > 0 && to.0 > 0) else {
            self.due = true;
            return;
        };
        if let Some(&weight) = self.weights.get(id.index())
            && weight != 0.0
        {
            self.value += weight * (to.0 as f64 - from.0 as f64);
            self.due |= !(self.low..=self.high).contains(&self.value);
        }
        self.due |= self.is_blind;
    }

    /// Something changed that may have changed the equity.
    pub(crate) fn look(&mut self) {
        self.due = true;
    }

    /// Whether the exact equity has to be looked at.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.due
    }

    /// Another input begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.seen = None;
        self.turned_day = false;
    }

    /// Whether the day that equity is measured in is over.
    #[inline]
    pub(crate) fn is_new_day(&self, at: Timestamp) -> bool {
        at >= self.day_ends
    }

    /// The exact equity was looked at; `None` when it is not known.
    pub(crate) fn seen(&mut self, at: Timestamp, equity: Option<Amount>, peak: Option<Amount>) {
        self.seen = equity;
        self.due = false;
        self.turned_day |= at >= self.day_ends;
        self.day_ends = Timestamp(at.day().saturating_add(1).saturating_mul(DAY_NS));
        self.value = equity.map_or(0.0, Amount::to_f64);
        self.peak = peak;
    }

    /// What the prices are worth from here on.
    pub(crate) fn weigh(&mut self, portfolio: &Portfolio, markets: &Markets, currency: Currency) {
        self.is_blind = false;
        self.weights.clear();
        self.gross = 0.0;
        for (held, amount) in portfolio.balances() {
            if amount.is_zero() {
                continue;
            }
            if held == currency {
                self.gross += amount.to_f64().abs();
                continue;
            }
            // The one that the exact equity goes by.
            let direct = |market: &&Market| {
                let Instrument { base, quote, .. } = market.instrument;
                market.last_price().is_some() && ((base, quote) == (held, currency) || (base, quote) == (currency, held))
            };
            let market = markets.iter().find(direct).filter(|market| market.instrument.base == held);
            let Some((market, last)) = market.and_then(|market| Some((market, market.last?))) else {
                self.is_blind = true;
                continue;
            };
            let index = market.instrument.id.index();
            if self.weights.len() <= index {
                self.weights.resize(index + 1, 0.0);
            }
            self.weights[index] = amount.to_f64() * market.instrument.price_f64(FixedPrice(1));
            self.gross += (self.weights[index] * last.0 as f64).abs();
        }
        let reach = self.gross * REACH;
        let peak = self.peak.map_or(f64::INFINITY, |peak| self.within(peak.to_f64(), -MARGIN));
        (self.low, self.high) = (-reach, peak.min(reach));
    }

    /// Below this the equity has to be looked at; `None` is never.
    pub(crate) fn set_floor(&mut self, floor: Option<Amount>) {
        let floor = floor.map_or(f64::NEG_INFINITY, |floor| self.within(floor.to_f64(), MARGIN));
        self.low = floor.max(-self.gross * REACH);
    }

    /// A mark moved by what the sum is not trusted to.
    fn within(&self, mark: f64, margin: f64) -> f64 {
        mark + margin * mark.abs().max(self.gross)
    }
}
