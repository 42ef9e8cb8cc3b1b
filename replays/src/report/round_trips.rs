//! Tallies of round trips, in all and by instrument.

use std::collections::BTreeMap;

use engine::instrument::InstrumentId;
use engine::number::Amount;
use engine::order::Owner;
use engine::position::RoundTrip;
use engine::state::State;
use serde::Serialize;

use super::joined::Joined;
use crate::metrics::Closed;

/// All round trips of a run, first in first out.
#[derive(Clone, Debug, Default)]
pub struct RoundTrips {
    /// All of them, in the reporting currency at the time of the exit.
    pub all: Tally,
    /// Those of each instrument, in its quote currency.
    pub by_instrument: BTreeMap<InstrumentId, Tally>,
    /// Each of them as measures look at it.
    pub(super) closed: Vec<Closed>,
    /// The last of each position, to which more pieces of the same two orders may come.
    growing: BTreeMap<(Owner, InstrumentId), Joined>,
}

/// What a set of round trips came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// How many had a profit after fees.
    pub wins: u64,
    /// How many had a loss after fees.
    pub losses: u64,
    /// Sum of the profits of the winners.
    pub gross_profit: Amount,
    /// Sum of the losses of the losers, positive.
    pub gross_loss: Amount,
    /// Sum of profit over cost of each, for its mean.
    pub return_sum: f64,
    /// Sum of the holding times, in nanoseconds.
    pub held_ns: i128,
    /// The best profit over cost.
    pub best_return: Option<f64>,
    /// The worst profit over cost.
    pub worst_return: Option<f64>,
}

impl RoundTrips {
    /// Takes a piece in.
    pub(super) fn add(&mut self, piece: &RoundTrip, state: &State) {
        let key = (piece.owner, piece.instrument);
        if let Some(growing) = self.growing.get_mut(&key).filter(|growing| growing.is_of(piece)) {
            growing.join(piece, state);
        } else if let Some(whole) = self.growing.insert(key, Joined::new(piece, state)) {
            self.count(&whole);
        }
    }

    /// Counts those to which nothing more will come.
    pub(super) fn finish(&mut self) {
        for whole in std::mem::take(&mut self.growing).into_values() {
            self.count(&whole);
        }
        self.closed.sort_by_key(|closed| closed.closed_at);
    }

    fn count(&mut self, Joined { trip, profit, cost, .. }: &Joined) {
        // A quote currency without a price has no value in the reporting currency; equity is `None` then too.
        let profit = profit.unwrap_or_default();
        self.by_instrument.entry(trip.instrument).or_default().add(trip, trip.profit());
        self.all.add(trip, profit);
        let (profit, stake) = (profit.to_f64(), cost.unwrap_or_default().to_f64());
        self.closed.push(Closed { opened_at: trip.entry_at, closed_at: trip.exit_at, profit, stake });
    }
}

impl Tally {
    fn add(&mut self, trip: &RoundTrip, profit: Amount) {
        let rate = trip.cost.is_positive().then(|| trip.profit().to_f64() / trip.cost.to_f64());
        self.take(i128::from(trip.exit_at.0) - i128::from(trip.entry_at.0), profit, rate);
    }

    /// Counts one more: held for so long, with this profit and this profit over cost.
    pub(super) fn take(&mut self, held_ns: i128, profit: Amount, rate: Option<f64>) {
        self.count += 1;
        self.held_ns += held_ns;
        if profit.is_positive() {
            self.wins += 1;
            self.gross_profit += profit;
        } else if profit.is_negative() {
            self.losses += 1;
            self.gross_loss -= profit;
        }
        if let Some(rate) = rate {
            self.return_sum += rate;
            self.best_return = Some(self.best_return.map_or(rate, |best| best.max(rate)));
            self.worst_return = Some(self.worst_return.map_or(rate, |worst| worst.min(rate)));
        }
    }

    /// Counts all of another tally as well.
    pub(super) fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.wins += other.wins;
        self.losses += other.losses;
        self.gross_profit += other.gross_profit;
        self.gross_loss += other.gross_loss;
        self.return_sum += other.return_sum;
        self.held_ns += other.held_ns;
        for rate in [other.best_return, other.worst_return].into_iter().flatten() {
            self.best_return = Some(self.best_return.map_or(rate, |best| best.max(rate)));
            self.worst_return = Some(self.worst_return.map_or(rate, |worst| worst.min(rate)));
        }
    }

    /// Profits less losses.
    pub fn net(&self) -> Amount {
        self.gross_profit - self.gross_loss
    }

    /// Share of the round trips that won; `None` without any.
    pub fn win_rate(&self) -> Option<f64> {
        (self.count > 0).then(|| self.wins as f64 / self.count as f64)
    }

    /// Profits over losses; `None` when nothing was lost.
    pub fn profit_factor(&self) -> Option<f64> {
        self.gross_loss.is_positive().then(|| self.gross_profit.to_f64() / self.gross_loss.to_f64())
    }

    /// Mean profit over cost; `None` without any round trip.
    pub fn mean_return(&self) -> Option<f64> {
        (self.count > 0).then(|| self.return_sum / self.count as f64)
    }

    /// Mean holding time in whole seconds; `None` without any round trip.
    pub fn mean_held_seconds(&self) -> Option<i64> {
        let mean = self.held_ns.checked_div(i128::from(self.count))? / 1_000_000_000;
        i64::try_from(mean).ok()
    }
}
