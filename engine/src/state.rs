//! The state: a fold of records, and nothing but that.
//!
//! [`State::apply`] is the only place where it changes, for inputs and decisions alike, so `rebuild` gets the
//! same state from a log as the engine had when it wrote it.

mod control;
mod guarded;
mod venue;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::book::Book;
use crate::controller::Tuning;
use crate::event::{Breaker, Decision, Direction, Event, Hash, Input, Record, Regime, Session, Signal, Trouble};
use crate::guard::{Guard, Guards, is_stop, is_target};
use crate::hash::hash_of;
use crate::instrument::{Currency, Instrument, InstrumentId};
use crate::market::{Bar, BookLevels, Side, Trade};
use crate::markets::{Market, Markets};
use crate::number::{Amount, FixedPrice, Quantity};
use crate::order::{CancelReason, Fill, OrderId, OrderKind, OrderRequest, Owner};
use crate::orders::{Filled, MAX_OPEN_ORDERS, OpenOrder, Orders};
use crate::performance::{Exit, Performance};
use crate::portfolio::Portfolio;
use crate::refusals::Refusals;
use crate::time::{SECOND_NS, Timestamp};
use crate::watch::Watch;

pub(crate) use venue::Difference;

/// The layout of [`State`] as it is hashed: it rises when what a state keeps, or how it is written, changes.
pub const LAYOUT: u16 = 4;

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
    /// What is wrong with the venue.
    pub troubles: BTreeSet<Trouble>,
    /// Positions on their way out.
    pub closing: BTreeSet<(Owner, InstrumentId)>,
    /// Signals to get in that wait, with their seqs, until the position that was there is closed.
    pub waiting: BTreeMap<(Owner, InstrumentId), (u64, Signal)>,
    /// How positions are protected, of those that are.
    pub guards: Guards,
    /// What of their protection and of cancellations the venue refused since the last market data.
    pub refusals: Refusals,
    /// The regime of each instrument, as a strategy last saw it.
    pub regimes: BTreeMap<InstrumentId, Regime>,
    /// What the log's own results say.
    pub performance: Performance,
    /// What the controller has adjusted.
    pub tuning: Tuning,
    /// Breakers that tripped, each with its end; `None` until an operator resumes.
    pub pauses: BTreeMap<(Breaker, Option<InstrumentId>), Option<Timestamp>>,
    /// When the orders of the last second were requested.
    order_times: VecDeque<Timestamp>,
    #[serde(skip)]
    pub(crate) watch: Watch,
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
        self.is_sellable(owner, instrument) || self.orders.of(owner, instrument).any(|order| order.request.side == Side::Buy)
    }

    /// Whether the position is large enough to be sold.
    pub fn is_sellable(&self, owner: Owner, instrument: InstrumentId) -> bool {
        self.markets.get(instrument).is_some_and(|market| self.portfolio.held(owner, instrument) >= market.smallest_order())
    }

    /// The breaker that stops new exposure in an instrument now, and until when.
    pub fn pause(&self, instrument: InstrumentId) -> Option<(Breaker, Option<Timestamp>)> {
        let mut active = self.pauses.iter().filter(|(_, until)| until.is_none_or(|until| self.now < until));
        active
            .find(|((_, scope), _)| scope.is_none_or(|scope| scope == instrument))
            .map(|(&(breaker, _), &until)| (breaker, until))
    }

    /// Whether a breaker holds now.
    pub fn is_paused(&self, breaker: Breaker, instrument: Option<InstrumentId>) -> bool {
        self.pauses.get(&(breaker, instrument)).is_some_and(|until| until.is_none_or(|until| self.now < until))
    }

    /// How many orders were requested after `since`, of those in the last second.
    pub fn orders_since(&self, since: Timestamp) -> usize {
        self.order_times.iter().filter(|&&at| at > since).count()
    }

    /// How much of a guarded position no open order protects: zero, or at least the smallest order.
    pub fn unprotected(&self, owner: Owner, instrument: InstrumentId) -> Quantity {
        let Some((guard, market)) = self.guards.get(&(owner, instrument)).zip(self.markets.get(instrument)) else {
            return Quantity::ZERO;
        };
        let bare = self.portfolio.held(owner, instrument) - guard.covered(&self.orders, owner, instrument);
        let bare = bare.floor_to(market.instrument.lot_size);
        if bare >= market.smallest_order() { bare } else { Quantity::ZERO }
    }

    /// Whether the venue may be asked to cancel it: it was not asked yet, and did not refuse just now.
    pub(crate) fn may_cancel(&self, order: &OpenOrder) -> bool {
        order.cancel_requested.is_none() && !self.refusals.has_cancel(order.id)
    }

    /// Positions of which the venue refused something since the last market data.
    #[inline]
    pub(crate) fn refused_positions(&self) -> Vec<(Owner, InstrumentId)> {
        if self.refusals.is_empty() { Vec::new() } else { self.refusals.positions(&self.orders) }
    }

    /// The equity, if it was looked at for the last input: whenever it may be a new peak or below a breaker's
    /// floor, and whenever anything but a price changed it.
    pub(crate) fn seen_equity(&self) -> Option<Amount> {
        self.watch.seen
    }

    /// Takes one record in. Total: whatever the record says, it is applied or has no effect.
    pub fn apply(&mut self, record: &Record) {
        self.now = record.at;
        self.count = record.seq.saturating_add(1);
        match &record.event {
            Event::Input(input) => {
                self.portfolio.forget_closed();
                self.watch.begin();
                if !self.refusals.is_empty() && input.market().is_some() {
                    self.refusals.clear();
                }
                let is_new_day = self.watch.is_new_day(record.at);
                if is_new_day {
                    // The day begins with what there was before its first event.
                    self.look(record.at);
                }
                self.apply_input(record.at, input);
                if is_new_day || self.watch.is_due() {
                    self.look(record.at);
                }
            }
            Event::Decision(decision) => self.apply_decision(record.seq, decision),
        }
    }

    #[inline]
    fn apply_input(&mut self, at: Timestamp, input: &Input) {
        match input {
            Input::Trade(Trade { instrument, price, .. }) => self.priced(at, *instrument, *price),
            Input::Bar(bar) => self.bar(at, bar),
            Input::Quote(quote) => {
                let middle = i64::midpoint(quote.bid_price.0, quote.ask_price.0);
                self.priced(at, quote.instrument, FixedPrice(middle));
            }
            _ => self.apply_rare_input(at, input),
        }
    }

    #[inline]
    fn priced(&mut self, at: Timestamp, id: InstrumentId, price: FixedPrice) {
        let Some(market) = self.markets.get_mut(id) else { return };
        let before = market.last.replace(price);
        (market.last_at, market.bar_ns) = (at, 0);
        market.statistics.price(at, price);
        self.watch.moved(id, before, price);
    }

    #[inline]
    fn bar(&mut self, at: Timestamp, bar: &Bar) {
        let Some(market) = self.markets.get_mut(bar.instrument) else { return };
        let before = market.last.replace(bar.close);
        (market.last_at, market.bar_ns) = (at, bar.interval.ns());
        market.statistics.bar(bar);
        self.watch.moved(bar.instrument, before, bar.close);
    }

    /// Looks at the exact equity.
    #[cold]
    fn look(&mut self, at: Timestamp) {
        let Some(currency) = self.session.as_ref().map(|session| session.currency) else { return };
        let equity = self.portfolio.equity(&self.markets, currency);
        if let Some(equity) = equity {
            self.performance.equity_moved(at, equity);
        }
        self.watch.seen(at, equity, self.performance.peak());
        self.watch.weigh(&self.portfolio, &self.markets, currency);
    }

    fn apply_rare_input(&mut self, at: Timestamp, input: &Input) {
        let changes_equity = matches!(
            input,
            Input::OrderFilled(_)
                | Input::Deposited { .. }
                | Input::InstrumentListed(_)
                | Input::SessionStarted(_)
                | Input::VenueSnapshot(_)
        );
        if changes_equity || matches!(input, Input::Operator(_)) {
            self.watch.look();
        }
        match input {
            Input::SessionStarted(session) => self.session = Some(session.clone()),
            Input::InstrumentListed(instrument) => self.listed(instrument),
            Input::Deposited { currency, amount } => self.deposited(*currency, *amount),
            Input::BookSnapshot(levels) if self.markets.get(levels.instrument).is_some() => self.book_snapshot(at, levels),
            Input::BookDelta(levels) if self.markets.get(levels.instrument).is_some() => self.book_delta(at, levels),
            Input::OrderAccepted(order) => self.accepted(*order),
            Input::OrderTriggered(order) => self.orders.trigger(*order),
            Input::OrderFilled(fill) => self.fill(at, fill),
            Input::OrderRejected { order, .. } => self.rejected(*order),
            Input::OrderCanceled { order, reason } => self.canceled(*order, *reason),
            Input::OrderAmended(amendment) => {
                self.raise_guard(amendment);
                self.orders.amend(amendment);
                self.settle(amendment.order);
            }
            Input::CancelRejected { order, .. } => self.cancel_rejected(*order),
            Input::AmendRejected { order, .. } => self.orders.amend_answered(*order),
            Input::Operator(command) => self.operator(command),
            Input::VenueSnapshot(snapshot) => self.reconcile(snapshot),
            Input::TroubleBegan(trouble) => {
                self.troubles.insert(*trouble);
            }
            Input::TroubleEnded(trouble) => {
                self.troubles.remove(trouble);
            }
            Input::Trade(_)
            | Input::Quote(_)
            | Input::Bar(_)
            | Input::BookSnapshot(_)
            | Input::BookDelta(_)
            | Input::Funding(_)
            | Input::FeedGap(_)
            | Input::Timer
            | Input::SessionEnded { .. }
            | Input::PredictionReceived(_)
            | Input::AdviceReceived(_)
            | Input::FeedSwitched(_)
            | Input::SentimentObserved(_) => {}
        }
    }

    fn apply_decision(&mut self, seq: u64, decision: &Decision) {
        match decision {
            Decision::Signal(signal) => self.signal(seq, signal),
            Decision::OrderRequested(request) => self.requested(OrderId(seq), request),
            Decision::OrderAdopted(stray) => self.orders.adopt(OrderId(seq), stray),
            Decision::BreakerTripped(trip) => self.tripped(trip),
            Decision::ParameterAdjusted(adjustment) => self.tuning.apply(self.now, adjustment),
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
            Decision::AmendRequested(amendment) => self.orders.amend_requested(amendment),
            Decision::Alert(_) | Decision::HealthAssessed(_) | Decision::MarketScanned(_) => {}
        }
    }

    /// A snapshot without levels says that the book is unknown (messages were missed): deltas build nothing until
    /// the next snapshot that has some.
    fn book_snapshot(&mut self, at: Timestamp, levels: &BookLevels) {
        if levels.bids.iter().chain(&levels.asks).any(|level| level.size.0 > 0) {
            self.books.entry(levels.instrument).or_default().replace(&levels.bids, &levels.asks);
            self.book_moved(at, levels.instrument);
        } else {
            self.books.remove(&levels.instrument);
        }
    }

    fn book_delta(&mut self, at: Timestamp, levels: &BookLevels) {
        if let Some(book) = self.books.get_mut(&levels.instrument) {
            book.apply(levels);
            self.book_moved(at, levels.instrument);
        }
    }

    fn book_moved(&mut self, at: Timestamp, id: InstrumentId) {
        let touch = self.books.get(&id).and_then(|book| book.best_bid().zip(book.best_ask()));
        if let Some((bid, ask)) = touch {
            self.priced(at, id, FixedPrice(i64::midpoint(bid.price.0, ask.price.0)));
        }
    }

    /// Money in or out is no profit: what equity is measured against moves with it.
    fn deposited(&mut self, currency: Currency, amount: Amount) {
        let before = self.equity();
        self.portfolio.deposit(currency, amount);
        let session = self.session.as_ref().map(|session| session.currency);
        let value = session.and_then(|session| self.markets.convert(amount, currency, session));
        if let Some((before, value)) = before.zip(value) {
            self.performance.deposited(before, value);
        }
    }

    fn signal(&mut self, seq: u64, signal: &Signal) {
        if signal.direction == Direction::Long && u32::from(signal.confidence_bps) >= self.tuning.min_confidence_bps {
            self.performance.signaled(self.now);
        }
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
        let since = self.now.plus_ns(-SECOND_NS);
        while self.order_times.front().is_some_and(|&at| at <= since) || self.order_times.len() >= MAX_OPEN_ORDERS as usize {
            self.order_times.pop_front();
        }
        self.order_times.push_back(self.now);
    }

    fn fill(&mut self, at: Timestamp, fill: &Fill) {
        let Filled::Counts(request) = self.orders.fill(fill) else { return };
        let key = (request.owner, request.instrument);
        if request.side == Side::Buy && !self.is_sellable(request.owner, request.instrument) {
            // A position of its own: how the last one was protected is over.
            self.guards.remove(&key);
        }
        self.portfolio.book(at, &request, fill, &self.markets);
        if let Some(bracket) = request.bracket
            && request.side == Side::Buy
            && (bracket.stop.is_some() || bracket.target.is_some())
        {
            let since = self.guards.get(&key).map_or(self.count, |guard| guard.since);
            self.guards.insert(key, Guard { entry: fill.order, bracket, since, refusals: 0 });
            // What came is bare, whatever was refused before.
            self.refusals.forgive(key);
        }
        let exit = match request.kind {
            kind if is_stop(kind) => Exit::Stop,
            kind if is_target(kind) => Exit::Target,
            _ => Exit::Signal,
        };
        let (markets, portfolio) = (&self.markets, &self.portfolio);
        self.performance.round_trips(portfolio.just_closed(), exit, |owner, instrument| {
            markets.get(instrument).is_none_or(|market| portfolio.held(owner, instrument) < market.smallest_order())
        });
        self.settle(fill.order);
    }

    /// A refused way out leaves the position as it is; asking again would be refused again. But what was flattened
    /// stays on its way out: it is asked for again with the next market data.
    fn rejected(&mut self, order: OrderId) {
        if let Some(open) = self.orders.get(order) {
            let key = (open.request.owner, open.request.instrument);
            let is_sale = open.request.side == Side::Sell && open.request.kind == OrderKind::Market;
            if is_sale && self.trading == Trading::Running {
                self.closing.remove(&key);
                self.waiting.remove(&key);
            }
        }
        self.unguarded(order);
        self.closed(order);
    }

    fn canceled(&mut self, order: OrderId, reason: CancelReason) {
        if !matches!(reason, CancelReason::Requested | CancelReason::Linked) {
            self.unguarded(order);
        }
        self.closed(order);
    }

    fn closed(&mut self, order: OrderId) {
        self.orders.close(order);
        self.settle(order);
    }

    /// Forgets what is done once an order has ended.
    fn settle(&mut self, order: OrderId) {
        if self.orders.get(order).is_none() {
            self.forget_left_positions();
        }
    }

    fn forget_left_positions(&mut self) {
        let flat = |&&(owner, instrument): &&(Owner, InstrumentId)| {
            !self.is_sellable(owner, instrument) && self.orders.of(owner, instrument).next().is_none()
        };
        let left: Vec<_> = self.closing.iter().filter(flat).copied().collect();
        for key in left {
            self.closing.remove(&key);
        }
        let (markets, portfolio, orders) = (&self.markets, &self.portfolio, &self.orders);
        self.guards.retain(|&(owner, instrument), guard| {
            let market = markets.get(instrument);
            market.is_some_and(|market| portfolio.held(owner, instrument) >= market.smallest_order())
                || orders.get(guard.entry).is_some()
                || orders.of(owner, instrument).any(|order| order.request.protects.is_some())
        });
    }
}
