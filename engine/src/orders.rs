//! The order state machine: what is open, and what the venue's reports make of it.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::event::StrayOrder;
use crate::instrument::InstrumentId;
use crate::number::Quantity;
use crate::order::{Amendment, Fill, OrderId, OrderKind, OrderRequest, Owner};

/// The most orders that may be open at once. The next one is denied.
pub const MAX_OPEN_ORDERS: u32 = 4_096;
/// How many closed orders are remembered, so that a report that comes late or twice is still understood.
pub const REMEMBERED_CLOSED_ORDERS: usize = 256;

/// How far an open order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// On its way to the venue.
    Requested,
    /// At the venue, waiting for its trigger price.
    Waiting,
    /// At the venue, live.
    Working,
}

/// An order that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Its id.
    pub id: OrderId,
    /// The venue's id of it, where nobody here asked for it.
    pub adopted: Option<u64>,
    /// What was asked for, with amendments that the venue confirmed.
    pub request: OrderRequest,
    /// How far it has come.
    pub status: Status,
    /// How much of it has filled.
    pub filled: Quantity,
    /// Whether its cancellation is on its way.
    pub cancel_requested: Option<CancelRequested>,
    /// What amendments on their way may make of it.
    amending: Option<Amending>,
    fill_ids: Vec<u64>,
}

/// The most that amendments may make of an order while the venue has not answered them all: the largest quantity
/// and the highest prices among them, as any of them may be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Amending {
    unanswered: u32,
    quantity: Quantity,
    kind: OrderKind,
}

/// Marks an order whose cancellation is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequested;

impl OpenOrder {
    /// How much has not filled.
    pub fn remaining(&self) -> Quantity {
        self.request.quantity - self.filled
    }

    /// The largest quantity and the highest prices that it may have once the venue has answered all amendments.
    pub(crate) fn most(&self) -> (Quantity, OrderKind) {
        let OrderRequest { quantity, kind, .. } = self.request;
        let Some(most) = &self.amending else { return (quantity, kind) };
        // The venue may have made it larger by itself since they were asked for.
        let (price, trigger) = (kind.limit_price().max(most.kind.limit_price()), kind.trigger().max(most.kind.trigger()));
        (quantity.max(most.quantity), kind.amended(&Amendment { order: self.id, quantity: None, price, trigger }))
    }

    /// The same with one more amendment.
    pub(crate) fn most_with(&self, new: &Amendment) -> (Quantity, OrderKind) {
        let (quantity, kind) = self.most();
        let price = new.price.max(kind.limit_price());
        let trigger = new.trigger.max(kind.trigger());
        (quantity.max(new.quantity.unwrap_or(quantity)), kind.amended(&Amendment { price, trigger, ..*new }))
    }
}

/// What a fill did to the orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    /// It counts, for this request.
    Counts(OrderRequest),
    /// It was counted before.
    Again,
    /// No such order is known.
    Unknown,
    /// It cannot have been.
    Impossible,
}

/// All open orders, and the last closed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    open: BTreeMap<OrderId, OpenOrder>,
    closed: VecDeque<OpenOrder>,
}

impl Orders {
    /// An open order.
    pub fn get(&self, id: OrderId) -> Option<&OpenOrder> {
        self.open.get(&id)
    }

