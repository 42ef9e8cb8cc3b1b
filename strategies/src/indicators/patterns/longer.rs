//! Patterns of four and five candles.
#![expect(clippy::many_single_char_names, reason = "candles are named in their order")]

use super::recent::Recent;

pub(super) fn three_black_crows(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d] = recent.last();
    let falls = (a.high > b.close) & (b.close > c.close) & (c.close > d.close);
    let opens_within = (c.open < b.open) & (c.open > b.close) & (d.open < c.open) & (d.open > c.close);
    let bare = || recent.bare_bottom(2, 1) & recent.bare_bottom(1, 2) & recent.bare_bottom(0, 3);
    if recent.went(b"+---") && falls & opens_within && bare() { -100 } else { 0 }
}

pub(super) fn three_line_strike(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d] = recent.last();
    let rises = || (c.close > b.close) & (b.close > a.close) & (d.open > c.close) & (d.close < a.open);
    let falls = || (c.close < b.close) & (b.close < a.close) & (d.open < c.close) & (d.close > a.open);
    let near = || {
        let (first, second) = (recent.near(3, 0), recent.near(2, 1));
        let second_opens = (b.open >= a.bottom - first) & (b.open <= a.top + first);
        second_opens & (c.open >= b.bottom - second) & (c.open <= b.top + second)
    };
    let strikes = recent.went(b"+++-") && rises() || recent.went(b"---+") && falls();
    if strikes && near() { c.signed(100) } else { 0 }
}

pub(super) fn conceal_baby_swallow(recent: &Recent<'_>) -> i16 {
    let [_, b, c, d] = recent.last();
    let swallows = (d.high > c.high) & (d.low < c.low);
    let reaches_back = c.gaps_below(b) & (c.high > b.close);
    let first = || recent.bare_top(3, 0) & recent.bare_bottom(3, 0);
    let second = || recent.bare_top(2, 1) & recent.bare_bottom(2, 1);
    let third = || c.upper > recent.tenth(1, 2);
    if recent.went(b"----") && swallows & reaches_back && first() & second() & third() { 100 } else { 0 }
}

pub(super) fn breakaway(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d, e] = recent.last();
    let falls = || {
        let goes_on = (c.high < b.high) & (c.low < b.low) & (d.high < c.high) & (d.low < c.low);
        b.gaps_below(a) & goes_on & (e.close > b.open) & (e.close < a.close)
    };
    let rises = || {
        let goes_on = (c.high > b.high) & (c.low > b.low) & (d.high > c.high) & (d.low > c.low);
        b.gaps_above(a) & goes_on & (e.close < b.open) & (e.close > a.close)
    };
    let breaks = recent.went(b"--?-+") && falls() || recent.went(b"++?+-") && rises();
    if breaks && recent.long(4, 0) { e.signed(100) } else { 0 }
}

pub(super) fn ladder_bottom(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d, e] = recent.last();
    let opens_lower = (a.open > b.open) & (b.open > c.open);
    let closes_lower = (a.close > b.close) & (b.close > c.close);
    let turns = (e.open > d.open) & (e.close > d.high);
    let has_shadow = || d.upper > recent.tenth(1, 3);
    if recent.went(b"----+") && opens_lower & closes_lower & turns && has_shadow() { 100 } else { 0 }
}

pub(super) fn mat_hold(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d, e] = recent.last();
    let half = a.below_close(0.5);
    let pauses = (c.bottom < a.close) & (d.bottom < a.close) & (c.bottom > half) & (d.bottom > half);
    let sinks = (c.top < b.open) & (d.top < c.top);
    let goes_on = (e.open > d.close) & (e.close > b.high) & (e.close > c.high) & (e.close > d.high);
    let sizes = || recent.long(4, 0) & recent.short(3, 1) & recent.short(2, 2) & recent.short(1, 3);
    if recent.went(b"+-??+") && b.gaps_above(a) & pauses & sinks & goes_on && sizes() { 100 } else { 0 }
}

pub(super) fn rise_fall_three_methods(recent: &Recent<'_>) -> i16 {
    let [a, b, c, d, e] = recent.last();
    if !(recent.went(b"+---+") | recent.went(b"-+++-")) {
        return 0;
    }
    let is_within = [b, c, d].iter().fold(true, |all, pause| all & (pause.bottom < a.high) & (pause.top > a.low));
    let against = if a.rising { (c.close < b.close) & (d.close < c.close) } else { (c.close > b.close) & (d.close > c.close) };
    let goes_on = if a.rising { (e.open > d.close) & (e.close > a.close) } else { (e.open < d.close) & (e.close < a.close) };
    let small = || recent.short(3, 1) & recent.short(2, 2) & recent.short(1, 3);
    if is_within & against & goes_on && recent.long(4, 0) & small() & recent.long(0, 4) { a.signed(100) } else { 0 }
}
