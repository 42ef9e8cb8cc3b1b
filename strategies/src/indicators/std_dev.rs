//! The standard deviation.

use serde::Serialize;
use ta_lib::{Core, RetCode, StddevStream};

use super::streaming::{Handle, Streaming, period};

/// Of the last `period` values as the whole population: the squares are divided by `period`.
///
/// On `ta-lib`: after a jump, `ta`'s running sum of squares leaves 1e-7 where a flat series has 0.
#[derive(Clone, Debug, Serialize)]
pub struct StdDev(Streaming<StddevStream>);

impl StdDev {
    /// Over `period` values, at least 2.
    pub fn new(period: u32) -> Self {
        Self(Streaming::new(self::period(period, 2)))
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

impl Handle for StddevStream {
    type Params = i32;
    type Input = f64;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().stddev_lookback(period, 1.0)
    }

    fn open(period: i32, history: &[f64]) -> Result<(Self, f64), RetCode> {
        Core::new().stddev_open(history, period, 1.0)
    }

    fn advance(&mut self, value: f64) -> Result<f64, RetCode> {
        self.update(value)
    }
}
