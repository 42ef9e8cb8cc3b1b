//! The spread: what it costs to buy and sell at once.

use serde::Serialize;

use super::top_of_book::TopOfBook;

/// Ask less bid as a share of their middle, in basis points. None of prices that are not above zero.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Spread {
    value: Option<f64>,
}

impl Spread {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the best prices in.
    pub fn update(&mut self, top: TopOfBook) -> Option<f64> {
        let middle = top.middle();
        self.value = (middle > 0.0).then(|| 10_000.0 * top.spread().0 as f64 / middle);
        self.value
    }

    /// The last value, in basis points.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
