//! Moving average convergence/divergence, of Gerald Appel.

use serde::Serialize;
use ta_lib::{Core, MacdStream, RetCode};

use super::streaming::{Handle, Output, Streaming, period};

/// The distance of two exponential averages, and its own average.
///
/// As in TA-Lib both averages start on the same value, the fast one from the mean of the values just before it.
#[derive(Clone, Debug, Serialize)]
pub struct Macd(Streaming<MacdStream>);

/// The lines of [`Macd`], in units of the value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MacdValue {
    /// The fast average less the slow one.
    pub macd: f64,
    /// Its exponential average.
    pub signal: f64,
    /// The first less the second.
    pub histogram: f64,
}

impl Macd {
    /// Of averages over `fast` and `slow` values, at least 2 each, and of their distance over `signal`.
    pub fn new(fast: u32, slow: u32, signal: u32) -> Self {
        Self(Streaming::new((period(fast, 2), period(slow, 2), period(signal, 1))))
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<MacdValue> {
        self.0.update(value)
    }

    /// The last value.
    pub fn value(&self) -> Option<MacdValue> {
        self.0.value()
    }
}

impl Handle for MacdStream {
    type Params = (i32, i32, i32);
    type Input = f64;
    type Value = MacdValue;

    fn lookback((fast, slow, signal): Self::Params) -> Result<usize, RetCode> {
        Core::new().macd_lookback(fast, slow, signal)
    }

    fn open((fast, slow, signal): Self::Params, history: &[f64]) -> Result<(Self, MacdValue), RetCode> {
        Core::new().macd_open(history, fast, slow, signal).map(|(handle, lines)| (handle, value(lines)))
    }

    fn advance(&mut self, input: f64) -> Result<MacdValue, RetCode> {
        self.update(input).map(value)
    }
}

fn value((macd, signal, histogram): (f64, f64, f64)) -> MacdValue {
    MacdValue { macd, signal, histogram }
}

impl Output for MacdValue {
    fn is_finite(&self) -> bool {
        self.macd.is_finite() && self.signal.is_finite() && self.histogram.is_finite()
    }
}
