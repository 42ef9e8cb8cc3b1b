//! Rows of what the account had, and what it was worth.

use engine::instrument::{Currency, InstrumentId};
use engine::number::{Amount, Price, Quantity, Rate};
use engine::order::Owner;
use engine::time::Timestamp;

/// A position at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionRow {
    /// When: the end of a day (00:00 UTC of the next one) or of the log.
    pub at: Timestamp,
    /// Whose.
    pub owner: Owner,
    /// In what.
    pub instrument: InstrumentId,
    /// How much, in base units. Flat ones are told at the end of the log only.
    pub quantity: Quantity,
    /// What it cost at average, fees not included.
    pub cost: Amount,
    /// The last price.
    pub price: Option<Price>,
    /// Profit of what was sold so far, by average cost, before fees.
    pub realised: Amount,
    /// Fees of all fills so far.
    pub fees: Amount,
    /// What it is worth, in the reporting currency.
    pub value_reporting: Option<Amount>,
}

impl PositionRow {
    /// Profit that a sale at the last price would realise, by average cost, before fees, in quote units.
    pub fn unrealised(&self) -> Option<Amount> {
        Some(self.price? * self.quantity - self.cost)
    }

    /// The average price of what is held, in quote units; `None` when nothing is.
    pub fn average_price(&self) -> Option<Price> {
        self.quantity.is_positive().then(|| self.cost.per(self.quantity))
    }
}

/// A balance at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct BalanceRow {
    /// When: the end of a day (00:00 UTC of the next one) or of the log.
    pub at: Timestamp,
    /// Of what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// What it is worth, in the reporting currency.
    pub value_reporting: Option<Amount>,
}

/// Money that came in or, negative, went out other than by trading.
#[derive(Clone, Debug, PartialEq)]
pub struct DepositRow {
    /// The record's seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub currency: Currency,
    /// How much.
    pub amount: Amount,
    /// What it was worth, in the reporting currency.
    pub value_reporting: Option<Amount>,
}

/// Why the equity was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The first market data came, and everything had a price.
    Start,
    /// An order filled.
    Fill,
    /// Money came in or went out.
    Deposit,
    /// A day ended: 00:00 UTC. What is stamped 00:00 exactly is the day's own.
    Day,
    /// The log ended.
    End,
}

/// What everything was worth at one moment, in the reporting currency.
#[derive(Clone, Debug, PartialEq)]
pub struct EquityRow {
    /// The seq of the last record before that moment, the one that changed it included.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Why it was looked at.
    pub moment: Moment,
    /// All balances.
    pub equity: Amount,
    /// All positions: what of it moves with prices. `None` where one had no price.
    pub exposure: Option<Amount>,
    /// How far the equity is below its peak, as a share of the peak; deposits and withdrawals move the peak.
    pub drawdown: Rate,
}
