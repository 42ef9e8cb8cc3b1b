//! The volume-weighted average price.

use engine::time::Timestamp;
use serde::Serialize;

use super::streaming::Input;
use crate::candle::Candle;

/// Of the candles since 00:00 UTC, each at its typical price. None while they have no volume.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VwapSession {
    sums: Sums,
    /// Days since 1970.
    day: Option<i64>,
}

/// Of the last `period` candles, each at its typical price. None while they have no volume.
///
/// Candles are summed in blocks of `period`: the window is the end of the block before and the beginning of this one.
/// Nothing is ever subtracted, so no rounding is left behind.
#[derive(Clone, Debug, Serialize)]
pub struct VwapRolling {
    period: u32,
    /// Of the block before: from each candle to its end.
    ends: Vec<Sums>,
    block: Vec<Sums>,
    /// Of this block.
    beginning: Sums,
    value: Option<f64>,
}

/// Of all candles from the first on, as TA-Lib has it, each at its typical price. None while they have no volume.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VwapCumulative(Sums);

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Sums {
    notional: f64,
    volume: f64,
}

impl VwapSession {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one candle in; the day it opened on is its session.
    pub fn update(&mut self, opened_at: Timestamp, candle: &Candle) -> Option<f64> {
        if candle.is_sound() {
            if self.day.replace(opened_at.day()) != Some(opened_at.day()) {
                self.sums = Sums::default();
            }
            self.sums = self.sums.plus(Sums::of(candle));
        }
        self.value()
    }

    /// The last value, in units of price.
    pub fn value(&self) -> Option<f64> {
        self.sums.mean()
    }
}

impl VwapRolling {
    /// Over `period` candles.
    pub fn new(period: u32) -> Self {
        Self { period: period.max(1), ends: Vec::new(), block: Vec::new(), beginning: Sums::default(), value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<f64> {
        if !candle.is_sound() {
            return self.value;
        }
        let one = Sums::of(candle);
        self.block.push(one);
        self.beginning = self.beginning.plus(one);
        if self.block.len() == self.period as usize {
            self.value = self.beginning.mean();
            let mut end = Sums::default();
            for sums in self.block.iter_mut().rev() {
                end = end.plus(*sums);
                *sums = end;
            }
            std::mem::swap(&mut self.ends, &mut self.block);
            self.block.clear();
            self.beginning = Sums::default();
        } else if let Some(end) = self.ends.get(self.block.len()) {
            self.value = end.plus(self.beginning).mean();
        }
        self.value
    }

    /// The last value, in units of price.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

impl VwapCumulative {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<f64> {
        if candle.is_sound() {
            self.0 = self.0.plus(Sums::of(candle));
        }
        self.value()
    }

    /// The last value, in units of price.
    pub fn value(&self) -> Option<f64> {
        self.0.mean()
    }
}

impl Sums {
    fn of(candle: &Candle) -> Self {
        Self { notional: candle.typical() * candle.volume, volume: candle.volume }
    }

    fn plus(self, other: Self) -> Self {
        Self { notional: self.notional + other.notional, volume: self.volume + other.volume }
    }

    fn mean(self) -> Option<f64> {
        Some(self.notional / self.volume).filter(|mean| self.volume > 0.0 && mean.is_finite())
    }
}
