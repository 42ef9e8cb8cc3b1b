//! Round trips, joined from the pieces in which their two orders met.

use std::collections::BTreeMap;

use engine::instrument::InstrumentId;
use engine::number::Price;
use engine::order::{OrderId, Owner};
use engine::position::RoundTrip;
use engine::state::State;

use super::excursions::{Excursions, Stay};
use super::orders::exit_reason;
use super::recent::Touch;
use crate::report::joined::Joined;
use crate::report::rows::{ExitReason, OrderRow, RoundTripRow};

/// Round trips that are not complete yet.
#[derive(Debug, Default)]
pub(super) struct Trips {
    /// The last of each position, to which more pieces may come.
    growing: BTreeMap<(Owner, InstrumentId), Growing>,
    /// Those that are over, by number, and lack prices that the market has not told yet.
    unsettled: BTreeMap<u64, RoundTripRow>,
    /// How many there were, those that are not complete included.
    count: u64,
}

#[derive(Debug)]
struct Growing {
    number: u64,
    joined: Joined,
    exit_signal: Option<u64>,
    exit_reason: ExitReason,
    /// Until its last piece; `None` when its entry was never seen.
    stay: Option<Stay>,
    lowest: Price,
    highest: Price,
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
        let stay = excursions.sold((piece.instrument, piece.owner), piece.entry_order, touch);
        let (lowest, highest) = stay.map_or((touch.price, touch.price), |stay| (stay.lowest, stay.highest));
        if let Some(growing) = self.growing.get_mut(&key).filter(|growing| growing.joined.is_of(piece)) {
            growing.joined.join(piece, state);
            growing.stay = stay;
            (growing.lowest, growing.highest) = (growing.lowest.min(lowest), growing.highest.max(highest));
            return;
        }
        self.count += 1;
        let (exit_signal, exit_reason) = (exit_order.signal, exit_reason(exit_order.purpose));
        let joined = Joined::new(piece, state);
        let growing = Growing { number: self.count, joined, exit_signal, exit_reason, stay, lowest, highest };
        if let Some(whole) = self.growing.insert(key, growing) {
            self.over(whole, excursions, emit);
        }
    }

    /// An order has ended: no more pieces come of it.
    pub(super) fn ended(
        &mut self,
        key: (Owner, InstrumentId),
        exit: OrderId,
        excursions: &mut Excursions,
        emit: &mut dyn FnMut(RoundTripRow),
    ) {
        if self.growing.get(&key).is_some_and(|whole| whole.joined.trip.exit_order == exit)
            && let Some(whole) = self.growing.remove(&key)
        {
            self.over(whole, excursions, emit);
        }
    }

    /// Gives one that is over, now or when all of its prices have come.
    fn over(&mut self, whole: Growing, excursions: &mut Excursions, emit: &mut dyn FnMut(RoundTripRow)) {
        let (stay, row) = (whole.stay, whole.row());
        let (number, instrument) = (row.number, row.instrument);
        let Some(stay) = stay else { return emit(row) };
        self.unsettled.insert(number, row);
        if let Some(stay) = excursions.settle(instrument, number, stay) {
            self.settled(number, &stay, emit);
        }
    }

    /// All prices of one have come.
    pub(super) fn settled(&mut self, number: u64, stay: &Stay, emit: &mut dyn FnMut(RoundTripRow)) {
        if let Some(mut row) = self.unsettled.remove(&number) {
            (row.lowest, row.highest) = (row.lowest.min(stay.lowest), row.highest.max(stay.highest));
            emit(row);
        }
    }

    /// Gives those that are left: the log has ended.
    pub(super) fn finish(mut self, excursions: &mut Excursions, emit: &mut dyn FnMut(RoundTripRow)) {
        excursions.finish(&mut |number, stay| self.settled(number, &stay, emit));
        self.growing.into_values().for_each(|whole| emit(whole.row()));
    }
}

impl Growing {
    fn row(self) -> RoundTripRow {
        let Self { number, joined, exit_signal, exit_reason, stay, lowest, highest } = self;
        let Joined { trip, profit, fees, .. } = joined;
        RoundTripRow {
            number,
            owner: trip.owner,
            instrument: trip.instrument,
            entry_order: trip.entry_order,
            exit_order: trip.exit_order,
            entry_signal: stay.and_then(|stay| stay.lot.signal),
            exit_signal,
            exit_reason,
            entry_at: trip.entry_at,
            exit_at: trip.exit_at,
            quantity: trip.quantity,
            cost: trip.cost,
            proceeds: trip.proceeds,
            fees: trip.fees,
            fees_reporting: fees,
            profit_reporting: profit,
            stop: stay.and_then(|stay| stay.lot.stop),
            lowest,
            highest,
        }
    }
}
