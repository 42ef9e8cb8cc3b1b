//! The hikkake, of Daniel Chesler: an inside bar whose breakout fails. It alone remembers what it saw.

use super::recent::Recent;

/// Candles after the third in which the failure can be confirmed.
const PATIENCE: u8 = 3;

/// Both forms of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hikkakes {
    plain: Hikkake,
    modified: Hikkake,
}

/// What the last candle means to both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scores {
    plain: i16,
    modified: i16,
}

/// A breakout that was seen, while its failure can still be confirmed.
#[derive(Clone, Debug, Default)]
struct Hikkake {
    breakout: Option<Breakout>,
    /// Candles that are left for that, the one that comes included.
    left: u8,
}

#[derive(Clone, Copy, Debug)]
struct Breakout {
    /// 100 when the price broke out below: its failure is a rise.
    score: i16,
    /// Of the inside bar.
    high: f64,
    low: f64,
}

pub(super) fn plain(recent: &Recent<'_>) -> i16 {
    recent.hikkakes.plain
}

pub(super) fn modified(recent: &Recent<'_>) -> i16 {
    recent.hikkakes.modified
}

impl Hikkakes {
    /// Takes in the newest candle, which has this index.
    pub(super) fn update(&mut self, index: u32, recent: &Recent<'_>) -> Scores {
        let [a, b, c, d] = recent.last();
        let below = (d.high < c.high) & (d.low < c.low);
        let above = (d.high > c.high) & (d.low > c.low);
        let is_inside = (index >= 2) & (c.high < b.high) & (c.low > b.low);
        let breakout = (is_inside & (below | above)).then(|| {
            let score = if below { 100 } else { -100 };
            Breakout { score, high: c.high, low: c.low }
        });
        // The modified form wants a second inside bar, and a close at the end of the one between.
        let modified = breakout.filter(|_| {
            let near = recent.near(2, 0);
            let at_end = if below { b.close <= b.low + near } else { b.close >= b.high - near };
            (index >= 7) & (b.high < a.high) & (b.low > a.low) & at_end
        });
        Scores { plain: self.plain.update(breakout, d.close), modified: self.modified.update(modified, d.close) }
    }
}

impl Hikkake {
    fn update(&mut self, breakout: Option<Breakout>, close: f64) -> i16 {
        if let Some(Breakout { score, .. }) = breakout {
            *self = Self { breakout, left: PATIENCE };
            return score;
        }
        let Some(Breakout { score, high, low }) = self.breakout else { return 0 };
        let is_confirmed = if score > 0 { close > high } else { close < low };
        self.left -= 1;
        if is_confirmed | (self.left == 0) {
            self.breakout = None;
        }
        if is_confirmed { 2 * score } else { 0 }
    }
}
