//! What a log has of the outside, told to the simulated exchange again.

use std::cell::Cell;
use std::rc::Rc;

use data::log::LogError;
use engine::event::{Command, Input, Session, Trouble};
use engine::order::OrderId;
use engine::time::Timestamp;

use crate::exchange::ExchangeConfig;
use crate::recorded::{Recorded, is_market, is_outside};

/// The recorded inputs of a run in another session, at the times at which they happened.
pub(super) struct Retold {
    recorded: Recorded,
    session: Option<Session>,
    /// Whether the engine learned of market data after they happened.
    is_late: bool,
    /// The seq from which on the two runs differ: orders of one mean nothing in the other then.
    diverged: Rc<Cell<Option<u64>>>,
    last: Timestamp,
    skipped_rows: u64,
    ended: bool,
}

impl Retold {
    pub(super) fn new(
        recorded: Recorded,
        session: Option<Session>,
        before: &ExchangeConfig,
        diverged: Rc<Cell<Option<u64>>>,
    ) -> Self {
        let is_late = before.feed_latency_us > 0 || before.latency_jitter_us > 0;
        Self { recorded, session, is_late, diverged, last: Timestamp::default(), skipped_rows: 0, ended: false }
    }

    /// Whether a command is about an order that this run does not have.
    fn is_about_another(&self, input: &Input) -> bool {
        let Input::Operator(command) = input else { return false };
        let order: Option<OrderId> = match &**command {
            Command::Cancel(order) => Some(*order),
            Command::Submit(request) => request.oco,
            Command::Halt | Command::Resume | Command::Flatten => None,
        };
        order.zip(self.diverged.get()).is_some_and(|(order, diverged)| order.0 >= diverged)
    }
}

impl Iterator for Retold {
    type Item = Result<(Timestamp, Input), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.recorded.next() {
                Some(Ok((_, Input::SessionEnded { skipped_rows }))) => self.skipped_rows = skipped_rows,
                Some(Ok((_, input))) if self.is_about_another(&input) => {}
                Some(Ok((at, input))) => {
                    let input = match (input, self.session.take()) {
                        (Input::SessionStarted(_), Some(session)) => Input::SessionStarted(Box::new(session)),
                        (input, session) => {
                            self.session = session;
                            input
                        }
                    };
                    self.last = if self.is_late { happened_at(&input).unwrap_or(at).max(self.last) } else { at };
                    return Some(Ok((self.last, input)));
                }
                Some(Err(error)) => return Some(Err(error)),
                None if self.ended => return None,
                None => {
                    self.ended = true;
                    return Some(Ok((self.last, Input::SessionEnded { skipped_rows: self.skipped_rows })));
                }
            }
        }
    }
}

/// When market data happened, by the venue's clock.
fn happened_at(input: &Input) -> Option<Timestamp> {
    match input {
        Input::Trade(trade) => Some(trade.venue_at),
        Input::Quote(quote) => Some(quote.venue_at),
        Input::Bar(bar) => Some(bar.closed_at()),
        Input::BookSnapshot(levels) | Input::BookDelta(levels) => Some(levels.venue_at),
        Input::Funding(funding) => Some(funding.venue_at),
        Input::FeedGap(gap) => Some(gap.to),
        _ => None,
    }
}

/// Whether it is so at whatever venue the orders are: not what one said of the account, nor that it could not be reached.
/// That a trouble ended is told in any case, as it may have begun before.
pub(super) fn is_outside_of_any_venue(input: &Input) -> bool {
    let is_of_a_venue = match input {
        Input::VenueSnapshot(_) => true,
        Input::TroubleBegan(trouble) => !matches!(trouble, Trouble::StaleFeed | Trouble::WarmingUp),
        _ => false,
    };
    is_market(input) || (is_outside(input) && !is_of_a_venue)
}
