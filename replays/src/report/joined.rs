//! Round trips whole: the pieces in which an entry order and an exit order met, joined.

use engine::number::Amount;
use engine::position::RoundTrip;
use engine::state::State;

/// An entry order with an exit order, first in, first out, as far as the two have met.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    /// All pieces in one, in the quote currency.
    pub(super) trip: RoundTrip,
    /// The profit in the reporting currency at the time of each piece; `None` where one had no value in it.
    pub(super) profit: Option<Amount>,
    /// What it cost, likewise.
    pub(super) cost: Option<Amount>,
    /// The fees, likewise.
    pub(super) fees: Option<Amount>,
}

impl Joined {
    /// The first piece.
    pub(super) fn new(piece: &RoundTrip, state: &State) -> Self {
        let quote = state.markets.get(piece.instrument).map(|market| market.instrument.quote);
        let currencies = quote.zip(state.session.as_ref().map(|session| session.currency));
        let value = |amount| currencies.and_then(|(quote, currency)| state.markets.convert(amount, quote, currency));
        Self { trip: piece.clone(), profit: value(piece.profit()), cost: value(piece.cost), fees: value(piece.fees) }
    }

    /// Whether a piece is one of its own: an order that fills in pieces makes one round trip with another, however it fills.
    pub(super) fn is_of(&self, piece: &RoundTrip) -> bool {
        (self.trip.entry_order, self.trip.exit_order) == (piece.entry_order, piece.exit_order)
    }

    /// Takes the next piece in.
    pub(super) fn join(&mut self, piece: &RoundTrip, state: &State) {
        let Self { profit, cost, fees, .. } = Self::new(piece, state);
        let sum = |whole: Option<Amount>, part: Option<Amount>| whole.zip(part).map(|(whole, part)| whole + part);
        (self.profit, self.cost, self.fees) = (sum(self.profit, profit), sum(self.cost, cost), sum(self.fees, fees));
        let trip = &mut self.trip;
        trip.exit_at = piece.exit_at;
        trip.quantity += piece.quantity;
        trip.cost += piece.cost;
        trip.proceeds += piece.proceeds;
        trip.fees += piece.fees;
    }
}
