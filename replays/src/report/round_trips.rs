//! Tallies of round trips, in all and by instrument.

use std::collections::BTreeMap;

use engine::instrument::InstrumentId;
use engine::number::Amount;
use engine::order::Owner;
use engine::position::RoundTrip;
use engine::state::State;
use serde::Serialize;

/// All round trips of a run, first in first out.
#[derive(Clone, Debug, Default)]
pub struct RoundTrips {
    /// All of them, in the reporting currency at the time of the exit.
    pub all: Tally,
    /// Those of each instrument, in its quote currency.
    pub by_instrument: BTreeMap<InstrumentId, Tally>,
    /// The last of each position, to which more pieces of the same two orders may come.
    growing: BTreeMap<(Owner, InstrumentId), Growing>,
}

#[derive(Clone, Debug)]
struct Growing {
    trip: RoundTrip,
    /// Of what there is so far, in the reporting currency at the time of each piece.
    profit: Amount,
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
    /// Takes a piece in. An order that filled in pieces makes one round trip with another, however it filled.
    pub(super) fn add(&mut self, piece: &RoundTrip, state: &State) {
        let quote = state.markets.get(piece.instrument).map(|market| market.instrument.quote);
        let currency = state.session.as_ref().map(|session| session.currency);
        // A quote currency without a price has no value in the reporting currency; equity is `None` then too.
        let value = |(quote, currency)| state.markets.convert(piece.profit(), quote, currency);
        let profit = quote.zip(currency).and_then(value).unwrap_or_default();
        let key = (piece.owner, piece.instrument);
        let orders = |trip: &RoundTrip| (trip.entry_order, trip.exit_order);
        if let Some(growing) = self.growing.get_mut(&key).filter(|growing| orders(&growing.trip) == orders(piece)) {
            let trip = &mut growing.trip;
            trip.exit_at = piece.exit_at;
            trip.quantity += piece.quantity;
            trip.cost += piece.cost;
            trip.proceeds += piece.proceeds;
            trip.fees += piece.fees;
            growing.profit += profit;
        } else if let Some(whole) = self.growing.insert(key, Growing { trip: piece.clone(), profit }) {
            self.count(&whole);
        }
    }

    /// Counts those to which nothing more will come.
    pub(super) fn finish(&mut self) {
        for whole in std::mem::take(&mut self.growing).into_values() {
            self.count(&whole);
        }
    }

    fn count(&mut self, Growing { trip, profit }: &Growing) {
        self.by_instrument.entry(trip.instrument).or_default().add(trip, trip.profit());
        self.all.add(trip, *profit);
    }
}

impl Tally {
    fn add(&mut self, trip: &RoundTrip, profit: Amount) {
        self.count += 1;
        self.held_ns += i128::from(trip.exit_at.0) - i128::from(trip.entry_at.0);
        if profit.is_positive() {
            self.wins += 1;
            self.gross_profit += profit;
        } else if profit.is_negative() {
            self.losses += 1;
            self.gross_loss -= profit;
        }
        if trip.cost.is_positive() {
            let rate = trip.profit().to_f64() / trip.cost.to_f64();
            self.return_sum += rate;
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
