//! `tickfold doctor`: what could keep a live run from trading.

use std::io::Write;

use clap::Args;
use data::keys;
use replays::live::doctor::{Finding, Findings, Verdict, examine};
use serde_json::json;

use crate::cli::Globals;
use crate::commands::keys::Unlock;
use crate::exit::{Exit, Failure};

/// Check clock, disk, keys, connections, instruments and account, and say what to do about each
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold doctor --config demo.toml
  tickfold doctor --json | jq '.[] | select(.verdict != \"well\")'")]
pub struct Doctor {
    #[command(flatten)]
    unlock: Unlock,
}

impl Doctor {
    /// Looks at everything; exit 4 when a live run would not trade.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let config = globals.load(&[])?;
        let keys = keys::load_with(config.live.keys.as_deref(), || self.unlock.passphrase());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let Findings(findings) = runtime.block_on(examine(&config.live, &globals.runs, keys.map_err(|error| error.to_string())));
        if globals.json {
            let all: Vec<_> = findings.iter().map(as_json).collect();
            serde_json::to_writer_pretty(&mut *out, &all).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            findings.iter().try_for_each(|finding| show(finding, out))?;
        }
        out.flush()?;
        let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
        match bad {
            0 => Ok(()),
            1 => Err(Failure::new(Exit::Venue, "one thing keeps a live run from trading")),
            several => Err(Failure::new(Exit::Venue, format!("{several} things keep a live run from trading"))),
        }
    }
}

fn show(finding: &Finding, out: &mut dyn Write) -> std::io::Result<()> {
    let Finding { what, verdict, seen, advice } = finding;
    let mark = match verdict {
        Verdict::Well => "ok  ",
        Verdict::Doubtful => "note",
        Verdict::Bad => "BAD ",
    };
    writeln!(out, "{mark}  {what:<18}  {seen}")?;
    if advice.is_empty() { Ok(()) } else { writeln!(out, "      {:<18}  -> {advice}", "") }
}

fn as_json(finding: &Finding) -> serde_json::Value {
    let verdict = match finding.verdict {
        Verdict::Well => "well",
        Verdict::Doubtful => "doubtful",
        Verdict::Bad => "bad",
    };
    json!({ "what": finding.what, "verdict": verdict, "seen": finding.seen, "advice": finding.advice })
}
