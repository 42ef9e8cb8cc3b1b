//! The money flow index: an RSI in which volume counts.

use serde::Serialize;
use ta_lib::{Core, MfiStream, RetCode};

use super::streaming::{Columns, Handle, Streaming, period};
use crate::candle::Candle;

/// `100 * inflow / (inflow + outflow)`, where typical price times volume flows the way the typical price went.
#[derive(Clone, Debug, Serialize)]
pub struct Mfi(Streaming<MfiStream>);

impl Mfi {
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

impl Handle for MfiStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().mfi_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().mfi_open(&columns.high, &columns.low, &columns.close, &columns.volume, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close, candle.volume)
    }
}
