//! The row of an entry with its exit.

use engine::instrument::InstrumentId;
use engine::number::{Amount, Price, Quantity};
use engine::order::{OrderId, Owner};
use engine::time::Timestamp;

use super::order::ExitReason;

/// An entry order with an exit order, first in, first out: all pieces of the two that met.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundTripRow {
    /// Its place, dense from 1, in the order in which the first of each was sold.
    pub number: u64,
    /// Whose.
    pub owner: Owner,
    /// In what.
    pub instrument: InstrumentId,
    /// The order that opened it.
    pub entry_order: OrderId,
    /// The order that closed it.
    pub exit_order: OrderId,
    /// The signal that the entry follows from.
    pub entry_signal: Option<u64>,
    /// The signal that the exit follows from.
    pub exit_signal: Option<u64>,
    /// Why it was left.
    pub exit_reason: ExitReason,
    /// When the first of the entry filled.
    pub entry_at: Timestamp,
    /// When the last of it was sold.
    pub exit_at: Timestamp,
    /// How much, in base units.
    pub quantity: Quantity,
    /// What the entry cost, fees not included.
    pub cost: Amount,
    /// What the exit brought, fees not included.
    pub proceeds: Amount,
    /// Fees of both.
    pub fees: Amount,
    /// Fees of both, in the reporting currency at the time of each piece.
    pub fees_reporting: Option<Amount>,
    /// What it brought, after fees, in the reporting currency at the time of each piece.
    pub profit_reporting: Option<Amount>,
    /// Where the entry's bracket would have got out with a loss.
    pub stop: Option<Price>,
    /// The lowest price between entry and exit, both included, by the venue's clock, however late prices and reports came. Of a
    /// bar, which tells no order, low and high count only when the position was held from before its first price until after its
    /// last.
    pub lowest: Price,
    /// The highest price, likewise.
    pub highest: Price,
}

impl RoundTripRow {
    /// What it brought, after fees, in quote units.
    pub fn profit(&self) -> Amount {
        self.proceeds - self.cost - self.fees
    }

    /// Profit over cost; `None` when it cost nothing.
    pub fn return_rate(&self) -> Option<f64> {
        self.cost.is_positive().then(|| self.profit().to_f64() / self.cost.to_f64())
    }

    /// What was paid on average, in quote units, fees not included.
    pub fn entry_price(&self) -> Price {
        self.cost.per(self.quantity)
    }

    /// What was got on average, in quote units, fees not included.
    pub fn exit_price(&self) -> Price {
        self.proceeds.per(self.quantity)
    }

    /// How long it lasted, in nanoseconds.
    pub fn held_ns(&self) -> i64 {
        self.exit_at.0.saturating_sub(self.entry_at.0)
    }

    /// The maximum adverse excursion: how far the price fell below the entry's, in quote units for one base unit; never
    /// negative.
    pub fn adverse(&self) -> Price {
        (self.entry_price() - self.lowest).max(Price::ZERO)
    }

    /// The maximum favourable excursion: how far the price rose above the entry's, in quote units for one base unit;
    /// never negative.
    pub fn favourable(&self) -> Price {
        (self.highest - self.entry_price()).max(Price::ZERO)
    }

    /// The adverse excursion as a share of the entry's price; `None` when that is zero.
    pub fn adverse_share(&self) -> Option<f64> {
        share(self.adverse(), self.entry_price())
    }

    /// The favourable excursion as a share of the entry's price; `None` when that is zero.
    pub fn favourable_share(&self) -> Option<f64> {
        share(self.favourable(), self.entry_price())
    }

    /// The adverse excursion of all of it, in quote units.
    pub fn adverse_amount(&self) -> Amount {
        self.adverse() * self.quantity
    }

    /// The favourable excursion of all of it, in quote units.
    pub fn favourable_amount(&self) -> Amount {
        self.favourable() * self.quantity
    }

    /// Profit over what the first stop put at risk, in multiples; `None` without a stop below the entry.
    pub fn risk_multiple(&self) -> Option<f64> {
        let risk = (self.entry_price() - self.stop?) * self.quantity;
        risk.is_positive().then(|| self.profit().to_f64() / risk.to_f64())
    }
}

fn share(part: Price, whole: Price) -> Option<f64> {
    whole.is_positive().then(|| part.to_f64() / whole.to_f64())
}
