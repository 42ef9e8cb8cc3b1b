//! Candle patterns, as TA-Lib knows them, each with its default settings.

mod table;

use std::fmt;

use serde::{Serialize, Serializer};

use super::streaming::{Columns, Input, RENEWED_AFTER};
use crate::candle::Candle;
pub use table::Pattern;
use table::{COUNT, Handles};

/// More candles than any pattern looks back on: so many open the handles anew.
const MEMORY: u32 = 64;

/// All patterns at once, over one stream of candles.
#[derive(Clone)]
pub struct CandlePatterns {
    handles: Handles,
    /// Candles for handles that are still to open: the first ones, and again when the handles are old.
    history: Vec<Candle>,
    /// Candles since the handles were opened.
    age: u32,
    scores: [i32; COUNT],
    /// Of everything fed: it stands for the handles in the state's hash.
    mix: u64,
}

impl CandlePatterns {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self { handles: Handles::default(), history: Vec::with_capacity(MEMORY as usize), age: 0, scores: [0; COUNT], mix: 0 }
    }

    /// Takes one candle in; the patterns that it completes, each with its score.
    pub fn update(&mut self, candle: &Candle) -> impl Iterator<Item = (Pattern, i32)> + '_ {
        if candle.is_sound() {
            self.mix = candle.mixed_into(self.mix);
            self.advance(*candle);
        }
        self.found()
    }

    /// The patterns that the last candle completed, each with its score.
    pub fn found(&self) -> impl Iterator<Item = (Pattern, i32)> + '_ {
        let scores = Pattern::ALL.iter().copied().zip(self.scores);
        scores.filter(|&(_, score)| score != 0)
    }

    /// What the last candle means to one pattern: above 0 it says that the price will rise, below that it will fall, by
    /// how clear it is: 100 as a rule, 80 for some that are less clear. 0 is no pattern, or not enough candles yet.
    pub fn score(&self, pattern: Pattern) -> i32 {
        self.scores[pattern as usize]
    }

    fn advance(&mut self, candle: Candle) {
        self.handles.advance(candle, &mut self.scores);
        self.age = self.age.saturating_add(1);
        let is_young = self.age <= MEMORY;
        if is_young || self.age >= RENEWED_AFTER {
            self.history.push(candle);
        }
        if is_young {
            self.handles.open(&Columns::of(&self.history), self.history.len(), &mut self.scores);
            if self.history.len() == MEMORY as usize {
                self.history.clear();
            }
        } else if self.history.len() == MEMORY as usize {
            // The sums inside are then free of what rounding piled up, and stay below what `ta-lib` counts to.
            self.handles = Handles::default();
            self.handles.open(&Columns::of(&self.history), self.history.len(), &mut self.scores);
            self.history.clear();
            self.age = MEMORY;
        }
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
