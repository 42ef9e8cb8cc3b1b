//! The weighted moving average.

use serde::Serialize;
use ta_lib::{Core, RetCode, WmaStream};

use super::streaming::{Handle, Streaming, period};

/// The newest value weighs `period`, the one before `period - 1`, the oldest 1.
#[derive(Clone, Debug, Serialize)]
pub struct Wma(Streaming<WmaStream>);

impl Wma {
    /// Over `period` values.
    pub fn new(period: u32) -> Self {
        Self(Streaming::new(self::period(period, 1)))
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        self.0.update(value)
    }

    /// The last value.
    pub fn value(&self) -> Option<f64> {
        self.0.value()
    }
}

impl Handle for WmaStream {
    type Params = i32;
    type Input = f64;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().wma_lookback(period)
    }

    fn open(period: i32, history: &[f64]) -> Result<(Self, f64), RetCode> {
        Core::new().wma_open(history, period)
    }

    fn advance(&mut self, value: f64) -> Result<f64, RetCode> {
        self.update(value)
    }
}
