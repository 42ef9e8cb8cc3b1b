//! Refusals: what was wanted and is not done, and why.

use serde::{Deserialize, Serialize};

use super::{Breaker, Trouble};
use crate::instrument::InstrumentId;
use crate::number::{Quantity, Rate};
use crate::order::{OrderId, StrategyId};
use crate::time::Timestamp;

/// A refusal, as a first-class event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// The strategy whose wish it was; `None` for an operator's.
    pub strategy: Option<StrategyId>,
    /// The instrument, where there is one.
    pub instrument: Option<InstrumentId>,
    /// Why.
    pub reason: DenialReason,
}

/// Why something that was wanted is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DenialReason {
    /// Trading is halted: only orders that reduce a position pass.
    Halted,
    /// The instrument has never been listed.
    UnknownInstrument,
    /// The instrument has no price yet, so nothing can be sized or checked.
    NoPrice,
    /// The size comes out below the instrument's minimum.
    BelowMinimumSize {
        /// What came out.
        quantity: Quantity,
        /// The instrument's minimum.
        minimum: Quantity,
    },
    /// As many orders are open as the engine allows.
    TooManyOpenOrders {
        /// The limit.
        limit: u32,
    },
    /// The order to amend or cancel is not open.
    NotOpen {
        /// Which.
        order: OrderId,
    },
    /// The order belongs to someone else.
    NotYours {
        /// Which.
        order: OrderId,
    },
    /// The signal is less sure than it must be.
    LowConfidence {
        /// How sure it is, in basis points.
        confidence_bps: u16,
        /// The least, in basis points.
        minimum_bps: u16,
    },
    /// One asset would be too much of the equity.
    AssetExposure(Excess),
    /// All positions together would be too much of the equity.
    TotalExposure(Excess),
    /// The trade would lose too much of the equity at its stop.
    TradeRisk(Excess),
    /// The position and those that move with it would be too much of the equity.
    CorrelatedExposure(Excess),
    /// A bad day would cost too much of the equity.
    ValueAtRisk(Excess),
    /// The order is too large for one order: a slip of the finger.
    OrderTooLarge(Excess),
    /// The order's price is too far from the last one, as a share of it.
    PriceBand(Excess),
    /// As many positions are open as there may be.
    TooManyPositions {
        /// The limit.
        limit: u32,
    },
    /// The last market data are too old to trade on.
    StaleData {
        /// How old, in nanoseconds.
        age_ns: u64,
        /// How old they may be.
        limit_ns: u64,
    },
    /// Too many orders in one second.
    OrderRate {
        /// The limit.
        limit: u32,
    },
    /// A breaker stops new exposure.
    Paused {
        /// Which.
        breaker: Breaker,
        /// How long; `None` until an operator resumes.
        until: Option<Timestamp>,
    },
    /// The equity is not known, or nothing is left of it.
    NoEquity,
    /// Something is wrong between us and the venue.
    Trouble(Trouble),
}

/// A share that is more than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excess {
    /// What it would be.
    pub share: Rate,
    /// What it may be.
    pub limit: Rate,
}

impl DenialReason {
    /// What it is called where reasons are counted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::UnknownInstrument => "unknown instrument",
            Self::NoPrice => "no price",
            Self::BelowMinimumSize { .. } => "below minimum size",
            Self::TooManyOpenOrders { .. } => "too many open orders",
            Self::NotOpen { .. } => "order not open",
            Self::NotYours { .. } => "order of another",
            Self::LowConfidence { .. } => "low confidence",
            Self::AssetExposure(_) => "asset exposure",
            Self::TotalExposure(_) => "total exposure",
            Self::TradeRisk(_) => "trade risk",
            Self::CorrelatedExposure(_) => "correlated exposure",
            Self::ValueAtRisk(_) => "value at risk",
            Self::OrderTooLarge(_) => "order too large",
            Self::PriceBand(_) => "price band",
            Self::TooManyPositions { .. } => "too many positions",
            Self::StaleData { .. } => "stale data",
            Self::OrderRate { .. } => "order rate",
            Self::Paused { breaker: Breaker::DailyLoss, .. } => "paused: daily loss",
            Self::Paused { breaker: Breaker::Drawdown, .. } => "paused: drawdown",
            Self::Paused { breaker: Breaker::Emergency, .. } => "paused: emergency stop",
            Self::Paused { breaker: Breaker::LossesInARow, .. } => "paused: losses in a row",
            Self::Paused { breaker: Breaker::Cooldown, .. } => "paused: cooldown",
            Self::Paused { breaker: Breaker::LowProfit, .. } => "paused: low profit",
            Self::Paused { breaker: Breaker::StrayOrders, .. } => "paused: stray orders",
            Self::NoEquity => "no equity",
            Self::Trouble(trouble) => trouble.name(),
        }
    }
}
