//! What goes out to the connections, each with an outbox of its own, and the faults on the way.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, watch};

use super::auth::Caller;
use super::channel::{Gate, Subscription};
use super::faults::{FaultKind, Faults, Spot};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a close frame.
    Close(u16, &'static str),
    /// Without a word.
    Abort,
}

/// The venue's end of a connection.
#[derive(Debug)]
pub struct Link {
    /// What is to be sent.
    pub outbox: mpsc::Sender<Utf8Bytes>,
    /// That and how it ends.
    pub ending: watch::Sender<Option<Ending>>,
}

/// A connection.
#[derive(Debug)]
pub struct Session {
    /// Its path.
    pub gate: Gate,
    /// As events name it.
    pub conn_id: String,
    /// Who has logged in.
    pub caller: Option<Caller>,
    /// To what it has subscribed.
    pub subscriptions: Vec<Subscription>,
    link: Link,
    /// What is held back by a fault, and till when. Nothing overtakes it.
    held: VecDeque<(Instant, Utf8Bytes)>,
    /// It ends; nothing more is sent.
    ended: bool,
    /// Since when its outbox has been too full to go on.
    crowded: Option<Instant>,
}

/// Every connection.
#[derive(Debug)]
pub struct Post {
    sessions: BTreeMap<u64, Session>,
    /// What goes wrong.
    pub faults: Faults,
    started: Instant,
}

/// How long the data wait for one reader at most.
const PATIENCE: Duration = Duration::from_secs(5);

impl Post {
    /// Without any connection yet.
    pub fn new(faults: Faults) -> Self {
        Self { sessions: BTreeMap::new(), faults, started: Instant::now() }
    }

    /// Milliseconds since the server's start: in what faults are scripted.
    pub fn since_start_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// A new connection.
    pub fn open(&mut self, id: u64, gate: Gate, conn_id: String, link: Link) {
        let (held, subscriptions) = (VecDeque::new(), Vec::new());
        let session = Session { gate, conn_id, caller: None, subscriptions, link, held, ended: false, crowded: None };
        self.sessions.insert(id, session);
    }

    /// It is gone.
    pub fn forget(&mut self, id: u64) {
        self.sessions.remove(&id);
    }

    /// One of them, unless it is gone or ends.
    pub fn session(&mut self, id: u64) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|session| !session.ended)
    }

    /// All of them.
    pub fn sessions(&self) -> impl Iterator<Item = (u64, &Session)> {
        self.sessions.iter().map(|(&id, session)| (id, session))
    }

    /// A push of a channel, through the faults.
    pub fn push(&mut self, id: u64, channel: &str, text: &Utf8Bytes) {
        let since = if self.faults.is_empty() { None } else { Some(self.since_start_ms()) };
        let Some(session) = self.sessions.get_mut(&id).filter(|session| !session.ended) else { return };
        let Some(since) = since else { return session.send(text.clone(), Duration::ZERO) };
        let spot = Spot { on: session.gate.as_str(), channel: Some(channel), path: None };
        if self.faults.strikes(FaultKind::Disconnect, spot, since).is_some() {
            return session.end(Ending::Abort);
        }
        if self.faults.strikes(FaultKind::Lose, spot, since).is_some() {
            return;
        }
        let delay = self.faults.strikes(FaultKind::Delay, spot, since).map_or(0, |strike| strike.ms);
        let delay = Duration::from_millis(delay.unsigned_abs());
        if self.faults.strikes(FaultKind::Double, spot, since).is_some() {
            session.send(text.clone(), delay);
        }
        session.send(text.clone(), delay);
    }

    /// An answer to something that the client sent.
    pub fn reply(&mut self, id: u64, text: String, delay: Duration) {
        if let Some(session) = self.session(id) {
            session.send(text.into(), delay);
        }
    }

    /// Ends a connection.
    pub fn end(&mut self, id: u64, ending: Ending) {
        if let Some(session) = self.session(id) {
            session.end(ending);
        }
    }

    /// Sends what was held back and is due now.
    pub fn release(&mut self, now: Instant) {
        for session in self.sessions.values_mut() {
            while session.held.front().is_some_and(|(due, _)| *due <= now) {
                if let Some((_, text)) = session.held.pop_front() {
                    session.deliver(text);
                }
            }
        }
    }

    /// When something that is held back is due next.
    pub fn next_release(&self) -> Option<Instant> {
        self.sessions.values().filter_map(|session| session.held.front()).map(|(due, _)| *due).min()
    }

    /// Whether every reader keeps up. One that does not read for seconds is left behind: its connection ends.
    pub fn has_room(&mut self, now: Instant) -> bool {
        let mut room = true;
        for session in self.sessions.values_mut().filter(|session| !session.ended) {
            if session.link.outbox.capacity() >= session.link.outbox.max_capacity() / 2 {
                session.crowded = None;
            } else if now.duration_since(*session.crowded.get_or_insert(now)) > PATIENCE {
                session.end(SLOW);
            } else {
                room = false;
            }
        }
        room
    }
}

