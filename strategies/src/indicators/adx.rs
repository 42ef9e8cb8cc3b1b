//! The directional movement system, of J. Welles Wilder's *New Concepts in Technical Trading Systems* (1978).

use serde::Serialize;
use ta_lib::{AdxStream, Core, MinusDiStream, PlusDiStream, RetCode};

use super::streaming::{Columns, Handle, Streaming, period};
use crate::candle::Candle;

/// How much of the range moved up, how much down, and how one-sided that is on average.
#[derive(Clone, Debug, Serialize)]
pub struct Adx {
    average: Streaming<AdxStream>,
    plus_di: Streaming<PlusDiStream>,
    minus_di: Streaming<MinusDiStream>,
}

/// What [`Adx`] says, each from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AdxValue {
    /// The average directional index: how strong the trend is, either way. It warms up twice as long.
    pub adx: Option<f64>,
    /// +DI: the share of the range that moved up.
    pub plus_di: f64,
    /// -DI: the share of the range that moved down.
    pub minus_di: f64,
}

impl Adx {
    /// Over `period` candles, at least 2.
    pub fn new(period: u32) -> Self {
        let period = self::period(period, 2);
        Self { average: Streaming::new(period), plus_di: Streaming::new(period), minus_di: Streaming::new(period) }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<AdxValue> {
        self.average.update(*candle);
        self.plus_di.update(*candle);
        self.minus_di.update(*candle);
        self.value()
    }

    /// The last value.
    pub fn value(&self) -> Option<AdxValue> {
        Some(AdxValue { adx: self.average.value(), plus_di: self.plus_di.value()?, minus_di: self.minus_di.value()? })
    }
}

impl Handle for AdxStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().adx_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().adx_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}

impl Handle for PlusDiStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().plus_di_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().plus_di_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}

impl Handle for MinusDiStream {
    type Params = i32;
    type Input = Candle;
    type Value = f64;

    fn lookback(period: i32) -> Result<usize, RetCode> {
        Core::new().minus_di_lookback(period)
    }

    fn open(period: i32, history: &[Candle]) -> Result<(Self, f64), RetCode> {
        let columns = Columns::of(history);
        Core::new().minus_di_open(&columns.high, &columns.low, &columns.close, period)
    }

    fn advance(&mut self, candle: Candle) -> Result<f64, RetCode> {
        self.update(candle.high, candle.low, candle.close)
    }
}
