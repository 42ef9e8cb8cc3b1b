//! Candle patterns, as TA-Lib knows them, each with its default settings.
//!
//! What a pattern compares a candle with is computed once for all of them, so all 61 cost less than 61 of `ta-lib`'s
//! handles; the scores are the same, to the last candle.

#![expect(clippy::needless_bitwise_bool, reason = "prices are random: a branch on each comparison costs more than it saves")]

mod shape;
mod sums;
mod recent;
mod single;
mod double;
mod triple;
mod longer;
mod hikkake;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Serialize, Serializer};

use super::streaming::{Input, RENEWED_AFTER};
use crate::candle::Candle;
use hikkake::Hikkakes;
use recent::Candles;
use shape::Shape;
pub use table::Pattern;
use table::{COUNT, Found};

/// More candles than any pattern looks back on: so many start the sums anew.
const MEMORY: u32 = 64;

/// All patterns at once, over one stream of candles.
#[derive(Clone)]
pub struct CandlePatterns {
    candles: Candles,
    hikkakes: Hikkakes,
    found: Found,
    /// What the sums will start anew from, when they are old.
    history: Vec<Candle>,
    /// Candles since the sums started.
    age: u32,
    /// Of everything fed: it stands for the candles and sums in the state's hash.
    mix: u64,
}

impl CandlePatterns {
    /// Nothing is known yet.
    pub fn new() -> Self {
        let found = Found { patterns: 0, scores: [0; COUNT] };
        Self { candles: Candles::new(), hikkakes: Hikkakes::default(), found, history: Vec::new(), age: 0, mix: 0 }
    }

    /// Takes one candle in; the patterns that it completes, each with its score.
    pub fn update(&mut self, candle: &Candle) -> impl Iterator<Item = (Pattern, i32)> + '_ {
        if candle.is_sound() {
            self.mix = candle.mixed_into(self.mix);
            self.advance(candle);
        }
        self.found()
    }

    /// The patterns that the last candle completed, each with its score.
    pub fn found(&self) -> impl Iterator<Item = (Pattern, i32)> + '_ {
        let mut left = self.found.patterns;
        std::iter::from_fn(move || {
            let pattern = *Pattern::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some((pattern, self.score(pattern)))
        })
    }

    /// What the last candle means to one pattern: above 0 it says that the price will rise, below that it will fall, by
    /// how clear it is: 100 as a rule, 80 for some that are less clear. 0 is no pattern, or not enough candles yet.
    pub fn score(&self, pattern: Pattern) -> i32 {
        let is_found = self.found.patterns >> pattern as u64 & 1 == 1;
        if is_found { i32::from(self.found.scores[pattern as usize]) } else { 0 }
    }

    fn advance(&mut self, candle: &Candle) {
        self.judge(candle);
        self.age = self.age.saturating_add(1);
        if self.age >= RENEWED_AFTER {
            self.history.push(*candle);
            if self.history.len() == MEMORY as usize {
                self.renew();
            }
        }
    }

    fn judge(&mut self, candle: &Candle) {
        let index = self.candles.push(Shape::of(candle));
        let mut recent = self.candles.recent();
        recent.hikkakes = self.hikkakes.update(index, &recent);
        self.found.judge(index, &recent);
    }

    /// Starts from the history alone: the sums are then free of what rounding piled up.
    fn renew(&mut self) {
        (self.candles, self.hikkakes) = (Candles::new(), Hikkakes::default());
        for candle in std::mem::take(&mut self.history) {
            self.judge(&candle);
        }
        self.age = MEMORY;
    }
}

impl Default for CandlePatterns {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CandlePatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandlePatterns")
            .field("age", &self.age)
            .field("found", &self.found().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Serialize for CandlePatterns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.age, self.mix, self.found().map(|(pattern, score)| (pattern as u32, score)).collect::<Vec<_>>())
            .serialize(serializer)
    }
}
