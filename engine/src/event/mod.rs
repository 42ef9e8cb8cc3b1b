//! The log's lines: facts from outside ([`Input`]) and what the engine derives from them ([`Decision`]).
//!
//! The two are separate types, so a strategy cannot forge a fill. Every variant has a fixed number
//! ([`Event::kind`]) that is never reused; a new variant takes the next free one.

mod control;
mod denial;
mod insight;
mod venue;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::instrument::{Currency, Instrument, InstrumentId};
use crate::market::{Bar, BookLevels, FeedGap, Funding, Quote, Trade};
use crate::number::{Amount, Decimal, Figure, Price};
use crate::order::{Amendment, CancelReason, Fill, OrderId, OrderRequest, RejectReason, StrategyId};
use crate::time::Timestamp;

pub use control::{Adjustment, Breaker, Health, Parameter, Rule, Trip};
pub use denial::{Denial, DenialReason, Excess};
pub use insight::{Advice, Prediction, Rank, Regime, RegimeChange, Scan, Trend, Volatility};
pub use venue::{FeedSwitch, Sentiment, StrayOrder, Trouble, VenueSnapshot};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place, dense from 0. It orders replay.
    pub seq: u64,
    /// When the engine learned of it: never before the line above. It explains, `seq` orders.
    pub at: Timestamp,
    /// The `seq` of the record that this one follows from; an input's own.
    pub cause: u64,
    /// What happened.
    pub event: Event,
}

/// Either kind of line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A fact from outside.
    Input(Input),
    /// Derived from the facts before it.
    Decision(Decision),
}

/// A BLAKE3 hash, printed in hex.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A fact from outside. Never derived, never edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Always the first line.
    SessionStarted(Box<Session>),
    /// An instrument's rules, or new ones for it.
    InstrumentListed(Box<Instrument>),
    /// Money came in (or, negative, went out) other than by trading.
    Deposited {
        /// In which currency.
        currency: Currency,
        /// How much.
        amount: Amount,
    },
    /// A public trade.
    Trade(Trade),
    /// A new best bid and ask.
    Quote(Quote),
    /// A bar closed.
    Bar(Bar),
    /// A whole order book.
    BookSnapshot(Box<BookLevels>),
    /// Levels of an order book changed.
    BookDelta(Box<BookLevels>),
    /// A funding rate.
    Funding(Box<Funding>),
    /// Market data are missing.
    FeedGap(Box<FeedGap>),
    /// The venue has the order.
    OrderAccepted(OrderId),
    /// The venue refused the order.
    OrderRejected {
        /// Which.
        order: OrderId,
        /// Why.
        reason: RejectReason,
    },
    /// A conditional order's price was reached: it is live now.
    OrderTriggered(OrderId),
    /// A part of an order was traded, or all of it.
    OrderFilled(Box<Fill>),
    /// An order ended without filling whole.
    OrderCanceled {
        /// Which.
        order: OrderId,
        /// Why.
        reason: CancelReason,
    },
    /// An open order has new values.
    OrderAmended(Box<Amendment>),
    /// The venue refused an amendment; the order is unchanged.
    AmendRejected {
        /// Which.
        order: OrderId,
        /// Why.
        reason: RejectReason,
    },
    /// The venue refused a cancellation.
    CancelRejected {
        /// Which.
        order: OrderId,
        /// Why.
        reason: RejectReason,
    },
    /// The deadline that the engine asked for has come.
    Timer,
    /// A person intervened.
    Operator(Box<Command>),
    /// The last line of a session that ended in order.
    SessionEnded {
        /// Rows of input data that were malformed and, because the run was lenient, skipped.
        skipped_rows: u64,
    },
    /// A model predicts.
    PredictionReceived(Box<Prediction>),
    /// An advisor adjusts confidence.
    AdviceReceived(Box<Advice>),
    /// What the venue says that the account has: after each (re)connection.
    VenueSnapshot(Box<VenueSnapshot>),
    /// Something is wrong between us and the venue.
    TroubleBegan(Trouble),
    /// It is well again.
    TroubleEnded(Trouble),
    /// Market data come from another source.
    FeedSwitched(Box<FeedSwitch>),
    /// What the market thinks.
    SentimentObserved(Box<Sentiment>),
}

/// What the engine derives. It is logged, carried out by the gateway, and derived again on replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A strategy's opinion.
    Signal(Box<Signal>),
    /// An order for the venue.
    OrderRequested(Box<OrderRequest>),
    /// New values for an open order.
    AmendRequested(Box<Amendment>),
    /// An open order is no longer wanted.
    CancelRequested(OrderId),
    /// Something that was wanted is not done.
    Denied(Box<Denial>),
    /// A person should know.
    Alert(Box<str>),
    /// Proof of the state at this line.
    Checkpoint(Box<Checkpoint>),
    /// A strategy sees another regime than before.
    RegimeChanged(Box<RegimeChange>),
    /// A breaker stops new exposure.
    BreakerTripped(Box<Trip>),
    /// The controller gives a parameter a new value.
    ParameterAdjusted(Box<Adjustment>),
    /// How well the run goes.
    HealthAssessed(Box<Health>),
    /// Instruments were ranked.
    MarketScanned(Box<Scan>),
    /// An order that the venue has and nobody here asked for becomes the operator's. Its id is this record's seq.
    OrderAdopted(Box<StrayOrder>),
}

