//! What equity is measured against: its peak, and where the day began.

use serde::{Deserialize, Serialize};

use crate::number::{Amount, Rate};
use crate::time::Timestamp;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks {
    peak: Option<Amount>,
    /// The day since 1970, UTC, and equity at its first look.
    day: Option<(i64, Amount)>,
}

impl Marks {
    pub(super) fn equity_moved(&mut self, at: Timestamp, equity: Amount) {
        let day = at.day();
        if self.day.is_none_or(|(last, _)| last < day) {
            self.day = Some((day, equity));
        }
        if self.peak.is_none_or(|peak| peak < equity) {
            self.peak = Some(equity);
        }
    }

    /// Marks keep their distance from the equity as a share, as a time-weighted return does.
    pub(super) fn deposited(&mut self, before: Amount, value: Amount) {
        let after = before + value;
        let moved = |mark: Amount| {
            let scaled = mark.0.checked_mul(after.0).and_then(|product| product.checked_div(before.0));
            scaled.filter(|_| before.is_positive() && after.is_positive()).map_or(mark + value, Amount)
        };
        self.peak = self.peak.map(moved);
        self.day = self.day.map(|(day, start)| (day, moved(start)));
    }

    /// Measures from this equity on; from the next one that is known where it is not.
    pub(super) fn restart(&mut self, equity: Option<Amount>) {
        self.peak = equity;
        self.day = self.day.zip(equity).map(|((day, _), equity)| (day, equity));
    }

    pub(super) fn peak(&self) -> Option<Amount> {
        self.peak
    }

    pub(super) fn day_start(&self) -> Option<Amount> {
        self.day.map(|(_, start)| start)
    }

    pub(super) fn drawdown(&self, equity: Amount) -> Rate {
        below(self.peak, equity)
    }

    pub(super) fn day_loss(&self, equity: Amount) -> Rate {
        below(self.day_start(), equity)
    }
}

/// How far `equity` is below a mark, as a share of it; 0 when it is not, and below a mark of nothing.
fn below(mark: Option<Amount>, equity: Amount) -> Rate {
    let Some(mark) = mark.filter(|mark| mark.is_positive() && *mark > equity) else { return Rate::ZERO };
    (mark - equity).0.checked_div(mark.0).map_or(Rate::ZERO, |share| Rate(share.round_dp(8)))
}
