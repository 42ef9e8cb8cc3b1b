//! A closed bar in floats: what indicators and patterns are computed from.

use engine::instrument::Instrument;
use engine::market::Bar;
use serde::Serialize;

/// Prices in the quote currency, volume in the base currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Candle {
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded size.
    pub volume: f64,
}

impl Candle {
    /// The bar in the instrument's units.
    pub fn of(bar: &Bar, instrument: &Instrument) -> Self {
        let price = |fixed| instrument.price_f64(fixed);
        Self {
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
            volume: instrument.size_f64(bar.volume),
        }
    }

    /// The typical price: the mean of high, low and close.
    pub fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// The middle between high and low.
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.high, self.low)
    }

    /// High less low.
    pub fn range(&self) -> f64 {
        self.high - self.low
    }

    /// How far close is from open, either way.
    pub fn body(&self) -> f64 {
        (self.close - self.open).abs()
    }

    /// From the body up to the high.
    pub fn upper_shadow(&self) -> f64 {
        self.high - self.open.max(self.close)
    }

    /// From the low up to the body.
    pub fn lower_shadow(&self) -> f64 {
        self.open.min(self.close) - self.low
    }

    /// Whether it closed above its open.
    pub fn is_rising(&self) -> bool {
        self.close > self.open
    }

    /// Whether every number is one: an indicator ignores a candle that has another.
    pub fn is_finite(&self) -> bool {
        [self.open, self.high, self.low, self.close, self.volume].iter().all(|number| number.is_finite())
    }
}

impl ta::High for Candle {
    fn high(&self) -> f64 {
        self.high
    }
}

impl ta::Low for Candle {
    fn low(&self) -> f64 {
        self.low
    }
}

impl ta::Close for Candle {
    fn close(&self) -> f64 {
        self.close
    }
}

impl ta::Volume for Candle {
    fn volume(&self) -> f64 {
        self.volume
    }
}