/// The code with which a reader is cut off that does not keep up.
pub const SLOW_READER: u16 = 4005;
const SLOW: Ending = Ending::Close(SLOW_READER, "Send buffer is full: the reader is too slow.");

impl Session {
    fn send(&mut self, text: Utf8Bytes, delay: Duration) {
        if self.held.is_empty() && delay.is_zero() {
            self.deliver(text);
        } else if self.held.len() >= self.link.outbox.max_capacity() {
            self.end(SLOW);
        } else {
            let earliest = Instant::now() + delay;
            let due = self.held.back().map_or(earliest, |(last, _)| earliest.max(*last));
            self.held.push_back((due, text));
        }
    }

    fn deliver(&mut self, text: Utf8Bytes) {
        match self.link.outbox.try_send(text) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => self.end(SLOW),
            Err(mpsc::error::TrySendError::Closed(_)) => self.ended = true,
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ended = true;
        self.held.clear();
        self.link.ending.send_replace(Some(ending));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(faults: &str, room: usize) -> (Post, mpsc::Receiver<Utf8Bytes>, watch::Receiver<Option<Ending>>) {
        let (outbox, inbox) = mpsc::channel(room);
        let (ending, ended) = watch::channel(None);
        let mut post = Post::new(Faults::parse(faults).unwrap());
        post.open(1, Gate::Private, "conn".to_owned(), Link { outbox, ending });
        (post, inbox, ended)
    }

    fn received(inbox: &mut mpsc::Receiver<Utf8Bytes>) -> Vec<String> {
        std::iter::from_fn(|| inbox.try_recv().ok()).map(|text| text.as_str().to_owned()).collect()
    }

    fn push_all(post: &mut Post, texts: &[&'static str]) {
        for text in texts {
            post.push(1, "orders", &Utf8Bytes::from_static(text));
        }
    }

    #[test]
    fn pushes_are_lost_doubled_and_cut_off_as_the_script_says() {
        let (mut post, mut inbox, _ended) =
            post("[[fault]]\nkind = \"lose\"\nevery = 2\n[[fault]]\nkind = \"double\"\nevery = 2", 64);
        push_all(&mut post, &["1", "2", "3", "4", "5"]);
        assert_eq!(received(&mut inbox), ["1", "3", "3", "5"]);
        let (mut post, mut inbox, ended) = self::post("[[fault]]\nkind = \"disconnect\"\nevery = 3", 64);
        push_all(&mut post, &["1", "2", "3", "4"]);
        assert_eq!((received(&mut inbox), *ended.borrow()), (vec!["1".to_owned(), "2".to_owned()], Some(Ending::Abort)));
    }

    #[test]
    fn what_is_held_back_is_not_overtaken() {
        let (mut post, mut inbox, _ended) = post("[[fault]]\nkind = \"delay\"\nms = 60000\nevery = 2", 64);
        push_all(&mut post, &["1", "2", "3"]);
        assert_eq!(received(&mut inbox), ["1"]);
        let due = post.next_release().unwrap();
        post.release(due + Duration::from_secs(1));
        assert_eq!(received(&mut inbox), ["2", "3"]);
    }

    #[test]
    fn a_reader_that_is_too_slow_is_cut_off() {
        let (mut post, _inbox, ended) = post("", 4);
        push_all(&mut post, &["1", "2", "3"]);
        let now = Instant::now();
        assert!(!post.has_room(now), "data wait for it");
        push_all(&mut post, &["4", "5"]);
        assert_eq!(*ended.borrow(), Some(SLOW));
        assert!(post.has_room(now), "but not for one that is gone");
    }

    #[test]
    fn patience_ends() {
        let (mut post, _inbox, ended) = post("", 4);
        push_all(&mut post, &["1", "2", "3"]);
        let now = Instant::now();
        assert!(!post.has_room(now) && !post.has_room(now + PATIENCE));
        post.has_room(now + PATIENCE * 2);
        assert_eq!(*ended.borrow(), Some(SLOW));
    }
}
