//! History through the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::files::{self, FileError, History, Policy, ReadOptions, Source, history};
use data::log::{BlobStore, Chain, Disk, LogError, Options, Sealed, Writer};
use engine::event::{Input, Mode};
use engine::hash::hash_of_bytes;
use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, MAX_SCALE, Price, Quantity, Rate};
use engine::time::Timestamp;

use crate::config::{BarTime, Config, InstrumentConfig};
use crate::exchange::Exchange;
use crate::report::{Report, Summary, Timing};
use crate::run::{Log, RunError, run};
use crate::session::{self, SessionError};

/// OKX's fees of a regular spot account, where the configuration does not say: 0.08 % maker, 0.1 % taker.
const MAKER_FEE_BPS: i64 = 8;
const TAKER_FEE_BPS: i64 = 10;

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
    /// The configuration does not fit the data.
    #[error("{0}")]
    Setup(String),
}

/// A backtest that is ready to run: its files are opened and known, but not read.
pub struct Backtest {
    config: Config,
    sources: Vec<(Source, Instrument)>,
    instruments: Vec<Instrument>,
}

impl Backtest {
    /// Opens the data that the configuration names, or the embedded sample when it names none.
    pub fn prepare(config: Config) -> Result<Self, BacktestError> {
        let options = read_options(&config);
        let sources = if config.data.paths.is_empty() {
            vec![Source::sample(&options)]
        } else {
            config.data.paths.iter().map(|path| Source::open(path, &options)).collect::<Result<_, _>>()?
        };
        let mut instruments: Vec<Instrument> = Vec::new();
        let mut listed = Vec::new();
        for source in sources {
            let instrument = resolve(&config, &source, instruments.len())?;
            let id = if let Some(known) = instruments.iter_mut().find(|known| known.symbol == instrument.symbol) {
                widen(known, &instrument)
            } else {
                instruments.push(instrument);
                InstrumentId(index(instruments.len() - 1))
            };
            listed.push((source, id));
        }
        let sources = listed.into_iter().map(|(source, id)| (source, instruments[id.index()].clone())).collect();
        check_symbols(&config, &instruments)?;
        session::engine(&config)?;
        Ok(Self { config, sources, instruments })
    }

    /// Runs it. With a folder, which must not exist yet or be empty, its log is written there.
    pub fn run(self, folder: Option<&Path>) -> Result<Summary, BacktestError> {
        let canonical = self.config.canonical();
        match folder {
            None => {
                let mut chain = Chain::default();
                let run = self.execute(hash_of_bytes(&canonical), &mut chain)?;
                Ok(run.summary(chain.digest().to_string(), 0.0))
            }
            Some(folder) => {
                let disk = Disk::create(folder)
                    .map_err(|error| BacktestError::Setup(format!("cannot make {}: {error}", folder.display())))?;
                let config = BlobStore::create(folder)?.put(&canonical)?;
                let mut writer = Writer::create(Arc::new(disk), Options::default())?;
                let run = self.execute(config, &mut writer)?;
                let closing = std::time::Instant::now();
                let Sealed { digest, .. } = writer.close()?;
                Ok(run.summary(digest.to_string(), closing.elapsed().as_secs_f64()))
            }
        }
    }

    fn execute<L: Log>(self, config: engine::event::Hash, log: &mut L) -> Result<Finished, BacktestError> {
        let mut engine = session::engine(&self.config)?;
        let mut history = history(self.sources);
        let first = history.next().transpose()?;
        let Some((begins, _)) = first else {
            return Err(BacktestError::NoData);
        };
        let preamble = session::preamble(&self.config, config, Mode::Backtest, &self.instruments);
        let mut stream = Stream { begins, preamble: preamble.into_iter(), first, history, last: begins, ended: false };
        let mut exchange = Exchange::new(&mut stream, &self.config.exchange);
        let mut report = Report::default();
        let elapsed = run(&mut engine, &mut exchange, log, &mut report)?;
        let waited = stream.history.waited();
        Ok(Finished { engine, report, seconds: elapsed.saturating_sub(waited).as_secs_f64() })
    }
}

struct Finished {
    engine: engine::engine::Engine,
    report: Report,
    seconds: f64,
}

