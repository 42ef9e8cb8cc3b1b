//! Rows of what strategies thought.

use engine::event::{DenialReason, Direction, Reason, Regime};
use engine::instrument::InstrumentId;
use engine::number::Price;
use engine::order::{OrderId, StrategyId};
use engine::time::Timestamp;

/// What became of a signal.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It became an order.
    Traded {
        /// The first one that it led to.
        order: OrderId,
    },
    /// It was refused.
    Denied {
        /// The refusal's seq.
        denial: u64,
        /// Why.
        reason: DenialReason,
    },
    /// It asked for what was so already: in or on the way in, out or on the way out.
    Ignored,
    /// It waited for an old position to be closed until another signal or order took its place, or everything was sold.
    Superseded,
    /// It ended open orders, and then nothing was left to be sold.
    Canceled,
    /// It still waits at the end of the log.
    Waiting,
}

/// A signal with its fate.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub strategy: StrategyId,
    /// About what.
    pub instrument: InstrumentId,
    /// What it wanted.
    pub direction: Direction,
    /// How sure it was, in basis points.
    pub confidence_bps: u16,
    /// Where it would get out with a loss.
    pub stop: Option<Price>,
    /// Where it would get out with a profit.
    pub target: Option<Price>,
    /// The last price then.
    pub price: Option<Price>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What became of it.
    pub fate: Fate,
}

/// A span in which one strategy saw one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeRow {
    /// The seq of the record that began it.
    pub seq: u64,
    /// When it began.
    pub from: Timestamp,
    /// When the next one began; `None` at the end of the log.
    pub to: Option<Timestamp>,
    /// Which strategy.
    pub strategy: StrategyId,
    /// Where.
    pub instrument: InstrumentId,
    /// What it saw.
    pub regime: Regime,
}
