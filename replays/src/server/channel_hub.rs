//! The public channels: who listens to what, and what is pushed when.

use axum::extract::ws::Utf8Bytes;
use engine::time::Timestamp;

use super::channel::Topic;
use super::channel_depth::{Change, Depth};
use super::channel_post::Post;
use super::config::Rhythm;
use super::faults::{FaultKind, Spot};
use super::market::{Market, PublicTrade};
use super::market_bar::BarKind;
use super::market_candles::{Candle, Series};
use super::market_rest::{Markets, index_ticker, mark_price, price_limit, ticker};
use super::market_text::{candle, trade};

/// After so long without a change, a book channel says that it is still there, in milliseconds.
const KEEP_ALIVE_MS: i64 = 60_000;

/// The channels of all markets.
#[derive(Debug)]
pub struct Hub {
    /// By market.
    lines: Vec<Vec<Line>>,
    rhythm: Rhythm,
}

/// A channel of one market that somebody listens to.
#[derive(Debug)]
struct Line {
    topic: Topic,
    listeners: Vec<u64>,
    /// `{"arg":{…},`
    head: String,
    depth: Option<Depth>,
    /// Something has happened that is not pushed yet.
    is_touched: bool,
    last_ms: i64,
}

impl Hub {
    /// Without any listener.
    pub fn new(markets: usize, rhythm: Rhythm) -> Self {
        Self { lines: (0..markets).map(|_| Vec::new()).collect(), rhythm }
    }

    /// Whether anybody listens to anything.
    pub fn has_listeners(&self) -> bool {
        self.lines.iter().any(|lines| !lines.is_empty())
    }

    /// Someone new listens; gives what they are told first.
    pub fn listen(&mut self, market: &mut Market, place: usize, topic: Topic, id: u64, now: Now) -> Option<Utf8Bytes> {
        let lines = &mut self.lines[place];
        let index = lines.iter().position(|line| line.topic == topic).unwrap_or_else(|| {
            let depth = topic.depth().map(|shown| Depth::new(shown, &market.book, market.seq));
            let bar = if let Topic::Candle(kind) = topic { kind.name() } else { "" };
            let head = format!("{{\"arg\":{{\"channel\":\"{}{bar}\",\"instId\":\"{}\"}},", topic.name(), market.rules().symbol);
            lines.push(Line { topic, listeners: Vec::new(), head, depth, is_touched: false, last_ms: now.ms });
            lines.len() - 1
        });
        let line = &mut lines[index];
        if !line.listeners.contains(&id) {
            line.listeners.push(id);
        }
        let mut out = line.begin(topic.is_incremental().then_some("snapshot"));
        match topic {
            Topic::Trades | Topic::TradesAll => return None,
            _ if topic.is_incremental() => line.depth.as_ref()?.snapshot(&mut out, market.rules(), market.book_at),
            _ => line.write(&mut out, market, now.at)?,
        }
        Some(finish(out))
    }

    /// They do not listen any more.
    pub fn leave(&mut self, place: usize, topic: Topic, id: u64) {
        for line in self.lines[place].iter_mut().filter(|line| line.topic == topic) {
            line.listeners.retain(|&listener| listener != id);
        }
        self.lines[place].retain(|line| !line.listeners.is_empty());
    }

    /// They listen to nothing any more.
    pub fn forget(&mut self, id: u64) {
        for lines in &mut self.lines {
            for line in lines.iter_mut() {
                line.listeners.retain(|&listener| listener != id);
            }
            lines.retain(|line| !line.listeners.is_empty());
        }
    }

    /// A trade: pushed at once to those who listen to trades.
    pub fn on_trade(&mut self, place: usize, market: &Market, print: &PublicTrade, post: &mut Post) {
        for line in &mut self.lines[place] {
            match line.topic {
                Topic::Trades | Topic::TradesAll => {
                    let mut out = line.begin(None);
                    trade(&mut out, market.rules(), print, Some(line.topic.name()));
                    line.push(out, post);
                }
                _ if line.topic.depth().is_none() => line.is_touched = true,
                _ => {}
            }
        }
    }

    /// The book has changed.
    pub fn on_book(&mut self, place: usize) {
        for line in &mut self.lines[place] {
            line.is_touched |= line.topic == Topic::Tickers || line.topic.depth().is_some();
        }
    }

    /// Whether somebody listens to candles of this market.
    pub fn wants_candles(&self, place: usize) -> bool {
        self.lines[place].iter().any(|line| matches!(line.topic, Topic::Candle(_)))
    }

    /// A candle has closed: pushed at once, and only once.
    pub fn on_closed(&mut self, place: usize, market: &Market, kind: BarKind, closed: &Candle, post: &mut Post) {
        for line in self.lines[place].iter_mut().filter(|line| line.topic == Topic::Candle(kind)) {
            let mut out = line.begin(None);
            candle(&mut out, market.rules(), closed, true);
            line.push(out, post);
            // The next one is told when its time comes, even if nothing happens in it.
            line.is_touched = true;
        }
    }

