//! `tickfold query`: SQL over what a log says.

pub mod tables;
mod words;
mod sql;
mod answer;
pub mod export;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::Globals;
use crate::exit::Failure;
use crate::runs::{OpenRun, RunStore};
use sql::Question;
use tables::Table;
use tables::column::Sort;

/// Ask a run's log in SQL
///
/// Only the tables that the SQL names are built, from the log alone. It only reads: SELECT, with WITH, JOIN, GROUP BY,
/// window functions and all that polars has. Times are UTC and compare with texts such as '2024-01-01'. Money is in the
/// instrument's quote currency unless the column's name says reporting; in SQL it is the nearest float, and the exact
/// decimals are in `report --csv` and `log export`. With --json money is in quotes, and so is what SQL makes a decimal of
/// decimals: sums, differences, products, quotients. Averages are numbers, and what is cast to one: cast(x as double).
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold query --tables
  tickfold query last \"select * from live_trades order by profit desc limit 10\"
  tickfold query last \"select exit_reason, count(*) as trades, sum(profit) as profit from live_trades group by exit_reason\"
  tickfold query last \"select fate, denied_by, count(*) as signals from ai_signals group by fate, denied_by\" --json
  tickfold query last \"select count(*), avg(price) from market_data where at >= '2024-01-01'\"")]
pub struct Query {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN", required_unless_present = "tables")]
    run: Option<String>,
    /// The question, such as "select * from fills"
    #[arg(value_name = "SQL", required_unless_present = "tables")]
    sql: Option<String>,
    /// How many rows are shown
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,
    /// Answer with all rows as comma-separated values
    #[arg(long, conflicts_with_all = ["parquet", "json"])]
    csv: bool,
    /// Write all rows to a Parquet file
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
    /// List the tables and their columns
    #[arg(long, conflicts_with_all = ["run", "sql"])]
    tables: bool,
}

impl Query {
    /// Answers on `out`.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let (Some(run), Some(sql)) = (&self.run, &self.sql) else { return list(globals, out) };
        let question = Question::read(sql)?;
        let OpenRun { id, mut reader, .. } = RunStore::new(&globals.runs).open(run)?;
        let mut answer = question.ask(&mut reader)?;
        if let Some(path) = &self.parquet {
            answer::write_parquet(&mut answer.frame, path)?;
            let rows = answer.frame.height();
            if globals.json {
                writeln!(out, "{}", json!({ "run_id": id, "rows": rows, "out": path }))?;
            } else {
                writeln!(out, "wrote {rows} rows to {}", path.display())?;
            }
            return Ok(());
        }
        if globals.json {
            return answer::write_json(&answer, out);
        }
        if self.csv { answer::write_csv(&answer.frame, out) } else { answer::show(&answer.frame, self.rows, out) }
    }
}

/// The tables and their columns.
fn list(globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    let kind = |sort: Sort| match sort {
        Sort::Text => "text",
        Sort::Id => "integer",
        Sort::Time => "time",
        Sort::Money => "money",
        Sort::Ratio => "number",
    };
    if globals.json {
        let columns = |table: Table| -> Vec<_> {
            table.columns().into_iter().map(|(name, sort)| json!({ "name": name, "kind": kind(sort) })).collect()
        };
        let tables = Table::ALL.map(|table| json!({ "table": table.name(), "about": table.about(), "columns": columns(table) }));
        writeln!(out, "{}", json!(tables))?;
        return Ok(());
    }
    for table in Table::ALL {
        writeln!(out, "{}: {}", table.name(), table.about())?;
        for (name, sort) in table.columns() {
            writeln!(out, "  {name:<18}{}", kind(sort))?;
        }
    }
    Ok(())
}
