//! Daily returns as other programs look at them: what does not exist is `NaN`, which no one outside sees.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::metrics::{moments, significance};

/// Days in a year, as all of them are told here.
pub(super) const PERIODS: f64 = 365.0;

/// Daily returns.
#[derive(Clone, Copy)]
pub(super) struct Sample<'a>(pub &'a [f64]);

impl Sample<'_> {
    pub fn len(self) -> f64 {
        self.0.len() as f64
    }

    pub fn sum(self) -> f64 {
        self.0.iter().sum()
    }

    pub fn mean(self) -> f64 {
        mean(self.0)
    }

    pub fn deviation(self) -> f64 {
        deviation(self.0)
    }

    pub fn skew(self) -> f64 {
        moments::skew(self.0).unwrap_or(f64::NAN)
    }

    pub fn kurtosis(self) -> f64 {
        moments::excess_kurtosis(self.0).unwrap_or(f64::NAN)
    }

    pub fn quantile(self, share: f64) -> f64 {
        moments::quantile(self.0, share).unwrap_or(f64::NAN)
    }

    /// The product of `1 + r`, less one.
    pub fn compounded(self) -> f64 {
        self.0.iter().map(|rate| 1.0 + rate).product::<f64>() - 1.0
    }

    /// Growth a year of `periods`.
    pub fn cagr(self, periods: f64) -> f64 {
        (1.0 + self.compounded()).powf(periods / self.len()) - 1.0
    }

    pub fn sharpe(self) -> f64 {
        self.mean() / self.deviation() * PERIODS.sqrt()
    }

    /// With losses squared and averaged over `days`, all of them.
    pub fn sortino(self, days: f64) -> f64 {
        let squares: f64 = self.losses().iter().map(|rate| rate * rate).sum();
        self.mean() / (squares / days).sqrt() * PERIODS.sqrt()
    }

    /// By how much returns that follow each other look too smooth: `sqrt(1 + 2 sum((n - k) / n c^k))` with the absolute
    /// correlation `c` of each return with the one before (`KeyQuant`'s smart Sharpe).
    pub fn smoothness(self) -> f64 {
        let (Some(before), Some(after)) = (self.0.get(..self.0.len().saturating_sub(1)), self.0.get(1..)) else {
            return f64::NAN;
        };
        let correlation = moments::correlation(before, after).unwrap_or(f64::NAN).abs();
        let days = self.len();
        let (mut sum, mut power) = (0.0, 1.0);
        for lag in 1..self.0.len() {
            power *= correlation;
            sum += (days - lag as f64) / days * power;
        }
        (1.0 + 2.0 * sum).sqrt()
    }

    pub fn gains(self) -> Vec<f64> {
        self.0.iter().copied().filter(|rate| *rate > 0.0).collect()
    }

    pub fn losses(self) -> Vec<f64> {
        self.0.iter().copied().filter(|rate| *rate < 0.0).collect()
    }

    /// Sum of gains over sum of losses.
    pub fn omega(self) -> f64 {
        self.gains().iter().sum::<f64>() / -self.losses().iter().sum::<f64>()
    }

    /// Of a normal distribution with the same mean and deviation.
    pub fn value_at_risk(self, share: f64) -> f64 {
        self.mean() + self.deviation() * Normal::standard().inverse_cdf(share)
    }

    /// Of a normal distribution with the same mean and deviation.
    pub fn expected_shortfall(self, share: f64) -> f64 {
        let normal = Normal::standard();
        self.mean() - self.deviation() * normal.pdf(normal.inverse_cdf(share)) / share
    }

    /// [`significance::confidence`] with the adjusted moments, and the kurtosis as `normal` of a normal distribution.
    pub fn probabilistic_sharpe(self, sharpe: f64, threshold: f64, normal: f64) -> f64 {
        let (skew, kurtosis) = (self.skew(), self.kurtosis() + normal);
        let estimate = significance::Estimate { sharpe, skew, kurtosis, returns: self.0.len() };
        significance::confidence(estimate, threshold).value().unwrap_or(f64::NAN)
    }

    /// How far below the peak so far, the first equity included, each return left the curve; zero or negative.
    pub fn falls(self) -> Vec<f64> {
        let (mut price, mut peak) = (1.0_f64, 1.0_f64);
        let fall = |rate: &f64| {
            price *= 1.0 + rate;
            peak = peak.max(price);
            price / peak - 1.0
        };
        self.0.iter().map(fall).collect()
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    moments::mean(values).unwrap_or(f64::NAN)
}

/// Over `n - 1`.
pub(super) fn deviation(values: &[f64]) -> f64 {
    moments::deviation(values).unwrap_or(f64::NAN)
}

/// Over `n`.
pub(super) fn whole_deviation(values: &[f64]) -> f64 {
    moments::central_moment(values, 2).unwrap_or(f64::NAN).sqrt()
}

pub(super) fn least(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::min).unwrap_or(f64::NAN)
}

pub(super) fn most(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::max).unwrap_or(f64::NAN)
}
