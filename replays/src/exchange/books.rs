//! Matching on order books and quotes. A quote is a book with one level a side.

use engine::market::{BookLevels, Level, Quote};
use engine::order::Liquidity;
use engine::time::Timestamp;

use super::config::QueueModel;
use super::market::{Desk, Feed, Market};
use super::order::through;

impl Market {
    /// A new best bid and ask. Beside a book it says nothing new.
    pub(super) fn on_quote(&mut self, at: Timestamp, quote: &Quote, desk: &mut Desk) {
        if self.feed == Feed::Book && self.book_known {
            return;
        }
        self.feed = Feed::Quotes;
        self.quotes_until = at.plus_ns(1);
        self.book_known = false;
        self.quote = Some(*quote);
        self.book.replace(
            &[Level { price: quote.bid_price, size: quote.bid_size }],
            &[Level { price: quote.ask_price, size: quote.ask_size }],
        );
        self.match_book(at, desk);
    }

    /// A whole book. An empty one says that messages are missing: nothing is known of the book until the next.
    pub(super) fn on_book_snapshot(&mut self, at: Timestamp, levels: &BookLevels, desk: &mut Desk) {
        self.book_known = levels.bids.iter().chain(&levels.asks).any(|level| level.size.0 > 0);
        if self.book_known {
            self.book.replace(&levels.bids, &levels.asks);
            self.on_book(at, desk);
        } else if self.feed == Feed::Book {
            self.book.clear();
        }
    }

    /// What changed in the book. It says nothing where the book is not known.
    pub(super) fn on_book_delta(&mut self, at: Timestamp, levels: &BookLevels, desk: &mut Desk) {
        if self.book_known {
            self.book.apply(levels);
            self.on_book(at, desk);
        }
    }

    fn on_book(&mut self, at: Timestamp, desk: &mut Desk) {
        self.feed = Feed::Book;
        self.quotes_until = at.plus_ns(1);
        self.match_book(at, desk);
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
