//! How far a curve falls below its peak so far, for how long, and what it earns for that.

use engine::time::{DAY_NS, Timestamp};
use serde::Serialize;

use super::moments::{deviation, mean, quantile};
use super::{Absent, Measure, Series};

/// A fall from a peak until the curve is back there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawdown {
    /// When the peak was.
    pub start: Timestamp,
    /// When it was lowest.
    pub trough: Timestamp,
    /// When the peak was reached again; `None` where it has not been.
    pub recovery: Option<Timestamp>,
    /// How far it fell, as a positive share of the peak.
    pub depth: f64,
    /// The equity at the peak, in the reporting currency. Money is no JSON number, so it is not written.
    #[serde(skip)]
    pub peak_equity: f64,
    /// The equity at the trough.
    #[serde(skip)]
    pub trough_equity: f64,
    /// From the peak to the recovery, or to the curve's end.
    pub days: f64,
}

/// How far each point lies below the peak so far, as a positive share of it; 1 where there never was anything.
pub fn underwater(equity: &[f64]) -> Vec<f64> {
    let mut peak = f64::NEG_INFINITY;
    let below = |&value: &f64| {
        peak = peak.max(value);
        if peak > 0.0 { 1.0 - value / peak } else { 0.0 }
    };
    equity.iter().map(below).collect()
}

/// The largest fall below the peak so far, as a positive share of the peak. None without a point, or where nothing was ever
/// there.
pub fn max_drawdown(equity: &[f64]) -> Measure {
    match underwater(equity).into_iter().reduce(f64::max) {
        None => Measure::none(Absent::NoCurve),
        Some(depth) => Measure::of(depth),
    }
}

/// All falls, in the order of time. One that begins at a peak of zero or below is none.
pub fn drawdowns(series: &Series) -> Vec<Drawdown> {
    let mut all: Vec<Drawdown> = Vec::new();
    let mut open: Option<Drawdown> = None;
    let mut peak: Option<(Timestamp, f64)> = None;
    for (&at, &equity) in series.at.iter().zip(&series.equity) {
        match peak {
            Some((start, high)) if equity < high && high > 0.0 => {
                let fall = open.get_or_insert(Drawdown {
                    start,
                    trough: at,
                    recovery: None,
                    depth: 0.0,
                    peak_equity: high,
                    trough_equity: equity,
                    days: 0.0,
                });
                fall.days = days(start, at);
                if 1.0 - equity / high > fall.depth {
                    (fall.depth, fall.trough, fall.trough_equity) = (1.0 - equity / high, at, equity);
                }
            }
            _ => {
                all.extend(open.take().map(|fall| Drawdown { recovery: Some(at), days: days(fall.start, at), ..fall }));
                peak = Some((at, equity));
            }
        }
    }
    all.extend(open);
    all
}

/// The `count` deepest falls, the deepest first; of equal ones the earlier.
pub fn worst(series: &Series, count: usize) -> Vec<Drawdown> {
    let mut all = drawdowns(series);
    all.sort_by(|left, right| right.depth.total_cmp(&left.depth));
    all.truncate(count);
    all
}

fn days(from: Timestamp, to: Timestamp) -> f64 {
    to.0.saturating_sub(from.0) as f64 / DAY_NS as f64
}

/// Compound annual growth over the largest drawdown (Young 1991). None without either.
pub fn calmar(cagr: Measure, max_drawdown: Measure) -> Measure {
    let ratio = |growth: f64| match max_drawdown.0 {
        Ok(fall) if fall > 0.0 => Ok(growth / fall),
        Ok(_) => Err(Absent::NoDrawdown),
        Err(why) => Err(why),
    };
    cagr.0.and_then(ratio).into()
}

/// Ulcer index: `sqrt(mean(d^2))` over all points, `d` being the fall below the peak so far (Martin and `McCann` 1989). A share;
/// zero of a curve that never falls. None without a point.
pub fn ulcer(equity: &[f64]) -> Measure {
    let squares: Vec<f64> = underwater(equity).into_iter().map(|fall| fall * fall).collect();
    mean(&squares).ok_or(Absent::NoCurve).map(f64::sqrt).into()
}

/// Serenity index: `sum(r) / (ulcer * pitfall)`, where `pitfall` is the mean of the falls as deep as the deepest 5 % of all
/// points, over the returns' deviation (`KeyQuant`'s serenity ratio, in the form that quantstats 0.0.86 made usual; ulcer index
/// and quantile are ours here). None of fewer than two returns or without a fall.
pub fn serenity(equity: &[f64], returns: &[f64]) -> Measure {
    let falls = underwater(equity);
    let Some((limit, spread)) = quantile(&falls, 0.95).zip(deviation(returns)) else {
        return Measure::none(Absent::FewReturns);
    };
    let deep: Vec<f64> = falls.iter().copied().filter(|fall| *fall >= limit && *fall > 0.0).collect();
    let Some(deep) = mean(&deep) else { return Measure::none(Absent::NoDrawdown) };
    let ratio = |ulcer: f64| {
        if ulcer > 0.0 { Ok(returns.iter().sum::<f64>() * spread / (ulcer * deep)) } else { Err(Absent::NoDrawdown) }
    };
    ulcer(equity).0.and_then(ratio).into()
}
