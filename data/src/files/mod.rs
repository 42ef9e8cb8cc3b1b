//! History in files: candles, trades, quotes, books and funding, read as a stream of inputs.
//!
//! ```text
//!  path ─ archive ─► rows ─ decode, validate ─► reader ─┐
//!  path ─ archive ─► rows ─ decode, validate ─► reader ─┴ merge ─► thread ═ batches ═► History
//! ```
//!
//! [`Source::open`] looks at a file's beginning and says what it is; [`history`] reads one or many of them, merged
//! into one order of time, on a thread of its own. Memory does not grow with the files. Prices and sizes go from text
//! to mantissa and never through a float.

mod error;
mod decimal;
mod name;
mod layout;
mod archive;
mod fault;
mod clock;
mod json;
mod columns;
mod rows;
mod decode;
mod books;
mod reader;
mod source;
mod sample;
mod merge;
mod history;

pub use error::FileError;
pub use fault::FaultKind;
pub use history::{History, history};
pub use layout::Kind;
pub use name::NameHint;
pub use source::{BarTime, Policy, ReadOptions, Source};
