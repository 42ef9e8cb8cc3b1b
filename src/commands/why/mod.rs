//! `tickfold why` and `tickfold why-not`: what led to something, and what kept something from happening.

mod drawn;
mod not;

use std::io::{self, IsTerminal, Write};

use clap::Args;
use replays::explain::{History, Topic, why};
use serde_json::json;

use crate::cli::Globals;
use crate::exit::Failure;
use crate::runs::{OpenRun, RunStore};

pub use not::WhyNot;

/// Reading more records than this is noticed.
const MANY: u64 = 2_000_000;

/// Show what led to a record, an order, a round trip or a fill, and what followed from it
///
/// A tree from an input down: tick or bar, signal with its reasons, sizing, the limits, order, fill, and what the round
/// trip made. Each record is as `log show` prints it, with plain words below. Sizing and limits are derived again in the
/// state that the signal met.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold why last 43            a record, by its seq
  tickfold why last o33           an order, by its id in the log ('#33' is the same)
  tickfold why last t12           the 12th round trip: its entry and its exit
  tickfold why last f77           the fill that the venue calls 77
  tickfold why last t12 --json | jq '.chains[0].text'")]
pub struct Why {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
    /// What to explain: 43 (a record), o43 (an order), t12 (a round trip), f7 (a fill)
    #[arg(value_name = "SEQ|ORDER|TRADE|FILL")]
    topic: Topic,
}

impl Why {
    /// Explains it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let (id, mut history) = open(globals, &self.run)?;
        let why = why(&mut history, self.topic)?;
        if globals.json {
            writeln!(out, "{:#}", json!({ "run_id": id, "asked": why.asked, "chains": why.chains }))?;
            return Ok(());
        }
        for (index, chain) in why.chains.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            drawn::draw(chain, &id, out)?;
        }
        Ok(())
    }
}

/// Opens a run to be asked about, and says so when that will take a while.
pub fn open(globals: &Globals, run: &str) -> Result<(String, History), Failure> {
    let OpenRun { id, reader, path } = RunStore::new(&globals.runs).open(run)?;
    let count = reader.count();
    if count > MANY && io::stderr().is_terminal() && !path.join("snapshots").exists() {
        eprintln!("note: reading all {count} records this once; snapshots beside the log will make the next answer quick");
    }
    Ok((id, History::open(&path, reader)?))
}
