//! What freqtrade 2026.9 would say.
//!
//! - Ratios of closed trades: the sum of the trades' shares of the starting balance over the days of the whole test, over their
//!   deviation (`n`; for Sortino that of the losing trades alone), times `sqrt(365)`.
//! - Calmar: percent a day over the largest relative drawdown, times `sqrt(365)`; so not a growth over a fall.
//! - Drawdowns: `max_dd_abs` is the largest fall in currency, `max_dd_account` its share of the peak, `max_underwater` the largest
//!   share of any peak.
//! - The wallet's ratios are of its daily returns.
//! - `sqn` is rounded to four digits, `p_value` is Student's two-sided test of the mean profit.

use engine::time::Timestamp;
use serde_json::{Value, json};

use super::sample::{PERIODS, Sample, least, mean, most, whole_deviation};
use super::{number, object};
use crate::metrics::{Closed, Series, significance, trades};

pub(super) fn values(series: &Series, closed: &[Closed]) -> Value {
    let trades = if closed.is_empty() { Value::Null } else { closed_trades(series, closed) };
    json!({ "closed_trades": trades, "wallet": wallet(series) })
}

fn closed_trades(series: &Series, closed: &[Closed]) -> Value {
    let mut order = closed.to_vec();
    order.sort_by_key(|trade| trade.closed_at);
    let start = series.equity.first().copied().unwrap_or(f64::NAN);
    let days = series.days().floor();
    let profits: Vec<f64> = order.iter().map(|trade| trade.profit).collect();
    let shares: Vec<f64> = profits.iter().map(|profit| profit / start).collect();
    let losing: Vec<f64> = shares.iter().copied().filter(|share| *share < 0.0).collect();
    let total: f64 = profits.iter().sum();
    let daily = shares.iter().sum::<f64>() / days;
    let mut balance = start;
    let balances: Vec<f64> = profits
        .iter()
        .map(|profit| {
            balance += profit;
            balance
        })
        .collect();
    let fall = Fall::deepest(std::iter::once(start).chain(balances.iter().copied()));
    // The balance before the first trade is as of its close.
    let closed_at = |point: usize| order.get(point.saturating_sub(1)).map(|trade| spelled(trade.closed_at));
    let won = trades::win_rate(closed).value().unwrap_or(f64::NAN);
    let payoff = trades::payoff(closed).value().unwrap_or(f64::NAN);
    let quality = significance::system_quality(&profits).value().unwrap_or(f64::NAN);
    let mut values = object([
        ("final_balance", start + total),
        ("profit_total", total / start),
        ("cagr", ((start + total) / start).powf(PERIODS / days) - 1.0),
        ("sharpe", daily / whole_deviation(&shares) * PERIODS.sqrt()),
        ("sortino", daily / whole_deviation(&losing) * PERIODS.sqrt()),
        ("calmar", total / start / days * 100.0 / fall.share * PERIODS.sqrt()),
        ("sqn", (quality * 1e4).round() / 1e4),
        ("p_value", significance::system_quality_p_value(&profits).value().unwrap_or(f64::NAN)),
        ("profit_factor", trades::profit_factor(closed).value().unwrap_or(f64::NAN)),
        ("expectancy", mean(&profits)),
        ("expectancy_ratio", (1.0 + payoff) * won - 1.0),
        ("max_dd_abs", fall.amount),
        ("max_dd_account", fall.share),
        ("max_underwater", fall.deepest_share),
    ]);
    values["max_dd_start"] = closed_at(fall.peak).into();
    values["max_dd_end"] = closed_at(fall.trough).into();
    values["csum"] = json!([number(least(&balances)), number(most(&balances))]);
    values
}

fn wallet(series: &Series) -> Value {
    let returns = series.returns();
    let daily = Sample(&returns).mean() * PERIODS.sqrt();
    let fall = Fall::deepest(series.equity.iter().copied());
    let total = series.total_return().value().unwrap_or(f64::NAN);
    object([
        ("sharpe", daily / whole_deviation(&returns)),
        ("sortino", daily / whole_deviation(&Sample(&returns).losses())),
        ("calmar", total / series.days().floor() * 100.0 / fall.share * PERIODS.sqrt()),
        ("max_dd_abs", fall.amount),
        ("max_dd_account", fall.share),
        ("max_underwater", fall.deepest_share),
    ])
}

/// The largest fall in currency, between which points it was, and the largest share of any peak.
#[derive(Default)]
struct Fall {
    peak: usize,
    trough: usize,
    amount: f64,
    share: f64,
    deepest_share: f64,
}

impl Fall {
    fn deepest(balances: impl Iterator<Item = f64>) -> Self {
        let mut fall = Self::default();
        let (mut at, mut peak) = (0, f64::NEG_INFINITY);
        for (point, balance) in balances.enumerate() {
            if balance > peak {
                (at, peak) = (point, balance);
            }
            fall.deepest_share = fall.deepest_share.max((peak - balance) / peak);
            if peak - balance > fall.amount {
                fall = Self { peak: at, trough: point, amount: peak - balance, share: (peak - balance) / peak, ..fall };
            }
        }
        fall
    }
}

/// `2024-07-18 14:00:00+00:00`.
fn spelled(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', "+00:00")
}
