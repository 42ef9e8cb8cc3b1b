//! History from venues into files: candles and trades, resumable, at the venue's pace.
//!
//! ```text
//!  venue ─ chunk ─► F.part ─ chunk ─► F.part ─ ... ─ whole ─► F
//! ```
//!
//! Rows are appended to `F.part` in order of time, so its last whole row says where an interrupted download goes on. When
//! nothing is missing any more, it is packed as the ending of `F` says and gets its name.

mod error;
mod row;
mod part;
mod binance;
mod okx;

use std::path::PathBuf;

pub use error::DownloadError;

use engine::time::{Interval, Timestamp};

use crate::files::{CheckReport, ReadOptions, check};
use binance::BinanceFeed;
use okx::OkxFeed;
use part::{Part, Resumed};
use row::Row;

const NS_PER_MS: i64 = 1_000_000;

/// From where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Venue {
    /// OKX.
    Okx,
    /// Binance.
    Binance,
}

/// What is downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Candles of this length.
    Candles(Interval),
    /// Public trades; of Binance, the aggregated ones.
    Trades,
}

/// A download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// From where.
    pub venue: Venue,
    /// Another host than the venue's own, such as `http://127.0.0.1:8080`.
    pub host: Option<String>,
    /// Of what, such as `BTC-USDT`.
    pub instrument: String,
    /// What.
    pub series: Series,
    /// Nothing before this; of candles, those that open before.
    pub from: Timestamp,
    /// Nothing from this time on; of candles, those that open then. Nor what is not over yet by the venue's clock.
    pub to: Timestamp,
    /// The file to make: `.csv`, `.csv.gz` or `.csv.zst`.
    pub out: PathBuf,
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it began, where it is, and where it ends.
    pub from: Timestamp,
    /// Everything before this is in the file.
    pub at: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// Rows in the file, those of earlier attempts included.
    pub rows: u64,
}

/// What was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadReport {
    /// Rows that an earlier attempt had left.
    pub resumed_rows: u64,
    /// Rows in the file.
    pub rows: u64,
    /// What is missing or odd in the file.
    pub check: CheckReport,
}

/// Where a download goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    /// Everything before this is done, in Unix milliseconds.
    at_ms: i64,
    /// Of the trades at this time, those up to this one are done as well.
    trade_id: Option<u64>,
}

impl Position {
    /// Whether a row with this time and id is done.
    fn is_past(self, (at_ms, id): (i64, u64)) -> bool {
        at_ms < self.at_ms || (at_ms == self.at_ms && self.trade_id.is_some_and(|last| id <= last))
    }
}

/// The next rows, and where to go on after them.
#[derive(Debug)]
struct Chunk {
    rows: Vec<Row>,
    next: Position,
}

enum Feed {
    Okx(Box<OkxFeed>),
    Binance(BinanceFeed),
}

/// Downloads, or goes on with what an earlier attempt left. `progress` is told after each answer.
///
/// What was downloaded before an error stays in the `.part` file.
pub async fn download(request: &Request, progress: &mut dyn FnMut(Progress)) -> Result<DownloadReport, DownloadError> {
    let mut feed = Feed::new(request)?;
    let from_ms = div_ceil(request.from.0, NS_PER_MS);
    if request.to <= request.from {
        return Err(DownloadError::Request { reason: format!("there is nothing from {} to {}", request.from, request.to) });
    }
    let (mut part, Resumed { rows: resumed_rows, last }) = Part::open(request)?;
    let asked_ms = div_ceil(request.to.0, NS_PER_MS);
    if let Some(last) = last.filter(|last| last.key().0 >= asked_ms) {
        let last = Timestamp(last.key().0.saturating_mul(NS_PER_MS));
        let reason = format!("{} goes on to {last} already: end after that, or remove it", part.path().display());
        return Err(DownloadError::Request { reason });
    }
    let position = last.map_or(Position { at_ms: from_ms, trade_id: None }, |row| row.after(request.series));
    let filled = fill(&mut part, &mut feed, position, (from_ms, asked_ms), progress).await;
    if part.rows() == 0 {
        // Nothing to go on with.
        part.discard()?;
        filled?;
        return Err(DownloadError::Nothing { of: request.instrument.clone(), from: request.from, to: request.to });
    }
    filled?;
    let rows = part.rows();
    part.finish(&request.out)?;
    let interval = if let Series::Candles(interval) = request.series { Some(interval) } else { None };
    let options = ReadOptions { interval, symbol: Some(request.instrument.clone()), ..ReadOptions::default() };
    Ok(DownloadReport { resumed_rows, rows, check: check(&request.out, &options)? })
}

/// Asks until everything from the position on is in the part.
async fn fill(
    part: &mut Part,
    feed: &mut Feed,
    mut position: Position,
    (from_ms, asked_ms): (i64, i64),
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DownloadError> {
    let to_ms = asked_ms.min(feed.end_ms().await?).max(from_ms);
    let time = |ms: i64| Timestamp(ms.saturating_mul(NS_PER_MS));
    loop {
        let at = time(position.at_ms.min(to_ms));
        progress(Progress { from: time(from_ms), at, to: time(to_ms), rows: part.rows() });
        if position.at_ms >= to_ms {
            return Ok(());
        }
        let chunk = feed.chunk(position, to_ms).await?;
        part.append(&chunk.rows)?;
        position = chunk.next;
    }
}

impl Feed {
    fn new(request: &Request) -> Result<Self, DownloadError> {
        match request.venue {
            Venue::Okx => OkxFeed::new(request).map(|feed| Self::Okx(Box::new(feed))),
            Venue::Binance => BinanceFeed::new(request).map(Self::Binance),
        }
    }

    /// Where history ends: what comes later is not over yet by the venue's clock.
    async fn end_ms(&self) -> Result<i64, DownloadError> {
        match self {
            Self::Okx(feed) => feed.end_ms().await,
            Self::Binance(feed) => feed.end_ms().await,
        }
    }

    /// The next rows before `to_ms`; at the end, the position after them is there.
    async fn chunk(&mut self, position: Position, to_ms: i64) -> Result<Chunk, DownloadError> {
        match self {
            Self::Okx(feed) => feed.chunk(position, to_ms).await,
            Self::Binance(feed) => feed.chunk(position, to_ms).await,
        }
    }
}

impl Series {
    /// At this venue time, candles that opened at or after the answer are still forming.
    fn end_ms(self, now_ms: i64) -> i64 {
        match self {
            Self::Candles(interval) => now_ms - interval.ns() / NS_PER_MS + 1,
            Self::Trades => now_ms,
        }
    }
}

fn div_ceil(ns: i64, unit: i64) -> i64 {
    ns.div_euclid(unit) + i64::from(ns.rem_euclid(unit) != 0)
}
