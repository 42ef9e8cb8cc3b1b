//! How the simulated exchange behaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[exchange]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeConfig {
    /// When a market order fills on data without a book (trades, bars).
    pub fill: BarFill,
    /// Where a resting limit order stands among the others at its price.
    pub queue: QueueModel,
    /// From the exchange to the engine, in microseconds, for market data.
    pub feed_latency_us: u32,
    /// From the engine to the exchange, in microseconds. On bars an order that arrives while one forms meets only
    /// its close: what the bar tells may have happened before.
    pub entry_latency_us: u32,
    /// From the exchange to the engine, in microseconds, for reports on orders.
    pub response_latency_us: u32,
    /// Each latency grows by a random part of up to this, in microseconds.
    pub latency_jitter_us: u32,
    /// By how much the price of a taking fill on trades and bars is worse than the market's, in basis points; never
    /// beyond the range of its bar. Against quotes and books an order walks what is shown instead.
    pub slippage_bps: u32,
    /// The most of a bar's volume or a trade's size that our orders may fill, in basis points; 0 is no limit but the
    /// size of the trade that a resting order meets.
    pub participation_bps: u32,
}

/// When a market order fills on data without a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BarFill {
    /// At the next event's price: the next trade, the next bar's open.
    #[default]
    Next,
    /// At once, whole, at the current event's price: for comparisons with engines that do so.
    Last,
}

/// Where a resting limit order stands among the others at its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueModel {
    /// Behind everyone who was there: fills once that much has traded, or the price trades through.
    #[default]
    Back,
    /// Before everyone: fills when the price is touched.
    Front,
    /// Fills only when the price trades through.
    Through,
}
