//! The controller: the run's own results turn two knobs, the least confidence of entries and their size.
//!
//! It takes a step at a time, says why, and takes the same steps back when the figures are good again. It looks at
//! four figures, each of which is on target or not:
//!
//! | figure | over | asks for |
//! |---|---|---|
//! | win rate | the last trades | more confidence |
//! | profit factor | the last trades | smaller entries |
//! | drawdown | from the peak to now | smaller entries |
//! | signals an hour | the last day | more confidence |
//!
//! Trades that are too few say nothing, and old ones are forgotten. So a threshold that lets nothing through any
//! more comes down again, when the trades that raised it are out of the window.

mod figures;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::event::{Adjustment, Health, Parameter, Rule};
use crate::number::{Amount, Rate};
use crate::performance::Performance;
use crate::time::{DAY_NS, HOUR_NS, Timestamp};

use figures::{Figures, RECOVERED};

/// Entries as large as sizing says, in basis points.
pub const FULL_SIZE_BPS: u32 = 10_000;

/// What the controller aims at, and how far it may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerPolicy {
    /// The most trades that are looked at, the last ones.
    pub window_trades: u32,
    /// How old they may be, in nanoseconds.
    pub window_ns: i64,
    /// Fewer trades say nothing. When the last so many have not one that won, that is critical.
    pub critical_trades: u32,
    /// How long an adjustment is given to show what it does, in nanoseconds. What is critical does not wait.
    pub cooldown_ns: i64,
    /// How far one adjustment goes, in basis points.
    pub step_bps: u32,
    /// The least confidence never rises above this, in basis points.
    pub max_confidence_bps: u32,
    /// Entries are never scaled by less than this, in basis points.
    pub min_size_scale_bps: u32,
    /// The least share of trades that should win.
    pub least_win_rate: Rate,
    /// The least that trades should win for what they lose: the sum of the returns of those that won over that of
    /// those that lost. Returns, not money, so that the size of entries does not count.
    pub least_profit_factor: Rate,
    /// The most that equity should be below its peak, as a share of it.
    pub most_drawdown: Rate,
    /// The most signals that should come in an hour.
    pub most_signals_an_hour: u32,
}

impl Default for ControllerPolicy {
    fn default() -> Self {
        Self {
            window_trades: 20,
            window_ns: 7 * DAY_NS,
            critical_trades: 9,
            cooldown_ns: 6 * HOUR_NS,
            step_bps: 500,
            max_confidence_bps: 9_000,
            min_size_scale_bps: 2_500,
            least_win_rate: Rate::from_bps(4_000),
            least_profit_factor: Rate::from_bps(12_000),
            most_drawdown: Rate::from_bps(1_000),
            most_signals_an_hour: 56,
        }
    }
}

/// Where the knobs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// The least confidence of an entry, in basis points. The run's own limit counts where it is higher.
    pub min_confidence_bps: u32,
    /// What entries are scaled by, in basis points.
    pub size_scale_bps: u32,
    /// When they were turned last.
    pub adjusted_at: Option<Timestamp>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { min_confidence_bps: 0, size_scale_bps: FULL_SIZE_BPS, adjusted_at: None }
    }
}

impl Tuning {
    /// Takes an adjustment in.
    pub(crate) fn apply(&mut self, at: Timestamp, adjustment: &Adjustment) {
        match adjustment.parameter {
            Parameter::MinConfidence => self.min_confidence_bps = adjustment.to_bps,
            Parameter::SizeScale => self.size_scale_bps = adjustment.to_bps,
        }
        self.adjusted_at = Some(at);
    }
}

