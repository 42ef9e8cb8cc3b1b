//! `tickfold lookahead`: does a strategy know its future?

use std::io::{IsTerminal, Write};

use clap::Args;
use data::log::BlobStore;
use engine::event::{Event, Input, Record};
use indicatif::{ProgressBar, ProgressStyle};
use replays::backtest::Backtest;
use replays::config::Config;
use replays::lookahead::{Leak, Proof, prove};
use replays::session::{Stage, recorded_config, stages};
use replays::startup::{Sameness, Start, starts};
use serde_json::json;

use crate::cli::Globals;
use crate::commands::setup::Setup;
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};
use crate::table::{drawn, table};

/// Prove that no decision depends on what was still to come
///
/// The run is made again on beginnings of its market data, each up to a random place. Every record up to there has to be
/// the same as with all of the data: signals, orders, fills, and checkpoints, which have the strategies' memories and
/// indicators in them. So a strategy that was fitted on all of the data, or an exchange that fills at a price that was
/// still to come, is found at the first record that gives it away. What a strategy looks up by itself, in a file of its
/// own, is not. With RUN, its configuration and its market data are taken; else what `backtest` would run. A fork has two
/// configurations, one after the other: its parent is proven, or its new values from the beginning on.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold lookahead last
  tickfold lookahead --data BTC-USDT_1h.csv.gz --strategy breakout --cuts 50
  tickfold lookahead --config mine.toml --startup
  tickfold lookahead last --json | jq .leak")]
pub struct Lookahead {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN", conflicts_with_all = ["data", "strategy", "from", "to", "seed", "interval", "instrument", "bar_time"])]
    run: Option<String>,
    #[command(flatten)]
    setup: Setup,
    /// At how many places the future is taken away
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    cuts: u64,
    /// Of the choice of places
    #[arg(long, value_name = "N", default_value_t = 0)]
    cut_seed: u64,
    /// Also tells whether the signals of the last quarter depend on how much history came before it
    #[arg(long)]
    startup: bool,
}

impl Lookahead {
    /// Proves it, or names the first decision that knew its future.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let config = match &self.run {
            Some(name) => of_run(name, globals)?,
            None => self.setup.config(globals)?,
        };
        let ready = Backtest::prepare(config)?;
        ready.notes().iter().for_each(|note| eprintln!("note: {note}"));
        let (config, recording) = ready.read()?;
        let progress = progress();
        let proof =
            prove(&recording, &config, usize::try_from(self.cuts).unwrap_or(usize::MAX), self.cut_seed, |done, total| {
                progress.set_length(total as u64);
                progress.set_position(done as u64);
            })?;
        let starts = if self.startup { starts(&recording, &config)? } else { Vec::new() };
        progress.finish_and_clear();
        let Proof { events, records, cuts, compared, leak } = &proof;
        if globals.json {
            let leak = leak.as_ref().map(|leak| {
                let Leak { cut, cut_at, strategy, with_future, without } = leak;
                json!({ "cut": cut, "cut_at": cut_at, "strategy": strategy, "with_future": with_future, "without": without })
            });
            let mut document = json!({
                "ok": leak.is_none(), "events": events, "records": records, "cuts": cuts, "compared": compared, "leak": leak,
            });
            if self.startup {
                document["startup"] = starts.iter().map(start_json).collect();
            }
            writeln!(out, "{document:#}")?;
        } else if leak.is_none() {
            let count = cuts.len();
            writeln!(out, "ok: without what came later, {count} beginnings of {events} market data decide the same")?;
            writeln!(out, "{compared} records were derived again and compared")?;
        }
        if !globals.json && self.startup {
            writeln!(out, "\nSIGNALS OF THE LAST QUARTER AFTER LESS HISTORY\n{}", start_table(&starts))?;
            writeln!(out, "A strategy that looks at its position may differ for that alone.")?;
        }
        let Some(Leak { cut, cut_at, strategy, with_future, without }) = leak else { return Ok(()) };
        let whose = strategy.as_ref().map_or_else(|| "a decision".to_owned(), |strategy| format!("strategy {strategy}"));
        let line =
            |line: &Option<replays::fork::Line>| line.as_ref().map_or_else(|| "nothing".to_owned(), |line| line.text.clone());
        let (with_future, without) = (line(with_future), line(without));
        let message = format!(
            "{whose} depends on what came after market data {cut} ({cut_at})\n  with it:    {with_future}\n  without it: {without}"
        );
        Err(Failure::new(Exit::Mismatch, message))
    }
}

/// The configuration of a run, on the market data that it recorded.
fn of_run(name: &str, globals: &Globals) -> Result<Config, Failure> {
    let OpenRun { mut reader, path, .. } = RunStore::new(&globals.runs).open(name)?;
    let first = reader.next_block()?.and_then(<[Record]>::first).map(|record| &record.event);
    let Some(Event::Input(Input::SessionStarted(session))) = first else {
        return Err(Failure::new(Exit::Mismatch, "record 0 is not the start of a session, so there is no configuration"));
    };
    let blobs = BlobStore::open(&path).map_err(|error| Failure::new(Exit::Mismatch, error.to_string()))?;
    let last = stages(session.config, &blobs)?.pop();
    if let Some(Stage { from_seq, .. }) = last.filter(|last| last.from_seq > 0) {
        let said = format!(
            "{name} is a fork: its configuration holds from record {from_seq} on, and its parent's before. lookahead makes a run \
             again from the beginning, with one configuration: prove the parent, or the new values with `tickfold lookahead \
             --data {} --set KEY=VALUE...`",
            path.display()
        );
        return Err(Failure::new(Exit::Usage, said));
    }
    let mut config = recorded_config(session, &blobs)?.with_sets(&globals.set)?;
    config.data.paths = vec![path];
    Ok(config)
}

fn start_json(start: &Start) -> serde_json::Value {
    let strategies = start.strategies.iter().map(|one| {
        let Sameness { strategy, all, less, same } = one;
        json!({ "strategy": strategy, "after_all": all, "after_less": less, "same": same })
    });
    json!({ "events_before": start.events_before, "strategies": strategies.collect::<Vec<_>>() })
}

fn start_table(starts: &[Start]) -> String {
    let header = ["Market data before", "Strategy", "Signals after all", "After so much", "The same"];
    let mut table = table(&header, |column| column != 1);
    for Start { events_before, strategies } in starts {
        for Sameness { strategy, all, less, same } in strategies {
            table.add_row([events_before.to_string(), strategy.clone(), all.to_string(), less.to_string(), same.to_string()]);
        }
    }
    drawn(table)
}

fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {eta} left");
    style.map_or_else(|_| ProgressBar::new(0), |style| ProgressBar::new(0).with_style(style))
}
