//! The stochastic oscillator, of George Lane.

use serde::Serialize;
use ta_lib::{Core, MAType, RetCode, StochStream};

use super::streaming::{Columns, Handle, Output, Streaming, period};
use crate::candle::Candle;

/// Where the close is between the lowest and the highest price, smoothed twice by simple averages.
#[derive(Clone, Debug, Serialize)]
pub struct Stochastic(Streaming<StochStream>);

/// The lines of [`Stochastic`], from 0 at the lowest price to 100 at the highest; 0 when all are equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StochasticValue {
    /// Slow %K: the mean of the last few places of the close.
    pub k: f64,
    /// Slow %D: the mean of the last few %K.
    pub d: f64,
}

impl Stochastic {
    /// The close's place among `k` candles, averaged over `slow_k`, and that over `d`.
    pub fn new(k: u32, slow_k: u32, d: u32) -> Self {
        Self(Streaming::new((period(k, 1), period(slow_k, 1), period(d, 1))))
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<StochasticValue> {
        self.0.update(*candle)
    }

    /// The last value.
    pub fn value(&self) -> Option<StochasticValue> {
        self.0.value()
    }
}

impl Handle for StochStream {
    type Params = (i32, i32, i32);
    type Input = Candle;
    type Value = StochasticValue;

    fn lookback((k, slow_k, d): Self::Params) -> Result<usize, RetCode> {
        Core::new().stoch_lookback(k, slow_k, MAType::SMA, d, MAType::SMA)
    }

    fn open((k, slow_k, d): Self::Params, history: &[Candle]) -> Result<(Self, StochasticValue), RetCode> {
        let columns = Columns::of(history);
        let (high, low, close) = (&columns.high, &columns.low, &columns.close);
        let opened = Core::new().stoch_open(high, low, close, k, slow_k, MAType::SMA, d, MAType::SMA);
        opened.map(|(handle, lines)| (handle, value(lines)))
    }

    fn advance(&mut self, candle: Candle) -> Result<StochasticValue, RetCode> {
        self.update(candle.high, candle.low, candle.close).map(value)
    }
}

fn value((k, d): (f64, f64)) -> StochasticValue {
    StochasticValue { k, d }
}

impl Output for StochasticValue {
    fn is_finite(&self) -> bool {
        self.k.is_finite() && self.d.is_finite()
    }
}
