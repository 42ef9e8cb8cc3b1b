//! Rows of fields, from whatever a file is written in.

use std::io::{self, BufReader, Read};

use csv::ByteRecord;

use super::archive::{Format, Origin};
use super::columns::ColumnRows;
use super::json::JsonRows;
use super::layout::Layout;
use super::{FileError, layout};

/// A file's rows, one after the other.
pub(super) enum Rows {
    Text(Box<csv::Reader<Box<dyn Read + Send>>>),
    Json(Box<JsonRows<BufReader<Box<dyn Read + Send>>>>),
    Columns(Box<ColumnRows>),
}

/// Why no further row can be read.
pub(super) enum Broken {
    /// The text ends or goes wrong where it should go on.
    Damaged(String),
    /// The operating system refused.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    /// What a decompressor reports is damage; what the operating system reports has its number.
    fn from(error: io::Error) -> Self {
        if error.raw_os_error().is_some() {
            return Self::Io(error);
        }
        Self::Damaged(format!("the archive is cut short or damaged from here on ({error}): fetch the file again"))
    }
}

impl Rows {
    /// Opens a file and finds its columns; rows of data are next.
    pub(super) fn open(origin: &Origin, aggregated: bool) -> Result<(Self, Layout), FileError> {
        match origin.format()? {
            Format::Csv => Self::open_text(origin, aggregated),
            Format::Json => {
                let rows = JsonRows::new(BufReader::new(origin.open()?));
                Ok((Self::Json(Box::new(rows)), layout::json_candles()))
            }
            format @ (Format::Parquet | Format::Feather) => {
                let (rows, layout) = ColumnRows::open(origin, format)?;
                Ok((Self::Columns(Box::new(rows)), layout))
            }
        }
    }

    fn open_text(origin: &Origin, aggregated: bool) -> Result<(Self, Layout), FileError> {
        let text = |origin: &Origin| -> Result<_, FileError> {
            let bytes = origin.open()?;
            Ok(csv::ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(1 << 16).from_reader(bytes))
        };
        let mut rows = Self::Text(Box::new(text(origin)?));
        let mut first = ByteRecord::new();
        match rows.next(&mut first) {
            Ok(true) => {}
            Ok(false) => return Err(origin.format_error("it is empty")),
            Err(Broken::Io(error)) => return Err(origin.io_error(error)),
            Err(Broken::Damaged(reason)) => return Err(FileError::Row { path: origin.path().to_owned(), line: 1, reason }),
        }
        let layout = Layout::of(&first, aggregated).ok_or_else(|| layout::unknown(origin, &join(&first)))?;
        if !layout.header {
            rows = Self::Text(Box::new(text(origin)?));
        }
        Ok((rows, layout))
    }

    /// Reads the next row; `false` at the end.
    pub(super) fn next(&mut self, row: &mut ByteRecord) -> Result<bool, Broken> {
        match self {
            Self::Text(reader) => reader.read_byte_record(row).map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => error.into(),
                other => Broken::Damaged(format!("{other:?}")),
            }),
            Self::Json(rows) => rows.next(row),
            Self::Columns(rows) => rows.next(row),
        }
    }

    /// The line that the last row began on: 1 is the first line of a text, the first row of a binary file.
    pub(super) fn line(&self, row: &ByteRecord) -> u64 {
        match self {
            Self::Text(_) => row.position().map_or(0, csv::Position::line),
            Self::Json(rows) => rows.line(),
            Self::Columns(rows) => rows.line(),
        }
    }

    /// The line that could not be read.
    pub(super) fn next_line(&self) -> u64 {
        match self {
            Self::Text(reader) => reader.position().line(),
            Self::Json(rows) => rows.line() + 1,
            Self::Columns(rows) => rows.line() + 1,
        }
    }
}

/// A header as it stands in the file.
fn join(row: &ByteRecord) -> String {
    let fields: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
    fields.join(",")
}
