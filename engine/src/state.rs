//! The state: a fold of records, and nothing but that.
//!
//! [`State::apply`] is the only place where it changes, for inputs and decisions alike, so `rebuild` gets the
//! same state from a log as the engine had when it wrote it.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::book::Book;
use crate::event::{Command, Decision, Direction, Event, Hash, Input, Record, Regime, Session, Signal};
use crate::hash::hash_of;
use crate::instrument::{Instrument, InstrumentId};
use crate::market::{Bar, BookLevels, Side, Trade};
use crate::markets::{Market, Markets};
use crate::number::{Amount, FixedPrice, Quantity};
use crate::order::{Bracket, Fill, OrderId, OrderKind, OrderRequest, Owner};
use crate::orders::{Filled, Orders};
use crate::portfolio::Portfolio;
use crate::time::Timestamp;

/// The layout of [`State`] as it is hashed: it rises when what a state keeps, or how it is written, changes.
pub const LAYOUT: u16 = 2;

/// Everything that the records so far have made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How the session began; `None` before its first record.
    pub session: Option<Box<Session>>,
    /// The last record's time.
    pub now: Timestamp,
    /// Records applied: the next one's `seq`.
    pub count: u64,
    /// The seq after the last checkpoint.
    pub checkpointed: u64,
    /// Instruments and last prices.
    pub markets: Markets,
    /// Order books, of those instruments that have them.
    pub books: BTreeMap<InstrumentId, Book>,
    /// Balances and positions.
    pub portfolio: Portfolio,
    /// Open orders.
    pub orders: Orders,
    /// Whether an operator stopped new exposure.
    pub trading: Trading,
    /// Positions on their way out.
    pub closing: BTreeSet<(Owner, InstrumentId)>,
    /// Signals to get in that wait, with their seqs, until the position that was there is closed.
    pub waiting: BTreeMap<(Owner, InstrumentId), (u64, Signal)>,
    /// What entries bought that their brackets do not cover yet, by entry order.
    pub unprotected: BTreeMap<OrderId, Unprotected>,
    /// The regime of each instrument, as a strategy last saw it.
    pub regimes: BTreeMap<InstrumentId, Regime>,
}

/// Whether new exposure may be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trading {
    /// Yes.
    #[default]
    Running,
    /// Only out of positions, until an operator resumes.
    Halted,
}

/// A bought quantity that waits for its protective orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprotected {
    /// Whose.
    pub owner: Owner,
    /// In what.
    pub instrument: InstrumentId,
    /// How it is to be protected.
    pub bracket: Bracket,
    /// How much.
    pub quantity: Quantity,
}

impl State {
    /// The value of everything in the session's currency; `None` without a session or a price.
    pub fn equity(&self) -> Option<Amount> {
        self.portfolio.equity(&self.markets, self.session.as_ref()?.currency)
    }

    /// BLAKE3 of all of it.
    pub fn hash(&self) -> Hash {
        hash_of(self)
    }

    /// Whether this owner holds or is buying the instrument.
    pub fn is_in(&self, owner: Owner, instrument: InstrumentId) -> bool {
        self.holds_a_lot(owner, instrument) || self.orders.of(owner, instrument).any(|order| order.request.side == Side::Buy)
    }

    /// Whether the position is large enough to be sold.
    pub fn holds_a_lot(&self, owner: Owner, instrument: InstrumentId) -> bool {
        self.markets.get(instrument).is_some_and(|market| self.portfolio.held(owner, instrument) >= market.smallest_order())
    }

    /// Takes one record in. Total: whatever the record says, it is applied or has no effect.
    pub fn apply(&mut self, record: &Record) {
        self.now = record.at;
        self.count = record.seq.saturating_add(1);
        match &record.event {
            Event::Input(input) => {
                self.portfolio.forget_closed();
                self.apply_input(record.at, input);
            }
            Event::Decision(decision) => self.apply_decision(record.seq, decision),
        }
    }

    #[inline]
    fn apply_input(&mut self, at: Timestamp, input: &Input) {
        match input {
            Input::Trade(Trade { instrument, price, .. }) => self.markets.set_last(*instrument, *price),
            Input::Bar(Bar { instrument, close, .. }) => self.markets.set_last(*instrument, *close),
            Input::Quote(quote) => self.markets.quote(quote),
            _ => self.apply_rare_input(at, input),
        }
    }