    /// When, in the market's time, there is next something to push that waits for nothing but time.
    pub fn next_due(&self, markets: &mut Markets) -> Option<Timestamp> {
        let mut next = None;
        for (place, lines) in self.lines.iter().enumerate().filter(|(_, lines)| !lines.is_empty()) {
            let Some(market) = markets.get_mut(place) else { continue };
            for line in lines {
                let wait_ms = if line.is_touched { line.topic.interval_ms() } else { KEEP_ALIVE_MS };
                let waits = line.is_touched || line.topic.is_incremental();
                let due = waits.then(|| Timestamp((line.last_ms + wait_ms).saturating_mul(1_000_000)));
                let closes = if let Topic::Candle(kind) = line.topic { market.candles.series(kind) } else { None };
                let closes = closes.and_then(Series::closes_at);
                next = [next, due, closes].into_iter().flatten().min();
            }
        }
        next
    }

    /// Pushes what has happened in channels whose time has come.
    pub fn flush(&mut self, markets: &mut Markets, post: &mut Post, now: Now) {
        for place in 0..self.lines.len() {
            if !self.lines[place].is_empty()
                && let Some(market) = markets.get_mut(place)
            {
                self.flush_market(place, market, post, now);
            }
        }
    }

    /// The same for one market.
    pub fn flush_market(&mut self, place: usize, market: &mut Market, post: &mut Post, now: Now) {
        let unhurried = self.rhythm != Rhythm::Each;
        for line in &mut self.lines[place] {
            let waited_ms = now.ms - line.last_ms;
            if line.is_touched && !(unhurried && waited_ms < line.topic.interval_ms()) {
                line.is_touched = false;
                line.last_ms = now.ms;
                line.tell(market, post, now.at);
            } else if line.topic.is_incremental() && waited_ms >= KEEP_ALIVE_MS {
                line.last_ms = now.ms;
                if let Some(change) = line.depth.as_ref().map(Depth::keep_alive) {
                    line.tell_change(&change, market, now.at, post);
                }
            }
        }
    }
}

/// What time it is.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// In the market.
    pub at: Timestamp,
    /// In the time in which pushes are merged, in milliseconds.
    pub ms: i64,
}

impl Line {
    fn begin(&self, action: Option<&str>) -> String {
        let mut out = String::with_capacity(512);
        out.push_str(&self.head);
        if let Some(action) = action {
            out.push_str("\"action\":\"");
            out.push_str(action);
            out.push_str("\",");
        }
        out.push_str("\"data\":[");
        out
    }

    fn push(&self, out: String, post: &mut Post) {
        let text = finish(out);
        self.listeners.iter().for_each(|&id| post.push(id, self.topic.name(), &text));
    }

    fn tell(&mut self, market: &mut Market, post: &mut Post, at: Timestamp) {
        if let Some(change) = self.depth.as_mut().map(|depth| depth.update(&market.book, market.seq)) {
            let Some(mut change) = change else { return };
            if self.topic.is_incremental() {
                if self.strikes(FaultKind::Reset, post) {
                    market.reset_sequence();
                    if let Some(depth) = &mut self.depth {
                        change = depth.renumber(change, market.seq);
                    }
                }
                if !self.strikes(FaultKind::Gap, post) {
                    self.tell_change(&change, market, at, post);
                }
                return;
            }
        }
        let mut out = self.begin(None);
        if self.write(&mut out, market, at).is_some() {
            self.push(out, post);
        }
    }

    fn tell_change(&self, change: &Change, market: &Market, at: Timestamp, post: &mut Post) {
        let mut out = self.begin(Some("update"));
        change.update(&mut out, market.rules(), at);
        self.push(out, post);
    }

    /// Whether a fault of a change strikes here and now.
    fn strikes(&self, kind: FaultKind, post: &mut Post) -> bool {
        let spot = Spot { on: "public", channel: Some(self.topic.name()), path: None };
        let since = post.since_start_ms();
        !post.faults.is_empty() && post.faults.strikes(kind, spot, since).is_some()
    }

    /// The data of a channel that shows the whole each time; `None` when there is nothing to show yet.
    fn write(&self, out: &mut String, market: &mut Market, at: Timestamp) -> Option<()> {
        match self.topic {
            Topic::Tickers => ticker(out, market, at),
            Topic::IndexTickers => index_ticker(out, market, at),
            Topic::MarkPrice => mark_price(out, market, at),
            Topic::PriceLimit => price_limit(out, market, at),
            Topic::Candle(kind) => {
                let forming = market.candles.series(kind)?.forming()?;
                candle(out, market.rules(), forming, false);
            }
            _ => self.depth.as_ref()?.whole(out, market.rules(), at),
        }
        Some(())
    }
}

fn finish(mut out: String) -> Utf8Bytes {
    out.push_str("]}");
    out.into()
}
