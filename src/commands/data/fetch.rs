//! `tickfold data fetch`: history from a venue into a file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use data::download::{DownloadError, DownloadReport, Progress, Request, Series, Venue, download};
use engine::time::{SECOND_NS, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::check::print_gaps;
use super::counted;
use crate::cli::Globals;
use crate::commands::flags::{interval, time};
use crate::exit::{Exit, Failure};

const BAR: &str = "{msg} {wide_bar} {percent:>3}% {elapsed} eta {eta}";
/// How often the bar is drawn again.
const TICK: Duration = Duration::from_millis(200);

/// Download candles or trades of a venue into a file
///
/// Without a key: market data are public. An interrupted download leaves FILE.part; the same command goes on with it. At the
/// end it says what is missing.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold data fetch okx --instrument BTC-USDT --interval 1m --from 2024-01-01 --to 2024-02-01 --out BTC-USDT_1m.csv.zst
  tickfold data fetch binance --instrument ETH-USDT --interval trades --from 2024-08-08T12:00:00Z --to 2024-08-08T13:00:00Z \\
      --out ETH-USDT_trades.csv")]
pub struct Fetch {
    /// From where
    venue: From,
    /// Of what, such as BTC-USDT
    #[arg(long, value_name = "SYMBOL")]
    instrument: String,
    /// The length of the candles, such as 1m or 1h; or trades
    #[arg(long, value_name = "INTERVAL", value_parser = series)]
    interval: Series,
    /// Nothing before this time, such as 2024-01-01 or 2024-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
    /// Nothing from this time on [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// The file to make: .csv, .csv.gz or .csv.zst
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Another host than the venue's own
    #[arg(long, value_name = "URL")]
    host: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    Okx,
    Binance,
}

fn series(text: &str) -> Result<Series, String> {
    if text == "trades" {
        return Ok(Series::Trades);
    }
    interval(text).map(Series::Candles).map_err(|_| "it is written like 1m, 15m, 4h or 1d, or it is trades".to_owned())
}

impl Fetch {
    /// Downloads it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let request = Request {
            venue: match self.venue {
                From::Okx => Venue::Okx,
                From::Binance => Venue::Binance,
            },
            host: self.host.clone(),
            instrument: self.instrument.clone(),
            series: self.interval,
            from: self.from,
            to: self.to.unwrap_or_else(now),
            out: self.out.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot prepare to download: {error}")))?;
        // Drawn on stderr, and only where that is a terminal.
        let bar =
            ProgressBar::new(1).with_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(TICK);
        let mut meter = Meter::default();
        let downloaded = runtime.block_on(download(&request, &mut |progress| meter.show(&bar, progress)));
        bar.finish_and_clear();
        let report = downloaded.map_err(|error| failure(&error))?;
        if globals.json {
            writeln!(out, "{:#}", self.document(&report)?)?;
        } else {
            self.print(&report, out)?;
        }
        if report.check.is_sound() {
            return Ok(());
        }
        out.flush()?;
        let message = format!("{} has bad rows, as the venue gave them: see `tickfold data check`", self.out.display());
        Err(Failure::new(Exit::Data, message))
    }

    fn document(&self, report: &DownloadReport) -> io::Result<Value> {
        let mut document = serde_json::to_value(&report.check)?;
        document["sound"] = report.check.is_sound().into();
        document["resumed_rows"] = report.resumed_rows.into();
        document["out"] = json!(self.out);
        Ok(document)
    }

    fn print(&self, report: &DownloadReport, out: &mut dyn Write) -> io::Result<()> {
        let check = &report.check;
        let resumed = match report.resumed_rows {
            0 => String::new(),
            rows => format!(", {rows} of them from before"),
        };
        writeln!(out, "wrote {} of {} to {}{resumed}", counted(report.rows, "row"), check.kind, self.out.display())?;
        if let (Some(first), Some(last)) = (check.first, check.last) {
            writeln!(out, "  from {first} to {last}")?;
        }
        if check.gaps.count == 0 {
            return writeln!(out, "  no gaps");
        }
        print_gaps(&check.gaps, out)
    }
}

fn failure(error: &DownloadError) -> Failure {
    let exit = match error {
        DownloadError::Http(_) | DownloadError::Okx(_) | DownloadError::Unusable { .. } => Exit::Venue,
        DownloadError::Request { .. } | DownloadError::Exists { .. } | DownloadError::OtherPart { .. } => Exit::Usage,
        DownloadError::File(_) | DownloadError::Nothing { .. } => Exit::Data,
    };
    let kept = if exit == Exit::Venue { "; the same command goes on where this one stopped" } else { "" };
    Failure::new(exit, format!("{error}{kept}"))
}

/// Tells the bar how far it is, and how fast.
#[derive(Default)]
struct Meter {
    begun: Option<(std::time::Instant, u64)>,
}

impl Meter {
    fn show(&mut self, bar: &ProgressBar, progress: Progress) {
        let seconds = |from: Timestamp, to: Timestamp| u64::try_from((to.0 - from.0) / SECOND_NS).unwrap_or(0);
        let (begun, rows_before) = *self.begun.get_or_insert_with(|| {
            // What was there before has cost no time now.
            bar.set_position(seconds(progress.from, progress.at));
            bar.reset_eta();
            (std::time::Instant::now(), progress.rows)
        });
        bar.set_length(seconds(progress.from, progress.to));
        bar.set_position(seconds(progress.from, progress.at));
        let elapsed = begun.elapsed().as_secs_f64().max(0.001);
        let rate = (progress.rows - rows_before) as f64 / elapsed;
        bar.set_message(format!("{} {} rows, {rate:.0} rows/s", progress.at, progress.rows));
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
