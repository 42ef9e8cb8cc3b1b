//! Market data from files, in the order of time: what the exchange replays.
//!
//! Of each instrument the finest kinds are used: trades, quotes and books where there are any, else its shortest bars,
//! of which trades are made that may have led to them ([`feed_path`](super::feed_path)).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;

use data::files::{FileError, History, Kind, ReadOptions, Source, history};
use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::time::{Interval, Timestamp};

use super::feed_path;
use crate::config::{Config, InstrumentConfig};
use crate::listing::{Listed, ListingError, instruments_of};

/// What the embedded sample is served as.
const SAMPLE_SYMBOL: &str = "BTC-USDT";

/// How fast the data's time goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many seconds of the data in one of the machine's.
    Times(f64),
    /// As fast as all clients read.
    Max,
}

/// The text is not a speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number above zero such as 1, 60 or 0.5, or max")]
pub struct InvalidSpeed;

/// The data cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// An instrument's rules cannot be told.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// There is nothing in them.
    #[error("the data have no trades, quotes, books or bars with volume: nothing to serve")]
    Nothing,
}

/// Events in the order of time: trades, quotes, books.
pub struct Feed {
    streams: Vec<Stream>,
    due: BinaryHeap<Reverse<Due>>,
    made: u64,
    random: fastrand::Rng,
    speed: Speed,
    /// By instrument: the step of its prices at the scale of its market data.
    ticks: Vec<i64>,
}

struct Stream {
    history: History,
    /// The next of it, and from when on it happens: of a bar when it opens.
    head: Option<(Timestamp, Input)>,
}

/// An event that waits for its time. The order in which events were read decides between those of one instant.
struct Due {
    at: Timestamp,
    order: u64,
    input: Input,
}

impl Feed {
    /// Opens the files, or the embedded sample when there are none, and tells what instruments they are of. `chance` seeds
    /// when the trades of a bar happen.
    pub fn open(
        paths: &[PathBuf],
        instruments: &[InstrumentConfig],
        speed: Speed,
        chance: u64,
    ) -> Result<(Self, Vec<Instrument>), FeedError> {
        let options = ReadOptions::default();
        let sources = if paths.is_empty() {
            vec![Source::sample(&ReadOptions { symbol: Some(SAMPLE_SYMBOL.to_owned()), ..options })]
        } else {
            paths.iter().map(|path| Source::open(path, &options)).collect::<Result<_, _>>()?
        };
        let config = Config { instruments: instruments.to_vec(), ..Config::default() };
        let (sources, instruments) = instruments_of(&config, sources)?;
        let mut feed = Self {
            streams: Vec::new(),
            due: BinaryHeap::new(),
            made: 0,
            random: fastrand::Rng::with_seed(chance ^ 0x0070_6174_6873),
            speed,
            ticks: instruments.iter().map(|i| i.fixed_price(i.tick_size).map_or(1, |tick| tick.0)).collect(),
        };
        for group in groups(sources) {
            let mut stream = Stream { history: history(group), head: None };
            stream.advance()?;
            feed.streams.push(stream);
        }
        Ok((feed, instruments))
    }

    /// When the next event happens; `None` when there will be none.
    pub fn due(&mut self) -> Result<Option<Timestamp>, FileError> {
        self.read_ahead()?;
        Ok(self.due.peek().map(|Reverse(due)| due.at))
    }

    /// The next event.
    pub fn take(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        self.read_ahead()?;
        Ok(self.due.pop().map(|Reverse(due)| (due.at, due.input)))
    }

    /// Reads until nothing unread can happen before what waits.
    fn read_ahead(&mut self) -> Result<(), FileError> {
        loop {
            let heads = self.streams.iter().enumerate().filter_map(|(index, s)| Some((s.head.as_ref()?.0, index)));
            let Some((first, index)) = heads.min() else { return Ok(()) };
            if self.due.peek().is_some_and(|Reverse(due)| due.at < first) {
                return Ok(());
            }
            let Some((at, input)) = self.streams[index].head.take() else { return Ok(()) };
            self.streams[index].advance()?;
            match input {
                Input::Bar(bar) => {
                    let tick = self.ticks.get(bar.instrument.index()).copied().unwrap_or(1);
                    for trade in feed_path::trades(&bar, tick, points(bar.interval, self.speed), &mut self.random) {
                        self.push(trade.venue_at, Input::Trade(trade));
                    }
                }
                input => self.push(at, input),
            }
        }
    }

    fn push(&mut self, at: Timestamp, input: Input) {
        self.made += 1;
        self.due.push(Reverse(Due { at, order: self.made, input }));
    }
}

