//! The running moving average, Wilder's: the one inside RSI, ATR and ADX.

use serde::Serialize;
use ta_lib::{Core, RetCode, RmaStream};

use super::streaming::{Handle, Streaming, period};

/// `1 / period` of the way to each new value, from the mean of the first `period` ones on.
#[derive(Clone, Debug, Serialize)]
pub struct Rma(Streaming<RmaStream>);

impl Rma {
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

impl Handle for RmaStream {
    type Params = i32;
    type Input = f64;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().rma_lookback(period)
    }

    fn open(period: i32, history: &[f64]) -> Result<(Self, f64), RetCode> {
        Core::new().rma_open(history, period)
    }

    fn advance(&mut self, value: f64) -> Result<f64, RetCode> {
        self.update(value)
    }
}
