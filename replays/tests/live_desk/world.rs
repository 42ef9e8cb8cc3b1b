//! An engine, its desk and a venue, with everything that may come between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::engine::{Engine, Entrant};
use engine::event::{Command, Decision, Event, Hash, Input, Mode, Record, Session};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, Quantity};
use engine::order::{OrderId, OrderKind};
use engine::risk::{Policy, Protection, Strays, Trailing};
use engine::text::Names;
use engine::time::{SECOND_NS, Timestamp};
use replays::live::desk::{Desk, Heard};
use replays::live::word::{Place, Resync};

use crate::chance::Chance;
use crate::orders::{Listed, State};
use crate::venue::{Venue, currency};
use crate::whims::Whims;
use crate::wire::{Errand, Fact, Wire};

pub struct World {
    seed: u64,
    chance: Chance,
    engine: Engine,
    desk: Desk,
    pub log: Vec<Record>,
    /// How many records must be durable, as what they ask for was sent.
    sent: usize,
    venue: Venue,
    wire: Wire,
    ready: VecDeque<Input>,
    inbox: VecDeque<Fact>,
    at: Timestamp,
    has_hands: bool,
    pub counts: BTreeMap<&'static str, usize>,
}

fn engine(seed: u64) -> Engine {
    let entrant = |number: u64| Entrant {
        strategy: Box::new(Whims { chance: Chance::new(seed * 31 + number), is_quiet: false }),
        symbols: None,
        size: "1".parse().unwrap(),
    };
    let trailing = if seed % 4 == 3 { Trailing::On } else { Trailing::Off };
    let strays = [Strays::Adopt, Strays::Cancel, Strays::Halt][usize::try_from(seed % 3).unwrap()];
    let policy = Policy { protection: Protection { trailing, ..Protection::off() }, strays, ..Policy::off() };
    Engine::new(vec![entrant(1), entrant(2)]).with_policy(policy)
}

