//! Others that take over from a record on: what a run would have come to with other parameters.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::mem::{swap, take};

use super::{Audience, Engine, Entrant, Seat};
use crate::order::StrategyId;
use crate::risk::{self, Breakers, Policy};
use crate::time::Timestamp;

/// Who takes over, and when. Until then they see what those before them see, so that they know the past when their
/// time comes, and nothing of what they wish for is granted.
pub(super) struct Succession {
    at_seq: u64,
    seats: Vec<Seat>,
    wakes: BTreeSet<(Timestamp, StrategyId)>,
    policy: Policy,
}

impl Engine {
    /// The same until record `at_seq`, whose step is the first of other strategies and another policy. Each strategy goes
    /// on with what the one in its place has: position, orders and protection. Successions at or after `at_seq` that
    /// were to come no longer do.
    pub fn succeeded_by(mut self, at_seq: u64, entrants: Vec<Entrant>, policy: Policy) -> Self {
        let seats = entrants.into_iter().map(|entrant| Seat { entrant, sees: Vec::new() }).collect();
        self.successions.retain(|earlier| earlier.at_seq < at_seq);
        self.successions.push(Succession { at_seq, seats, wakes: BTreeSet::new(), policy });
        self
    }

    /// Lets those take over whose time has come.
    #[inline]
    pub(super) fn succeed(&mut self, seq: u64) {
        if !self.successions.is_empty() {
            self.take_over(seq);
        }
    }

    /// Shows the input to those whose time has not come.
    #[inline]
    pub(super) fn show_successors(&mut self, audience: Audience) {
        if !self.successions.is_empty() {
            self.show(audience);
        }
    }

    #[cold]
    fn take_over(&mut self, seq: u64) {
        while self.successions.first().is_some_and(|next| next.at_seq <= seq) {
            let Succession { seats, wakes, policy, .. } = self.successions.remove(0);
            (self.seats, self.wakes) = (seats, wakes);
            if self.policy != policy {
                self.breaks = policy.breakers != Breakers::off();
                self.policy = policy;
                self.state.watch.set_floor(risk::floor(&self.state, &self.policy.breakers));
            }
        }
    }

    #[cold]
    fn show(&mut self, audience: Audience) {
        let wishes = take(&mut self.wishes);
        let mut successions = take(&mut self.successions);
        for next in &mut successions {
            swap(&mut self.seats, &mut next.seats);
            swap(&mut self.wakes, &mut next.wakes);
            self.ask_strategies(audience);
            self.wishes.clear();
            swap(&mut self.seats, &mut next.seats);
            swap(&mut self.wakes, &mut next.wakes);
        }
        (self.wishes, self.successions) = (wishes, successions);
    }
}
