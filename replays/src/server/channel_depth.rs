//! What the subscribers of a book channel have been told of it, and what has changed since.

use std::fmt::Write as _;

use engine::book::Book;
use engine::instrument::Instrument;
use engine::market::{Level, Side};
use engine::number::FixedSize;
use engine::time::Timestamp;

use super::market_text::{key, levels, ms, text};

/// One channel's picture of a book. It is the same for all of its subscribers.
#[derive(Debug, Default)]
pub struct Depth {
    shown: usize,
    bids: Vec<Level>,
    asks: Vec<Level>,
    seq: i64,
}

/// What has changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    bids: Vec<Level>,
    asks: Vec<Level>,
    prev_seq: i64,
    seq: i64,
}

impl Depth {
    /// The picture of now, of so many levels a side.
    pub fn new(shown: usize, book: &Book, seq: i64) -> Self {
        let mut depth = Self { shown, seq, ..Self::default() };
        depth.look(book);
        depth
    }

    /// Looks at the book again; `None` when what is shown is the same.
    pub fn update(&mut self, book: &Book, seq: i64) -> Option<Change> {
        let before = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        self.look(book);
        let bids = difference(&before.0, &self.bids, Side::Buy);
        let asks = difference(&before.1, &self.asks, Side::Sell);
        if bids.is_empty() && asks.is_empty() {
            return None;
        }
        let prev_seq = std::mem::replace(&mut self.seq, seq);
        Some(Change { bids, asks, prev_seq, seq })
    }

    /// The numbers begin anew with what has changed just now: it still follows from what was told before.
    pub fn renumber(&mut self, change: Change, seq: i64) -> Change {
        self.seq = seq;
        Change { seq, ..change }
    }

    /// Nothing has changed for a while: sequence numbers that say so.
    pub fn keep_alive(&self) -> Change {
        Change { bids: Vec::new(), asks: Vec::new(), prev_seq: self.seq, seq: self.seq }
    }

    /// The data of a snapshot of an incremental channel.
    pub fn snapshot(&self, out: &mut String, rules: &Instrument, at: Timestamp) {
        row(out, rules, &self.bids, &self.asks, at);
        let _ = write!(out, ",\"checksum\":0,\"seqId\":{},\"prevSeqId\":-1}}", self.seq);
    }

    /// The data of a push that shows the whole each time.
    pub fn whole(&self, out: &mut String, rules: &Instrument, at: Timestamp) {
        row(out, rules, &self.bids, &self.asks, at);
        text(out, "instId", &rules.symbol);
        let _ = write!(out, ",\"seqId\":{}}}", self.seq);
    }

    fn look(&mut self, book: &Book) {
        self.bids.extend(book.levels(Side::Buy).take(self.shown));
        self.asks.extend(book.levels(Side::Sell).take(self.shown));
    }
}

impl Change {
    /// The data of an update.
    pub fn update(&self, out: &mut String, rules: &Instrument, at: Timestamp) {
        row(out, rules, &self.bids, &self.asks, at);
        let _ = write!(out, ",\"checksum\":0,\"seqId\":{},\"prevSeqId\":{}}}", self.seq, self.prev_seq);
    }
}

fn row(out: &mut String, rules: &Instrument, bids: &[Level], asks: &[Level], at: Timestamp) {
    out.push('{');
    key(out, "asks");
    levels(out, rules, asks.iter().copied(), 4);
    key(out, "bids");
    levels(out, rules, bids.iter().copied(), 4);
    key(out, "ts");
    ms(out, at);
}

/// What has to be set in one side of a book to make another of it. Both are sorted, the best first.
pub fn difference(before: &[Level], after: &[Level], side: Side) -> Vec<Level> {
    let better = |one: &Level, other: &Level| match side {
        Side::Buy => one.price > other.price,
        Side::Sell => one.price < other.price,
    };
    let gone = |level: &Level| Level { price: level.price, size: FixedSize(0) };
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut changed = Vec::new();
    loop {
        match (old.peek(), new.peek()) {
            (Some(was), Some(is)) if was.price == is.price => {
                if was.size != is.size {
                    changed.push(**is);
                }
                old.next();
                new.next();
            }
            (Some(was), Some(is)) if better(was, is) => changed.extend(old.next().map(gone)),
            (_, Some(_)) => changed.extend(new.next().copied()),
            (Some(_), None) => changed.extend(old.next().map(gone)),
            (None, None) => return changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::number::FixedPrice;

    use super::*;

    #[test]
    fn applying_every_change_gives_the_book_that_is_shown() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut book, mut copy) = (Book::default(), Book::default());
        let mut depth = Depth::new(5, &book, 1);
        let mut last = 1;
        for seq in 2..3_000 {
            for _ in 0..random.usize(0..4) {
                let side = if random.bool() { Side::Buy } else { Side::Sell };
                let price = if side == Side::Buy { random.i64(1..20) } else { random.i64(20..40) };
                book.set(side, Level { price: FixedPrice(price), size: FixedSize(random.i64(0..3)) });
            }
            if let Some(change) = depth.update(&book, seq) {
                assert_eq!(change.prev_seq, last, "seed {seed}");
                last = change.seq;
                change.bids.iter().for_each(|&level| copy.set(Side::Buy, level));
                change.asks.iter().for_each(|&level| copy.set(Side::Sell, level));
            }
            for side in [Side::Buy, Side::Sell] {
                let shown: Vec<Level> = book.levels(side).take(5).collect();
                assert_eq!(copy.levels(side).collect::<Vec<_>>(), shown, "seed {seed}, seq {seq}");
            }
        }
        let quiet = depth.keep_alive();
        assert_eq!((quiet.prev_seq, quiet.seq), (last, last));
    }
}
