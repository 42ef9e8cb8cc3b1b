//! What if: a run from one of its records on, with the same market data and other parameters.
//!
//! A fork is a log of its own. Up to the record it has what its parent has; from there on its strategies and its policy
//! are others, and the fills are the simulated exchange's. The strategies that take over were shown everything before,
//! as if they had run from the beginning, so they begin warm; each goes on with what the one in its place had. Its
//! configuration names that record and what held before ([`crate::config::Fork`]), so it is verified by itself.
//!
//! How it comes to the record depends on the parent. What the simulated exchange filled (a backtest, paper trading) it fills
//! again: a fork without changes is its parent, record by record, but for the session and the hashes of states, which
//! have the session in them. What a venue filled (a live run), and what is a fork itself, is told again; at the record
//! the simulated exchange takes the account over, with open orders at the end of their queues.

mod ask;
mod origin;
mod retold;
mod beside;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use data::log::{BlobStore, Disk, LogError, Options, Writer};
use engine::engine::Engine;
use engine::event::{Input, Mode, Parent, Session};

use crate::background::Background;
use crate::config::{ConfigError, Fork};
use crate::exchange::Exchange;
use crate::gateway::Gateway;
use crate::recorded::{Recorded, is_outside};
use crate::report::{Report, Summary, Timing};
use crate::run::{Log, RunError, run};
use crate::session::{self, BUILD, SessionError, Stage};
use crate::verify::VerifyError;

pub use ask::Ask;
pub use beside::{Divergence, Line};

use beside::Beside;
use origin::{Origin, reader};
use retold::Retold;

/// A run cannot be forked.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// A log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The parent's session cannot be set up again.
    #[error("record 0: {0}")]
    Session(#[from] SessionError),
    /// The new values are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The run stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The parent cannot be derived again up to the record.
    #[error("the run cannot be lived through again up to record {at_seq}: {source}; `tickfold verify` tells whether its log is whole{}", feed_hint(*.feed_is_late))]
    Parent {
        /// The record.
        at_seq: u64,
        /// Whether the configuration says that market data reach the engine later.
        feed_is_late: bool,
        /// What differs.
        source: Box<VerifyError>,
    },
    /// There is no such record.
    #[error("record {at_seq} is not in the log, which has {count} records")]
    NoSuchSeq {
        /// Which was asked for.
        at_seq: u64,
        /// How many there are.
        count: u64,
    },
    /// The log does not begin as every log does.
    #[error("record 0 is not the start of a session, so there is nothing to fork")]
    NoSession,
    /// A value that only a beginning has.
    #[error(
        "{section} cannot change in the middle of a run: `tickfold backtest --data RUN --set {section}...` lives through its market data from the beginning"
    )]
    Beginning {
        /// The section of the configuration.
        section: &'static str,
    },
    /// A live run whose account was never told.
    #[error("the venue never said what the account has, so there is nothing to go on with")]
    NoAccount,
    /// The new run's folder cannot be used.
    #[error("cannot make {}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

fn feed_hint(feed_is_late: bool) -> &'static str {
    if feed_is_late { " (its market data came late: only data that carry the venue's time can be sent again)" } else { "" }
}

/// What a fork came to.
#[derive(Debug)]
pub struct Forked {
    /// The first record that could differ: an input.
    pub at_seq: u64,
    /// What the run came to.
    pub summary: Summary,
    /// Where it left its parent; `None` when it never did.
    pub divergence: Option<Divergence>,
    /// What whoever asked should know.
    pub notes: Vec<String>,
}

