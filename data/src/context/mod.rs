//! What the world says about the markets: the fear-and-greed index, and `CoinGecko`'s markets and categories.
//!
//! Nothing here is booked: a float that a source publishes becomes the decimal that it prints as.

mod number;
mod fear_and_greed;
mod coingecko;

pub use coingecko::{Category, Coin, CoinGecko, DEFAULT_HOST as COINGECKO_HOST};
pub use fear_and_greed::{DEFAULT_HOST as FEAR_AND_GREED_HOST, FearAndGreed};

use engine::number::Decimal;
use engine::time::Timestamp;

/// A number that somebody outside says about a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Who says so, such as `alternative.me`.
    pub source: &'static str,
    /// What it is, such as `fear_and_greed`.
    pub name: String,
    /// How much.
    pub value: Decimal,
    /// The source's word for it; empty where it has none.
    pub label: String,
    /// Since when it is so, by the source's clock.
    pub at: Timestamp,
}
