//! What the indicators say together: each votes from -1 (it falls) to 1 (it rises).

use engine::time::{DAY_NS, Interval};
use serde::Serialize;

use crate::candle::Candle;
use crate::indicators::{Adx, Atr, Bollinger, Ema, Macd, Rsi, Sma};
use crate::tactic::strength;

/// The weight of each vote, of 1 together.
const WEIGHTS: [(&str, f64); 6] =
    [("rsi", 0.15), ("macd", 0.2), ("trend", 0.25), ("bollinger", 0.1), ("volume", 0.1), ("adx", 0.2)];

/// The indicators of one instrument.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Indicators {
    rsi: Rsi,
    macd: Macd,
    fast: Ema,
    slow: Ema,
    bollinger: Bollinger,
    volume: Sma,
    adx: Adx,
    atr: Atr,
}

/// The votes after a bar.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Votes {
    /// In the order of the weights.
    each: [f64; 6],
    /// How far the close is above the fast average, in average true ranges.
    extension: f64,
    pub(super) close: f64,
    pub(super) atr: f64,
}

/// How dangerous the instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Risk {
    Low,
    Medium,
    High,
}

/// How good the moment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    Excellent,
    Good,
    Fair,
    Poor,
}

impl Indicators {
    pub(super) fn new() -> Self {
        Self {
            rsi: Rsi::new(14),
            macd: Macd::new(12, 26, 9),
            fast: Ema::new(20),
            slow: Ema::new(50),
            bollinger: Bollinger::new(20, 2.0),
            volume: Sma::new(20),
            adx: Adx::new(14),
            atr: Atr::new(14),
        }
    }

    /// Takes a candle in; `None` while one of them warms up, or where nothing moves.
    pub(super) fn update(&mut self, candle: &Candle) -> Option<Votes> {
        if !candle.is_finite() {
            return None;
        }
        let usual_volume = self.volume.value().filter(|volume| *volume > 0.0);
        self.volume.update(candle.volume);
        let close = candle.close;
        let (rsi, macd, adx) = (self.rsi.update(close), self.macd.update(close), self.adx.update(candle));
        let (fast, slow, atr) = (self.fast.update(close), self.slow.update(close), self.atr.update(candle));
        self.bollinger.update(close);
        let (rsi, macd, adx, fast, slow) = (rsi?, macd?, adx?, fast?, slow?);
        let atr = atr.filter(|atr| *atr > 0.0)?;
        let percent_b = self.bollinger.percent_b(close).unwrap_or(0.5);
        let volume = usual_volume.map_or(0.0, |usual| strength(candle.volume / usual, 1.0, 2.5));
        let each = [
            rsi_vote(rsi),
            either_way(macd.histogram / atr, 0.25),
            either_way((fast - slow) / atr, 1.5),
            either_way(percent_b - 0.5, 0.5),
            volume * either_way(close - candle.open, 0.0),
            strength(adx.adx?, 15.0, 40.0) * either_way(adx.plus_di - adx.minus_di, 0.0),
        ];
        Some(Votes { each, extension: (close - fast) / atr, close, atr })
    }
}

impl Votes {
    /// From 0 (all of them say that it falls) over 50 (they are even) to 100 (all say that it rises).
    pub(super) fn score(&self) -> f64 {
        let weighed: f64 = self.each.iter().zip(WEIGHTS).map(|(vote, (_, weight))| vote * weight).sum();
        50.0 + 50.0 * weighed
    }

