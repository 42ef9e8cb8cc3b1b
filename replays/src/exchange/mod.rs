//! The simulated exchange.

mod config;

pub use config::{BarFill, ExchangeConfig, QueueModel};
