//! A candle as patterns see it.

use crate::candle::Candle;

/// A candle with what patterns ask of it, each computed once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) close: f64,
    /// The upper end of the body.
    pub(super) top: f64,
    /// The lower end of the body.
    pub(super) bottom: f64,
    /// Open to close, either way.
    pub(super) body: f64,
    /// From the body up to the high.
    pub(super) upper: f64,
    /// From the low up to the body.
    pub(super) lower: f64,
    /// Low to high.
    pub(super) range: f64,
    /// Both of them.
    pub(super) shadows: f64,
    /// Whether it did not fall: without a body it counts as rising.
    pub(super) rising: bool,
}

impl Shape {
    pub(super) fn of(candle: &Candle) -> Self {
        let Candle { open, high, low, close, .. } = *candle;
        let rising = close >= open;
        let (top, bottom) = if rising { (close, open) } else { (open, close) };
        let (upper, lower) = (high - top, bottom - low);
        let (body, range, shadows) = (candle.body(), candle.range(), upper + lower);
        Self { open, high, low, close, top, bottom, body, upper, lower, range, shadows, rising }
    }

    /// A score with the candle's way: above 0 when it rises.
    pub(super) fn signed(&self, score: i16) -> i16 {
        if self.rising { score } else { -score }
    }

    /// Whether the whole body is above another's.
    pub(super) fn gaps_above(&self, before: &Self) -> bool {
        self.bottom > before.top
    }

    /// Whether the whole body is below another's.
    pub(super) fn gaps_below(&self, before: &Self) -> bool {
        self.top < before.bottom
    }

    /// Whether the whole body is beyond another's, on the side to which that one went.
    pub(super) fn gaps_on(&self, before: &Self) -> bool {
        if before.rising { self.gaps_above(before) } else { self.gaps_below(before) }
    }

    /// Whether two candles went to different sides.
    pub(super) fn opposes(&self, other: &Self) -> bool {
        self.rising != other.rising
    }

    /// The price that is `share` of the body below the close.
    pub(super) fn below_close(&self, share: f64) -> f64 {
        self.close - self.body * share
    }

    /// The price that is `share` of the body above the close; rounded once, as TA-Lib does.
    pub(super) fn above_close(&self, share: f64) -> f64 {
        self.body.mul_add(share, self.close)
    }
}

/// Whether two prices are no further from each other than `distance`.
pub(super) fn meets(price: f64, other: f64, distance: f64) -> bool {
    (price <= other + distance) & (price >= other - distance)
}
