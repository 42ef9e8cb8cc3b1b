//! What can go wrong with a download, and what to do about it.

use std::path::PathBuf;

use engine::time::Timestamp;

use crate::files::FileError;
use crate::http::HttpError;
use crate::okx::rest::OkxError;

/// History could not be downloaded. What came before the error is kept.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Binance could not be asked, or what it answered cannot be read.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// OKX could not be asked, or said no.
    #[error("OKX does not give its history: {0}")]
    Okx(#[from] OkxError),
    /// What the venue answered makes no sense.
    #[error("what {venue} answers about {of} cannot be used: {reason}")]
    Unusable {
        /// Which venue.
        venue: &'static str,
        /// Of what.
        of: String,
        /// Why.
        reason: String,
    },
    /// A file could not be written, or read again.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is asked for makes no sense.
    #[error("{reason}")]
    Request {
        /// Why, and what to do.
        reason: String,
    },
    /// The file is there already.
    #[error("{} is there already: remove it, or give another name", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// What is left of an earlier attempt is of another download.
    #[error("{} is left of another download ({found}), not of this one ({wanted}): remove it, or give another name", path.display())]
    OtherPart {
        /// Which file.
        path: PathBuf,
        /// What it says that it is of.
        found: String,
        /// What it would have to be of.
        wanted: String,
    },
    /// The venue has none of it.
    #[error("the venue has nothing of {of} from {from} to {to}: was it listed then, and is it kept for so long?")]
    Nothing {
        /// Of what.
        of: String,
        /// From when.
        from: Timestamp,
        /// To when.
        to: Timestamp,
    },
}
