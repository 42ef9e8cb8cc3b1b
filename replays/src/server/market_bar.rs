//! The kinds of candles, and where in time they begin.

use engine::time::{DAY_NS, HOUR_NS, SECOND_NS, Timestamp};

/// A kind of candles, as `bar` names it: `1m`, `4H`, `1D`, `1Mutc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BarKind {
    name: &'static str,
    length: Length,
    /// What is added to UTC before days are counted: eight hours, or none for the kinds in UTC.
    shift_ns: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Length {
    Ns(i64),
    Weeks,
    Months(i64),
}

const MINUTE_NS: i64 = 60 * SECOND_NS;
const WEEK_NS: i64 = 7 * DAY_NS;
/// 1970-01-01 was a Thursday: the Monday before.
const MONDAY_NS: i64 = 3 * DAY_NS;

impl BarKind {
    /// One second. The shortest.
    pub const SECOND: Self = ns("1s", SECOND_NS, 0);

    /// Every kind, the shortest first.
    pub const ALL: [Self; 25] = [
        Self::SECOND,
        ns("1m", MINUTE_NS, 0),
        ns("3m", 3 * MINUTE_NS, 0),
        ns("5m", 5 * MINUTE_NS, 0),
        ns("15m", 15 * MINUTE_NS, 0),
        ns("30m", 30 * MINUTE_NS, 0),
        ns("1H", HOUR_NS, 0),
        ns("2H", 2 * HOUR_NS, 0),
        ns("4H", 4 * HOUR_NS, 0),
        ns("6H", 6 * HOUR_NS, 8),
        ns("6Hutc", 6 * HOUR_NS, 0),
        ns("12H", 12 * HOUR_NS, 8),
        ns("12Hutc", 12 * HOUR_NS, 0),
        ns("1D", DAY_NS, 8),
        ns("1Dutc", DAY_NS, 0),
        ns("2D", 2 * DAY_NS, 8),
        ns("2Dutc", 2 * DAY_NS, 0),
        ns("3D", 3 * DAY_NS, 8),
        ns("3Dutc", 3 * DAY_NS, 0),
        kind("1W", Length::Weeks, 8),
        kind("1Wutc", Length::Weeks, 0),
        kind("1M", Length::Months(1), 8),
        kind("1Mutc", Length::Months(1), 0),
        kind("3M", Length::Months(3), 8),
        kind("3Mutc", Length::Months(3), 0),
    ];

    /// The kind of this name. Case matters: `1m` is a minute, `1M` a month.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name == name)
    }

    /// As `bar` and the channels name it.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// When the one began in which `at` lies.
    pub fn opened(self, at: Timestamp) -> Timestamp {
        let local = at.0.saturating_add(self.shift_ns);
        let opened = match self.length {
            Length::Ns(length) => local.div_euclid(length) * length,
            Length::Weeks => (local + MONDAY_NS).div_euclid(WEEK_NS) * WEEK_NS - MONDAY_NS,
            Length::Months(count) => {
                let month = month_of(local.div_euclid(DAY_NS));
                first_day(month.div_euclid(count) * count) * DAY_NS
            }
        };
        Timestamp(opened - self.shift_ns)
    }

    /// When the one ends that began at `opened`.
    pub fn closes(self, opened: Timestamp) -> Timestamp {
        match self.length {
            Length::Ns(length) => opened.plus_ns(length),
            Length::Weeks => opened.plus_ns(WEEK_NS),
            Length::Months(count) => {
                let month = month_of(opened.plus_ns(self.shift_ns).day());
                Timestamp(first_day(month + count) * DAY_NS - self.shift_ns)
            }
        }
    }
}

const fn ns(name: &'static str, length_ns: i64, shift_hours: i64) -> BarKind {
    kind(name, Length::Ns(length_ns), shift_hours)
}

const fn kind(name: &'static str, length: Length, shift_hours: i64) -> BarKind {
    BarKind { name, length, shift_ns: shift_hours * HOUR_NS }
}

/// The month, counted from January of the year 0, in which a day lies that is counted from 1970-01-01.
///
/// Years are counted from March, so that the day that some have and others do not is the last one.
fn month_of(day: i64) -> i64 {
    let from_year_0 = day + 719_468;
    let era = from_year_0.div_euclid(146_097);
    let day_of_era = from_year_0.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    (era * 400 + year_of_era) * 12 + month_from_march + 2
}

/// The first day of a month as [`month_of`] counts it.
fn first_day(month: i64) -> i64 {
    let from_march = month - 2;
    let (year, month) = (from_march.div_euclid(12), from_march.rem_euclid(12));
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(bar: &str, at: &str) -> String {
        let kind = BarKind::named(bar).unwrap();
        let opened = kind.opened(Timestamp::parse(at).unwrap());
        format!("{opened} {}", kind.closes(opened))
    }

    #[test]
    fn candles_begin_where_the_venue_lets_them_begin() {
        for (bar, at, expected) in [
            ("1s", "2024-02-29T17:45:12.5Z", "2024-02-29T17:45:12Z 2024-02-29T17:45:13Z"),
            ("15m", "2024-02-29T17:45:00Z", "2024-02-29T17:45:00Z 2024-02-29T18:00:00Z"),
            ("4H", "2024-02-29T17:45:00Z", "2024-02-29T16:00:00Z 2024-02-29T20:00:00Z"),
            ("1D", "2024-02-29T17:45:00Z", "2024-02-29T16:00:00Z 2024-03-01T16:00:00Z"),
            ("1Dutc", "2024-02-29T17:45:00Z", "2024-02-29T00:00:00Z 2024-03-01T00:00:00Z"),
            ("12H", "2024-02-29T03:00:00Z", "2024-02-28T16:00:00Z 2024-02-29T04:00:00Z"),
            // A Thursday.
            ("1Wutc", "2024-02-29T17:45:00Z", "2024-02-26T00:00:00Z 2024-03-04T00:00:00Z"),
            ("1W", "2024-02-25T15:59:59Z", "2024-02-18T16:00:00Z 2024-02-25T16:00:00Z"),
            ("1M", "2024-02-29T17:45:00Z", "2024-02-29T16:00:00Z 2024-03-31T16:00:00Z"),
            ("1Mutc", "2024-02-29T17:45:00Z", "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z"),
            ("3Mutc", "2023-12-31T23:59:59Z", "2023-10-01T00:00:00Z 2024-01-01T00:00:00Z"),
            ("3Mutc", "1969-01-01T00:00:00Z", "1969-01-01T00:00:00Z 1969-04-01T00:00:00Z"),
        ] {
            assert_eq!(opened(bar, at), expected, "{bar} at {at}");
        }
        assert_eq!(BarKind::named("1d"), None);
    }

    #[test]
    fn every_instant_is_in_exactly_one_candle_of_each_kind() {
        for kind in BarKind::ALL {
            let mut at = Timestamp::parse("2019-12-25").unwrap();
            for _ in 0..2_000 {
                let (opened, next) = (kind.opened(at), kind.closes(kind.opened(at)));
                assert!(opened <= at && at < next, "{} at {at}", kind.name());
                assert_eq!((kind.opened(next), kind.opened(next.plus_ns(-1))), (next, opened), "{} at {at}", kind.name());
                at = at.plus_ns(11 * HOUR_NS + 7 * SECOND_NS);
            }
        }
    }
}
