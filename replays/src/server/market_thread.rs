//! The venue's thread: it replays the data at their speed, and between them does what clients ask.

use std::time::{Duration, Instant};

use data::files::FileError;
use engine::time::{SECOND_NS, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::channel::Gate;
use super::channel_post::Link;
use super::feed::{Feed, Speed};
use super::http_call::{RestReply, RestRequest};
use super::market_floor::Floor;

/// What the sockets ask of the venue.
#[derive(Debug)]
pub enum Ask {
    /// A connection begins.
    Open {
        /// Its number.
        id: u64,
        /// Its path.
        gate: Gate,
        /// From where.
        address: String,
        /// Where to it is answered.
        link: Link,
    },
    /// A client sent a text.
    Text {
        /// On which connection.
        id: u64,
        /// What.
        text: String,
    },
    /// A connection has ended.
    Gone {
        /// Which.
        id: u64,
    },
    /// A REST call.
    Rest {
        /// What is asked.
        request: Box<RestRequest>,
        /// Where the answer goes.
        reply: oneshot::Sender<RestReply>,
    },
}

/// How the data are replayed.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// How fast.
    pub speed: Speed,
    /// When it begins.
    pub start: Start,
    /// What comes after the data.
    pub end: End,
    /// What is before this time has happened when the server starts.
    pub from: Option<Timestamp>,
}

/// When the data's time begins to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the server.
    AtOnce,
    /// With the first subscription to a public channel.
    WithTheFirstListener,
}

/// What comes after the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The market stays near its last price, in real time.
    GoesOn,
    /// The server stops.
    Stops,
}

/// Between two looks at timers and due pushes.
const BREATH: Duration = Duration::from_millis(5);
/// Between two changes of the maker's sizes where nothing else moves.
const STIR: Duration = Duration::from_millis(100);
/// Between two trades when the data have ended.
const WANDER: Duration = Duration::from_millis(500);
/// Between two pushes of whole accounts.
const ACCOUNTS: Duration = Duration::from_secs(5);
/// Events between two looks at what clients ask.
const BATCH: usize = 32;

/// The venue, its data, and what it is asked.
pub struct Venue {
    floor: Floor,
    feed: Feed,
    replay: Replay,
    asks: mpsc::Receiver<Ask>,
    phase: Phase,
    last_stir: Instant,
    last_wander: Instant,
    last_accounts: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The data wait for a listener.
    Waiting,
    /// From this instant on, which is this time of the data.
    Running(Instant, Timestamp),
    /// Since this instant, which was this time of the data.
    Over(Instant, Timestamp),
}

impl Venue {
    /// Everything but the thread. Looks at the beginning of the data, so that there are prices to ask for.
    pub fn new(floor: Floor, feed: Feed, replay: Replay, asks: mpsc::Receiver<Ask>) -> Result<Self, FileError> {
        let now = Instant::now();
        let mut venue =
            Self { floor, feed, replay, asks, phase: Phase::Waiting, last_stir: now, last_wander: now, last_accounts: now };
        let first = venue.feed.due()?.unwrap_or(Timestamp(0));
        let until = replay.from.unwrap_or(first).max(first);
        while let Some(due) = venue.feed.due()?.filter(|due| *due <= until) {
            if let Some((_, input)) = venue.feed.take()? {
                venue.floor.happen(due, input);
            }
        }
        if replay.from.is_some() && venue.feed.due()?.is_none() {
            let reason = format!("the data end at {}, and nothing is left from {until} on", venue.floor.at);
            return Err(FileError::Format { path: "--from".into(), reason });
        }
        venue.floor.pass(until);
        if replay.start == Start::AtOnce {
            venue.phase = Phase::Running(Instant::now(), until);
        }
        Ok(venue)
    }

    /// The market's time now.
    pub fn at(&self) -> Timestamp {
        self.floor.at
    }

