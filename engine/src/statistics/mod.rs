//! What an instrument's prices have shown: its range, its volatility and its days, in integers.
//!
//! Prices become bars of one hour UTC; finer bars are put together to hours, and coarser ones are taken as they
//! are. Hours and days without a price are simply not there. Nothing here is a float, so it is the same on every
//! machine and can be kept in the state.

mod bars;
mod days;
mod joint;

use serde::{Deserialize, Serialize};

use crate::market::Bar;
use crate::number::{FixedPrice, Rate};
use crate::time::{DAY_NS, Interval, SECOND_NS, Timestamp};

use bars::{Bars, Candle};
use days::Days;

pub use bars::{ATR_BARS, VOLATILITY_BARS};
pub use days::MAX_DAYS;
pub use joint::{MIN_COMMON_DAYS, correlation_bps, value_at_risk};

/// The length of the bars that prices and finer bars become.
pub const BAR_NS: i64 = BAR.0 as i64 * SECOND_NS;
/// After so long without a word from its source, an instrument takes another.
pub const SILENCE_NS: i64 = DAY_NS;

const BAR: Interval = Interval(3_600);

/// What an instrument's prices have shown.
///
/// One kind of data is its source, so that nothing counts twice: prices, or bars of one interval, whichever came
/// first. Another kind takes over when the source was silent for a day. Prices that are not above zero count for
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    source: Source,
    bars: Bars,
    days: Days,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Source {
    #[default]
    Unknown,
    Prices(Forming),
    Bars {
        interval: Interval,
        /// When the last one closed.
        ends_at: Timestamp,
        /// The hour that the last ones are a part of.
        forming: Option<Forming>,
    },
}

/// An hour that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Forming {
    ends_at: Timestamp,
    candle: Candle,
}

impl Statistics {
    /// Takes in a trade's price or the middle of a quote. One that comes late counts for the hour that is forming.
    #[inline]
    pub(crate) fn price(&mut self, at: Timestamp, price: FixedPrice) {
        match &mut self.source {
            Source::Prices(forming) if at < forming.ends_at && price.0 > 0 => forming.candle.price(price),
            _ => self.price_of_another_hour(at, price),
        }
    }

    /// Takes in a closed bar of any interval. One that opened before the last one closed counts for nothing.
    pub(crate) fn bar(&mut self, bar: &Bar) {
        let Some(candle) = Candle::of(bar) else { return };
        match &self.source {
            Source::Bars { interval, ends_at, .. } if *interval == bar.interval => {
                if bar.opened_at < *ends_at {
                    return;
                }
            }
            source if !source.is_silent(bar.opened_at) => return,
            _ => self.turn_to(Interval(bar.interval.0.max(BAR.0))),
        }
        let ends_at = bar.closed_at();
        let mut forming = match &mut self.source {
            Source::Bars { forming, .. } => forming.take(),
            _ => None,
        };
        if bar.interval >= BAR {
            self.close(&Forming { ends_at, candle });
        } else {
            if let Some(before) = forming.take_if(|hour| hour.ends_at <= bar.opened_at) {
                self.close(&before);
            }
            let hour = forming.get_or_insert(Forming { ends_at: hour_end(bar.opened_at), candle });
            hour.candle.join(&candle);
            if let Some(whole) = forming.take_if(|hour| hour.ends_at <= ends_at) {
                self.close(&whole);
            }
        }
        self.source = Source::Bars { interval: bar.interval, ends_at, forming };
        self.days.reach(ends_at.day());
    }

    /// Forgets all prices: from now on mantissas are at another scale. Returns are shares and stay.
    pub(crate) fn rescale(&mut self) {
        self.source = Source::Unknown;
        self.bars.forget_prices();
        self.days.forget_prices();
    }

    /// Wilder's average true range of 14 bars as a mantissa at the instrument's price scale, rounded half up. It
    /// begins as the mean of the first 14 true ranges; the first bar's is its high less its low. `None` before.
    /// Source: J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978.
    pub fn atr(&self) -> Option<FixedPrice> {
        self.bars.atr()
    }

    /// The standard deviation of a day's return, rounded half up to 8 decimals: the root of the exponentially
    /// weighted variance of the bars' returns (decay 0.94, mean zero) times bars a day. It begins as the mean
    /// square of the first 20 returns; `None` before.
    /// Source: J.P. Morgan/Reuters, *`RiskMetrics` Technical Document*, 4th edition, 1996.
    pub fn daily_volatility(&self) -> Option<Rate> {
        self.bars.daily_volatility()
    }

    /// The returns of the last [`MAX_DAYS`] days that closed, oldest first: the day since 1970-01-01 UTC, and the
    /// change of its close against that of the day before in parts per million. A day after one without prices
    /// has none: its change would be that of several days.
    pub fn day_returns(&self) -> impl Iterator<Item = (i64, i32)> + '_ {
        self.days.returns()
    }

    #[inline(never)]
    fn price_of_another_hour(&mut self, at: Timestamp, price: FixedPrice) {
        let is_source = matches!(self.source, Source::Prices(_));
        if price.0 <= 0 || !(is_source || self.source.is_silent(at)) {
            return;
        }
        self.turn_to(BAR);
        self.days.reach(at.day());
        self.source = Source::Prices(Forming { ends_at: hour_end(at), candle: Candle::at(price) });
    }

    /// Ends what is forming, and the source with it. Ranges and variances of bars of another length start anew.
    fn turn_to(&mut self, interval: Interval) {
        if let Source::Prices(forming) | Source::Bars { forming: Some(forming), .. } = core::mem::take(&mut self.source) {
            self.close(&forming);
        }
        self.bars.turn_to(interval);
    }

    fn close(&mut self, bar: &Forming) {
        self.bars.close(&bar.candle);
        // A bar's last price belongs to the day that its end completes, if it does.
        self.days.close(bar.ends_at.plus_ns(-1).day(), bar.candle.close);
    }
}

impl Source {
    /// Whether data of another kind that begin at `at` may take over.
    fn is_silent(&self, at: Timestamp) -> bool {
        match self {
            Self::Unknown => true,
            Self::Prices(Forming { ends_at, .. }) | Self::Bars { ends_at, .. } => at >= ends_at.plus_ns(SILENCE_NS),
        }
    }
}

fn hour_end(at: Timestamp) -> Timestamp {
    Timestamp(at.0.div_euclid(BAR_NS).saturating_add(1).saturating_mul(BAR_NS))
}

#[cfg(test)]
mod tests;
