//! The connection to the backup: its trades and bars as inputs, on a task of its own.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use data::binance::{self, AggTrade, Channel, ConvertError, Event, Kline, Push, Rest, StreamConfig, connect, symbol_of};
use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, FeedGap};
use engine::number::{Decimal, RoundingStrategy};
use engine::time::{Interval, Timestamp};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{LastBars, is_alike};
use crate::config::LiveConfig;
use crate::live::market::Feed;

/// Messages that wait for their reader.
const WAITING: usize = 256;
/// How long the bars that were missed are asked for.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// The most bars that are asked for at once.
const MOST_BARS: i64 = 1_000;
const NS_PER_MS: i64 = 1_000_000;

/// Whom to ask for what.
#[derive(Debug)]
pub(super) struct Plan {
    rest: String,
    stream: StreamConfig,
    /// By the backup's names.
    instruments: BTreeMap<String, Instrument>,
    intervals: Vec<Interval>,
    channels: Vec<Channel>,
    /// Whether some of the feeds have no backup.
    is_partial: bool,
}

/// A connection; it ends when this is dropped.
pub(super) struct Line {
    pub(super) heard: Receiver<Heard>,
    /// Whether its data are told.
    pub(super) serves: bool,
    /// Whether there is a connection.
    pub(super) is_up: bool,
    /// Whether some of the feeds have no backup.
    pub(super) is_partial: bool,
    _task: JoinSet<()>,
}

/// What comes over the line.
#[derive(Debug)]
pub(super) enum Heard {
    /// There is a connection.
    Up,
    /// There is none.
    Down,
    /// Market data, each with the time at which it happened.
    Data(Vec<(Timestamp, Input)>),
}

/// The task's own.
struct Listener {
    plan: Arc<Plan>,
    rest: Option<Rest>,
    heard: Sender<Heard>,
    bars: LastBars,
    trades: BTreeMap<InstrumentId, LastTrade>,
    /// Whether a person knows that there is no connection, and that some data make no sense.
    is_down_told: bool,
    is_oddity_told: bool,
}

/// The last trade that came.
#[derive(Clone, Copy, Debug)]
struct LastTrade {
    id: u64,
    at: Timestamp,
    connection: u64,
}

impl Plan {
    /// `None` when the backup has nothing of it.
    pub(super) fn new(config: &LiveConfig, feeds: &[Feed], instruments: &[Instrument]) -> Option<Self> {
        let named = instruments.iter().filter_map(|instrument| Some((symbol_of(&instrument.symbol)?, instrument.clone())));
        let instruments: BTreeMap<_, _> = named.collect();
        let channel = |symbol: &str, feed: &Feed| match *feed {
            Feed::Trades => Some(Channel::Trades(symbol.to_owned())),
            Feed::Bars(interval) if is_alike(interval) => Some(Channel::Klines(symbol.to_owned(), interval)),
            Feed::Bars(_) | Feed::Quotes | Feed::Book => None,
        };
        let channels = instruments.keys().flat_map(|symbol| feeds.iter().filter_map(move |feed| channel(symbol, feed)));
        let channels: Vec<_> = channels.collect();
        let interval = |feed: &Feed| if let Feed::Bars(interval) = *feed { Some(interval) } else { None };
        let intervals = feeds.iter().filter_map(interval).filter(|&interval| is_alike(interval)).collect();
        let is_partial = feeds.iter().any(|feed| channel("", feed).is_none());
        let mut stream = StreamConfig::default();
        if let Some(host) = &config.backup_stream {
            stream.host.clone_from(host);
        }
        let rest = config.backup_rest.clone().unwrap_or_else(|| binance::DEFAULT_HOST.to_owned());
        (!channels.is_empty()).then_some(Self { rest, stream, instruments, intervals, channels, is_partial })
    }
}

impl Line {
    /// Connects. `bars` are the last ones that are known.
    pub(super) fn open(plan: Arc<Plan>, bars: LastBars) -> Self {
        let (sender, heard) = channel(WAITING);
        let (is_partial, mut task) = (plan.is_partial, JoinSet::new());
        let rest = Rest::new(&plan.rest).inspect_err(|error| warn(error)).ok();
        let (trades, is_down_told, is_oddity_told) = (BTreeMap::new(), false, false);
        task.spawn(Listener { plan, rest, heard: sender, bars, trades, is_down_told, is_oddity_told }.run());
        Self { heard, serves: false, is_up: false, is_partial, _task: task }
    }
}

impl Listener {
    async fn run(mut self) {
        let mut events = connect(self.plan.stream.clone(), &self.plan.channels);
        let mut connection = 0;
        while let Some(event) = events.recv().await {
            let heard = match event {
                Event::Up { connection: number } => {
                    (connection, self.is_down_told) = (number, false);
                    // Before what comes on the stream, which waits meanwhile.
                    let missed = self.missed().await;
                    if self.heard.send(Heard::Up).await.is_err() {
                        return;
                    }
                    Heard::Data(missed)
                }
                Event::Down { reason } => {
                    if !std::mem::replace(&mut self.is_down_told, true) {
                        warn(&reason);
                    }
                    Heard::Down
                }
                Event::Push(push) => Heard::Data(self.inputs(push, connection)),
                Event::Unreadable { reason } => {
                    self.odd(&reason);
                    continue;
                }
            };
            if self.heard.send(heard).await.is_err() {
                return;
            }
        }
    }

