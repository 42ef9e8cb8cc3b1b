//! What is public of one instrument: its book, its trades, its candles.

use std::collections::VecDeque;

use engine::book::Book;
use engine::instrument::Instrument;
use engine::market::{BookLevels, Trade};
use engine::number::{FixedPrice, Quantity};
use engine::time::{SECOND_NS, Timestamp};

use super::listed::Listed;
use super::market_bar::BarKind;
use super::market_candles::{Candle, Candles};
use super::market_day::Day;

/// How many trades can be asked for.
const TRADES_KEPT: usize = 10_000;
/// A sequence number that looks like one.
const FIRST_SEQ: i64 = 1_000_000;
/// Where the numbers go on after maintenance: below all that were told before.
const SEQ_AFTER_RESET: i64 = 1;

/// One instrument's public side.
#[derive(Debug)]
pub struct Market {
    /// What it is.
    pub listed: Listed,
    /// What rests, by price.
    pub book: Book,
    /// Whose book it is.
    pub book_of: BookOf,
    /// Increases with each change of the book and each trade, until maintenance begins it anew.
    pub seq: i64,
    /// When the book last changed.
    pub book_at: Timestamp,
    /// Its candles.
    pub candles: Candles,
    trades: VecDeque<PublicTrade>,
    day: Day,
    /// Trades come from the data, or are made of its bars.
    is_traded: bool,
}

/// Whose book a market shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookOf {
    /// The maker's, around the last trade.
    Maker,
    /// The maker's, behind the best bid and ask of the data.
    Quotes,
    /// The data's.
    Data,
}

/// A trade as it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicTrade {
    /// What was traded.
    pub trade: Trade,
    /// Increasing within the instrument.
    pub id: u64,
    /// Its place among the changes of the market.
    pub seq: i64,
}

/// The last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayFigures {
    /// The price at their beginning.
    pub open: FixedPrice,
    /// The highest price.
    pub high: FixedPrice,
    /// The lowest price.
    pub low: FixedPrice,
    /// What was traded, in base units.
    pub volume: i128,
    /// What was traded, in quote units.
    pub turnover: i128,
}

impl Market {
    /// One of which nothing is known yet.
    pub fn new(listed: Listed) -> Self {
        Self {
            listed,
            book: Book::default(),
            book_of: BookOf::Maker,
            seq: FIRST_SEQ,
            book_at: Timestamp(0),
            candles: Candles::new(BarKind::ALL),
            trades: VecDeque::new(),
            day: Day::default(),
            is_traded: false,
        }
    }

    /// Its rules.
    pub fn rules(&self) -> &Instrument {
        &self.listed.instrument
    }

    /// The last trade.
    pub fn last(&self) -> Option<&PublicTrade> {
        self.trades.back()
    }

    /// The trades that are kept, the newest first.
    pub fn newest_trades(&self) -> impl Iterator<Item = &PublicTrade> {
        self.trades.iter().rev()
    }

    /// A trade of the data, or of the maker when they have ended.
    pub fn print(&mut self, trade: Trade) -> PublicTrade {
        self.is_traded = true;
        self.publish(trade)
    }

    /// What changed in the book.
    pub fn change(&mut self, delta: &BookLevels, at: Timestamp) {
        self.book.apply(delta);
        self.touched(at);
    }

    /// A whole new book.
    pub fn replace(&mut self, levels: &BookLevels, at: Timestamp) {
        self.book.replace(&levels.bids, &levels.asks);
        self.touched(at);
    }

    /// The numbers of its messages begin anew.
    pub fn reset_sequence(&mut self) {
        self.seq = SEQ_AFTER_RESET;
    }

    /// The whole book as a message.
    pub fn whole_book(&self, at: Timestamp) -> BookLevels {
        use engine::market::Side::{Buy, Sell};
        let [bids, asks] = [Buy, Sell].map(|side| self.book.levels(side).collect());
        BookLevels { instrument: self.rules().id, venue_at: at, bids, asks }
    }

    /// Where data have no trades, one of the smallest size is made in the middle of a book that moved, at most once a
    /// second: candles, tickers and triggers need a last price.
    pub fn implied_trade(&mut self, at: Timestamp) -> Option<PublicTrade> {
        use engine::market::Side::{Buy, Sell};
        if self.is_traded || self.last().is_some_and(|last| at.0 - last.trade.venue_at.0 < SECOND_NS) {
            return None;
        }
        let (bid, ask) = (self.book.best_bid()?.price.0, self.book.best_ask()?.price.0);
        let rules = self.rules();
        let tick = rules.fixed_price(rules.tick_size)?.0.max(1);
        let price = FixedPrice(i64::midpoint(bid, ask) / tick * tick);
        let before = self.last().map(|last| last.trade.price);
        if before == Some(price) {
            return None;
        }
        let size = rules.fixed_size(Quantity::max(rules.min_size, rules.lot_size).ceil_to(rules.lot_size))?;
        let taker = if before.is_some_and(|before| price < before) { Sell } else { Buy };
        Some(self.publish(Trade { instrument: rules.id, venue_at: at, price, size, taker, trade_id: None }))
    }

    /// The last 24 hours, as of now; `None` before the first trade.
    pub fn day(&mut self, at: Timestamp) -> Option<DayFigures> {
        let minutes = self.candles.series(BarKind::ALL[1])?;
        self.day.figures(minutes, at)
    }

    /// The first price of the candle of this kind that forms.
    pub fn first_price(&self, bar: &str) -> Option<FixedPrice> {
        let forming: Option<&Candle> = BarKind::named(bar).and_then(|kind| self.candles.series(kind)?.forming());
        forming.map(|candle| candle.open)
    }

    fn publish(&mut self, trade: Trade) -> PublicTrade {
        self.seq += 1;
        let next = self.trades.back().map_or(1, |last| last.id + 1);
        let print = PublicTrade { trade, id: trade.trade_id.map_or(next, |id| id.max(next)), seq: self.seq };
        if self.trades.len() >= TRADES_KEPT {
            self.trades.pop_front();
        }
        self.trades.push_back(print);
        self.candles.trade(&trade);
        print
    }

    fn touched(&mut self, at: Timestamp) {
        self.seq += 1;
        self.book_at = at;
    }
}
