//! An equity curve, a point a day.

use engine::time::{DAY_NS, Timestamp};

use super::{Absent, Measure};

/// Days in a year: crypto never closes.
pub const DAYS_PER_YEAR: f64 = 365.0;

/// An equity curve: its first point, then one a day at 00:00 UTC, then its last. Times ascend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// When.
    pub at: Vec<Timestamp>,
    /// What all was worth then, in the reporting currency; as long as `at`.
    pub equity: Vec<f64>,
    /// What it is compared with, such as holding the same instruments; as long as `at`, at any scale.
    pub benchmark: Option<Vec<f64>>,
}

impl Series {
    /// A point a day from 2024-01-01 on, for tests and examples.
    pub fn daily(equity: &[f64]) -> Self {
        let first = 19_723;
        let at = (first..).zip(equity).map(|(day, _)| Timestamp(day * DAY_NS)).collect();
        Self { at, equity: equity.to_vec(), benchmark: None }
    }

    /// The same with a point for every day: one that has none has what was there the day before, as the market never closes
    /// and a curve that tells nothing did not move. So a rest of thirty days is thirty returns and not one.
    #[must_use]
    pub fn carried_forward(&self) -> Self {
        let length = self.at.len().min(self.equity.len());
        let mut carried = Self { at: Vec::new(), equity: Vec::new(), benchmark: self.benchmark.as_ref().map(|_| Vec::new()) };
        for place in 0..length {
            carried.push_from(self, place, self.at[place]);
            let Some(next) = self.at.get(place + 1).filter(|_| place + 1 < length) else { break };
            // Not in the last whole day before the next point, which may come an hour later than the one before it.
            let rests = next.0.saturating_sub(self.at[place].0) / DAY_NS - 1;
            for day in 1..=rests {
                carried.push_from(self, place, self.at[place].plus_ns(day * DAY_NS));
            }
        }
        carried
    }

    fn push_from(&mut self, other: &Self, place: usize, at: Timestamp) {
        self.at.push(at);
        self.equity.push(other.equity[place]);
        if let Some((mine, others)) = self.benchmark.as_mut().zip(other.benchmark.as_ref()) {
            mine.extend(others.get(place));
        }
    }

    /// Whether there ever was nothing left, or less: what comes after is a share of nothing.
    pub fn was_ruined(&self) -> bool {
        self.equity.iter().any(|equity| *equity <= 0.0)
    }

    /// The length in days.
    pub fn days(&self) -> f64 {
        match (self.at.first(), self.at.last()) {
            (Some(first), Some(last)) => last.0.saturating_sub(first.0) as f64 / DAY_NS as f64,
            _ => 0.0,
        }
    }

    /// `last / first - 1` of two points each. A return is one of a whole day: what begins or ends within a day is none, and
    /// nothing is a share of what was not there. Points further apart than a day give one return.
    pub fn returns(&self) -> Vec<f64> {
        self.steps().map(|step| self.equity[step + 1] / self.equity[step] - 1.0).collect()
    }

    /// When each of [`Self::returns`] was complete.
    pub fn returned_at(&self) -> Vec<Timestamp> {
        self.steps().map(|step| self.at[step + 1]).collect()
    }

    /// The returns of the curve beside those of the benchmark, where both exist; `None` without a benchmark.
    pub fn paired_returns(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        let benchmark = self.benchmark.as_ref().filter(|benchmark| benchmark.len() == self.equity.len())?;
        let rate = |values: &[f64], step: usize| values[step + 1] / values[step] - 1.0;
        let steps = self.steps().filter(|&step| benchmark[step] > 0.0);
        Some(steps.map(|step| (rate(&self.equity, step), rate(benchmark, step))).unzip())
    }

    /// Last equity over first, less one.
    pub fn total_return(&self) -> Measure {
        growth(&self.equity).map(|growth| growth - 1.0).into()
    }

    /// The benchmark's last value over its first, less one; none without a benchmark.
    pub fn benchmark_return(&self) -> Measure {
        let values = self.benchmark.as_ref().ok_or(Absent::NoBenchmark);
        values.and_then(|values| growth(values)).map(|growth| growth - 1.0).into()
    }

    /// Compound annual growth: `(last / first) ^ (365 / days) - 1`; none under a day, and none of what was at zero or below.
    pub fn cagr(&self) -> Measure {
        let days = self.days();
        let growth = match growth(&self.equity) {
            Ok(_) if days < 1.0 => return Measure::none(Absent::UnderADay),
            Ok(_) if self.was_ruined() => return Measure::none(Absent::Ruined),
            growth => growth,
        };
        growth.map(|growth| growth.powf(DAYS_PER_YEAR / days) - 1.0).into()
    }

    /// Where a return begins.
    fn steps(&self) -> impl Iterator<Item = usize> {
        let whole = |step: usize| self.at[step + 1].0.saturating_sub(self.at[step].0) >= DAY_NS;
        let length = self.at.len().min(self.equity.len());
        (0..length.saturating_sub(1)).filter(move |&step| whole(step) && self.equity[step] > 0.0)
    }
}

fn growth(equity: &[f64]) -> Result<f64, Absent> {
    match equity {
        [] | [_] => Err(Absent::NoCurve),
        [first, .., last] if *first > 0.0 => Ok(last / first),
        _ => Err(Absent::NoCapital),
    }
}
