//! `tickfold scan`: which instruments there is something to be had in.

mod files;
mod ranking;
mod shown;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use data::files::{Policy, ReadOptions};
use engine::time::{Interval, Timestamp};

use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::{Exit, Failure};

/// Rank instruments by breakout, momentum, mean reversion, volume, patterns and liquidity
///
/// Each part and the score are from 0 to 100. The score is 60 % the better of two setups, following the move (breakout
/// and momentum) or fading it (mean reversion), 15 % volume, 10 % pattern and 15 % liquidity. All instruments are
/// scored on bars of one length. Of an instrument's files, those whose bars come nearest to it from below are read, and
/// the one that reaches furthest counts; an instrument whose data end a day before the others' is left out. What is
/// left out is said on stderr, all of it with --json.
///
/// Exit code 3 when a file cannot be read, or a row of one is bad; the others are ranked all the same.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold scan --data history/ --top 10
  tickfold scan --data history/ --interval 4h --at 2024-03-01
  tickfold scan --data *_1h.csv.gz --json | jq -r '.ranked[] | select(.suggestion == \"long\") | .symbol'")]
pub struct Scan {
    /// A file of history, or a folder of them; repeatable
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    data: Vec<PathBuf>,
    /// The length of the bars that are scored; made of shorter ones, or of trades, where there are no such bars
    #[arg(long, value_name = "INTERVAL", value_parser = interval, default_value = "1h")]
    interval: Interval,
    /// As it was known at this time, such as 2024-01-01 or 2024-01-01T12:00:00Z [default: the end of the data]
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Shows so many, the best first [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// Skip malformed rows instead of leaving their file out
    #[arg(long)]
    lenient: bool,
}

impl Scan {
    /// Ranks them.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let policy = if self.lenient { Policy::Lenient } else { Policy::Strict };
        let options = ReadOptions { policy, to: self.at, ..ReadOptions::default() };
        let paths = files::paths(&self.data)?;
        let choice = files::choose(&paths, self.interval, &options);
        let ranking = ranking::rank(choice, self.interval, self.at);
        let shown = self.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)).min(ranking.ranked.len());
        if globals.json {
            let document = shown::document(&ranking, shown, self.interval);
            writeln!(out, "{document:#}")?;
        } else {
            if shown > 0 {
                writeln!(out, "{}", shown::table(&ranking.ranked[..shown]))?;
            }
            shown::note_left_out(&ranking.left_out, &mut io::stderr())?;
        }
        let unreadable = ranking.left_out.iter().filter(|file| file.is_error).count();
        if unreadable == 0 && !ranking.ranked.is_empty() {
            return Ok(());
        }
        out.flush()?;
        let message = match unreadable {
            0 => "there is nothing to rank: give files or a folder of bars or trades with --data".to_owned(),
            1 => "a file could not be read: mend it (see data check), or let --lenient skip its bad rows".to_owned(),
            count => format!("{count} files could not be read: mend them (see data check), or let --lenient skip their bad rows"),
        };
        Err(Failure::new(Exit::Data, message))
    }
}
