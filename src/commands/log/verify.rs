//! `tickfold log verify`: is the log the one that was written?

use std::io::Write;

use clap::Args;
use data::log::BlobStore;
use engine::event::{Event, Input};
use serde_json::json;

use super::{RunName, cut, cut_json};
use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// Check the checksums, the chain of digests and the anchor of a log
///
/// Exit code 0 when every record is the one that was written; 6 with the file, the offset and the seqs when one is
/// damaged, changed, removed, inserted or missing. Whether the decisions follow from the inputs is `tickfold verify`.
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold log verify last\n  tickfold log verify last --json | jq -r .digest")]
pub struct Verify {
    #[command(flatten)]
    run: RunName,
}

impl Verify {
    /// Reads all of it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        let (mut reader, recovery) = folder.read()?;
        let mut configs = Vec::new();
        while let Some(block) = reader.next_block()? {
            configs.extend(block.iter().filter_map(|record| match &record.event {
                Event::Input(Input::SessionStarted(session)) => Some(session.config),
                _ => None,
            }));
        }
        if !reader.lost().is_empty() {
            let lost: Vec<String> = reader.lost().iter().map(|lost| format!("{}..{}", lost.start, lost.end)).collect();
            let message = format!("the log was salvaged from a damaged one: seqs {} are lost", lost.join(", "));
            return Err(Failure::new(Exit::Mismatch, message));
        }
        if !configs.is_empty() {
            let blobs = BlobStore::open(&folder.path)?;
            for config in configs {
                blobs.get(config)?;
            }
        }
        let digest = reader.digest().unwrap_or_default();
        if globals.json {
            let document = json!({
                "ok": true,
                "run_id": folder.id,
                "records": recovery.count,
                "digest": digest.to_string(),
                "sealed": recovery.sealed,
                "anchored": recovery.anchored,
                "torn": recovery.torn.as_ref().map(cut_json),
            });
            writeln!(out, "{document}")?;
        } else {
            if let Some(torn) = &recovery.torn {
                eprintln!("note: {}", cut(torn));
            }
            let end = if recovery.sealed { "closed in order" } else { "not closed in order" };
            writeln!(out, "ok: {} records, {end}\ndigest {digest}", recovery.count)?;
        }
        Ok(())
    }
}
