//! A venue in OKX's manner: ordinary orders and algo orders, pairs that are one order, and children of what triggers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::event::VenueSnapshot;
use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity, Rate};
use engine::order::{
    Amendment, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, TimeInForce,
};
use engine::time::Timestamp;
use replays::live::word::{Amended, Answer, Ask, Asked, Half, Name, Place, Resync, Word};

use crate::chance::Chance;
use crate::orders::{Listed, State};

/// What it answers, if it is a request that has an answer.
pub type Answered = Option<(OrderId, Asked, Answer)>;

/// Which orders a resync tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Asked,
    Everything,
}

#[derive(Debug)]
pub struct Venue {
    pub orders: Vec<Listed>,
    pub balances: BTreeMap<Currency, Amount>,
    /// Pushes on ordinary orders, and on algo orders.
    pub pushes: [VecDeque<Word>; 2],
    pub prices: [Decimal; 2],
    /// Whether a child carries its algo order's client id.
    pub names_children: bool,
    pub now: Timestamp,
    pub count: u64,
    placed: BTreeSet<OrderId>,
}

pub fn currency(name: &str) -> Currency {
    name.parse().unwrap()
}

fn base(instrument: InstrumentId) -> Currency {
    currency(["BTC", "ETH"][instrument.index()])
}

fn refused(code: i32) -> RejectReason {
    RejectReason::Venue { code, message: "no".into() }
}

impl Venue {
    pub fn new(names_children: bool) -> Self {
        Self {
            orders: Vec::new(),
            balances: ["USDT", "BTC", "ETH"].map(|name| (currency(name), Amount(100_000.into()))).into(),
            pushes: [VecDeque::new(), VecDeque::new()],
            prices: [100.into(), 10.into()],
            names_children,
            now: Timestamp(0),
            count: 1_000,
            placed: BTreeSet::new(),
        }
    }

    fn id(&mut self) -> u64 {
        self.count += 1;
        self.now = self.now.plus_ns(1);
        self.count
    }

    fn push(&mut self, index: usize, fills: &[Fill], amended: Option<Amended>) {
        self.orders[index].at = self.now;
        let word = self.orders[index].word(fills, amended);
        self.pushes[usize::from(word.place == Place::Algo)].push_back(word);
    }

    fn find(&self, name: Name, place: Place) -> Option<usize> {
        let is_named = |order: &Listed| match name {
            Name::Client(id) => order.ours == Some(id) && order.parent.is_none(),
            Name::Venue(id) => order.id == id,
        };
        self.orders.iter().position(|order| order.place == place && is_named(order))
    }

    /// Carries a request out.
    pub fn carry_out(&mut self, ask: &Ask, chance: &mut Chance) -> Answered {
        self.now = self.now.plus_ns(1);
        match ask {
            Ask::Place { order, request } => Some((*order, Asked::Placing, self.place(&[(*order, request)], chance))),
            Ask::PlacePair { first, second } => {
                let both = [(first.0, &first.1), (second.0, &second.1)];
                Some((first.0, Asked::Placing, self.place(&both, chance)))
            }
            Ask::Amend { order, number, name, place, amendment, .. } => {
                let answer = self.amend(*number, (*name, *place), amendment, chance);
                Some((*order, Asked::Amending { number: *number }, answer))
            }
            Ask::Cancel { order, name, place, .. } => Some((*order, Asked::Canceling, self.cancel(*name, *place, chance))),
            Ask::Inquire { .. } => None,
        }
    }

    fn place(&mut self, orders: &[(OrderId, &OrderRequest)], chance: &mut Chance) -> Answer {
        for (order, request) in orders {
            assert!(self.placed.insert(*order), "{order} is placed twice");
            let is_linked = orders.len() == 2 || request.protects.is_some();
            assert!(request.oco.is_none() || is_linked, "{order} is placed without its other half");
        }
        let (first, request) = orders[0];
        if chance.one_in(12) {
            return Answer::Refused(refused(51_000));
        }
        let id = self.id();
        let second = orders.get(1).map(|(id, request)| (*id, request.kind));
        self.orders.push(Listed { second, ..Listed::new(id, Some(first), request, self.now) });
        let index = self.orders.len() - 1;
        self.push(index, &[], None);
        Answer::Taken { venue_id: id, place: self.orders[index].place }
    }

