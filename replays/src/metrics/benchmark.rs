//! A curve against what it is compared with. `r` are its daily returns, `b` the benchmark's of the same days.

use super::moments::{correlation as pearson, covariance, deviation, mean};
use super::ratios::daily_rate;
use super::series::DAYS_PER_YEAR;
use super::{Absent, Measure};

/// A variance of daily returns below this is rounding.
const ROUNDING: f64 = 1e-28;

/// `covariance(r, b) / variance(b)` (Sharpe 1964). None of fewer than two returns or where the benchmark does not vary.
pub fn beta(returns: &[f64], benchmark: &[f64]) -> Measure {
    slope(returns, benchmark).into()
}

/// Jensen's alpha a year: `(mean(r - f) - beta mean(b - f)) 365`, `f` being the daily risk-free rate (Jensen 1968). A share.
/// None where there is no beta.
pub fn alpha(returns: &[f64], benchmark: &[f64], risk_free: f64) -> Measure {
    let free = daily_rate(risk_free);
    let alpha = |beta: f64| {
        let (mine, others) = mean(returns).zip(mean(benchmark)).ok_or(Absent::FewReturns)?;
        Ok(((mine - free) - beta * (others - free)) * DAYS_PER_YEAR)
    };
    slope(returns, benchmark).and_then(alpha).into()
}

/// Pearson's correlation of the two. None of fewer than two returns or where one does not vary.
pub fn correlation(returns: &[f64], benchmark: &[f64]) -> Measure {
    slope(returns, benchmark).and_then(|_| pearson(returns, benchmark).ok_or(Absent::NoVariance)).into()
}

/// Tracking error a year: `deviation(r - b) sqrt(365)`. A share. None of fewer than two returns.
pub fn tracking_error(returns: &[f64], benchmark: &[f64]) -> Measure {
    let spread = deviation(&active(returns, benchmark)).ok_or(Absent::FewReturns);
    spread.map(|spread| spread * DAYS_PER_YEAR.sqrt()).into()
}

/// Information ratio: `mean(r - b) / deviation(r - b) sqrt(365)` (Goodwin 1998). None of fewer than two returns or where the
/// curve is the benchmark.
pub fn information_ratio(returns: &[f64], benchmark: &[f64]) -> Measure {
    let active = active(returns, benchmark);
    match mean(&active).zip(deviation(&active)) {
        None => Measure::none(Absent::FewReturns),
        Some((_, spread)) if spread * spread <= ROUNDING => Measure::none(Absent::FlatBenchmark),
        Some((mean, spread)) => Measure::of(mean / spread * DAYS_PER_YEAR.sqrt()),
    }
}

fn active(returns: &[f64], benchmark: &[f64]) -> Vec<f64> {
    returns.iter().zip(benchmark).map(|(mine, others)| mine - others).collect()
}

fn slope(returns: &[f64], benchmark: &[f64]) -> Result<f64, Absent> {
    let (both, own) = covariance(returns, benchmark).zip(covariance(benchmark, benchmark)).ok_or(Absent::FewReturns)?;
    if own > ROUNDING { Ok(both / own) } else { Err(Absent::FlatBenchmark) }
}
