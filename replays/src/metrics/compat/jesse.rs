//! What jesse 3.5.3 would say.
//!
//! - Sortino averages the squared losses over one day more than there are returns: the first equity counts as a day without one.
//! - Smart ratios are divided by [`Sample::smoothness`].
//! - `serenity` is infinite, or negative so where the returns sum to less than zero: this version divides by zero.
//! - `max_underwater_days` counts the first and the last day below the peak.

use serde_json::Value;

use super::object;
use super::quantstats::{Dip, dips};
use super::sample::{PERIODS, Sample, least};
use crate::metrics::Series;

pub(super) fn values(series: &Series) -> Value {
    let returns = series.returns();
    let sample = Sample(&returns);
    let falls = sample.falls();
    let (growth, deepest, smoothness) = (sample.cagr(PERIODS), least(&falls), sample.smoothness());
    let sortino = sample.sortino(sample.len() + 1.0);
    let longest = dips(&falls, &series.returned_at()).iter().map(Dip::days).max();
    let mut values = object([
        ("max_drawdown_pct", deepest * 100.0),
        ("annual_return_pct", growth * 100.0),
        ("sharpe", sample.sharpe()),
        ("sortino", sortino),
        ("calmar", growth / deepest.abs()),
        ("omega", sample.omega()),
        ("serenity", sample.sum() / 0.0),
        ("smart_sharpe", sample.sharpe() / smoothness),
        ("smart_sortino", sortino / smoothness),
    ]);
    values["max_underwater_days"] = longest.unwrap_or(0).into();
    values
}