    /// A person places an order by hand.
    pub fn place_by_hand(&mut self, chance: &mut Chance) {
        let instrument = InstrumentId(u32::try_from(chance.below(2)).unwrap());
        let price = Price(self.prices[instrument.index()]);
        let kind = match chance.below(3) {
            0 => OrderKind::StopMarket { trigger: price },
            _ => OrderKind::Limit { price, time_in_force: TimeInForce::GoodTilCanceled },
        };
        let quantity = Quantity(Decimal::new(chance.between(10, 100), 2));
        let (owner, side) = (Owner::Operator, Side::Buy);
        let request = OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
        let id = self.id();
        self.orders.push(Listed::new(id, None, &request, self.now));
        self.push(self.orders.len() - 1, &[], None);
    }

    fn amend(&mut self, number: u64, (name, place): (Name, Place), new: &Amendment, chance: &mut Chance) -> Answer {
        let Some(index) = self.find(name, place) else { return Answer::Refused(refused(51_503)) };
        let order = &mut self.orders[index];
        if !order.is_open() || chance.one_in(8) {
            return Answer::Refused(refused(51_503));
        }
        let taken = Answer::Taken { venue_id: order.id, place };
        if chance.one_in(8) {
            self.push(index, &[], Some(Amended { number, result: Err(refused(51_511)) }));
            return taken;
        }
        order.quantity = new.quantity.unwrap_or(order.quantity);
        match &mut order.second {
            Some((second, kind)) if *second == new.order => *kind = amended(*kind, new),
            _ => order.kind = amended(order.kind, new),
        }
        if order.quantity <= order.filled {
            order.state = State::Filled;
        }
        let says = chance.one_in(3).then_some(Amended { number, result: Ok(()) });
        self.push(index, &[], says);
        taken
    }

    fn cancel(&mut self, name: Name, place: Place, chance: &mut Chance) -> Answer {
        let Some(index) = self.find(name, place) else { return Answer::Refused(refused(51_400)) };
        if !self.orders[index].is_open() {
            return Answer::Refused(refused(51_400));
        }
        if chance.one_in(6) {
            return Answer::Refused(refused(51_412));
        }
        self.end(index, CancelReason::Requested);
        // It may have been canceling already.
        if chance.one_in(6) { Answer::Refused(refused(51_410)) } else { Answer::Taken { venue_id: self.orders[index].id, place } }
    }

    fn end(&mut self, index: usize, reason: CancelReason) {
        self.now = self.now.plus_ns(1);
        self.orders[index].state = State::Canceled(reason);
        self.push(index, &[], None);
    }

    /// Something happens to an open order.
    pub fn act(&mut self, chance: &mut Chance) {
        let open: Vec<usize> = (0..self.orders.len()).filter(|&index| self.orders[index].is_open()).collect();
        if open.is_empty() {
            return;
        }
        let index = open[chance.index(open.len())];
        let order = &self.orders[index];
        match (order.place, order.kind) {
            _ if order.ours.is_none() && order.leg.is_none() && chance.one_in(6) => self.end(index, CancelReason::Requested),
            (Place::Algo, _) if chance.one_in(30) => self.end(index, CancelReason::Venue { code: 1 }),
            (Place::Algo, _) if chance.one_in(6) => self.trigger(index, chance),
            (Place::Algo, _) => {}
            (Place::Book, OrderKind::Limit { .. }) if !chance.one_in(3) => {}
            (Place::Book, _) if chance.one_in(12) => self.end(index, CancelReason::NothingLeftToTake),
            (Place::Book, _) => self.fill(index, chance),
        }
    }

    /// Market orders fill, and nothing else happens.
    pub fn finish(&mut self, chance: &mut Chance) {
        for index in 0..self.orders.len() {
            while self.orders[index].is_open() && self.orders[index].kind == OrderKind::Market {
                self.fill(index, chance);
            }
        }
    }

    fn trigger(&mut self, index: usize, chance: &mut Chance) {
        let halves = if chance.one_in(2) { [Half::Stop, Half::Target] } else { [Half::Target, Half::Stop] };
        let order = self.orders[index].clone();
        let (half, (leg, kind)) = halves.iter().find_map(|&half| order.half(half).map(|leg| (half, leg))).unwrap();
        if chance.one_in(10) {
            return self.end(index, CancelReason::InsufficientBalance);
        }
        let id = self.id();
        let kind = kind
            .limit_price()
            .map_or(OrderKind::Market, |price| OrderKind::Limit { price, time_in_force: TimeInForce::GoodTilCanceled });
        let child = Listed {
            id,
            place: Place::Book,
            ours: order.ours.filter(|_| self.names_children),
            kind,
            second: None,
            parent: Some(order.id),
            leg,
            ..order
        };
        self.orders[index].state = State::Triggered(half);
        self.orders.push(child);
        self.push(index, &[], None);
        self.push(self.orders.len() - 1, &[], None);
    }