/// Forks the run in `parent`, and writes the new one's log to `folder`, which must be empty.
pub fn fork(parent: &Path, ask: &Ask, folder: &Path) -> Result<Forked, ForkError> {
    let origin = Origin::open(parent)?;
    let mut notes = Vec::new();
    let at_seq = origin.first_open(ask.at_seq, &mut notes)?;
    let before = origin.stages.iter().rfind(|stage| stage.from_seq <= at_seq).ok_or(ForkError::NoSession)?;
    let config = ask.config(&before.config)?;
    let store = BlobStore::create(folder)?;
    for hash in origin.kept()? {
        store.put(&origin.blobs.get(hash)?)?;
    }
    let kept = store.put(&Fork { at_seq, before: origin.session.config }.canonical(&config))?;
    let digest = reader(parent)?.digest_at(at_seq)?.unwrap_or_default();
    let session = Session {
        parent: Some(Parent { digest, count: at_seq }),
        build: BUILD.to_owned(),
        config: kept,
        mode: Mode::Backtest,
        strategies: ask::labels(&origin.session.strategies, &config),
        ..origin.session.clone()
    };
    let engine = session::recorded_engine(&session, &store)?;
    let failed = |source| ForkError::Folder { path: folder.to_owned(), source };
    let disk = Arc::new(Disk::create(folder).map_err(failed)?);
    let log = Background::new(Writer::create(disk, Options::default())?);
    let diverged = Rc::new(Cell::new(None));
    let mut way = Way {
        engine,
        report: Report::default(),
        log: Beside::new(log, reader(parent)?, at_seq, diverged.clone()),
        at_seq,
        session,
    };
    let lived = if origin.is_simulated() {
        let recorded = Recorded::open(parent, is_outside)?;
        let feed = Retold::new(recorded, Some(way.session.clone()), &before.config.exchange, diverged);
        way.again(Exchange::new(feed, &before.config.exchange), &config)
    } else {
        let mut rest = reader(parent)?;
        rest.seek(at_seq)?;
        let session = (at_seq == 0).then(|| way.session.clone());
        let rest = Recorded::new(rest, retold::is_outside_of_any_venue);
        let feed = Retold::new(rest, session, &crate::exchange::ExchangeConfig::default(), diverged);
        way.told(Exchange::new(feed, &config.exchange), parent)
    };
    let Way { engine, report, log, .. } = way;
    let (log, divergence) = log.into_parts();
    let finished = log.finish();
    let seconds = lived.map_err(|error| told_apart(error, at_seq, before))?;
    let sealed = finished?.close()?;
    let mut summary = report.finish(engine.state(), sealed.digest.to_string());
    summary.timing = Timing::new(seconds, summary.events);
    Ok(Forked { at_seq, summary, divergence, notes })
}

/// A difference before the record is the parent's.
fn told_apart(error: RunError, at_seq: u64, before: &Stage) -> ForkError {
    match error {
        RunError::Differs(source) => {
            let exchange = &before.config.exchange;
            let feed_is_late = exchange.feed_latency_us > 0 || exchange.latency_jitter_us > 0;
            ForkError::Parent { at_seq, feed_is_late, source: Box::new(source) }
        }
        error => error.into(),
    }
}

/// The new run on its way.
struct Way<L> {
    engine: Engine,
    report: Report,
    log: Beside<L>,
    at_seq: u64,
    session: Session,
}

impl<L: Log> Way<L> {
    /// Everything happens again at the simulated exchange.
    fn again(&mut self, mut exchange: Exchange<Retold>, config: &crate::config::Config) -> Result<f64, RunError> {
        let started = std::time::Instant::now();
        while self.engine.state().count < self.at_seq {
            let Some((at, input)) = exchange.next(self.engine.next_deadline())? else { break };
            self.step(at, input)?;
            exchange.execute(self.engine.records())?;
            self.report.after(self.engine.state(), self.engine.records());
        }
        exchange.reconfigure(&config.exchange);
        run(&mut self.engine, &mut exchange, &mut self.log, &mut self.report)?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// What happened is told as it was; then the simulated exchange takes over.
    fn told(&mut self, mut exchange: Exchange<Retold>, parent: &Path) -> Result<f64, RunError> {
        let started = std::time::Instant::now();
        let mut past = Recorded::open(parent, |_| true)?;
        while self.engine.state().count < self.at_seq {
            let Some(next) = past.next() else { break };
            let (at, mut input) = next?;
            if matches!(input, Input::SessionStarted(_)) {
                input = Input::SessionStarted(Box::new(self.session.clone()));
            }
            if !matches!(input, Input::Deposited { .. }) {
                exchange.witness(at, &input);
            }
            self.step(at, input)?;
            self.report.after(self.engine.state(), self.engine.records());
        }
        if self.at_seq > 0 {
            exchange.adopt(self.engine.state());
        }
        run(&mut self.engine, &mut exchange, &mut self.log, &mut self.report)?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn step(&mut self, at: engine::time::Timestamp, input: Input) -> Result<(), RunError> {
        self.report.before(self.engine.state(), at, &input);
        let records = self.engine.step(at, input);
        self.log.append(records)
    }
}
