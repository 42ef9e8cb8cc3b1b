//! Records as the rows of a Parquet file.

use std::fs::File;
use std::io::{self, BufWriter};

use engine::event::Record;
use engine::number::Price;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{Column, DataFrame, DataType, ParquetWriter, PlSmallStr, PolarsError, PolarsResult, Schema, TimeUnit};

use super::column::{COLUMNS, Known, Sort, Value};
use super::kind::Kind;

/// Rows of one row group: what is kept in memory.
const GROUP: usize = 65_536;

/// A file being written.
pub struct Parquet {
    out: BatchedWriter<BufWriter<File>>,
    seqs: Vec<u64>,
    times: Vec<i64>,
    causes: Vec<u64>,
    kinds: Vec<&'static str>,
    values: Vec<Values>,
    texts: Vec<String>,
}

/// A column's values that have not been written yet.
enum Values {
    Text(Vec<Option<String>>),
    Id(Vec<Option<u64>>),
    Number(Vec<Option<f64>>),
}

/// The clock's column: nanoseconds, UTC.
const TIME: DataType = DataType::Datetime(TimeUnit::Nanoseconds, None);

impl Parquet {
    /// Begins the file.
    pub fn create(file: File) -> io::Result<Self> {
        let named = COLUMNS.iter().map(|(_, name, sort)| {
            let kind = match sort {
                Sort::Text => DataType::String,
                Sort::Id => DataType::UInt64,
                Sort::Number => DataType::Float64,
            };
            (*name, kind)
        });
        let first = [("seq", DataType::UInt64), ("at", TIME), ("cause", DataType::UInt64), ("kind", DataType::String)];
        let schema: Schema = first
            .into_iter()
            .chain(named)
            .chain([("text", DataType::String)])
            .map(|(name, kind)| (PlSmallStr::from_static(name), kind))
            .collect();
        Ok(Self {
            out: ParquetWriter::new(BufWriter::with_capacity(1 << 16, file)).batched(&schema).map_err(into_io)?,
            seqs: Vec::new(),
            times: Vec::new(),
            causes: Vec::new(),
            kinds: Vec::new(),
            values: COLUMNS.iter().map(|(_, _, sort)| Values::new(*sort)).collect(),
            texts: Vec::new(),
        })
    }

    /// Adds a row.
    pub fn write(&mut self, known: &Known, record: &Record) -> io::Result<()> {
        self.seqs.push(record.seq);
        self.times.push(record.at.0);
        self.causes.push(record.cause);
        self.kinds.push(Kind::of(&record.event).word());
        known.values(record, |column, value| self.values[column as usize].push(value));
        self.texts.push(known.line(record).to_string());
        let rows = self.texts.len();
        for values in &mut self.values {
            values.fill_to(rows);
        }
        if rows == GROUP { self.flush().map_err(into_io) } else { Ok(()) }
    }

    /// Writes what is left, and the footer.
    pub fn finish(&mut self) -> io::Result<()> {
        self.flush().and_then(|()| self.out.finish().map(drop)).map_err(into_io)
    }

    fn flush(&mut self) -> PolarsResult<()> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let named = PlSmallStr::from_static;
        let mut columns = vec![
            Column::new(named("seq"), std::mem::take(&mut self.seqs)),
            Column::new(named("at"), std::mem::take(&mut self.times)).cast(&TIME)?,
            Column::new(named("cause"), std::mem::take(&mut self.causes)),
            Column::new(named("kind"), std::mem::take(&mut self.kinds)),
        ];
        columns.extend(COLUMNS.iter().zip(&mut self.values).map(|((_, name, _), values)| match values {
            Values::Text(values) => Column::new(named(name), std::mem::take(values)),
            Values::Id(values) => Column::new(named(name), std::mem::take(values)),
            Values::Number(values) => Column::new(named(name), std::mem::take(values)),
        }));
        columns.push(Column::new(named("text"), std::mem::take(&mut self.texts)));
        self.out.write_batch(&DataFrame::new_infer_height(columns)?)
    }
}

impl Values {
    fn new(sort: Sort) -> Self {
        match sort {
            Sort::Text => Self::Text(Vec::new()),
            Sort::Id => Self::Id(Vec::new()),
            Sort::Number => Self::Number(Vec::new()),
        }
    }

    fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Text(values), Value::Text(text)) => values.push(Some(text.to_owned())),
            (Self::Id(values), Value::Id(id)) => values.push(Some(id)),
            (Self::Number(values), Value::Number(number)) => values.push(Some(Price(number).to_f64())),
            _ => unreachable!("COLUMNS says what each column holds"),
        }
    }

    /// A record without a value for this column has none.
    fn fill_to(&mut self, rows: usize) {
        match self {
            Self::Text(values) => values.resize(rows, None),
            Self::Id(values) => values.resize(rows, None),
            Self::Number(values) => values.resize(rows, None),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands on")]
fn into_io(error: PolarsError) -> io::Error {
    io::Error::other(error.to_string())
}
