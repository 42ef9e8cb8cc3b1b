//! What several instruments' days say together: correlation, and value at risk.

use alloc::vec::Vec;

use super::Statistics;
use crate::number::{Amount, Decimal, Rate};

/// Fewer days that instruments have in common say nothing.
pub const MIN_COMMON_DAYS: usize = 20;

/// Pearson's correlation of the returns of the days that both have, in basis points from -10,000 to 10,000, rounded
/// half away from zero. `None` under [`MIN_COMMON_DAYS`] common days, or when one of them never moved otherwise.
pub fn correlation_bps(a: &Statistics, b: &Statistics) -> Option<i32> {
    /// Binary places of the roots.
    const PLACES: u32 = 24;
    let common = a.days.returns().filter_map(|(day, x)| Some((i128::from(x), i128::from(b.days.on(day)?))));
    let pairs: Vec<(i128, i128)> = common.collect();
    let spread_a = spread(pairs.iter().map(|&(x, _)| (x, x)));
    let spread_b = spread(pairs.iter().map(|&(_, y)| (y, y)));
    let together = spread(pairs.iter().copied());
    if pairs.len() < MIN_COMMON_DAYS || spread_a <= 0 || spread_b <= 0 {
        return None;
    }
    let root = |spread: i128| spread.saturating_mul(1 << (2 * PLACES)).isqrt();
    let whole = root(spread_a).saturating_mul(root(spread_b)).max(1);
    let part = together.saturating_mul(10_000 << (2 * PLACES));
    let half = if part < 0 { -(whole / 2) } else { whole / 2 };
    let bps = (part.saturating_add(half) / whole).clamp(-10_000, 10_000);
    i32::try_from(bps).ok()
}

/// Covariance times the square of the count. With 250 returns of at most 10^7 it is below 2^63.
fn spread(pairs: impl Iterator<Item = (i128, i128)>) -> i128 {
    let add = |(n, x, y, xy): (i128, i128, i128, i128), pair: (i128, i128)| (n + 1, x + pair.0, y + pair.1, xy + pair.0 * pair.1);
    let (count, sum_x, sum_y, products) = pairs.fold((0, 0, 0, 0), add);
    count * products - sum_x * sum_y
}

/// The 1-day historical value at risk of positions, each of a value in the same currency: on the days that all
/// have in common, what they would have lost together, worst first, the one at place `floor(days * (10,000 -
/// confidence_bps) / 10,000)` counted from 0. So at 9,500 no more than 5 % of the days were worse. A gain counts as
/// zero. `None` under [`MIN_COMMON_DAYS`] common days; positions without value have no part in it, and no positions
/// have no risk.
pub fn value_at_risk(positions: &[(Amount, &Statistics)], confidence_bps: u32) -> Option<Amount> {
    let held: Vec<_> = positions.iter().filter(|(value, _)| !value.is_zero()).collect();
    let Some((first_value, first)) = held.first() else { return Some(Amount::ZERO) };
    let gain = |value: Amount, ppm: i32| value * Rate(Decimal::new(i64::from(ppm), 6));
    let on_day = |(day, ppm)| {
        let others = held.iter().skip(1).map(|(value, statistics)| Some(gain(*value, statistics.days.on(day)?)));
        others.sum::<Option<Amount>>().map(|others| gain(*first_value, ppm) + others)
    };
    let mut gains: Vec<Amount> = first.days.returns().filter_map(on_day).collect();
    if gains.len() < MIN_COMMON_DAYS {
        return None;
    }
    let worse = gains.len() as u64 * u64::from(10_000_u32.saturating_sub(confidence_bps)) / 10_000;
    let place = usize::try_from(worse).unwrap_or(usize::MAX).min(gains.len() - 1);
    let (_, gain, _) = gains.select_nth_unstable(place);
    Some((-*gain).max(Amount::ZERO))
}
