//! What the venue's word on protective orders makes of the guards, and what it refused.

use super::State;
use crate::guard::{Guard, MAX_REFUSALS, is_stop};
use crate::order::{Amendment, OrderId};

impl State {
    pub(super) fn accepted(&mut self, order: OrderId) {
        self.orders.accept(order);
        if let Some(guard) = self.guard_of(order) {
            guard.refusals = 0;
        }
    }

    /// A stop that was raised stays raised when it has to be placed again.
    pub(super) fn raise_guard(&mut self, amendment: &Amendment) {
        if let Some(trigger) = amendment.trigger
            && self.orders.get(amendment.order).is_some_and(|open| is_stop(open.request.kind))
            && let Some(guard) = self.guard_of(amendment.order)
        {
            guard.bracket.stop = guard.bracket.stop.map(|stop| stop.max(trigger));
        }
    }

    /// The guard of the position that a protective order covers.
    fn guard_of(&mut self, order: OrderId) -> Option<&mut Guard> {
        let open = self.orders.get(order)?;
        let request = &open.request;
        request.protects?;
        self.guards.get_mut(&(request.owner, request.instrument)).filter(|guard| guard.is_cover(open))
    }

    /// The venue would not have a protective order. When it never does, the position is closed.
    pub(super) fn unguarded(&mut self, order: OrderId) {
        let Some(guard) = self.guard_of(order) else { return };
        guard.refusals = guard.refusals.saturating_add(1);
        let is_last = guard.refusals >= MAX_REFUSALS;
        let Some(open) = self.orders.get(order) else { return };
        let key = (open.request.owner, open.request.instrument);
        // Until the next market data, even if the venue takes another piece of it in between: that says nothing of this one.
        self.refusals.refused_protection(key);
        if is_last {
            self.closing.insert(key);
        }
    }

    pub(super) fn cancel_rejected(&mut self, order: OrderId) {
        if self.orders.get(order).is_some() {
            self.orders.cancel_rejected(order);
            self.refusals.refused_cancel(order);
        }
    }
}
