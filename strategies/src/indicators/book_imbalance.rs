//! Book imbalance: which side of the book is heavier.

use engine::book::Book;
use engine::market::{Level, Side};
use serde::Serialize;

/// `(bids - asks) / (bids + asks)` of the sizes at the best few levels: 1 when only buyers wait, -1 when only sellers.
/// None while the book is empty.
#[derive(Clone, Debug, Serialize)]
pub struct BookImbalance {
    levels: u32,
    value: Option<f64>,
}

impl BookImbalance {
    /// Of the best `levels` levels of each side.
    pub fn new(levels: u32) -> Self {
        Self { levels: levels.max(1), value: None }
    }

    /// Takes the book in.
    pub fn update(&mut self, book: &Book) -> Option<f64> {
        let size =
            |side| -> i128 { book.levels(side).take(self.levels as usize).map(|Level { size, .. }| i128::from(size.0)).sum() };
        let (bids, asks) = (size(Side::Buy), size(Side::Sell));
        self.value = (bids + asks > 0).then(|| (bids - asks) as f64 / (bids + asks) as f64);
        self.value
    }

    /// The last value, from -1 to 1.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
