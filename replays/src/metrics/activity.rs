//! How much is in the market, and how much goes through it.

use engine::time::Timestamp;

use super::moments::mean;
use super::series::DAYS_PER_YEAR;
use super::{Absent, Closed, Measure};

/// The share of the time from `from` to `to` in which at least one trade was open. None where no time passes.
pub fn exposure(trades: &[Closed], from: Timestamp, to: Timestamp) -> Measure {
    let length = to.0.saturating_sub(from.0);
    let mut spans: Vec<(i64, i64)> =
        trades.iter().map(|trade| (trade.opened_at.max(from).0, trade.closed_at.min(to).0)).collect();
    spans.sort_unstable();
    // What was open until then is counted already.
    let (mut held, mut until) = (0_i64, from.0);
    for (start, end) in spans {
        held = held.saturating_add(end.saturating_sub(start.max(until)).max(0));
        until = until.max(end);
    }
    if length > 0 { Measure::of(held as f64 / length as f64) } else { Measure::none(Absent::UnderADay) }
}

/// How often a year the mean equity is traded: `traded / mean(equity) 365 / days`, what is bought and what is sold both being
/// traded. None under a day, or where the mean equity is zero or below.
pub fn turnover(traded: f64, equity: &[f64], days: f64) -> Measure {
    match mean(equity) {
        None => Measure::none(Absent::NoCurve),
        Some(_) if days < 1.0 => Measure::none(Absent::UnderADay),
        Some(mean) if mean > 0.0 => Measure::of(traded / mean * DAYS_PER_YEAR / days),
        Some(_) => Measure::none(Absent::NoCapital),
    }
}

/// What closed trades bought and sold together: each one's stake, and the stake with its profit.
pub fn traded(trades: &[Closed]) -> f64 {
    // From zero: an empty sum of floats is minus zero.
    trades.iter().fold(0.0, |sum, trade| sum + trade.stake.abs() + (trade.stake + trade.profit).abs())
}
