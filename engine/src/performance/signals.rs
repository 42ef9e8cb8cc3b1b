//! Signals by the hour.

use alloc::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::number::{Decimal, Rate};
use crate::time::{HOUR_NS, Timestamp};

/// How many hours are looked at.
const HOURS: i64 = 24;
/// Signals in each of the last hours that had any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SignalCounts {
    /// The hour of the first signal ever.
    first: Option<i64>,
    /// Hour since 1970 and count, in the order of hours.
    hours: VecDeque<(i64, u32)>,
}

impl SignalCounts {
    pub(super) fn count(&mut self, at: Timestamp) {
        let hour = at.0.div_euclid(HOUR_NS);
        self.first.get_or_insert(hour);
        match self.hours.back_mut().filter(|(last, _)| *last >= hour) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.hours.push_back((hour, 1)),
        }
        while self.hours.front().is_some_and(|(first, _)| *first <= hour - HOURS) {
            self.hours.pop_front();
        }
    }

    pub(super) fn an_hour(&self, now: Timestamp) -> Rate {
        let hour = now.0.div_euclid(HOUR_NS);
        let Some(first) = self.first else { return Rate::ZERO };
        let since = first.max(hour - HOURS + 1);
        let count: u64 = self.hours.iter().filter(|(hour, _)| *hour >= since).map(|(_, count)| u64::from(*count)).sum();
        let hours = (hour - since + 1).max(1);
        Rate(Decimal::from(count).checked_div(Decimal::from(hours)).unwrap_or_default().round_dp(8))
    }
}
