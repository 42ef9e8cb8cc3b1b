//! `tickfold operate`: a word to a run that goes on.

use std::io::Write;

use clap::{Args, Subcommand};
use replays::live::control::{self, ControlError};
use serde_json::json;

use crate::cli::Globals;
use crate::exit::{Exit, Failure};
use crate::runs::RunStore;

/// Halt, resume, flatten or stop a paper or live run, or cancel one of its orders; it is in the run's log
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold operate last halt           opens nothing new
  tickfold operate last resume         after a halt, a breaker or stray orders
  tickfold operate last flatten        cancels every order and sells every position
  tickfold operate 20261121 cancel 355
  tickfold operate last stop           as Ctrl-C does")]
pub struct Operate {
    /// A run's id, the beginning of one, `last`, or its folder
    run: String,
    #[command(subcommand)]
    command: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Open nothing new until resumed
    Halt,
    /// Trade again
    Resume,
    /// Halt, cancel every order and sell every position
    Flatten,
    /// Cancel an order
    Cancel {
        /// Its number in the log
        order: u64,
    },
    /// End the run as its configuration says
    Stop,
}

impl Operate {
    /// Sends it, and waits until the run has taken it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = RunStore::new(&globals.runs).resolve(&self.run)?;
        let line = match &self.command {
            Word::Halt => "halt".to_owned(),
            Word::Resume => "resume".to_owned(),
            Word::Flatten => "flatten".to_owned(),
            Word::Cancel { order } => format!("cancel {order}"),
            Word::Stop => "stop".to_owned(),
        };
        control::send(&folder, &line).map_err(|error| {
            let exit = if matches!(error, ControlError::NotRunning { .. }) { Exit::Usage } else { Exit::Failed };
            Failure::new(exit, error.to_string())
        })?;
        if globals.json {
            writeln!(out, "{}", json!({ "run": folder.display().to_string(), "taken": line }))?;
        } else {
            writeln!(out, "{line}: taken by {}", folder.display())?;
        }
        Ok(())
    }
}
