//! Returns of calendar spans in UTC. What is sampled at 00:00 closes the day before, so it belongs to that day's month.

use chrono::{Datelike as _, NaiveDate};
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

/// The year, the month (1 to 12) and the day (1 to 31) of a day since 1970-01-01, in the Gregorian calendar. The days of
/// timestamps are far within it.
pub fn date_of(day: i64) -> (i32, u32, u32) {
    let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or(NaiveDate::MAX);
    (date.year(), date.month(), date.day())
}

/// The day since 1970-01-01 of a date in the Gregorian calendar; `None` when there is no such date.
pub fn day_of(year: i32, month: u32, date: u32) -> Option<i64> {
    NaiveDate::from_ymd_opt(year, month, date).map(|date| i64::from(date.to_epoch_days()))
}
