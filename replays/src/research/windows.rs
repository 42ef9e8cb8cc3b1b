//! Spans of time to search in, each followed by one to test in.

use engine::time::{DAY_NS, Timestamp};
use serde::Serialize;

use super::error::ResearchError;

/// How windows go through a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Days that are searched before each test; of anchored windows, before the first.
    pub train_days: u32,
    /// Days of a test, which is also how far one window is from the next.
    pub test_days: u32,
    /// Where the days that are searched begin.
    pub anchor: Anchor,
}

/// Where the days that are searched begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// So long before each test.
    Rolling,
    /// At the beginning of the history, always.
    Anchored,
}

/// A span to search in, and the one to test in that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// What is searched.
    pub train: Span,
    /// What the choice is tested in.
    pub test: Span,
}

/// From a time up to another, which is no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

impl Span {
    /// Its length in days.
    pub fn days(self) -> f64 {
        self.to.0.saturating_sub(self.from.0) as f64 / DAY_NS as f64
    }
}

impl Windows {
    /// All windows of a history. They begin at its first 00:00 UTC; the last test may be shorter, but for a day.
    pub fn of(self, history: Span) -> Result<Vec<Window>, ResearchError> {
        let days = |count: u32| i64::from(count).saturating_mul(DAY_NS);
        let begins = Timestamp(history.from.0.div_euclid(DAY_NS) * DAY_NS);
        let begins = if begins == history.from { begins } else { begins.plus_ns(DAY_NS) };
        let mut windows = Vec::new();
        let mut test_from = begins.plus_ns(days(self.train_days));
        while test_from.plus_ns(DAY_NS) <= history.to && test_from > begins {
            let test = Span { from: test_from, to: test_from.plus_ns(days(self.test_days)).min(history.to) };
            let train_from = match self.anchor {
                Anchor::Rolling => test_from.plus_ns(-days(self.train_days)),
                Anchor::Anchored => begins,
            };
            windows.push(Window { train: Span { from: train_from, to: test_from }, test });
            test_from = test_from.plus_ns(days(self.test_days.max(1)));
        }
        if windows.is_empty() {
            let (train, test, there) = (self.train_days, self.test_days, history.days());
            let reason = format!(
                "--train {train}d and --test {test}d need more than {train} days of history, and from its first 00:00 UTC there are {there:.1}"
            );
            return Err(ResearchError::Setup(reason));
        }
        Ok(windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp(day * DAY_NS)
    }

    fn spans(anchor: Anchor, from: Timestamp, to: Timestamp) -> Vec<[i64; 4]> {
        let windows = Windows { train_days: 10, test_days: 4, anchor }.of(Span { from, to }).unwrap();
        windows.iter().map(|Window { train, test }| [train.from, train.to, test.from, test.to].map(Timestamp::day)).collect()
    }

    #[test]
    fn tests_follow_each_other_and_what_is_searched_ends_where_they_begin() {
        assert_eq!(spans(Anchor::Rolling, day(0), day(20)), [[0, 10, 10, 14], [4, 14, 14, 18], [8, 18, 18, 20]]);
        assert_eq!(spans(Anchor::Anchored, day(0), day(18)), [[0, 10, 10, 14], [0, 14, 14, 18]]);
        // Half a day is no test, and windows begin at midnight.
        assert_eq!(spans(Anchor::Rolling, Timestamp(1), Timestamp(day(15).0 + DAY_NS / 2)), [[1, 11, 11, 15]]);
    }

    #[test]
    fn a_short_history_has_none() {
        let windows = Windows { train_days: 10, test_days: 4, anchor: Anchor::Rolling };
        assert!(windows.of(Span { from: day(0), to: day(10) }).unwrap_err().to_string().contains("more than 10 days"));
        assert!(windows.of(Span { from: day(3), to: day(1) }).is_err());
    }
}
