//! `tickfold report`: a run's summary, rebuilt from its log alone, or the measures of a curve from elsewhere.

mod equity;
mod curve;
mod columns;
mod html;
mod tables;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use replays::metrics::compat::Tool;
use replays::rebuild::rebuild;
use replays::report::{Outcome, Timing};

use crate::cli::Globals;
use crate::commands::recorded::refuse_settings;
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};
use crate::summary::{self, Extent, Look};

/// Rebuild a run's portfolio and metrics from its log alone
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold report last
  tickfold report last --json | jq .balances
  tickfold report last --html report.html
  tickfold report last --csv tables/
  tickfold report --equity equity.csv --trades trades.csv
  tickfold report --equity equity.csv --compat quantstats --json

A file of --equity has the columns date,equity and, to compare with, benchmark. A day that it has no point of has the equity of
the day before, as crypto never closes; with --compat each row is a day, as the other programs take it. A file of --trades has
open_date,close_date,profit_abs and stake_amount.")]
pub struct Report {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN", required_unless_present = "equity", conflicts_with = "equity")]
    run: Option<String>,
    /// Write the report as one HTML file that loads nothing, instead of printing it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compat", "equity"])]
    html: Option<PathBuf>,
    /// Write every table of the run to DIR/TABLE.csv, numbers exactly as the log has them, instead of printing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["compat", "html", "equity"])]
    csv: Option<PathBuf>,
    /// Write every table of the run to DIR/TABLE.parquet, numbers as the nearest floats, instead of printing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["compat", "html", "equity"])]
    parquet: Option<PathBuf>,
    /// A curve from elsewhere instead of a run: a CSV file with the columns `date,equity[,benchmark]`
    #[arg(long, value_name = "FILE")]
    equity: Option<PathBuf>,
    /// The closed trades of that curve: a CSV file with the columns
    /// `open_date,close_date,profit_abs,stake_amount`
    #[arg(long, value_name = "FILE", requires = "equity")]
    trades: Option<PathBuf>,
    /// The values that another program would give, under its own names
    #[arg(long, value_name = "PROGRAM")]
    compat: Option<Compat>,
    /// What a year without risk yields, such as 0.04
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = equity::risk_free, conflicts_with = "compat")]
    risk_free: f64,
    #[command(flatten)]
    look: Look,
}

/// Whose values.
#[derive(Clone, Copy, ValueEnum)]
enum Compat {
    Freqtrade,
    Jesse,
    Quantstats,
    Lean,
}

impl Compat {
    fn tool(self) -> Tool {
        match self {
            Self::Freqtrade => Tool::Freqtrade,
            Self::Jesse => Tool::Jesse,
            Self::Quantstats => Tool::Quantstats,
            Self::Lean => Tool::Lean,
        }
    }
}

impl Report {
    /// Rebuilds it, and prints the summary.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        refuse_settings("report", globals)?;
        match (&self.run, &self.equity) {
            (_, Some(equity)) => self.of_curve(equity, globals, out),
            (Some(run), None) => self.of_run(run, globals, out),
            (None, None) => Err(Failure::new(Exit::Usage, "report needs a RUN or --equity FILE: name one")),
        }
    }

    fn of_run(&self, run: &str, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        if self.csv.is_some() || self.parquet.is_some() {
            return tables::write(run, self.csv.as_deref(), self.parquet.as_deref(), globals, out);
        }
        let OpenRun { id, mut reader, .. } = RunStore::new(&globals.runs).open(run)?;
        let started = Instant::now();
        let (state, report) = rebuild(&mut reader)?;
        let digest = reader.digest().map(|digest| digest.to_string()).unwrap_or_default();
        if let Some(compat) = self.compat {
            let Outcome { series, closed, .. } = report.outcome(&state, digest, 0.0);
            return equity::print_compat(compat.tool(), &series, &closed, globals, out);
        }
        let mut document = report.document(&state, digest, self.risk_free).of_run(Some(id));
        document.summary.timing = Timing::new(started.elapsed().as_secs_f64(), document.summary.events);
        if let Some(path) = &self.html {
            html::write(&document, path)?;
            if !globals.json {
                return Ok(writeln!(out, "The report is in {}: open it in a browser.", path.display())?);
            }
        }
        summary::print(&document, &self.look, Extent::Whole, globals, out)
    }
}
