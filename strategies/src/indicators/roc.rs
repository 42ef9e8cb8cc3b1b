//! The rate of change.

use serde::Serialize;
use ta::Next;
use ta::indicators::RateOfChange;

use super::streaming::Input;

/// How far a value is from the one `period` before, in percent of that; 0 when that was 0, as in TA-Lib.
#[derive(Clone, Debug, Serialize)]
pub struct Roc {
    change: RateOfChange,
    /// Values that are missing before there is one to compare with.
    missing: u32,
    value: Option<f64>,
}

impl Roc {
    /// Against the value `period` before.
    pub fn new(period: u32) -> Self {
        let period = period.max(1);
        let change = RateOfChange::new(period as usize).expect("a period above zero");
        Self { change, missing: period, value: None }
    }

    /// Takes one value in.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if !value.is_sound() {
            return self.value;
        }
        let change = self.change.next(value);
        if self.missing > 0 {
            self.missing -= 1;
        } else {
            self.value = Some(if change.is_finite() { change } else { 0.0 });
        }
        self.value
    }

    /// The last value, in percent.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
