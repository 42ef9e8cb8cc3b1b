//! Order books as the venue sends them: a snapshot, then what changes, each message naming the one before it.

use engine::market::Side;
use engine::number::Decimal;

use super::message::{Action, BookData, BookLevel, Number, Text};

/// What `prev_seq_id` is in a snapshot.
const BEGINNING: i64 = -1;
/// How many levels a side the old checksum covers.
const CHECKSUM_LEVELS: usize = 25;
/// More levels a side than any channel has: a book that grows beyond it has lost removals.
const MAX_LEVELS: usize = 10_000;

/// A book message does not follow from those before it. The cure is the same for all: subscribe again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Changes came before there was anything to change.
    #[error("an update of a book came before its snapshot")]
    NoSnapshot,
    /// Messages are missing, or came twice.
    #[error("a book's update follows message {before}, but the last one was {last}")]
    Gap {
        /// Which message it says it follows.
        before: i64,
        /// Which one was last.
        last: i64,
    },
    /// The sequence numbers ended.
    #[error("a book's update has no sequence numbers, but the last message was {last}")]
    Unnumbered {
        /// Which one was last.
        last: i64,
    },
    /// The sequence went back a second time at once: maintenance does that once.
    #[error("a book's sequence went back to {to} right after it went back")]
    ResetTwice {
        /// To where.
        to: i64,
    },
    /// A level is no price and size.
    #[error("a book's level is not a price and a size")]
    Level,
    /// It has more levels than the venue keeps.
    #[error("a book has more than {MAX_LEVELS} levels on one side")]
    TooDeep,
}

/// What a message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The book is new.
    Snapshot,
    /// Levels changed.
    Update,
    /// Nothing changed, for about a minute.
    KeepAlive,
    /// Levels changed, and the numbers began anew: maintenance.
    Reset,
}

/// The numbers of a book's messages. After an error everything but a snapshot is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence(Place);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Unknown,
    /// Captures of before there were numbers.
    Unnumbered,
    At {
        last: i64,
        was_reset: bool,
    },
}

impl Sequence {
    /// Takes the next message in. Without an action, as REST and some channels send it, a message whose `prev_seq_id` is
    /// absent or -1 is a snapshot.
    pub fn check(&mut self, action: Option<Action>, message: &BookData) -> Result<Step, BookError> {
        let step = self.step(action, message);
        if step.is_err() {
            self.0 = Place::Unknown;
        }
        step
    }

    fn step(&mut self, action: Option<Action>, message: &BookData) -> Result<Step, BookError> {
        let (before, own) = (message.prev_seq_id.0, message.seq_id.0);
        let is_snapshot = action.map_or(before.is_none_or(|before| before == BEGINNING), |action| action == Action::Snapshot);
        if is_snapshot {
            self.0 = own.map_or(Place::Unnumbered, |last| Place::At { last, was_reset: false });
            return Ok(Step::Snapshot);
        }
        let (last, was_reset) = match self.0 {
            Place::Unknown => return Err(BookError::NoSnapshot),
            Place::Unnumbered => return Ok(Step::Update),
            Place::At { last, was_reset } => (last, was_reset),
        };
        let Some((before, own)) = before.zip(own) else { return Err(BookError::Unnumbered { last }) };
        if before != last {
            return Err(BookError::Gap { before, last });
        }
        let is_reset = own < before;
        if is_reset && was_reset {
            return Err(BookError::ResetTwice { to: own });
        }
        self.0 = Place::At { last: own, was_reset: is_reset };
        let is_empty = message.asks.is_empty() && message.bids.is_empty();
        Ok(match is_reset {
            true => Step::Reset,
            false if is_empty && own == before => Step::KeepAlive,
            false => Step::Update,
        })
    }

    /// The last message's number.
    pub fn last(&self) -> Option<i64> {
        match self.0 {
            Place::At { last, .. } => Some(last),
            Place::Unknown | Place::Unnumbered => None,
        }
    }
}

/// One instrument's book, with the levels as they were sent. During auctions bids may be above asks.
#[derive(Clone, Debug, Default)]
pub struct RawBook {
    sequence: Sequence,
    /// Best last.
    bids: Vec<(Decimal, BookLevel)>,
    /// Best last.
    asks: Vec<(Decimal, BookLevel)>,
}

impl RawBook {
    /// Takes the next message in. After an error the book is empty and waits for a snapshot.
    pub fn apply(&mut self, action: Option<Action>, message: &BookData) -> Result<Step, BookError> {
        let applied = self.try_apply(action, message);
        if applied.is_err() {
            *self = Self::default();
        }
        applied
    }

    fn try_apply(&mut self, action: Option<Action>, message: &BookData) -> Result<Step, BookError> {
        let step = self.sequence.check(action, message)?;
        if step == Step::Snapshot {
            self.bids.clear();
            self.asks.clear();
        }
        for (side, levels) in [(Side::Buy, &message.bids), (Side::Sell, &message.asks)] {
            // Snapshots come best first: from the other end each is an insertion at the end.
            for level in levels.iter().rev() {
                self.set(side, level)?;
            }
        }
        Ok(step)
    }

