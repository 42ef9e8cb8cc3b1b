//! Rows of what held a run back, and of what it was told beside prices.

use engine::event::{Breaker, DenialReason, Parameter, Reason, Rule, Trouble};
use engine::instrument::InstrumentId;
use engine::number::{Figure, Rate};
use engine::order::StrategyId;
use engine::time::Timestamp;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct DenialRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The signal that was refused; `None` where an order of a strategy's own or an operator's was.
    pub signal: Option<u64>,
    /// Whose wish it was; `None` for an operator's.
    pub strategy: Option<StrategyId>,
    /// In what.
    pub instrument: Option<InstrumentId>,
    /// Why.
    pub reason: DenialReason,
}

/// A breaker that tripped.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Which.
    pub breaker: Breaker,
    /// In one instrument; `None` for all.
    pub instrument: Option<InstrumentId>,
    /// How long; `None` until an operator resumed.
    pub until: Option<Timestamp>,
    /// What it saw: a share of equity or of a trade's cost, or a count.
    pub value: Figure,
    /// What it allows.
    pub limit: Figure,
}

/// A parameter that the controller changed.
#[derive(Clone, Debug, PartialEq)]
pub struct AdjustmentRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Which.
    pub parameter: Parameter,
    /// The value before, in basis points.
    pub from_bps: u32,
    /// The value after, in basis points.
    pub to_bps: u32,
    /// By which rule.
    pub rule: Rule,
    /// The figures that it looked at.
    pub evidence: Vec<Reason>,
}

/// How well the run went.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// 0 to 100.
    pub score: Figure,
    /// What it is made of, 0 to 100 each.
    pub parts: Vec<Reason>,
}

/// A span in which something was wrong between us and the venue.
#[derive(Clone, Debug, PartialEq)]
pub struct TroubleRow {
    /// The seq of the record that began it.
    pub seq: u64,
    /// When it began.
    pub from: Timestamp,
    /// When it was over; `None` at the end of the log.
    pub to: Option<Timestamp>,
    /// What.
    pub trouble: Trouble,
}

/// A funding rate of a perpetual swap.
#[derive(Clone, Debug, PartialEq)]
pub struct FundingRow {
    /// The record's seq.
    pub seq: u64,
    /// When we learned of it.
    pub at: Timestamp,
    /// When it was paid, by the venue's clock.
    pub venue_at: Timestamp,
    /// Of what.
    pub instrument: InstrumentId,
    /// Share of the notional that longs paid to shorts.
    pub rate: Rate,
}
