//! What can be wrong with a log.

use std::io;
use std::ops::Range;

use engine::event::Hash;

use super::row::RowError;

/// A log could not be written, or is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system refused.
    #[error("cannot {action} {file}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file of the run's folder.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder holds no log.
    #[error("there is no log here: HEAD is missing; check the path, or use `log salvage` if segment files are left")]
    NoLog,
    /// A log is in the way of a new one.
    #[error("there is a log here already ({file}); choose another folder")]
    Exists {
        /// What is in the way.
        file: String,
    },
    /// Neither slot of HEAD can be read.
    #[error("HEAD is damaged in both slots, so the log's length cannot be checked; `log salvage` copies what is whole")]
    DamagedHead,
    /// Bytes are not what was written.
    #[error("{file} is damaged at byte {offset}, seqs {}..{}: {what}; `log salvage` copies what is whole", seqs.start, seqs.end)]
    Damaged {
        /// In which file.
        file: String,
        /// Where the damaged frame begins.
        offset: u64,
        /// The records that cannot be trusted, as far as known.
        seqs: Range<u64>,
        /// What does not fit.
        what: Damage,
    },
    /// The log is shorter than it once was.
    #[error(
        "the log ends at seq {have}, but {anchored} records were durable: seqs {have}..{anchored} are missing at the end of {file}"
    )]
    Shorter {
        /// Records that are there.
        have: u64,
        /// Records that HEAD knows of.
        anchored: u64,
        /// The last file that is there.
        file: String,
    },
    /// The log up to the anchor is another one than the anchor saw.
    #[error(
        "the digest of the first {count} records is {found}, but HEAD says {anchored}: some record before seq {count} was changed"
    )]
    AnchorMismatch {
        /// Of how many records.
        count: u64,
        /// By the segments.
        found: Hash,
        /// By HEAD.
        anchored: Hash,
    },
    /// Records must be appended in order.
    #[error("expected seq {expected} next, got {found}")]
    OutOfOrder {
        /// The next free seq.
        expected: u64,
        /// The record's.
        found: u64,
    },
    /// A record does not fit into the log.
    #[error("cannot write seq {seq}: {source}")]
    Row {
        /// Which.
        seq: u64,
        /// Why.
        source: RowError,
    },
    /// An earlier failure left it unknown what is on disk.
    #[error("the log takes no more records after this failure: {reason}; stop trading and open the log again")]
    Poisoned {
        /// What failed.
        reason: String,
    },
    /// A salvaged log is evidence, and has gaps.
    #[error("the log was salvaged and takes no more records; begin a new one")]
    Salvaged,
    /// A seq that the log does not have.
    #[error("seq {seq} is not in the log, which has {count} records")]
    NoSuchSeq {
        /// Which.
        seq: u64,
        /// How many there are.
        count: u64,
    },
    /// A blob is missing or other than its name says.
    #[error("blob {hash} is {what}")]
    Blob {
        /// Its name.
        hash: Hash,
        /// Missing or damaged.
        what: &'static str,
    },
    /// The index cannot be used even after it was rebuilt.
    #[error("cannot {action} the index: {reason}; it holds nothing that the log does not, and may be deleted")]
    Index {
        /// What was being done.
        action: &'static str,
        /// Why not.
        reason: String,
    },
}

/// What does not fit in a frame.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file ends inside the frame.
    #[error("the frame is cut off")]
    Cut,
    /// There is something, but no frame.
    #[error("no frame begins here")]
    Magic,
    /// The frame's checksum differs.
    #[error("the checksum is wrong")]
    Checksum,
    /// The checksum fits, but a field of the header has a value that is never written.
    #[error("the header's {0} is impossible")]
    Header(&'static str),
    /// The frame was written by a newer program.
    #[error("{field} {found} is newer than this program's {known}; use the program that wrote it")]
    Newer {
        /// Format or schema.
        field: &'static str,
        /// What the frame says.
        found: u16,
        /// What this program knows.
        known: u16,
    },
    /// The body does not decompress to the length that the header says.
    #[error("the body does not decompress")]
    Codec,
    /// The body is not made of columns as described.
    #[error("the columns are malformed ({0})")]
    Columns(&'static str),
    /// A row cannot be read.
    #[error("row of seq {seq}: {source}")]
    Row {
        /// Which.
        seq: u64,
        /// Why.
        source: RowError,
    },
    /// Something comes after the end of a log that was closed.
    #[error("the log was closed with {count} records, but something comes after them")]
    AfterEnd {
        /// How many records there were.
        count: u64,
    },
    /// Seqs are not dense.
    #[error("expected seq {expected}, found {found}")]
    Seq {
        /// What should follow.
        expected: u64,
        /// What does.
        found: u64,
    },
    /// What is before this frame is not what was before it when it was written.
    #[error("the chain is broken before this frame: a record of the block before was changed, removed, inserted or moved")]
    Link,
    /// The frame's records are not those that it was sealed with.
    #[error("the chain is broken in this frame: a record was changed, removed, inserted or moved")]
    Digest,
}

/// Adds to a failed call what was being done.
pub(super) trait Doing<T> {
    fn doing(self, action: &'static str, file: &str) -> Result<T, LogError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: &'static str, file: &str) -> Result<T, LogError> {
        self.map_err(|source| LogError::Io { action, file: file.to_owned(), source })
    }
}
