//! Writing rows to CSV or Parquet, beside the target first: a file with its name is always whole.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use engine::number::{Decimal, POWERS_OF_TEN};
use flate2::Compression;
use flate2::write::GzEncoder;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{Column, DataFrame, DataType, ParquetWriter, PlSmallStr, PolarsResult, Schema};

use super::FileError;
use super::decimal;

/// Rows of one Parquet row group.
const GROUP: usize = 131_072;

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    Whole(Option<i64>),
    Decimal(i64, u8),
    Text(&'static str),
}

/// A file being written.
pub(super) struct Table {
    target: PathBuf,
    beside: PathBuf,
    sink: Sink,
}

enum Sink {
    Csv { out: Box<Packed>, line: String },
    Parquet { out: Box<BatchedWriter<BufWriter<File>>>, names: Vec<&'static str>, columns: Vec<Values> },
}

enum Packed {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<File>>),
}

/// A Parquet column's values that have not been written yet.
enum Values {
    Whole(Vec<Option<i64>>),
    Float(Vec<f64>),
    Text(Vec<&'static str>),
}

impl Table {
    /// Begins a file with these columns; the cells say what their values look like.
    pub(super) fn create(target: &Path, columns: &[(&'static str, Cell)]) -> Result<Self, FileError> {
        let name = target.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let packing = ["csv", "csv.gz", "csv.zst", "parquet"].into_iter().find(|ending| name.ends_with(&format!(".{ending}")));
        let Some(packing) = packing else {
            let reason = "its ending does not say what to write: expected .parquet, .csv, .csv.gz or .csv.zst".to_owned();
            return Err(FileError::Format { path: target.to_owned(), reason });
        };
        let mut beside = target.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let failed = |source| FileError::Write { path: target.to_owned(), source };
        let file = BufWriter::with_capacity(1 << 16, File::create(&beside).map_err(failed)?);
        let sink = match packing {
            "parquet" => Sink::parquet(file, columns).map_err(|error| failed(io::Error::other(error.to_string()))),
            "csv.gz" => Sink::csv(Packed::Gzip(GzEncoder::new(file, Compression::default())), columns).map_err(failed),
            "csv.zst" => zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)
                .and_then(|encoder| Sink::csv(Packed::Zstd(encoder), columns))
                .map_err(failed),
            _ => Sink::csv(Packed::Plain(file), columns).map_err(failed),
        };
        Ok(Self { target: target.to_owned(), beside, sink: sink? })
    }

    /// Adds a row: one cell a column, in the columns' order.
    pub(super) fn write(&mut self, row: &[Cell]) -> Result<(), FileError> {
        let failed = |source| FileError::Write { path: self.target.clone(), source };
        match &mut self.sink {
            Sink::Csv { out, line } => {
                line.clear();
                for cell in row {
                    cell.show(line);
                    line.push(',');
                }
                line.pop();
                line.push('\n');
                out.write_all(line.as_bytes()).map_err(failed)
            }
            Sink::Parquet { out, names, columns } => {
                for ((cell, values), name) in row.iter().zip(columns.iter_mut()).zip(names.iter()) {
                    values.push(*cell).map_err(|text| FileError::Format {
                        path: self.target.clone(),
                        reason: format!("{name} {text} has more digits than a Parquet float keeps: write .csv.zst instead"),
                    })?;
                }
                if columns.first().is_some_and(|values| values.len() == GROUP) {
                    flush(out, names, columns).map_err(|error| failed(io::Error::other(error.to_string())))?;
                }
                Ok(())
            }
        }
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(mut self) -> Result<(), FileError> {
        let ended = match &mut self.sink {
            Sink::Csv { out, .. } => match &mut **out {
                Packed::Plain(out) => out.flush(),
                Packed::Gzip(out) => out.try_finish().and_then(|()| out.get_mut().flush()),
                Packed::Zstd(out) => out.do_finish().and_then(|()| out.get_mut().flush()),
            },
            // Its end writes the footer and flushes.
            Sink::Parquet { out, names, columns } => flush(out, names, columns)
                .and_then(|()| out.finish().map(drop))
                .map_err(|error| io::Error::other(error.to_string())),
        };
        ended
            .and_then(|()| std::fs::rename(&self.beside, &self.target))
            .map_err(|source| FileError::Write { path: self.target.clone(), source })
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // After `finish` it is gone already; what was not finished is of no use.
        let _ = std::fs::remove_file(&self.beside);
    }
}

impl Sink {
    fn csv(mut out: Packed, columns: &[(&'static str, Cell)]) -> io::Result<Self> {
        let names: Vec<_> = columns.iter().map(|&(name, _)| name).collect();
        out.write_all((names.join(",") + "\n").as_bytes())?;
        Ok(Self::Csv { out: Box::new(out), line: String::new() })
    }

    fn parquet(file: BufWriter<File>, columns: &[(&'static str, Cell)]) -> PolarsResult<Self> {
        let fields = columns.iter().map(|&(name, like)| {
            let kind = match like {
                Cell::Whole(_) => DataType::Int64,
                Cell::Decimal(..) => DataType::Float64,
                Cell::Text(_) => DataType::String,
            };
            (PlSmallStr::from_static(name), kind)
        });
        let out = ParquetWriter::new(file).batched(&fields.collect::<Schema>())?;
        let values = columns.iter().map(|&(_, like)| match like {
            Cell::Whole(_) => Values::Whole(Vec::new()),
            Cell::Decimal(..) => Values::Float(Vec::new()),
            Cell::Text(_) => Values::Text(Vec::new()),
        });
        let names = columns.iter().map(|&(name, _)| name).collect();
        Ok(Self::Parquet { out: Box::new(out), names, columns: values.collect() })
    }
}

fn flush(out: &mut BatchedWriter<BufWriter<File>>, names: &[&'static str], columns: &mut [Values]) -> PolarsResult<()> {
    let columns = names.iter().zip(columns).map(|(name, values)| {
        let name = PlSmallStr::from_static(name);
        match values {
            Values::Whole(values) => Column::new(name, std::mem::take(values)),
            Values::Float(values) => Column::new(name, std::mem::take(values)),
            Values::Text(values) => Column::new(name, std::mem::take(values)),
        }
    });
    let group = DataFrame::new_infer_height(columns.collect())?;
    if group.height() == 0 { Ok(()) } else { out.write_batch(&group) }
}

impl Cell {
    fn show(self, line: &mut String) {
        use std::fmt::Write as _;
        let written = match self {
            Self::Whole(value) => value.map_or(Ok(()), |value| write!(line, "{value}")),
            Self::Decimal(mantissa, scale) => write!(line, "{}", Decimal::new(mantissa, scale.into()).normalize()),
            Self::Text(text) => line.write_str(text),
        };
        // Writing to a string cannot fail.
        debug_assert!(written.is_ok());
    }
}

impl Values {
    /// Adds a value; the error is the text of a decimal that a float would not give back.
    fn push(&mut self, cell: Cell) -> Result<(), String> {
        match (self, cell) {
            (Self::Whole(values), Cell::Whole(value)) => values.push(value),
            (Self::Text(values), Cell::Text(value)) => values.push(value),
            (Self::Float(values), Cell::Decimal(mantissa, scale)) => {
                let float = mantissa as f64 / POWERS_OF_TEN[usize::from(scale)];
                // A float gives back any 15 digits; beyond them it depends.
                let is_exact = mantissa.unsigned_abs() < 1_000_000_000_000_000
                    || decimal::fixed(float.to_string().as_bytes(), scale) == Ok(mantissa);
                if !is_exact {
                    return Err(Decimal::new(mantissa, scale.into()).normalize().to_string());
                }
                values.push(float);
            }
            _ => unreachable!("every row has its columns' kinds of values"),
        }
        Ok(())
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}
