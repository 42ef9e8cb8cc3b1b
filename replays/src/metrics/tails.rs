//! What a bad day costs: value at risk and expected shortfall. All are daily returns as shares, so negative ones are losses.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::moments::{deviation, mean, quantile};
use super::{Absent, Measure};

/// Historical value at risk: the daily return that a share `1 - confidence` of the days fall below, interpolated linearly
/// between neighbours. None of fewer than two returns.
pub fn value_at_risk(returns: &[f64], confidence: f64) -> Measure {
    let value = quantile(returns, 1.0 - confidence).filter(|_| returns.len() >= 2);
    value.ok_or(Absent::FewReturns).into()
}

/// Historical expected shortfall: the mean of the daily returns at or below [`value_at_risk`] (Acerbi and Tasche 2002). None of
/// fewer than two returns.
pub fn expected_shortfall(returns: &[f64], confidence: f64) -> Measure {
    let beyond = |limit: f64| returns.iter().copied().filter(|rate| *rate <= limit).collect::<Vec<f64>>();
    value_at_risk(returns, confidence).0.and_then(|limit| mean(&beyond(limit)).ok_or(Absent::FewReturns)).into()
}

/// Value at risk of a normal distribution with the returns' mean and deviation: `mean + z deviation`, `z` being its quantile at
/// `1 - confidence` (J.P. Morgan, `RiskMetrics` 1996). None of fewer than two returns.
pub fn gaussian_value_at_risk(returns: &[f64], confidence: f64) -> Measure {
    gaussian(returns, |normal| normal.inverse_cdf(1.0 - confidence))
}

/// Expected shortfall of that normal distribution: `mean - deviation pdf(z) / (1 - confidence)`. None of fewer than two returns.
pub fn gaussian_expected_shortfall(returns: &[f64], confidence: f64) -> Measure {
    gaussian(returns, |normal| -normal.pdf(normal.inverse_cdf(1.0 - confidence)) / (1.0 - confidence))
}

fn gaussian(returns: &[f64], deviations: impl Fn(&Normal) -> f64) -> Measure {
    let both = mean(returns).zip(deviation(returns)).ok_or(Absent::FewReturns);
    both.map(|(mean, deviation)| mean + deviation * deviations(&Normal::standard())).into()
}
