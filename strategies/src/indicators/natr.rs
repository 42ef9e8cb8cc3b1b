//! The normalized average true range: how far a price moves a bar, in percent of it.

use serde::Serialize;
use ta_lib::{Core, NatrStream, RetCode};

use super::streaming::{Columns, Handle, Streaming, period};
use crate::candle::Candle;

/// `100 * ATR / close`.
#[derive(Clone, Debug, Serialize)]
pub struct Natr(Streaming<NatrStream>);

impl Natr {
    /// Over `period` candles.
    pub fn new(period: u32) -> Self {
        Self(Streaming::new(self::period(period, 1)))
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

impl Handle for NatrStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().natr_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().natr_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}
