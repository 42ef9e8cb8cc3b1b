//! Market data. Each carries the venue's own time beside the record's, and mantissas at its instrument's scale.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::number::{FixedPrice, FixedSize, Rate};
use crate::time::{Interval, Timestamp};

/// Which way an order goes, or which half of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Bids.
    Buy,
    /// Asks.
    Sell,
}

impl Side {
    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// A public trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// What was traded.
    pub instrument: InstrumentId,
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
    /// At which price.
    pub price: FixedPrice,
    /// How much.
    pub size: FixedSize,
    /// The taker's side.
    pub taker: Side,
    /// The venue's id, where it has one.
    pub trade_id: Option<u64>,
}

/// The best bid and ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Of what.
    pub instrument: InstrumentId,
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
    /// The highest price that someone pays.
    pub bid_price: FixedPrice,
    /// How much at that price.
    pub bid_size: FixedSize,
    /// The lowest price that someone takes.
    pub ask_price: FixedPrice,
    /// How much at that price.
    pub ask_size: FixedSize,
}

/// A closed candle. It becomes known, and its record is stamped, when it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Of what.
    pub instrument: InstrumentId,
    /// How long.
    pub interval: Interval,
    /// When it opened.
    pub opened_at: Timestamp,
    /// First price.
    pub open: FixedPrice,
    /// Highest price.
    pub high: FixedPrice,
    /// Lowest price.
    pub low: FixedPrice,
    /// Last price.
    pub close: FixedPrice,
    /// Traded size.
    pub volume: FixedSize,
}

impl Bar {
    /// When it closed.
    pub fn closed_at(&self) -> Timestamp {
        self.opened_at.plus_ns(self.interval.ns())
    }
}

/// One price of an order book. Size zero in a delta removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Its price.
    pub price: FixedPrice,
    /// How much rests there.
    pub size: FixedSize,
}

/// A message of an order book: the whole of it, or what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookLevels {
    /// Of what.
    pub instrument: InstrumentId,
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
    /// Buyers, in the message's order.
    pub bids: Box<[Level]>,
    /// Sellers, in the message's order.
    pub asks: Box<[Level]>,
}

/// A funding rate of a perpetual swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funding {
    /// Of what.
    pub instrument: InstrumentId,
    /// When it was paid, by the venue's clock.
    pub venue_at: Timestamp,
    /// Share of the notional that longs pay to shorts.
    pub rate: Rate,
}

/// Market data are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedGap {
    /// Of what.
    pub instrument: InstrumentId,
    /// The last thing known before the gap.
    pub from: Timestamp,
    /// The first thing known after it.
    pub to: Timestamp,
}
