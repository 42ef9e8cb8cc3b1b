//! Returns of calendar spans in UTC. What is sampled at 00:00 closes the day before, so it belongs to that day's month.

use serde::Serialize;

use super::{Absent, Measure, Series};

/// A month or a year of a curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The year.
    pub year: i32,
    /// The month, 1 to 12; `None` for a whole year.
    pub month: Option<u32>,
    /// The last equity over the one before its first day, less one. The first and the last span may be in part.
    pub total_return: Measure,
    /// The same of the benchmark.
    pub benchmark_return: Measure,
}

/// The months in which the curve has points after its first, in order.
pub fn months(series: &Series) -> Vec<Span> {
    spans(series, |year, month| (year, Some(month)))
}

/// The years in which the curve has points after its first, in order.
pub fn years(series: &Series) -> Vec<Span> {
    spans(series, |year, _| (year, None))
}

fn spans(series: &Series, key: impl Fn(i32, u32) -> (i32, Option<u32>)) -> Vec<Span> {
    let mut all: Vec<((i32, Option<u32>), usize, usize)> = Vec::new();
    for (index, at) in series.at.iter().enumerate().take(series.equity.len()).skip(1) {
        let (year, month) = month_of(at.plus_ns(-1).day());
        match all.last_mut() {
            Some((open, _, end)) if *open == key(year, month) => *end = index,
            _ => all.push((key(year, month), index - 1, index)),
        }
    }
    let rate = |values: Option<&Vec<f64>>, start: usize, end: usize| match values
        .and_then(|values| values.get(start).zip(values.get(end)))
    {
        None => Measure::none(Absent::NoBenchmark),
        Some((first, last)) if *first > 0.0 => Measure::of(last / first - 1.0),
        Some(_) => Measure::none(Absent::NoCapital),
    };
    let span = |((year, month), start, end)| Span {
        year,
        month,
        total_return: rate(Some(&series.equity), start, end),
        benchmark_return: rate(series.benchmark.as_ref(), start, end),
    };
    all.into_iter().map(span).collect()
}

/// The year and the month (1 to 12) of a day since 1970-01-01, in the Gregorian calendar.
pub fn month_of(day: i64) -> (i32, u32) {
    let (year, month, _) = date_of(day);
    (year, month)
}

/// The year, the month (1 to 12) and the day (1 to 31) of a day since 1970-01-01, in the Gregorian calendar.
pub fn date_of(day: i64) -> (i32, u32, u32) {
    // Counted from 0000-03-01, a leap day is the last of its year, and 400 years have 146,097 days.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let leaps = of_era / 1_460 - of_era / 36_524 + of_era / 146_096;
    let year = (of_era - leaps) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Months from March on: 153 days in five.
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let small = |value: i64| u32::try_from(value).unwrap_or_default();
    (i32::try_from(era * 400 + year + later).unwrap_or_default(), small(month), small(date))
}

/// The day since 1970-01-01 of a date in the Gregorian calendar, `month` being 1 to 12.
pub fn day_of(year: i32, month: u32, date: u32) -> i64 {
    // The year begins in March, as in `date_of`.
    let (year, month) = if month > 2 { (i64::from(year), month - 3) } else { (i64::from(year) - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * i64::from(month) + 2) / 5 + i64::from(date) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
