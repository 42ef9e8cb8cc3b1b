//! `tickfold report`: a run's summary, rebuilt from its log alone.

use std::io::Write;
use std::time::Instant;

use clap::Args;
use replays::rebuild::rebuild;
use replays::report::Timing;

use crate::cli::Globals;
use crate::exit::Failure;
use crate::runs::{OpenRun, RunStore};
use crate::summary;

/// Rebuild a run's portfolio and metrics from its log alone
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold report last\n  tickfold report last --json | jq .balances")]
pub struct Report {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
}

impl Report {
    /// Rebuilds it, and prints the summary.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let OpenRun { id, mut reader, .. } = RunStore::new(&globals.runs).open(&self.run)?;
        let started = Instant::now();
        let (state, report) = rebuild(&mut reader)?;
        let digest = reader.digest().map(|digest| digest.to_string()).unwrap_or_default();
        let mut rebuilt = report.finish(&state, digest);
        rebuilt.run_id = Some(id);
        rebuilt.timing = Timing::new(started.elapsed().as_secs_f64(), rebuilt.events);
        summary::print(&rebuilt, globals, out)
    }
}