    /// The bars that closed since the last ones that are known.
    async fn missed(&mut self) -> Vec<(Timestamp, Input)> {
        let Some(rest) = &self.rest else { return Vec::new() };
        let Ok(mut bars) = timeout(FETCH_WITHIN, missed(rest, &self.plan, &self.bars)).await else {
            warn(&format_args!("the bars that were missed did not come within {FETCH_WITHIN:?}"));
            return Vec::new();
        };
        bars.sort_by_key(Bar::closed_at);
        bars.into_iter().map(|bar| self.bar(bar)).collect()
    }

    fn bar(&mut self, bar: Bar) -> (Timestamp, Input) {
        let last = self.bars.entry((bar.instrument, bar.interval)).or_insert(bar.opened_at);
        *last = bar.opened_at.max(*last);
        (bar.closed_at(), Input::Bar(bar))
    }

    fn inputs(&mut self, push: Push, connection: u64) -> Vec<(Timestamp, Input)> {
        let plan = self.plan.clone();
        let find = |symbol: &str| plan.instruments.get(symbol);
        match push {
            Push::Trade { symbol, trade } => {
                find(&symbol).map(|instrument| self.trade(trade, instrument, connection)).unwrap_or_default()
            }
            Push::Kline { symbol, kline } if kline.is_final => {
                let interval = kline.interval.parse().ok().filter(|interval| plan.intervals.contains(interval));
                let Some((instrument, interval)) = find(&symbol).zip(interval) else { return Vec::new() };
                let bar = self.sense(bar(&kline.kline(), interval, instrument));
                bar.map(|bar| self.bar(bar)).into_iter().collect()
            }
            Push::Kline { .. } | Push::Other => Vec::new(),
        }
    }

    /// A trade, and before the first one of a new connection what may be missing since the last one of the old.
    fn trade(&mut self, trade: AggTrade, instrument: &Instrument, connection: u64) -> Vec<(Timestamp, Input)> {
        let last = self.trades.get(&instrument.id).copied();
        let size = rounded(trade.size, instrument.size_scale);
        // Too small for the venue's decimals, or told before.
        if (size.is_zero() && !trade.size.is_zero()) || last.is_some_and(|last| trade.id <= last.id) {
            return Vec::new();
        }
        let trade = AggTrade { price: rounded(trade.price, instrument.price_scale), size, ..trade };
        let Some(trade) = self.sense(binance::trade(&trade, instrument)) else { return Vec::new() };
        let (from, to) = (last.map_or(trade.venue_at, |last| last.at), trade.venue_at);
        let is_gap = last.is_some_and(|last| last.connection != connection) && from < to;
        let gap = is_gap.then(|| (to, Input::FeedGap(Box::new(FeedGap { instrument: instrument.id, from, to }))));
        self.trades.insert(instrument.id, LastTrade { id: trade.trade_id.unwrap_or(0), at: to, connection });
        gap.into_iter().chain([(to, Input::Trade(trade))]).collect()
    }

    /// What makes no sense is left out, and a person is told once.
    fn sense<T>(&mut self, result: Result<T, ConvertError>) -> Option<T> {
        result.inspect_err(|error| self.odd(error)).ok()
    }

    fn odd(&mut self, reason: &dyn Display) {
        if !std::mem::replace(&mut self.is_oddity_told, true) {
            warn(&format_args!("some of its data cannot be used: {reason}"));
        }
    }
}

/// All bars since the last ones that are known, as far as they can be had.
async fn missed(rest: &Rest, plan: &Plan, last: &LastBars) -> Vec<Bar> {
    let mut missed = Vec::new();
    let last = |instrument: &Instrument, interval| last.get(&(instrument.id, interval)).copied();
    let wanted = plan.instruments.iter().flat_map(|(symbol, instrument)| {
        let known = plan.intervals.iter().map(move |&interval| (interval, last(instrument, interval)));
        known.filter_map(move |(interval, last)| Some((symbol, instrument, interval, last?)))
    });
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() {
        return missed;
    }
    let Some(now_ms) = rest.time_ms().await.inspect_err(|error| warn(error)).ok() else { return missed };
    for (symbol, instrument, interval, last) in wanted {
        let length_ms = interval.ns() / NS_PER_MS;
        let oldest_ms = now_ms.saturating_sub(length_ms.saturating_mul(MOST_BARS));
        let from_ms = (last.0 / NS_PER_MS).saturating_add(length_ms).max(oldest_ms);
        if from_ms.saturating_add(length_ms) > now_ms {
            continue;
        }
        let klines = rest.klines(symbol, interval, from_ms, now_ms).await.inspect_err(|error| warn(error)).unwrap_or_default();
        let bars = klines.iter().filter_map(|kline| bar(kline, interval, instrument).inspect_err(|error| warn(error)).ok());
        missed.extend(bars.filter(|bar| bar.closed_at().0 / NS_PER_MS <= now_ms));
    }
    missed
}

/// A candle as the venue would have it: prices and volume are rounded half to even to its decimals.
fn bar(kline: &Kline, interval: Interval, instrument: &Instrument) -> Result<Bar, ConvertError> {
    let price = |value| rounded(value, instrument.price_scale);
    let Kline { open, high, low, close, .. } = *kline;
    let kline = Kline { open: price(open), high: price(high), low: price(low), close: price(close), ..*kline };
    binance::bar(&kline, interval, instrument)
}

/// Half to even, to the venue's decimals: the backup may have more.
fn rounded(value: Decimal, scale: u8) -> Decimal {
    value.round_dp_with_strategy(scale.into(), RoundingStrategy::MidpointNearestEven)
}

fn warn(reason: &dyn Display) {
    eprintln!("warning: the backup, Binance: {reason}");
}
