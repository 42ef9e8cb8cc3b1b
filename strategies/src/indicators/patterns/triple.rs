//! Patterns of three candles.

use super::recent::Recent;
use super::shape::{Shape, meets};

/// How deep into the first body the last candle of a star must close.
const STAR_DEPTH: f64 = 0.3;

pub(super) fn two_crows(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let opens_within = (c.open < b.open) & (c.open > b.close);
    let closes_within = (c.close > a.open) & (c.close < a.close);
    if recent.went(b"+--") && opens_within & closes_within & b.gaps_above(a) & recent.long(2, 0) { -100 } else { 0 }
}

pub(super) fn three_inside(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let goes_beyond = if a.rising { c.close < a.open } else { c.close > a.open };
    let is_within = (b.top < a.top) & (b.bottom > a.bottom);
    if goes_beyond & a.opposes(c) & is_within && recent.long(2, 0) & !recent.long(1, 1) { a.signed(-100) } else { 0 }
}

pub(super) fn three_outside(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let covers = (b.top > a.top) & (b.bottom < a.bottom);
    let goes_on = if b.rising { c.close > b.close } else { c.close < b.close };
    if covers & a.opposes(b) & goes_on { b.signed(100) } else { 0 }
}

pub(super) fn three_stars_in_south(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let shrinks = (b.body < a.body) & (c.low > b.low) & (c.high < b.high) & (b.low >= a.low);
    let overlaps = (b.open > a.close) & (b.open <= a.high) & (b.low < a.close);
    let first = || recent.long(2, 0) & (a.lower > a.body);
    let second = || b.lower > recent.tenth(1, 1);
    let third = || recent.short(0, 2) & recent.bare_top(0, 2) & recent.bare_bottom(0, 2);
    if recent.went(b"---") && shrinks & overlaps && first() & second() & third() { 100 } else { 0 }
}

pub(super) fn three_white_soldiers(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let bare = || recent.bare_top(2, 0) & recent.bare_top(1, 1) & recent.bare_top(0, 2);
    let near = || (b.open <= a.close + recent.near(2, 5)) & (c.open <= b.close + recent.near(1, 6));
    let large = || (b.body > a.body - recent.far(2, 5)) & (c.body > b.body - recent.far(1, 6)) & recent.long(0, 2);
    if is_climb(recent) && opens_higher(recent) && bare() & near() & large() { 100 } else { 0 }
}

pub(super) fn abandoned_baby(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let falls = || (b.low > a.high) & (c.high < b.low) & a.rising & !c.rising && c.close < a.below_close(STAR_DEPTH);
    let rises = || (b.high < a.low) & (c.low > b.high) & !a.rising & c.rising && c.close > a.above_close(STAR_DEPTH);
    let is_star = || recent.long(2, 0) & recent.doji(1, 1) & recent.long(0, 2);
    if (falls() || rises()) && is_star() { c.signed(100) } else { 0 }
}

pub(super) fn advance_block(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let near = || (b.open <= a.close + recent.near(2, 5)) & (c.open <= b.close + recent.near(1, 6));
    let starts_well = || recent.long(2, 0) & (a.upper < recent.shadow(2, 0));
    let weakens = || {
        let second_is_small = (b.body < a.body - recent.far(2, 5)) & (c.body < b.body + recent.near(1, 6));
        let third_is_small = c.body < b.body - recent.far(1, 6);
        let shadows = (c.upper > recent.shadow(0, 2)) | (b.upper > recent.shadow(1, 1));
        let shrinks = (c.body < b.body) & (b.body < a.body) & shadows;
        second_is_small | third_is_small | shrinks | ((c.body < b.body) & (c.upper > c.body))
    };
    if is_climb(recent) && opens_higher(recent) && near() & starts_well() & weakens() { -100 } else { 0 }
}

pub(super) fn evening_doji_star(recent: &Recent<'_>) -> i16 {
    if is_evening(recent) && recent.long(2, 0) & recent.doji(1, 1) & recent.long(0, 2) { -100 } else { 0 }
}

pub(super) fn evening_star(recent: &Recent<'_>) -> i16 {
    if is_evening(recent) && recent.long(2, 0) & !recent.long(1, 1) & recent.long(0, 2) { -100 } else { 0 }
}

pub(super) fn gap_side_by_side_white(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let is_above = b.gaps_above(a) & c.gaps_above(a);
    let is_below = b.gaps_below(a) & c.gaps_below(a);
    let is_alike = || meets(c.body, b.body, recent.near(1, 1)) & meets(c.open, b.open, recent.equal(1, 1));
    if !(recent.went(b"++") & (is_above | is_below)) || !is_alike() {
        return 0;
    }
    if is_above { 100 } else { -100 }
}

