//! The run by the calendar, UTC: its days, weeks, months and years.

use engine::number::Amount;
use engine::time::DAY_NS;

use super::super::curve::Sample;
use super::super::detail::Ended;
use super::super::document::{Daily, Day, Days, Period, Periods, Rolling};
use super::super::round_trips::Tally;
use crate::metrics::calendar::date_of;
use crate::metrics::rolling::{WINDOWS_DAYS, Window, rolling as windows};
use crate::metrics::{Measure, Series, drawdown};

/// Decimals of money in a long series.
const DECIMALS: u32 = 8;

/// From one sample to the next: a day, of which the first and the last may be a part.
pub(super) struct Stretch {
    /// Since 1970. What is stamped 00:00 exactly is the day's own that ends then.
    day: i64,
    /// How long, in nanoseconds.
    length_ns: i64,
    period: Period,
}

/// Every day of the run.
pub(super) fn days(samples: &[Sample], trips: &[Ended]) -> Vec<Stretch> {
    let stretch = |pair: &[Sample]| {
        let (day, length_ns) = (pair[1].at.plus_ns(-1).day(), pair[1].at.0.saturating_sub(pair[0].at.0));
        Stretch { day, length_ns, period: period(date(day), &pair[0], &pair[1], Tally::default()) }
    };
    let mut days: Vec<Stretch> = samples.windows(2).map(stretch).collect();
    for trip in trips {
        let day = trip.at.plus_ns(-1).day();
        let place = days.partition_point(|stretch| stretch.day < day);
        if let Some(stretch) = days.get_mut(place) {
            stretch.period.trips.take(trip.held_ns.into(), trip.profit, trip.rate);
        }
    }
    days
}

/// How many won and lost, and the best and the worst one: by the daily returns, which are those of whole days.
pub(super) fn results(days: &[Stretch]) -> Days {
    let mut results = Days::default();
    let whole = days.iter().filter(|stretch| stretch.length_ns >= DAY_NS);
    for Period { key, profit, rate, .. } in whole.map(|stretch| &stretch.period) {
        let Some(rate) = *rate else { continue };
        if rate > 0.0 {
            results.wins += 1;
        } else if rate < 0.0 {
            results.losses += 1;
        } else {
            results.draws += 1;
        }
        let day = || Some(Day { date: key.clone(), rate, profit: *profit });
        if results.best.as_ref().is_none_or(|best| rate > best.rate) {
            results.best = day();
        }
        if results.worst.as_ref().is_none_or(|worst| rate < worst.rate) {
            results.worst = day();
        }
    }
    results
}

/// A column an entry a day.
pub(super) fn daily(samples: &[Sample], series: &Series, days: &[Stretch]) -> Daily {
    let Some((first, ends)) = samples.split_first() else { return Daily::default() };
    let equity = |sample: &Sample| Amount(sample.equity.0.round_dp(DECIMALS).normalize());
    let holding: Option<Vec<f64>> = samples.iter().map(|sample| sample.holding.map(Amount::to_f64)).collect();
    let holding_drawdown = match holding.map(|holding| drawdown::underwater(&holding)) {
        Some(all) => all.into_iter().skip(1).map(Some).collect(),
        None => vec![None; ends.len()],
    };
    let share = |sample: &Sample| {
        let share = sample.exposure?.to_f64() / sample.equity.to_f64();
        share.is_finite().then_some(share)
    };
    let invested = |pair: &[Sample]| {
        let length_ns = pair[1].at.0.saturating_sub(pair[0].at.0);
        if length_ns > 0 { (pair[1].invested_ns - pair[0].invested_ns) as f64 / length_ns as f64 } else { 0.0 }
    };
    Daily {
        first: days.first().map(|stretch| stretch.period.key.clone()),
        start: Some(equity(first)),
        equity: ends.iter().map(equity).collect(),
        holding: ends.iter().map(|sample| sample.holding.map(|value| Amount(value.0.round_dp(DECIMALS).normalize()))).collect(),
        drawdown: drawdown::underwater(&series.equity).into_iter().skip(1).collect(),
        holding_drawdown,
        returns: days.iter().map(|stretch| stretch.period.rate.unwrap_or(0.0)).collect(),
        exposure: ends.iter().map(share).collect(),
        invested: samples.windows(2).map(invested).collect(),
        trips: days.iter().map(|stretch| stretch.period.trips.count).collect(),
        trip_profit: days.iter().map(|stretch| stretch.period.trips.net()).collect(),
    }
}

