//! Closed trades: how often they win, how much, and in which order. Profits are in the reporting currency.

use super::moments::mean;
use super::{Absent, Closed, Measure};

/// The share of trades with a profit. None without trades.
pub fn win_rate(trades: &[Closed]) -> Measure {
    let won = trades.iter().filter(|trade| trade.profit > 0.0).count();
    if trades.is_empty() { Measure::none(Absent::NoTrades) } else { Measure::of(won as f64 / trades.len() as f64) }
}

/// Profits over losses: `sum(max(p, 0)) / sum(max(-p, 0))`. None without trades or without a loss.
pub fn profit_factor(trades: &[Closed]) -> Measure {
    let losses = total(trades, losses);
    match trades.len() {
        0 => Measure::none(Absent::NoTrades),
        _ if losses <= 0.0 => Measure::none(Absent::NoLosers),
        _ => Measure::of(total(trades, wins) / losses),
    }
}

/// Mean profit of a trade, in the reporting currency. None without trades.
pub fn expectancy(trades: &[Closed]) -> Measure {
    let profits: Vec<f64> = trades.iter().map(|trade| trade.profit).collect();
    mean(&profits).ok_or(Absent::NoTrades).into()
}

/// Mean profit for each unit that is lost on average: `expectancy / mean loss` (Tharp 2008). None without a loss.
pub fn expectancy_ratio(trades: &[Closed]) -> Measure {
    expectancy(trades).0.and_then(|expectancy| Ok(expectancy / average(trades, losses, Absent::NoLosers)?)).into()
}

/// Mean win over mean loss. None without a win or without a loss.
pub fn payoff(trades: &[Closed]) -> Measure {
    let both = average(trades, wins, Absent::NoWinners).and_then(|win| Ok((win, average(trades, losses, Absent::NoLosers)?)));
    both.map(|(win, loss)| win / loss).into()
}

/// Mean win, in the reporting currency. None without a win.
pub fn mean_win(trades: &[Closed]) -> Measure {
    average(trades, wins, Absent::NoWinners).into()
}

/// Mean loss, in the reporting currency, as a positive number. None without a loss.
pub fn mean_loss(trades: &[Closed]) -> Measure {
    average(trades, losses, Absent::NoLosers).into()
}

/// Mean profit over stake, a share, of the trades that have a stake. None without one.
pub fn mean_return(trades: &[Closed]) -> Measure {
    let rates: Vec<f64> = trades.iter().filter_map(Closed::rate).collect();
    let none = if trades.is_empty() { Absent::NoTrades } else { Absent::NoStake };
    mean(&rates).ok_or(none).into()
}

/// The most wins and the most losses in a row, in the order of closing; what neither won nor lost ends both.
pub fn streaks(trades: &[Closed]) -> (usize, usize) {
    let mut order: Vec<&Closed> = trades.iter().collect();
    order.sort_by_key(|trade| trade.closed_at);
    let longest = |kind: fn(f64) -> f64| {
        let step = |(run, most): (usize, usize), trade: &&Closed| {
            let run = if kind(trade.profit) > 0.0 { run + 1 } else { 0 };
            (run, most.max(run))
        };
        order.iter().fold((0, 0), step).1
    };
    (longest(wins), longest(losses))
}

fn wins(profit: f64) -> f64 {
    profit.max(0.0)
}

fn losses(profit: f64) -> f64 {
    (-profit).max(0.0)
}

fn total(trades: &[Closed], kind: fn(f64) -> f64) -> f64 {
    trades.iter().map(|trade| kind(trade.profit)).sum()
}

fn average(trades: &[Closed], kind: fn(f64) -> f64, none: Absent) -> Result<f64, Absent> {
    let of_kind: Vec<f64> = trades.iter().map(|trade| kind(trade.profit)).filter(|size| *size > 0.0).collect();
    mean(&of_kind).ok_or(if trades.is_empty() { Absent::NoTrades } else { none })
}
