//! Ways out of positions: one step on for those that are closing, protection for the others.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Audience, Engine};
use crate::alert::reported_order;
use crate::event::{Decision, Event, Input};
use crate::execution::{self, Exit};
use crate::guard;
use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::order::{OrderId, OrderKind, OrderRequest, Owner};

impl Engine {
    pub(super) fn leave_positions(&mut self, cause: u64, audience: Audience) {
        for (owner, instrument) in self.state.closing.clone() {
            if self.goes_on(audience, owner, instrument) {
                self.leave_position(cause, owner, instrument);
            }
        }
    }

    /// Whether the input lets the way out of a position go on. What the venue just refused is asked for again
    /// with the next market data and not at once, or a venue that always refuses would be asked forever.
    fn goes_on(&self, audience: Audience, owner: Owner, instrument: InstrumentId) -> bool {
        let Event::Input(input) = &self.records[0].event else { return false };
        match audience {
            Audience::Watching(watched) => watched == instrument,
            Audience::Everyone => matches!(input, Input::Operator(_)),
            Audience::Due => false,
            Audience::Owner(_) => {
                let Some(order) = reported_order(input).and_then(|order| self.state.orders.known(order)) else { return false };
                let request = &order.request;
                let is_sale = request.side == Side::Sell && request.kind == OrderKind::Market;
                let refused = match input {
                    Input::CancelRejected { .. } => true,
                    Input::OrderCanceled { .. } => is_sale && order.cancel_requested.is_none(),
                    Input::OrderRejected { .. } => is_sale,
                    _ => false,
                };
                request.owner == owner && request.instrument == instrument && !refused
            }
        }
    }

    pub(super) fn leave_position(&mut self, cause: u64, owner: Owner, instrument: InstrumentId) {
        if !self.state.closing.contains(&(owner, instrument)) {
            return;
        }
        match execution::exit(&self.state, owner, instrument) {
            Exit::Wait => {}
            // Past risk, as protection is: it only ever reduces what is held, in a size that `exit` has checked.
            Exit::Sell(request) => {
                self.decide(cause, Decision::OrderRequested(Box::new(request)));
            }
            Exit::Cancel(orders) => {
                for order in orders {
                    self.decide(cause, Decision::CancelRequested(order));
                }
            }
        }
    }

    /// Ends what protects too much of these positions, and protects what is bare. With market data only those come in of
    /// which the venue refused something before, else all that are guarded.
    pub(super) fn protect_positions(&mut self, cause: u64, positions: Vec<(Owner, InstrumentId)>) {
        for (owner, instrument) in positions {
            for order in guard::surplus(&self.state, owner, instrument) {
                self.decide(cause, Decision::CancelRequested(order));
            }
            let trailing = self.policy.protection.trailing;
            let Some(protect) = execution::protection(&self.state, trailing, owner, instrument) else { continue };
            for order in protect.cancels {
                self.decide(cause, Decision::CancelRequested(order));
            }
            let mut first = None;
            for request in protect.orders {
                let id = self.decide(cause, Decision::OrderRequested(Box::new(OrderRequest { oco: first, ..request })));
                first.get_or_insert(OrderId(id));
            }
        }
    }
}
