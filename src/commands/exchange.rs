//! `tickfold exchange`: a venue of one's own that speaks OKX's API.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use engine::time::Timestamp;
use replays::server::config::ServerConfig;
use replays::server::faults::Faults;
use replays::server::feed::{FeedError, Speed};
use replays::server::http::{Server, ServerError};
use replays::server::market_thread::{End, Replay, Start};

use crate::cli::Globals;
use crate::commands::flags::time;
use crate::exit::{Exit, Failure};

/// Serve history as an OKX-compatible venue; without --data, the embedded sample as BTC-USDT
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold exchange                                  the sample, in real time, on 127.0.0.1:8080
  tickfold exchange --data BTC-USDT_trades.csv.gz --speed 60
  tickfold exchange --data BTC-USDT_1m.csv.gz --from 2024-03-01 --speed max --stop-at-end
  tickfold exchange --listen 127.0.0.1:0 --faults faults.toml --config venue.toml

Any client for OKX's v5 API can trade here: point its REST at http://ADDRESS and its WebSockets at
ws://ADDRESS/ws/v5, with the key test-key, the secret test-secret and the passphrase test-pass, or those of the
accounts in --config. Bars are replayed as trades that may have led to them, and a market maker makes the books
where the data have none. At --speed max the data begin with the first subscription and wait for slow readers.")]
pub struct Exchange {
    /// A file of history (CSV, .gz, .zst, .zip, Parquet, Feather); repeatable, merged by time
    #[arg(long, value_name = "PATH", num_args = 1..)]
    data: Vec<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Seconds of the data in one second, or max
    #[arg(long, value_name = "N|max", default_value = "1")]
    speed: Speed,
    /// What is before this time has happened at the start: candles to ask for, and no more
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// When the data's time begins to pass [default: subscribed at --speed max, else at-once]
    #[arg(long, value_name = "WHEN")]
    start: Option<When>,
    /// A script of faults; profiles/exchange/faults.toml of the source has one of each kind
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Stop when the data end, instead of going on around the last price
    #[arg(long)]
    stop_at_end: bool,
}

/// When the data's time begins to pass.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    /// With the server
    AtOnce,
    /// With the first subscription to a public channel
    Subscribed,
}

impl Exchange {
    /// Serves until SIGINT or SIGTERM.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        if !globals.set.is_empty() {
            return Err(Failure::new(Exit::Usage, "exchange: --set is for runs; write what differs into a file for --config"));
        }
        let config = match &globals.config[..] {
            [] => ServerConfig::default(),
            [path] => ServerConfig::read(path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?,
            _ => return Err(Failure::new(Exit::Usage, "exchange: give one --config, that of the venue")),
        };
        let faults = match &self.faults {
            None => Faults::default(),
            Some(path) => Faults::read(path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?,
        };
        let usual = if self.speed == Speed::Max { When::Subscribed } else { When::AtOnce };
        let start = match self.start.unwrap_or(usual) {
            When::AtOnce => Start::AtOnce,
            When::Subscribed => Start::WithTheFirstListener,
        };
        let end = if self.stop_at_end { End::Stops } else { End::GoesOn };
        let replay = Replay { speed: self.speed, start, end, from: self.from };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::new(Exit::Failed, format!("cannot start the server's threads: {error}")))?;
        runtime.block_on(async {
            // Before the address is told: whoever reads it may send the signal at once.
            let stop = stop_signal()?;
            let server = Server::prepare(&self.data, self.listen, replay, &config, faults).await?;
            self.tell(&server, &config, out)?;
            Ok(server.serve(stop).await?)
        })
    }

    /// One fact a line.
    fn tell(&self, server: &Server, config: &ServerConfig, out: &mut dyn Write) -> Result<(), Failure> {
        let address = server.address();
        let symbols: Vec<&str> = server.listings().iter().map(replays::server::listed::Listed::symbol).collect();
        writeln!(out, "listening on {address}")?;
        writeln!(out, "REST: http://{address}/api/v5")?;
        writeln!(out, "WebSocket: ws://{address}/ws/v5/public, /private, /business")?;
        writeln!(out, "instruments: {}", symbols.join(", "))?;
        writeln!(out, "data: from {} at speed {}", server.starts_at(), self.speed)?;
        for account in &config.accounts {
            for key in &account.keys {
                writeln!(out, "account {}: key {}", account.name, key.key)?;
            }
        }
        if config == &ServerConfig::default() {
            writeln!(out, "secret: test-secret, passphrase: test-pass")?;
        }
        out.flush()?;
        Ok(())
    }
}

/// Comes when the process is asked to end.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error| Failure::new(Exit::Failed, format!("cannot listen for signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Feed(FeedError::File(error)) => error.into(),
            ServerError::Feed(FeedError::Nothing) => Self::new(Exit::Data, error.to_string()),
            ServerError::Feed(FeedError::Listing(_)) | ServerError::Listen { .. } => Self::new(Exit::Usage, error.to_string()),
            ServerError::Socket(_) | ServerError::Thread => Self::new(Exit::Venue, error.to_string()),
        }
    }
}