pub(super) fn identical_three_crows(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let falls = (a.close > b.close) & (b.close > c.close);
    let follows = || meets(b.open, a.close, recent.equal(2, 5)) & meets(c.open, b.close, recent.equal(1, 6));
    let bare = || recent.bare_bottom(2, 0) & recent.bare_bottom(1, 1) & recent.bare_bottom(0, 2);
    if recent.went(b"---") && falls && follows() & bare() { -100 } else { 0 }
}

pub(super) fn morning_doji_star(recent: &Recent<'_>) -> i16 {
    if is_morning(recent) && recent.long(2, 0) & recent.doji(1, 1) & recent.long(0, 2) { 100 } else { 0 }
}

pub(super) fn morning_star(recent: &Recent<'_>) -> i16 {
    if is_morning(recent) && recent.long(2, 0) & !recent.long(1, 1) & recent.long(0, 2) { 100 } else { 0 }
}

pub(super) fn stalled_pattern(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let first = || recent.long(2, 0);
    let second = || {
        let is_near = (b.open > a.open) & (b.open <= a.close + recent.near(2, 5));
        is_near & recent.long(1, 1) & recent.bare_top(1, 1)
    };
    let third = || recent.short(0, 2) & (c.open >= b.close - c.body - recent.near(1, 6));
    if is_climb(recent) && first() & second() & third() { -100 } else { 0 }
}

pub(super) fn stick_sandwich(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let is_met = || meets(c.close, a.close, recent.equal(2, 0));
    if recent.went(b"-+-") && (b.low > a.close) & is_met() { 100 } else { 0 }
}

pub(super) fn tasuki_gap(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let up = b.rising & b.gaps_above(a) & (c.close < b.open) & (c.close > a.top);
    let down = !b.rising & b.gaps_below(a) & (c.close > b.open) & (c.close < a.bottom);
    let opens_within = (c.open < b.top) & (c.open > b.bottom);
    let is_alike = || (b.body - c.body).abs() < recent.near(1, 1);
    if (up | down) & opens_within & b.opposes(c) && is_alike() { b.signed(100) } else { 0 }
}

pub(super) fn tristar(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let above = b.gaps_above(a) & (c.top < b.top);
    let below = b.gaps_below(a) & (c.bottom > b.bottom);
    let most = recent.tenth(2, 0);
    if !((above | below) & (a.body <= most) & (b.body <= most) & (c.body <= most)) {
        return 0;
    }
    if below { 100 } else { -100 }
}

pub(super) fn unique_three_river(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let is_harami = (b.close > a.close) & (b.open <= a.open) & (b.low < a.low);
    let sizes = || recent.long(2, 0) & recent.short(0, 2);
    if recent.went(b"--+") && is_harami & (c.open > b.low) & sizes() { 100 } else { 0 }
}

pub(super) fn upside_gap_two_crows(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let covers = (c.open > b.open) & (c.close < b.close) & (c.close > a.close);
    let sizes = || recent.long(2, 0) & !recent.long(1, 1);
    if recent.went(b"+--") && covers & b.gaps_above(a) & sizes() { -100 } else { 0 }
}

pub(super) fn gap_three_methods(recent: &Recent<'_>) -> i16 {
    let [a, b, c] = recent.last();
    let opens_within = (c.open < b.top) & (c.open > b.bottom);
    let closes_within = (c.close < a.top) & (c.close > a.bottom);
    let turns = !a.opposes(b) & b.opposes(c);
    if b.gaps_on(a) & turns & opens_within & closes_within { a.signed(100) } else { 0 }
}

/// Three rising candles, each closing higher.
fn is_climb(recent: &Recent<'_>) -> bool {
    let [a, b, c]: [&Shape; 3] = recent.last();
    recent.went(b"+++") && (c.close > b.close) & (b.close > a.close)
}

fn opens_higher(recent: &Recent<'_>) -> bool {
    let [a, b, c]: [&Shape; 3] = recent.last();
    (b.open > a.open) & (c.open > b.open)
}

/// A rise, a body above a gap, and a fall deep into the first body.
fn is_evening(recent: &Recent<'_>) -> bool {
    let [a, b, c]: [&Shape; 3] = recent.last();
    recent.went(b"+?-") && b.gaps_above(a) & (c.close < a.below_close(STAR_DEPTH))
}

/// A fall, a body below a gap, and a rise deep into the first body.
fn is_morning(recent: &Recent<'_>) -> bool {
    let [a, b, c]: [&Shape; 3] = recent.last();
    recent.went(b"-?+") && b.gaps_below(a) && c.close > a.above_close(STAR_DEPTH)
}