/// The adjustment that the results ask for now, if they do. `base_confidence_bps` is the run's own least
/// confidence: the controller never goes below it.
///
/// - When none of the last trades won, the threshold rises at once, and once more with each further trade that did
///   not win; when it is at its highest, entries shrink.
/// - Otherwise, after the cooldown, the figure that is furthest from its target asks for a step, and the next one
///   when its knob is at the end. Trades ask once, and again only after one more has closed.
/// - When every figure that turns a knob, as far as it is known, is a tenth better than its target, that knob goes a
///   step back: confidence first. So what holds back the one never keeps the other where it is.
pub fn adjust(
    policy: &ControllerPolicy,
    performance: &Performance,
    equity: Option<Amount>,
    tuning: &Tuning,
    base_confidence_bps: u32,
    now: Timestamp,
) -> Option<Adjustment> {
    let figures = Figures::of(policy, performance, equity, now);
    let knobs = Knobs { policy, tuning, base_confidence_bps };
    let is_news = tuning.adjusted_at.is_none_or(|at| performance.recent().next_back().is_some_and(|trade| trade.closed_at > at));
    let is_cooling = tuning.adjusted_at.is_some_and(|at| now < at.plus_ns(policy.cooldown_ns));
    let asked: Vec<(Rule, Parameter, Way)> = if figures.no_wins && is_news {
        [Parameter::MinConfidence, Parameter::SizeScale].map(|parameter| (Rule::NoWins, parameter, Way::Tighter)).into()
    } else if is_cooling {
        return None;
    } else {
        let recovered = [Parameter::MinConfidence, Parameter::SizeScale].into_iter().filter(|parameter| {
            let mut own = figures.standings().filter(|(rule, _)| parameter_of(*rule) == *parameter);
            own.all(|(_, standing)| standing >= RECOVERED)
        });
        let tighter = figures.asking(is_news).map(|rule| (rule, parameter_of(rule), Way::Tighter));
        tighter.chain(recovered.map(|parameter| (Rule::Recovered, parameter, Way::Looser))).collect()
    };
    asked.into_iter().find_map(|(rule, parameter, way)| {
        let (from_bps, to_bps) = knobs.turn(parameter, way)?;
        Some(Adjustment { parameter, from_bps, to_bps, rule, reasons: figures.reasons() })
    })
}

/// How well the run goes: a score of 0 to 100 from four parts of 0 to 100, weighted 30 % win rate, 30 % profit
/// factor, 25 % drawdown and 15 % signals an hour, rounded half to even to one decimal.
///
/// A part is 100 when its figure is on target or better. Below, win rate and profit factor fall with their share of
/// the target; above, drawdown and signals fall to 0 at twice the target. What is not known yet is a neutral 50.
pub fn health(policy: &ControllerPolicy, performance: &Performance, equity: Option<Amount>, now: Timestamp) -> Health {
    Figures::of(policy, performance, equity, now).health()
}

fn parameter_of(rule: Rule) -> Parameter {
    match rule {
        Rule::NoWins | Rule::LowWinRate | Rule::TooManySignals | Rule::Recovered => Parameter::MinConfidence,
        Rule::LowProfitFactor | Rule::DeepDrawdown => Parameter::SizeScale,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Fewer or smaller entries.
    Tighter,
    /// Back towards the base.
    Looser,
}

struct Knobs<'a> {
    policy: &'a ControllerPolicy,
    tuning: &'a Tuning,
    base_confidence_bps: u32,
}

impl Knobs<'_> {
    /// The value before and after one step, within the bounds; `None` when there is no way to go.
    fn turn(&self, parameter: Parameter, way: Way) -> Option<(u32, u32)> {
        let base = self.base_confidence_bps;
        let (from, least, most, rises) = match parameter {
            Parameter::MinConfidence => {
                (self.tuning.min_confidence_bps.max(base), base, self.policy.max_confidence_bps.max(base), way == Way::Tighter)
            }
            Parameter::SizeScale => {
                let least = self.policy.min_size_scale_bps.min(FULL_SIZE_BPS);
                (self.tuning.size_scale_bps, least, FULL_SIZE_BPS, way == Way::Looser)
            }
        };
        let step = self.policy.step_bps;
        let to = if rises { from.saturating_add(step) } else { from.saturating_sub(step) }.clamp(least, most);
        let moves = if rises { to > from } else { to < from };
        moves.then_some((from, to))
    }
}

#[cfg(test)]
mod tests;
