//! Every byte that crosses the process boundary: the event log, and history in files.

pub mod log;
pub mod files;
pub mod zipped;
pub mod http;
pub mod okx;
pub mod binance;
pub mod context;
pub mod download;
pub mod keys;