    fn apply_rare_input(&mut self, at: Timestamp, input: &Input) {
        match input {
            Input::SessionStarted(session) => self.session = Some(session.clone()),
            Input::InstrumentListed(instrument) => self.listed(instrument),
            Input::Deposited { currency, amount } => self.portfolio.deposit(*currency, *amount),
            Input::BookSnapshot(levels) | Input::BookDelta(levels) if self.markets.get(levels.instrument).is_some() => {
                match input {
                    Input::BookSnapshot(_) => self.book_snapshot(levels),
                    _ => self.book_delta(levels),
                }
            }
            Input::OrderAccepted(order) => self.orders.accept(*order),
            Input::OrderTriggered(order) => self.orders.trigger(*order),
            Input::OrderFilled(fill) => self.fill(at, fill),
            Input::OrderRejected { order, .. } => self.rejected(*order),
            Input::OrderCanceled { order, .. } => self.closed(*order),
            Input::OrderAmended(amendment) => {
                self.orders.amend(amendment);
                self.settle(amendment.order);
            }
            Input::CancelRejected { order, .. } => self.orders.cancel_rejected(*order),
            Input::Operator(command) => self.operator(command),
            Input::Trade(_)
            | Input::Quote(_)
            | Input::Bar(_)
            | Input::BookSnapshot(_)
            | Input::BookDelta(_)
            | Input::Funding(_)
            | Input::FeedGap(_)
            | Input::AmendRejected { .. }
            | Input::Timer
            | Input::SessionEnded { .. }
            | Input::PredictionReceived(_)
            | Input::AdviceReceived(_) => {}
        }
    }

    fn apply_decision(&mut self, seq: u64, decision: &Decision) {
        match decision {
            Decision::Signal(signal) => self.signal(seq, signal),
            Decision::OrderRequested(request) => self.requested(OrderId(seq), request),
            Decision::CancelRequested(order) => self.orders.cancel_requested(*order),
            Decision::Checkpoint(_) => self.checkpointed = self.count,
            Decision::Denied(denial) => {
                if let (Some(strategy), Some(instrument)) = (denial.strategy, denial.instrument) {
                    self.waiting.remove(&(Owner::Strategy(strategy), instrument));
                }
            }
            Decision::RegimeChanged(change) => {
                self.regimes.insert(change.instrument, change.regime);
            }
            Decision::AmendRequested(_)
            | Decision::Alert(_)
            | Decision::BreakerTripped(_)
            | Decision::ParameterAdjusted(_)
            | Decision::HealthAssessed(_)
            | Decision::MarketScanned(_) => {}
        }
    }

    /// A snapshot without levels says that the book is unknown (messages were missed): deltas build nothing until
    /// the next snapshot that has some.
    fn book_snapshot(&mut self, levels: &BookLevels) {
        if levels.bids.iter().chain(&levels.asks).any(|level| level.size.0 > 0) {
            self.books.entry(levels.instrument).or_default().replace(&levels.bids, &levels.asks);
            self.book_moved(levels.instrument);
        } else {
            self.books.remove(&levels.instrument);
        }
    }

    fn book_delta(&mut self, levels: &BookLevels) {
        if let Some(book) = self.books.get_mut(&levels.instrument) {
            book.apply(levels);
            self.book_moved(levels.instrument);
        }
    }

    fn book_moved(&mut self, id: InstrumentId) {
        let touch = self.books.get(&id).and_then(|book| book.best_bid().zip(book.best_ask()));
        if let Some((bid, ask)) = touch {
            self.markets.set_last(id, FixedPrice(i64::midpoint(bid.price.0, ask.price.0)));
        }
    }

    fn signal(&mut self, seq: u64, signal: &Signal) {
        let key = (Owner::Strategy(signal.strategy), signal.instrument);
        match signal.direction {
            Direction::Flat => {
                self.waiting.remove(&key);
                if self.is_in(key.0, key.1) {
                    self.closing.insert(key);
                }
            }
            Direction::Long if self.closing.contains(&key) => {
                self.waiting.insert(key, (seq, signal.clone()));
            }
            Direction::Long => {}
        }
    }

