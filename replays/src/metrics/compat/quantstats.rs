//! quantstats 0.0.86, at 365 periods a year without a risk-free rate: `raw` are its functions, `table` its full report.
//!
//! - It knows returns alone: the curve begins the day before the first return, and a year is 365 of them.
//! - `cvar95` is of a normal distribution, as `var95` is.
//! - The ulcer index divides the squared falls by one less than there are returns.
//! - Serenity: `sum(r) / (ulcer * pitfall)`, the pitfall being the falls' Gaussian expected shortfall over the returns' deviation.
//! - Information ratio and Treynor are not annualised.

mod table;

use engine::time::{DAY_NS, Timestamp};
use serde_json::{Value, json};

use super::object;
use super::sample::{PERIODS, Sample, least, mean};
use crate::metrics::{Series, moments};

pub(super) fn values(series: &Series) -> Value {
    let own = series.returns();
    let paired = series.paired_returns();
    let sample = Sample(&own);
    let mine = Figures::new(sample);
    let versus = paired.as_ref().map(|(mine, others)| Against::new(mine, others)).unwrap_or_default();
    let raw = object([
        ("cagr", mine.cagr),
        ("sharpe", sample.sharpe()),
        ("smart_sharpe", sample.sharpe() / sample.smoothness()),
        ("sortino", mine.sortino),
        ("calmar", mine.cagr / mine.deepest.abs()),
        ("omega", sample.omega()),
        ("max_drawdown", mine.deepest),
        ("volatility", sample.deviation() * PERIODS.sqrt()),
        ("var95", sample.value_at_risk(0.05)),
        ("cvar95", sample.expected_shortfall(0.05)),
        ("ulcer_index", mine.ulcer),
        ("upi", sample.compounded() / mine.ulcer),
        ("serenity", mine.serenity),
        ("kelly", mine.kelly),
        ("risk_of_ruin", mine.ruin),
        ("psr", sample.probabilistic_sharpe(sample.mean() / sample.deviation(), 0.0, 3.0)),
        ("gain_to_pain", mine.gain_to_pain),
        ("tail_ratio", mine.tail),
        ("payoff", mine.payoff),
        ("profit_factor", sample.omega()),
        ("recovery_factor", mine.recovery),
        ("skew", sample.skew()),
        ("kurtosis", sample.kurtosis()),
        ("information_ratio", versus.information_ratio),
        ("r2", versus.correlation.powi(2)),
        ("beta", versus.beta),
        ("alpha", versus.alpha),
    ]);
    json!({
        "raw": raw,
        "table": table::table(series),
        "columns": if paired.is_some() { vec!["Benchmark", "Strategy"] } else { vec!["Strategy"] },
    })
}

/// What both the functions and the table show of one column.
struct Figures {
    falls: Vec<f64>,
    cagr: f64,
    sortino: f64,
    deepest: f64,
    ulcer: f64,
    serenity: f64,
    win_rate: f64,
    payoff: f64,
    kelly: f64,
    ruin: f64,
    gain_to_pain: f64,
    tail: f64,
    recovery: f64,
}

impl Figures {
    fn new(sample: Sample) -> Self {
        let falls = sample.falls();
        let deepest = least(&falls);
        let ulcer = (falls.iter().map(|fall| fall * fall).sum::<f64>() / (sample.len() - 1.0)).sqrt();
        let pitfall = -Sample(&falls).expected_shortfall(0.05) / sample.deviation();
        let (gains, losses) = (sample.gains(), sample.losses());
        let win_rate = gains.len() as f64 / (gains.len() + losses.len()) as f64;
        let payoff = mean(&gains) / mean(&losses).abs();
        Self {
            cagr: sample.cagr(PERIODS),
            sortino: sample.sortino(sample.len()),
            deepest,
            ulcer,
            serenity: sample.sum() / (ulcer * pitfall),
            win_rate,
            payoff,
            kelly: (payoff * win_rate - (1.0 - win_rate)) / payoff,
            ruin: ((1.0 - win_rate) / (1.0 + win_rate)).powf(sample.len()),
            gain_to_pain: sample.sum() / losses.iter().sum::<f64>().abs(),
            tail: (sample.quantile(0.95) / sample.quantile(0.05)).abs(),
            recovery: sample.sum().abs() / deepest.abs(),
            falls,
        }
    }
}

/// A curve against its benchmark; `NaN` without one.
struct Against {
    beta: f64,
    alpha: f64,
    correlation: f64,
    information_ratio: f64,
    treynor: f64,
}

impl Default for Against {
    fn default() -> Self {
        Self::new(&[], &[])
    }
}

impl Against {
    fn new(mine: &[f64], others: &[f64]) -> Self {
        let covariance = |left: &[f64], right: &[f64]| moments::covariance(left, right).unwrap_or(f64::NAN);
        let beta = covariance(mine, others) / covariance(others, others);
        let active: Vec<f64> = mine.iter().zip(others).map(|(mine, others)| mine - others).collect();
        Self {
            beta,
            alpha: (mean(mine) - beta * mean(others)) * PERIODS,
            correlation: moments::correlation(mine, others).unwrap_or(f64::NAN),
            information_ratio: Sample(&active).mean() / Sample(&active).deviation(),
            treynor: Sample(mine).compounded() / beta,
        }
    }
}

/// Days in a row on which the curve ended below its peak.
pub(super) struct Dip {
    pub start: Timestamp,
    pub trough: Timestamp,
    pub end: Timestamp,
    pub depth: f64,
}

impl Dip {
    /// The first and the last day counted.
    pub fn days(&self) -> i64 {
        (self.end.0 - self.start.0) / DAY_NS + 1
    }
}

/// The dips of [`Sample::falls`], each fall being of its day.
pub(super) fn dips(falls: &[f64], days: &[Timestamp]) -> Vec<Dip> {
    let mut all: Vec<Dip> = Vec::new();
    let mut open = false;
    for (&depth, &day) in falls.iter().zip(days) {
        match all.last_mut() {
            Some(dip) if open && depth < 0.0 => {
                dip.end = day;
                if depth < dip.depth {
                    (dip.depth, dip.trough) = (depth, day);
                }
            }
            _ if depth < 0.0 => all.push(Dip { start: day, trough: day, end: day, depth }),
            _ => {}
        }
        open = depth < 0.0;
    }
    all
}