    /// A side's levels, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = &BookLevel> {
        self.side(side).iter().rev().map(|(_, level)| level)
    }

    /// The numbers of its messages.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// What the venue sent as `checksum` until it stopped in 2026: a CRC32 over the best 25 levels of both sides in turns,
    /// in the characters of their messages.
    pub fn checksum(&self) -> i32 {
        let mut text = String::new();
        let mut sides = [self.levels(Side::Buy).take(CHECKSUM_LEVELS), self.levels(Side::Sell).take(CHECKSUM_LEVELS)];
        while sides.iter().any(|side| side.len() > 0) {
            for level in sides.iter_mut().filter_map(Iterator::next) {
                if !text.is_empty() {
                    text.push(':');
                }
                text.push_str(level.px.as_str());
                text.push(':');
                text.push_str(level.sz.as_str());
            }
        }
        crc32fast::hash(text.as_bytes()).cast_signed()
    }

    fn set(&mut self, side: Side, level: &BookLevel) -> Result<(), BookError> {
        let number = |text: &Text| Number::from(text.as_str()).required("level").map_err(|_| BookError::Level);
        let (price, is_removed) = (number(&level.px)?, number(&level.sz)?.is_zero());
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let place = levels.binary_search_by(|(other, _)| match side {
            Side::Buy => other.cmp(&price),
            Side::Sell => price.cmp(other),
        });
        match place {
            Ok(place) if is_removed => {
                levels.remove(place);
            }
            Ok(place) => levels[place].1 = level.clone(),
            // To remove what is not there is no error: the venue's depth ends before ours.
            Err(_) if is_removed => {}
            Err(_) if levels.len() >= MAX_LEVELS => return Err(BookError::TooDeep),
            Err(place) => levels.insert(place, (price, level.clone())),
        }
        Ok(())
    }

    fn side(&self, side: Side) -> &[(Decimal, BookLevel)] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okx::message::Integer;

    fn levels(levels: &[(&str, &str)]) -> Vec<BookLevel> {
        levels.iter().map(|&(px, sz)| BookLevel { px: px.into(), sz: sz.into() }).collect()
    }

    fn message(before: i64, own: i64, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> BookData {
        let (prev_seq_id, seq_id) = (Integer(Some(before)), Integer(Some(own)));
        BookData { bids: levels(bids), asks: levels(asks), prev_seq_id, seq_id, ..BookData::default() }
    }

    fn shown(book: &RawBook) -> String {
        let side = |side| book.levels(side).map(|level| format!("{}x{}", level.px, level.sz)).collect::<Vec<_>>().join(" ");
        format!("{} | {}", side(Side::Buy), side(Side::Sell))
    }

    #[test]
    fn updates_follow_their_snapshot() {
        let mut book = RawBook::default();
        let mut update = |before, own, bids: &[_], asks: &[_]| {
            let action = if before == -1 { Action::Snapshot } else { Action::Update };
            let step = book.apply(Some(action), &message(before, own, bids, asks));
            (step, shown(&book))
        };
        assert_eq!(update(5, 6, &[], &[]).0, Err(BookError::NoSnapshot));
        let (step, book) = update(-1, 10, &[("99.0", "1"), ("98", "2")], &[("100", "3"), ("101.5", "4")]);
        assert_eq!((step, book.as_str()), (Ok(Step::Snapshot), "99.0x1 98x2 | 100x3 101.5x4"));
        let (step, book) = update(10, 15, &[("99", "0"), ("98.5", "7"), ("97", "0")], &[("99.5", "1"), ("101.50", "5")]);
        assert_eq!((step, book.as_str()), (Ok(Step::Update), "98.5x7 98x2 | 99.5x1 100x3 101.50x5"));
        assert_eq!(update(15, 15, &[], &[]).0, Ok(Step::KeepAlive));
        assert_eq!(update(15, 3, &[("98", "0")], &[]).0, Ok(Step::Reset), "maintenance");
        assert_eq!(update(3, 4, &[], &[("100", "0")]).1, "98.5x7 | 99.5x1 101.50x5");
        assert_eq!(update(4, 2, &[], &[]).0, Ok(Step::Reset), "another maintenance");
        assert_eq!(update(2, 1, &[], &[]).0, Err(BookError::ResetTwice { to: 1 }));
        assert_eq!(update(1, 2, &[], &[]).0, Err(BookError::NoSnapshot), "what is broken stays so until a snapshot");
    }

    #[test]
    fn gaps_and_doubles_are_told() {
        for (before, own) in [(11, 12), (9, 10), (8, 12)] {
            let mut book = RawBook::default();
            book.apply(Some(Action::Snapshot), &message(-1, 10, &[("1", "1")], &[])).unwrap();
            let gap = book.apply(Some(Action::Update), &message(before, own, &[("1", "2")], &[]));
            assert_eq!(gap, Err(BookError::Gap { before, last: 10 }));
            assert_eq!((shown(&book).as_str(), book.sequence().last()), (" | ", None));
        }
        let mut sequence = Sequence::default();
        sequence.check(None, &message(-1, 10, &[], &[])).unwrap();
        assert_eq!(sequence.check(Some(Action::Update), &BookData::default()), Err(BookError::Unnumbered { last: 10 }));
    }

    #[test]
    fn a_level_that_is_none_spoils_the_book() {
        for (px, sz) in [("", "1"), ("1", ""), ("x", "1"), ("1", "1e999")] {
            let mut book = RawBook::default();
            assert_eq!(book.apply(None, &message(-1, 1, &[(px, sz)], &[])), Err(BookError::Level), "{px:?} {sz:?}");
        }
    }

    #[test]
    fn the_checksum_takes_the_sides_in_turns() {
        let mut book = RawBook::default();
        assert_eq!(book.checksum(), 0);
        book.apply(None, &message(-1, 1, &[("99", "1"), ("98.0", "2"), ("97", "9")], &[("100", "3")])).unwrap();
        assert_eq!(book.checksum(), crc32fast::hash(b"99:1:100:3:98.0:2:97:9").cast_signed());
    }
}
