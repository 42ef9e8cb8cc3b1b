//! Runs a session at a venue: begins one or goes on with one, until it is stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use data::log::{BlobStore, Disk, LiveWriter, LogError, Options, Reader};
use data::okx::convert::SessionTag;
use data::okx::sign::Credentials;
use engine::engine::Engine;
use engine::event::{Event, Hash, Input, Mode};
use engine::instrument::Instrument;
use engine::state::{State, Trading};
use engine::time::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;

use super::control;
use super::desk::Desk;
use super::durable::Durable;
use super::gateway::{Fact, LiveGateway};
use super::link::{Link, LinkError, Since, Wall};
use super::lock::Lock;
use super::paper::{PaperFeed, Rejoined};
use super::resume::{ResumeError, Resumed, resume};
use super::shown::Shown;
use super::signals;
use crate::config::{Config, OnStop};
use crate::exchange::Exchange;
use crate::recorded::Beginning;
use crate::report::{Document, Report, Timing};
use crate::run::{RunError, run};
use crate::session::{self, SessionError};

/// Facts that wait for the engine. More than that, and the connection is not read any more until there is room.
const FACTS: usize = 8_192;
/// Requests that wait for the connection.
/// More than one step can ask for: the connection must never wait for the engine while that waits for it.
const ERRANDS: usize = 16_384;
/// How long what runs beside the engine has to end when the run has.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A run at a venue cannot begin, or ended before it was stopped.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The venue cannot be traded at.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The session cannot be set up.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The log could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The session cannot go on.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The run stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The system refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// Its reason.
        source: std::io::Error,
    },
    /// The file with the mark of the session's orders does not hold one.
    #[error("{} does not say how this session's orders are marked at the venue", path.display())]
    Tag {
        /// Which file.
        path: PathBuf,
    },
    /// What the log's prices and sizes mean has changed.
    #[error("the venue has changed the decimals of {symbol}: this session cannot go on; begin another with --new")]
    Rescaled {
        /// Which instrument.
        symbol: String,
    },
    /// A run that was to end flat did not.
    #[error("the run has ended, but not flat: {held}; look at the venue")]
    NotFlat {
        /// What is held and open.
        held: String,
    },
    /// Another process runs it.
    #[error("{} is being run by another process: stop that one first", folder.display())]
    Taken {
        /// The run's folder.
        folder: PathBuf,
    },
}

/// Where a session's records go, and whether some are there.
#[derive(Clone, Copy, Debug)]
pub enum Folder<'a> {
    /// An empty one: a session begins.
    New(&'a Path),
    /// One with a session that goes on.
    Old(&'a Path),
}

impl Folder<'_> {
    fn path(&self) -> &Path {
        let (Self::New(folder) | Self::Old(folder)) = self;
        folder
    }
}

/// Trades at the venue until the run is stopped.
pub fn live(config: &Config, folder: Folder<'_>, credentials: Credentials) -> Result<Document, LiveError> {
    let runtime = runtime()?;
    let _lock = lock(folder)?;
    let tag = tag(folder)?;
    let link = runtime.block_on(Link::open(&config.live, Some(credentials)))?;
    let (wall, pulse) = (link.wall(), link.pulse());
    let canonical = config.canonical();
    let Session { mut engine, desk, mut report, log, shown, now, opening, asks } = match folder {
        Folder::New(folder) => Session::begin(config, folder, &canonical, &link)?,
        Folder::Old(folder) => Session::go_on(folder, &link)?,
    };
    let (facts, facts_in) = mpsc::channel(FACTS);
    let (errands, errands_in) = mpsc::channel(ERRANDS);
    let goes_on = matches!(folder, Folder::Old(_));
    let since = goes_on.then(|| Since { at: now, troubles: engine.state().troubles.clone() });
    let listeners = listen(&runtime, folder.path(), &facts, link.wall())?;
    let failed = facts.clone();
    let running = runtime.spawn(link.run(tag, folder.path().to_owned(), since, facts, errands_in));
    let connection = runtime.spawn(async move {
        if let Err(error) = running.await {
            // Otherwise nobody would ever hear of it: signals and commands go on.
            let _ = failed.send(Fact::Failed(format!("its connection ended: {error}").into())).await;
        }
    });
    let behaviour = (config.live.clock, config.live.on_stop);
    let mut gateway =
        LiveGateway::new(runtime.handle().clone(), (facts_in, errands), behaviour, wall, (desk, now), opening, asks)
            .with_pulse(pulse);
    let mut log = Durable { writer: log, shown };
    let ran = run(&mut engine, &mut gateway, &mut log, &mut report);
    if ran.is_ok() {
        gateway.leave();
    }
    drop(gateway);
    drop(listeners);
    // What the connection still has to do (disarm, log out) is done before the process ends.
    let _ = runtime.block_on(async { tokio::time::timeout(END_WITHIN, connection).await });
    runtime.shutdown_timeout(END_WITHIN);
    let left = log.writer.leave();
    let elapsed = ran?;
    let left = left?;
    if config.live.on_stop == OnStop::Flatten {
        flat(engine.state())?;
    }
    Ok(document(report, &engine, &left.digest, elapsed))
}

