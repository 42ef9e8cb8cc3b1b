//! `data list`: what is in a folder.

use std::path::{Path, PathBuf};

use engine::time::{Interval, Timestamp};
use serde::Serialize;

use super::archive::Origin;
use super::check::check;
use super::layout::Kind;
use super::source::ReadOptions;
use super::{FileError, display};

/// A file of history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// Its size on disk.
    pub bytes: u64,
    /// What it holds; `None` when it cannot be read.
    pub kind: Option<Kind>,
    /// Of what, where its name says it.
    pub symbol: Option<String>,
    /// The length of its bars.
    #[serde(serialize_with = "display")]
    pub interval: Option<Interval>,
    /// Rows of data.
    pub rows: Option<u64>,
    /// The time of its first event.
    pub first: Option<Timestamp>,
    /// The time of its last event.
    pub last: Option<Timestamp>,
    /// Why it cannot be read, or how many of its rows are bad.
    pub problem: Option<String>,
}

/// The files of history in a folder and the folders in it, by path. Files with other endings are left out.
pub fn list(folder: impl AsRef<Path>) -> Result<Vec<Listed>, FileError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.as_ref().to_owned()];
    while let Some(folder) = folders.pop() {
        let io_error = |source| FileError::Io { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(io_error)? {
            let entry = entry.map_err(io_error)?;
            // A link to a folder is not followed, so a circle of links does no harm.
            let kind = entry.file_type().map_err(io_error)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() && Origin::File(entry.path()).format().is_ok() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files.into_iter().map(listed).collect()
}

fn listed(path: PathBuf) -> Result<Listed, FileError> {
    let bytes = std::fs::metadata(&path).map_err(|source| FileError::Io { path: path.clone(), source })?.len();
    Ok(match check(&path, &ReadOptions::default()) {
        Ok(report) => Listed {
            bytes,
            kind: Some(report.kind),
            rows: Some(report.rows),
            first: report.first,
            last: report.last,
            problem: (!report.is_sound()).then(|| format!("{} bad rows: see data check", report.faults.total())),
            symbol: report.symbol,
            interval: report.interval,
            path,
        },
        Err(error) => {
            let (kind, symbol, interval, rows, first, last) = (None, None, None, None, None, None);
            Listed { bytes, kind, symbol, interval, rows, first, last, problem: Some(error.to_string()), path }
        }
    })
}
