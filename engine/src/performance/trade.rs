//! A closed trade, and the count of many.

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::number::{Amount, Rate};
use crate::order::Owner;
use crate::position::RoundTrip;
use crate::time::Timestamp;

/// Decimals of a return.
const RATE_SCALE: u32 = 8;

/// How a position was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Exit {
    /// By its stop.
    Stop,
    /// By its take-profit.
    Target,
    /// By an order of a signal or of a person.
    Signal,
}

/// A position from its first fill until it is flat again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// Whose.
    pub owner: Owner,
    /// In what.
    pub instrument: InstrumentId,
    /// When the first of it was bought.
    pub opened_at: Timestamp,
    /// When the last of it was sold.
    pub closed_at: Timestamp,
    /// What it cost, in quote units, fees not included.
    pub cost: Amount,
    /// What it brought more, after fees, in quote units.
    pub profit: Amount,
    /// How the last of it was sold.
    pub exit: Exit,
}

impl ClosedTrade {
    /// Profit as a share of the cost, rounded half to even at 8 decimals; 0 when the cost is 0.
    pub fn return_rate(&self) -> Rate {
        self.profit.0.checked_div(self.cost.0).map_or(Rate::ZERO, |rate| Rate(rate.round_dp(RATE_SCALE)))
    }

    pub(super) fn of(trip: &RoundTrip, exit: Exit) -> Self {
        Self {
            owner: trip.owner,
            instrument: trip.instrument,
            opened_at: trip.entry_at,
            closed_at: trip.exit_at,
            cost: trip.cost,
            profit: trip.profit(),
            exit,
        }
    }

    pub(super) fn join(&mut self, trip: &RoundTrip, exit: Exit) {
        self.opened_at = self.opened_at.min(trip.entry_at);
        self.closed_at = self.closed_at.max(trip.exit_at);
        self.cost += trip.cost;
        self.profit += trip.profit();
        self.exit = exit;
    }
}

/// Closed trades in sum. One that brought nothing is neither a win nor a loss.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Trades with a profit.
    pub wins: u32,
    /// Trades with a loss.
    pub losses: u32,
    /// The sum of the returns of those that won.
    pub won: Rate,
    /// The sum of the returns of those that lost, without the sign.
    pub lost: Rate,
    /// The sum of profits, in quote units.
    pub gross_profit: Amount,
    /// The sum of losses, in quote units, without the sign.
    pub gross_loss: Amount,
}

impl Tally {
    /// Of some trades.
    pub fn of<'a>(trades: impl IntoIterator<Item = &'a ClosedTrade>) -> Self {
        let mut tally = Self::default();
        trades.into_iter().for_each(|trade| tally.count(trade));
        tally
    }

    /// Wins and losses.
    pub fn trades(&self) -> u32 {
        self.wins.saturating_add(self.losses)
    }

    pub(super) fn count(&mut self, trade: &ClosedTrade) {
        let rate = trade.return_rate().0.abs();
        if trade.profit.is_positive() {
            self.wins = self.wins.saturating_add(1);
            self.won = Rate(self.won.0.saturating_add(rate));
            self.gross_profit += trade.profit;
        } else if trade.profit.is_negative() {
            self.losses = self.losses.saturating_add(1);
            self.lost = Rate(self.lost.0.saturating_add(rate));
            self.gross_loss += trade.profit.abs();
        }
    }
}
