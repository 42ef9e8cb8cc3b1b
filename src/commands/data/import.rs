//! `tickfold data import`: many files to one.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use data::files::{ImportReport, Policy, ReadOptions, import};

use super::{Reading, of_what};
use crate::cli::Globals;
use crate::exit::Failure;

/// Merge files of candles or trades into one, in order of time
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold data import BTCUSDT-1h-2024-*.zip --out BTC-USDT_1h.parquet
  tickfold data import trades.csv --lenient --out BTC-USDT_trades.csv.zst")]
pub struct Import {
    /// Files of the same kind, instrument and interval
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The file to write: .parquet, .csv, .csv.gz or .csv.zst
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Skip and count bad rows instead of stopping at the first
    #[arg(long)]
    lenient: bool,
    #[command(flatten)]
    reading: Reading,
}

impl Import {
    /// Merges them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let policy = if self.lenient { Policy::Lenient } else { Policy::Strict };
        let report = import(&self.paths, &self.out, &ReadOptions { policy, ..self.reading.options() })?;
        if globals.json {
            let mut document = serde_json::to_value(&report).map_err(io::Error::from)?;
            document["out"] = self.out.display().to_string().into();
            writeln!(out, "{document:#}")?;
            return Ok(());
        }
        let ImportReport { kind, symbol, interval, rows, skipped, first, last } = &report;
        let what = of_what(symbol.as_deref(), *interval);
        writeln!(out, "wrote {rows} rows of {kind}{what} to {}", self.out.display())?;
        if let (Some(first), Some(last)) = (first, last) {
            writeln!(out, "  from {first} to {last}")?;
        }
        if *skipped > 0 {
            writeln!(out, "  {skipped} rows skipped: bad, or in another file already")?;
        }
        Ok(())
    }
}
