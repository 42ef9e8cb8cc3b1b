//! All tables of a run as files: `report RUN --csv DIR` and `report RUN --parquet DIR`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use data::log::Reader;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::ParquetWriter;

use super::answer::quoted;
use super::tables::Table;
use super::tables::column::{Cell, Sink, Sort};
use super::tables::frame::{Frame, schema};
use super::tables::gather::{Sheet, gather};
use crate::exit::{Exit, Failure};

/// Rows of one row group: what is kept in memory.
const GROUP: usize = 65_536;

/// A file that was written.
#[derive(Clone, Debug)]
pub struct Exported {
    pub file: PathBuf,
    pub rows: u64,
}

/// Writes every table to `DIR/TABLE.csv`, numbers exactly as the log has them.
pub fn csv(reader: &mut Reader, dir: &Path) -> Result<Vec<Exported>, Failure> {
    write(reader, dir, "csv", |file, columns| {
        let mut csv = Csv { out: BufWriter::with_capacity(1 << 16, file), line: String::new(), rows: 0, error: None };
        csv.line = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        csv.flush();
        Ok(csv)
    })
}

/// Writes every table to `DIR/TABLE.parquet`, numbers as the nearest floats.
pub fn parquet(reader: &mut Reader, dir: &Path) -> Result<Vec<Exported>, Failure> {
    write(reader, dir, "parquet", |file, columns| {
        let out = ParquetWriter::new(BufWriter::with_capacity(1 << 16, file)).batched(&schema(columns.iter().copied()));
        let out = out.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Parquet { out, frame: Frame::new(columns.iter().copied(), 0), columns: columns.to_vec(), rows: 0, error: None })
    })
}

/// A file of rows that ends.
trait Finish: Sink {
    fn finish(self) -> io::Result<u64>;
}

fn write<S: Finish>(
    reader: &mut Reader,
    dir: &Path,
    ending: &str,
    make: impl Fn(File, &[(&'static str, Sort)]) -> io::Result<S>,
) -> Result<Vec<Exported>, Failure> {
    let failed = |path: &Path, error: &io::Error| Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let path = |table: Table| dir.join(table.name()).with_added_extension(ending);
    // A file with its name is always whole.
    let beside = |table: Table| path(table).with_added_extension("part");
    let sheet = |table: Table| {
        let columns = table.columns();
        let sink = File::create(beside(table)).and_then(|file| make(file, &columns));
        let sink = sink.map_err(|error| failed(&path(table), &error))?;
        Ok(Sheet { table, wanted: (0..columns.len()).collect(), sink })
    };
    let mut sheets = Table::ALL.into_iter().map(sheet).collect::<Result<Vec<_>, Failure>>()?;
    gather(reader, &mut sheets)?;
    let finish = |Sheet { table, sink, .. }: Sheet<S>| {
        let file = path(table);
        let rows = sink.finish().and_then(|rows| fs::rename(beside(table), &file).map(|()| rows));
        let rows = rows.map_err(|error| failed(&file, &error))?;
        Ok(Exported { file, rows })
    };
    sheets.into_iter().map(finish).collect()
}

/// Comma-separated values, the names first.
struct Csv {
    out: BufWriter<File>,
    line: String,
    rows: u64,
    error: Option<io::Error>,
}

impl Csv {
    fn flush(&mut self) {
        self.line.push('\n');
        if self.error.is_none() {
            self.error = self.out.write_all(self.line.as_bytes()).err();
        }
        self.line.clear();
    }
}

impl Sink for Csv {
    fn cell(&mut self, place: usize, cell: Option<Cell<'_>>) {
        use std::fmt::Write as _;
        if place > 0 {
            self.line.push(',');
        }
        match cell {
            Some(Cell::Text(text)) => self.line.push_str(&quoted(&text)),
            // Writing to a string does not fail.
            Some(cell) => drop(write!(self.line, "{cell}")),
            None => {}
        }
    }

    fn end_row(&mut self) {
        self.rows += 1;
        self.flush();
    }
}

impl Finish for Csv {
    fn finish(mut self) -> io::Result<u64> {
        match self.error {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.rows),
        }
    }
}

/// Parquet, a row group at a time.
struct Parquet {
    out: BatchedWriter<BufWriter<File>>,
    frame: Frame,
    columns: Vec<(&'static str, Sort)>,
    rows: u64,
    error: Option<io::Error>,
}

impl Parquet {
    fn flush(&mut self) {
        let frame = std::mem::replace(&mut self.frame, Frame::new(self.columns.iter().copied(), 0));
        if frame.rows() > 0 && self.error.is_none() {
            let written = frame.finish().and_then(|frame| self.out.write_batch(&frame));
            self.error = written.err().map(|error| io::Error::other(error.to_string()));
        }
    }
}

impl Sink for Parquet {
    fn cell(&mut self, place: usize, cell: Option<Cell<'_>>) {
        self.frame.cell(place, cell);
    }

    fn end_row(&mut self) {
        self.frame.end_row();
        self.rows += 1;
        if self.frame.rows() == GROUP {
            self.flush();
        }
    }
}

impl Finish for Parquet {
    fn finish(mut self) -> io::Result<u64> {
        self.flush();
        match self.error {
            Some(error) => Err(error),
            None => self.out.finish().map(|_| self.rows).map_err(|error| io::Error::other(error.to_string())),
        }
    }
}
