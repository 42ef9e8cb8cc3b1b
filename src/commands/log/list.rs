//! `tickfold log list`: the runs.

use std::io::Write;

use clap::Args;
use data::log::LogError;
use engine::event::{Event, Input, Session};
use engine::time::Timestamp;
use serde_json::{Value, json};

use super::LogFolder;
use crate::cli::Globals;
use crate::exit::Failure;
use crate::runs::{Run, RunStore};
use crate::table::{drawn, table};

/// List the runs, the newest first
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold log list\n  tickfold log list --json | jq -r '.[] | select(.sealed) | .run_id'")]
pub struct List {}

/// What a log's beginning and end tell.
struct Listed {
    records: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    session: Option<Session>,
    sealed: bool,
    bytes: u64,
}

impl List {
    /// Lists them; a run that cannot be read, with the reason.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let Self {} = self;
        let store = RunStore::new(&globals.runs);
        let runs: Vec<(String, Result<Listed, LogError>)> =
            store.list()?.into_iter().map(|run| (run.id.clone(), look(run))).collect();
        if globals.json {
            let documents: Vec<Value> = runs.iter().map(|(id, look)| document(id, look)).collect();
            writeln!(out, "{:#}", Value::Array(documents))?;
        } else if runs.is_empty() {
            eprintln!("note: there is no run in {}: `tickfold backtest` makes one", globals.runs.display());
        } else {
            writeln!(out, "{}", shown(&runs))?;
        }
        Ok(())
    }
}

/// Reads the first and the last block only.
fn look(run: Run) -> Result<Listed, LogError> {
    let folder = LogFolder::open(run)?;
    let (mut reader, recovery) = folder.read()?;
    let mut listed = Listed {
        records: recovery.count,
        from: None,
        to: None,
        session: None,
        sealed: recovery.sealed,
        bytes: folder.segments()?.iter().map(|segment| segment.bytes).sum(),
    };
    if let Some(first) = reader.next_block()?.and_then(<[_]>::first) {
        listed.from = Some(first.at);
        if let Event::Input(Input::SessionStarted(session)) = &first.event {
            listed.session = Some((**session).clone());
        }
    }
    if let Some(last) = recovery.count.checked_sub(1) {
        reader.seek(last)?;
        while let Some(block) = reader.next_block()? {
            listed.to = block.last().map(|record| record.at).or(listed.to);
        }
    }
    Ok(listed)
}

fn document(id: &str, look: &Result<Listed, LogError>) -> Value {
    match look {
        Ok(Listed { records, from, to, session, sealed, bytes }) => json!({
            "run_id": id,
            "records": records,
            "from": from.map(|at| at.to_string()),
            "to": to.map(|at| at.to_string()),
            "strategies": session.as_ref().map(|session| &session.strategies),
            "sealed": sealed,
            "bytes": bytes,
        }),
        Err(error) => json!({ "run_id": id, "error": error.to_string() }),
    }
}

fn shown(runs: &[(String, Result<Listed, LogError>)]) -> String {
    let header = ["Run", "Records", "From", "To", "Strategies", "Sealed", "Bytes"];
    let mut table = table(&header, |column| [1, 6].contains(&column));
    for (id, look) in runs {
        match look {
            Ok(Listed { records, from, to, session, sealed, bytes }) => table.add_row([
                id.clone(),
                records.to_string(),
                from.map_or_else(String::new, |at| at.to_string()),
                to.map_or_else(String::new, |at| at.to_string()),
                session.as_ref().map_or_else(String::new, |session| session.strategies.join(", ")),
                if *sealed { "yes" } else { "no" }.to_owned(),
                bytes.to_string(),
            ]),
            Err(error) => table.add_row([id.clone(), format!("cannot be read: {error}")]),
        };
    }
    drawn(table)
}
