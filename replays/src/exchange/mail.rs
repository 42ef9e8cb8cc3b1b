//! Messages on their way, in the order of sending.

use std::collections::VecDeque;

use engine::order::{Amendment, OrderId, OrderRequest};
use engine::time::Timestamp;

/// What the engine asks of the exchange.
#[derive(Debug)]
pub(super) enum Request {
    Submit(OrderId, Box<OrderRequest>),
    Amend(Box<Amendment>),
    Cancel(OrderId),
}

/// One direction of a connection: first in, first out.
#[derive(Debug)]
pub(super) struct Mail<T> {
    /// When each arrives, its number among all that was sent, and what it says.
    letters: VecDeque<(Timestamp, u64, T)>,
}

impl<T> Default for Mail<T> {
    fn default() -> Self {
        Self { letters: VecDeque::new() }
    }
}

impl<T> Mail<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Sends something that arrives at `at`, though never before what was sent earlier.
    pub(super) fn send(&mut self, at: Timestamp, number: u64, letter: T) {
        self.letters.push_back((at, number, letter));
    }

    /// When the first arrives, and its number.
    pub(super) fn due(&self) -> Option<(Timestamp, u64)> {
        self.letters.front().map(|&(at, number, _)| (at, number))
    }

    /// Takes the first.
    pub(super) fn receive(&mut self) -> Option<(Timestamp, T)> {
        self.letters.pop_front().map(|(at, _, letter)| (at, letter))
    }
}
