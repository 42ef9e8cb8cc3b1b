//! Could it be chance? The Sharpe ratio's and the trades' significance. Sharpe ratios here are of one day, not annualised:
//! [`super::ratios::daily_sharpe`].

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::moments::{central_moment, deviation, mean};
use super::ratios::daily_sharpe;
use super::{Absent, Measure};

/// Euler's and Mascheroni's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// The probability that the true daily Sharpe ratio is above `threshold`, a daily one as well:
/// `Phi((s - threshold) sqrt(n - 1) / sqrt(1 - g s + (k - 1) / 4 s^2))` with the returns' skewness `g` and kurtosis `k` (3 for a
/// normal distribution), both of the sample as it is (Bailey and López de Prado 2012). 0 to 1. None of fewer than two returns
/// or where they do not vary.
pub fn probabilistic_sharpe(returns: &[f64], threshold: f64) -> Measure {
    let sharpe = match daily_sharpe(returns, 0.0).0 {
        Ok(sharpe) => sharpe,
        Err(why) => return Measure::none(why),
    };
    let Some(((second, third), fourth)) = moment(returns, 2).zip(moment(returns, 3)).zip(moment(returns, 4)) else {
        return Measure::none(Absent::FewReturns);
    };
    let (skew, kurtosis) = (third / second.powf(1.5), fourth / (second * second));
    confidence(Estimate { sharpe, skew, kurtosis, returns: returns.len() }, threshold)
}

fn moment(returns: &[f64], power: i32) -> Option<f64> {
    central_moment(returns, power)
}

/// A daily Sharpe ratio, and the shape of the returns that it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The daily Sharpe ratio.
    pub sharpe: f64,
    /// The returns' skewness.
    pub skew: f64,
    /// Their kurtosis, 3 for a normal distribution.
    pub kurtosis: f64,
    /// How many they are.
    pub returns: usize,
}

/// [`probabilistic_sharpe`] where the returns themselves are not at hand.
pub fn confidence(estimate: Estimate, threshold: f64) -> Measure {
    let Estimate { sharpe, skew, kurtosis, returns } = estimate;
    let spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    if returns < 2 {
        return Measure::none(Absent::FewReturns);
    }
    let distance = (sharpe - threshold) * ((returns - 1) as f64).sqrt() / spread.sqrt();
    if spread > 0.0 && distance.is_finite() {
        Measure::of(Normal::standard().cdf(distance))
    } else {
        Measure::none(Absent::NotFinite)
    }
}

/// The daily Sharpe ratio that the best of as many trials reaches by chance alone, given each trial's daily Sharpe ratio:
/// `deviation(s) ((1 - e) z(1 - 1 / n) + e z(1 - 1 / (n exp(1))))`, `e` being [`EULER`]'s constant and `z` the normal quantile
/// (Bailey and López de Prado 2014). None of fewer than two trials.
pub fn best_by_chance(trials: &[f64]) -> Measure {
    let Some(spread) = deviation(trials) else { return Measure::none(Absent::FewTrials) };
    let (normal, n) = (Normal::standard(), trials.len() as f64);
    let quantiles =
        (1.0 - EULER) * normal.inverse_cdf(1.0 - 1.0 / n) + EULER * normal.inverse_cdf(1.0 - 1.0 / (n * std::f64::consts::E));
    Measure::of(spread * quantiles)
}

/// Deflated Sharpe ratio: the probability that the best of several trials is better than chance, which is its
/// [`probabilistic_sharpe`] above [`best_by_chance`] (Bailey and López de Prado 2014). `returns` are the best trial's daily
/// returns, `trials` the daily Sharpe ratios of all trials, the best included. 0 to 1. None of fewer than two trials or returns.
pub fn deflated_sharpe(returns: &[f64], trials: &[f64]) -> Measure {
    best_by_chance(trials).0.map_or_else(Measure::none, |threshold| probabilistic_sharpe(returns, threshold))
}

/// System quality number: `sqrt(n) mean(p) / deviation(p)` over the trades' profits (Tharp 2008; without his cap of 100 trades).
/// None of fewer than two trades or where all gained the same.
pub fn system_quality(profits: &[f64]) -> Measure {
    let (mean, spread) = match (mean(profits), deviation(profits)) {
        (None, _) => return Measure::none(Absent::NoTrades),
        (Some(_), None) => return Measure::none(Absent::OneTrade),
        (Some(mean), Some(spread)) => (mean, spread),
    };
    // What is left of equal profits is rounding.
    if spread <= 1e-12 * mean.abs() {
        return Measure::none(Absent::NoVariance);
    }
    Measure::of((profits.len() as f64).sqrt() * mean / spread)
}

/// The probability of a [`system_quality`] as far from zero by chance alone: Student's two-sided test with `n - 1` degrees of
/// freedom (Student 1908). 0 to 1. None where there is no system quality number.
pub fn system_quality_p_value(profits: &[f64]) -> Measure {
    let degrees = profits.len().saturating_sub(1) as f64;
    let p_value = |quality: f64| {
        let student = StudentsT::new(0.0, 1.0, degrees).map_err(|_| Absent::OneTrade)?;
        Ok(2.0 * student.cdf(-quality.abs()))
    };
    system_quality(profits).0.and_then(p_value).into()
}