/// What whoever starts a session again should know of it.
fn told_again(state: &State) {
    if state.trading == Trading::Halted {
        eprintln!("note: it was halted: it buys nothing until `tickfold operate RUN resume`");
    }
    for (breaker, until) in state.pauses.iter().filter(|(_, until)| until.is_none_or(|until| state.now < until)) {
        let until = until.map_or_else(|| "until `tickfold operate RUN resume`".to_owned(), |until| format!("until {until}"));
        eprintln!("note: the breaker {} holds {until}", breaker.0);
    }
    let held = state.portfolio.positions().filter(|&(owner, instrument, _)| state.is_sellable(owner, instrument)).count();
    eprintln!("note: it has {held} positions and {} open orders", state.orders.len());
}

/// What has changed in the rules of instruments since they were listed.
fn relisted<'a>(known: impl Iterator<Item = &'a Instrument>, listed: &[Instrument]) -> Result<Vec<Input>, LiveError> {
    let mut inputs = Vec::new();
    for (known, listed) in known.zip(listed) {
        let scales = |instrument: &Instrument| (instrument.price_scale, instrument.size_scale);
        if known.symbol != listed.symbol || scales(known) != scales(listed) {
            return Err(LiveError::Rescaled { symbol: known.symbol.clone() });
        }
        if known != listed {
            inputs.push(Input::InstrumentListed(Box::new(listed.clone())));
        }
    }
    Ok(inputs)
}

/// Whether nothing is held and nothing open.
fn flat(state: &State) -> Result<(), LiveError> {
    let held = state.portfolio.positions().filter(|&(owner, instrument, _)| state.is_sellable(owner, instrument));
    let symbol = |id| state.markets.get(id).map_or_else(String::new, |market| market.instrument.symbol.clone());
    let mut held: Vec<String> =
        held.map(|(_, instrument, position)| format!("{} of {} is held", position.quantity, symbol(instrument))).collect();
    if !state.orders.is_empty() {
        held.push(format!("{} orders are open", state.orders.len()));
    }
    if held.is_empty() { Ok(()) } else { Err(LiveError::NotFlat { held: held.join(", ") }) }
}

/// Trades on the venue's market data with simulated fills until the run is stopped.
pub fn paper(config: &Config, folder: Folder<'_>) -> Result<Document, LiveError> {
    let runtime = runtime()?;
    let _lock = lock(folder)?;
    let link = runtime.block_on(Link::open(&config.live, None))?;
    let canonical = config.canonical();
    let (facts, facts_in) = mpsc::channel(FACTS);
    let (handle, clock) = (runtime.handle().clone(), config.live.clock);
    let listeners = listen(&runtime, folder.path(), &facts, link.wall())?;
    let (feed, mut log, since) = match folder {
        Folder::New(folder) => {
            let hash = BlobStore::create(folder)?.put(&canonical)?;
            let writer = LiveWriter::create(disk(folder)?, &Options::default())?;
            let opening = session::preamble(config, hash, Mode::Paper, link.instruments());
            let now = link.now();
            (PaperFeed::begin(opening, now, handle, facts_in, clock), Rejoined::new(None, writer), None)
        }
        Folder::Old(folder) => {
            let (writer, _) = LiveWriter::open(disk(folder)?, &Options::default())?;
            relisted(Beginning::of(folder)?.instruments.iter(), link.instruments())?;
            let open = || Ok::<_, LogError>(Reader::open(disk(folder)?)?.0);
            let last = left_at(open()?)?;
            (PaperFeed::go_on(open()?, last.at, handle, facts_in, clock), Rejoined::new(Some(open()?), writer), Some(last))
        }
    };
    // Nothing is sent, so nobody listens for it.
    let (_errands, errands_in) = mpsc::channel(1);
    let connection =
        runtime.spawn(link.run(SessionTag::of(&Hash::default()), folder.path().to_owned(), since, facts, errands_in));
    let mut engine = session::engine(config)?;
    let mut exchange = Exchange::new(feed, &config.exchange);
    let mut report = Report::detailed();
    let ran = run(&mut engine, &mut exchange, &mut log, &mut report);
    drop(exchange);
    drop(listeners);
    connection.abort();
    runtime.shutdown_timeout(END_WITHIN);
    let left = log.writer.leave();
    let elapsed = ran?;
    Ok(document(report, &engine, &left?.digest, elapsed))
}

