//! OKX's history: it answers backwards from a time or an id, newest first. So time is cut into windows, each walked back from
//! its end and kept only when its beginning is reached.

use std::sync::Arc;
use std::time::Duration;

use engine::market::Side;
use engine::time::Interval;

use super::row::Row;
use super::{Chunk, DownloadError, NS_PER_MS, Position, Request, Series};
use crate::okx::clock::Clock;
use crate::okx::endpoint::{Endpoint, Environment, Region};
use crate::okx::limits::Limits;
use crate::okx::message::{self, Candle, InvalidNumber, PublicTrade};
use crate::okx::rest::{Page, Rest, RestTimings};

/// The most candles of one answer.
const MAX_CANDLES: u32 = 300;
/// The most trades of one answer.
const MAX_TRADES: u32 = 100;
/// Answers that are kept in memory for one window. A window that needs more is halved.
const MAX_PAGES: u32 = 24;
/// A window that needs no more than this is doubled.
const FEW_PAGES: u32 = 2;
const FIRST_TRADES_MS: i64 = 60_000;
/// A year: the longest window, where there is nothing.
const MAX_WIDTH_MS: i64 = 366 * 86_400_000;
/// Nobody waits for one answer: better late than an hour's download that ends in the middle.
const TRIES: u32 = 8;
const PATIENCE: Duration = Duration::from_mins(1);
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const MOST_BACKOFF: Duration = Duration::from_secs(30);

/// Its candles: ours, and how it writes them, in UTC.
const BARS: [(u32, &str); 15] = [
    (1, "1s"),
    (60, "1m"),
    (180, "3m"),
    (300, "5m"),
    (900, "15m"),
    (1_800, "30m"),
    (3_600, "1H"),
    (7_200, "2H"),
    (14_400, "4H"),
    (21_600, "6Hutc"),
    (43_200, "12Hutc"),
    (86_400, "1Dutc"),
    (172_800, "2Dutc"),
    (259_200, "3Dutc"),
    (604_800, "1Wutc"),
];

pub(super) struct OkxFeed {
    rest: Rest,
    instrument: String,
    series: Series,
    /// How much of time the next window is.
    width_ms: i64,
}

/// What is asked for: rows older than this.
#[derive(Clone, Copy)]
enum Cursor {
    TimeMs(i64),
    Id(u64),
}

/// A row, and whether it is final.
struct Found {
    row: Row,
    is_final: bool,
}

impl OkxFeed {
    pub(super) fn new(request: &Request) -> Result<Self, DownloadError> {
        let refuse = |reason| Err(DownloadError::Request { reason });
        let instrument = request.instrument.clone();
        let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if !instrument.contains('-') || !instrument.bytes().all(is_code) {
            return refuse(format!("{instrument} is no instrument of OKX: write it like BTC-USDT or BTC-USDT-SWAP"));
        }
        let width_ms = match request.series {
            Series::Candles(interval) if bar_name(interval).is_none() => {
                return refuse(format!(
                    "OKX has no candles of {interval}: take 1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h, 1d, 2d, 3d or 1w"
                ));
            }
            Series::Candles(interval) => i64::from(MAX_CANDLES) * interval.ns() / NS_PER_MS,
            Series::Trades if !is_spot(&instrument) => {
                return refuse(format!("OKX counts trades of {instrument} in contracts, not in coins: take its candles"));
            }
            Series::Trades => FIRST_TRADES_MS,
        };
        let endpoint = match &request.host {
            // Its WebSockets are not asked.
            Some(host) => Endpoint::at(host, &format!("{}/ws/v5", host.replacen("http", "ws", 1)), Environment::Live)
                .map_err(|error| DownloadError::Request { reason: error.to_string() })?,
            None => Endpoint::venue(Region::Global, Environment::Live),
        };
        let (patience, backoff_first, backoff_most) = (PATIENCE, FIRST_BACKOFF, MOST_BACKOFF);
        let timings = RestTimings { patience, tries: TRIES, backoff_first, backoff_most, ..RestTimings::default() };
        let rest = Rest::new(endpoint, None, Arc::new(Limits::default()), Arc::new(Clock::default()), timings)?;
        Ok(Self { rest, instrument, series: request.series, width_ms })
    }