    /// Levels of a book are mantissas: at another scale they mean other prices, so it starts anew.
    fn listed(&mut self, instrument: &Instrument) {
        let scales =
            |market: Option<&Market>| market.map(|Market { instrument, .. }| (instrument.price_scale, instrument.size_scale));
        let before = scales(self.markets.get(instrument.id));
        self.markets.list(instrument);
        if before != scales(self.markets.get(instrument.id)) {
            self.books.remove(&instrument.id);
        }
        self.forget_left_positions();
    }

    fn requested(&mut self, id: OrderId, request: &OrderRequest) {
        self.orders.request(id, request);
        if request.side == Side::Buy {
            self.waiting.remove(&(request.owner, request.instrument));
        }
        // The pair shares one quantity, so the first of it covers it.
        if let (Some(entry), None) = (request.protects, request.oco)
            && let Some(unprotected) = self.unprotected.get_mut(&entry)
            && (unprotected.owner, unprotected.instrument) == (request.owner, request.instrument)
        {
            unprotected.quantity -= request.quantity;
            self.settle(entry);
        }
    }

    fn fill(&mut self, at: Timestamp, fill: &Fill) {
        let Filled::Counts(request) = self.orders.fill(fill) else { return };
        self.portfolio.book(at, &request, fill, &self.markets);
        if let (Some(bracket), Some(market)) = (request.bracket, self.markets.get(request.instrument))
            && request.side == Side::Buy
            && (bracket.stop.is_some() || bracket.target.is_some())
        {
            let fee = if fill.fee_currency == market.instrument.base { Quantity(fill.fee.0) } else { Quantity::ZERO };
            let (owner, instrument) = (request.owner, request.instrument);
            self.unprotected
                .entry(fill.order)
                .or_insert(Unprotected { owner, instrument, bracket, quantity: Quantity::ZERO })
                .quantity += fill.quantity - fee;
        }
        self.settle(fill.order);
    }

    /// A refused way out leaves the position as it is; asking again would be refused again.
    fn rejected(&mut self, order: OrderId) {
        if let Some(open) = self.orders.get(order) {
            let key = (open.request.owner, open.request.instrument);
            if open.request.side == Side::Sell && open.request.kind == OrderKind::Market {
                self.closing.remove(&key);
                self.waiting.remove(&key);
            }
        }
        self.closed(order);
    }

    fn closed(&mut self, order: OrderId) {
        self.orders.close(order);
        self.settle(order);
    }

    /// Forgets what is done once an order has ended: a closing position that is flat, a remainder too small
    /// to be protected.
    fn settle(&mut self, order: OrderId) {
        if self.orders.get(order).is_some() {
            return;
        }
        if let Some(unprotected) = self.unprotected.get(&order)
            && self.markets.get(unprotected.instrument).is_none_or(|market| unprotected.quantity < market.smallest_order())
        {
            self.unprotected.remove(&order);
        }
        self.forget_left_positions();
    }

    fn forget_left_positions(&mut self) {
        let flat = |&&(owner, instrument): &&(Owner, InstrumentId)| {
            !self.holds_a_lot(owner, instrument) && self.orders.of(owner, instrument).next().is_none()
        };
        let left: Vec<_> = self.closing.iter().filter(flat).copied().collect();
        for key in left {
            self.closing.remove(&key);
            self.unprotected.retain(|_, unprotected| (unprotected.owner, unprotected.instrument) != key);
        }
    }

    fn operator(&mut self, command: &Command) {
        match command {
            Command::Halt => self.trading = Trading::Halted,
            Command::Resume => self.trading = Trading::Running,
            Command::Flatten => {
                self.trading = Trading::Halted;
                let held = self.portfolio.positions().map(|(owner, instrument, _)| (owner, instrument));
                let ordered = self.orders.iter().map(|order| (order.request.owner, order.request.instrument));
                let all: BTreeSet<_> = held.chain(ordered).collect();
                let live = all.into_iter().filter(|&(owner, instrument)| {
                    self.holds_a_lot(owner, instrument) || self.orders.of(owner, instrument).next().is_some()
                });
                self.closing = live.collect();
                self.waiting.clear();
            }
            Command::Submit(_) | Command::Cancel(_) => {}
        }
    }
}
