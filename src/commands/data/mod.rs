//! `tickfold data`: history in files.

mod fetch;
mod check;
mod import;
mod list;

use std::io::Write;

use clap::{Args, Subcommand};
use data::files::{BarTime, ReadOptions};
use engine::time::{Interval, Timestamp};

use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::Failure;

/// Download, check, import or list files of history
#[derive(Args)]
pub struct DataCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Fetch(fetch::Fetch),
    Check(check::Check),
    Import(import::Import),
    List(list::List),
}

impl DataCommand {
    /// Answers on `out`.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        match &self.action {
            Action::Fetch(fetch) => fetch.run(globals, out),
            Action::Check(check) => check.run(globals, out),
            Action::Import(import) => import.run(globals, out),
            Action::List(list) => list.run(globals, out),
        }
    }
}

/// What the files do not tell, and which of their rows are meant.
#[derive(Args)]
struct Reading {
    /// What the files are of, where their names do not tell it
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// The length of the bars, such as 1m or 1h, where the files do not tell it
    #[arg(long, value_name = "INTERVAL", value_parser = interval)]
    interval: Option<Interval>,
    /// Which end of a bar its time column is: open or close
    #[arg(long, value_name = "END", value_parser = ["open", "close"])]
    bar_time: Option<String>,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Nothing from this time on
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
}

impl Reading {
    fn options(&self) -> ReadOptions {
        ReadOptions {
            bar_time: if self.bar_time.as_deref() == Some("close") { BarTime::Close } else { BarTime::Open },
            interval: self.interval,
            symbol: self.instrument.clone(),
            from: self.from,
            to: self.to,
            ..ReadOptions::default()
        }
    }
}

/// What is told of a file beside its kind: `BTC-USDT 1h`, as far as known.
fn of_what(symbol: Option<&str>, interval: Option<Interval>) -> String {
    let symbol = symbol.map(|symbol| format!(" {symbol}")).unwrap_or_default();
    let interval = interval.map(|interval| format!(" {interval}")).unwrap_or_default();
    symbol + &interval
}

/// `1 bar`, `2 bars`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
