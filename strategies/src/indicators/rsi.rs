//! The relative strength index, of J. Welles Wilder's *New Concepts in Technical Trading Systems* (1978).

use serde::Serialize;

use super::rma::Rma;
use super::streaming::Input;

/// `100 * gains / (gains + losses)`, both in Wilder's average; 0 while nothing has moved.
///
/// On `ta-lib`'s averages, as its own index of a series that never moved is 50, and TA-Lib's in C is 0.
#[derive(Clone, Debug, Serialize)]
pub struct Rsi {
    gains: Rma,
    losses: Rma,
    previous: Option<f64>,
    value: Option<f64>,
}

impl Rsi {
    /// Over `period` changes, at least 2.
    pub fn new(period: u32) -> Self {
        let average = Rma::new(period.max(2));
        Self { gains: average.clone(), losses: average, previous: None, value: None }
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_sound() {
            return self.value;
        }
        let previous = self.previous.replace(value)?;
        let change = value - previous;
        let averages = self.gains.update(change.max(0.0)).zip(self.losses.update((-change).max(0.0)));
        self.value = averages.map(|(gains, losses)| if gains > 0.0 { 100.0 * (gains / (gains + losses)) } else { 0.0 });
        self.value
    }

    /// The last value, from 0 to 100.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
