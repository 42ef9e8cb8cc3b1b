//! Supertrend, of Olivier Seban: a stop that follows the price at some true ranges, and turns when it is hit.

use serde::Serialize;

use super::convention::{AnyAtr, Convention};
use super::streaming::Input;
use crate::candle::Candle;

/// A line below the price while it rises and above it while it falls, which never moves away from the price.
#[derive(Clone, Debug, Serialize)]
pub struct Supertrend {
    atr: AnyAtr,
    multiplier: f64,
    /// How it starts, before the price has crossed a line.
    start: Trend,
    previous_close: Option<f64>,
    value: Option<SupertrendValue>,
}

/// Which way the price goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Trend {
    /// It rises.
    Up,
    /// It falls.
    Down,
}

/// What [`Supertrend`] says, in units of price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SupertrendValue {
    /// The line: the lower one in an upward trend, else the upper one.
    pub value: f64,
    /// Where the price would have to close above to turn a falling trend.
    pub upper: f64,
    /// Where the price would have to close below to turn a rising trend.
    pub lower: f64,
    /// Which way it goes.
    pub direction: Trend,
}

impl Supertrend {
    /// Lines at `multiplier` times the average true range over `period` candles, as TradingView has it.
    pub fn new(period: u32, multiplier: f64) -> Self {
        Self::with_convention(period, multiplier, Convention::TradingView)
    }

    /// As either house has it: TradingView starts with a falling trend, TA-Lib with a rising one.
    pub fn with_convention(period: u32, multiplier: f64, convention: Convention) -> Self {
        let start = match convention {
            Convention::TradingView => Trend::Down,
            Convention::TaLib => Trend::Up,
        };
        Self { atr: AnyAtr::new(convention, period), multiplier, start, previous_close: None, value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<SupertrendValue> {
        if !candle.is_sound() {
            return self.value;
        }
        let previous_close = self.previous_close.replace(candle.close).unwrap_or(candle.close);
        let atr = self.atr.update(candle)?;
        let distance = self.multiplier * atr;
        let (mut upper, mut lower) = (candle.middle() + distance, candle.middle() - distance);
        let mut direction = self.start;
        if let Some(before) = self.value {
            // A line moves away from the price only after a close beyond it.
            if upper > before.upper && previous_close <= before.upper {
                upper = before.upper;
            }
            if lower < before.lower && previous_close >= before.lower {
                lower = before.lower;
            }
            direction = match before.direction {
                Trend::Down if candle.close > upper => Trend::Up,
                Trend::Up if candle.close < lower => Trend::Down,
                same => same,
            };
        }
        let value = match direction {
            Trend::Up => lower,
            Trend::Down => upper,
        };
        self.value = Some(SupertrendValue { value, upper, lower, direction });
        self.value
    }

    /// The last value.
    pub fn value(&self) -> Option<SupertrendValue> {
        self.value
    }
}
