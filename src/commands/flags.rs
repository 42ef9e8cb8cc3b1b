//! Values of flags that several commands take.

use engine::time::{Interval, Timestamp};

/// The length of a bar.
pub fn interval(text: &str) -> Result<Interval, String> {
    text.parse().map_err(|_| "it is written like 1m, 15m, 4h or 1d".to_owned())
}

/// A time, or a day.
pub fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "it is written like 2024-01-01 or 2024-01-01T12:00:00Z, in UTC".to_owned())
}
