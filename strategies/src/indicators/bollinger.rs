//! Bollinger bands, of John Bollinger's *Bollinger on Bollinger Bands* (2001).

use serde::Serialize;
use ta_lib::{BbandsStream, Core, MAType, RetCode};

use super::streaming::{Handle, Output, Streaming, period};

/// A mean, and bands some standard deviations above and below it.
///
/// On `ta-lib`: after a jump, `ta`'s running sum of squares leaves bands 1e-7 wide around a flat series.
#[derive(Clone, Debug, Serialize)]
pub struct Bollinger(Streaming<BbandsStream>);

/// The lines of [`Bollinger`], in units of the value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BollingerValue {
    /// The mean plus the deviations.
    pub upper: f64,
    /// The mean of the last `period` values.
    pub middle: f64,
    /// The mean less the deviations.
    pub lower: f64,
}

impl Bollinger {
    /// Over `period` values, at least 2, with bands at `deviations` standard deviations.
    pub fn new(period: u32, deviations: f64) -> Self {
        Self(Streaming::new((self::period(period, 2), deviations)))
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<BollingerValue> {
        self.0.update(value)
    }

    /// The last value.
    pub fn value(&self) -> Option<BollingerValue> {
        self.0.value()
    }

    /// Where a price is between the bands: 0 at the lower one, 1 at the upper one. None while they are one line.
    pub fn percent_b(&self, price: f64) -> Option<f64> {
        let BollingerValue { upper, lower, .. } = self.value()?;
        quotient(price - lower, upper - lower)
    }

    /// The distance of the bands as a share of the middle. None when the middle is 0.
    pub fn bandwidth(&self) -> Option<f64> {
        let BollingerValue { upper, middle, lower } = self.value()?;
        quotient(upper - lower, middle)
    }
}

fn quotient(part: f64, whole: f64) -> Option<f64> {
    Some(part / whole).filter(|quotient: &f64| f64::is_finite(*quotient))
}

impl Handle for BbandsStream {
    type Params = (i32, f64);
    type Input = f64;
    type Value = BollingerValue;

    fn lookback((period, deviations): Self::Params) -> Result<usize, RetCode> {
        Core::new().bbands_lookback(period, deviations, deviations, MAType::SMA)
    }

    fn open((period, deviations): Self::Params, history: &[f64]) -> Result<(Self, BollingerValue), RetCode> {
        let opened = Core::new().bbands_open(history, period, deviations, deviations, MAType::SMA);
        opened.map(|(handle, lines)| (handle, value(lines)))
    }

    fn advance(&mut self, input: f64) -> Result<BollingerValue, RetCode> {
        self.update(input).map(value)
    }
}

fn value((upper, middle, lower): (f64, f64, f64)) -> BollingerValue {
    BollingerValue { upper, middle, lower }
}

impl Output for BollingerValue {
    fn is_finite(&self) -> bool {
        self.upper.is_finite() && self.middle.is_finite() && self.lower.is_finite()
    }
}
