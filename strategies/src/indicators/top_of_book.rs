//! The best bid and ask, from a quote or from a book.

use engine::book::Book;
use engine::market::{Level, Quote, Side};
use engine::number::FixedPrice;
use serde::Serialize;

/// The best level of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TopOfBook {
    /// The highest bid.
    pub bid: Level,
    /// The lowest ask.
    pub ask: Level,
}

impl TopOfBook {
    /// Of a book; none while a side is empty.
    pub fn of_book(book: &Book) -> Option<Self> {
        Some(Self { bid: book.best(Side::Buy)?, ask: book.best(Side::Sell)? })
    }

    /// Ask less bid, in mantissas; below zero while the book is crossed.
    pub fn spread(&self) -> FixedPrice {
        FixedPrice(self.ask.price.0.saturating_sub(self.bid.price.0))
    }

    /// The middle of both prices, in mantissas.
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.bid.price.0 as f64, self.ask.price.0 as f64)
    }
}

impl From<&Quote> for TopOfBook {
    fn from(quote: &Quote) -> Self {
        Self {
            bid: Level { price: quote.bid_price, size: quote.bid_size },
            ask: Level { price: quote.ask_price, size: quote.ask_size },
        }
    }
}
