//! Binance's public market data: candles and trades, to fetch history from and to fall back on when OKX is silent.

mod message;
mod convert;
mod rest;
mod websocket;

pub use convert::{ConvertError, bar, instrument_of, interval_name, symbol_of, trade};
pub use message::{AggTrade, Kline, Push, StreamKline};
pub use rest::{DEFAULT_HOST, Rest, TradesFrom};
pub use websocket::{Channel, DEFAULT_STREAM_HOST, Event, StreamConfig, connect};
