//! How large candles were lately: what "long", "short" or "near" means in a pattern.
//!
//! TA-Lib compares a candle with the mean of the 10 (5 for distances) before it, from a sum that it carries on. How
//! such a sum is rounded depends on the candle it began with, and that on how far the pattern looks back. One score in
//! many hangs on the last digit, where a candle is exactly as large as the mean: so there is one sum for each beginning
//! in use.

use super::shape::Shape;

/// Candles in the mean of a size.
const SIZES: usize = 10;
/// Candles in the mean of a distance.
const DISTANCES: usize = 5;
/// The index of the first candle that every sum takes as one of its period.
pub(super) const SETTLED: u32 = 14;

/// Sums, or means, of the last candles; the index into each is that of the candle with which it began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) body: [f64; 5],
    pub(super) range: [f64; 4],
    pub(super) shadows: [f64; 3],
    pub(super) distance: [f64; 7],
}

impl Sums {
    /// The means that the next candle is compared with.
    pub(super) fn means(&self) -> Self {
        Self {
            body: self.body.map(|sum| sum / SIZES as f64),
            range: self.range.map(|sum| sum / SIZES as f64),
            shadows: self.shadows.map(|sum| sum / SIZES as f64),
            distance: self.distance.map(|sum| sum / DISTANCES as f64),
        }
    }

    /// Takes in the candle of an index, and what a candle before it was.
    #[inline]
    pub(super) fn add(&mut self, index: u32, shape: &Shape, before: impl Fn(usize) -> Shape) {
        let (tenth, fifth) = (before(SIZES), before(DISTANCES));
        let one = |sums: &mut [f64], period: usize, new: f64, old: f64| {
            let index = index as usize;
            for (start, sum) in sums.iter_mut().enumerate() {
                if index >= start + period {
                    *sum += new - old;
                } else if index >= start {
                    *sum += new;
                }
            }
        };
        if index < SETTLED {
            one(&mut self.body, SIZES, shape.body, tenth.body);
            one(&mut self.range, SIZES, shape.range, tenth.range);
            one(&mut self.shadows, SIZES, shape.shadows, tenth.shadows);
            one(&mut self.distance, DISTANCES, shape.range, fifth.range);
            return;
        }
        self.body = self.body.map(|sum| sum + (shape.body - tenth.body));
        self.range = self.range.map(|sum| sum + (shape.range - tenth.range));
        self.shadows = self.shadows.map(|sum| sum + (shape.shadows - tenth.shadows));
        self.distance = self.distance.map(|sum| sum + (shape.range - fifth.range));
    }
}