impl Finished {
    fn summary(self, digest: String, closing_seconds: f64) -> Summary {
        let mut summary = self.report.finish(self.engine.state(), digest);
        summary.timing = Timing::new(self.seconds + closing_seconds, summary.events);
        summary
    }
}

/// What the exchange reads: how the session begins, its history, how it ends.
struct Stream {
    begins: Timestamp,
    preamble: std::vec::IntoIter<Input>,
    first: Option<(Timestamp, Input)>,
    history: History,
    last: Timestamp,
    ended: bool,
}

impl Iterator for Stream {
    type Item = Result<(Timestamp, Input), FileError>;

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

impl Stream {
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

/// A file's instrument: what the configuration says of it, and for the rest what its data suggest.
fn resolve(config: &Config, source: &Source, next: usize) -> Result<Instrument, BacktestError> {
    let path = source.path().display();
    let symbol = source.symbol().ok_or_else(|| {
        let why = "its name does not tell what it is of: pass --instrument BTC-USDT, or name it like BTC-USDT_1h.csv";
        BacktestError::Setup(format!("{path}: {why}"))
    })?;
    let given = config.instruments.iter().find(|given| given.symbol == symbol);
    let pair = given.and_then(InstrumentConfig::pair).or_else(|| {
        let (base, quote) = symbol.split_once('-')?;
        Some((base.parse().ok()?, quote.split('-').next()?.parse().ok()?))
    });
    let (base, quote) = pair.ok_or_else(|| {
        let why =
            format!("cannot tell the currencies of {symbol}: add an [[instrument]] with symbol = \"{symbol}\", base and quote");
        BacktestError::Setup(format!("{path}: {why}"))
    })?;
    let (price_decimals, size_decimals) = source.decimals();
    let (price_scale, size_scale) = source.scales();
    let step = |decimals: u8| Decimal::new(1, u32::from(decimals));
    let tick_size = given.and_then(|given| given.tick_size);
    let lot_size = given.and_then(|given| given.lot_size);
    let scale_of = |step: Option<Decimal>, seen: u8, usual: u8| match step {
        Some(step) => seen.max(u8::try_from(step.normalize().scale()).unwrap_or(MAX_SCALE)),
        None => usual,
    };
    let lot = lot_size.unwrap_or(Quantity(step(size_decimals)));
    Ok(Instrument {
        id: InstrumentId(index(next)),
        symbol: symbol.to_owned(),
        base,
        quote,
        price_scale: scale_of(tick_size.map(|tick| tick.0), price_decimals, price_scale),
        size_scale: scale_of(lot_size.map(|lot| lot.0), size_decimals, size_scale),
        tick_size: tick_size.unwrap_or(Price(step(price_decimals))),
        lot_size: lot,
        min_size: given.and_then(|given| given.min_size).unwrap_or(lot),
        maker_fee: given.and_then(|given| given.maker_fee).unwrap_or(Rate::from_bps(MAKER_FEE_BPS)),
        taker_fee: given.and_then(|given| given.taker_fee).unwrap_or(Rate::from_bps(TAKER_FEE_BPS)),
    })
}

/// Another file of a known instrument may have more decimals.
fn widen(known: &mut Instrument, other: &Instrument) -> InstrumentId {
    known.price_scale = known.price_scale.max(other.price_scale);
    known.size_scale = known.size_scale.max(other.size_scale);
    known.tick_size = known.tick_size.min(other.tick_size);
    known.lot_size = known.lot_size.min(other.lot_size);
    known.min_size = known.min_size.min(other.min_size);
    known.id
}

fn index(place: usize) -> u32 {
    u32::try_from(place).expect("fewer files than that")
}

fn check_symbols(config: &Config, instruments: &[Instrument]) -> Result<(), BacktestError> {
    for (place, strategy) in config.strategies.iter().enumerate() {
        for symbol in &strategy.instruments {
            if !instruments.iter().any(|instrument| &instrument.symbol == symbol) {
                let there: Vec<_> = instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
                let there = there.join(", ");
                let reason = format!("strategy.{place}.instruments: the data have no {symbol}; they have: {there}");
                return Err(BacktestError::Setup(reason));
            }
        }
    }
    Ok(())
}
