//! Donchian channels, of Richard Donchian.

use serde::Serialize;

use super::extremes::{Highest, Lowest};
use super::streaming::{Input, Output};
use crate::candle::Candle;

/// The highest high and the lowest low of the last `period` candles, the newest included.
#[derive(Clone, Debug, Serialize)]
pub struct Donchian {
    highest: Highest,
    lowest: Lowest,
    value: Option<Channel>,
}

/// A channel around the price, in units of price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Channel {
    /// Its upper line.
    pub upper: f64,
    /// Its middle line.
    pub middle: f64,
    /// Its lower line.
    pub lower: f64,
}

impl Donchian {
    /// Over `period` candles.
    pub fn new(period: u32) -> Self {
        Self { highest: Highest::new(period), lowest: Lowest::new(period), value: None }
    }

    /// Takes one candle in.
    pub fn update(&mut self, candle: &Candle) -> Option<Channel> {
        if candle.is_sound() {
            let channel = self.highest.update(candle.high).zip(self.lowest.update(candle.low));
            self.value = channel.map(|(upper, lower)| Channel { upper, middle: f64::midpoint(upper, lower), lower });
        }
        self.value
    }

    /// The last value.
    pub fn value(&self) -> Option<Channel> {
        self.value
    }
}

impl Output for Channel {
    fn is_finite(&self) -> bool {
        self.upper.is_finite() && self.middle.is_finite() && self.lower.is_finite()
    }
}
