//! Orders: what can be asked of a venue, and what it answers.

use alloc::boxed::Box;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::instrument::{Currency, InstrumentId};
use crate::market::Side;
use crate::number::{Amount, Price, Quantity, Rate};
use crate::time::Timestamp;

/// An order's id: the `seq` of the record that requested it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderId(pub u64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A strategy's index in the run's list, dense from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StrategyId(pub u16);

/// Who wants an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// A strategy of the run.
    Strategy(StrategyId),
    /// A person.
    Operator,
}

/// How long a limit order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeInForce {
    /// Until filled or canceled.
    #[default]
    GoodTilCanceled,
    /// Fills what it can at once; the rest is canceled.
    ImmediateOrCancel,
    /// Fills whole at once, or is canceled whole.
    FillOrKill,
    /// Only rests: canceled by the venue if it would take.
    PostOnly,
}

/// How far a trailing stop stays behind the best price since it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrailBy {
    /// In quote units.
    Price(Price),
    /// As a share of the best price.
    Rate(Rate),
}

/// What kind of order, with exactly the prices that this kind has. Triggers look at the last traded price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderKind {
    /// Takes what is there.
    Market,
    /// At `price` or better.
    Limit {
        /// The worst acceptable price.
        price: Price,
        /// How long it stands.
        time_in_force: TimeInForce,
    },
    /// A market order once the price is at `trigger` or worse.
    StopMarket {
        /// The price that activates it.
        trigger: Price,
    },
    /// A limit order once the price is at `trigger` or worse.
    StopLimit {
        /// The price that activates it.
        trigger: Price,
        /// The worst acceptable price.
        price: Price,
    },
    /// A market order once the price is at `trigger` or better.
    TakeProfitMarket {
        /// The price that activates it.
        trigger: Price,
    },
    /// A limit order once the price is at `trigger` or better.
    TakeProfitLimit {
        /// The price that activates it.
        trigger: Price,
        /// The worst acceptable price.
        price: Price,
    },
    /// A stop-market order whose trigger follows the best price since it was accepted.
    TrailingStop {
        /// How far behind.
        by: TrailBy,
    },
}

impl OrderKind {
    /// The limit price, of those kinds that have one.
    pub fn limit_price(&self) -> Option<Price> {
        match *self {
            Self::Limit { price, .. } | Self::StopLimit { price, .. } | Self::TakeProfitLimit { price, .. } => Some(price),
            Self::Market | Self::StopMarket { .. } | Self::TakeProfitMarket { .. } | Self::TrailingStop { .. } => None,
        }
    }

    /// The fixed trigger price, of those kinds that have one.
    pub fn trigger(&self) -> Option<Price> {
        match *self {
            Self::StopMarket { trigger }
            | Self::StopLimit { trigger, .. }
            | Self::TakeProfitMarket { trigger }
            | Self::TakeProfitLimit { trigger, .. } => Some(trigger),
            Self::Market | Self::Limit { .. } | Self::TrailingStop { .. } => None,
        }
    }

    /// This kind with an amendment's prices, where it has such prices.
    pub(crate) fn amended(self, new: &Amendment) -> Self {
        let price_of = |old: Price| new.price.unwrap_or(old);
        let trigger_of = |old: Price| new.trigger.unwrap_or(old);
        match self {
            Self::Limit { price, time_in_force } => Self::Limit { price: price_of(price), time_in_force },
            Self::StopMarket { trigger } => Self::StopMarket { trigger: trigger_of(trigger) },
            Self::TakeProfitMarket { trigger } => Self::TakeProfitMarket { trigger: trigger_of(trigger) },
            Self::StopLimit { trigger, price } => Self::StopLimit { trigger: trigger_of(trigger), price: price_of(price) },
            Self::TakeProfitLimit { trigger, price } => {
                Self::TakeProfitLimit { trigger: trigger_of(trigger), price: price_of(price) }
            }
            Self::Market | Self::TrailingStop { .. } => self,
        }
    }

