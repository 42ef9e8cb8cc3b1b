//! The microprice: where in the spread the next price is likely to be.

use engine::number::{MAX_SCALE, POWERS_OF_TEN};
use serde::Serialize;

use super::top_of_book::TopOfBook;

/// The mean of bid and ask, each weighted by the size at the other: a large bid pushes the price up to the ask.
/// None while there is no size.
#[derive(Clone, Debug, Serialize)]
pub struct Microprice {
    price_scale: u8,
    value: Option<f64>,
}

impl Microprice {
    /// Of an instrument whose prices have `price_scale` decimals.
    pub fn new(price_scale: u8) -> Self {
        Self { price_scale: price_scale.min(MAX_SCALE), value: None }
    }

    /// Takes the best prices in.
    pub fn update(&mut self, top: TopOfBook) -> Option<f64> {
        let (bid_size, ask_size) = (top.bid.size.0.max(0) as f64, top.ask.size.0.max(0) as f64);
        let weight = bid_size / (bid_size + ask_size);
        let mantissa = top.bid.price.0 as f64 + top.spread().0 as f64 * weight;
        self.value = Some(mantissa / POWERS_OF_TEN[usize::from(self.price_scale)]).filter(|price| price.is_finite());
        self.value
    }

    /// The last value, in units of price.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}
