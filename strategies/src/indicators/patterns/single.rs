//! Patterns of one candle.

use super::recent::Recent;

pub(super) fn belt_hold(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let bare = if a.rising { a.lower } else { a.upper };
    if recent.long(0, 0) & (bare < recent.tenth(0, 0)) { a.signed(100) } else { 0 }
}

pub(super) fn closing_marubozu(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let bare = if a.rising { a.upper } else { a.lower };
    if recent.long(0, 0) & (bare < recent.tenth(0, 0)) { a.signed(100) } else { 0 }
}

pub(super) fn doji(recent: &Recent<'_>) -> i16 {
    if recent.doji(0, 0) { 100 } else { 0 }
}

pub(super) fn dragonfly_doji(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.doji(0, 0) && recent.bare_top(0, 0) & (a.lower > recent.tenth(0, 0)) { 100 } else { 0 }
}

pub(super) fn gravestone_doji(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.doji(0, 0) && recent.bare_bottom(0, 0) & (a.upper > recent.tenth(0, 0)) { 100 } else { 0 }
}

pub(super) fn high_wave(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let very_long = 2.0 * a.body;
    if recent.short(0, 0) & (a.upper > very_long) & (a.lower > very_long) { a.signed(100) } else { 0 }
}

pub(super) fn long_legged_doji(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.doji(0, 0) && (a.lower > a.body) | (a.upper > a.body) { 100 } else { 0 }
}

pub(super) fn long_line(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let shadow = recent.shadow(0, 0);
    if recent.long(0, 0) & (a.upper < shadow) & (a.lower < shadow) { a.signed(100) } else { 0 }
}

pub(super) fn marubozu(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.marubozu(0, 0) { a.signed(100) } else { 0 }
}

pub(super) fn rickshaw_man(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let (middle, near) = (a.low + a.range / 2.0, recent.near(0, 5));
    let is_amid = (a.bottom <= middle + near) & (a.top >= middle - near);
    if recent.doji(0, 0) && (a.lower > a.body) & (a.upper > a.body) & is_amid { 100 } else { 0 }
}

pub(super) fn short_line(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    let shadow = recent.shadow(0, 0);
    if recent.short(0, 0) & (a.upper < shadow) & (a.lower < shadow) { a.signed(100) } else { 0 }
}

pub(super) fn spinning_top(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.short(0, 0) & (a.upper > a.body) & (a.lower > a.body) { a.signed(100) } else { 0 }
}

pub(super) fn takuri(recent: &Recent<'_>) -> i16 {
    let [a] = recent.last();
    if recent.doji(0, 0) && recent.bare_top(0, 0) & (a.lower > 2.0 * a.body) { 100 } else { 0 }
}
