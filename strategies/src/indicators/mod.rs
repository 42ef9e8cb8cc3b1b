//! Indicators, one file each: they take one value, candle, trade or book at a time, and give `None` while they warm up.
//!
//! The conventions are TA-Lib's, where it has one. What is not a number, or larger than 1e100, is ignored: the
//! last value stays. Nothing they give is infinite or not a number.

mod convention;
mod extremes;
mod streaming;

// Averages and spreads of one value.
pub mod sma;
pub mod ema;
pub mod rma;
pub mod wma;
pub mod std_dev;
pub mod bollinger;
pub mod squeeze;
// Momentum.
pub mod roc;
pub mod rsi;
pub mod macd;
pub mod stochastic;
pub mod williams_r;
pub mod cci;
// Ranges and trends.
pub mod true_range;
pub mod atr;
pub mod natr;
pub mod adx;
pub mod donchian;
pub mod keltner;
pub mod supertrend;
// Volume.
pub mod obv;
pub mod mfi;
pub mod vwap;
// Shapes.
pub mod patterns;
// Trades and books.
pub mod top_of_book;
pub mod spread;
pub mod microprice;
pub mod book_imbalance;
pub mod order_flow_imbalance;
pub mod trade_intensity;
// All over candles, by name.
pub mod named;

pub use adx::{Adx, AdxValue};
pub use atr::Atr;
pub use bollinger::{Bollinger, BollingerValue};
pub use book_imbalance::BookImbalance;
pub use cci::Cci;
pub use convention::Convention;
pub use donchian::{Channel, Donchian};
pub use ema::Ema;
pub use keltner::Keltner;
pub use macd::{Macd, MacdValue};
pub use mfi::Mfi;
pub use microprice::Microprice;
pub use named::{INDICATORS, NameError, Named, Parameter, named, names};
pub use natr::Natr;
pub use obv::Obv;
pub use order_flow_imbalance::OrderFlowImbalance;
pub use patterns::{CandlePatterns, Pattern};
pub use rma::Rma;
pub use roc::Roc;
pub use rsi::Rsi;
pub use sma::Sma;
pub use spread::Spread;
pub use squeeze::{Squeeze, SqueezeValue};
pub use std_dev::StdDev;
pub use stochastic::{Stochastic, StochasticValue};
pub use supertrend::{Supertrend, SupertrendValue, Trend};
pub use top_of_book::TopOfBook;
pub use trade_intensity::{TradeIntensity, TradeIntensityValue};
pub use true_range::TrueRange;
pub use vwap::{VwapCumulative, VwapRolling, VwapSession};
pub use williams_r::WilliamsR;
pub use wma::Wma;

#[cfg(test)]
mod tests;
