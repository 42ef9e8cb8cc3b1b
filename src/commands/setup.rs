//! What is run on what: the flags of every command that replays history.

use std::path::PathBuf;

use clap::Args;
use engine::time::{Interval, Timestamp};
use replays::config::{Config, StrategyConfig};

use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::Failure;

/// What runs when no strategy is configured.
const DEFAULT_STRATEGY: &str = "ema_cross";

/// History and strategy, over what the configuration says of them.
#[derive(Args, Clone, Default)]
pub struct Setup {
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
}

impl Setup {
    /// The configuration with these flags over it.
    pub fn config(&self, globals: &Globals) -> Result<Config, Failure> {
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

    /// The words of a command line that come to the same configuration, variables of the environment aside.
    pub fn words(&self, globals: &Globals) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        globals.config.iter().for_each(|file| flag("config", file.display().to_string()));
        self.data.iter().for_each(|path| flag("data", path.display().to_string()));
        self.instrument.iter().for_each(|symbol| flag("instrument", symbol.clone()));
        self.interval.iter().for_each(|interval| flag("interval", interval.to_string()));
        self.bar_time.iter().for_each(|end| flag("bar-time", end.clone()));
        self.strategy.iter().for_each(|name| flag("strategy", name.clone()));
        self.from.iter().for_each(|time| flag("from", time.to_string()));
        self.to.iter().for_each(|time| flag("to", time.to_string()));
        self.seed.iter().for_each(|seed| flag("seed", seed.to_string()));
        globals.set.iter().for_each(|set| flag("set", set.clone()));
        words.extend(self.lenient.then(|| "--lenient".to_owned()));
        words
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
