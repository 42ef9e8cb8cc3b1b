//! The average true range, of J. Welles Wilder's *New Concepts in Technical Trading Systems* (1978).

use serde::Serialize;
use ta_lib::{AtrStream, Core, RetCode};

use super::streaming::{Columns, Handle, Streaming, period};
use crate::candle::Candle;

/// Wilder's average of the true range, in units of price; the first candle has none, so it starts one later.
#[derive(Clone, Debug, Serialize)]
pub struct Atr(Streaming<AtrStream>);

impl Atr {
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

impl Handle for AtrStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().atr_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().atr_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}
