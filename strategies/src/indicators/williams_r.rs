//! Williams %R, of Larry Williams's *How I Made One Million Dollars* (1973).

use serde::Serialize;
use ta_lib::{Core, RetCode, WillrStream};

use super::streaming::{Columns, Handle, Streaming, period};
use crate::candle::Candle;

/// `-100 * (highest - close) / (highest - lowest)`, from -100 at the lowest to 0 at the highest; 0 when all are equal.
#[derive(Clone, Debug, Serialize)]
pub struct WilliamsR(Streaming<WillrStream>);

impl WilliamsR {
    /// Over `period` candles, at least 2.
    pub fn new(period: u32) -> Self {
        Self(Streaming::new(self::period(period, 2)))
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<f64> {
        self.0.update(*candle)
    }

    /// The last value.
    pub fn value(&self) -> Option<f64> {
        self.0.value()
    }
}

impl Handle for WillrStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().willr_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().willr_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}
