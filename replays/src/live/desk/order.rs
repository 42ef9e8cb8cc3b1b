//! One order of ours, as the desk knows it.

use std::collections::{BTreeSet, VecDeque};

use engine::event::Input;
use engine::number::{Price, Quantity};
use engine::order::{Amendment, Fill, OrderId, OrderKind, OrderRequest, RejectReason};
use engine::time::Timestamp;

use crate::live::word::{Ask, Half, Name, Place, Values, Word};

/// An order, open or lately ended.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is what one kind of record says, and they come in any order")]
pub(super) struct Order {
    pub id: OrderId,
    /// As it is now, with what the venue amended.
    pub request: OrderRequest,
    /// The input that led to it: two orders of one step may be one order at the venue.
    pub cause: u64,
    /// What shares its quantity.
    pub link: Option<Link>,
    /// The venue's id of it, where nobody here asked for it.
    pub adopted: Option<u64>,
    pub is_open: bool,
    pub is_accepted: bool,
    pub is_triggered: bool,
    pub is_canceling: bool,
    /// What it was loosely linked with has been triggered or has filled: it is to end, though no decision says so.
    pub is_unlinked: bool,
    /// Amendments that the venue has not answered, oldest first.
    pub amending: VecDeque<Amending>,
    pub fills: BTreeSet<u64>,
    /// How much has filled, `base` included.
    pub filled: Quantity,
    /// How much had filled when it was adopted: those fills are in the balances already.
    pub base: Quantity,
    /// The venue's id of the ordinary order that a trigger placed. This and what follows is not in the log: words tell it.
    pub child: Option<u64>,
    /// When the venue made it what it is now.
    pub values_at: Timestamp,
    /// Why the venue would not cancel it. If it says next that it is open, it stays open.
    pub cancel_doubt: Option<RejectReason>,
}

/// The order that shares its quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// By the venue: the two are one order there.
    Pair(OrderId),
    /// The venue cannot have the two as one, so the desk cancels what is left over once either was triggered or has filled.
    Loose(OrderId),
}

/// An amendment on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amending {
    /// The seq of its decision, by which the venue's answers name it.
    pub number: u64,
    pub amendment: Amendment,
}

impl Order {
    pub fn new(id: OrderId, cause: u64, request: &OrderRequest) -> Self {
        Self {
            id,
            request: request.clone(),
            cause,
            link: None,
            adopted: None,
            is_open: true,
            is_accepted: false,
            is_triggered: false,
            is_canceling: false,
            is_unlinked: false,
            amending: VecDeque::new(),
            fills: BTreeSet::new(),
            filled: Quantity::ZERO,
            base: Quantity::ZERO,
            child: None,
            values_at: Timestamp::default(),
            cancel_doubt: None,
        }
    }

    /// Where it was placed.
    pub fn home(&self) -> Place {
        home(self.request.kind)
    }

    /// Where it is: once triggered, it is the ordinary order that the trigger placed.
    pub fn place(&self) -> Place {
        if self.child.is_some() { Place::Book } else { self.home() }
    }

    pub fn name(&self) -> Name {
        match (self.child.or(self.adopted), self.link) {
            (Some(venue_id), _) => Name::Venue(venue_id),
            (None, Some(Link::Pair(other))) => Name::Client(self.id.min(other)),
            (None, _) => Name::Client(self.id),
        }
    }

    pub fn half(&self) -> Half {
        match self.request.kind {
            OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. } => Half::Target,
            _ => Half::Stop,
        }
    }

    /// Whether the venue can have the two as one: a stop and a target at the market that the same input led to.
    pub fn pairs_with(&self, second: &Self) -> bool {
        let is_pair = matches!(
            (self.request.kind, second.request.kind),
            (OrderKind::StopMarket { .. }, OrderKind::TakeProfitMarket { .. })
                | (OrderKind::TakeProfitMarket { .. }, OrderKind::StopMarket { .. })
        );
        let shared = |order: &Self| (order.cause, order.request.instrument, order.request.side, order.request.quantity);
        is_pair && shared(self) == shared(second)
    }

    pub fn inquire(&self) -> Ask {
        Ask::Inquire { order: self.id, name: self.name(), place: self.place(), instrument: self.request.instrument }
    }

    pub fn cancel(&self) -> Ask {
        Ask::Cancel { order: self.id, name: self.name(), place: self.place(), instrument: self.request.instrument }
    }

    pub fn amend(&self, amending: &Amending) -> Ask {
        let &Amending { number, amendment } = amending;
        let (order, name, place, request) = (self.id, self.name(), self.place(), self.request.clone());
        Ask::Amend { order, number, name, place, instrument: request.instrument, request, amendment }
    }

    /// Takes new values.
    pub fn take(&mut self, new: &Amendment) {
        self.request.quantity = new.quantity.unwrap_or(self.request.quantity);
        let price_of = |old: Price| new.price.unwrap_or(old);
        let trigger_of = |old: Price| new.trigger.unwrap_or(old);
        match &mut self.request.kind {
            OrderKind::Market | OrderKind::TrailingStop { .. } => {}
            OrderKind::Limit { price, .. } => *price = price_of(*price),
            OrderKind::StopMarket { trigger } | OrderKind::TakeProfitMarket { trigger } => *trigger = trigger_of(*trigger),
            OrderKind::StopLimit { trigger, price } | OrderKind::TakeProfitLimit { trigger, price } => {
                (*trigger, *price) = (trigger_of(*trigger), price_of(*price));
            }
        }
    }

    /// What would make of it what the venue says that it is; `None` when it is that.
    pub fn difference(&self, values: &Values) -> Option<Amendment> {
        fn other<T: PartialEq>(said: Option<T>, own: Option<T>) -> Option<T> {
            said.filter(|said| own.is_some_and(|own| own != *said))
        }
        let trigger = if self.half() == Half::Target { values.target } else { values.stop };
        let amendment = Amendment {
            order: self.id,
            quantity: other(Some(values.quantity), Some(self.request.quantity)),
            price: other(values.price, self.request.kind.limit_price()),
            trigger: other(trigger, self.request.kind.trigger()),
        };
        let changes = amendment.quantity.is_some() || amendment.price.is_some() || amendment.trigger.is_some();
        changes.then_some(amendment)
    }

    /// The fills of a word that were not counted. Those from before it was adopted are told apart by how much had filled
    /// after each, as all up to [`Word::filled`] are there from some fill on.
    pub fn unknown_fills<'a>(&self, word: &'a Word) -> Vec<&'a Fill> {
        let mut after = word.filled.unwrap_or(self.filled);
        let mut unknown = Vec::new();
        for fill in word.fills.iter().rev() {
            let is_before = self.base.is_positive() && after <= self.base;
            after -= fill.quantity;
            if !is_before && !self.fills.contains(&fill.fill_id) {
                unknown.push(fill);
            }
        }
        unknown.reverse();
        unknown
    }

    /// Whether it ends when these inputs are stepped.
    pub fn ends_by(&self, inputs: &[Input]) -> bool {
        let mut order = self.clone();
        let is_ended = |input: &Input| {
            match input {
                Input::OrderFilled(fill) if fill.order == order.id => order.filled += fill.quantity,
                Input::OrderAmended(amendment) if amendment.order == order.id => order.take(amendment),
                Input::OrderCanceled { order: ended, .. } if *ended == order.id => return true,
                _ => return false,
            }
            order.filled >= order.request.quantity
        };
        inputs.iter().any(is_ended)
    }
}

/// Where an order of this kind is placed.
pub(super) fn home(kind: OrderKind) -> Place {
    if kind.is_conditional() { Place::Algo } else { Place::Book }
}
