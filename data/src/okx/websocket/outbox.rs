//! What goes to the owner, in order; a short backlog keeps replies to orders coming while the owner is busy.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::event::Event;

/// Events that wait beside the owner's own queue, before the socket stops reading.
const MAX_BACKLOG: usize = 4_096;

#[derive(Debug)]
pub(super) struct Outbox {
    events: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
}

impl Outbox {
    pub fn new(events: mpsc::Sender<Event>) -> Self {
        Self { events, backlog: VecDeque::new() }
    }

    pub fn push(&mut self, event: Event) {
        if self.backlog.is_empty() {
            // A closed queue is noticed by `progress`.
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                self.backlog.push_back(event);
            }
        } else {
            self.backlog.push_back(event);
        }
    }

    /// Whether no frame may be added.
    pub fn is_full(&self) -> bool {
        self.backlog.len() >= MAX_BACKLOG
    }

    pub fn is_empty(&self) -> bool {
        self.backlog.is_empty()
    }

    /// Waits until one more event went to the owner, or `false` when the owner is gone. Loses nothing when it is dropped.
    pub async fn progress(&mut self) -> bool {
        if self.backlog.is_empty() {
            self.events.closed().await;
            return false;
        }
        let Ok(place) = self.events.reserve().await else { return false };
        if let Some(event) = self.backlog.pop_front() {
            place.send(event);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okx::endpoint::SocketPath;
    use crate::okx::websocket::Connection;

    #[tokio::test]
    async fn the_order_is_kept_while_the_owner_is_busy() {
        let (sender, mut receiver) = mpsc::channel(2);
        let mut outbox = Outbox::new(sender);
        let up = |epoch| Event::Up { connection: Connection { socket: 0, path: SocketPath::Public, epoch } };
        for epoch in 0..5 {
            outbox.push(up(epoch));
        }
        assert_eq!(outbox.backlog.len(), 3);
        for epoch in 0..5 {
            assert_eq!(receiver.recv().await, Some(up(epoch)));
            if !outbox.is_empty() {
                assert!(outbox.progress().await);
            }
        }
        drop(receiver);
        assert!(!outbox.progress().await);
        outbox.push(up(9));
        assert!(outbox.is_empty(), "nobody is left to tell");
    }
}
