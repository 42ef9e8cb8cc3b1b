//! What is thought of the markets: by models and advisors outside, by strategies inside.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::instrument::InstrumentId;
use crate::order::StrategyId;
use crate::time::Timestamp;

/// A model's prediction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    /// About what.
    pub instrument: InstrumentId,
    /// Whose: a model's name.
    pub model: String,
    /// The probability that the price rises, in basis points: 5,000 is no opinion.
    pub up_bps: u16,
    /// After this it counts no more.
    pub valid_until: Timestamp,
}

/// An advisor's adjustment of confidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// About what.
    pub instrument: InstrumentId,
    /// Whose.
    pub source: String,
    /// Points of a hundred that it adds to the confidence in a rise, or takes off it.
    pub points: i8,
    /// After this it counts no more.
    pub valid_until: Timestamp,
    /// Why, in the advisor's words.
    pub comment: String,
}

/// Whether prices go somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trend {
    /// They do.
    Trending,
    /// They go to and fro.
    Ranging,
}

/// How much prices move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Volatility {
    /// Little.
    Low,
    /// Much.
    High,
}

/// What kind of market it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regime {
    /// Whether prices go somewhere.
    pub trend: Trend,
    /// How sure that is, in basis points.
    pub trend_confidence_bps: u16,
    /// How much they move.
    pub volatility: Volatility,
    /// How sure that is, in basis points.
    pub volatility_confidence_bps: u16,
}

/// A strategy sees another regime than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegimeChange {
    /// Which strategy.
    pub strategy: StrategyId,
    /// Where.
    pub instrument: InstrumentId,
    /// What it sees now.
    pub regime: Regime,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A ranking of instruments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Whose.
    pub strategy: StrategyId,
    /// Best first.
    pub ranks: Vec<Rank>,
}

/// An instrument's score with its parts: 0 to 10,000 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Which.
    pub instrument: InstrumentId,
    /// All parts together.
    pub score_bps: u16,
    /// How far it breaks out of its range.
    pub breakout_bps: u16,
    /// How strongly it moves.
    pub momentum_bps: u16,
    /// How far it is from its mean.
    pub mean_reversion_bps: u16,
    /// How well volume confirms the move.
    pub volume_bps: u16,
    /// How clear its patterns are.
    pub pattern_bps: u16,
    /// How much is traded.
    pub liquidity_bps: u16,
}
