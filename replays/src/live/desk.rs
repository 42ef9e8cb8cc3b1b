//! The desk: which of our orders the venue knows, by which name, and what its words make of them.
//!
//! It is a fold over the log, so that after a restart it knows what it knew. What the venue says becomes inputs here, once:
//! each word is compared with what is known, so one that comes twice, late, or in another order than things happened tells
//! nothing new, and one that a crash cut short in the middle of its inputs tells the rest when it is said again.
//!
//! A stop and a target of one position are two orders for the engine and one at the venue, a *pair*: the venue knows it by
//! the first one's client id, ends both when either is canceled, and places an ordinary order, its *child*, when one is
//! triggered. The engine is told that the other half ended when the child has: until then it counts as what it is linked to.

mod hearing;
mod order;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use engine::event::{Decision, Event, Input, Record, StrayOrder};
use engine::market::Side;
use engine::order::{Amendment, Fill, OrderId, OrderRequest, Owner};
use engine::time::Timestamp;

use self::order::{Amending, Link, Order};
use super::word::{Ask, Place, Word};

/// How many ended orders are remembered, for fills that come late.
const REMEMBERED: usize = 1_024;
/// How many words on children wait until it is known which half of a pair was triggered.
const HELD: usize = 256;
/// How many snapshots in a row may be older than one and the same fill: the venue's times are not that exact.
const OVERTAKEN: u32 = 3;

/// Our orders at the venue.
#[derive(Debug, Default)]
pub struct Desk {
    /// Open ones, and those that ended lately.
    orders: BTreeMap<OrderId, Order>,
    ended: VecDeque<OrderId>,
    /// Ids that the venue gave. Those of children are no part of the log: after a restart the venue says them again.
    by_venue: BTreeMap<(u64, Place), OrderId>,
    /// Words on children of pairs that come before the venue says which half was triggered.
    held: Vec<Word>,
    /// Orders of the last snapshot that are not ours and were not taken in either.
    strangers: BTreeSet<u64>,
    /// The venue's time of the last snapshot, and of the newest fill.
    snapshot_at: Option<Timestamp>,
    filled_at: Option<Timestamp>,
    /// The fill that snapshots were older than, and how many of them in a row were not taken over for it.
    overtaken: Option<(Timestamp, u32)>,
}

/// What the desk makes of a word.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What the engine is to know.
    pub inputs: Vec<Input>,
    /// Words that can be understood when these inputs are stepped, before any other: they are to be heard again then.
    pub again: Vec<Word>,
    /// What has to be asked before it can know more.
    pub asks: Vec<Ask>,
    /// What the account has is not what is known: somebody else traded, or a fill and a snapshot came in the wrong order.
    pub wants_resync: bool,
}

impl Desk {
    /// Takes one record of the log in.
    pub fn remember(&mut self, record: &Record) {
        match &record.event {
            Event::Decision(Decision::OrderRequested(request)) => self.requested(record, request),
            Event::Decision(Decision::OrderAdopted(stray)) => self.adopted(OrderId(record.seq), stray),
            Event::Decision(Decision::AmendRequested(amendment)) => self.with(amendment.order, |order| {
                order.amending.push_back(Amending { number: record.seq, amendment: **amendment });
            }),
            Event::Decision(Decision::CancelRequested(id)) => self.with(*id, |order| order.is_canceling = true),
            Event::Input(Input::OrderAccepted(id)) => self.with(*id, |order| order.is_accepted = true),
            Event::Input(Input::OrderTriggered(id)) => {
                self.with(*id, |order| order.is_triggered = true);
                self.unlink(*id);
            }
            Event::Input(Input::OrderFilled(fill)) => self.filled(fill),
            Event::Input(Input::VenueSnapshot(snapshot)) => self.snapshot_at = self.snapshot_at.max(Some(snapshot.venue_at)),
            Event::Input(Input::OrderRejected { order, .. } | Input::OrderCanceled { order, .. }) => self.end(*order),
            Event::Input(Input::OrderAmended(amendment)) => self.amended(amendment),
            Event::Input(Input::AmendRejected { order, .. }) => self.with(*order, |order| {
                order.amending.pop_front();
            }),
            Event::Input(Input::CancelRejected { order, .. }) => self.with(*order, |order| {
                (order.is_canceling, order.cancel_doubt) = (false, None);
            }),
            _ => {}
        }
    }

