//! What every command takes.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use replays::config::{Config, ConfigError};

use crate::commands::Command;
use crate::exit;

/// The configuration that is read when it is there and `--config` is not given.
pub const DEFAULT_CONFIG: &str = "tickfold.toml";

const EXAMPLES: &str = "\
Examples:
  tickfold init                                write a commented tickfold.toml
  tickfold backtest && tickfold report last    replay the embedded sample
  tickfold query last 'select * from live_trades'
                                               SQL over what the log says
  tickfold data check BTC-USDT_1h.csv.gz       can this history be relied on?
  tickfold data fetch okx --help               history from a venue
  tickfold log show last --kind filled | head  what happened
  tickfold indicators --data BTC-USDT_1h.csv.gz --use rsi:14,macd:12:26:9
                                               their values, bar by bar
  tickfold scan --data history/ --top 10       where is something to be had?
  tickfold exchange --speed 60                 a venue of your own that speaks OKX's API
  tickfold paper --config mine.toml            live data, simulated fills
  tickfold verify last                         derive every decision again
  tickfold why last t12                        what led to the 12th round trip?
  tickfold at last 2018-06-01                  how things stood then
  tickfold fork last --at 1200 --set strategy.0.fast=12
                                               what if?
  tickfold compare live-run its-backtest       what differs, and why
  tickfold lookahead last                      does a strategy know its future?
  tickfold optimize --param strategy.fast=5..50 --param strategy.slow=20..200
                                               a search for parameters, and whether it is chance
  tickfold walkforward --train 180d --test 30d what a search would have earned
  tickfold montecarlo last                     what else could have come of it
  tickfold log bundle last --redact --out bug.zip
                                               one file for a bug report
  tickfold config check                        is it right?
  tickfold config show --set exchange.fill=last
                                               what a run would use
  tickfold keys set okx-demo                   keep keys in an encrypted file
  tickfold completions zsh > _tickfold         for your shell

The configuration comes from TOML files (--config, or tickfold.toml here), then from the environment
(TICKFOLD__EXCHANGE__FILL=last), then from --set. The later one wins.";

/// An event-sourced trading engine for crypto: every tick, signal, order and fill in one replayable log.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", exit::table()))]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// The options that every command takes, before its name or after it.
#[derive(Args)]
pub struct Globals {
    /// The folder that holds one folder a run
    #[arg(long, value_name = "DIR", default_value = "runs", global = true)]
    pub runs: PathBuf,

    /// A configuration; repeat it to lay several over each other, the later one wins [default: tickfold.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Vec<PathBuf>,

    /// Sets one value, such as account.currency=EUR or strategy.0.fast=12; repeatable
    #[arg(long, value_name = "KEY.PATH=VALUE", global = true)]
    pub set: Vec<String>,

    /// Answer with one JSON document on stdout
    #[arg(long, global = true)]
    pub json: bool,
}

impl Globals {
    /// The files of the configuration, in the order in which they are read.
    pub fn files(&self) -> Vec<PathBuf> {
        let default = Path::new(DEFAULT_CONFIG);
        if self.config.is_empty() && default.exists() { vec![default.to_owned()] } else { self.config.clone() }
    }

    /// The configuration from its files, the environment, `--set`, and `flags` that a command has for settings.
    pub fn load(&self, flags: &[String]) -> Result<Config, ConfigError> {
        // A value that is no Unicode is wrong wherever it goes, and then the error shows it; a name that is none is not ours.
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        Config::load(&self.files(), env, &[&self.set, flags].concat())
    }
}
