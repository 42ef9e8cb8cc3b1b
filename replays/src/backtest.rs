//! History through the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data::files::{self, FileError, History, Policy, ReadOptions, Source, history};
use data::log::{BlobStore, Chain, Disk, LogError, Options, Sealed, Writer};
use engine::event::{Hash, Input, Mode};
use engine::hash::hash_of_bytes;
use engine::instrument::Instrument;
use engine::time::Timestamp;

use crate::background::Background;
use crate::config::{BarTime, Config};
use crate::exchange::Exchange;
use crate::explain::chapters::snapshots;
use crate::gateway::GatewayError;
use crate::listing::{ListingError, instruments_of};
use crate::recorded::{Beginning, Recorded, is_market};
use crate::report::{Document, Report, Timing};
use crate::research::Recording;
use crate::run::{Log, RunError, run};
use crate::session::{self, SessionError};

/// A backtest cannot be run, or stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// History could not be read.
    #[error(transparent)]
    Data(#[from] FileError),
    /// The session cannot be set up.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The log could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The run stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run's folder cannot be made.
    #[error("cannot make {}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// There is nothing to run on.
    #[error("the data have no rows between data.from and data.to: nothing to run")]
    NoData,
    /// An instrument's rules cannot be told.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The configuration does not fit the data.
    #[error("{0}")]
    Setup(String),
}

/// A backtest that is ready to run: its files are opened and known, but not read.
pub struct Backtest {
    notes: Vec<String>,
    config: Config,
    sources: Sources,
    instruments: Vec<Instrument>,
}

/// Where history comes from.
enum Sources {
    Files(Vec<(Source, Instrument)>),
    /// What another run recorded, in its folder.
    Log(PathBuf),
}

impl Backtest {
    /// Opens the data that the configuration names, or the embedded sample when it names none.
    pub fn prepare(config: Config) -> Result<Self, BacktestError> {
        if let [folder] = &config.data.paths[..]
            && folder.join("HEAD").is_file()
        {
            let folder = folder.clone();
            return Self::prepare_log(config, folder);
        }
        let options = read_options(&config);
        let sources = if config.data.paths.is_empty() {
            vec![Source::sample(&options)]
        } else {
            config.data.paths.iter().map(|path| Source::open(path, &options)).collect::<Result<_, _>>()?
        };
        let (sources, instruments) = instruments_of(&config, sources)?;
        let notes = check_symbols(&config, &instruments)?;
        session::engine(&config)?;
        Ok(Self { notes, config, sources: Sources::Files(sources), instruments })
    }

    /// What a run recorded, lived through again: with its instruments, and with what its account had at the beginning
    /// unless the configuration says something else.
    fn prepare_log(mut config: Config, folder: PathBuf) -> Result<Self, BacktestError> {
        let Beginning { instruments, balances } = Beginning::of(&folder)?;
        if config.account.balances.is_empty() {
            config.account.balances = balances.into_iter().collect();
        }
        let notes = check_symbols(&config, &instruments)?;
        session::engine(&config)?;
        Ok(Self { notes, config, sources: Sources::Log(folder), instruments })
    }

    /// What whoever runs it should know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Runs it. With a folder, which must not exist yet or be empty, its log is written there.
    pub fn run(mut self, folder: Option<&Path>) -> Result<Document, BacktestError> {
        let canonical = self.config.canonical();
        // Before anything is written, so that what cannot even begin leaves nothing behind.
        match std::mem::replace(&mut self.sources, Sources::Files(Vec::new())) {
            Sources::Files(sources) => self.run_on(&canonical, history(sources), folder),
            Sources::Log(recorded) => self.run_on(&canonical, Recorded::open(&recorded, is_market)?, folder),
        }
    }

    fn run_on<P: Past>(self, canonical: &[u8], mut history: P, folder: Option<&Path>) -> Result<Document, BacktestError> {
        let first = history.next().transpose().map_err(|error| RunError::from(error.into()))?.ok_or(BacktestError::NoData)?;
        match folder {
            None => {
                let mut chain = Chain::default();
                let hash = hash_of_bytes(canonical);
                let run = watch(&self.config, hash, &self.instruments, first, history, &mut chain, Report::detailed())?;
                Ok(run.document(chain.digest().to_string(), 0.0))
            }
            Some(folder) => {
                let disk = Disk::create(folder).map_err(|source| BacktestError::Folder { path: folder.to_owned(), source })?;
                let config = BlobStore::create(folder)?.put(canonical)?;
                let log = Background::new(Writer::create(Arc::new(disk), Options::default())?);
                let mut log = log.with_snapshots(snapshots(folder));
                let run = watch(&self.config, config, &self.instruments, first, history, &mut log, Report::detailed());
                let closing = std::time::Instant::now();
                let writer = log.finish();
                let run = match run {
                    Ok(run) => run,
                    Err(error) => {
                        // What was run until then stays to be looked at; the first error is the one to tell.
                        let _ = writer.and_then(|mut writer| writer.sync());
                        return Err(error);
                    }
                };
                let Sealed { digest, .. } = writer?.close()?;
                Ok(run.document(digest.to_string(), closing.elapsed().as_secs_f64()))
            }
        }
    }

