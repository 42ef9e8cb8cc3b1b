//! A position: what one owner's fills have built up in one instrument, by average cost and first in, first out.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::number::{Amount, Price, Quantity};
use crate::order::{OrderId, Owner};
use crate::time::Timestamp;

/// What one owner holds of one instrument. Never negative: a sale of more than the position takes the rest
/// from holdings that no fill of this owner brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Base units held, fees taken in base currency already off.
    pub quantity: Quantity,
    /// What they cost at average, in quote units, entry fees not included.
    pub cost: Amount,
    /// Profit of what was sold, by average cost, before fees, in quote units.
    pub realised: Amount,
    /// Fees of all fills, in quote units.
    pub fees: Amount,
    /// What is left of each entry, oldest first.
    lots: VecDeque<Lot>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lot {
    order: OrderId,
    at: Timestamp,
    quantity: Quantity,
    cost: Amount,
    fee: Amount,
}

/// An entry, or a part of one, with its exit, matched first in, first out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundTrip {
    /// Whose.
    pub owner: Owner,
    /// In what.
    pub instrument: InstrumentId,
    /// The order that opened it.
    pub entry_order: OrderId,
    /// The order that closed it.
    pub exit_order: OrderId,
    /// When it opened.
    pub entry_at: Timestamp,
    /// When it closed.
    pub exit_at: Timestamp,
    /// How much.
    pub quantity: Quantity,
    /// What the entry cost, in quote units, fees not included.
    pub cost: Amount,
    /// What the exit brought, in quote units, fees not included.
    pub proceeds: Amount,
    /// Fees of both, in quote units.
    pub fees: Amount,
}

impl RoundTrip {
    /// Proceeds less cost and fees.
    pub fn profit(&self) -> Amount {
        self.proceeds - self.cost - self.fees
    }
}

/// A fill as the position sees it: fees valued in quote units, quantities as they reached the balance.
#[derive(Clone, Copy, Debug)]
pub struct Booking {
    /// The order that filled.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// Base units that came in or went out.
    pub quantity: Quantity,
    /// Price times traded quantity.
    pub notional: Amount,
    /// In quote units.
    pub fee: Amount,
}

impl Position {
    /// The average price of what is held; `None` when nothing is.
    pub fn average_price(&self) -> Option<Price> {
        self.quantity.is_positive().then(|| self.cost.per(self.quantity))
    }

    /// Profit that a sale at `price` would realise, by average cost, before fees.
    pub fn unrealised(&self, price: Price) -> Amount {
        price * self.quantity - self.cost
    }

    /// Takes a buy in; one whose fee ate all of it leaves only the fee.
    pub(crate) fn buy(&mut self, booking: &Booking) {
        self.fees += booking.fee;
        if !booking.quantity.is_positive() {
            return;
        }
        self.quantity += booking.quantity;
        self.cost += booking.notional;
        // An order that fills in pieces is one entry.
        if let Some(last) = self.lots.back_mut().filter(|last| last.order == booking.order) {
            last.quantity += booking.quantity;
            last.cost += booking.notional;
            last.fee += booking.fee;
            return;
        }
        self.lots.push_back(Lot {
            order: booking.order,
            at: booking.at,
            quantity: booking.quantity,
            cost: booking.notional,
            fee: booking.fee,
        });
    }

    /// Takes a sale off the position, and gives the round trips that it closes.
    pub(crate) fn sell(&mut self, owner: Owner, instrument: InstrumentId, booking: &Booking) -> Vec<RoundTrip> {
        let mut left = booking.quantity.min(self.quantity).max(Quantity::ZERO);
        let matched_proceeds = left.share_of(booking.quantity, booking.notional);
        let matched_cost = left.share_of(self.quantity, self.cost);
        self.fees += booking.fee;
        self.realised += matched_proceeds - matched_cost;
        self.cost -= matched_cost;
        self.quantity -= left;
        let mut closed = Vec::new();
        while left.is_positive() {
            let Some(lot) = self.lots.front_mut() else { break };
            let part = left.min(lot.quantity);
            let cost = part.share_of(lot.quantity, lot.cost);
            let entry_fee = part.share_of(lot.quantity, lot.fee);
            closed.push(RoundTrip {
                owner,
                instrument,
                entry_order: lot.order,
                exit_order: booking.order,
                entry_at: lot.at,
                exit_at: booking.at,
                quantity: part,
                cost,
                proceeds: part.share_of(booking.quantity, booking.notional),
                fees: entry_fee + part.share_of(booking.quantity, booking.fee),
            });
            lot.quantity -= part;
            lot.cost -= cost;
            lot.fee -= entry_fee;
            left -= part;
            if lot.quantity.is_zero() {
                self.lots.pop_front();
            }
        }
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn booking(order: u64, quantity: &str, price: &str, fee: &str) -> Booking {
        let (quantity, price): (Quantity, Price) = (quantity.parse().unwrap(), price.parse().unwrap());
        Booking {
            order: OrderId(order),
            at: Timestamp(order.cast_signed()),
            quantity,
            notional: price * quantity,
            fee: fee.parse().unwrap(),
        }
    }

    #[test]
    fn average_cost_and_first_in_first_out_agree_once_flat() {
        let mut position = Position::default();
        position.buy(&booking(1, "1", "100", "1"));
        position.buy(&booking(2, "1", "200", "2"));
        assert_eq!(position.average_price().unwrap().to_string(), "150");
        assert_eq!(position.unrealised("160".parse().unwrap()).to_string(), "20");

        let first = position.sell(Owner::Operator, InstrumentId(0), &booking(3, "1.5", "300", "3"));
        assert_eq!(position.realised.to_string(), "225.0", "1.5 x (300 - 150)");
        let profits: Vec<_> = first.iter().map(|trip| trip.profit().to_string()).collect();
        // 300 - 100 - 1 - 2 of the fee; 150 - 100 - 1 - 1
        assert_eq!(profits, ["197.0", "48.0"]);

        let second = position.sell(Owner::Operator, InstrumentId(0), &booking(4, "0.5", "100", "0"));
        assert_eq!(second.len(), 1);
        assert_eq!(position.quantity, Quantity::ZERO);
        assert_eq!(position.cost, Amount::ZERO);
        let fifo: Amount = first.iter().chain(&second).map(RoundTrip::profit).sum();
        assert_eq!(fifo, position.realised - position.fees);
    }

    #[test]
    fn a_sale_beyond_the_position_only_closes_what_is_there() {
        let mut position = Position::default();
        position.buy(&booking(1, "1", "100", "0"));
        let closed = position.sell(Owner::Operator, InstrumentId(0), &booking(2, "4", "110", "4"));
        assert_eq!(position.quantity, Quantity::ZERO);
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0].profit().to_string(), "9", "110 - 100 - a quarter of the fee");
    }
}
