//! Rows of orders and of what they traded.

use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{CancelReason, Liquidity, OrderId, OrderKind, Owner};
use engine::time::Timestamp;

/// What an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A signal gets in.
    Entry,
    /// The way out of a position, for this reason.
    Exit(ExitReason),
    /// A strategy's own order, which no signal caused.
    Own,
    /// A person's.
    Manual,
    /// The venue had it, and nobody here had asked for it.
    Adopted,
}

/// Why a position was left, in whole or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitReason {
    /// A signal to be out.
    Signal,
    /// Its stop.
    Stop,
    /// Its stop, which had followed the price.
    TrailingStop,
    /// Its take-profit.
    Target,
    /// An operator sold everything.
    Flattened,
    /// A breaker sold everything.
    EmergencyStop,
    /// The venue would not have its protection.
    Unprotected,
    /// A strategy's own order, which no signal caused.
    Own,
    /// A person's order, or one that the venue had.
    Manual,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was traded.
    Filled,
    /// It ended without filling whole.
    Canceled(CancelReason),
    /// The venue refused it.
    Rejected,
    /// It was open at the end of the log.
    Open,
}

/// An order from request to end.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// The seq of the record that requested it.
    pub id: OrderId,
    /// Who wanted it.
    pub owner: Owner,
    /// Of what.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// How, with the prices that it had last.
    pub kind: OrderKind,
    /// What for.
    pub purpose: Purpose,
    /// The seq of the signal that it follows from; `None` where none did.
    pub signal: Option<u64>,
    /// The entry order that it protects.
    pub protects: Option<OrderId>,
    /// The order that it shares its quantity with.
    pub oco: Option<OrderId>,
    /// Where its bracket would get out with a loss, in quote units.
    pub stop: Option<Price>,
    /// Where its bracket would get out with a profit, in quote units.
    pub target: Option<Price>,
    /// How much of it there was to be at last, in base units.
    pub quantity: Quantity,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When we learned that the venue had it.
    pub accepted_at: Option<Timestamp>,
    /// When its trigger price was reached.
    pub triggered_at: Option<Timestamp>,
    /// When it was known to have ended; `None` while it is open.
    pub ended_at: Option<Timestamp>,
    /// How.
    pub outcome: Outcome,
    /// The last price when it was asked for; of a conditional order the trigger, because until then nothing was to be
    /// traded; of a trailing stop the last price when it was reached. `None` where that is not known.
    pub arrival_price: Option<Price>,
    /// In how many pieces it filled.
    pub fills: u32,
    /// How much of it filled, in base units.
    pub filled: Quantity,
    /// What that cost or brought, fees not included.
    pub notional: Amount,
    /// What the fills cost.
    pub fees: Amount,
}

impl OrderRow {
    /// What it filled at on average, in quote units; `None` when nothing filled.
    pub fn average_price(&self) -> Option<Price> {
        self.filled.is_positive().then(|| self.notional.per(self.filled))
    }

    /// How much worse than the arrival price it filled, in basis points of that; negative when better.
    pub fn slippage_bps(&self) -> Option<f64> {
        slippage_bps(self.side, self.average_price()?, self.arrival_price?)
    }
}

/// A fill that counted.
#[derive(Clone, Debug, PartialEq)]
pub struct FillRow {
    /// The record's seq.
    pub seq: u64,
    /// When we learned of it.
    pub at: Timestamp,
    /// When it happened, by the venue's clock.
    pub venue_at: Timestamp,
    /// The venue's id of it.
    pub fill_id: u64,
    /// Which order.
    pub order: OrderId,
    /// Whose.
    pub owner: Owner,
    /// Of what.
    pub instrument: InstrumentId,
    /// Which way.
    pub side: Side,
    /// What the order was for.
    pub purpose: Purpose,
    /// In quote units.
    pub price: Price,
    /// In base units.
    pub quantity: Quantity,
    /// What it cost, in `fee_currency`; negative for a rebate.
    pub fee: Amount,
    /// What the fee was taken in.
    pub fee_currency: Currency,
    /// The fee in quote units.
    pub fee_quote: Amount,
    /// The fee in the reporting currency.
    pub fee_reporting: Option<Amount>,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// The order's arrival price.
    pub arrival_price: Option<Price>,
    /// What the owner held after it, in base units.
    pub held: Quantity,
}

impl FillRow {
    /// Price times quantity, in quote units.
    pub fn notional(&self) -> Amount {
        self.price * self.quantity
    }

    /// What it lost against the arrival price, in quote units; negative when it gained.
    pub fn slippage(&self) -> Option<Amount> {
        let worse = match self.side {
            Side::Buy => self.price - self.arrival_price?,
            Side::Sell => self.arrival_price? - self.price,
        };
        Some(worse * self.quantity)
    }

    /// The same in basis points of the arrival price.
    pub fn slippage_bps(&self) -> Option<f64> {
        slippage_bps(self.side, self.price, self.arrival_price?)
    }
}

fn slippage_bps(side: Side, price: Price, arrival: Price) -> Option<f64> {
    let ratio = arrival.is_positive().then(|| price.to_f64() / arrival.to_f64() - 1.0)?;
    // Nothing is no negative nothing.
    Some(10_000.0 * if side == Side::Buy { ratio } else { -ratio } + 0.0)
}
