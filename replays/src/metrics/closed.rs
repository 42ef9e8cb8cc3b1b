//! A closed trade, as far as measures look at it.

use engine::time::Timestamp;

/// A trade from its entry to its exit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// When it was entered.
    pub opened_at: Timestamp,
    /// When it was left.
    pub closed_at: Timestamp,
    /// What it gained, net of fees, in the reporting currency; negative for a loss.
    pub profit: f64,
    /// What was put in, in the reporting currency: what was paid at entry.
    pub stake: f64,
}

impl Closed {
    /// Profit over stake; `None` where nothing was put in.
    pub fn rate(&self) -> Option<f64> {
        let rate = self.profit / self.stake;
        (self.stake > 0.0 && rate.is_finite()).then_some(rate)
    }
}
