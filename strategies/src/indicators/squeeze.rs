//! The squeeze: a market so quiet that a move is near, of John Bollinger's *Bollinger on Bollinger Bands* (2001).

use serde::Serialize;

use super::bollinger::Bollinger;
use super::extremes::Lowest;
use super::streaming::Input;

/// Squeezed while the width of the Bollinger bands (2 deviations) is the lowest of `lookback` bars.
#[derive(Clone, Debug, Serialize)]
pub struct Squeeze {
    bands: Bollinger,
    lowest: Lowest,
    value: Option<SqueezeValue>,
}

/// What [`Squeeze`] says of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SqueezeValue {
    /// The distance of the bands as a share of the middle.
    pub bandwidth: f64,
    /// No bar of the lookback had narrower bands.
    pub is_squeezed: bool,
    /// The bar before was squeezed, and this one is not.
    pub released: bool,
}

impl Squeeze {
    /// Bands over `period` values, compared over `lookback` bars.
    pub fn new(period: u32, lookback: u32) -> Self {
        Self { bands: Bollinger::new(period, 2.0), lowest: Lowest::new(lookback), value: None }
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<SqueezeValue> {
        if !value.is_sound() {
            return self.value;
        }
        self.bands.update(value);
        let Some(bandwidth) = self.bands.bandwidth() else { return self.value };
        if let Some(lowest) = self.lowest.update(bandwidth) {
            let is_squeezed = bandwidth <= lowest;
            let released = !is_squeezed && self.value.is_some_and(|before| before.is_squeezed);
            self.value = Some(SqueezeValue { bandwidth, is_squeezed, released });
        }
        self.value
    }

    /// The last value.
    pub fn value(&self) -> Option<SqueezeValue> {
        self.value
    }
}
