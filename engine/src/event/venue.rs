//! What a live run learns of its venue beside market data and reports: what the account has, what is wrong, and what
//! the world thinks.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::instrument::{Currency, InstrumentId};
use crate::market::Side;
use crate::number::{Amount, Figure, Quantity};
use crate::order::OrderKind;
use crate::time::Timestamp;

/// What a venue says that the account has, all at one moment. Every fill up to then was reported before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueSnapshot {
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
    /// Units of each currency, what orders hold included. The account has nothing of a currency that is not here.
    pub balances: Vec<(Currency, Amount)>,
    /// Open orders that this session did not ask for.
    pub strays: Vec<StrayOrder>,
}

/// An open order at the venue that this session did not ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrayOrder {
    /// The venue's id of it.
    pub venue_id: u64,
    /// Of what.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How much in total, in base units.
    pub quantity: Quantity,
    /// How much of it has filled.
    pub filled: Quantity,
    /// How.
    pub kind: OrderKind,
}

/// Something is wrong between the engine and its venue. While it lasts nothing new is bought; ways out and protection
/// go on as far as they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trouble {
    /// Market data do not come.
    StaleFeed,
    /// Reports on orders do not come.
    OrdersLost,
    /// The venue's clock and ours are too far apart.
    ClockSkew,
    /// The disk of the log is nearly full.
    LowDisk,
    /// Strategies are shown what was before the session began.
    WarmingUp,
}

impl Trouble {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::StaleFeed => "stale feed",
            Self::OrdersLost => "orders lost",
            Self::ClockSkew => "clock skew",
            Self::LowDisk => "low disk",
            Self::WarmingUp => "warming up",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Market data come from somewhere else from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSwitch {
    /// Of which instrument; `None` for all.
    pub instrument: Option<InstrumentId>,
    /// From where, such as `okx` or `binance`.
    pub source: Box<str>,
}

/// A number that says what the market thinks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentiment {
    /// Who says so, such as `alternative.me`.
    pub source: Box<str>,
    /// What it is, such as `fear_and_greed`.
    pub name: Box<str>,
    /// How much.
    pub value: Figure,
    /// The source's word for that; empty where it has none.
    pub label: Box<str>,
    /// Since when it is so, by the source's clock.
    pub source_at: Timestamp,
}
