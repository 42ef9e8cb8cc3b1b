//! Patterns of two candles.

use super::recent::Recent;
use super::shape::{Shape, meets};

pub(super) fn counterattack(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_met = meets(b.close, a.close, recent.equal(1, 5));
    if is_met && a.opposes(b) & recent.long(1, 0) & recent.long(0, 1) { b.signed(100) } else { 0 }
}

pub(super) fn dark_cloud_cover(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_deep = (b.open > a.high) & (b.close > a.open) & (b.close < a.below_close(0.5));
    if is_deep && recent.went(b"+-") & recent.long(1, 0) { -100 } else { 0 }
}

pub(super) fn doji_star(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if recent.doji(0, 1) && recent.long(1, 0) & b.gaps_on(a) { a.signed(-100) } else { 0 }
}

pub(super) fn engulfing(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_larger = (a.top < b.top) | (a.bottom > b.bottom);
    if a.opposes(b) & is_within(a, b) & is_larger { b.signed(clearly(a, b)) } else { 0 }
}

pub(super) fn hammer(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_low = b.bottom <= a.low + recent.near(1, 5);
    if is_low & recent.short(0, 1) & (b.lower > b.body) & recent.bare_top(0, 1) { 100 } else { 0 }
}

pub(super) fn hanging_man(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_high = b.bottom >= a.high - recent.near(1, 5);
    if is_high & recent.short(0, 1) & (b.lower > b.body) & recent.bare_top(0, 1) { -100 } else { 0 }
}

pub(super) fn harami(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if is_within(b, a) & recent.long(1, 0) & !recent.long(0, 1) { a.signed(-clearly(b, a)) } else { 0 }
}

pub(super) fn harami_cross(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if recent.doji(0, 1) && is_within(b, a) & recent.long(1, 0) { a.signed(-clearly(b, a)) } else { 0 }
}

pub(super) fn homing_pigeon(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_inside = (b.open < a.open) & (b.close > a.close);
    if recent.went(b"--") && is_inside & recent.long(1, 0) & !recent.long(0, 1) { 100 } else { 0 }
}

pub(super) fn in_neck(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_at_close = (b.close <= a.close + recent.equal(1, 5)) & (b.close >= a.close);
    if is_at_close && opens_below_fall(recent) { -100 } else { 0 }
}

pub(super) fn inverted_hammer(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if b.gaps_below(a) && is_turned_hammer(recent) { 100 } else { 0 }
}

pub(super) fn kicking(recent: &Recent<'_>) -> i16 {
    let [_, b] = recent.last();
    if kicks(recent) { b.signed(100) } else { 0 }
}

pub(super) fn kicking_by_length(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let longer = if b.body > a.body { b } else { a };
    if kicks(recent) { longer.signed(100) } else { 0 }
}

pub(super) fn matching_low(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if meets(b.close, a.close, recent.equal(1, 0)) && recent.went(b"--") { 100 } else { 0 }
}

pub(super) fn on_neck(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if meets(b.close, a.low, recent.equal(1, 5)) && opens_below_fall(recent) { -100 } else { 0 }
}

pub(super) fn piercing(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_deep = || (b.close < a.open) & (b.close > a.above_close(0.5));
    if opens_below_fall(recent) && recent.long(0, 1) && is_deep() { 100 } else { 0 }
}

pub(super) fn separating_lines(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let bare = if b.rising { b.lower } else { b.upper };
    let is_met = meets(b.open, a.open, recent.equal(1, 5));
    if is_met && a.opposes(b) & recent.long(0, 1) & (bare < recent.tenth(0, 1)) { b.signed(100) } else { 0 }
}

pub(super) fn shooting_star(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    if b.gaps_above(a) && is_turned_hammer(recent) { -100 } else { 0 }
}

pub(super) fn thrusting(recent: &Recent<'_>) -> i16 {
    let [a, b] = recent.last();
    let is_halfway = || (b.close > a.close + recent.equal(1, 5)) & (b.close <= a.above_close(0.5));
    if opens_below_fall(recent) && is_halfway() { -100 } else { 0 }
}

/// Whether a body is within another; they may share their ends.
fn is_within(inner: &Shape, outer: &Shape) -> bool {
    (inner.top <= outer.top) & (inner.bottom >= outer.bottom)
}

/// The score of a body within another, which is less when they share an end.
fn clearly(inner: &Shape, outer: &Shape) -> i16 {
    if (inner.top < outer.top) & (inner.bottom > outer.bottom) { 100 } else { 80 }
}

/// A rising candle that opens below the low of a long falling one.
fn opens_below_fall(recent: &Recent<'_>) -> bool {
    let [a, b] = recent.last();
    recent.went(b"-+") && (b.open < a.low) & recent.long(1, 0)
}

/// A short body at the bottom of a long shadow.
fn is_turned_hammer(recent: &Recent<'_>) -> bool {
    let [b] = recent.last();
    recent.short(0, 1) & (b.upper > b.body) & recent.bare_bottom(0, 1)
}

/// A marubozu, and one of the other way beyond a gap.
fn kicks(recent: &Recent<'_>) -> bool {
    let [a, b] = recent.last();
    let is_beyond = if a.rising { b.high < a.low } else { b.low > a.high };
    is_beyond && a.opposes(b) & recent.marubozu(1, 0) & recent.marubozu(0, 1)
}
