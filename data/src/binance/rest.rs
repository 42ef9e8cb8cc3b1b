//! Candles and trades over REST. Without a key, so only what is public.

use std::time::Duration;

use engine::time::Interval;

use super::convert::interval_name;
use super::message::{AggTrade, Kline, ServerTime};
use crate::http::{Http, HttpError, Reply};

/// The host for public market data alone.
pub const DEFAULT_HOST: &str = "https://data-api.binance.vision";

/// The most rows of one answer.
pub(crate) const MAX_ROWS: usize = 1_000;
/// 6,000 units of weight a minute are allowed, to all programs behind one address: this takes half of it.
const PACE: Duration = Duration::from_millis(20);
/// Others share the limit: when so much of it is used, the next minute is waited for.
const MUCH_WEIGHT: u32 = 5_000;
const TIME_WEIGHT: u32 = 1;
const KLINES_WEIGHT: u32 = 2;
const TRADES_WEIGHT: u32 = 4;

/// Where trades are to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradesFrom {
    /// With the first one at this time or after, in Unix milliseconds.
    TimeMs(i64),
    /// With this id.
    Id(u64),
}

/// Binance's REST interface.
#[derive(Debug)]
pub struct Rest {
    http: Http,
}

impl Rest {
    /// At `host`, such as [`DEFAULT_HOST`].
    pub fn new(host: &str) -> Result<Self, HttpError> {
        Ok(Self { http: Http::new(host, PACE)? })
    }

    /// The venue's time, in Unix milliseconds.
    pub async fn time_ms(&self) -> Result<i64, HttpError> {
        let time: ServerTime = self.get("/api/v3/time", TIME_WEIGHT).await?.json()?;
        Ok(time.at_ms)
    }

    /// The first candles, at most 1,000, that open from `from_ms` on and before `to_ms`, oldest first. The last one may still
    /// be forming.
    pub async fn klines(&self, symbol: &str, interval: Interval, from_ms: i64, to_ms: i64) -> Result<Vec<Kline>, HttpError> {
        let name = interval_name(interval).unwrap_or_else(|| interval.to_string());
        let last_ms = to_ms.saturating_sub(1);
        let path =
            format!("/api/v3/klines?symbol={symbol}&interval={name}&startTime={from_ms}&endTime={last_ms}&limit={MAX_ROWS}");
        let reply = self.get(&path, KLINES_WEIGHT).await?;
        let klines: Vec<Kline> = reply.json()?;
        let is_asked = |kline: &Kline| (from_ms..to_ms).contains(&kline.opened_at_ms);
        if !klines.iter().all(is_asked) || !klines.is_sorted_by(|one, two| one.opened_at_ms < two.opened_at_ms) {
            return Err(reply.malformed("its candles are out of order, or others than those asked for"));
        }
        Ok(klines)
    }

    /// The first trades, at most 1,000, from there on, oldest first.
    pub async fn agg_trades(&self, symbol: &str, from: TradesFrom) -> Result<Vec<AggTrade>, HttpError> {
        let start = match from {
            TradesFrom::TimeMs(ms) => format!("startTime={ms}"),
            TradesFrom::Id(id) => format!("fromId={id}"),
        };
        let reply = self.get(&format!("/api/v3/aggTrades?symbol={symbol}&{start}&limit={MAX_ROWS}"), TRADES_WEIGHT).await?;
        let trades: Vec<AggTrade> = reply.json()?;
        let is_asked = |trade: &AggTrade| match from {
            TradesFrom::TimeMs(ms) => trade.at_ms >= ms,
            TradesFrom::Id(id) => trade.id >= id,
        };
        if !trades.iter().all(is_asked) || !trades.is_sorted_by(|one, two| one.id < two.id && one.at_ms <= two.at_ms) {
            return Err(reply.malformed("its trades are out of order, or others than those asked for"));
        }
        Ok(trades)
    }

    async fn get(&self, path: &str, weight: u32) -> Result<Reply, HttpError> {
        let reply = self.http.get(path, weight).await?;
        if reply.used_weight.is_some_and(|used| used >= MUCH_WEIGHT) {
            self.http.hold(Duration::from_mins(1));
        }
        Ok(reply)
    }
}
