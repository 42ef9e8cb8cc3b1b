//! The engine: one input in, that input and everything that follows from it out.

mod exits;
mod strays;
mod succession;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::alert::{alert, reported_order};
use crate::controller::{adjust, health};
use crate::event::{Breaker, Checkpoint, Command, Decision, Denial, DenialReason, Event, Hash, Input, Record, Signal};
use crate::execution;
use crate::hash::StateHasher;
use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::order::{Amendment, Bracket, OrderId, OrderRequest, Owner, StrategyId};
use crate::orders::OpenOrder;
use crate::risk::{self, Breakers, Policy};
use crate::sizing::Size;
use crate::state::{LAYOUT, State};
use crate::strategy::{Context, Strategy, Wish};
use crate::time::Timestamp;
use succession::Succession;

/// A strategy with its place in a run.
pub struct Entrant {
    /// What it thinks with.
    pub strategy: Box<dyn Strategy>,
    /// The symbols that it sees and trades; `None` for all.
    pub symbols: Option<Vec<String>>,
    /// How large its entries are.
    pub size: Size,
}

struct Seat {
    entrant: Entrant,
    /// By instrument id: whether it is one of its symbols.
    sees: Vec<bool>,
}

/// Drives strategies over inputs. Pure: no clock, no I/O, no chance.
pub struct Engine {
    state: State,
    policy: Policy,
    /// Whether the policy has a breaker.
    breaks: bool,
    seats: Vec<Seat>,
    wakes: BTreeSet<(Timestamp, StrategyId)>,
    /// In the order of time.
    successions: Vec<Succession>,
    records: Vec<Record>,
    wishes: Vec<(StrategyId, Wish)>,
    asked_wakes: Vec<(Timestamp, StrategyId)>,
}

/// What a signal calls for now: an order, nothing, or a denial.
type Entry = Result<Option<OrderRequest>, DenialReason>;

/// Who is to see an input.
#[derive(Clone, Copy)]
enum Audience {
    Everyone,
    Watching(InstrumentId),
    Owner(Option<Owner>),
    Due,
}

impl Engine {
    /// An engine before its first input, without limits.
    pub fn new(entrants: Vec<Entrant>) -> Self {
        let seats = entrants.into_iter().map(|entrant| Seat { entrant, sees: Vec::new() }).collect();
        Self {
            state: State::default(),
            policy: Policy::off(),
            breaks: false,
            seats,
            wakes: BTreeSet::new(),
            successions: Vec::new(),
            records: Vec::new(),
            wishes: Vec::new(),
            asked_wakes: Vec::new(),
        }
    }

    /// The same with limits, protection and breakers.
    pub fn with_policy(self, policy: Policy) -> Self {
        let breaks = policy.breakers != Breakers::off();
        Self { policy, breaks, ..self }
    }

