//! Metrics of an equity curve, with their formulas.

use engine::number::Amount;
use serde::Serialize;

/// Days in a year: crypto never closes.
pub const PERIODS_PER_YEAR: f64 = 365.0;

/// Figures of a run. `None` (JSON `null`) where a number does not exist. Ratios are annualised over 365 days
/// from daily returns `r`, with a risk-free rate of zero.
#[derive(Clone, Debug, Serialize)]
pub struct Metrics {
    /// Last equity over first, less one.
    pub total_return: Option<f64>,
    /// Compound annual growth: `(last / first) ^ (365 days / length) - 1`; `None` under a day.
    pub cagr: Option<f64>,
    /// `mean(r) / standard deviation(r, n - 1) * sqrt(365)` (Sharpe 1994).
    pub sharpe: Option<f64>,
    /// `mean(r) / sqrt(mean(min(r, 0)^2)) * sqrt(365)` (Sortino and Price 1994).
    pub sortino: Option<f64>,
    /// Compound annual growth over the largest drawdown (Young 1991).
    pub calmar: Option<f64>,
    /// The largest fall of the daily equity below its peak so far, as a positive share of the peak.
    pub max_drawdown: Option<f64>,
    /// Profits of round trips over their losses.
    pub profit_factor: Option<f64>,
    /// Share of round trips with a profit.
    pub win_rate: Option<f64>,
    /// Mean profit of a round trip, in the reporting currency.
    pub expectancy: Option<Amount>,
    /// The daily return that 5 % of the days fall below: the historical quantile, interpolated linearly.
    pub var_95: Option<f64>,
    /// Mean of the daily returns at or below `var_95`: the expected shortfall.
    pub cvar_95: Option<f64>,
    /// Share of the time in which a position was held.
    pub exposure: Option<f64>,
    /// All fees, in the reporting currency at the time of each fill.
    pub fees: Amount,
}

/// Figures that need only the curve.
pub(super) struct Curve {
    pub total_return: Option<f64>,
    pub cagr: Option<f64>,
    pub sharpe: Option<f64>,
    pub sortino: Option<f64>,
    pub max_drawdown: Option<f64>,
    pub var_95: Option<f64>,
    pub cvar_95: Option<f64>,
}

impl Curve {
    /// `equity` is the first one, then one a day, then the last; `days` only those that lie whole days apart.
    pub(super) fn new(equity: &[f64], days: &[f64], length_ns: i64) -> Self {
        let returns: Vec<f64> = days.windows(2).filter(|pair| pair[0] > 0.0).map(|pair| pair[1] / pair[0] - 1.0).collect();
        let growth = match (equity.first(), equity.last()) {
            (Some(&first), Some(&last)) if first > 0.0 => Some(last / first),
            _ => None,
        };
        let days = length_ns as f64 / engine::time::DAY_NS as f64;
        let cagr = growth.filter(|growth| days >= 1.0 && *growth >= 0.0).map(|growth| growth.powf(PERIODS_PER_YEAR / days) - 1.0);
        let var_95 = quantile(&returns, 0.05);
        Self {
            total_return: growth.map(|growth| growth - 1.0),
            cagr: finite(cagr),
            sharpe: sharpe(&returns),
            sortino: sortino(&returns),
            max_drawdown: max_drawdown(equity),
            var_95,
            cvar_95: var_95.and_then(|limit| mean(&returns.iter().copied().filter(|r| *r <= limit).collect::<Vec<_>>())),
        }
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn sharpe(returns: &[f64]) -> Option<f64> {
    let mean = mean(returns).filter(|_| returns.len() >= 2)?;
    let variance = returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (returns.len() - 1) as f64;
    finite((variance > 0.0).then(|| mean / variance.sqrt() * PERIODS_PER_YEAR.sqrt()))
}

fn sortino(returns: &[f64]) -> Option<f64> {
    let mean = mean(returns).filter(|_| returns.len() >= 2)?;
    let downside = returns.iter().map(|r| r.min(0.0) * r.min(0.0)).sum::<f64>() / returns.len() as f64;
    finite((downside > 0.0).then(|| mean / downside.sqrt() * PERIODS_PER_YEAR.sqrt()))
}

pub(super) fn max_drawdown(equity: &[f64]) -> Option<f64> {
    let mut peak = *equity.first()?;
    let mut worst: f64 = 0.0;
    for &value in equity {
        peak = peak.max(value);
        if peak > 0.0 {
            worst = worst.max(1.0 - value / peak);
        }
    }
    Some(worst)
}

fn quantile(values: &[f64], share: f64) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor();
    // `place` is within the slice: share is within 0..=1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small non-negative index")]
    let index = below as usize;
    let next = sorted.get(index + 1).copied().unwrap_or(sorted[index]);
    Some(sorted[index] + (next - sorted[index]) * (place - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: Option<f64>, expected: f64) {
        let value = value.expect("a number");
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    /// Expected values computed with numpy: `r = [0.1, -0.1, 0.2]`.
    #[test]
    fn a_short_curve_has_the_textbook_figures() {
        let equity = [100.0, 110.0, 99.0, 118.8];
        let curve = Curve::new(&equity, &equity, 3 * engine::time::DAY_NS);
        close(curve.total_return, 0.188);
        close(curve.max_drawdown, 0.1);
        close(curve.sharpe, 8.338_093_878_327_918);
        close(curve.sortino, 22.060_522_810_365_725);
        close(curve.var_95, -0.08);
        close(curve.cvar_95, -0.1);
    }

    #[test]
    fn numbers_that_do_not_exist_are_none() {
        let flat = Curve::new(&[100.0; 3], &[100.0; 3], 2 * engine::time::DAY_NS);
        assert_eq!((flat.sharpe, flat.sortino, flat.total_return), (None, None, Some(0.0)));
        let short = Curve::new(&[100.0, 101.0], &[], 1_000);
        assert_eq!((short.cagr, short.sharpe, short.var_95), (None, None, None));
        let empty = Curve::new(&[], &[], 0);
        assert_eq!((empty.total_return, empty.max_drawdown), (None, None));
    }
}
