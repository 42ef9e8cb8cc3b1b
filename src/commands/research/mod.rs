//! Many runs on one history: `tickfold optimize`, `walkforward` and `montecarlo`.

mod searching;
mod progress;
mod table;
mod command_line;
mod optimize;
mod ranking;
mod found;
mod walkforward;
mod montecarlo;

use std::num::NonZeroUsize;

use comfy_table::{CellAlignment, Table};
use replays::research::ResearchError;

use crate::exit::{Exit, Failure};
use crate::summary;

pub use montecarlo::MonteCarlo;
pub use optimize::Optimize;
pub use walkforward::WalkForward;

impl From<ResearchError> for Failure {
    fn from(error: ResearchError) -> Self {
        match error {
            ResearchError::Backtest(error) => error.into(),
            ResearchError::Config(error) => error.into(),
            ResearchError::Io { .. } => Self::new(Exit::Failed, error.to_string()),
            error => Self::new(Exit::Usage, error.to_string()),
        }
    }
}

/// As many as were asked for, or as many as the machine runs at once.
fn threads(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    asked.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

/// An empty table whose first columns are words, and the others numbers.
fn table_of(words: usize, header: &[String]) -> Table {
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = summary::table(words, &names);
    for column in words..header.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// With as many digits as tell something.
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.fract() == 0.0 && value.abs() < 1e9 => format!("{value:.0}"),
        Some(value) if value.abs() >= 1_000.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.4}"),
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}
