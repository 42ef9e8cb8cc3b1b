//! Refusals: what the venue would not do for positions, since the last market data.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::order::{OrderId, Owner};
use crate::orders::Orders;

/// What is asked for again with the next market data, of whatever instrument, and not before: the venue's own reports
/// would make it a loop, as each answer calls for the next try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// Positions of which it refused a protective order, or ended one.
    protections: BTreeSet<(Owner, InstrumentId)>,
    /// Orders that it would not cancel.
    cancels: BTreeSet<OrderId>,
}

impl Refusals {
    /// Whether it refused nothing.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.protections.is_empty() && self.cancels.is_empty()
    }

    pub(crate) fn has_protection(&self, position: (Owner, InstrumentId)) -> bool {
        self.protections.contains(&position)
    }

    pub(crate) fn has_cancel(&self, order: OrderId) -> bool {
        self.cancels.contains(&order)
    }

    /// The positions that it all is about.
    pub(crate) fn positions(&self, orders: &Orders) -> Vec<(Owner, InstrumentId)> {
        let open = self.cancels.iter().filter_map(|&order| orders.get(order));
        let kept = open.map(|order| (order.request.owner, order.request.instrument));
        let all: BTreeSet<_> = self.protections.iter().copied().chain(kept).collect();
        all.into_iter().collect()
    }

    pub(crate) fn refused_protection(&mut self, position: (Owner, InstrumentId)) {
        self.protections.insert(position);
    }

    pub(crate) fn refused_cancel(&mut self, order: OrderId) {
        self.cancels.insert(order);
    }

    /// A position may be protected at once again.
    pub(crate) fn forgive(&mut self, position: (Owner, InstrumentId)) {
        self.protections.remove(&position);
    }

    pub(crate) fn clear(&mut self) {
        self.protections.clear();
        self.cancels.clear();
    }
}
