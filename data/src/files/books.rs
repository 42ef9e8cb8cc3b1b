//! Rows of levels to whole messages of an order book: it begins with a snapshot, and again after missing messages.

use std::collections::VecDeque;

use engine::book::Book;
use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{BookLevels, FeedGap, Level, Side};
use engine::time::Timestamp;

use super::decode::{BookRow, MessageKey};
use super::fault::{Fault, FaultKind};

/// Updates that are kept until a snapshot comes.
const MAX_HELD: usize = 10_000;

type Ready = VecDeque<(Timestamp, Input)>;

/// Puts messages together.
///
/// A capture often begins with updates and fetches its snapshot later. Updates mean nothing before it, so they are held;
/// those that the snapshot does not contain follow it, the others are dropped, as venues tell their clients to do. Where
/// the ids say that messages are missing, the book is emptied and the next snapshot is waited for in the same way.
pub(super) struct Messages {
    instrument: InstrumentId,
    open: Option<MessageKey>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    held: VecDeque<(MessageKey, Box<BookLevels>)>,
    state: State,
    last: Timestamp,
    before: Option<Before>,
}

/// What is known of the book.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No snapshot has come yet.
    Unknown,
    /// A snapshot, and nothing after it; with the last change that it contains, where it says.
    Snapshot(Option<u64>),
    /// A snapshot and updates; with the last change of them, where it says.
    Following(Option<u64>),
    /// Messages are missing, and no snapshot has come since.
    Lost,
}

/// What an update is to the book.
enum Link {
    Next,
    Contained,
    Gap,
}

/// The book as it is before the window begins.
struct Before {
    from: Timestamp,
    book: Book,
    is_known: bool,
}

impl Messages {
    /// Messages before `from` are not given, but what they make of the book is.
    pub(super) fn new(instrument: InstrumentId, from: Option<Timestamp>) -> Self {
        let before = from.map(|from| Before { from, book: Book::default(), is_known: false });
        let (bids, asks, held) = (Vec::new(), Vec::new(), VecDeque::new());
        Self { instrument, open: None, bids, asks, held, state: State::Unknown, last: Timestamp(i64::MIN), before }
    }

    /// Takes one row; a message that it ends is added to `ready`.
    pub(super) fn add(&mut self, row: &BookRow, ready: &mut Ready) -> Result<(), Fault> {
        let result = if self.open == Some(row.message) { Ok(()) } else { self.finish(ready) };
        self.open = Some(row.message);
        match row.side {
            Side::Buy => self.bids.push(row.level),
            Side::Sell => self.asks.push(row.level),
        }
        result
    }

    /// Ends the message that is being put together.
    pub(super) fn finish(&mut self, ready: &mut Ready) -> Result<(), Fault> {
        let Some(key) = self.open.take() else { return Ok(()) };
        let levels = Box::new(BookLevels {
            instrument: self.instrument,
            venue_at: key.time,
            bids: self.bids.drain(..).collect(),
            asks: self.asks.drain(..).collect(),
        });
        let known_until = self.last;
        // A snapshot fetched over REST carries the time of its receipt, by another clock: it may step back a little.
        self.last = self.last.max(key.time);
        if !key.is_snapshot {
            return self.update(key, levels, known_until, ready);
        }
        // One that was asked for while updates went on coming may be older than the book is already.
        if matches!(self.state, State::Following(last) if key.last_id.is_some() && key.last_id < last) {
            return Ok(());
        }
        self.state = State::Snapshot(key.last_id);
        self.give(Input::BookSnapshot(levels), ready);
        let held = std::mem::take(&mut self.held);
        held.into_iter()
            .filter(|(update, _)| key.last_id.is_some() && update.last_id > key.last_id)
            .try_for_each(|(update, levels)| self.update(update, levels, self.last, ready))
    }

    fn update(
        &mut self,
        key: MessageKey,
        levels: Box<BookLevels>,
        known_until: Timestamp,
        ready: &mut Ready,
    ) -> Result<(), Fault> {
        match self.state.link(&key) {
            Some(Link::Next) => {
                self.state = State::Following(key.last_id);
                self.give(Input::BookDelta(levels), ready);
                return Ok(());
            }
            Some(Link::Contained) => return Ok(()),
            Some(Link::Gap) => {
                self.state = State::Lost;
                let gap = FeedGap { instrument: self.instrument, from: known_until, to: self.last };
                let (bids, asks) = (Box::default(), Box::default());
                let nothing = BookLevels { instrument: self.instrument, venue_at: key.time, bids, asks };
                self.give(Input::FeedGap(Box::new(gap)), ready);
                self.give(Input::BookSnapshot(Box::new(nothing)), ready);
            }
            None => {}
        }
        if self.held.len() == MAX_HELD {
            if self.state == State::Unknown {
                let reason = format!("{MAX_HELD} updates and no snapshot yet: the book cannot be known");
                return Err(Fault::new(FaultKind::Malformed, reason));
            }
            // A later snapshot contains the oldest, or the missing one is a gap again.
            self.held.pop_front();
        }
        self.held.push_back((key, levels));
        Ok(())
    }

    fn give(&mut self, input: Input, ready: &mut Ready) {
        let at = self.last;
        if let Some(before) = self.before.take() {
            if at < before.from {
                self.before = Some(before.take(&input));
                return;
            }
            // A snapshot says everything by itself.
            if before.is_known && !matches!(input, Input::BookSnapshot(_)) {
                let [bids, asks] = [Side::Buy, Side::Sell].map(|side| before.book.levels(side).collect());
                let levels = BookLevels { instrument: self.instrument, venue_at: at, bids, asks };
                ready.push_back((at, Input::BookSnapshot(Box::new(levels))));
            }
        }
        ready.push_back((at, input));
    }

    /// Updates that no snapshot has ever come for. After a gap there may be none: that the book is lost has been said.
    pub(super) fn held(&self) -> usize {
        if self.state == State::Unknown { self.held.len() } else { 0 }
    }
}

impl State {
    /// What an update is to the book; `None` while there is no book.
    fn link(self, key: &MessageKey) -> Option<Link> {
        let (last, is_snapshot) = match self {
            Self::Unknown | Self::Lost => return None,
            Self::Snapshot(last) => (last, true),
            Self::Following(last) => (last, false),
        };
        let (Some(last), Some(id)) = (last, key.last_id) else { return Some(Link::Next) };
        let follows = match (key.prev_id, key.first_id) {
            // The first one after a snapshot may begin before it.
            (Some(prev), _) if is_snapshot => prev <= last,
            (Some(prev), _) => prev == last,
            (None, Some(first)) => first <= last.saturating_add(1),
            (None, None) => true,
        };
        Some(match id.cmp(&last) {
            std::cmp::Ordering::Less if is_snapshot || key.prev_id != Some(last) => Link::Contained,
            std::cmp::Ordering::Equal if is_snapshot => Link::Contained,
            // One message whose rows are not all together.
            std::cmp::Ordering::Equal => Link::Next,
            _ if follows => Link::Next,
            _ => Link::Gap,
        })
    }
}

impl Before {
    fn take(mut self, input: &Input) -> Self {
        match input {
            Input::BookSnapshot(levels) => {
                self.is_known = true;
                self.book.replace(&levels.bids, &levels.asks);
            }
            Input::BookDelta(levels) => self.book.apply(levels),
            _ => {}
        }
        self
    }
}
