//! `tickfold data check`: can these files be relied on?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use data::files::{CheckReport, FaultCounts, FileError, Gap, Gaps, check};
use serde_json::{Value, json};

use super::{Reading, counted, of_what};
use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// Report gaps, duplicates, disorder and impossible rows of files
///
/// Exit code 0 when a run would read every file; 3 when a row of one is bad, or a file cannot be read. Gaps are no
/// faults: venues have outages.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold data check BTC-USDT_1h.csv.gz
  tickfold data check *.csv --json | jq '.files[] | select(.sound | not) | .path'")]
pub struct Check {
    /// CSV, .gz, .zst, .zip, Parquet, Feather or freqtrade JSON
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

type Checked<'a> = (&'a Path, Result<CheckReport, FileError>);

impl Check {
    /// Checks each.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let options = self.reading.options();
        let (mut documents, mut unsound) = (Vec::new(), 0);
        for path in &self.paths {
            let checked = (path.as_path(), check(path, &options));
            unsound += usize::from(!is_sound(&checked));
            // A report holds at most a hundred findings, so the documents of many files are small.
            if globals.json {
                documents.push(document(&checked)?);
            } else {
                print(&checked, out)?;
            }
        }
        if globals.json {
            writeln!(out, "{:#}", json!({ "ok": unsound == 0, "files": documents }))?;
        }
        if unsound == 0 {
            return Ok(());
        }
        out.flush()?;
        let (which, them) = match self.paths.as_slice() {
            [path] => (path.display().to_string(), "it"),
            paths => (format!("{unsound} of {} files", paths.len()), "them"),
        };
        let message = format!("{which} cannot be relied on: mend {them}, or let `backtest --lenient` skip and count bad rows");
        Err(Failure::new(Exit::Data, message))
    }
}

fn is_sound((_, checked): &Checked<'_>) -> bool {
    checked.as_ref().is_ok_and(CheckReport::is_sound)
}

fn document((path, checked): &Checked<'_>) -> Result<Value, Failure> {
    let report = match checked {
        Ok(report) => report,
        Err(error) => return Ok(json!({ "path": path, "sound": false, "error": error.to_string() })),
    };
    let mut document = serde_json::to_value(report).map_err(io::Error::from)?;
    document["sound"] = report.is_sound().into();
    Ok(document)
}

fn print((path, checked): &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = match checked {
        Ok(report) => report,
        Err(error) => return writeln!(out, "{}: cannot be read\n  {error}", path.display()),
    };
    let CheckReport { path, kind, symbol, interval, rows, first, last, gaps, faults, findings, .. } = report;
    let verdict = match faults.total() {
        0 => "sound,".to_owned(),
        bad => format!("{bad} bad of"),
    };
    let what = of_what(symbol.as_deref(), *interval);
    writeln!(out, "{}: {verdict} {rows} rows of {kind}{what}", path.display())?;
    if let (Some(first), Some(last)) = (first, last) {
        writeln!(out, "  from {first} to {last}")?;
    }
    print_gaps(gaps, out)?;
    let counts = counts(faults);
    if !counts.is_empty() {
        writeln!(out, "  {}", counts.join(", "))?;
    }
    for finding in findings {
        writeln!(out, "  line {}: {}", finding.line, finding.reason)?;
    }
    more(faults.total(), findings.len(), "bad row", out)
}

/// How many gaps, and the first of them.
pub(super) fn print_gaps(gaps: &Gaps, out: &mut dyn Write) -> io::Result<()> {
    if gaps.count > 0 {
        let bars = if gaps.missing_bars > 0 { format!(", {} missing", counted(gaps.missing_bars, "bar")) } else { String::new() };
        writeln!(out, "  {}{bars}", counted(gaps.count, "gap"))?;
    }
    for Gap { from, to, missing_bars, line } in &gaps.listed {
        let what = if *missing_bars > 0 { counted(*missing_bars, "bar") } else { "messages of the book".to_owned() };
        writeln!(out, "  line {line}: {what} missing, from {from} to {to}")?;
    }
    more(gaps.count, gaps.listed.len(), "gap", out)
}

/// Only the first of many are listed.
fn more(total: u64, listed: usize, what: &str, out: &mut dyn Write) -> io::Result<()> {
    match total.saturating_sub(listed as u64) {
        0 => Ok(()),
        1 => writeln!(out, "  and 1 more {what}"),
        more => writeln!(out, "  and {more} more {what}s"),
    }
}

fn counts(faults: &FaultCounts) -> Vec<String> {
    let FaultCounts { malformed, disorder, duplicates, impossible, non_positive, off_grid, truncated } = *faults;
    let counts = [
        (malformed, "malformed"),
        (disorder, "out of order"),
        (duplicates, "duplicate"),
        (impossible, "impossible"),
        (non_positive, "not above zero"),
        (off_grid, "off the grid"),
        (truncated, "truncated"),
    ];
    counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
}
