//! History in files: candles, trades, quotes, books and funding, read as a stream of inputs.
//!
//! ```text
//!  path ─ archive ─► rows ─ decode, validate ─► reader ─┐
//!  path ─ archive ─► rows ─ decode, validate ─► reader ─┴ merge ─► thread ═ batches ═► History
//! ```
//!
//! [`Source::open`] looks at a file's beginning and says what it is; [`history()`] reads one or many of them, merged
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
mod sequence;
mod merge;
mod history;
mod check;
mod list;
mod table;
mod import;

pub use check::{CheckReport, FaultCounts, Finding, Gap, Gaps, check};
pub use error::FileError;
pub use fault::FaultKind;
pub use history::{History, history};
pub use import::{ImportReport, import};
pub use layout::Kind;
pub use list::{Listed, list};
pub use name::NameHint;
pub use source::{BarTime, Policy, ReadOptions, Source};

/// Intervals are written as people write them: `1h`.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn display<S: serde::Serializer>(interval: &Option<engine::time::Interval>, serializer: S) -> Result<S::Ok, S::Error> {
    match interval {
        Some(interval) => serializer.collect_str(interval),
        None => serializer.serialize_none(),
    }
}
