//! The simple moving average.

use serde::Serialize;
use ta::indicators::SimpleMovingAverage;
use ta::{Next, Reset};

use super::streaming::Input;

/// The mean of the last `period` values.
///
/// `ta` keeps a running sum, in which rounding would pile up and one huge value would leave its trace for ever. So two
/// take turns: the one in use is never older than two periods.
#[derive(Clone, Debug, Serialize)]
pub struct Sma {
    period: u32,
    mean: SimpleMovingAverage,
    next: SimpleMovingAverage,
    /// How many values the next one has.
    fed: u32,
    value: Option<f64>,
}

impl Sma {
    /// Over `period` values.
    pub fn new(period: u32) -> Self {
        let period = period.max(1);
        let mean = SimpleMovingAverage::new(period as usize).expect("a period above zero");
        Self { period, next: mean.clone(), mean, fed: 0, value: None }
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_sound() {
            return self.value;
        }
        let (mean, fresh) = (self.mean.next(value), self.next.next(value));
        self.fed += 1;
        if self.fed == self.period {
            std::mem::swap(&mut self.mean, &mut self.next);
            self.next.reset();
            self.fed = 0;
            self.value = Some(fresh);
        } else if self.value.is_some() {
            self.value = Some(mean);
        }
        self.value
    }

    /// The last value.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
