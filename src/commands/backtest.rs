//! `tickfold backtest`: history through the engine.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use engine::time::{Interval, Timestamp};
use replays::backtest::Backtest as Ready;
use replays::config::{Config, StrategyConfig};

use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::Failure;
use crate::runs::RunStore;
use crate::summary;

/// What runs when no strategy is configured.
const DEFAULT_STRATEGY: &str = "ema_cross";

/// Replay history through the engine; without arguments, the embedded sample
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold backtest
  tickfold backtest --data BTC-USDT_1h.csv.gz --strategy buy_and_hold
  tickfold backtest --data 'ETH-USDT_1m.csv.zst' --from 2024-01-01 --to 2024-07-01 --set strategy.fast=12
  tickfold backtest --config mine.toml --json | jq .metrics.sharpe")]
pub struct Backtest {
    /// A file of history (CSV, .gz, .zst, .zip, Parquet, Feather, freqtrade JSON); repeatable, merged by time
    #[arg(long, value_name = "PATH", num_args = 1..)]
    data: Vec<PathBuf>,
    /// What the files are of, where their names do not tell it
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// The length of the bars, such as 1m or 1h, where the files do not tell it
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    interval: Option<Interval>,
    /// Which end of a bar its time column is: open or close
    #[arg(long, value_name = "END", value_parser = ["open", "close"])]
    bar_time: Option<String>,
    /// Runs this strategy instead of the configured ones
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Nothing from this time on
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Of every random stream
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Skip and count malformed rows instead of stopping at the first
    #[arg(long)]
    lenient: bool,
    /// Write no log; the digest is the same
    #[arg(long)]
    no_log: bool,
}

impl Backtest {
    /// Runs it, and prints its summary.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let ready = Ready::prepare(self.config(globals)?)?;
        ready.notes().iter().for_each(|note| eprintln!("note: {note}"));
        let summary = if self.no_log {
            ready.run(None)?
        } else {
            let run = RunStore::new(&globals.runs).create()?;
            // A run that could not even begin is none: its folder is still empty.
            let summary = ready.run(Some(&run.path)).inspect_err(|_| drop(std::fs::remove_dir(&run.path)))?;
            replays::report::Summary { run_id: Some(run.id), ..summary }
        };
        summary::print(&summary, globals, out)
    }

    /// The configuration with this command's flags over it.
    fn config(&self, globals: &Globals) -> Result<Config, Failure> {
        let mut config = self.with_strategy(globals).load(&self.sets())?;
        if !self.data.is_empty() {
            config.data.paths.clone_from(&self.data);
        }
        if let Some(name) = self.strategy.clone().or_else(|| config.strategies.is_empty().then(|| DEFAULT_STRATEGY.to_owned())) {
            // The configured one of this name keeps its parameters.
            config.strategies.retain(|strategy| strategy.name == name);
            if config.strategies.is_empty() {
                config.strategies.push(StrategyConfig::named(name));
            }
        }
        Ok(config)
    }

    /// Where no strategy is configured, the one that will run is there for `--set strategy.fast=12` to set.
    fn with_strategy(&self, globals: &Globals) -> Globals {
        let Globals { runs, config, set, json } = globals;
        let given = |set: Vec<String>| Globals { runs: runs.clone(), config: config.clone(), set, json: *json };
        let sets_one = set.iter().any(|set| set.starts_with("strategy."));
        if sets_one && given(Vec::new()).load(&[]).is_ok_and(|configured| configured.strategies.is_empty()) {
            let name = self.strategy.as_deref().unwrap_or(DEFAULT_STRATEGY);
            return given([&[format!("strategy=[{{name={name:?}}}]")], set.as_slice()].concat());
        }
        given(set.clone())
    }

    /// Flags are settings, and checked as such.
    fn sets(&self) -> Vec<String> {
        let quoted = |key: &str, value: &Option<String>| value.as_ref().map(|value| format!("{key}={value:?}"));
        let settings = [
            quoted("data.symbol", &self.instrument),
            quoted("data.interval", &self.interval.map(|interval| interval.to_string())),
            quoted("data.bar_time", &self.bar_time),
            quoted("data.from", &self.from.map(|time| time.to_string())),
            quoted("data.to", &self.to.map(|time| time.to_string())),
            self.seed.map(|seed| format!("seed={seed}")),
            self.lenient.then(|| "data.lenient=true".to_owned()),
        ];
        settings.into_iter().flatten().collect()
    }
}
