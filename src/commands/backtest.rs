//! `tickfold backtest`: history through the engine.

use std::io::Write;

use clap::Args;
use replays::backtest::Backtest as Ready;

use crate::cli::Globals;
use crate::commands::setup::Setup;
use crate::exit::Failure;
use crate::runs::RunStore;
use crate::summary::{self, Extent, Look};

/// Replay history through the engine; without arguments, the embedded sample
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold backtest
  tickfold backtest --data BTC-USDT_1h.csv.gz --strategy buy_and_hold
  tickfold backtest --data 'ETH-USDT_1m.csv.zst' --from 2024-01-01 --to 2024-07-01 --set strategy.fast=12
  tickfold backtest --config mine.toml --breakdown month,year
  tickfold backtest --config mine.toml --json | jq .metrics.sharpe")]
pub struct Backtest {
    #[command(flatten)]
    setup: Setup,
    /// Write no log; the digest is the same
    #[arg(long)]
    no_log: bool,
    #[command(flatten)]
    look: Look,
}

impl Backtest {
    /// Runs it, and prints its summary.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let ready = Ready::prepare(self.setup.config(globals)?)?;
        ready.notes().iter().for_each(|note| eprintln!("note: {note}"));
        let (id, document) = if self.no_log {
            (None, ready.run(None)?)
        } else {
            let run = RunStore::new(&globals.runs).create()?;
            // A run that could not even begin is none: its folder is still empty.
            let document = ready.run(Some(&run.path)).inspect_err(|_| drop(std::fs::remove_dir(&run.path)))?;
            (Some(run.id), document)
        };
        summary::print(&document.of_run(id), &self.look, Extent::Page, globals, out)
    }
}