    pub(super) async fn end_ms(&self) -> Result<i64, DownloadError> {
        Ok(self.series.end_ms(self.rest.time().await?))
    }

    pub(super) async fn chunk(&mut self, position: Position, to_ms: i64) -> Result<Chunk, DownloadError> {
        loop {
            let end_ms = position.at_ms.saturating_add(self.width_ms).min(to_ms);
            // The last window may be a short one.
            let width_ms = end_ms - position.at_ms;
            let Some((rows, pages)) = self.window(position, end_ms).await? else {
                self.width_ms = (width_ms / 2).max(1);
                continue;
            };
            if pages <= FEW_PAGES {
                self.width_ms = self.width_ms.saturating_mul(2).min(MAX_WIDTH_MS);
            }
            return Ok(Chunk { rows, next: Position { at_ms: end_ms, trade_id: None } });
        }
    }

    /// The rows from `position` to `end_ms`, oldest first, and how many answers they took; nothing if they are too many.
    async fn window(&self, position: Position, end_ms: i64) -> Result<Option<(Vec<Row>, u32)>, DownloadError> {
        let mut rows = Vec::new();
        let mut cursor = Cursor::TimeMs(end_ms);
        let mut pages = 0;
        loop {
            if pages == MAX_PAGES && end_ms - position.at_ms > 1 {
                return Ok(None);
            }
            let found = self.page(cursor).await?;
            pages += 1;
            let Some(oldest) = found.iter().map(|found| found.row.key()).min() else { break };
            let goes_back = match cursor {
                Cursor::TimeMs(ms) => oldest.0 < ms,
                Cursor::Id(id) => oldest.1 < id,
            };
            if !goes_back {
                return Err(self.unusable("its rows are not older than those before"));
            }
            let is_wanted = |row: &Row| row.key().0 < end_ms && !position.is_past(row.key());
            rows.extend(found.iter().filter(|found| found.is_final).map(|found| found.row).filter(is_wanted));
            let is_reached = match self.series {
                Series::Candles(_) => oldest.0 <= position.at_ms,
                // Others of the same millisecond may be older.
                Series::Trades => position.is_past(oldest),
            };
            if is_reached {
                break;
            }
            cursor = match self.series {
                Series::Candles(_) => Cursor::TimeMs(oldest.0),
                Series::Trades => Cursor::Id(oldest.1),
            };
        }
        rows.sort_by_key(Row::key);
        rows.dedup_by_key(|row| row.key());
        Ok(Some((rows, pages)))
    }

    async fn page(&self, cursor: Cursor) -> Result<Vec<Found>, DownloadError> {
        let instrument = &self.instrument;
        let found: Result<_, InvalidNumber> = match (self.series, cursor) {
            (Series::Candles(interval), Cursor::TimeMs(end_ms)) => {
                let page = Page::older_than(end_ms).limit(MAX_CANDLES);
                let candles = self.rest.history_candles(instrument, bar_name(interval).unwrap_or_default(), &page).await?;
                candles.iter().map(|candle| found_candle(candle, is_spot(instrument))).collect()
            }
            (_, Cursor::TimeMs(end_ms)) => {
                let trades = self.rest.history_trades_before(instrument, end_ms, MAX_TRADES).await?;
                trades.iter().map(found_trade).collect()
            }
            (_, Cursor::Id(id)) => {
                let trades = self.rest.history_trades(instrument, &Page::older_than(id).limit(MAX_TRADES)).await?;
                trades.iter().map(found_trade).collect()
            }
        };
        found.map_err(|error| self.unusable(&error.to_string()))
    }

