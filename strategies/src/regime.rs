//! What kind of market it is: trending or ranging, with low or high volatility.
//!
//! - Trend strength, 0 to 1: the ADX divided by 50, at most 1. An ADX of 25, which Wilder's followers take for a trend,
//!   is 0.5; one of 35 is 0.7.
//! - Volatility: the standard deviation of the logarithmic returns of a window of bars, times the square root of the
//!   bars in a day, so it is that of a day's return: 0.02 are 2 %.
//!
//! Each has two thresholds: it must reach the upper one to be trending or high, fall below the lower one to be ranging
//! or low, and stay there for some bars in a row. Before the first change the middle of the two decides.

use engine::event::{Regime, Trend, Volatility};
use engine::time::{DAY_NS, Interval};
use serde::Serialize;

use crate::candle::Candle;
use crate::indicators::{Adx, StdDev};
use crate::tactic::strength;

/// The ADX of a trend that cannot be stronger.
const STRONGEST_ADX: f64 = 50.0;

/// Where one kind of market ends and the other begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// Below it, it is ranging or low.
    pub lower: f64,
    /// From it on, it is trending or high.
    pub upper: f64,
}

/// How a market is judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RegimeRules {
    /// Of the trend strength.
    pub trend: Band,
    /// The bars of the ADX.
    pub adx_period: u32,
    /// Of the volatility of a day.
    pub volatility: Band,
    /// The bars whose returns are the volatility.
    pub volatility_window: u32,
    /// How many bars in a row must say the same before it counts.
    pub min_bars: u32,
}

impl Default for RegimeRules {
    fn default() -> Self {
        Self {
            trend: Band { lower: 0.4, upper: 0.5 },
            adx_period: 14,
            volatility: Band { lower: 0.02, upper: 0.022 },
            volatility_window: 24,
            min_bars: 3,
        }
    }
}

/// Judges one instrument by its closed bars.
#[derive(Clone, Debug, Serialize)]
pub struct RegimeDetector {
    rules: RegimeRules,
    bars_a_day: f64,
    adx: Adx,
    returns: StdDev,
    last_close: Option<f64>,
    trend: Switch,
    volatility: Switch,
}

/// What a bar says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegimeReading {
    /// The regime after this bar.
    pub regime: Regime,
    /// Whether it is another than after the bar before, or the first. Confidence alone changes nothing.
    pub changed: bool,
    /// 0 to 1.
    pub trend_strength: f64,
    /// Of a day's return.
    pub daily_volatility: f64,
}

impl RegimeDetector {
    /// For bars of this length.
    pub fn new(interval: Interval, rules: RegimeRules) -> Self {
        Self {
            rules,
            bars_a_day: DAY_NS as f64 / interval.ns().max(1) as f64,
            adx: Adx::new(rules.adx_period),
            returns: StdDev::new(rules.volatility_window),
            last_close: None,
            trend: Switch::default(),
            volatility: Switch::default(),
        }
    }

    /// Takes a closed bar in; `None` while it warms up.
    pub fn update(&mut self, candle: &Candle) -> Option<RegimeReading> {
        let adx = self.adx.update(candle).and_then(|value| value.adx);
        let close = Some(candle.close).filter(|close| close.is_finite() && *close > 0.0)?;
        let change = self.last_close.replace(close).map(|last| libm::log(close / last));
        let deviation = change.and_then(|change| self.returns.update(change));
        let trend_strength = (adx? / STRONGEST_ADX).min(1.0);
        let daily_volatility = deviation? * self.bars_a_day.sqrt();
        let RegimeRules { trend, volatility, min_bars, .. } = self.rules;
        // Both are asked, whatever the first says.
        let changes =
            [self.trend.update(trend_strength, trend, min_bars), self.volatility.update(daily_volatility, volatility, min_bars)];
        let regime = Regime {
            trend: if self.trend.is_up? { Trend::Trending } else { Trend::Ranging },
            trend_confidence_bps: self.trend.confidence_bps(trend_strength, trend),
            volatility: if self.volatility.is_up? { Volatility::High } else { Volatility::Low },
            volatility_confidence_bps: self.volatility.confidence_bps(daily_volatility, volatility),
        };
        Some(RegimeReading { regime, changed: changes.contains(&true), trend_strength, daily_volatility })
    }
}

/// One side of a band, which is left only after some bars on the other.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Switch {
    is_up: Option<bool>,
    /// Bars in a row on the other side.
    against: u32,
}

impl Switch {
    /// Whether the side is another now, or the first.
    fn update(&mut self, value: f64, band: Band, min_bars: u32) -> bool {
        let Some(is_up) = self.is_up else {
            self.is_up = Some(value >= f64::midpoint(band.lower, band.upper));
            return true;
        };
        let is_against = if is_up { value < band.lower } else { value >= band.upper };
        self.against = if is_against { self.against.saturating_add(1) } else { 0 };
        let changes = is_against && self.against >= min_bars;
        if changes {
            *self = Self { is_up: Some(!is_up), against: 0 };
        }
        changes
    }

