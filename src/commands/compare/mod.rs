//! `tickfold compare`: two runs side by side.

pub mod shown;

use std::io::Write;

use clap::Args;
use data::log::Reader;
use replays::compare::{Measure, compare};
use replays::config::Span;
use replays::rebuild::rebuild;
use replays::report::Summary;
use serde_json::json;

use crate::cli::Globals;
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};

/// Put two runs side by side: their metrics, and each difference by its cause
///
/// Signals are matched by strategy, instrument and time, breakers and an operator's halts by time, round trips by the
/// signal that began them, market data by what they say; the seqs of two runs have nothing to do with each other. A live run and the backtest of its market data
/// (`tickfold backtest --data RUN`) are compared like any two.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold compare 20261121-0930 last
  tickfold compare live-run its-backtest --within 30s --limit 50
  tickfold compare a b --json | jq .counts
  tickfold compare a b --exit-code > /dev/null && echo the same")]
pub struct Compare {
    /// The first run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    first: String,
    /// The second run
    #[arg(value_name = "OTHER")]
    second: String,
    #[command(flatten)]
    measure: Measuring,
    /// End with 1 when they differ, as `git diff --exit-code` does
    #[arg(long)]
    exit_code: bool,
}

/// How two runs are put side by side.
#[derive(Args)]
pub struct Measuring {
    /// Signals of the two runs that are no further apart than this are one, such as 0s, 30s or 2m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = span)]
    within: i64,
    /// How many differences of each cause, and how many round trips, are listed; all are counted
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

impl Measuring {
    /// As the comparison takes it.
    pub fn measure(&self) -> Measure {
        Measure { within_ns: self.within, listed: self.limit }
    }
}

fn span(text: &str) -> Result<i64, String> {
    text.parse().map(|Span(ns)| ns).map_err(|_| "it is written like 0s, 30s, 5m or 2h".to_owned())
}

impl Compare {
    /// Compares them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let store = RunStore::new(&globals.runs);
        let (mut a, mut b) = (store.open(&self.first)?, store.open(&self.second)?);
        let (ours, theirs) = (summary(&mut a)?, summary(&mut b)?);
        let found = compare(&mut a.reader, &mut b.reader, self.measure.measure())?;
        if globals.json {
            let mut document = json!({ "a": ours, "b": theirs, "same": found.is_same() });
            shown::merge(&mut document, &found);
            writeln!(out, "{document:#}")?;
        } else {
            writeln!(out, "{}", shown::metrics([&a.id, &b.id], [&ours, &theirs]))?;
            shown::print(&found, ["first run", "second run"], out)?;
        }
        match found.counts.values().sum::<u64>() {
            0 if !found.is_other_market => Ok(()),
            _ if !self.exit_code => Ok(()),
            count => Err(Failure::new(Exit::Failed, format!("the runs differ in {count} ways"))),
        }
    }
}

/// What a run came to; its log is open at its beginning again.
pub fn summary(run: &mut OpenRun) -> Result<Summary, Failure> {
    let (state, report) = rebuild(&mut run.reader)?;
    let digest = run.reader.digest().map(|digest| digest.to_string()).unwrap_or_default();
    Reader::seek(&mut run.reader, 0)?;
    Ok(Summary { run_id: Some(run.id.clone()), ..report.finish(&state, digest) })
}
