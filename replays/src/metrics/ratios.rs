//! Return for its risk. All take daily returns as shares and the yearly risk-free rate, and are annualised over 365 days.

use super::moments::{deviation, excess_kurtosis, mean, quantile, skew as adjusted_skew};
use super::series::DAYS_PER_YEAR;
use super::{Absent, Measure};

/// A spread of daily returns below this is rounding, not risk.
const ROUNDING: f64 = 1e-14;

/// The daily rate that compounds to a yearly one: `(1 + yearly) ^ (1 / 365) - 1`.
pub fn daily_rate(yearly: f64) -> f64 {
    if yearly == 0.0 { 0.0 } else { (1.0 + yearly).powf(1.0 / DAYS_PER_YEAR) - 1.0 }
}

/// `x = r - f`, each day's return above the risk-free one.
pub fn excess(returns: &[f64], risk_free: f64) -> Vec<f64> {
    let daily = daily_rate(risk_free);
    returns.iter().map(|rate| rate - daily).collect()
}

/// Annualised volatility: `deviation(r) sqrt(365)`. A share. None of fewer than two returns.
pub fn volatility(returns: &[f64]) -> Measure {
    deviation(returns).ok_or(Absent::FewReturns).map(|deviation| deviation * DAYS_PER_YEAR.sqrt()).into()
}

/// `mean(x) / deviation(x)` of a single day (Sharpe 1994). None of fewer than two returns or where they do not vary.
pub fn daily_sharpe(returns: &[f64], risk_free: f64) -> Measure {
    let excess = excess(returns, risk_free);
    over(&excess, deviation(&excess), Absent::NoVariance).into()
}

/// `mean(x) / deviation(x) sqrt(365)` (Sharpe 1994). None of fewer than two returns or where they do not vary.
pub fn sharpe(returns: &[f64], risk_free: f64) -> Measure {
    daily_sharpe(returns, risk_free).map(|daily| daily * DAYS_PER_YEAR.sqrt())
}

/// `mean(x) / sqrt(mean(min(x, 0)^2)) sqrt(365)` (Sortino and Price 1994). None of fewer than two returns or without a loss.
pub fn sortino(returns: &[f64], risk_free: f64) -> Measure {
    let excess = excess(returns, risk_free);
    let squares: Vec<f64> = excess.iter().map(|rate| rate.min(0.0) * rate.min(0.0)).collect();
    let daily = over(&excess, mean(&squares).map(f64::sqrt), Absent::NoLosses);
    daily.map(|daily| daily * DAYS_PER_YEAR.sqrt()).into()
}

fn over(excess: &[f64], risk: Option<f64>, none: Absent) -> Result<f64, Absent> {
    let (mean, risk) = mean(excess).zip(risk).filter(|_| excess.len() >= 2).ok_or(Absent::FewReturns)?;
    if risk > ROUNDING { Ok(mean / risk) } else { Err(none) }
}

/// `sum(max(x, 0)) / sum(max(-x, 0))` (Keating and Shadwick 2002), the risk-free rate being the threshold. None without
/// returns or without a loss.
pub fn omega(returns: &[f64], risk_free: f64) -> Measure {
    let excess = excess(returns, risk_free);
    let gains: f64 = excess.iter().map(|rate| rate.max(0.0)).sum();
    let losses: f64 = excess.iter().map(|rate| (-rate).max(0.0)).sum();
    match excess.len() {
        0 => Measure::none(Absent::FewReturns),
        _ if losses <= ROUNDING => Measure::none(Absent::NoLosses),
        _ => Measure::of(gains / losses),
    }
}

/// `quantile(r, 0.95) / |quantile(r, 0.05)|`: how far the good days reach against the bad ones. None of fewer than two
/// returns, or where the bad days lose nothing.
pub fn tail(returns: &[f64]) -> Measure {
    let Some((low, high)) = quantile(returns, 0.05).zip(quantile(returns, 0.95)).filter(|_| returns.len() >= 2) else {
        return Measure::none(Absent::FewReturns);
    };
    if low < -ROUNDING { Measure::of(high / -low) } else { Measure::none(Absent::NoLosses) }
}

/// [`super::moments::skew`] of the returns, without a unit. None of fewer than three or where they do not vary.
pub fn skew(returns: &[f64]) -> Measure {
    shape(returns, 3, adjusted_skew(returns))
}

/// [`excess_kurtosis`] of the returns, without a unit. None of fewer than four or where they do not vary.
pub fn kurtosis(returns: &[f64]) -> Measure {
    shape(returns, 4, excess_kurtosis(returns))
}

fn shape(returns: &[f64], least: usize, value: Option<f64>) -> Measure {
    let none = if returns.len() < least { Absent::FewReturns } else { Absent::NoVariance };
    value.filter(|_| deviation(returns).is_some_and(|spread| spread > ROUNDING)).ok_or(none).into()
}

/// The share of days with a gain. None without returns.
pub fn winning_days(returns: &[f64]) -> Measure {
    let won = returns.iter().filter(|rate| **rate > 0.0).count();
    if returns.is_empty() { Measure::none(Absent::FewReturns) } else { Measure::of(won as f64 / returns.len() as f64) }
}

/// The best and the worst day, as shares. None without returns.
pub fn best_and_worst(returns: &[f64]) -> (Measure, Measure) {
    let extreme = |pick: fn(f64, f64) -> f64| returns.iter().copied().reduce(pick).ok_or(Absent::FewReturns).into();
    (extreme(f64::max), extreme(f64::min))
}
