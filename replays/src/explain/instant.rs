//! A moment of a run, as one writes it.

use std::str::FromStr;

use engine::time::Timestamp;

use super::{ExplainError, History};

/// When, or after which record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// After everything at or before a time: `2024-01-01T12:00:00Z`, or `2024-01-01`, its midnight.
    Time(Timestamp),
    /// After a record: `seq:123`.
    After(u64),
    /// After the last record: `end`.
    End,
    /// So many nanoseconds before the last record: `-1h`, `-30m`, `-2d`.
    BeforeEnd(i64),
}

/// The text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is written like 2024-01-01, 2024-01-01T12:00:00Z, seq:123, end, or -1h (before the end)")]
pub struct InvalidInstant;

impl FromStr for Instant {
    type Err = InvalidInstant;
    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        if text == "end" {
            return Ok(Self::End);
        }
        if let Some(seq) = text.strip_prefix("seq:") {
            return seq.parse().map(Self::After).map_err(|_| InvalidInstant);
        }
        if let Some(interval) = text.strip_prefix('-') {
            let interval: engine::time::Interval = interval.parse().map_err(|_| InvalidInstant)?;
            return Ok(Self::BeforeEnd(interval.ns()));
        }
        Timestamp::parse(text).map(Self::Time).ok_or(InvalidInstant)
    }
}

impl Instant {
    /// How many records count then.
    pub fn count(self, history: &mut History) -> Result<u64, ExplainError> {
        let count = history.count();
        match self {
            Self::Time(at) => {
                let found = history.before(at.plus_ns(1))?;
                if found == 0 {
                    let first = history.record(0)?.at;
                    return Err(ExplainError::NoSuch(format!("at {at} the run had not begun: its first record is of {first}")));
                }
                Ok(found)
            }
            Self::After(seq) if seq < count => Ok(seq + 1),
            Self::After(seq) => Err(ExplainError::NoSuch(format!(
                "record {seq} is not in the log, which has {count} records, 0 to {}",
                count.saturating_sub(1)
            ))),
            Self::End => Ok(count),
            Self::BeforeEnd(ns) => {
                let at = history.ended_at()?.plus_ns(ns.saturating_neg());
                Self::Time(at).count(history)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_four_ways() {
        for (text, instant) in [
            ("end", Instant::End),
            ("seq:12", Instant::After(12)),
            ("-90s", Instant::BeforeEnd(90_000_000_000)),
            ("1970-01-02", Instant::Time(Timestamp(86_400_000_000_000))),
            ("1970-01-01T00:00:01Z", Instant::Time(Timestamp(1_000_000_000))),
        ] {
            assert_eq!(text.parse(), Ok(instant), "{text}");
        }
        for text in ["", "12", "seq:", "seq:-1", "-", "-1", "1h", "yesterday"] {
            assert_eq!(text.parse::<Instant>(), Err(InvalidInstant), "{text:?}");
        }
    }
}
