//! Paper trading: live market data, and the simulated exchange of backtests for everything else.
//!
//! The exchange is as deterministic as the engine, so a restart is a replay here too: the market data of the log go
//! through both again, what comes of it is compared with the log, and live data follow.

use std::collections::VecDeque;

use data::log::{LiveWriter, LogError, Reader};
use engine::event::{Input, Record};
use engine::time::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Receiver;

use super::gateway::Fact;
use super::shown::Shown;
use crate::config::Clock;
use crate::gateway::GatewayError;
use crate::recorded::{Recorded, is_outside};
use crate::run::{Log, RunError};
use crate::verify::VerifyError;

/// What the simulated exchange reads: how the session begins, what its log has of the outside, then what comes.
pub struct PaperFeed {
    past: Option<Recorded>,
    opening: std::vec::IntoIter<Input>,
    runtime: Handle,
    facts: Receiver<Fact>,
    clock: Clock,
    now: Timestamp,
    /// When the last record was of a session that goes on.
    left: Timestamp,
    ended: bool,
}

impl PaperFeed {
    /// A session that begins with `opening` at `now`.
    pub fn begin(opening: Vec<Input>, now: Timestamp, runtime: Handle, facts: Receiver<Fact>, clock: Clock) -> Self {
        Self { past: None, opening: opening.into_iter(), runtime, facts, clock, now, left: now, ended: false }
    }

    /// A session that goes on where its log ends, at `left`.
    pub fn go_on(reader: Reader, left: Timestamp, runtime: Handle, facts: Receiver<Fact>, clock: Clock) -> Self {
        let past = Some(Recorded::new(reader, is_outside));
        let opening = Vec::new().into_iter();
        Self { past, opening, runtime, facts, clock, now: Timestamp::default(), left, ended: false }
    }

    /// What comes next; `None` when the run is to end.
    fn receive(&mut self) -> Result<Option<(Timestamp, Input)>, GatewayError> {
        loop {
            let received = match self.facts.try_recv() {
                Ok(fact) => Some(fact),
                Err(_) => self.runtime.block_on(self.facts.recv()),
            };
            match received {
                Some(Fact::Input { received_at, venue_at, input }) => {
                    let at = match self.clock {
                        Clock::System => received_at,
                        Clock::Venue => venue_at.unwrap_or(self.now),
                    };
                    self.now = self.now.max(at);
                    return Ok(Some((self.now, input)));
                }
                Some(Fact::Word(_) | Fact::Answer { .. } | Fact::Resync(_) | Fact::Connected) => {}
                Some(Fact::Failed(reason)) => return Err(GatewayError::Venue(reason)),
                Some(Fact::Stop) | None => return Ok(None),
            }
        }
    }
}

impl Iterator for PaperFeed {
    type Item = Result<(Timestamp, Input), GatewayError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.past.as_mut().and_then(Iterator::next) {
            Some(Ok((at, input))) => {
                self.now = at;
                return Some(Ok((at, input)));
            }
            Some(Err(error)) => return Some(Err(error.into())),
            // What comes now is after all that the log has: the exchange has dealt with what was due by then when the session was
            // left, so it has to again.
            None if self.past.take().is_some() => self.now = self.now.max(self.left.plus_ns(1)),
            None => {}
        }
        if let Some(input) = self.opening.next() {
            return Some(Ok((self.now, input)));
        }
        if self.ended {
            return None;
        }
        let received = self.receive();
        self.ended = !matches!(received, Ok(Some(_)));
        received.transpose()
    }
}

/// A log that is gone on with: what it has already is compared, the rest is written.
pub struct Rejoined {
    reader: Option<Reader>,
    expected: VecDeque<Record>,
    shown: Shown,
    /// Where the rest goes.
    pub writer: LiveWriter,
}

impl Rejoined {
    /// A log that has what `reader` reads, and goes on in `writer`.
    pub fn new(reader: Option<Reader>, writer: LiveWriter) -> Self {
        Self { reader, expected: VecDeque::new(), shown: Shown::default(), writer }
    }

    /// What the log has next; `None` at its end.
    fn next(&mut self) -> Result<Option<Record>, LogError> {
        while self.expected.is_empty() {
            let Some(reader) = &mut self.reader else { return Ok(None) };
            match reader.next_block()? {
                Some(records) => self.expected.extend(records.iter().cloned()),
                None => self.reader = None,
            }
        }
        Ok(self.expected.pop_front())
    }
}

impl Log for Rejoined {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        for (place, record) in records.iter().enumerate() {
            let Some(logged) = self.next()? else {
                self.shown.show(&records[place..]);
                return Ok(self.writer.append(&records[place..])?);
            };
            self.shown.learn(&logged);
            if logged != *record {
                let (logged, derived) = (self.shown.line(&logged), self.shown.line(record));
                return Err(VerifyError::Differs { seq: record.seq, logged, derived }.into());
            }
        }
        Ok(())
    }
}
