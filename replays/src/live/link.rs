//! The connection to OKX: everything that the engine's thread has to do with it passes here, both ways.

mod resync;
mod courier;
mod troubles;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data::okx::clock::Clock;
use data::okx::convert::{ConvertError, Fees, Terms, instrument};
use data::okx::endpoint::{self, Endpoint, EndpointError};
use data::okx::limits::Limits;
use data::okx::message::{InstType, InstrumentInfo, Permission};
use data::okx::rest::{OkxError, Rest, RestTimings};
use data::okx::sign::Credentials;
use engine::event::Trouble;
use engine::instrument::{Instrument, InstrumentId};
use engine::number::Rate;
use engine::time::Timestamp;

use super::market::Feed;
use super::pulse::Pulse;
use crate::config::{self, Environment, LiveConfig, Region};

/// OKX's fees of a regular account, for paper trading: 0.08 % maker, 0.1 % taker.
const PAPER_FEES_BPS: (i64, i64) = (8, 10);
const MS_NS: i64 = 1_000_000;

/// The venue cannot be traded at as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The addresses are none.
    #[error("live.rest, live.websocket: {0}")]
    Endpoint(#[from] EndpointError),
    /// The venue does not answer, or not what is needed.
    #[error(transparent)]
    Venue(#[from] OkxError),
    /// What it says makes no sense to the engine.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// Nothing to trade.
    #[error("live.instruments is empty: name what to trade, such as instruments = [\"BTC-USDT\"]")]
    NoInstruments,
    /// Not a kind of market data.
    #[error("live.feeds: \"{0}\" is none of trades, quotes, book, or bars such as 1m, 15m, 1h or 1d")]
    Feed(String),
    /// The venue does not list it.
    #[error("live.instruments: the venue has no spot pair {0}")]
    Unlisted(String),
    /// The key may take money away.
    #[error("this key may withdraw: make one that may read and trade and nothing else; it is refused whatever the flags")]
    MayWithdraw,
    /// The key may not trade.
    #[error("this key may not trade (its permissions: {0}): make one that may")]
    MayNotTrade(String),
    /// An account mode that spot trading has not been made for.
    #[error("the account is in mode {0} (acctLv): set it to spot mode (1) or futures mode (2) on the website")]
    Mode(String),
}

/// A venue that was found to be there, and what it lists.
#[derive(Debug)]
pub struct Link {
    config: LiveConfig,
    feeds: Vec<Feed>,
    rest: Arc<Rest>,
    credentials: Option<Credentials>,
    instruments: Vec<Instrument>,
    /// What orders over WebSocket call an instrument, where it has such a number.
    codes: BTreeMap<String, i64>,
    terms: Terms,
    begins_at: Timestamp,
    pulse: Pulse,
}

/// Tells the time.
pub type Wall = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Where a session was left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// When its last record was.
    pub at: Timestamp,
    /// What was wrong, and is not over for the engine.
    pub troubles: BTreeSet<Trouble>,
}

/// Where a configuration says that the venue is.
pub fn endpoint(config: &LiveConfig) -> Result<Endpoint, EndpointError> {
    let environment = match config.environment {
        Environment::Demo => endpoint::Environment::Demo,
        Environment::Production => endpoint::Environment::Live,
    };
    let region = match config.region {
        Region::Global => endpoint::Region::Global,
        Region::Eea => endpoint::Region::Eea,
        Region::Us => endpoint::Region::Us,
    };
    let venue = Endpoint::venue(region, environment);
    if config.rest.is_none() && config.websocket.is_none() {
        return Ok(venue);
    }
    let websocket = venue.public.trim_end_matches("/public").to_owned();
    Endpoint::at(config.rest.as_ref().unwrap_or(&venue.rest), config.websocket.as_ref().unwrap_or(&websocket), environment)
}

/// Whether a run could begin with it, as far as can be told without asking the venue: where that is, and what to listen to.
pub fn check(config: &LiveConfig) -> Result<(Endpoint, Vec<Feed>), LinkError> {
    let feeds = config.feeds.iter().map(|text| Feed::parse(text).ok_or_else(|| LinkError::Feed(text.clone())));
    let feeds = feeds.collect::<Result<_, _>>()?;
    if config.instruments.is_empty() {
        return Err(LinkError::NoInstruments);
    }
    Ok((endpoint(config)?, feeds))
}

impl Link {
    /// Asks the venue for the time, for what it lists, and for what the key may do. Without a key it only listens.
    pub async fn open(config: &LiveConfig, credentials: Option<Credentials>) -> Result<Self, LinkError> {
        let (endpoint, feeds) = check(config)?;
        let (limits, clock) = (Arc::new(Limits::default()), Arc::new(Clock::default()));
        let rest = Arc::new(Rest::new(endpoint, credentials.clone(), limits, clock, RestTimings::default())?);
        rest.measure_clock().await?;
        let terms = Terms::default();
        if credentials.is_some() {
            let account = rest.account_config().await?;
            if account.permits(Permission::Withdraw) {
                return Err(LinkError::MayWithdraw);
            }
            if !account.permits(Permission::Trade) {
                return Err(LinkError::MayNotTrade(account.perm.to_string()));
            }
            match account.acct_lv.as_str() {
                "1" | "2" => {}
                other => return Err(LinkError::Mode(other.to_owned())),
            }
        }
        let listed = rest.instruments(&InstType::Spot).await?;
        let (mut instruments, mut codes) = (Vec::new(), BTreeMap::new());
        for (symbol, id) in config.instruments.iter().zip(0..) {
            let info = listed.iter().find(|info| info.inst_id == symbol.as_str());
            let info = info.ok_or_else(|| LinkError::Unlisted(symbol.clone()))?;
            let fees = if credentials.is_some() { fees(&rest, info).await? } else { paper_fees() };
            instruments.push(instrument(info, InstrumentId(id), fees)?);
            codes.extend(info.inst_id_code.0.map(|code| (symbol.clone(), code)));
        }
        let begins_at = match config.clock {
            config::Clock::System => machine_time(rest.clock()),
            config::Clock::Venue => {
                let ticker = rest.ticker(&config.instruments[0]).await?;
                ticker.ts.time("ts").map_err(ConvertError::from)?
            }
        };
        Ok(Self {
            config: config.clone(),
            feeds,
            rest,
            credentials,
            instruments,
            codes,
            terms,
            begins_at,
            pulse: Pulse::default(),
        })
    }

    /// What is traded, each at the place of its id.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// What time it was when the venue was asked.
    pub fn now(&self) -> Timestamp {
        self.begins_at
    }

    /// What the engine is to beat with each fact that it takes.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// The machine's clock, set by the venue's.
    pub fn wall(&self) -> Wall {
        let clock = self.rest.clock().clone();
        Box::new(move || machine_time(&clock))
    }
}

async fn fees(rest: &Rest, info: &InstrumentInfo) -> Result<Fees, LinkError> {
    let fee = rest.trade_fee(&InstType::Spot, info.inst_id.as_str()).await?;
    Ok(Fees::of(&fee, info.group_id.as_str())?)
}

fn paper_fees() -> Fees {
    let (maker, taker) = PAPER_FEES_BPS;
    Fees { maker: Rate::from_bps(maker), taker: Rate::from_bps(taker) }
}

/// Now, by the machine's clock set by the venue's.
fn machine_time(clock: &Clock) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    venue_time(clock, i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// A time of the machine's clock, by the venue's.
fn venue_time(clock: &Clock, machine_ns: i64) -> Timestamp {
    Timestamp(machine_ns.saturating_add(clock.skew_ms().unwrap_or(0).saturating_mul(MS_NS)))
}