    /// Each with its name.
    pub(super) fn named(&self) -> [(&'static str, f64); 6] {
        let mut named = WEIGHTS.map(|(name, _)| (name, 0.0));
        named.iter_mut().zip(self.each).for_each(|((_, value), vote)| *value = vote);
        named
    }

    /// By the average true range as a share of the price, in percent, scaled to a day by the square root of time: low
    /// under 3, high from 6 on.
    pub(super) fn risk(&self, interval: Interval) -> (Risk, f64) {
        let bars_a_day = DAY_NS as f64 / interval.ns().max(1) as f64;
        let percent = 100.0 * self.atr / self.close * bars_a_day.sqrt();
        let risk = match percent {
            ..3.0 => Risk::Low,
            3.0..6.0 => Risk::Medium,
            _ => Risk::High,
        };
        (risk, percent)
    }

    /// In points of a hundred: half for how few average true ranges the price has run above its fast average (all of it
    /// up to 0.5, nothing from 3 on), half for the share of votes for a rise. Excellent from 75 on, good from 55, fair
    /// from 35.
    pub(super) fn timing(&self) -> (Timing, f64) {
        let rising = self.each.iter().filter(|vote| **vote > 0.0).count() as f64 / self.each.len() as f64;
        let points = 50.0 * strength(self.extension, 3.0, 0.5) + 50.0 * rising;
        let timing = match points {
            75.0.. => Timing::Excellent,
            55.0.. => Timing::Good,
            35.0.. => Timing::Fair,
            _ => Timing::Poor,
        };
        (timing, points)
    }
}

impl Risk {
    /// As a reason.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Low => "risk_low",
            Self::Medium => "risk_medium",
            Self::High => "risk_high",
        }
    }
}

impl Timing {
    /// As a reason.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Excellent => "timing_excellent",
            Self::Good => "timing_good",
            Self::Fair => "timing_fair",
            Self::Poor => "timing_poor",
        }
    }
}

/// From -1 at `-all` to 1 at `all`; only the sign for an `all` of zero.
fn either_way(value: f64, all: f64) -> f64 {
    if value > 0.0 {
        if all > 0.0 { strength(value, 0.0, all) } else { 1.0 }
    } else if value < 0.0 {
        -either_way(-value, all)
    } else {
        0.0
    }
}

/// All of it 20 above or below 50; beyond 75 and 25 the move is old, and it counts half.
fn rsi_vote(rsi: f64) -> f64 {
    let vote = either_way(rsi - 50.0, 20.0);
    if (25.0..=75.0).contains(&rsi) { vote } else { vote / 2.0 }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    fn votes(each: [f64; 6], extension: f64, atr: f64) -> Votes {
        Votes { each, extension, close: 100.0, atr }
    }

    #[test]
    fn the_score_goes_from_nought_to_a_hundred() {
        for (vote, score) in [(-1.0, 0.0), (0.0, 50.0), (0.5, 75.0), (1.0, 100.0)] {
            assert!((votes([vote; 6], 0.0, 1.0).score() - score).abs() < 1e-9);
        }
        // The trend alone.
        assert!((votes([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], 0.0, 1.0).score() - 62.5).abs() < 1e-9);
    }

    #[test]
    fn grades_have_their_bounds() {
        let risk = |atr: f64| votes([0.0; 6], 0.0, atr).risk(Interval(86_400)).0;
        assert_eq!([2.9, 3.0, 5.9, 6.0].map(risk), [Risk::Low, Risk::Medium, Risk::Medium, Risk::High]);
        let of_an_hour = votes([0.0; 6], 0.0, 1.0).risk(Interval(3_600));
        assert!((of_an_hour.1 - 24.0_f64.sqrt()).abs() < 1e-12);
        let timing = |rising: usize, extension: f64| {
            let mut all = [-1.0; 6];
            all[..rising].fill(1.0);
            votes(all, extension, 1.0).timing().0
        };
        assert_eq!(timing(6, 0.5), Timing::Excellent);
        assert_eq!(timing(3, 1.0), Timing::Good);
        assert_eq!(timing(6, 3.0), Timing::Fair);
        assert_eq!(timing(2, 3.0), Timing::Poor);
        assert_eq!(votes([f64::NAN; 6], f64::NAN, f64::NAN).timing().0, Timing::Poor);
    }

    #[test]
    fn votes_go_both_ways() {
        assert_eq!([-9.0, -1.0, 0.0, 1.0, 9.0].map(|value| either_way(value, 2.0)), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!([-9.0, 0.0, 0.1, f64::NAN].map(|value| either_way(value, 0.0)), [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!([20.0, 30.0, 50.0, 60.0, 70.0, 80.0].map(rsi_vote), [-0.5, -1.0, 0.0, 0.5, 1.0, 0.5]);
    }
}
