//! The figures that the controller looks at, and how far each is from its target.

use alloc::vec::Vec;

use super::ControllerPolicy;
use crate::event::{Health, Reason, Rule};
use crate::number::{Amount, Decimal, Figure};
use crate::performance::{Performance, Tally};
use crate::time::Timestamp;

/// A profit factor is at most this: trades without a loss have no other.
const MAX_PROFIT_FACTOR: Decimal = Decimal::ONE_HUNDRED;
/// A figure that is a tenth better than its target has recovered. What lies between is left alone, so that
/// adjustments do not go to and fro.
pub(super) const RECOVERED: Decimal = Decimal::from_parts(11, 0, 0, false, 1);
/// The part of a figure that is not known.
const NEUTRAL: Decimal = Decimal::from_parts(5, 0, 0, false, 1);
/// Decimals of a reason.
const REASON_SCALE: u32 = 4;
/// Decimals of a score.
const SCORE_SCALE: u32 = 1;

pub(super) struct Figures {
    /// Not one of the last trades won.
    pub(super) no_wins: bool,
    trades: u32,
    parts: [Part; 4],
}

struct Part {
    name: &'static str,
    /// The rule that asks for an adjustment when it is off its target.
    rule: Rule,
    weight_percent: i64,
    source: Source,
    /// `None` when it is not known yet.
    figure: Option<Measured>,
}

struct Measured {
    value: Decimal,
    /// 1 on target; above when better, below when worse.
    standing: Decimal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Closed trades: it stays as it is until the next one.
    Trades,
    /// What is now: it moves on its own.
    Present,
}

impl Figures {
    pub(super) fn of(policy: &ControllerPolicy, performance: &Performance, equity: Option<Amount>, now: Timestamp) -> Self {
        let since = Timestamp(now.0.saturating_sub(policy.window_ns));
        let last = |trades: u32| performance.recent().rev().take_while(|trade| trade.closed_at >= since).take(trades as usize);
        let critical = Tally::of(last(policy.critical_trades));
        let is_full = last(policy.critical_trades).count() == policy.critical_trades as usize;

        let tally = Tally::of(last(policy.window_trades));
        let is_known = tally.trades() >= policy.critical_trades.min(policy.window_trades);
        let win_rate = Decimal::from(tally.wins).checked_div(Decimal::from(tally.trades())).filter(|_| is_known);
        let factor = win_rate.map(|_| tally.won.0.checked_div(tally.lost.0).unwrap_or(MAX_PROFIT_FACTOR).min(MAX_PROFIT_FACTOR));
        let drawdown = equity.map(|equity| performance.drawdown(equity).0);
        let signals = performance.signals_an_hour(now).0;

        let (trades, present) = (Source::Trades, Source::Present);
        let win_rate = win_rate.map(|rate| at_least(rate, policy.least_win_rate.0, Decimal::ONE));
        let factor = factor.map(|factor| at_least(factor, policy.least_profit_factor.0, MAX_PROFIT_FACTOR));
        let drawdown = drawdown.map(|drawdown| at_most(drawdown, policy.most_drawdown.0));
        let signals = Some(at_most(signals, policy.most_signals_an_hour.into()));
        let part = |name, rule, weight_percent, source, figure| Part { name, rule, weight_percent, source, figure };
        Self {
            no_wins: is_full && critical.wins == 0 && critical.losses > 0,
            trades: tally.trades(),
            parts: [
                part("win_rate", Rule::LowWinRate, 30, trades, win_rate),
                part("profit_factor", Rule::LowProfitFactor, 30, trades, factor),
                part("drawdown", Rule::DeepDrawdown, 25, trades, drawdown),
                part("signals_an_hour", Rule::TooManySignals, 15, present, signals),
            ],
        }
    }

    /// Of what is known: the rule that it asks by, and how it stands.
    pub(super) fn standings(&self) -> impl Iterator<Item = (Rule, Decimal)> {
        self.known().map(|(part, figure)| (part.rule, figure.standing))
    }

    /// The rules of those that are off their targets, the furthest first; those of trades only when there is
    /// another trade to go by.
    pub(super) fn asking(&self, has_new_trade: bool) -> impl Iterator<Item = Rule> {
        let mut off: Vec<_> = self
            .known()
            .filter(|(part, figure)| figure.standing < Decimal::ONE && (has_new_trade || part.source == Source::Present))
            .map(|(part, figure)| (figure.standing, part.rule))
            .collect();
        off.sort_by_key(|(standing, _)| *standing);
        off.into_iter().map(|(_, rule)| rule)
    }

    /// What is known, and of how many trades.
    pub(super) fn reasons(&self) -> Vec<Reason> {
        let known = self.known().map(|(part, figure)| Reason::new(part.name, rounded(figure.value, REASON_SCALE)));
        known.chain([Reason::new("trades", self.trades.into())]).collect()
    }

    pub(super) fn health(&self) -> Health {
        let score = |part: &Part| {
            let standing = part.figure.as_ref().map_or(NEUTRAL, |figure| figure.standing);
            standing.clamp(Decimal::ZERO, Decimal::ONE) * Decimal::ONE_HUNDRED
        };
        let weighted = |part: &Part| score(part) * Decimal::new(part.weight_percent, 2);
        let parts = self.parts.iter().map(|part| Reason::new(part.name, rounded(score(part), SCORE_SCALE)));
        Health { score: Figure(rounded(self.parts.iter().map(weighted).sum(), SCORE_SCALE)), parts: parts.collect() }
    }

    fn known(&self) -> impl Iterator<Item = (&Part, &Measured)> {
        self.parts.iter().filter_map(|part| part.figure.as_ref().map(|figure| (part, figure)))
    }
}

/// A share of its target. What cannot be better is better than any target.
fn at_least(value: Decimal, target: Decimal, best: Decimal) -> Measured {
    let share = value.checked_div(target).filter(|_| target > Decimal::ZERO && value < best);
    Measured { value, standing: share.unwrap_or(Decimal::TWO) }
}

/// 2 at nothing, 1 at the limit, 0 at twice of it.
fn at_most(value: Decimal, limit: Decimal) -> Measured {
    let share = if limit > Decimal::ZERO { value.checked_div(limit) } else { None };
    let none_allowed = || if value.is_zero() { Decimal::ZERO } else { Decimal::TWO };
    Measured { value, standing: Decimal::TWO.saturating_sub(share.unwrap_or_else(none_allowed)) }
}

fn rounded(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp(decimals).normalize()
}
