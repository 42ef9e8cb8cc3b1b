//! What becomes of orders that the venue has and this session did not ask for.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Engine;
use crate::event::{Breaker, Decision, StrayOrder, Trip};
use crate::number::{Decimal, Figure};
use crate::order::OrderId;
use crate::risk::Strays;

impl Engine {
    /// Orders that nobody here asked for become the operator's; what then happens is the policy's.
    pub(super) fn take_in(&mut self, cause: u64, strays: Vec<StrayOrder>) {
        let count = strays.len();
        for stray in strays {
            let adopted = self.decide(cause, Decision::OrderAdopted(Box::new(stray)));
            if self.policy.strays == Strays::Cancel {
                self.decide(adopted, Decision::CancelRequested(OrderId(adopted)));
            }
        }
        if count > 0 && self.policy.strays == Strays::Halt && !self.state.is_paused(Breaker::StrayOrders, None) {
            let (value, limit) = (Figure(Decimal::from(count)), Figure(Decimal::ZERO));
            let trip = Trip { breaker: Breaker::StrayOrders, instrument: None, until: None, value, limit };
            self.decide(cause, Decision::BreakerTripped(Box::new(trip)));
        }
    }
}
