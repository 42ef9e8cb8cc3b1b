//! Rows of levels to whole messages of an order book, beginning with a snapshot.

use std::collections::VecDeque;

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{BookLevels, Level, Side};
use engine::time::Timestamp;

use super::decode::{BookRow, MessageKey};
use super::fault::{Fault, FaultKind};

/// Updates that may come before the first snapshot.
const MAX_HELD: usize = 10_000;

/// Puts messages together.
///
/// A capture often begins with updates and fetches its snapshot later. Updates mean nothing before it, so they are held;
/// those that the snapshot does not contain follow it, the others are dropped, as venues tell their clients to do.
pub(super) struct Messages {
    instrument: InstrumentId,
    open: Option<MessageKey>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    held: Vec<(Option<u64>, Box<BookLevels>)>,
    has_snapshot: bool,
    /// The last update that the newest snapshot contains, where it says.
    contained: Option<u64>,
    last: Timestamp,
}

impl Messages {
    pub(super) fn new(instrument: InstrumentId) -> Self {
        let (bids, asks, held) = (Vec::new(), Vec::new(), Vec::new());
        Self { instrument, open: None, bids, asks, held, has_snapshot: false, contained: None, last: Timestamp(i64::MIN) }
    }

    /// Takes one row; a message that it ends is added to `ready`.
    pub(super) fn add(&mut self, row: &BookRow, ready: &mut VecDeque<(Timestamp, Input)>) -> Result<(), Fault> {
        let result = if self.open == Some(row.message) { Ok(()) } else { self.finish(ready) };
        self.open = Some(row.message);
        match row.side {
            Side::Buy => self.bids.push(row.level),
            Side::Sell => self.asks.push(row.level),
        }
        result
    }

    /// Ends the message that is being put together.
    pub(super) fn finish(&mut self, ready: &mut VecDeque<(Timestamp, Input)>) -> Result<(), Fault> {
        let Some(key) = self.open.take() else { return Ok(()) };
        let levels = Box::new(BookLevels {
            instrument: self.instrument,
            venue_at: key.time,
            bids: self.bids.drain(..).collect(),
            asks: self.asks.drain(..).collect(),
        });
        // A snapshot fetched over REST carries the time of its receipt, by another clock: it may step back a little.
        self.last = self.last.max(key.time);
        if key.is_snapshot {
            self.has_snapshot = true;
            self.contained = key.last_id;
            ready.push_back((self.last, Input::BookSnapshot(levels)));
            for (last_id, held) in std::mem::take(&mut self.held) {
                if key.last_id.is_some() && last_id > key.last_id {
                    ready.push_back((self.last, Input::BookDelta(held)));
                }
            }
            return Ok(());
        }
        if self.has_snapshot {
            let is_contained = key.last_id.is_some() && key.last_id <= self.contained;
            if !is_contained {
                ready.push_back((self.last, Input::BookDelta(levels)));
            }
            return Ok(());
        }
        if self.held.len() == MAX_HELD {
            let reason = format!("{MAX_HELD} updates and no snapshot yet: the book cannot be known");
            return Err(Fault::new(FaultKind::Malformed, reason));
        }
        self.held.push((key.last_id, levels));
        Ok(())
    }

    /// Updates that no snapshot has come for.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }
}
