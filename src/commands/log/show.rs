//! `tickfold log show`: records, one a line.

use std::io::Write;

use clap::Args;

use super::RunName;
use super::selection::Selection;
use crate::cli::Globals;
use crate::exit::Failure;

/// Print records of a run, one a line
///
/// A line is `seq time < input` or `seq time > decision`, then `^cause` when it follows from an earlier record.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold log show last | head
  tickfold log show last --from-seq 100 --to-seq 120
  tickfold log show last --kind order --kind filled --from 2018-01-01 --to 2018-02-01
  tickfold log show last --order 131 --json | jq '.[].text'")]
pub struct Show {
    #[command(flatten)]
    run: RunName,
    #[command(flatten)]
    selection: Selection,
}

impl Show {
    /// Prints them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let folder = self.run.find(globals)?;
        let mut separator = "[";
        let shown = self.selection.each(&folder, |known, record| {
            if globals.json {
                writeln!(out, "{separator}")?;
                separator = ",";
                known.write_json(record, out)?;
            } else {
                writeln!(out, "{}", known.line(record))?;
            }
            Ok(())
        })?;
        match (globals.json, shown) {
            (true, 0) => writeln!(out, "[]")?,
            (true, _) => writeln!(out, "\n]")?,
            (false, 0) => eprintln!("note: no record of {} is like that", folder.id),
            (false, _) => {}
        }
        Ok(())
    }
}