/// How a session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session that this one goes on from; `None` when it begins with nothing.
    pub parent: Option<Parent>,
    /// The program's name and version.
    pub build: String,
    /// The configuration's hash; its bytes are a blob beside the log.
    pub config: Hash,
    /// Of every random stream.
    pub seed: u64,
    /// How it runs.
    pub mode: Mode,
    /// What equity is measured in.
    pub currency: Currency,
    /// The strategies' names, in the order of their ids.
    pub strategies: Vec<String>,
    /// A checkpoint follows at the first line whose seq is this much above the last one's.
    pub checkpoint_every: u64,
}

/// A point in another log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The other log's digest up to there.
    pub digest: Hash,
    /// How many of its records come before.
    pub count: u64,
}

/// How a session runs. The engine never looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// On history.
    Backtest,
    /// On live data, with simulated fills.
    Paper,
    /// With money.
    Live,
}

/// What a strategy wants to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Owning it.
    Long,
    /// Out of it.
    Flat,
}

/// A number that a strategy gives as a reason, such as `rsi_14 = 28.4`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What was looked at.
    pub name: Cow<'static, str>,
    /// What it was.
    pub value: Figure,
}

/// A strategy's opinion about an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Whose.
    pub strategy: StrategyId,
    /// About what.
    pub instrument: InstrumentId,
    /// What it wants.
    pub direction: Direction,
    /// How sure it is, in basis points: 10,000 is certain.
    pub confidence_bps: u16,
    /// Where it would get out with a loss.
    pub stop: Option<Price>,
    /// Where it would get out with a profit.
    pub target: Option<Price>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// An operator's command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Opens no new positions until `Resume`.
    Halt,
    /// Trades again.
    Resume,
    /// Halts, cancels every order and sells every position.
    Flatten,
    /// Places an order by hand.
    Submit(OrderRequest),
    /// Cancels an order by hand.
    Cancel(OrderId),
}

/// Hashes of the whole state just before the checkpoint's own line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which layout of the state was hashed: [`crate::state::LAYOUT`] of the build that wrote it. Hashes of another
    /// layout cannot be compared.
    pub layout: u16,
    /// Of what `apply` keeps: instruments, orders, portfolio, clocks. `rebuild` reproduces it.
    pub state: Hash,
    /// Of the strategies' own memories. `verify` reproduces it.
    pub strategies: Hash,
}

impl Input {
    /// The instrument that it brings market data, rules or opinions of.
    #[inline]
    pub(crate) fn market(&self) -> Option<InstrumentId> {
        match self {
            Self::Trade(trade) => Some(trade.instrument),
            Self::Quote(quote) => Some(quote.instrument),
            Self::Bar(bar) => Some(bar.instrument),
            Self::BookSnapshot(levels) | Self::BookDelta(levels) => Some(levels.instrument),
            Self::Funding(funding) => Some(funding.instrument),
            Self::FeedGap(gap) => Some(gap.instrument),
            Self::InstrumentListed(instrument) => Some(instrument.id),
            Self::PredictionReceived(prediction) => Some(prediction.instrument),
            Self::AdviceReceived(advice) => Some(advice.instrument),
            _ => None,
        }
    }
}

impl Event {
    /// The variant's number in the log. Never changed, never reused.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Input(input) => match input {
                Input::SessionStarted(_) => 1,
                Input::InstrumentListed(_) => 2,
                Input::Deposited { .. } => 3,
                Input::Trade(_) => 4,
                Input::Quote(_) => 5,
                Input::Bar(_) => 6,
                Input::BookSnapshot(_) => 7,
                Input::BookDelta(_) => 8,
                Input::Funding(_) => 9,
                Input::FeedGap(_) => 10,
                Input::OrderAccepted(_) => 11,
                Input::OrderRejected { .. } => 12,
                Input::OrderTriggered(_) => 13,
                Input::OrderFilled(_) => 14,
                Input::OrderCanceled { .. } => 15,
                Input::OrderAmended(_) => 16,
                Input::AmendRejected { .. } => 17,
                Input::CancelRejected { .. } => 18,
                Input::Timer => 19,
                Input::Operator(_) => 20,
                Input::SessionEnded { .. } => 21,
                Input::PredictionReceived(_) => 22,
                Input::AdviceReceived(_) => 23,
                Input::VenueSnapshot(_) => 24,
                Input::TroubleBegan(_) => 25,
                Input::TroubleEnded(_) => 26,
                Input::FeedSwitched(_) => 27,
                Input::SentimentObserved(_) => 28,
            },
            Self::Decision(decision) => match decision {
                Decision::Signal(_) => 257,
                Decision::OrderRequested(_) => 258,
                Decision::AmendRequested(_) => 259,
                Decision::CancelRequested(_) => 260,
                Decision::Denied(_) => 261,
                Decision::Alert(_) => 262,
                Decision::Checkpoint(_) => 263,
                Decision::RegimeChanged(_) => 264,
                Decision::BreakerTripped(_) => 265,
                Decision::ParameterAdjusted(_) => 266,
                Decision::HealthAssessed(_) => 267,
                Decision::MarketScanned(_) => 268,
                Decision::OrderAdopted(_) => 269,
            },
        }
    }
}

impl Reason {
    /// A reason whose value is already exact.
    pub fn new(name: impl Into<Cow<'static, str>>, value: Decimal) -> Self {
        Self { name: name.into(), value: Figure(value) }
    }
}