    fn unusable(&self, reason: &str) -> DownloadError {
        DownloadError::Unusable { venue: "OKX", of: self.instrument.clone(), reason: reason.to_owned() }
    }
}

fn bar_name(interval: Interval) -> Option<&'static str> {
    BARS.iter().find(|(seconds, _)| *seconds == interval.0).map(|(_, name)| *name)
}

/// Of contracts, sizes are told in contracts.
fn is_spot(instrument: &str) -> bool {
    instrument.matches('-').count() == 1
}

fn found_candle(candle: &Candle, is_spot: bool) -> Result<Found, InvalidNumber> {
    let volume = if is_spot { candle.vol.required("vol")? } else { candle.vol_ccy.required("volCcy")? };
    let prices = [
        candle.open.required("open")?,
        candle.high.required("high")?,
        candle.low.required("low")?,
        candle.close.required("close")?,
    ];
    let row = Row::Candle { opened_at_ms: candle.ts.integer("ts")?, prices, volume };
    Ok(Found { row, is_final: candle.confirm.value().is_none_or(|confirm| !confirm.is_zero()) })
}

fn found_trade(trade: &PublicTrade) -> Result<Found, InvalidNumber> {
    let taker = match trade.side {
        message::Side::Buy => Side::Buy,
        message::Side::Sell => Side::Sell,
        message::Side::Other(_) => return Err(InvalidNumber { field: "side", is_missing: true }),
    };
    let id = trade.trade_id.as_str().parse().map_err(|_| InvalidNumber { field: "tradeId", is_missing: false })?;
    let (price, size) = (trade.px.required("px")?, trade.sz.required("sz")?);
    let row = Row::Trade { at_ms: trade.ts.integer("ts")?, price, size, taker, id };
    Ok(Found { row, is_final: true })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use engine::number::Decimal;
    use engine::time::Timestamp;

    use super::*;
    use crate::download::Venue;

    fn feed(instrument: &str, series: Series, host: Option<&str>) -> Result<OkxFeed, String> {
        let (from, to) = (Timestamp(0), Timestamp(1));
        let (instrument, host) = (instrument.to_owned(), host.map(str::to_owned));
        let request = Request { venue: Venue::Okx, host, instrument, series, from, to, out: PathBuf::from("F.csv") };
        OkxFeed::new(&request).map_err(|error| error.to_string())
    }

    #[test]
    fn volumes_are_in_coins_and_a_forming_candle_is_told_apart() {
        let candle = |confirm: &str| -> Candle {
            serde_json::from_str(&format!(r#"["60000","1","2","0.5","1.5","300","3","4.5","{confirm}"]"#)).unwrap()
        };
        for (is_spot, expected) in [(true, 300), (false, 3)] {
            let found = found_candle(&candle("1"), is_spot).unwrap();
            assert!(matches!(found.row, Row::Candle { volume, .. } if volume == Decimal::from(expected)));
        }
        let are_final = ["0", "1"].map(|confirm| found_candle(&candle(confirm), true).unwrap().is_final);
        assert_eq!(are_final, [false, true]);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_before() {
        let hour = Series::Candles(Interval(3_600));
        assert!(feed("BTC-USDT-SWAP", hour, Some("http://127.0.0.1:1")).is_ok());
        for (instrument, series, host, expected) in [
            ("BTC-USDT-SWAP", Series::Trades, None, "OKX counts trades of BTC-USDT-SWAP in contracts"),
            ("BTCUSDT", hour, None, "BTCUSDT is no instrument of OKX"),
            ("BTC-USDT&x=1", hour, None, "BTC-USDT&x=1 is no instrument of OKX"),
            ("BTC-USDT", Series::Candles(Interval(5)), None, "OKX has no candles of 5s"),
            ("BTC-USDT", hour, Some("www.okx.com"), "www.okx.com"),
        ] {
            let error = feed(instrument, series, host).err().expect("a refusal");
            assert!(error.contains(expected), "{error}");
        }
    }
}
