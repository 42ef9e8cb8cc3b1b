//! What stops new exposure and lets it go on: breakers, operators, and what is wrong with the venue.

use alloc::collections::BTreeSet;

use super::{State, Trading};
use crate::event::{Breaker, Command, Trip};

impl State {
    pub(super) fn tripped(&mut self, trip: &Trip) {
        let now = self.now;
        self.pauses.retain(|_, until| until.is_none_or(|until| now < until));
        self.pauses.insert((trip.breaker, trip.instrument), trip.until);
        match trip.breaker {
            Breaker::LossesInARow => self.performance.reset_losses(),
            Breaker::Emergency => self.flatten(),
            Breaker::DailyLoss | Breaker::Drawdown | Breaker::Cooldown | Breaker::LowProfit | Breaker::StrayOrders => {}
        }
    }

    pub(super) fn operator(&mut self, command: &Command) {
        match command {
            Command::Halt => self.trading = Trading::Halted,
            Command::Resume => self.resume(),
            Command::Flatten => self.flatten(),
            Command::Submit(_) | Command::Cancel(_) => {}
        }
    }

    /// Trades again, and measures from here on: what tripped a breaker does not trip it again.
    fn resume(&mut self) {
        self.trading = Trading::Running;
        self.pauses.clear();
        self.performance.reset_losses();
        self.performance.restart(self.equity());
    }

    fn flatten(&mut self) {
        self.trading = Trading::Halted;
        let held = self.portfolio.positions().map(|(owner, instrument, _)| (owner, instrument));
        let ordered = self.orders.iter().map(|order| (order.request.owner, order.request.instrument));
        let all: BTreeSet<_> = held.chain(ordered).collect();
        let live = all.into_iter().filter(|&(owner, instrument)| {
            self.is_sellable(owner, instrument) || self.orders.of(owner, instrument).next().is_some()
        });
        self.closing = live.collect();
        self.waiting.clear();
        // Whoever wants out of everything asks at once.
        self.refusals.clear();
    }
}
