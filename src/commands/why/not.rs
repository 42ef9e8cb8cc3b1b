//! `tickfold why-not`: which signals came to nothing, and what denied them.

use std::io::Write;

use clap::Args;
use engine::time::Timestamp;
use replays::explain::why_not;
use replays::explain::why_not::{Denied, Filter};
use serde_json::json;

use crate::cli::Globals;
use crate::commands::flags::time;
use crate::exit::Failure;
use crate::runs::{OpenRun, RunStore};
use crate::table::{drawn, table};

/// Show which signals were denied, by what and how often
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold why-not last
  tickfold why-not last --strategy ema_cross --reason paused
  tickfold why-not last --from 2018-06-01 --to 2018-07-01 --last 50
  tickfold why last 243       one of them with its sizing and limits")]
pub struct WhyNot {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
    /// Only what this strategy wanted
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// Only in this instrument
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// Only for this reason, such as "asset exposure", or what begins so, such as paused
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Nothing from this time on
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// How many of the last are shown one by one
    #[arg(long, value_name = "N", default_value_t = 10)]
    last: usize,
}

impl WhyNot {
    /// Shows them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let OpenRun { id, mut reader, .. } = RunStore::new(&globals.runs).open(&self.run)?;
        let filter = Filter {
            strategy: self.strategy.clone(),
            instrument: self.instrument.clone(),
            reason: self.reason.clone(),
            from: self.from,
            to: self.to,
            most: self.last,
        };
        let found = why_not(&mut reader, &filter)?;
        if globals.json {
            let (signals, denials) = (found.signals, found.denials);
            let document =
                json!({ "run_id": id, "signals": signals, "denials": denials, "counts": found.counts, "last": found.last });
            writeln!(out, "{document:#}")?;
            return Ok(());
        }
        writeln!(out, "{} signals, {} denials", found.signals, found.denials)?;
        if found.denials == 0 {
            return Ok(());
        }
        let mut table = table(&["Denials", "By", "Strategy", "Instrument", "First", "Last"], |column| column == 0);
        for count in &found.counts {
            let instrument = count.instrument.as_deref().unwrap_or("-");
            let (first, last) = (count.first.to_string(), count.last.to_string());
            table.add_row([&count.count.to_string(), count.reason, &count.owner, instrument, &first, &last]);
        }
        writeln!(out, "\n{}", drawn(table))?;
        if !found.last.is_empty() {
            writeln!(out, "\nThe last {}:", found.last.len())?;
        }
        for Denied { text, signal, .. } in &found.last {
            if let Some(signal) = signal {
                writeln!(out, "{signal}")?;
            }
            writeln!(out, "  {text}")?;
        }
        Ok(())
    }
}
