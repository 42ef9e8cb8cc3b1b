//! How the engine holds itself back: breakers, adjustments and its health.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::instrument::InstrumentId;
use crate::number::Figure;
use crate::time::Timestamp;

/// A circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Breaker {
    /// Equity fell too far since the day began (UTC).
    DailyLoss,
    /// Equity fell too far from its peak.
    Drawdown,
    /// Equity fell so far from its peak that everything is sold.
    Emergency,
    /// Too many trades in a row lost.
    LossesInARow,
    /// A position in the instrument was just closed with a loss.
    Cooldown,
    /// The instrument's recent trades brought too little.
    LowProfit,
    /// The venue has open orders that this session did not ask for.
    StrayOrders,
}

impl fmt::Display for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DailyLoss => "daily loss",
            Self::Drawdown => "drawdown",
            Self::Emergency => "emergency stop",
            Self::LossesInARow => "losses in a row",
            Self::Cooldown => "cooldown",
            Self::LowProfit => "low profit",
            Self::StrayOrders => "stray orders",
        })
    }
}

/// A breaker stops new exposure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// Which.
    pub breaker: Breaker,
    /// In one instrument; `None` for all.
    pub instrument: Option<InstrumentId>,
    /// How long; `None` until an operator resumes.
    pub until: Option<Timestamp>,
    /// What it saw: a share of equity or of a trade's cost, or a count.
    pub value: Figure,
    /// What it allows.
    pub limit: Figure,
}

/// What the controller adjusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Parameter {
    /// The least confidence of a signal that gets in, in basis points.
    MinConfidence,
    /// What entries are scaled by, in basis points.
    SizeScale,
}

/// Why the controller adjusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// Not one of the last trades won: critical.
    NoWins,
    /// Too few of the last trades won.
    LowWinRate,
    /// The last trades brought less than they should for what they lost.
    LowProfitFactor,
    /// Equity is far below its peak.
    DeepDrawdown,
    /// More signals an hour than can be good ones.
    TooManySignals,
    /// The figures are good again: a step back.
    Recovered,
}

/// A parameter has a new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Which.
    pub parameter: Parameter,
    /// The value before.
    pub from_bps: u32,
    /// The value from now on.
    pub to_bps: u32,
    /// By which rule.
    pub rule: Rule,
    /// The figures that it looked at.
    pub reasons: Vec<Reason>,
}

/// How well the run goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// 0 to 100.
    pub score: Figure,
    /// The parts that it is made of, 0 to 100 each.
    pub parts: Vec<Reason>,
}
