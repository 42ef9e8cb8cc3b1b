//! What stands in the way of an explanation.

use data::log::LogError;

use crate::rebuild::RebuildError;
use crate::session::SessionError;

/// A run cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The log is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is not what an engine wrote.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The session's configuration cannot be had.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What was asked about is not in the log.
    #[error("{0}")]
    NoSuch(String),
}
