//! What can be wrong with a file of history.

use std::path::PathBuf;

/// A file of history could not be read, or says something impossible.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// A row is malformed, impossible or out of order.
    #[error("{}:{line}: {reason}", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// Line in the text, header included, from 1; row number for binary formats.
        line: u64,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The file as a whole is not something that can be read.
    #[error("{}: {reason}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The thread that reads the files ended without a word.
    #[error("the thread that reads the history stopped unexpectedly: this is a bug of the reader, the files may be fine")]
    Stopped,
}
