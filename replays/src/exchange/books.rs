//! Matching on order books and quotes. A quote is a book with one level a side.

use engine::market::{BookLevels, Level, Quote};
use engine::order::Liquidity;
use engine::time::Timestamp;

use super::config::QueueModel;
use super::market::{Desk, Feed, Market};
use super::order::through;

impl Market {
    /// A new best bid and ask.
    pub(super) fn on_quote(&mut self, at: Timestamp, quote: &Quote, desk: &mut Desk) {
        if self.feed == Feed::Book {
            return;
        }
        self.feed = Feed::Quotes;
        self.quote = Some(*quote);
        self.book.replace(
            &[Level { price: quote.bid_price, size: quote.bid_size }],
            &[Level { price: quote.ask_price, size: quote.ask_size }],
        );
        self.match_book(at, desk);
    }

    /// A whole book.
    pub(super) fn on_book_snapshot(&mut self, at: Timestamp, levels: &BookLevels, desk: &mut Desk) {
        self.feed = Feed::Book;
        self.stale = false;
        self.book.replace(&levels.bids, &levels.asks);
        self.match_book(at, desk);
    }

    /// What changed in the book. Before its first snapshot, and after a gap until the next one, it says nothing.
    pub(super) fn on_book_delta(&mut self, at: Timestamp, levels: &BookLevels, desk: &mut Desk) {
        if self.feed == Feed::Book && !self.stale {
            self.book.apply(levels);
            self.match_book(at, desk);
        }
    }

    /// Messages are missing: what is known of the book may be wrong.
    pub(super) fn on_gap(&mut self) {
        if self.feed == Feed::Book {
            self.book.clear();
            self.stale = true;
        }
    }

    fn match_book(&mut self, at: Timestamp, desk: &mut Desk) {
        if self.orders.is_empty() {
            return;
        }
        for index in 0..self.orders.len() {
            if !self.orders[index].is_live() {
                continue;
            }
            if self.orders[index].takes() {
                self.take_book(index, at, desk);
            } else {
                self.meet_book(index, at, desk);
            }
        }
        if !self.traded {
            self.check_triggers(at, Self::taker_price, desk);
        }
        self.sweep();
    }

    /// The other side of the book has come to a resting order's price: it fills there, with what is shown.
    fn meet_book(&mut self, index: usize, at: Timestamp, desk: &mut Desk) {
        let Some(limit) = self.orders[index].limit() else { return };
        let side = self.orders[index].side;
        while self.orders[index].is_open() {
            let Some((level, quantity)) = self.shown(side, Some(limit), self.orders[index].remaining()) else { break };
            let touched_only = !through(side, limit, self.instrument.price(level.price));
            if touched_only && desk.config.queue == QueueModel::Through {
                break;
            }
            if self.fill(index, at, limit, quantity, Liquidity::Maker, desk) {
                self.use_up(side, level, quantity);
            }
        }
        self.update_queue(index);
    }
}
