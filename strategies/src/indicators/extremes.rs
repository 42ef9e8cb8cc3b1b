//! The highest and the lowest of the last so many values, in a time that does not grow with their number.

use std::collections::VecDeque;

use serde::Serialize;

/// The lowest of the last `period` values.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lowest {
    period: u32,
    fed: u64,
    /// Values that can still become the lowest, rising, each with its number.
    rising: VecDeque<(u64, f64)>,
}

/// The highest of the last `period` values.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Highest(Lowest);

impl Lowest {
    pub(super) fn new(period: u32) -> Self {
        Self { period: period.max(1), fed: 0, rising: VecDeque::new() }
    }

    pub(super) fn update(&mut self, value: f64) -> Option<f64> {
        while self.rising.back().is_some_and(|&(_, last)| last >= value) {
            self.rising.pop_back();
        }
        self.rising.push_back((self.fed, value));
        self.fed += 1;
        let period = u64::from(self.period);
        if self.rising.front().is_some_and(|&(number, _)| number + period < self.fed) {
            self.rising.pop_front();
        }
        if self.fed < period { None } else { self.rising.front().map(|&(_, lowest)| lowest) }
    }
}

impl Highest {
    pub(super) fn new(period: u32) -> Self {
        Self(Lowest::new(period))
    }

    pub(super) fn update(&mut self, value: f64) -> Option<f64> {
        self.0.update(-value).map(|lowest| -lowest)
    }
}
