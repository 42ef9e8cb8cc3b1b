//! Parquet and Feather, a row group at a time, as rows of text: a float becomes the shortest decimal that reads back as
//! the same float, which is what its writer meant.

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use csv::ByteRecord;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float32Chunked, Float64Chunked, Int64Chunked, ParallelStrategy, ParquetReader,
    PolarsResult, SerReader, StringChunked,
};
use polars_arrow::io::ipc::read::{FileReader, read_file_metadata};

use super::FileError;
use super::archive::{Format, Origin, open_file};
use super::layout::{self, Layout};
use super::rows::Broken;

/// Rows that are turned into text at once.
const PIECE: usize = 4_096;

/// Milliseconds in a day: a date is a count of days.
const DAY_MS: i64 = 86_400_000;

/// A file of columns.
pub(super) struct ColumnRows {
    groups: Groups,
    /// What of the current row group has not been turned into text yet.
    group: DataFrame,
    cells: Vec<Cells>,
    at: usize,
    row: u64,
    text: Vec<u8>,
}

/// Where row groups come from.
enum Groups {
    Parquet { file: File, columns: Vec<String>, sizes: std::vec::IntoIter<usize>, read: usize },
    Feather(Box<FileReader<File>>),
}

/// One column of a piece.
enum Cells {
    Whole(Int64Chunked),
    Float(Float64Chunked),
    Single(Float32Chunked),
    Text(StringChunked),
    Flag(BooleanChunked),
}

impl ColumnRows {
    pub(super) fn open(origin: &Origin, format: Format) -> Result<(Self, Layout), FileError> {
        let Origin::File(path) = origin else { return Err(origin.format_error("only files can hold columns")) };
        let mut file = open_file(path)?;
        let unreadable = |error: Broken| match error {
            Broken::Io(error) => origin.io_error(error),
            Broken::Damaged(reason) => origin.format_error(reason),
        };
        let (groups, layout) = if format == Format::Parquet {
            let (names, sizes) = guarded(|| {
                let mut reader = ParquetReader::new(file.try_clone()?);
                let names: Vec<String> = reader.schema()?.iter_names().map(ToString::to_string).collect();
                let mut sizes = Vec::new();
                for group in &reader.get_metadata()?.row_groups {
                    sizes.push(group.num_rows());
                }
                Ok((names, sizes))
            })
            .map_err(unreadable)?;
            let (layout, used) = wanted(origin, &names)?;
            let columns = used.iter().map(|&column| names[column].clone()).collect();
            (Groups::Parquet { file, columns, sizes: sizes.into_iter(), read: 0 }, layout)
        } else {
            let metadata = guarded(|| read_file_metadata(&mut file)).map_err(unreadable)?;
            let names: Vec<String> = metadata.schema.iter_names().map(ToString::to_string).collect();
            let (layout, used) = wanted(origin, &names)?;
            (Groups::Feather(Box::new(FileReader::new(file, metadata, Some(used), None))), layout)
        };
        let (group, cells, text) = (DataFrame::empty(), Vec::new(), Vec::new());
        Ok((Self { groups, group, cells, at: PIECE, row: 0, text }, layout))
    }

    /// The number of the row read last.
    pub(super) fn line(&self) -> u64 {
        self.row
    }

    pub(super) fn next(&mut self, row: &mut ByteRecord) -> Result<bool, Broken> {
        if self.at == PIECE && !self.next_piece()? {
            return Ok(false);
        }
        if self.cells.first().is_none_or(|cells| self.at >= cells.len()) {
            self.at = PIECE;
            return self.next(row);
        }
        row.clear();
        for cells in &self.cells {
            self.text.clear();
            cells.write(self.at, &mut self.text)?;
            row.push_field(&self.text);
        }
        self.at += 1;
        self.row += 1;
        Ok(true)
    }

    fn next_piece(&mut self) -> Result<bool, Broken> {
        while self.group.height() == 0 {
            let Some(group) = guarded(|| self.groups.next())? else { return Ok(false) };
            self.group = group;
        }
        let piece = self.group.slice(0, PIECE);
        self.group = self.group.slice(i64::try_from(piece.height()).unwrap_or(0), usize::MAX);
        self.cells = guarded(|| piece.columns().iter().map(Cells::of).collect())?;
        self.at = 0;
        Ok(true)
    }
}

impl Groups {
    fn next(&mut self) -> PolarsResult<Option<DataFrame>> {
        match self {
            Self::Parquet { file, columns, sizes, read } => {
                let Some(size) = sizes.next() else { return Ok(None) };
                let group = ParquetReader::new(file.try_clone()?)
                    .with_slice(Some((*read, size)))
                    .with_columns(Some(columns.clone()))
                    // The stream has a thread already; the other cores belong to the run.
                    .read_parallel(ParallelStrategy::None)
                    .finish()?;
                *read += size;
                Ok(Some(group))
            }
            Self::Feather(reader) => reader.next().transpose().map(|batch| batch.map(DataFrame::from)),
        }
    }
}

impl Cells {
    fn of(column: &Column) -> PolarsResult<Self> {
        Ok(match column.dtype() {
            DataType::Float64 => Self::Float(column.f64()?.clone()),
            DataType::Float32 => Self::Single(column.f32()?.clone()),
            DataType::String => Self::Text(column.str()?.clone()),
            DataType::Boolean => Self::Flag(column.bool()?.clone()),
            DataType::Date => Self::Whole(column.cast(&DataType::Int64)?.i64()?.clone() * DAY_MS),
            _ => Self::Whole(column.strict_cast(&DataType::Int64)?.i64()?.clone()),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Single(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Flag(values) => values.len(),
        }
    }

    /// The text of one cell; nothing where it is null.
    fn write(&self, at: usize, text: &mut Vec<u8>) -> Result<(), Broken> {
        let written = match self {
            Self::Whole(values) => values.get(at).map(|value| write!(text, "{value}")),
            Self::Float(values) => values.get(at).map(|value| write!(text, "{value}")),
            Self::Single(values) => values.get(at).map(|value| write!(text, "{value}")),
            Self::Text(values) => values.get(at).map(|value| text.write_all(value.as_bytes())),
            Self::Flag(values) => values.get(at).map(|value| write!(text, "{value}")),
        };
        written.unwrap_or(Ok(())).map_err(Broken::Io)
    }
}

/// The columns that are of use, in the file's order, and what they are.
fn wanted(origin: &Origin, names: &[String]) -> Result<(Layout, Vec<usize>), FileError> {
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let layout = Layout::named(&lower).ok_or_else(|| layout::unknown(origin, &names.join(",")))?;
    let used = layout.used();
    let kept: Vec<String> = used.iter().map(|&column| lower[column].clone()).collect();
    let layout = Layout::named(&kept).ok_or_else(|| layout::unknown(origin, &names.join(",")))?;
    Ok((layout, used))
}

/// Polars is meant for good files: on a damaged one it may panic as well as return an error.
fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, Broken> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Broken::Damaged(format!("the file is cut short or damaged ({error}): fetch it again"))),
        Err(_) => Err(Broken::Damaged("the file is cut short or damaged: fetch it again".to_owned())),
    }
}