    /// Works until nobody can ask any more, or until the data end if it is to stop then.
    pub async fn work(mut self) -> Result<(), FileError> {
        loop {
            for _ in 0..256 {
                match self.asks.try_recv() {
                    Ok(ask) => self.answer(ask),
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => return Ok(()),
                }
            }
            let now = Instant::now();
            let Some(next) = self.advance(now)? else { return Ok(()) };
            self.breathe(now);
            let next = next.min(now + BREATH);
            if next <= now {
                continue;
            }
            match tokio::time::timeout_at(next.into(), self.asks.recv()).await {
                Ok(Some(ask)) => self.answer(ask),
                Ok(None) => return Ok(()),
                Err(_) => {}
            }
        }
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Open { id, gate, address, link } => self.floor.open(id, gate, &address, link),
            Ask::Text { id, text } => self.floor.hear(id, &text),
            Ask::Gone { id } => self.floor.gone(id),
            Ask::Rest { request, reply } => {
                let (answer, delay) = self.floor.rest(&request);
                if delay.is_zero() {
                    // Whoever asked may have gone.
                    let _ = reply.send(answer);
                } else {
                    self.floor.late.push((Instant::now() + delay, reply, answer));
                }
            }
        }
    }

    /// Lets happen what is due, and says when to come again; `None` when it is over.
    fn advance(&mut self, now: Instant) -> Result<Option<Instant>, FileError> {
        match self.phase {
            Phase::Waiting if !self.floor.hub.has_listeners() => return Ok(Some(now + BREATH)),
            Phase::Waiting => self.phase = Phase::Running(now, self.floor.at),
            Phase::Running(began, from) => return self.run(now, began, from),
            Phase::Over(ended, at) => {
                self.floor.pass(at.plus_ns(elapsed_ns(ended, now, 1.0)));
                if now.duration_since(self.last_wander) >= WANDER {
                    self.last_wander = now;
                    self.floor.wander();
                }
            }
        }
        Ok(Some(now + BREATH))
    }

    fn run(&mut self, now: Instant, began: Instant, from: Timestamp) -> Result<Option<Instant>, FileError> {
        let target = match self.replay.speed {
            Speed::Times(times) => Some(from.plus_ns(elapsed_ns(began, now, times))),
            Speed::Max if self.floor.post.has_room(now) => None,
            Speed::Max => return Ok(Some(now + Duration::from_millis(1))),
        };
        for _ in 0..BATCH {
            match self.feed.due()? {
                None => {
                    self.phase = Phase::Over(now, self.floor.at);
                    return Ok((self.replay.end == End::GoesOn).then_some(now));
                }
                Some(due) if target.is_some_and(|target| due > target) => {
                    self.floor.pass(target.unwrap_or(due));
                    let wait_ns = due.0.saturating_sub(target.unwrap_or(due).0);
                    return Ok(Some(now + self.real(wait_ns)));
                }
                Some(due) => {
                    if let Some((_, input)) = self.feed.take()? {
                        self.floor.happen(due, input);
                    }
                }
            }
        }
        Ok(Some(now))
    }

    /// So much of the data's time in the machine's; no more than a moment, for what else there is to do.
    fn real(&self, ns: i64) -> Duration {
        let Speed::Times(times) = self.replay.speed else { return Duration::ZERO };
        let seconds = ns as f64 / SECOND_NS as f64 / times;
        Duration::from_secs_f64(seconds.clamp(0.0, BREATH.as_secs_f64()))
    }

    fn breathe(&mut self, now: Instant) {
        if now.duration_since(self.last_stir) >= STIR {
            self.last_stir = now;
            self.floor.stir_in_passing();
        }
        if now.duration_since(self.last_accounts) >= ACCOUNTS {
            self.last_accounts = now;
            self.floor.push_accounts();
        }
        self.floor.keep_maintenance();
        self.floor.breathe();
        self.floor.release(now);
    }
}

fn elapsed_ns(since: Instant, now: Instant, times: f64) -> i64 {
    let ns = now.duration_since(since).as_nanos() as f64 * times;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    {
        ns as i64
    }
}
