//! An answer as a table for people, as JSON, CSV or Parquet.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use engine::time::Timestamp;
use polars::prelude::{AnyValue, DataFrame, ParquetWriter, PlSmallStr, PolarsResult, TimeUnit};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::table::{drawn, table};

/// What a question came to.
pub struct Answer {
    /// Its rows.
    pub frame: DataFrame,
    /// Which of its columns are money.
    pub money: Vec<bool>,
}

/// Prints the first rows for people, and says how many there are. What is too wide for the terminal is printed a column a
/// line.
pub fn show(frame: &DataFrame, rows: usize, out: &mut dyn Write) -> Result<(), Failure> {
    let names: Vec<&str> = frame.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    let mut shown = table(&names, |column| frame.columns()[column].dtype().is_numeric());
    let mut cells = Vec::new();
    for row in 0..frame.height().min(rows) {
        let texts: Vec<String> = row_of(frame, row).map_err(|error| failed(&error))?.iter().map(text).collect();
        shown.add_row(&texts);
        cells.push(texts);
    }
    let width = shown.width().map_or(usize::MAX, usize::from);
    let drawn = drawn(shown);
    if drawn.lines().any(|line| line.chars().count() > width) {
        tall(frame, &cells, out)?;
    } else {
        writeln!(out, "{drawn}")?;
    }
    let height = frame.height();
    match height.checked_sub(rows).filter(|left| *left > 0) {
        Some(left) => writeln!(out, "{height} rows, {left} of them not shown: --rows {height} shows all, --csv and --json too")?,
        None => writeln!(out, "{height} row{}", if height == 1 { "" } else { "s" })?,
    }
    Ok(())
}

/// A block of lines for each row.
fn tall(frame: &DataFrame, rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let names = frame.get_column_names();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (number, row) in (1..).zip(rows) {
        writeln!(out, "── row {number}")?;
        for (name, text) in names.iter().zip(row).filter(|(_, text)| !text.is_empty()) {
            writeln!(out, "{name:<width$}  {text}")?;
        }
    }
    Ok(())
}

/// Writes all rows as comma-separated values, the names first.
pub fn write_csv(frame: &DataFrame, out: &mut dyn Write) -> Result<(), Failure> {
    let names: Vec<String> = frame.get_column_names().iter().map(|name| quoted(name.as_str())).collect();
    writeln!(out, "{}", names.join(","))?;
    for row in 0..frame.height() {
        let cells: Vec<String> =
            row_of(frame, row).map_err(|error| failed(&error))?.iter().map(|value| quoted(&text(value))).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// Writes all rows as one JSON array of objects. Money is in quotes.
pub fn write_json(answer: &Answer, out: &mut dyn Write) -> Result<(), Failure> {
    let Answer { frame, money } = answer;
    let names: Vec<Value> = frame.get_column_names().iter().map(|name| json!(name.as_str())).collect();
    out.write_all(b"[")?;
    for row in 0..frame.height() {
        let values = row_of(frame, row).map_err(|error| failed(&error))?;
        out.write_all(if row == 0 { b"\n{" } else { b",\n{" })?;
        // By hand, to keep the order of the columns.
        for (place, (name, value)) in names.iter().zip(&values).enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let is_money = money.get(place).copied().unwrap_or_default();
            write!(out, "{comma}{name}:{}", member(value, is_money))?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// Writes all rows to a Parquet file, which is whole or not there.
pub fn write_parquet(frame: &mut DataFrame, path: &Path) -> Result<(), Failure> {
    let beside = path.with_added_extension("part");
    let written = File::create(&beside).and_then(|file| {
        let done = ParquetWriter::new(BufWriter::new(file)).finish(frame);
        done.map_err(|error| io::Error::other(error.to_string())).and_then(|_| fs::rename(&beside, path))
    });
    written.map_err(|error| {
        // What was not finished is of no use.
        let _ = fs::remove_file(&beside);
        Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display()))
    })
}

fn failed(error: &polars::prelude::PolarsError) -> Failure {
    Failure::new(Exit::Failed, format!("cannot read the answer: {error}"))
}

fn row_of(frame: &DataFrame, row: usize) -> PolarsResult<Vec<AnyValue<'_>>> {
    frame.columns().iter().map(|column| column.get(row)).collect()
}

/// As people read it; nothing where there is nothing.
fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::Float32(number) => number.to_string(),
        AnyValue::Datetime(at, unit, _) | AnyValue::DatetimeOwned(at, unit, _) => instant(*at, *unit).to_string(),
        AnyValue::Date(days) => {
            let midnight = Timestamp(i64::from(*days).saturating_mul(engine::time::DAY_NS)).to_string();
            midnight.split('T').next().unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

fn member(value: &AnyValue<'_>, is_money: bool) -> Value {
    match value {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => json!(value),
        AnyValue::Float64(number) if is_money && number.is_finite() => json!(exact(*number)),
        AnyValue::Float32(number) if is_money && number.is_finite() => json!(number.to_string()),
        value if is_money && value.is_integer() => json!(text(value)),
        // What is not finite has no number in JSON: serde_json writes null.
        AnyValue::Float64(number) => json!(number),
        AnyValue::Float32(number) => json!(number),
        value if value.is_integer() => value.try_extract::<i128>().map_or(Value::Null, integer),
        value => json!(text(value)),
    }
}

/// Without the noise of binary fractions: a double has fifteen decimal digits that can be relied on.
fn exact(number: f64) -> String {
    format!("{number:.14e}").parse().unwrap_or(number).to_string()
}

fn integer(value: i128) -> Value {
    u64::try_from(value)
        .map(Value::from)
        .or_else(|_| i64::try_from(value).map(Value::from))
        .unwrap_or_else(|_| json!(value.to_string()))
}

fn instant(at: i64, unit: TimeUnit) -> Timestamp {
    Timestamp(match unit {
        TimeUnit::Nanoseconds => at,
        TimeUnit::Microseconds => at.saturating_mul(1_000),
        TimeUnit::Milliseconds => at.saturating_mul(1_000_000),
    })
}

/// In quotes where it has to be.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
