//! Named columns of a small CSV file: a curve or trades that another program wrote.

use std::fs;
use std::path::{Path, PathBuf};

use engine::time::Timestamp;

use crate::exit::{Exit, Failure};

/// A CSV file whose first line names its columns.
pub(super) struct Columns {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Reads all of it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(Exit::Data, format!("cannot read {}: {error}; it must be a CSV file in UTF-8", path.display()))
        })?;
        // What the line numbers of errors count is lines of the file, so empty ones stay until they are read.
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(split);
        let names = lines.next().unwrap_or_default().iter().map(|name| name.to_lowercase()).collect();
        Ok(Self { path: path.to_owned(), names, rows: lines.collect() })
    }

    /// Whether there is a column of that name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The numbers of a column.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Failure> {
        self.column(name, "a number", |text| text.parse().ok().filter(|number: &f64| number.is_finite()))
    }

    /// The times of a column: dates, which are their 00:00 UTC, or times that without an offset are UTC.
    pub fn times(&self, name: &str) -> Result<Vec<Timestamp>, Failure> {
        let time = |text: &str| Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")));
        self.column(name, "a time such as 2024-01-01 or 2024-01-01T00:00:00Z", time)
    }

    /// Says what is wrong on the row of an index.
    pub fn wrong(&self, row: usize, what: &str) -> Failure {
        let filled = self.rows.iter().enumerate().filter(|(_, cells)| !is_empty(cells));
        let line = filled.map(|(line, _)| line + 2).nth(row).unwrap_or_default();
        Failure::new(Exit::Data, format!("cannot use {}, line {line}: {what}", self.path.display()))
    }

    fn column<T>(&self, name: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Failure> {
        let Some(column) = self.names.iter().position(|known| known == name) else {
            let known = self.names.join(", ");
            let message = format!("cannot use {}: it has no column {name}; its first line has {known}", self.path.display());
            return Err(Failure::new(Exit::Data, message));
        };
        let rows = self.rows.iter().filter(|cells| !is_empty(cells)).enumerate();
        let cell = |(row, cells): (usize, &Vec<String>)| {
            let text = cells.get(column).map_or("", String::as_str);
            parse(text).ok_or_else(|| self.wrong(row, &format!("{name} is {text:?}, expected {expected}")))
        };
        rows.map(cell).collect()
    }
}

/// No text in these files has a comma.
fn split(line: &str) -> Vec<String> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').trim().to_owned()).collect()
}

fn is_empty(cells: &[String]) -> bool {
    cells.iter().all(String::is_empty)
}
