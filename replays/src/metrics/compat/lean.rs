//! `QuantConnect`'s LEAN, as its documentation gives the formulas.
//!
//! - Annual performance: `(1 + mean(r))^365 - 1`, so that of arithmetic means; ratios and alpha are of it, not of compound growth.
//! - Sortino's risk is the deviation (`n - 1`) of the negative returns around their own mean.
//! - The probabilistic Sharpe ratio is above a yearly one of 1, and its kurtosis is taken as excess.
//! - Value at risk is Gaussian; it and the drawdown are rounded to three decimals.
//! - A trade without profit is a loss; rates of trades are shares of the capital before each.

use engine::time::DAY_NS;
use serde_json::{Value, json};

use super::object;
use super::sample::{PERIODS, Sample, deviation, mean};
use crate::metrics::{Closed, Series, drawdown, moments};

pub(super) fn values(series: &Series, closed: &[Closed]) -> Value {
    let (based, statistics) = match closed {
        [] => (Value::Null, Value::Null),
        closed => (trade_based(series, closed), trade_statistics(closed)),
    };
    json!({
        "rf0": portfolio(series, 0.0, PERIODS),
        "rf5pct": portfolio(series, 0.05, PERIODS),
        "rf0_252days": portfolio(series, 0.0, 252.0),
        "trade_based": based,
        "trade_statistics": statistics,
    })
}

fn portfolio(series: &Series, risk_free: f64, days: f64) -> Value {
    let own = series.returns();
    let (mine, others) = series.paired_returns().unwrap_or_default();
    let (sample, benchmark) = (Sample(&own), Sample(&others));
    let yearly = |sample: Sample| (1.0 + sample.mean()).powf(days) - 1.0;
    let performance = yearly(sample);
    let variance = sample.deviation().powi(2) * days;
    let risk = variance.sqrt();
    let covariance = |left: &[f64], right: &[f64]| moments::covariance(left, right).unwrap_or(f64::NAN);
    let beta = covariance(&mine, &others) / covariance(&others, &others);
    let active: Vec<f64> = mine.iter().zip(&others).map(|(mine, others)| mine - others).collect();
    let tracking_error = deviation(&active) * days.sqrt();
    let daily_sharpe = (sample.mean() - risk_free / days) / sample.deviation();
    let growth = series.total_return().value().unwrap_or(f64::NAN) + 1.0;
    let fall = drawdown::max_drawdown(&series.equity).value().unwrap_or(f64::NAN);
    let recovery_ns = drawdown::drawdowns(series).iter().filter_map(|fall| Some(fall.recovery?.0 - fall.start.0)).max();
    let mut values = object([
        ("annual_performance", performance),
        ("compounding_annual_return", growth.powf(PERIODS / series.days()) - 1.0),
        ("annual_variance", variance),
        ("annual_sd", risk),
        ("sharpe", (performance - risk_free) / risk),
        ("sortino", (performance - risk_free) / (deviation(&sample.losses()) * days.sqrt())),
        ("beta", beta),
        ("alpha", performance - (risk_free + beta * (yearly(benchmark) - risk_free))),
        ("tracking_error", tracking_error),
        ("information_ratio", (performance - yearly(benchmark)) / tracking_error),
        ("treynor", (performance - risk_free) / beta),
        ("psr", sample.probabilistic_sharpe(daily_sharpe, 1.0 / days.sqrt(), 0.0)),
        ("var99", thousandths(sample.value_at_risk(0.01))),
        ("var95", thousandths(sample.value_at_risk(0.05))),
        ("drawdown", thousandths(fall)),
    ]);
    values["drawdown_recovery_days"] = (recovery_ns.unwrap_or(0) / DAY_NS).into();
    values
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round_ties_even() / 1e3
}

fn trade_based(series: &Series, closed: &[Closed]) -> Value {
    let mut order = closed.to_vec();
    order.sort_by_key(|trade| trade.closed_at);
    let mut capital = series.equity.first().copied().unwrap_or(f64::NAN);
    let (mut wins, mut losses) = (Vec::new(), Vec::new());
    for trade in &order {
        let rates = if trade.profit > 0.0 { &mut wins } else { &mut losses };
        rates.push(trade.profit / capital);
        capital += trade.profit;
    }
    let (win, loss, count) = (mean(&wins), mean(&losses), order.len() as f64);
    let (won, lost) = (wins.len() as f64 / count, losses.len() as f64 / count);
    object([
        ("avg_win_rate", win),
        ("avg_loss_rate", loss),
        ("profit_loss_ratio", win / loss.abs()),
        ("win_rate", won),
        ("loss_rate", lost),
        ("expectancy", won * (win / loss.abs()) - lost),
    ])
}

fn trade_statistics(closed: &[Closed]) -> Value {
    let profits: Vec<f64> = closed.iter().map(|trade| trade.profit).collect();
    let losses: Vec<f64> = profits.iter().copied().filter(|profit| *profit <= 0.0).collect();
    let won: f64 = Sample(&profits).gains().iter().sum();
    object([
        ("profit_factor", won / losses.iter().sum::<f64>().abs()),
        ("sharpe_unannualised", mean(&profits) / deviation(&profits)),
        ("sortino_unannualised", mean(&profits) / deviation(&losses)),
        ("avg_profit_loss", mean(&profits)),
    ])
}
