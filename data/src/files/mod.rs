//! History in files: candles, trades, quotes, books and funding, read as a stream of inputs.

mod error;

pub use error::FileError;