    /// 50 % where the side would be left, 100 % at twice the upper threshold and at zero.
    fn confidence_bps(self, value: f64, band: Band) -> u16 {
        let (least, most) = if self.is_up == Some(true) { (band.lower, 2.0 * band.upper) } else { (band.upper, 0.0) };
        let share = strength(value, least, most);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 5,000 and 10,000")]
        return (5_000.0 + 5_000.0 * share) as u16;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BAND: Band = Band { lower: 0.4, upper: 0.5 };

    #[test]
    fn a_side_is_left_only_beyond_its_threshold_and_after_enough_bars() {
        let mut switch = Switch::default();
        let values = [0.44, 0.49, 0.5, 0.6, 0.49, 0.5, 0.5, 0.9, 0.41, 0.39, 0.4, 0.3, 0.3, 0.3, 0.5];
        let seen: Vec<_> = values.into_iter().map(|value| (switch.update(value, BAND, 3), switch.is_up.unwrap())).collect();
        let changes = seen.iter().enumerate().filter(|(_, (changed, _))| *changed).map(|(index, seen)| (index, seen.1));
        let changes: Vec<_> = changes.collect();
        assert_eq!(changes, [(0, false), (7, true), (13, false)]);
    }

    #[test]
    fn confidence_is_half_where_the_side_would_be_left() {
        let (up, down) = (Switch { is_up: Some(true), against: 0 }, Switch { is_up: Some(false), against: 0 });
        assert_eq!([0.3, 0.4, 0.7, 1.0, 2.0].map(|value| up.confidence_bps(value, BAND)), [5_000, 5_000, 7_500, 10_000, 10_000]);
        assert_eq!([0.6, 0.5, 0.25, 0.0].map(|value| down.confidence_bps(value, BAND)), [5_000, 5_000, 7_500, 10_000]);
        assert_eq!(up.confidence_bps(f64::NAN, BAND), 5_000);
    }

    fn readings(closes: impl IntoIterator<Item = f64>) -> Vec<RegimeReading> {
        let mut detector = RegimeDetector::new(Interval(3_600), RegimeRules::default());
        let candle = |close: f64| Candle { open: close, high: close * 1.0001, low: close * 0.9999, close, volume: 1.0 };
        closes.into_iter().filter_map(|close| detector.update(&candle(close))).collect()
    }

    #[test]
    fn a_straight_rise_is_a_trend_and_a_zigzag_is_none() {
        let mut price = 100.0;
        let rise = (0..100).map(|_| {
            price *= 1.001;
            price
        });
        let rising = *readings(rise).last().unwrap();
        assert_eq!((rising.regime.trend, rising.regime.volatility), (Trend::Trending, Volatility::Low));
        assert!(rising.trend_strength > 0.99 && rising.daily_volatility < 1e-9, "{rising:?}");
        // One percent up and down by turns: 1 % an hour are 4.9 % a day.
        let zigzag = *readings((0..100).map(|hour| if hour % 2 == 0 { 100.0 } else { 101.0 })).last().unwrap();
        assert_eq!((zigzag.regime.trend, zigzag.regime.volatility), (Trend::Ranging, Volatility::High));
        assert!((zigzag.daily_volatility - 24.0_f64.sqrt() * libm::log(1.01)).abs() < 1e-9, "{zigzag:?}");
    }

    #[test]
    fn it_says_a_change_once() {
        let calm = (0..60).map(|hour| if hour % 2 == 0 { 100.0 } else { 100.1 });
        let wild = (0..60).map(|hour| if hour % 2 == 0 { 100.0 } else { 103.0 });
        let readings = readings(calm.chain(wild));
        let changes: Vec<_> =
            readings.iter().filter(|reading| reading.changed).map(|reading| reading.regime.volatility).collect();
        assert_eq!(changes, [Volatility::Low, Volatility::High]);
    }

    proptest! {
        #[test]
        fn whatever_the_prices_it_stays_in_its_bounds(closes in prop::collection::vec(prop_oneof![0.0..2.0_f64, any::<f64>()], 0..200)) {
            for reading in readings(closes) {
                prop_assert!((0.0..=1.0).contains(&reading.trend_strength), "{:?}", reading);
                let Regime { trend_confidence_bps, volatility_confidence_bps, .. } = reading.regime;
                prop_assert!((5_000..=10_000).contains(&trend_confidence_bps));
                prop_assert!((5_000..=10_000).contains(&volatility_confidence_bps));
            }
        }
    }
}
