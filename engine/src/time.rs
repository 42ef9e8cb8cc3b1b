//! Time: UTC nanoseconds, and the length of a bar.

use alloc::string::ToString;
use core::fmt;
use core::str::FromStr;

use chrono::{DateTime, NaiveDate};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds in a second.
pub const SECOND_NS: i64 = 1_000_000_000;
/// Nanoseconds in an hour.
pub const HOUR_NS: i64 = 3_600 * SECOND_NS;
/// Nanoseconds in a UTC day.
pub const DAY_NS: i64 = 86_400 * SECOND_NS;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z, from 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant, `ns` nanoseconds later; saturates at the ends of time.
    pub fn plus_ns(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// Days since 1970-01-01, UTC.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY_NS)
    }

    /// Reads RFC 3339 (`2024-01-01T00:00:00Z`) or a date (`2024-01-01`, its midnight UTC).
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_nanos_opt().map(Self);
        }
        DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt().map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_nanos(self.0);
        write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.fZ"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.serialize_str(&self.to_string()) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            Self::parse(&text)
                .ok_or_else(|| D::Error::custom("expected a time such as \"2024-01-01\" or \"2024-01-01T00:00:00Z\""))
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

/// The length of a bar in whole seconds: `1m`, `15m`, `1h`, `1d`, `1w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval(pub u32);

impl Interval {
    /// In nanoseconds.
    pub fn ns(self) -> i64 {
        i64::from(self.0) * SECOND_NS
    }
}

const UNITS: [(&str, u32); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, seconds) = UNITS.into_iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds)).unwrap_or(("s", 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

/// The text is not an interval such as `1m`, `4h` or `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInterval;

impl FromStr for Interval {
    type Err = InvalidInterval;
    fn from_str(text: &str) -> Result<Self, InvalidInterval> {
        let split = |(unit, seconds)| text.strip_suffix(unit).map(|count| (count, seconds));
        let (count, seconds) = UNITS.into_iter().find_map(split).ok_or(InvalidInterval)?;
        let count: u32 = count.parse().map_err(|_| InvalidInterval)?;
        match count.checked_mul(seconds) {
            Some(total) if total > 0 => Ok(Self(total)),
            _ => Err(InvalidInterval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_and_parse() {
        for text in ["2024-01-01T00:00:00Z", "2024-02-29T12:34:56.000000789Z", "1969-12-31T23:59:59.500Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Timestamp::parse("2024-01-01").unwrap().0, 1_704_067_200_000_000_000);
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp(-1).day(), -1);
    }

    #[test]
    fn intervals_print_and_parse() {
        for text in ["1s", "1m", "15m", "1h", "4h", "1d", "1w"] {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), text);
        }
        for text in ["", "m", "0m", "-1m", "1x", "1mm", "99999999999h"] {
            assert_eq!(text.parse::<Interval>(), Err(InvalidInterval), "{text:?}");
        }
    }
}
