//! The true range, of J. Welles Wilder's *New Concepts in Technical Trading Systems* (1978).

use serde::Serialize;
use ta::Next;

use super::streaming::Input;
use crate::candle::Candle;

/// A candle's range, with the way from the close before it: `max(high, close') - min(low, close')`. The first candle
/// has none.
#[derive(Clone, Debug, Serialize)]
pub struct TrueRange {
    range: ta::indicators::TrueRange,
    started: bool,
    value: Option<f64>,
}

impl TrueRange {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self { range: ta::indicators::TrueRange::new(), started: false, value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<f64> {
        if candle.is_sound() {
            let range = self.range.next(candle);
            self.value = self.started.then_some(range);
            self.started = true;
        }
        self.value
    }

    /// The last value, in units of price.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

impl Default for TrueRange {
    fn default() -> Self {
        Self::new()
    }
}
