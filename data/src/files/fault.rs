//! What is wrong with one row.

use serde::Serialize;

/// Kinds of findings, as `data check` counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It cannot be read: a column too few, text that is no number, too many decimals.
    Malformed,
    /// Its time or its id is before that of the row above.
    Disorder,
    /// The same bar or the same trade again.
    Duplicate,
    /// High below low, open or close outside of them, a negative volume, a bid above its ask.
    Impossible,
    /// A price or a trade's size that is zero or negative.
    NonPositive,
    /// A bar that does not open where its interval says.
    OffGrid,
    /// The file or its archive ends before its end, or is damaged from here on.
    Truncated,
}

/// One finding; the reader adds the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: FaultKind,
    pub reason: String,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }
}
