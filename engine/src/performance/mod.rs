//! What the log's own results say: closed trades, signals, and how far equity is from where it was.

mod marks;
mod signals;
mod trade;

use alloc::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::number::{Amount, Rate};
use crate::order::Owner;
use crate::position::RoundTrip;
use crate::time::Timestamp;

use marks::Marks;
use signals::SignalCounts;

pub use trade::{ClosedTrade, Exit, Tally};

/// The most closed trades that are kept one by one.
pub const MAX_RECENT: usize = 200;

/// Results so far: kept in the state, and the same after a rebuild.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// What was sold of positions that are not flat yet.
    open: BTreeMap<(Owner, InstrumentId), ClosedTrade>,
    tallies: BTreeMap<Owner, Tally>,
    recent: VecDeque<ClosedTrade>,
    losses_in_a_row: u32,
    signals: SignalCounts,
    marks: Marks,
}

impl Performance {
    /// Gathers the round trips that a fill closed, until the position is flat: then they are one closed trade.
    pub(crate) fn round_trips(&mut self, trips: &[RoundTrip], exit: Exit, is_flat: impl Fn(Owner, InstrumentId) -> bool) {
        for trip in trips {
            let key = (trip.owner, trip.instrument);
            self.open.entry(key).and_modify(|trade| trade.join(trip, exit)).or_insert_with(|| ClosedTrade::of(trip, exit));
        }
        for trip in trips {
            if self.open.contains_key(&(trip.owner, trip.instrument)) && is_flat(trip.owner, trip.instrument) {
                self.flat(trip.owner, trip.instrument);
            }
        }
    }

    /// The position ended without another round trip: what is left is too small to be sold.
    pub(crate) fn flat(&mut self, owner: Owner, instrument: InstrumentId) {
        let Some(trade) = self.open.remove(&(owner, instrument)) else { return };
        if trade.profit.is_positive() {
            self.losses_in_a_row = 0;
        } else if trade.profit.is_negative() {
            self.losses_in_a_row = self.losses_in_a_row.saturating_add(1);
        }
        self.tallies.entry(owner).or_default().count(&trade);
        if self.recent.len() >= MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(trade);
    }

    /// A strategy gave a signal.
    pub(crate) fn signaled(&mut self, at: Timestamp) {
        self.signals.count(at);
    }

    /// Forgets the losses in a row: an operator resumed.
    pub(crate) fn reset_losses(&mut self) {
        self.losses_in_a_row = 0;
    }

    /// Equity has a new value, in the session's currency.
    pub(crate) fn equity_moved(&mut self, at: Timestamp, equity: Amount) {
        self.marks.equity_moved(at, equity);
    }

    /// Money came in (or, negative, went out) other than by trading: neither a gain nor a loss.
    pub(crate) fn deposited(&mut self, before: Amount, value: Amount) {
        self.marks.deposited(before, value);
    }

    /// Peak and day's start are what equity is now: an operator resumed.
    pub(crate) fn restart(&mut self, equity: Option<Amount>) {
        self.marks.restart(equity);
    }

    /// One owner's closed trades over all of the log.
    pub fn tally(&self, owner: Owner) -> Tally {
        self.tallies.get(&owner).cloned().unwrap_or_default()
    }

    /// The last [`MAX_RECENT`] closed trades of all owners, oldest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &ClosedTrade> + ExactSizeIterator {
        self.recent.iter()
    }

    /// Trades of all owners that lost, since the last one that won or the last reset.
    pub fn losses_in_a_row(&self) -> u32 {
        self.losses_in_a_row
    }

    /// Signals an hour over the last 24 hours of the clock, the present one included and counted whole; over fewer
    /// when the first signal came later than that. Rounded half to even at 8 decimals.
    pub fn signals_an_hour(&self, now: Timestamp) -> Rate {
        self.signals.an_hour(now)
    }

    /// The highest equity so far, without what deposits and withdrawals did to it; `None` before the first look.
    pub fn peak(&self) -> Option<Amount> {
        self.marks.peak()
    }

    /// Equity at the first look of the present day, UTC; `None` before the first.
    pub fn day_start(&self) -> Option<Amount> {
        self.marks.day_start()
    }

    /// How far `equity` is below the peak, as a share of it, rounded half to even at 8 decimals; 0 when it is not.
    pub fn drawdown(&self, equity: Amount) -> Rate {
        self.marks.drawdown(equity)
    }

    /// How far `equity` is below the day's start, as a share of it, rounded half to even at 8 decimals; 0 when it is
    /// not.
    pub fn day_loss(&self, equity: Amount) -> Rate {
        self.marks.day_loss(equity)
    }
}

#[cfg(test)]
mod tests;