    /// What the venue is to be asked after these records, which the desk [remembers](Self::remember) already.
    pub fn asks(&self, records: &[Record]) -> Vec<Ask> {
        let mut asks = Vec::new();
        for record in records {
            match &record.event {
                Event::Decision(Decision::OrderRequested(_)) => asks.extend(self.placing(OrderId(record.seq), records)),
                Event::Decision(Decision::AmendRequested(amendment)) => {
                    let is_next = |ask: &Ask| matches!(ask, Ask::Amend { number, .. } if *number == record.seq);
                    asks.extend(self.amending(amendment.order).filter(is_next));
                }
                Event::Input(Input::OrderAmended(amendment)) => asks.extend(self.amending(amendment.order)),
                Event::Input(Input::AmendRejected { order, .. }) => asks.extend(self.amending(*order)),
                Event::Decision(Decision::CancelRequested(order)) => push_cancel(&mut asks, self.canceling(*order)),
                Event::Input(Input::OrderTriggered(order)) => push_cancel(&mut asks, self.unlinking(*order)),
                Event::Input(Input::OrderFilled(fill)) => push_cancel(&mut asks, self.unlinking(fill.order)),
                _ => {}
            }
        }
        asks
    }

    /// Orders whose end or whose beginning the venue has to be asked about; a pair once.
    pub fn unsettled(&self) -> Vec<Ask> {
        let mut names = BTreeSet::new();
        let once = |order: &&Order| names.insert((order.name(), order.place()));
        self.open_orders().filter(once).map(Order::inquire).collect()
    }

    /// What was asked of orders that are there, and may not have reached the venue: asked for again, which does no harm. A
    /// word on each order, which tells whether it has what was asked for, was heard before.
    pub fn repeated(&self) -> Vec<Ask> {
        let mut asks = Vec::new();
        for order in self.open_orders() {
            asks.extend(self.amending(order.id));
            if order.is_canceling || order.is_unlinked {
                push_cancel(&mut asks, self.canceling(order.id));
            }
        }
        asks
    }

    /// Open orders that add exposure.
    pub fn entries(&self) -> impl Iterator<Item = OrderId> + '_ {
        let adds = |order: &&Order| order.request.side == Side::Buy && order.request.protects.is_none();
        self.open_orders().filter(adds).map(|order| order.id)
    }

    /// Whether an order is open that is none of these, nor the other half of one.
    pub fn has_others_than(&self, orders: &[OrderId]) -> bool {
        let known = orders.iter().filter_map(|&id| self.open(id)).map(|order| (order.name(), order.place()));
        let names: BTreeSet<_> = known.collect();
        self.open_orders().any(|order| !names.contains(&(order.name(), order.place())))
    }

    /// Whether something is on its way whose end is near: an order that was not answered yet, one that rests nowhere, or one
    /// that is to end. A stop that is canceled makes way for a sale: a run that ended between the two would leave the
    /// position bare.
    pub fn is_in_flight(&self) -> bool {
        let rests = |order: &Order| order.is_accepted && order.request.kind != engine::order::OrderKind::Market;
        self.open_orders().any(|order| !rests(order) || order.is_canceling)
    }

    /// Whether no order is open.
    pub fn is_idle(&self) -> bool {
        self.open_orders().next().is_none()
    }

    fn open(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id).filter(|order| order.is_open)
    }

    fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(|order| order.is_open)
    }

    fn with(&mut self, id: OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders.get_mut(&id).filter(|order| order.is_open) {
            change(order);
        }
    }
}

/// What the log's records make of the orders.
impl Desk {
    fn requested(&mut self, record: &Record, request: &OrderRequest) {
        let mut order = Order::new(OrderId(record.seq), record.cause, request);
        if let Some(first) = request.oco
            && let Some(other) = self.orders.get_mut(&first).filter(|other| other.is_open && other.link.is_none())
        {
            let is_pair = other.pairs_with(&order);
            let link = if is_pair { Link::Pair } else { Link::Loose };
            (other.link, order.link) = (Some(link(order.id)), Some(link(first)));
        }
        self.orders.insert(order.id, order);
    }

