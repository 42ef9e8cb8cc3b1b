//! What a log says, as rows: each is complete when it is given, and no later record changes it.
//!
//! Ids stay ids, so that rows are small; [`tag`] and [`symbol`] give their names. Money is in the instrument's quote
//! currency unless its name says `reporting`: that is the session's, at the last prices of that moment, and `None` where
//! it had no price.

mod order;
mod round_trip;
mod account;
mod signal;
mod restraint;
mod words;

pub use account::{BalanceRow, DepositRow, EquityRow, Moment, PositionRow};
pub use order::{ExitReason, FillRow, OrderRow, Outcome, Purpose};
pub use restraint::{AdjustmentRow, BreakerRow, DenialRow, FundingRow, HealthRow, TroubleRow};
pub use round_trip::RoundTripRow;
pub use signal::{Fate, RegimeRow, SignalRow};
pub use words::{parameter_name, rule_name, symbol, tag};

/// One row of one table.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// An order that nothing more happens to.
    Order(OrderRow),
    /// A fill that counted.
    Fill(FillRow),
    /// An entry order with an exit order.
    RoundTrip(RoundTripRow),
    /// A position at the end of a day, or of the log.
    Position(PositionRow),
    /// A balance at the end of a day, or of the log.
    Balance(BalanceRow),
    /// Money that came in or went out other than by trading.
    Deposit(DepositRow),
    /// What everything was worth.
    Equity(EquityRow),
    /// A signal with its fate.
    Signal(SignalRow),
    /// A refusal.
    Denial(DenialRow),
    /// A breaker that tripped.
    Breaker(BreakerRow),
    /// A parameter that the controller changed.
    Adjustment(AdjustmentRow),
    /// How well the run went.
    Health(HealthRow),
    /// A span of one regime.
    Regime(RegimeRow),
    /// A span of trouble with the venue.
    Trouble(TroubleRow),
    /// A funding rate.
    Funding(FundingRow),
}