    fn fill(&mut self, index: usize, chance: &mut Chance) {
        let order = self.orders[index].clone();
        let left = order.quantity - order.filled;
        let part = if chance.one_in(2) { Quantity(left.0 / Decimal::TWO).ceil_to("0.01".parse().unwrap()) } else { left };
        let quantity = part.min(left);
        let price = Price(self.prices[order.instrument.index()]);
        let rate = Rate::from_bps(10);
        let (fee, fee_currency) = match order.side {
            Side::Buy => (Amount(quantity.0 * rate.0), base(order.instrument)),
            Side::Sell => ((price * quantity) * rate, currency("USDT")),
        };
        let sign = if order.side == Side::Buy { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        *self.balances.entry(base(order.instrument)).or_default() += Amount(quantity.0 * sign);
        *self.balances.entry(currency("USDT")).or_default() -= Amount((price * quantity).0 * sign);
        *self.balances.entry(fee_currency).or_default() -= fee;
        let fill_id = self.id();
        let (venue_at, liquidity) = (self.now, Liquidity::Taker);
        let fill = Fill { order: OrderId(0), fill_id, venue_at, price, quantity, fee, fee_currency, liquidity };
        let listed = &mut self.orders[index];
        listed.filled += quantity;
        listed.fills.push(fill.clone());
        // Now and then it shrinks an order at the market to what there is.
        if listed.kind == OrderKind::Market && chance.one_in(20) {
            listed.quantity = listed.filled;
        }
        if listed.filled >= listed.quantity {
            listed.state = State::Filled;
        }
        self.push(index, &[fill], None);
    }

    /// All that is known of an order: of one that was triggered its child too.
    pub fn words(&self, index: usize) -> Vec<Word> {
        let order = &self.orders[index];
        let child = self.orders.iter().filter(|child| child.parent == Some(order.id) && order.place == Place::Algo);
        std::iter::once(order).chain(child).map(|order| order.word(&order.fills, None)).collect()
    }

    pub fn inquire(&self, ask: &Ask) -> Option<Vec<Word>> {
        let Ask::Inquire { name, place, .. } = *ask else { return None };
        self.find(name, place).map(|index| self.words(index))
    }

    /// Everything, of these orders in any case.
    pub fn resync(&self, asks: &[Ask], scope: Scope) -> Resync {
        let mut words: Vec<Word> = Vec::new();
        let mut unheard = Vec::new();
        for ask in asks {
            match (self.inquire(ask), ask) {
                (Some(told), _) => words.extend(told),
                (None, Ask::Inquire { order, .. }) => unheard.push(*order),
                _ => {}
            }
        }
        // What traded since, and is not in the list: its requests came after it.
        let told: BTreeSet<_> = words.iter().map(|word| (word.place, word.venue_id)).collect();
        for (index, order) in self.orders.iter().enumerate() {
            if scope == Scope::Everything
                && order.ours.is_some()
                && order.parent.is_none()
                && !told.contains(&(order.place, order.id))
            {
                words.extend(self.words(index));
            }
        }
        let is_stray = |order: &&Listed| order.is_open() && order.leg.is_none();
        let strays = self.orders.iter().filter(is_stray).map(Listed::stray).collect();
        let balances = self.balances.iter().map(|(&currency, &amount)| (currency, amount)).collect();
        Resync { words, asked: Vec::new(), unheard, snapshot: Some(VenueSnapshot { venue_at: self.now, balances, strays }) }
    }
}

fn amended(kind: OrderKind, new: &Amendment) -> OrderKind {
    let (price_of, trigger_of) = (|old| new.price.unwrap_or(old), |old| new.trigger.unwrap_or(old));
    match kind {
        OrderKind::Limit { price, time_in_force } => OrderKind::Limit { price: price_of(price), time_in_force },
        OrderKind::StopMarket { trigger } => OrderKind::StopMarket { trigger: trigger_of(trigger) },
        OrderKind::TakeProfitMarket { trigger } => OrderKind::TakeProfitMarket { trigger: trigger_of(trigger) },
        OrderKind::StopLimit { trigger, price } => OrderKind::StopLimit { trigger: trigger_of(trigger), price: price_of(price) },
        OrderKind::TakeProfitLimit { trigger, price } => {
            OrderKind::TakeProfitLimit { trigger: trigger_of(trigger), price: price_of(price) }
        }
        OrderKind::Market | OrderKind::TrailingStop { .. } => kind,
    }
}