    fn adopted(&mut self, id: OrderId, stray: &StrayOrder) {
        let &StrayOrder { venue_id, instrument, side, quantity, filled, kind } = stray;
        let owner = Owner::Operator;
        let request = OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
        let order = Order::new(id, id.0, &request);
        let order = Order { adopted: Some(venue_id), is_accepted: true, base: filled, filled, ..order };
        self.by_venue.insert((venue_id, order.home()), id);
        self.strangers.remove(&venue_id);
        self.orders.insert(id, order);
    }

    fn filled(&mut self, fill: &Fill) {
        let Some(order) = self.orders.get_mut(&fill.order) else { return };
        self.filled_at = self.filled_at.max(Some(fill.venue_at));
        // The engine counts no other either.
        if order.fills.insert(fill.fill_id) && !fill.is_impossible() {
            order.filled += fill.quantity;
        }
        self.end_when_whole(fill.order);
    }

    fn amended(&mut self, amendment: &Amendment) {
        self.with(amendment.order, |order| {
            // The venue may have changed it by itself.
            if let Some(place) = order.amending.iter().position(|asked| asked.amendment == *amendment) {
                order.amending.remove(place);
            }
            order.take(amendment);
        });
        self.end_when_whole(amendment.order);
    }

    fn end_when_whole(&mut self, id: OrderId) {
        if self.open(id).is_some_and(|order| order.filled >= order.request.quantity) {
            self.end(id);
            self.unlink(id);
        }
    }

    /// The venue knows nothing of a loose link: one of the two is triggered or has filled, so the other has to end.
    fn unlink(&mut self, id: OrderId) {
        if let Some(Order { link: Some(Link::Loose(other)), .. }) = self.orders.get(&id) {
            self.with(*other, |other| other.is_unlinked = true);
        }
    }

    fn end(&mut self, id: OrderId) {
        let Some(order) = self.orders.get_mut(&id).filter(|order| order.is_open) else { return };
        order.is_open = false;
        self.ended.push_back(id);
        if self.ended.len() > REMEMBERED
            && let Some(forgotten) = self.ended.pop_front()
        {
            self.orders.remove(&forgotten);
            self.by_venue.retain(|_, known| *known != forgotten);
        }
    }
}

/// What decisions ask of the venue.
impl Desk {
    /// A pair is asked for once, by its first half; or by its second, where a crash came between the records of the two.
    fn placing(&self, id: OrderId, records: &[Record]) -> Option<Ask> {
        let order = self.open(id)?;
        let whole = |order: &Order| (order.id, order.request.clone());
        match order.link {
            Some(Link::Pair(first)) if first < id => {
                let is_asked = records.iter().any(|record| record.seq == first.0);
                let first = self.open(first).filter(|_| !is_asked)?;
                Some(Ask::PlacePair { first: whole(first), second: whole(order) })
            }
            Some(Link::Pair(second)) => Some(Ask::PlacePair { first: whole(order), second: whole(self.open(second)?) }),
            Some(Link::Loose(_)) | None => Some(Ask::Place { order: id, request: order.request.clone() }),
        }
    }

    /// Of a pair that was triggered only the child can be canceled: nothing is left of the other half.
    fn canceling(&self, id: OrderId) -> Option<Ask> {
        let order = self.open(id)?;
        let is_left = self.other_half(order).is_none_or(|other| order.is_triggered || !other.is_triggered);
        is_left.then(|| order.cancel())
    }

    /// One amendment of an order is on its way at a time, as requests may overtake each other.
    fn amending(&self, id: OrderId) -> Option<Ask> {
        let order = self.open(id)?;
        order.amending.front().map(|amending| order.amend(amending))
    }

    fn unlinking(&self, id: OrderId) -> Option<Ask> {
        let Some(Link::Loose(other)) = self.orders.get(&id)?.link else { return None };
        self.open(other).filter(|other| other.is_unlinked).map(Order::cancel)
    }

    /// The other order of its pair, ended or not.
    fn other_half(&self, order: &Order) -> Option<&Order> {
        match order.link? {
            Link::Pair(other) => self.orders.get(&other),
            Link::Loose(_) => None,
        }
    }
}

/// One cancellation ends both halves of a pair.
fn push_cancel(asks: &mut Vec<Ask>, cancel: Option<Ask>) {
    let target = |ask: &Ask| match *ask {
        Ask::Cancel { name, place, .. } => Some((name, place)),
        _ => None,
    };
    asks.extend(cancel.filter(|cancel| !asks.iter().any(|ask| target(ask) == target(cancel))));
}