/// Measures of the last days, beside the daily columns.
pub(super) fn rolling(series: &Series, risk_free: f64) -> Vec<Rolling> {
    let of = |days: u16| {
        let windows = windows(series, days, risk_free);
        let column =
            |measure: fn(&Window) -> Measure| windows.iter().skip(1).map(|window| measure(window).value()).collect::<Vec<_>>();
        Rolling {
            days: days.into(),
            rate: column(|window| window.total_return),
            volatility: column(|window| window.volatility),
            sharpe: column(|window| window.sharpe),
            sortino: column(|window| window.sortino),
            drawdown: column(|window| window.max_drawdown),
        }
    };
    WINDOWS_DAYS.into_iter().map(of).collect()
}

/// Days, weeks, months and years.
pub(super) fn periods(samples: &[Sample], days: Vec<Stretch>) -> Periods {
    let month = |day: i64| {
        let (year, month, _) = date_of(day);
        format!("{year}-{month:02}")
    };
    Periods {
        // 1970-01-01 was a Thursday.
        weeks: joined(samples, &days, |day| date(day - (day + 3).rem_euclid(7))),
        months: joined(samples, &days, month),
        years: joined(samples, &days, |day| date_of(day).0.to_string()),
        days: days.into_iter().map(|stretch| stretch.period).collect(),
    }
}

fn joined(samples: &[Sample], days: &[Stretch], key: impl Fn(i64) -> String) -> Vec<Period> {
    let mut all: Vec<(String, usize, usize)> = Vec::new();
    for (place, stretch) in days.iter().enumerate() {
        let key = key(stretch.day);
        match all.last_mut() {
            Some((open, _, end)) if *open == key => *end = place + 1,
            _ => all.push((key, place, place + 1)),
        }
    }
    let join = |(key, from, to): (String, usize, usize)| {
        let mut trips = Tally::default();
        days[from..to].iter().for_each(|stretch| trips.join(&stretch.period.trips));
        period(key, &samples[from], &samples[to], trips)
    };
    all.into_iter().map(join).collect()
}

fn period(key: String, from: &Sample, to: &Sample, trips: Tally) -> Period {
    let profit = to.equity - from.equity - (to.deposited - from.deposited);
    let ratio = |last: f64, first: f64| Some(last / first - 1.0).filter(|rate| first > 0.0 && rate.is_finite());
    Period {
        key,
        equity: Some(Amount(to.equity.0.round_dp(DECIMALS).normalize())),
        profit: Amount(profit.0.round_dp(DECIMALS).normalize()),
        rate: ratio(to.equity.to_f64() / to.grown, from.equity.to_f64() / from.grown),
        holding_return: to.holding.zip(from.holding).and_then(|(to, from)| ratio(to.to_f64(), from.to_f64())),
        trips,
    }
}

/// Such as `2024-01-31`.
fn date(day: i64) -> String {
    let (year, month, date) = date_of(day);
    format!("{year}-{month:02}-{date:02}")
}

/// The day since 1970 of a time, and its hour.
pub(super) fn day_and_hour(at: engine::time::Timestamp) -> (i64, usize) {
    let hour = at.0.rem_euclid(DAY_NS) / engine::time::HOUR_NS;
    (at.day(), usize::try_from(hour).unwrap_or_default())
}