    /// All open orders, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &OpenOrder> {
        self.open.values()
    }

    /// One owner's open orders in one instrument, oldest first.
    pub fn of(&self, owner: Owner, instrument: InstrumentId) -> impl Iterator<Item = &OpenOrder> {
        self.open.values().filter(move |order| order.request.owner == owner && order.request.instrument == instrument)
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// An order that is open or was lately.
    pub fn known(&self, id: OrderId) -> Option<&OpenOrder> {
        self.open.get(&id).or_else(|| self.closed.iter().find(|order| order.id == id))
    }

    /// The order that is linked with this one, if it is open or was lately.
    pub(crate) fn partner(&self, order: &OpenOrder) -> Option<&OpenOrder> {
        let linked = |other: &&OpenOrder| other.request.oco == Some(order.id);
        let first = order.request.oco.and_then(|first| self.known(first));
        first.or_else(|| self.open.values().find(linked)).or_else(|| self.closed.iter().find(linked))
    }

    /// Who placed an order that is open or was lately.
    pub fn owner(&self, id: OrderId) -> Option<Owner> {
        self.known(id).map(|order| order.request.owner)
    }

    pub(crate) fn request(&mut self, id: OrderId, request: &OrderRequest) {
        let order = OpenOrder {
            id,
            adopted: None,
            request: request.clone(),
            status: Status::Requested,
            filled: Quantity::ZERO,
            cancel_requested: None,
            amending: None,
            fill_ids: Vec::new(),
        };
        self.open.insert(id, order);
    }

    /// Takes in an order that the venue has and nobody here asked for.
    pub(crate) fn adopt(&mut self, id: OrderId, stray: &StrayOrder) {
        let StrayOrder { venue_id, instrument, side, quantity, filled, kind } = *stray;
        let owner = Owner::Operator;
        let request = OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
        self.request(id, &request);
        if let Some(order) = self.open.get_mut(&id) {
            (order.adopted, order.filled) = (Some(venue_id), filled);
        }
        self.accept(id);
    }

    /// Whether an order that the venue calls so is open.
    pub(crate) fn has_adopted(&self, venue_id: u64) -> bool {
        self.open.values().any(|order| order.adopted == Some(venue_id))
    }

    pub(crate) fn accept(&mut self, id: OrderId) {
        if let Some(order) = self.open.get_mut(&id)
            && order.status == Status::Requested
        {
            order.status = if order.request.kind.is_conditional() { Status::Waiting } else { Status::Working };
        }
    }

    pub(crate) fn trigger(&mut self, id: OrderId) {
        if let Some(order) = self.open.get_mut(&id) {
            order.status = Status::Working;
        }
    }

    pub(crate) fn close(&mut self, id: OrderId) {
        if let Some(order) = self.open.remove(&id) {
            if self.closed.len() == REMEMBERED_CLOSED_ORDERS {
                self.closed.pop_front();
            }
            self.closed.push_back(order);
        }
    }

    pub(crate) fn cancel_requested(&mut self, id: OrderId) {
        if let Some(order) = self.open.get_mut(&id) {
            order.cancel_requested = Some(CancelRequested);
        }
    }

    pub(crate) fn cancel_rejected(&mut self, id: OrderId) {
        if let Some(order) = self.open.get_mut(&id) {
            order.cancel_requested = None;
        }
    }

    pub(crate) fn amend_requested(&mut self, amendment: &Amendment) {
        if let Some(order) = self.open.get_mut(&amendment.order) {
            let (quantity, kind) = order.most_with(amendment);
            let unanswered = order.amending.as_ref().map_or(1, |before| before.unanswered.saturating_add(1));
            order.amending = Some(Amending { unanswered, quantity, kind });
        }
    }

    /// The venue answered an amendment, or changed the order by itself.
    pub(crate) fn amend_answered(&mut self, id: OrderId) {
        if let Some(order) = self.open.get_mut(&id)
            && let Some(amending) = &mut order.amending
        {
            amending.unanswered -= 1;
            if amending.unanswered == 0 {
                order.amending = None;
            }
        }
    }

    pub(crate) fn amend(&mut self, amendment: &Amendment) {
        let Some(order) = self.open.get_mut(&amendment.order) else { return };
        if let Some(quantity) = amendment.quantity {
            order.request.quantity = quantity;
        }
        order.request.kind = order.request.kind.amended(amendment);
        self.amend_answered(amendment.order);
        let Some(order) = self.open.get(&amendment.order) else { return };
        if order.remaining() <= Quantity::ZERO {
            self.close(amendment.order);
        }
    }

    /// Counts a fill once. An order that was closed before (canceled while the fill was on its way) still
    /// counts it: the venue's word is what happened.
    pub(crate) fn fill(&mut self, fill: &Fill) -> Filled {
        if fill.is_impossible() {
            return Filled::Impossible;
        }
        if let Some(order) = self.open.get_mut(&fill.order) {
            if order.has_counted(fill.fill_id) {
                return Filled::Again;
            }
            order.count(fill);
            let request = order.request.clone();
            if order.remaining() <= Quantity::ZERO {
                self.close(fill.order);
            }
            return Filled::Counts(request);
        }
        match self.closed.iter_mut().find(|order| order.id == fill.order) {
            None => Filled::Unknown,
            Some(order) if order.has_counted(fill.fill_id) => Filled::Again,
            Some(order) => {
                order.count(fill);
                Filled::Counts(order.request.clone())
            }
        }
    }
}

impl OpenOrder {
    pub(crate) fn has_counted(&self, fill_id: u64) -> bool {
        self.fill_ids.contains(&fill_id)
    }

    fn count(&mut self, fill: &Fill) {
        self.fill_ids.push(fill.fill_id);
        self.filled += fill.quantity;
        self.status = Status::Working;
    }
}
