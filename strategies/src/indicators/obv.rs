//! On-balance volume, of Joseph Granville's *New Key to Stock Market Profits* (1963).

use serde::Serialize;
use ta::Next;
use ta::indicators::OnBalanceVolume;

use super::streaming::Input;
use crate::candle::Candle;

/// The sum of all volumes, less those of candles that closed below the one before; the first counts in full, and one
/// with an equal close not at all.
#[derive(Clone, Debug, Serialize)]
pub struct Obv {
    sum: OnBalanceVolume,
    value: Option<f64>,
}

impl Obv {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self { sum: OnBalanceVolume::new(), value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<f64> {
        if !candle.is_sound() {
            return self.value;
        }
        if self.value.is_none() {
            // `ta` compares the first close with 0. Above it the volume is added, as it must be whatever the close.
            self.sum.next(&Candle { close: 1.0, ..*candle });
            self.value = Some(self.sum.next(&Candle { volume: 0.0, ..*candle }));
        } else {
            self.value = Some(self.sum.next(candle));
        }
        self.value
    }

    /// The last value, in units of volume.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

impl Default for Obv {
    fn default() -> Self {
        Self::new()
    }
}
