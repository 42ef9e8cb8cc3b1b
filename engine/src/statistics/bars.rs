//! Closed bars of one length: their average true range and the variance of their returns.

use serde::{Deserialize, Serialize};

use crate::market::Bar;
use crate::number::{Decimal, FixedPrice, Rate};
use crate::time::{DAY_NS, Interval, SECOND_NS};

/// Bars of the average true range.
pub const ATR_BARS: u32 = 14;
/// Returns before there is a volatility.
pub const VOLATILITY_BARS: u32 = 20;

/// The weight of the variance so far, in hundredths.
const DECAY: u128 = 94;
/// Binary places of average ranges and of returns; a square of a return has twice as many.
const PLACES: u32 = 32;
/// Returns beyond 128 times the price before count as that: their squares stay far below the limits.
const MAX_RETURN: i128 = 128 << PLACES;
/// A volatility's decimals.
const RATE_SCALE: u32 = 8;
const DAY_SECONDS: u128 = (DAY_NS / SECOND_NS).cast_unsigned() as u128;

/// The prices of a bar. All are above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Candle {
    high: FixedPrice,
    low: FixedPrice,
    pub(super) close: FixedPrice,
}

impl Candle {
    /// `None` for a bar without length, or with a price that is not above zero.
    pub(super) fn of(bar: &Bar) -> Option<Self> {
        let (high, low) = (bar.high.max(bar.open).max(bar.close), bar.low.min(bar.open).min(bar.close));
        (bar.interval.0 > 0 && low.0 > 0 && bar.high.0 > 0).then_some(Self { high: high.max(low), low, close: bar.close })
    }

    pub(super) fn at(price: FixedPrice) -> Self {
        Self { high: price, low: price, close: price }
    }

    #[inline]
    pub(super) fn price(&mut self, price: FixedPrice) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
    }

    pub(super) fn join(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bars {
    length: Option<Interval>,
    last: Option<FixedPrice>,
    ranges: Average,
    squares: Average,
}

/// A sum while it is warming; then a moving average.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Average {
    count: u32,
    value: u128,
}

impl Average {
    /// The mean of the first `warm` values, rounded down; from then on `advance(average, value)`.
    fn update(&mut self, warm: u32, value: u128, advance: impl Fn(u128, u128) -> u128) {
        if self.count >= warm {
            self.value = advance(self.value, value);
            return;
        }
        self.count += 1;
        self.value = self.value.saturating_add(value);
        if self.count == warm {
            self.value /= u128::from(warm);
        }
    }

    fn get(&self, warm: u32) -> Option<u128> {
        (self.count >= warm).then_some(self.value)
    }
}

impl Bars {
    pub(super) fn turn_to(&mut self, length: Interval) {
        if self.length != Some(length) {
            *self = Self { length: Some(length), ..Self::default() };
        }
    }

    pub(super) fn forget_prices(&mut self) {
        self.last = None;
        self.ranges = Average::default();
    }

    pub(super) fn close(&mut self, bar: &Candle) {
        let (mut high, mut low) = (bar.high, bar.low);
        if let Some(last) = self.last.replace(bar.close) {
            (high, low) = (high.max(last), low.min(last));
            let square = change(last, bar.close, 1 << PLACES).clamp(-MAX_RETURN, MAX_RETURN).unsigned_abs().pow(2);
            self.squares.update(VOLATILITY_BARS, square, |average, square| {
                average.saturating_mul(DECAY).saturating_add(square.saturating_mul(100 - DECAY)) / 100
            });
        }
        let range = u128::from(high.0.abs_diff(low.0)) << PLACES;
        let weight = u128::from(ATR_BARS);
        self.ranges.update(ATR_BARS, range, |average, range| {
            average.saturating_mul(weight - 1).saturating_add(range).saturating_add(weight / 2) / weight
        });
    }

    pub(super) fn atr(&self) -> Option<FixedPrice> {
        let average = self.ranges.get(ATR_BARS)?;
        let rounded = average.saturating_add(1 << (PLACES - 1)) >> PLACES;
        Some(FixedPrice(i64::try_from(rounded).unwrap_or(i64::MAX)))
    }

    pub(super) fn daily_volatility(&self) -> Option<Rate> {
        /// More binary places under the root, so that the last decimal is right.
        const MORE: u32 = 16;
        let seconds = self.length?.0.max(1);
        let day = self.squares.get(VOLATILITY_BARS)?.saturating_mul(DAY_SECONDS) / u128::from(seconds);
        let root = day.saturating_mul(1 << MORE).isqrt();
        let places = PLACES + MORE / 2;
        let rounded = root.saturating_mul(10_u128.pow(RATE_SCALE)).saturating_add(1 << (places - 1)) >> places;
        Some(Rate(Decimal::new(i64::try_from(rounded).unwrap_or(i64::MAX), RATE_SCALE)))
    }
}

/// The change from one price to another as a share of the first, in units of `1 / one`, rounded half up.
pub(super) fn change(from: FixedPrice, to: FixedPrice, one: i128) -> i128 {
    let (from, to) = (i128::from(from.0.max(1)), i128::from(to.0));
    ((to - from) * one * 2 + from).div_euclid(from * 2)
}
