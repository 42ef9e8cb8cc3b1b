//! Round trips, joined from the pieces in which their two orders met.

use std::collections::BTreeMap;

use engine::instrument::InstrumentId;
use engine::order::{OrderId, Owner};
use engine::position::RoundTrip;
use engine::state::State;

use super::excursions::{Excursions, Touch};
use super::in_reporting;
use super::orders::exit_reason;
use crate::report::rows::{OrderRow, RoundTripRow};

/// Round trips to which more pieces may come: the last of each position.
#[derive(Debug, Default)]
pub(super) struct Trips {
    growing: BTreeMap<(Owner, InstrumentId), RoundTripRow>,
    /// How many there were, those that grow included.
    count: u64,
}

impl Trips {
    /// A piece of a round trip, closed by an order.
    pub(super) fn closed(
        &mut self,
        state: &State,
        piece: &RoundTrip,
        exit: (&OrderRow, &Touch),
        excursions: &mut Excursions,
        emit: &mut dyn FnMut(RoundTripRow),
    ) {
        let (exit_order, touch) = exit;
        let key = (piece.owner, piece.instrument);
        let (lot, lowest, highest) = excursions.sold((piece.instrument, piece.owner), piece.entry_order, touch);
        let quote = state.markets.get(piece.instrument).map(|market| market.instrument.quote);
        let reporting = |amount| quote.and_then(|quote| in_reporting(state, amount, quote));
        let mut row = RoundTripRow {
            number: self.count,
            owner: piece.owner,
            instrument: piece.instrument,
            entry_order: piece.entry_order,
            exit_order: piece.exit_order,
            entry_signal: lot.and_then(|lot| lot.signal),
            exit_signal: exit_order.signal,
            exit_reason: exit_reason(exit_order.purpose),
            entry_at: piece.entry_at,
            exit_at: piece.exit_at,
            quantity: piece.quantity,
            cost: piece.cost,
            proceeds: piece.proceeds,
            fees: piece.fees,
            fees_reporting: reporting(piece.fees),
            profit_reporting: reporting(piece.profit()),
            stop: lot.and_then(|lot| lot.stop),
            lowest,
            highest,
        };
        match self.growing.get_mut(&key) {
            Some(whole) if (whole.entry_order, whole.exit_order) == (row.entry_order, row.exit_order) => join(whole, &row),
            _ => {
                self.count += 1;
                row.number = self.count;
                if let Some(whole) = self.growing.insert(key, row) {
                    emit(whole);
                }
            }
        }
    }

    /// An order has ended: no more pieces come of it.
    pub(super) fn ended(&mut self, key: (Owner, InstrumentId), exit: OrderId, emit: &mut dyn FnMut(RoundTripRow)) {
        if self.growing.get(&key).is_some_and(|whole| whole.exit_order == exit)
            && let Some(whole) = self.growing.remove(&key)
        {
            emit(whole);
        }
    }

    /// Gives those that are left: the log has ended.
    pub(super) fn finish(self, emit: &mut dyn FnMut(RoundTripRow)) {
        self.growing.into_values().for_each(emit);
    }
}

fn join(whole: &mut RoundTripRow, piece: &RoundTripRow) {
    whole.exit_at = piece.exit_at;
    whole.quantity += piece.quantity;
    whole.cost += piece.cost;
    whole.proceeds += piece.proceeds;
    whole.fees += piece.fees;
    whole.fees_reporting = whole.fees_reporting.zip(piece.fees_reporting).map(|(whole, piece)| whole + piece);
    whole.profit_reporting = whole.profit_reporting.zip(piece.profit_reporting).map(|(whole, piece)| whole + piece);
    whole.lowest = whole.lowest.min(piece.lowest);
    whole.highest = whole.highest.max(piece.highest);
}