/// A live session, at its beginning or where its log ends.
struct Session {
    engine: Engine,
    desk: Desk,
    report: Report,
    log: LiveWriter,
    shown: Shown,
    now: Timestamp,
    opening: Vec<Input>,
    asks: Vec<super::word::Ask>,
}

impl Session {
    fn begin(config: &Config, folder: &Path, canonical: &[u8], link: &Link) -> Result<Self, LiveError> {
        let hash = BlobStore::create(folder)?.put(canonical)?;
        let opening = session::opening(config, hash, Mode::Live, None, link.instruments());
        Ok(Self {
            engine: session::engine(config)?,
            desk: Desk::default(),
            report: Report::detailed(),
            log: LiveWriter::create(disk(folder)?, &Options::default())?,
            shown: Shown::default(),
            now: link.now(),
            opening,
            asks: Vec::new(),
        })
    }

    /// What the last input led to and did not reach the disk has not reached the venue either: it is written, then sent.
    fn go_on(folder: &Path, link: &Link) -> Result<Self, LiveError> {
        let Resumed { engine, desk, report, log, shown, now, unlogged } = resume(folder)?;
        if let Some(last) = unlogged.last() {
            log.append(&unlogged)?;
            log.wait_durable(last.seq + 1)?;
        }
        let asks = desk.asks(&unlogged);
        let known = engine.state().markets.iter().map(|market| &market.instrument);
        let opening = relisted(known, link.instruments())?;
        told_again(engine.state());
        Ok(Self { engine, desk, report, log, shown, now, opening, asks })
    }
}

fn document(report: Report, engine: &Engine, digest: &Hash, elapsed: Duration) -> Document {
    let mut document = report.document(engine.state(), digest.to_string(), 0.0);
    document.summary.timing = Timing::new(elapsed.as_secs_f64(), document.summary.events);
    document
}

/// Whoever may speak to the run while it goes on.
struct Listeners {
    tasks: [JoinHandle<()>; 2],
    folder: PathBuf,
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        control::forget(&self.folder);
    }
}

fn listen(runtime: &Runtime, folder: &Path, facts: &Sender<Fact>, wall: Wall) -> Result<Listeners, LiveError> {
    let handle = runtime.handle();
    let signals = signals::stop(handle, facts.clone()).map_err(|source| io("listen for signals", source))?;
    let control = control::listen(handle, folder, facts.clone(), wall);
    let control = control.map_err(|source| io(&format!("listen for commands in {}", folder.display()), source))?;
    Ok(Listeners { tasks: [signals, control], folder: folder.to_owned() })
}

/// Where the session of a log was left.
fn left_at(mut reader: Reader) -> Result<Since, LogError> {
    let mut since = Since::default();
    while let Some(records) = reader.next_block()? {
        for record in records {
            since.at = record.at;
            match record.event {
                Event::Input(Input::TroubleBegan(trouble)) => drop(since.troubles.insert(trouble)),
                Event::Input(Input::TroubleEnded(trouble)) => drop(since.troubles.remove(&trouble)),
                _ => {}
            }
        }
    }
    Ok(since)
}

/// What marks this session's orders at the venue. It lies beside the log, so that a restart knows its own orders.
fn tag(folder: Folder<'_>) -> Result<SessionTag, LiveError> {
    let path = folder.path().join("SESSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => SessionTag::parse(text.trim()).ok_or(LiveError::Tag { path }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let tag = SessionTag::of(&Hash(std::array::from_fn(|_| fastrand::u8(..))));
            let written = std::fs::File::create(&path).and_then(|mut file| {
                std::io::Write::write_all(&mut file, tag.to_string().as_bytes())?;
                file.sync_all()
            });
            written.map_err(|source| io(&format!("write {}", path.display()), source))?;
            Ok(tag)
        }
        Err(source) => Err(io(&format!("read {}", path.display()), source)),
    }
}

fn lock(folder: Folder<'_>) -> Result<Lock, LiveError> {
    let folder = folder.path();
    let taken = Lock::take(folder).map_err(|source| io(&format!("lock {}", folder.display()), source))?;
    taken.ok_or_else(|| LiveError::Taken { folder: folder.to_owned() })
}

fn disk(folder: &Path) -> Result<Arc<Disk>, LogError> {
    let created = Disk::create(folder);
    created.map(Arc::new).map_err(|source| LogError::Io { action: "open", file: folder.display().to_string(), source })
}

fn runtime() -> Result<Runtime, LiveError> {
    let built = Builder::new_multi_thread().worker_threads(2).thread_name("venue").enable_all().build();
    built.map_err(|source| io("start the threads of the connection", source))
}

fn io(doing: &str, source: std::io::Error) -> LiveError {
    LiveError::Io { doing: doing.to_owned(), source }
}
