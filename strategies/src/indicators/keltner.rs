//! Keltner channels, in Linda Raschke's form with the average true range.

use serde::Serialize;
use ta_lib::{Core, KcStream, RetCode};

use super::convention::{AtrTv, Convention};
use super::donchian::Channel;
use super::ema::Ema;
use super::streaming::{Columns, Handle, Input, Streaming, period};
use crate::candle::Candle;

/// An exponential average, and lines some average true ranges above and below it.
///
/// TradingView averages the close, TA-Lib the typical price. TA-Lib also starts the shorter of both averages so late
/// that they have their first values on the same candle.
#[derive(Clone, Debug, Serialize)]
pub struct Keltner {
    lines: Lines,
    value: Option<Channel>,
}

#[derive(Clone, Debug, Serialize)]
enum Lines {
    TradingView { middle: Ema, atr: AtrTv, multiplier: f64 },
    TaLib(Streaming<KcStream>),
}

impl Keltner {
    /// The average over `ema_period` candles, lines at `multiplier` times the true range over `atr_period`, as
    /// TradingView has it.
    pub fn new(ema_period: u32, atr_period: u32, multiplier: f64) -> Self {
        Self::with_convention(ema_period, atr_period, multiplier, Convention::TradingView)
    }

    /// As either house has it.
    pub fn with_convention(ema_period: u32, atr_period: u32, multiplier: f64, convention: Convention) -> Self {
        let lines = match convention {
            Convention::TradingView => {
                Lines::TradingView { middle: Ema::new(ema_period), atr: AtrTv::new(atr_period), multiplier }
            }
            Convention::TaLib => Lines::TaLib(Streaming::new((period(ema_period, 2), period(atr_period, 1), multiplier))),
        };
        Self { lines, value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<Channel> {
        if !candle.is_sound() {
            return self.value;
        }
        self.value = match &mut self.lines {
            Lines::TaLib(lines) => lines.update(*candle),
            Lines::TradingView { middle, atr, multiplier } => {
                let averages = middle.update(candle.close).zip(atr.update(candle));
                averages.map(|(middle, atr)| {
                    let distance = *multiplier * atr;
                    Channel { upper: middle + distance, middle, lower: middle - distance }
                })
            }
        };
        self.value
    }

    /// The last value.
    pub fn value(&self) -> Option<Channel> {
        self.value
    }
}

impl Handle for KcStream {
    type Params = (i32, i32, f64);
    type Input = Candle;
    type Value = Channel;

    fn lookback((ema_period, atr_period, multiplier): Self::Params) -> Result<usize, RetCode> {
        Core::new().kc_lookback(ema_period, atr_period, multiplier)
    }

    fn open((ema_period, atr_period, multiplier): Self::Params, history: &[Candle]) -> Result<(Self, Channel), RetCode> {
        let Columns { high, low, close, .. } = Columns::of(history);
        let opened = Core::new().kc_open(&high, &low, &close, ema_period, atr_period, multiplier);
        opened.map(|(handle, lines)| (handle, value(lines)))
    }

    fn advance(&mut self, candle: Candle) -> Result<Channel, RetCode> {
        self.update(candle.high, candle.low, candle.close).map(value)
    }
}

fn value((upper, middle, lower): (f64, f64, f64)) -> Channel {
    Channel { upper, middle, lower }
}