    /// Whether the order waits for a price before it is live in the book.
    pub fn is_conditional(&self) -> bool {
        self.trigger().is_some() || matches!(self, Self::TrailingStop { .. })
    }
}

/// Protective prices for a position that an order opens. Each becomes an order when the entry fills; the two
/// share one quantity (one cancels the other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// Where a stop-market order gets out.
    pub stop: Option<Price>,
    /// Where a take-profit order gets out.
    pub target: Option<Price>,
}

/// An order as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// Who wants it.
    pub owner: Owner,
    /// Of what.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How much, in base units.
    pub quantity: Quantity,
    /// How.
    pub kind: OrderKind,
    /// Protection to place once it fills.
    pub bracket: Option<Bracket>,
    /// The order that it shares its quantity with: what one fills, the other loses.
    pub oco: Option<OrderId>,
    /// The entry order whose bracket it carries out.
    pub protects: Option<OrderId>,
}

impl OrderRequest {
    /// Whether an amendment asks for more of it, or for a higher price.
    pub(crate) fn grows(&self, new: &Amendment) -> bool {
        let is_dearer = |new: Option<Price>, old: Option<Price>| new.zip(old).is_some_and(|(new, old)| new > old);
        new.quantity.is_some_and(|quantity| quantity > self.quantity)
            || is_dearer(new.price, self.kind.limit_price())
            || is_dearer(new.trigger, self.kind.trigger())
    }
}

/// New values for an open order; `None` keeps the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    /// Which order.
    pub order: OrderId,
    /// Total quantity, what has filled included.
    pub quantity: Option<Quantity>,
    /// Limit price.
    pub price: Option<Price>,
    /// Trigger price.
    pub trigger: Option<Price>,
}

/// Whether a fill rested in the book or took from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Liquidity {
    /// It rested.
    Maker,
    /// It took.
    Taker,
}

/// A part of one of our orders was traded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// Which order.
    pub order: OrderId,
    /// The venue's id of this fill; the same id never counts twice.
    pub fill_id: u64,
    /// When, by the venue's clock.
    pub venue_at: Timestamp,
    /// At which price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// What it cost; negative for a rebate.
    pub fee: Amount,
    /// In which currency the fee is.
    pub fee_currency: Currency,
    /// Maker or taker.
    pub liquidity: Liquidity,
}

impl Fill {
    /// Whether no trade can be like this: for nothing or less, or at a price below zero. It has no effect.
    pub fn is_impossible(&self) -> bool {
        !self.quantity.is_positive() || self.price.is_negative()
    }
}

/// Why a venue refused an order, an amendment or a cancellation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RejectReason {
    /// Not enough free balance for the order and its fee.
    InsufficientBalance,
    /// The instrument does not trade here.
    UnknownInstrument,
    /// The price is not a multiple of the tick size.
    PriceOffTick,
    /// The quantity is not a multiple of the lot size.
    QuantityOffLot,
    /// The quantity is below the minimum.
    BelowMinimumSize,
    /// A price or quantity is zero, negative or too large.
    InvalidNumber,
    /// There is no price yet to trade against.
    NoMarket,
    /// The order is not open (any more).
    NotOpen,
    /// The kind of order does not have the price that was to be amended.
    NotAmendable,
    /// The quantity would be below what has filled already.
    BelowFilledQuantity,
    /// The order that it is linked with is not open.
    LinkedOrderNotOpen,
    /// Anything else, in the venue's own words.
    Venue {
        /// Its code.
        code: i32,
        /// Its message.
        message: Box<str>,
    },
}

/// Why an order ended without filling whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelReason {
    /// We asked for it.
    Requested,
    /// An immediate-or-cancel or market order found no more to trade against.
    NothingLeftToTake,
    /// A fill-or-kill order could not fill whole.
    CouldNotFillWhole,
    /// A post-only order would have taken.
    WouldTake,
    /// The order that it was linked with filled or was canceled.
    Linked,
    /// The balance no longer covers it.
    InsufficientBalance,
    /// The venue's own decision.
    Venue {
        /// Its code; 0 where it gives none.
        code: i32,
    },
}