fn instrument(id: u32, base: &str) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        symbol: format!("{base}-USDT"),
        base: base.parse().unwrap(),
        quote: currency("USDT"),
        price_scale: 2,
        size_scale: 2,
        tick_size: "0.01".parse().unwrap(),
        lot_size: "0.01".parse().unwrap(),
        min_size: "0.05".parse().unwrap(),
        maker_fee: "0.001".parse().unwrap(),
        taker_fee: "0.001".parse().unwrap(),
    }
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut world = Self {
            seed,
            chance: Chance::new(seed),
            engine: engine(seed),
            desk: Desk::default(),
            log: Vec::new(),
            sent: 0,
            venue: Venue::new(seed.is_multiple_of(2)),
            wire: Wire::new(seed % 7 == 6),
            ready: VecDeque::new(),
            inbox: VecDeque::new(),
            at: Timestamp(0),
            has_hands: seed % 5 == 4,
            counts: BTreeMap::new(),
        };
        world.step(Input::SessionStarted(Box::new(Session {
            parent: None,
            build: "test".into(),
            config: Hash::default(),
            seed,
            mode: Mode::Live,
            currency: currency("USDT"),
            strategies: vec!["one".into(), "two".into()],
            checkpoint_every: 100,
        })));
        world.step(Input::InstrumentListed(Box::new(instrument(0, "BTC"))));
        world.step(Input::InstrumentListed(Box::new(instrument(1, "ETH"))));
        world.sent = world.log.len();
        world.resync();
        while let Some(fact) = world.wire.carry_out(&mut world.venue, &mut world.chance).or_else(|| world.wire.late()) {
            world.take(fact);
        }
        world
    }

    fn step(&mut self, input: Input) {
        let records = self.engine.step(self.at, input).to_vec();
        assert!(records.len() < 100, "it does not end: {} records in a step", records.len());
        self.log.extend_from_slice(&records);
        self.execute(&records);
    }

    fn execute(&mut self, records: &[Record]) {
        for record in records {
            self.desk.remember(record);
        }
        let asks = self.desk.asks(records);
        if !asks.is_empty() {
            self.sent = self.log.len();
        }
        *self.counts.entry("asks").or_default() += asks.len();
        self.wire.errands.extend(asks.into_iter().map(Errand::Ask));
    }

    fn heard(&mut self, heard: Heard) {
        self.ready.extend(heard.inputs);
        *self.counts.entry("held").or_default() += heard.again.len();
        heard.again.into_iter().rev().for_each(|word| self.inbox.push_front(Fact::Word(word)));
        self.wire.errands.extend(heard.asks.into_iter().map(Errand::Ask));
        if heard.wants_resync {
            self.wire.errands.push_back(Errand::Resync(self.desk.unsettled()));
        }
    }

    /// Steps all that is known, as the gateway does.
    fn take(&mut self, fact: Fact) {
        self.inbox.push_back(fact);
        loop {
            if let Some(input) = self.ready.pop_front() {
                self.step(input);
                continue;
            }
            match self.inbox.pop_front() {
                None => return,
                Some(Fact::Word(word)) => {
                    let heard = self.desk.hear(&word);
                    self.heard(heard);
                }
                Some(Fact::Answer(order, asked, answer)) => {
                    let heard = self.desk.answer(order, asked, &answer);
                    self.heard(heard);
                }
                Some(Fact::Resync(Resync { words, asked, unheard, snapshot })) if !words.is_empty() => {
                    self.inbox.push_front(Fact::Resync(Resync { words: Vec::new(), asked, unheard, snapshot }));
                    words.into_iter().rev().for_each(|word| self.inbox.push_front(Fact::Word(word)));
                }
                Some(Fact::Resync(resync)) => {
                    let heard = self.desk.resync(&resync);
                    self.heard(heard);
                    self.wire.errands.extend(self.desk.repeated().into_iter().map(Errand::Ask));
                }
            }
            // The process may die between any two of them.
            if self.chance.one_in(700) {
                return self.crash();
            }
        }
    }

    fn resync(&mut self) {
        self.wire.errands.push_back(Errand::Resync(self.desk.unsettled()));
    }

    fn reconnect(&mut self) {
        let facts = self.wire.returns(&mut self.venue, &mut self.chance);
        for fact in facts {
            self.take(fact);
        }
        // What was asked for since is carried out before.
        self.wire.errands.push_back(Errand::Resync(self.desk.unsettled()));
    }

    /// Everything that is not durable is lost, and the log is gone on with.
    fn crash(&mut self) {
        *self.counts.entry("crashes").or_default() += 1;
        self.wire.breaks(&mut self.venue, &mut self.chance);
        self.wire.errands.clear();
        (self.ready, self.inbox, self.desk) = (VecDeque::new(), VecDeque::new(), Desk::default());
        let lost = self.chance.index(self.log.len() - self.sent + 1).min(self.chance.index(30));
        self.log.truncate(self.log.len() - lost);
        self.engine = engine(self.seed);
        let again = self.replay();
        self.log.iter().for_each(|record| self.desk.remember(record));
        let unlogged = again[self.log.len()..].to_vec();
        self.log.extend_from_slice(&unlogged);
        self.execute(&unlogged);
        self.reconnect();
    }

    /// Derives the log again from its inputs.
    fn replay(&mut self) -> Vec<Record> {
        self.engine = engine(self.seed);
        let mut again = Vec::new();
        for record in &self.log {
            if let Event::Input(input) = &record.event {
                again.extend_from_slice(self.engine.step(record.at, input.clone()));
            }
        }
        assert!(again.starts_with(&self.log), "the log is not what its inputs lead to");
        again
    }

    pub fn live(&mut self) {
        self.at = self.at.plus_ns(SECOND_NS / 10);
        let (is_up, chance) = (self.wire.is_up, &mut self.chance);
        match chance.below(100) {
            0..=11 => self.trade(),
            12..=29 => self.venue.act(chance),
            30..=59 if is_up => {
                if let Some(fact) = self.wire.deliver(&mut self.venue, chance) {
                    self.take(fact);
                }
            }
            60..=89 if is_up => {
                if let Some(fact) = self.wire.carry_out(&mut self.venue, chance) {
                    self.take(fact);
                }
            }
            90 if is_up && chance.one_in(4) => self.wire.breaks(&mut self.venue, &mut self.chance),
            91..=95 if !is_up => self.reconnect(),
            96 if chance.one_in(8) => self.crash(),
            97 if self.has_hands => self.venue.place_by_hand(chance),
            98 => {
                let open: Vec<OrderId> = self.engine.state().orders.iter().map(|order| order.id).collect();
                if !open.is_empty() {
                    let order = open[chance.index(open.len())];
                    self.step(Input::Operator(Box::new(Command::Cancel(order))));
                }
            }
            99 => {
                let command = if chance.one_in(10) { Command::Flatten } else { Command::Resume };
                self.step(Input::Operator(Box::new(command)));
            }
            _ => {}
        }
    }

    fn trade(&mut self) {
        let index = self.chance.index(2);
        let price = &mut self.venue.prices[index];
        *price = (*price * Decimal::new(self.chance.between(995, 1_005), 3)).round_dp(2);
        let cents =
            i64::try_from((*price * Decimal::from(100)).mantissa() / 10_i128.pow((*price * Decimal::from(100)).scale())).unwrap();
        let (instrument, venue_at) = (InstrumentId(u32::try_from(index).unwrap()), self.at);
        let (price, size, taker) = (FixedPrice(cents), FixedSize(100), Side::Buy);
        self.step(Input::Trade(Trade { instrument, venue_at, price, size, taker, trade_id: None }));
    }

    /// Nobody wants anything new, and all that is on its way arrives.
    pub fn settle(&mut self) {
        let mut quiet = 0;
        for round in 0..2_000 {
            // A crash forgets it.
            if round % 10 == 0 {
                self.step(Input::Operator(Box::new(Command::Halt)));
            }
            // What came twice comes again, but not for ever.
            if round > 50 {
                self.wire.forget();
            }
            self.at = self.at.plus_ns(SECOND_NS);
            if !self.wire.is_up {
                self.reconnect();
            }
            self.venue.finish(&mut self.chance);
            while let Some(fact) = self.wire.carry_out(&mut self.venue, &mut self.chance) {
                self.take(fact);
            }
            for _ in 0..20 {
                if let Some(fact) = self.wire.deliver(&mut self.venue, &mut self.chance) {
                    self.take(fact);
                }
            }
            let before = self.log.len();
            (0..4).for_each(|_| self.trade());
            let is_still = self.log.len() - before <= 5 && self.wire.is_quiet(&self.venue);
            quiet = if is_still { quiet + 1 } else { 0 };
            if quiet == 10 {
                self.resync();
            }
            if quiet > 20 && self.wire.is_up {
                return;
            }
        }
        panic!("it does not settle: {:?}", self.wire.errands);
    }

    /// What must be so when all is told.
    pub fn check(&mut self) {
        self.check_fills();
        self.check_open();
        self.check_alerts();
        let state = self.engine.state();
        for (currency, amount) in &self.venue.balances {
            assert_eq!(state.portfolio.balance(*currency).0, amount.0, "{currency}");
        }
        for &(owner, instrument) in state.guards.keys() {
            let bare = state.unprotected(owner, instrument);
            assert!(bare.is_zero() || state.closing.contains(&(owner, instrument)), "{owner:?} has {bare} unprotected");
        }
        assert_eq!(self.desk.is_idle(), state.orders.is_empty());
        let hash = self.engine.state().hash();
        assert!(self.replay() == self.log, "the log is not what its inputs lead to");
        assert!(self.engine.state().hash() == hash);
    }

    /// Each fill of the venue on our orders is in the log once, on the order that it belongs to.
    fn check_fills(&mut self) {
        let mut told: BTreeMap<u64, (OrderId, Quantity)> = BTreeMap::new();
        let mut adopted = BTreeMap::new();
        for record in &self.log {
            match &record.event {
                Event::Input(Input::OrderFilled(fill)) => {
                    assert!(told.insert(fill.fill_id, (fill.order, fill.quantity)).is_none(), "fill {} twice", fill.fill_id);
                }
                Event::Decision(Decision::OrderAdopted(stray)) => {
                    let before = adopted.insert(stray.venue_id, (OrderId(record.seq), stray.filled));
                    assert!(before.is_none(), "{} is adopted twice", stray.venue_id);
                }
                _ => {}
            }
        }
        *self.counts.entry("fills").or_default() += told.len();
        *self.counts.entry("adopted").or_default() += adopted.len();
        for order in &self.venue.orders {
            let mut filled = Quantity::ZERO;
            let parent = order.parent.and_then(|parent| adopted.get(&parent));
            let (owner, base) = match (order.leg, adopted.get(&order.id).or(parent)) {
                (Some(leg), _) => (leg, Quantity::ZERO),
                (None, Some(&(id, base))) => (id, base),
                (None, None) => continue,
            };
            for fill in &order.fills {
                filled += fill.quantity;
                let expected = (filled > base).then_some((owner, fill.quantity));
                assert_eq!(told.remove(&fill.fill_id), expected, "fill {} of {order:?}", fill.fill_id);
            }
        }
        assert!(told.is_empty(), "the venue knows nothing of {told:?}");
    }

    /// An order is open here when it is open there.
    fn check_open(&mut self) {
        let adopted: BTreeMap<u64, OrderId> = self.log.iter().filter_map(adoption).collect();
        let mut there = BTreeMap::new();
        for order in self.venue.orders.iter().filter(|order| order.is_open()) {
            let legs = match (order.leg, order.parent) {
                (Some(leg), _) if order.place == Place::Book => vec![leg],
                (Some(leg), _) => std::iter::once(leg).chain(order.second.map(|(second, _)| second)).collect(),
                (None, parent) => adopted.get(&parent.unwrap_or(order.id)).copied().into_iter().collect(),
            };
            assert!(!legs.is_empty(), "nobody took in {order:?}");
            there.extend(legs.into_iter().map(|leg| (leg, order)));
        }
        let state = self.engine.state();
        let here: BTreeSet<OrderId> = state.orders.iter().map(|order| order.id).collect();
        assert_eq!(here, there.keys().copied().collect(), "open here and open there: {there:?}");
        for open in state.orders.iter() {
            let listed: &Listed = there[&open.id];
            assert_eq!(open.request.quantity, listed.quantity, "{}: {listed:?}", open.id);
            assert_eq!(open.filled, listed.filled, "{}: {listed:?}", open.id);
            let kind = match listed.second {
                Some((second, kind)) if second == open.id => kind,
                _ => listed.kind,
            };
            assert_eq!(open.request.kind.limit_price(), kind.limit_price(), "{}: {listed:?}", open.id);
            if listed.place == Place::Algo {
                assert_eq!(open.request.kind.trigger(), kind.trigger(), "{}: {listed:?}", open.id);
            }
            assert!(open.cancel_requested.is_none(), "{} is still to be canceled", open.id);
        }
        let is_triggered = |order: &&Listed| matches!(order.state, State::Triggered(_)) && order.second.is_some();
        *self.counts.entry("pairs").or_default() += self.venue.orders.iter().filter(|order| order.second.is_some()).count();
        *self.counts.entry("triggered").or_default() += self.venue.orders.iter().filter(is_triggered).count();
        let trails = |order: &&Listed| matches!(order.kind, OrderKind::TrailingStop { .. });
        *self.counts.entry("trailing").or_default() += self.venue.orders.iter().filter(trails).count();
    }

    fn check_alerts(&self) {
        for record in &self.log {
            let Event::Decision(Decision::Alert(text)) = &record.event else { continue };
            assert!(!text.contains("does not know"), "{text}");
            assert!(self.has_hands || self.wire.is_slow || !text.contains("the venue has"), "{text}");
            assert!(!text.contains("impossible"), "{text}");
        }
    }

    /// The last records, to look for what went wrong.
    pub fn transcript(&self, last: usize) -> String {
        let mut names = Names::default();
        let mut lines: Vec<String> = Vec::new();
        for record in &self.log {
            names.learn(record);
            if !matches!(record.event, Event::Input(Input::Trade(_))) {
                lines.push(names.line(record).to_string());
            }
        }
        lines.split_off(lines.len().saturating_sub(last)).join("\n")
    }
}

fn adoption(record: &Record) -> Option<(u64, OrderId)> {
    match &record.event {
        Event::Decision(Decision::OrderAdopted(stray)) => Some((stray.venue_id, OrderId(record.seq))),
        _ => None,
    }
}
