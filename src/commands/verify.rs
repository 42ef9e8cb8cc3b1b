//! `tickfold verify`: are the logged decisions what the inputs lead to?

use std::io::Write;

use clap::Args;
use data::log::BlobStore;
use replays::verify::verify;
use serde_json::json;

use crate::cli::Globals;
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};

/// Derive every decision of a run again and compare, record by record
///
/// They have to be the same byte for byte, as the log's digest takes them: 0.50 for 0.5 is a difference. Exit code 0 when
/// all are the same; 6 with the first record that differs, or when the log is damaged.
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold verify last\n  tickfold verify 20261121-0930 --json")]
pub struct Verify {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
}

impl Verify {
    /// Verifies it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let OpenRun { id, mut reader, path } = RunStore::new(&globals.runs).open(&self.run)?;
        // The configuration is a part of the log: without it nothing can be derived.
        let blobs = BlobStore::open(&path).map_err(|error| Failure::new(Exit::Mismatch, error.to_string()))?;
        let verified = verify(&mut reader, &blobs)?;
        let digest = reader.digest().map(|digest| digest.to_string());
        if globals.json {
            let (records, decisions) = (verified.records, verified.decisions);
            writeln!(
                out,
                "{}",
                json!({ "ok": true, "run_id": id, "records": records, "decisions": decisions, "digest": digest })
            )?;
        } else {
            writeln!(out, "ok: {} records, {} decisions derived again, all the same", verified.records, verified.decisions)?;
            writeln!(out, "digest {}", digest.unwrap_or_default())?;
        }
        Ok(())
    }
}
