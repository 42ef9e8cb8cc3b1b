//! The time column: which one it is, and its unit, told by the size of its first value.

use csv::ByteRecord;
use engine::time::Timestamp;

use super::decimal::{self, Digits, Unfit};
use super::fault::{Fault, FaultKind};
use super::layout::Layout;

/// What one step of a time column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    /// RFC 3339 or a date.
    Text,
}

/// Below this a number is a time in 1973 at the latest, in whatever unit: only a name can tell which.
const SMALLEST_TELLING: u128 = 100_000_000;

impl Unit {
    fn of_size(whole: u128) -> Self {
        match whole {
            0..100_000_000_000 => Self::Seconds,
            100_000_000_000..100_000_000_000_000 => Self::Milliseconds,
            100_000_000_000_000..100_000_000_000_000_000 => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
            Self::Text => "text",
        }
    }
}

/// Where a row's time is, and how to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeColumn {
    pub column: usize,
    pub unit: Unit,
}

impl TimeColumn {
    /// The best column that holds a time in the first row that can be read.
    pub(super) fn of(layout: &Layout, rows: &[ByteRecord]) -> Self {
        for row in rows {
            for &(column, named) in &layout.times {
                let Some(field) = row.get(column) else { continue };
                match Digits::parse(field) {
                    Some(digits) if !digits.negative && digits.mantissa > 0 => {
                        let whole = 10_u128.checked_pow(digits.decimals).map_or(0, |power| digits.mantissa / power);
                        let told = Unit::of_size(whole);
                        let unit = if whole < SMALLEST_TELLING { named.unwrap_or(told) } else { told };
                        return Self { column, unit };
                    }
                    None if text_time(field).is_some() => return Self { column, unit: Unit::Text },
                    _ => {}
                }
            }
        }
        let (column, named) = layout.times[0];
        Self { column, unit: named.unwrap_or(Unit::Milliseconds) }
    }

    /// The time of a row that may be malformed.
    pub(super) fn read_any(self, row: &ByteRecord) -> Option<Timestamp> {
        row.get(self.column)?;
        self.read(row).ok()
    }

    /// The time of a row that has its columns.
    pub(super) fn read(self, row: &ByteRecord) -> Result<Timestamp, Fault> {
        let field = &row[self.column];
        let scale = match self.unit {
            Unit::Nanoseconds => 0,
            Unit::Microseconds => 3,
            Unit::Milliseconds => 6,
            Unit::Seconds => 9,
            Unit::Text => return text_time(field).ok_or_else(|| malformed(field, "is not a time such as 2024-01-01T00:00:00Z")),
        };
        match decimal::fixed(field, scale) {
            Ok(ns) if ns >= 0 => Ok(Timestamp(ns)),
            Ok(_) => Err(malformed(field, "is before 1970")),
            Err(Unfit::NotANumber) if field.is_empty() => Err(Fault::new(FaultKind::Malformed, "the time is empty")),
            Err(Unfit::NotANumber) => Err(malformed(field, "is not a whole number")),
            Err(Unfit::Decimals(_)) => Err(malformed(field, "is finer than nanoseconds")),
            Err(Unfit::TooLarge) => {
                let unit = self.unit.name();
                Err(malformed(field, &format!("is after 2262 when read as {unit}, the unit of the first row")))
            }
        }
    }
}

fn malformed(field: &[u8], what: &str) -> Fault {
    let shown: String = String::from_utf8_lossy(field).chars().take(40).collect();
    Fault::new(FaultKind::Malformed, format!("the time `{shown}` {what}"))
}

/// `2024-01-01`, `2024-01-01T00:00:00Z`, and pandas' `2024-01-01 00:00:00+00:00`, in UTC where no zone is said.
fn text_time(field: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(field).ok()?;
    if text.len() < 10 || !text.is_ascii() {
        return None;
    }
    let joined = text.replacen(' ', "T", 1);
    Timestamp::parse(&joined).or_else(|| Timestamp::parse(&format!("{joined}Z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_told_by_the_size_and_by_the_name_where_the_size_says_nothing() {
        for (header, value, expected) in [
            ("ts", "1704067200", "2024-01-01T00:00:00Z"),
            ("ts_ms", "1704067200000", "2024-01-01T00:00:00Z"),
            ("time", "1704067200000000", "2024-01-01T00:00:00Z"),
            ("ts_ms", "1704067200000000001", "2024-01-01T00:00:00.000000001Z"),
            ("ts_ms", "60000", "1970-01-01T00:01:00Z"),
            ("ts", "60", "1970-01-01T00:01:00Z"),
            ("time", "1704067200.25", "2024-01-01T00:00:00.250Z"),
            ("date", "2024-01-01", "2024-01-01T00:00:00Z"),
            ("date", "2024-01-01 01:02:03", "2024-01-01T01:02:03Z"),
            ("date", "2024-01-01 01:00:00+01:00", "2024-01-01T00:00:00Z"),
        ] {
            let layout = Layout::named(&[header.to_owned(), "rate".to_owned()]).unwrap();
            let row = ByteRecord::from(vec![value, "0.1"]);
            let time = TimeColumn::of(&layout, std::slice::from_ref(&row));
            assert_eq!(time.read(&row).unwrap().to_string(), expected, "{header} {value}");
        }
    }

    #[test]
    fn ts_ns_counts_only_where_it_holds_a_time() {
        let layout = Layout::named(&["ts_ms".to_owned(), "ts_ns".to_owned(), "rate".to_owned()]).unwrap();
        for (ns, expected) in [
            ("1704067200000000001", 1_704_067_200_000_000_001),
            ("", 1_704_067_200_000_000_000),
            ("0", 1_704_067_200_000_000_000),
        ] {
            let row = ByteRecord::from(vec!["1704067200000", ns, "0.1"]);
            let time = TimeColumn::of(&layout, std::slice::from_ref(&row));
            assert_eq!(time.read(&row).unwrap().0, expected, "{ns:?}");
        }
    }
}
