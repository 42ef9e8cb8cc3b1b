//! The returns of an instrument's days.

use alloc::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::bars::change;
use crate::number::FixedPrice;

/// The most days that are kept.
pub const MAX_DAYS: usize = 250;

/// A day's return in parts per million.
const MILLION: i128 = 1_000_000;
/// A return beyond 1,000 % counts as that: no one such day drowns all others, and no sum overflows.
pub(super) const MAX_RETURN_PPM: i32 = 10_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Days {
    /// The last day with a price, while it lasts.
    today: Option<Close>,
    /// The last day that is over.
    before: Option<Close>,
    /// Day and return, in the order of days.
    returns: VecDeque<(i32, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Close {
    day: i32,
    price: FixedPrice,
}

impl Days {
    /// Time has come to `day`: what is earlier is over.
    pub(super) fn reach(&mut self, day: i64) {
        let Some(today) = self.today.take_if(|today| i64::from(today.day) < day) else { return };
        let before = self.before.replace(today).filter(|before| before.day.checked_add(1) == Some(today.day));
        let is_new = self.returns.back().is_none_or(|(last, _)| *last < today.day);
        if let (Some(before), true) = (before, is_new) {
            if self.returns.len() >= MAX_DAYS {
                self.returns.pop_front();
            }
            let most = i128::from(MAX_RETURN_PPM);
            let ppm = change(before.price, today.price, MILLION).clamp(-most, most);
            self.returns.push_back((today.day, i32::try_from(ppm).unwrap_or(MAX_RETURN_PPM)));
        }
    }

    /// A price at `day`, its last so far.
    pub(super) fn close(&mut self, day: i64, price: FixedPrice) {
        self.reach(day);
        // Every instant in nanoseconds lies in a day that fits.
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        self.today = Some(Close { day: self.today.map_or(day, |today| today.day.max(day)), price });
    }

    pub(super) fn forget_prices(&mut self) {
        self.today = None;
        self.before = None;
    }

    pub(super) fn returns(&self) -> impl Iterator<Item = (i64, i32)> + '_ {
        self.returns.iter().map(|&(day, ppm)| (i64::from(day), ppm))
    }

    /// One day's return, in parts per million.
    pub(super) fn on(&self, day: i64) -> Option<i32> {
        let index = self.returns.binary_search_by_key(&day, |&(day, _)| i64::from(day)).ok()?;
        self.returns.get(index).map(|&(_, ppm)| ppm)
    }
}
