//! From a configuration to an engine, and to the facts that a session begins with.

use data::log::{BlobStore, LogError};
use engine::engine::{Engine, Entrant};
use engine::event::{Hash, Input, Mode, Parent, Session};
use engine::instrument::{Currency, Instrument};
use engine::number::{Amount, Decimal};
use engine::sizing::Size;
use strategies::ParamsError;

use crate::config::{Config, ConfigError, Fork, StrategyConfig};

/// What this program calls itself in a log.
pub const BUILD: &str = concat!("tickfold ", env!("CARGO_PKG_VERSION"));

/// The size of a strategy's entries when the configuration does not say: a little is left for fees and a
/// dearer fill.
const DEFAULT_SHARE_BPS: i64 = 9_500;

/// A session cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The log's configuration cannot be found or has been changed.
    #[error("the session's configuration: {0}")]
    Blob(#[from] LogError),
    /// The log's configuration is not one that this build understands.
    #[error("the session's configuration: {0}")]
    Config(#[from] ConfigError),
    /// A strategy cannot be made as configured.
    #[error("strategy.{index} \"{name}\": {reason}")]
    Strategy {
        /// Its place in the list.
        index: usize,
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// The engine that a configuration describes.
pub fn engine(config: &Config) -> Result<Engine, SessionError> {
    Ok(Engine::new(entrants(config)?).with_policy(config.policy()))
}

fn entrants(config: &Config) -> Result<Vec<Entrant>, SessionError> {
    config.strategies.iter().enumerate().map(|(index, strategy)| entrant(index, strategy)).collect()
}

fn entrant(index: usize, config: &StrategyConfig) -> Result<Entrant, SessionError> {
    let failed = |reason: String| SessionError::Strategy { index, name: config.name.clone(), reason };
    let params = serde_json::to_value(&config.params).map_err(|error| failed(error.to_string()))?;
    let params = params.as_object().cloned().unwrap_or_default();
    let strategy = strategies::build(&config.name, &params).map_err(|error| failed(explain(&config.name, error)))?;
    let symbols = (!config.instruments.is_empty()).then(|| config.instruments.clone());
    Ok(Entrant { strategy, symbols, size: size_of(config) })
}

/// How large a strategy's entries are.
pub fn size_of(config: &StrategyConfig) -> Size {
    config.size.unwrap_or(Size::Equity(engine::number::Rate::from_bps(DEFAULT_SHARE_BPS)))
}

fn explain(name: &str, error: ParamsError) -> String {
    match error {
        ParamsError::UnknownStrategy(known) => {
            let nearest = nearest(name, known.iter().copied());
            format!("no strategy has this name{nearest}there are: {}", known.join(", "))
        }
        ParamsError::UnknownKey { key, known } => {
            let nearest = nearest(&key, known.iter().map(String::as_str));
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!("it has no parameter \"{key}\"{nearest}it has: {known}")
        }
        ParamsError::Invalid(reason) => reason,
    }
}

fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let scored = known.map(|name| (strsim::jaro_winkler(given, name), name)).filter(|(score, _)| *score > 0.7);
    match scored.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, name)) => format!(": did you mean \"{name}\"? "),
        None => "; ".to_owned(),
    }
}

/// The configuration that a log's session was run with.
pub fn recorded_config(session: &Session, blobs: &BlobStore) -> Result<Config, SessionError> {
    Ok(Config::from_canonical(&blobs.get(session.config)?)?)
}

/// The engine that a log's session was run with.
pub fn recorded_engine(session: &Session, blobs: &BlobStore) -> Result<Engine, SessionError> {
    let stages = stages(session.config, blobs)?;
    let mut stages = stages.iter();
    let first = stages.next().map_or_else(|| Ok(Engine::new(Vec::new())), |stage| engine(&stage.config))?;
    stages.try_fold(first, |engine, stage| {
        let Stage { from_seq, config, .. } = stage;
        Ok(engine.succeeded_by(*from_seq, entrants(config)?, config.policy()))
    })
}

/// A part of a session with one configuration.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The first record that it holds for.
    pub from_seq: u64,
    /// What holds.
    pub config: Config,
    /// The hash of the bytes that the log keeps of it.
    pub hash: Hash,
}

/// The parts of a session, in order: one, or more when it is a fork.
pub fn stages(config: Hash, blobs: &BlobStore) -> Result<Vec<Stage>, SessionError> {
    let (mut stages, mut next) = (Vec::<Stage>::new(), Some(config));
    while let Some(hash) = next {
        let bytes = blobs.get(hash)?;
        let fork = Fork::of(&bytes)?;
        let stage = Stage { from_seq: fork.map_or(0, |fork| fork.at_seq), config: Config::from_canonical(&bytes)?, hash };
        // What was to hold from a later record on does no longer.
        if stages.last().is_none_or(|later| stage.from_seq < later.from_seq || fork.is_none()) {
            stages.push(stage);
        }
        next = fork.map(|fork| fork.before);
    }
    stages.reverse();
    Ok(stages)
}

/// The first inputs of a session: its start, its instruments, its deposits.
pub fn preamble(config: &Config, hash: Hash, mode: Mode, instruments: &[Instrument]) -> Vec<Input> {
    let mut inputs = opening(config, hash, mode, None, instruments);
    let mut deposits = config.account.balances.clone();
    if deposits.is_empty() {
        let currency = reporting_currency(config, instruments);
        deposits.insert(instruments.first().map_or(currency, |first| first.quote), Amount(Decimal::from(10_000)));
    }
    inputs.extend(deposits.into_iter().map(|(currency, amount)| Input::Deposited { currency, amount }));
    inputs
}

/// The first inputs of a session whose venue tells what the account has: its start and its instruments.
pub fn opening(config: &Config, hash: Hash, mode: Mode, parent: Option<Parent>, instruments: &[Instrument]) -> Vec<Input> {
    let session = Session {
        parent,
        build: BUILD.to_owned(),
        config: hash,
        seed: config.seed,
        mode,
        currency: reporting_currency(config, instruments),
        strategies: config.strategies.iter().map(|strategy| strategy.label().to_owned()).collect(),
        checkpoint_every: u64::from(config.engine.checkpoint_every),
    };
    let listed = instruments.iter().map(|instrument| Input::InstrumentListed(Box::new(instrument.clone())));
    std::iter::once(Input::SessionStarted(Box::new(session))).chain(listed).collect()
}

fn reporting_currency(config: &Config, instruments: &[Instrument]) -> Currency {
    let quote = instruments.first().map(|instrument| instrument.quote);
    // Without instruments there is nothing to trade, and any currency will do.
    config.account.currency.or(quote).or_else(|| "USD".parse().ok()).expect("USD is a currency code")
}