    /// Reads its whole history, for runs that share it.
    pub fn read(mut self) -> Result<(Config, Recording), BacktestError> {
        let events = match std::mem::replace(&mut self.sources, Sources::Files(Vec::new())) {
            Sources::Files(sources) => Recording::read(self.instruments, history(sources)),
            Sources::Log(recorded) => Recording::read(self.instruments, Recorded::open(&recorded, is_market)?),
        };
        Ok((self.config, events.map_err(RunError::from)?))
    }
}

/// Runs a configuration, whose hash is told, on a history and its instruments.
pub(crate) fn execute<L: Log, P: Past>(
    config: &Config,
    hash: Hash,
    instruments: &[Instrument],
    first: (Timestamp, Input),
    history: P,
    log: &mut L,
) -> Result<Finished, BacktestError> {
    watch(config, hash, instruments, first, history, log, Report::default())
}

/// The same with a report of one's own.
fn watch<L: Log, P: Past>(
    config: &Config,
    hash: Hash,
    instruments: &[Instrument],
    first: (Timestamp, Input),
    history: P,
    log: &mut L,
    mut report: Report,
) -> Result<Finished, BacktestError> {
    let mut engine = session::engine(config)?;
    let begins = first.0;
    let preamble = session::preamble(config, hash, Mode::Backtest, instruments);
    let mut stream = Stream { begins, preamble: preamble.into_iter(), first: Some(first), history, last: begins, ended: false };
    let mut exchange = Exchange::new(&mut stream, &config.exchange);
    let elapsed = run(&mut engine, &mut exchange, log, &mut report)?;
    let waited = stream.history.waited();
    Ok(Finished { engine, report, seconds: elapsed.saturating_sub(waited).as_secs_f64() })
}

/// History: what files have, or what another run recorded.
pub(crate) trait Past: Iterator<Item = Result<(Timestamp, Input), Self::Error>> {
    type Error: Into<GatewayError>;

    /// For how long the run had to wait for it.
    fn waited(&self) -> Duration;
    /// Rows that were skipped; known at its end.
    fn skipped(&self) -> u64;
}

impl Past for History {
    type Error = FileError;

    fn waited(&self) -> Duration {
        self.waited()
    }

    fn skipped(&self) -> u64 {
        self.skipped()
    }
}

impl Past for Recorded {
    type Error = LogError;

    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    fn skipped(&self) -> u64 {
        0
    }
}

/// A run that has come to its end.
pub(crate) struct Finished {
    pub(crate) engine: engine::engine::Engine,
    pub(crate) report: Report,
    pub(crate) seconds: f64,
}

impl Finished {
    /// All of it; closing the log took so many seconds more.
    pub(crate) fn document(self, digest: String, closing_seconds: f64) -> Document {
        let mut document = self.report.document(self.engine.state(), digest, 0.0);
        document.summary.timing = Timing::new(self.seconds + closing_seconds, document.summary.events);
        document
    }
}

/// What the exchange reads: how the session begins, its history, how it ends.
struct Stream<P> {
    begins: Timestamp,
    preamble: std::vec::IntoIter<Input>,
    first: Option<(Timestamp, Input)>,
    history: P,
    last: Timestamp,
    ended: bool,
}

impl<P: Past> Iterator for Stream<P> {
    type Item = Result<(Timestamp, Input), P::Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.first.is_some() {
            return Some(Ok(self.begin()));
        }
        match self.history.next() {
            Some(Ok((at, input))) => {
                self.last = at;
                Some(Ok((at, input)))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.ended => None,
            None => {
                self.ended = true;
                Some(Ok((self.last, Input::SessionEnded { skipped_rows: self.history.skipped() })))
            }
        }
    }
}

impl<P> Stream<P> {
    #[cold]
    fn begin(&mut self) -> (Timestamp, Input) {
        match self.preamble.next() {
            Some(input) => (self.begins, input),
            None => self.first.take().expect("asked only while it is there"),
        }
    }
}

fn read_options(config: &Config) -> ReadOptions {
    let data = &config.data;
    ReadOptions {
        bar_time: match data.bar_time {
            BarTime::Open => files::BarTime::Open,
            BarTime::Close => files::BarTime::Close,
        },
        interval: data.interval,
        symbol: data.symbol.clone(),
        policy: if data.lenient { Policy::Lenient } else { Policy::Strict },
        from: data.from,
        to: data.to,
    }
}

/// A strategy trades those of its instruments that the data have: none is an error, some a note.
fn check_symbols(config: &Config, instruments: &[Instrument]) -> Result<Vec<String>, BacktestError> {
    let there: Vec<&str> = instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
    let mut notes = Vec::new();
    for (place, strategy) in config.strategies.iter().enumerate() {
        let missing: Vec<_> = strategy.instruments.iter().map(String::as_str).filter(|symbol| !there.contains(symbol)).collect();
        if missing.is_empty() {
            continue;
        }
        let said =
            format!("strategy.{place}.instruments: the data have no {}; they have: {}", missing.join(", "), there.join(", "));
        if missing.len() == strategy.instruments.len() {
            return Err(BacktestError::Setup(said));
        }
        notes.push(said);
    }
    Ok(notes)
}