    /// What the records so far have made.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The records of the last step.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// When the engine wants an [`Input::Timer`]; `None` when no one asked.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.wakes.first().map(|&(at, _)| at)
    }

    /// Takes one input, `at` the time when it became known, and gives its record with the decisions that
    /// follow from it. A time before the last record's is taken as the last record's.
    #[inline]
    pub fn step(&mut self, at: Timestamp, input: Input) -> &[Record] {
        let seq = self.state.count;
        let at = at.max(self.state.now);
        self.records.clear();
        self.succeed(seq);
        let audience = audience(&self.state, &input);
        let alert = match input {
            Input::Trade(_) | Input::Quote(_) | Input::Bar(_) => None,
            _ => alert(&self.state, &input),
        };
        // Market data clear what the venue refused: it is asked for again in this step.
        let refused = if let Audience::Watching(_) = audience { self.state.refused_positions() } else { Vec::new() };
        self.records.push(Record { seq, at, cause: seq, event: Event::Input(input) });
        self.state.apply(&self.records[0]);
        self.ask_strategies(audience);
        self.show_successors(audience);
        let may_trip = self.state.seen_equity().is_some() || !self.state.portfolio.just_closed().is_empty();
        if self.breaks && may_trip {
            self.trip_breakers(seq);
        }
        if !self.wishes.is_empty() {
            self.grant_wishes(seq);
        }
        if let Some(text) = alert {
            self.decide(seq, Decision::Alert(text.into()));
        }
        if !self.state.closing.is_empty() {
            self.leave_positions(seq, audience);
        }
        if let Audience::Watching(_) = audience {
            if !refused.is_empty() {
                self.protect_positions(seq, refused);
            }
        } else if !self.state.guards.is_empty() {
            self.protect_positions(seq, self.state.guards.keys().copied().collect());
        }
        if !self.state.waiting.is_empty() {
            self.enter_waiting();
        }
        self.rare_inputs(seq);
        if self.state.seen_equity().is_some() {
            self.control(seq);
        }
        self.checkpoint_when_due(seq);
        &self.records
    }

    #[inline]
    fn ask_strategies(&mut self, audience: Audience) {
        let Event::Input(input) = &self.records[0].event else { return };
        for (index, seat) in self.seats.iter_mut().enumerate() {
            let id = strategy_id(index);
            if let Input::InstrumentListed(instrument) = input
                && let Some(market) = self.state.markets.get(instrument.id)
            {
                let symbol = &market.instrument.symbol;
                let mine = seat.entrant.symbols.as_ref().is_none_or(|symbols| symbols.contains(symbol));
                let index = instrument.id.index();
                if seat.sees.len() <= index {
                    seat.sees.resize(index + 1, false);
                }
                seat.sees[index] = mine;
            }
            let asked = match audience {
                Audience::Watching(instrument) => seat.sees.get(instrument.index()).copied().unwrap_or(false),
                Audience::Everyone => true,
                Audience::Owner(owner) => owner == Some(Owner::Strategy(id)),
                Audience::Due => self.wakes.range(..=(self.state.now, StrategyId(u16::MAX))).any(|&(_, due)| due == id),
            };
            if asked {
                let (wishes, wakes) = (&mut self.wishes, &mut self.asked_wakes);
                seat.entrant.strategy.on_input(input, &mut Context { state: &self.state, strategy: id, wishes, wakes });
            }
        }
        if let Audience::Due = audience {
            let now = self.state.now;
            self.wakes.retain(|&(at, _)| at > now);
        }
        if !self.asked_wakes.is_empty() {
            self.wakes.extend(self.asked_wakes.drain(..));
        }
    }

    fn grant_wishes(&mut self, cause: u64) {
        let mut wishes = core::mem::take(&mut self.wishes);
        for (strategy, wish) in wishes.drain(..) {
            let owner = Owner::Strategy(strategy);
            match wish {
                Wish::Signal(signal) => {
                    let instrument = signal.instrument;
                    let entry = self.entry(&signal);
                    let cause = self.decide(cause, Decision::Signal(Box::new(signal)));
                    self.enter(cause, strategy, instrument, entry);
                    self.leave_position(cause, owner, instrument);
                }
                Wish::Submit(request) => self.submit(cause, request),
                Wish::Amend(amendment) => self.amend(cause, owner, amendment),
                Wish::Cancel(order) => self.cancel(cause, owner, order),
                Wish::Regime(change) => {
                    self.decide(cause, Decision::RegimeChanged(Box::new(change)));
                }
                Wish::Scan(scan) => {
                    self.decide(cause, Decision::MarketScanned(Box::new(scan)));
                }
            }
        }
        self.wishes = wishes;
    }

    /// What waited for an old position to be closed goes ahead once it is.
    fn enter_waiting(&mut self) {
        let closing = &self.state.closing;
        let ready = self.state.waiting.iter().filter(|(key, _)| !closing.contains(key));
        let ready: Vec<_> = ready.map(|(_, (seq, signal))| (*seq, signal.clone())).collect();
        for (seq, signal) in ready {
            let entry = self.entry(&signal);
            self.enter(seq, signal.strategy, signal.instrument, entry);
        }
    }

    fn entry(&self, signal: &Signal) -> Entry {
        // One that no other took over from has nothing more to wait for.
        let Some(seat) = self.seats.get(usize::from(signal.strategy.0)) else { return Ok(None) };
        execution::entry(&self.state, &self.policy, signal, seat.entrant.size)
    }

    fn enter(&mut self, cause: u64, strategy: StrategyId, instrument: InstrumentId, entry: Entry) {
        match entry {
            Ok(Some(request)) => {
                self.decide(cause, Decision::OrderRequested(Box::new(request)));
            }
            Ok(None) => {}
            Err(reason) => self.deny(cause, Owner::Strategy(strategy), Some(instrument), reason),
        }
    }

    fn submit(&mut self, cause: u64, mut request: OrderRequest) {
        if request.side == Side::Buy {
            let wanted = request.bracket.unwrap_or(Bracket { stop: None, target: None });
            request.bracket = execution::protected(&self.state, &self.policy, &request, wanted);
        }
        let linked = request.oco.map_or(Ok(()), |other| self.may_change(request.owner, other));
        match linked.and_then(|()| risk::check(&self.state, &self.policy.limits, &request)) {
            Ok(()) => {
                self.decide(cause, Decision::OrderRequested(Box::new(request)));
            }
            Err(reason) => self.deny(cause, request.owner, Some(request.instrument), reason),
        }
    }

    fn amend(&mut self, cause: u64, owner: Owner, amendment: Amendment) {
        match self.may_change(owner, amendment.order).and_then(|()| self.may_grow(&amendment)) {
            Ok(()) => {
                self.decide(cause, Decision::AmendRequested(Box::new(amendment)));
            }
            Err(reason) => self.deny(cause, owner, None, reason),
        }
    }

    fn cancel(&mut self, cause: u64, owner: Owner, order: OrderId) {
        match self.may_change(owner, order) {
            Ok(()) => {
                self.decide(cause, Decision::CancelRequested(order));
            }
            Err(reason) => self.deny(cause, owner, None, reason),
        }
    }

    /// Strategies change their own orders, the operator everyone's.
    fn may_change(&self, owner: Owner, order: OrderId) -> Result<(), DenialReason> {
        let open = self.state.orders.get(order).ok_or(DenialReason::NotOpen { order })?;
        if owner == Owner::Operator || open.request.owner == owner { Ok(()) } else { Err(DenialReason::NotYours { order }) }
    }

    /// What makes an open order larger passes as a new one would.
    fn may_grow(&self, amendment: &Amendment) -> Result<(), DenialReason> {
        match self.state.orders.get(amendment.order) {
            Some(open) => risk::check_growth(&self.state, &self.policy.limits, open, amendment),
            None => Ok(()),
        }
    }

    /// What stops new exposure, at the input that crosses it and before anything else is decided; open orders that
    /// would add some end.
    #[cold]
    fn trip_breakers(&mut self, cause: u64) {
        for trip in risk::trips(&self.state, &self.policy.breakers) {
            let (scope, is_emergency) = (trip.instrument, trip.breaker == Breaker::Emergency);
            let cause = self.decide(cause, Decision::BreakerTripped(Box::new(trip)));
            let adds = |order: &&OpenOrder| {
                let in_scope = scope.is_none_or(|scope| scope == order.request.instrument);
                in_scope && order.request.side == Side::Buy && order.cancel_requested.is_none()
            };
            let orders: Vec<OrderId> = self.state.orders.iter().filter(adds).map(|order| order.id).collect();
            for order in orders {
                self.decide(cause, Decision::CancelRequested(order));
            }
            if is_emergency {
                for (owner, instrument) in self.state.closing.clone() {
                    self.leave_position(cause, owner, instrument);
                }
            }
        }
        self.state.watch.set_floor(risk::floor(&self.state, &self.policy.breakers));
    }

    fn deny(&mut self, cause: u64, owner: Owner, instrument: Option<InstrumentId>, reason: DenialReason) {
        let strategy = match owner {
            Owner::Strategy(id) => Some(id),
            Owner::Operator => None,
        };
        self.decide(cause, Decision::Denied(Box::new(Denial { strategy, instrument, reason })));
    }

    #[inline]
    fn rare_inputs(&mut self, cause: u64) {
        let command = match &self.records[0].event {
            Event::Input(Input::Operator(command)) => command,
            Event::Input(Input::VenueSnapshot(snapshot)) => {
                let strays = self.state.adoptable(snapshot).cloned().collect();
                return self.take_in(cause, strays);
            }
            _ => return,
        };
        match (**command).clone() {
            Command::Submit(request) => self.submit(cause, OrderRequest { owner: Owner::Operator, ..request }),
            Command::Cancel(order) => self.cancel(cause, Owner::Operator, order),
            Command::Halt | Command::Resume | Command::Flatten => {}
        }
    }

    /// Assesses the run each day, and adjusts its parameters after each trade, where that is wanted.
    #[cold]
    fn control(&mut self, cause: u64) {
        let Some(policy) = &self.policy.controller else { return };
        let (state, equity) = (&self.state, self.state.seen_equity());
        let is_new_day = state.watch.turned_day;
        if !is_new_day && state.portfolio.just_closed().is_empty() {
            return;
        }
        let base = self.policy.limits.min_confidence_bps.into();
        let adjustment = adjust(policy, &state.performance, equity, &state.tuning, base, state.now);
        if is_new_day || adjustment.is_some() {
            let health = health(policy, &state.performance, equity, state.now);
            self.decide(cause, Decision::HealthAssessed(Box::new(health)));
        }
        if let Some(adjustment) = adjustment {
            self.decide(cause, Decision::ParameterAdjusted(Box::new(adjustment)));
        }
    }

    #[inline]
    fn checkpoint_when_due(&mut self, cause: u64) {
        let Some(session) = &self.state.session else { return };
        let ended = matches!(self.records[0].event, Event::Input(Input::SessionEnded { .. }));
        if self.state.count - self.state.checkpointed >= session.checkpoint_every || ended {
            let checkpoint = Checkpoint { layout: LAYOUT, state: self.state.hash(), strategies: self.hash_strategies() };
            self.decide(cause, Decision::Checkpoint(Box::new(checkpoint)));
        }
    }

    fn hash_strategies(&self) -> Hash {
        let mut hasher = StateHasher::default();
        for seat in &self.seats {
            seat.entrant.strategy.hash_state(&mut hasher);
        }
        hasher.write(&self.wakes);
        hasher.finish()
    }

    /// Commits a decision through the same `apply` as every input, and gives its seq.
    fn decide(&mut self, cause: u64, decision: Decision) -> u64 {
        let seq = self.state.count;
        let record = Record { seq, at: self.state.now, cause, event: Event::Decision(decision) };
        self.state.apply(&record);
        self.records.push(record);
        seq
    }
}

fn strategy_id(index: usize) -> StrategyId {
    StrategyId(u16::try_from(index).unwrap_or(u16::MAX))
}

#[inline]
fn audience(state: &State, input: &Input) -> Audience {
    if let Some(instrument) = input.market() {
        return Audience::Watching(instrument);
    }
    match (reported_order(input), input) {
        (Some(order), _) => Audience::Owner(state.orders.owner(order)),
        (None, Input::Timer) => Audience::Due,
        (None, _) => Audience::Everyone,
    }
}
