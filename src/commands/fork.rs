//! `tickfold fork`: what if.

use std::io::Write;

use clap::Args;
use replays::compare::compare;
use replays::fork::{Ask, Divergence, ForkError, Forked, fork};
use replays::report::Summary;
use serde_json::json;

use crate::cli::Globals;
use crate::commands::compare::{Measuring, shown, summary};
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};

/// Run a run on from one of its records with other values, on the same market data
///
/// Up to the record everything is as it was; from there on strategies and limits have the new values, and the simulated
/// exchange fills. Strategies with new values were shown all that came before, and take over what those in their places
/// hold. The fork is a run of its own: it can be reported, verified and forked again.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold fork last --at 1200 --set strategy.0.fast=12
  tickfold fork last --at 0 --set risk.enabled=false --json | jq .equity
  tickfold fork live-run --at 51700 --strategy breakout --set strategy.0.size=50%")]
pub struct Fork {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
    /// The first record that may differ; a decision stands for the input that it follows from
    #[arg(long, value_name = "SEQ")]
    at: u64,
    /// This strategy takes the place of all; if it runs already, with its parameters
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    #[command(flatten)]
    measure: Measuring,
}

impl Fork {
    /// Forks it, and tells what came of it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        if !globals.config.is_empty() {
            let reason = "a fork has its parent's configuration: change values of it with --set, not with --config";
            return Err(Failure::new(Exit::Usage, reason));
        }
        let store = RunStore::new(&globals.runs);
        let mut parent = store.open(&self.run)?;
        let before = summary(&mut parent)?;
        let run = store.create()?;
        let ask = Ask { at_seq: self.at, sets: globals.set.clone(), strategy: self.strategy.clone() };
        // What could not be forked is no run.
        let forked = fork(&parent.path, &ask, &run.path).inspect_err(|_| drop(std::fs::remove_dir_all(&run.path)))?;
        let Forked { at_seq, summary: after, divergence, notes } = forked;
        for note in &notes {
            eprintln!("note: {note}");
        }
        let after = Summary { run_id: Some(run.id.clone()), ..after };
        let OpenRun { mut reader, .. } = store.open(&run.id)?;
        let found = compare(&mut parent.reader, &mut reader, self.measure.measure())?;
        if globals.json {
            let equity = json!({ "parent": before.equity, "fork": after.equity });
            let divergence = divergence.map(|Divergence { parent, fork }| json!({ "parent": parent, "fork": fork }));
            let mut document = json!({
                "run_id": run.id, "parent": parent.id, "at_seq": at_seq, "digest": after.digest, "equity": equity,
                "divergence": divergence, "notes": notes, "a": before, "b": after, "same": found.is_same(),
            });
            shown::merge(&mut document, &found);
            writeln!(out, "{document:#}")?;
            return Ok(());
        }
        writeln!(out, "run {} is run {} with other values from record {at_seq} on\n", run.id, parent.id)?;
        writeln!(out, "{}", shown::metrics([&parent.id, &run.id], [&before, &after]))?;
        match &divergence {
            None => writeln!(out, "\nThe fork decided the same, record by record.")?,
            Some(Divergence { parent, fork }) => {
                writeln!(out, "\nFIRST DIVERGENCE")?;
                shown::records([parent.as_ref(), fork.as_ref()], ["parent", "fork"], out)?;
                shown::print(&found, ["parent", "fork"], out)?;
            }
        }
        let id = run.id;
        writeln!(out, "\nThe fork is run {id}: `tickfold verify {id}` derives every decision of it again.")?;
        Ok(())
    }
}

impl From<ForkError> for Failure {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Log(error) => error.into(),
            ForkError::Session(error) => error.into(),
            ForkError::Config(error) => error.into(),
            ForkError::Run(error) => error.into(),
            ForkError::Parent { .. } | ForkError::NoSession => Self::new(Exit::Mismatch, error.to_string()),
            ForkError::NoSuchSeq { .. } | ForkError::Beginning { .. } | ForkError::NoAccount => {
                Self::new(Exit::Usage, error.to_string())
            }
            ForkError::Folder { .. } => Self::new(Exit::Failed, error.to_string()),
        }
    }
}