impl Stream {
    fn advance(&mut self) -> Result<(), FileError> {
        for next in self.history.by_ref() {
            let (at, input) = next?;
            let from = match &input {
                Input::Bar(bar) => bar.opened_at,
                Input::Trade(_) | Input::Quote(_) | Input::BookSnapshot(_) | Input::BookDelta(_) => at,
                _ => continue,
            };
            self.head = Some((from, input));
            return Ok(());
        }
        Ok(())
    }
}

/// Which files are read together: all that are no bars, and the bars of each length. Within a group, what comes later
/// in the files happens later.
fn groups(sources: Listed) -> Vec<Vec<(Source, Instrument)>> {
    let mut finest: BTreeMap<InstrumentId, Option<Interval>> = BTreeMap::new();
    for (source, instrument) in &sources {
        // No interval is finer than any.
        let interval = if source.kind() == Kind::Candles { source.interval() } else { None };
        if source.kind() != Kind::Funding {
            finest.entry(instrument.id).and_modify(|known| *known = (*known).min(interval)).or_insert(interval);
        }
    }
    let mut groups: BTreeMap<Option<Interval>, Vec<(Source, Instrument)>> = BTreeMap::new();
    for (source, instrument) in sources {
        let interval = if source.kind() == Kind::Candles { source.interval() } else { None };
        if source.kind() != Kind::Funding && finest.get(&instrument.id) == Some(&interval) {
            groups.entry(interval).or_default().push((source, instrument));
        }
    }
    groups.into_values().collect()
}

/// How many trades a bar is made of: one a second of the machine, as far as the bar's length and the speed allow.
fn points(interval: Interval, speed: Speed) -> i64 {
    match speed {
        Speed::Max => feed_path::FEWEST,
        #[expect(clippy::cast_possible_truncation, reason = "at most the seconds of an interval")]
        Speed::Times(times) => (f64::from(interval.0) / times).min(feed_path::MOST as f64) as i64,
    }
}

impl std::str::FromStr for Speed {
    type Err = InvalidSpeed;
    fn from_str(text: &str) -> Result<Self, InvalidSpeed> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times: f64 = text.parse().map_err(|_| InvalidSpeed)?;
        if times.is_finite() && (0.001..=1e9).contains(&times) { Ok(Self::Times(times)) } else { Err(InvalidSpeed) }
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times}"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_numbers_or_max() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("60".parse(), Ok(Speed::Times(60.0)));
        for text in ["0", "-1", "nan", "inf", "fast", ""] {
            assert_eq!(text.parse::<Speed>(), Err(InvalidSpeed), "{text:?}");
        }
    }

    #[test]
    fn bars_of_two_instruments_come_as_trades_in_one_order_of_time() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let hours = "ts_ms,open,high,low,close,volume\n1704067200000,10,12,9,11,100\n1704070800000,11,13,10,12,50\n";
        let days = "ts_ms,open,high,low,close,volume\n1704067200000,10,99,9,11,1\n";
        let trades = "ts_ms,price,size,side,trade_id\n1704067201000,5,1,buy,1\n1704070900000,6,2,sell,2\n";
        let paths = [write("AAA-USDT_1h.csv", hours), write("AAA-USDT_1d.csv", days), write("BBB-USDT_trades.csv", trades)];
        let (mut feed, instruments) = Feed::open(&paths, &[], Speed::Max, 1).unwrap();
        assert_eq!(instruments.iter().map(|i| i.symbol.as_str()).collect::<Vec<_>>(), ["AAA-USDT", "BBB-USDT"]);
        let mut seen = Vec::new();
        while let Some((at, input)) = feed.take().unwrap() {
            let Input::Trade(trade) = input else { panic!("{input:?}") };
            seen.push((at, trade.instrument.0, instruments[trade.instrument.index()].price(trade.price).to_string()));
        }
        assert_eq!(seen.len(), 10, "the day's bar says nothing new");
        assert!(seen.is_sorted_by_key(|(at, ..)| *at));
        let first: Vec<_> =
            seen.iter().filter(|(_, id, _)| *id == 0).map(|(.., price)| price.trim_end_matches(['0', '.'])).collect();
        assert_eq!(first, ["1", "9", "12", "11", "11", "1", "13", "12"], "trailing zeros are cut here");
    }

    #[test]
    fn the_sample_is_served_as_a_pair_with_usdt() {
        let (mut feed, instruments) = Feed::open(&[], &[], Speed::Times(1.0), 0).unwrap();
        assert_eq!((instruments.len(), instruments[0].symbol.as_str()), (1, "BTC-USDT"));
        assert!(feed.due().unwrap().is_some());
    }
}
