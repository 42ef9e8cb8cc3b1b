//! The live gateway: what the venue's connection says becomes inputs, what the engine decides becomes requests.
//!
//! One bounded channel brings everything in, one takes everything out; this side is synchronous, on the engine's own
//! thread, and tells the one time that there is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use engine::event::{Command, Input, Record, Trouble};
use engine::order::OrderId;
use engine::time::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender};

use super::desk::{Desk, Heard};
use super::pulse::Pulse;
use super::word::{Answer, Ask, Asked, Resync, Word};
use crate::config::{Clock, OnStop};
use crate::gateway::{Gateway, GatewayError};

/// How long a stopping run waits for what it asked for.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// How often in a row the account is read again at once when orders that were placed meanwhile outran its reading.
const OUTRUN: u32 = 5;
/// How long nothing may happen before a flattened account counts as flat.
const QUIET: Duration = Duration::from_secs(2);

/// Something that the venue's connection tells.
#[derive(Debug)]
pub enum Fact {
    /// An input as it is: market data, troubles, commands.
    Input {
        /// When it was received, by the machine's clock as the venue corrects it.
        received_at: Timestamp,
        /// When it happened, by the venue's clock; `None` where nobody says.
        venue_at: Option<Timestamp>,
        /// What.
        input: Input,
    },
    /// What the venue says of an order.
    Word(Box<Word>),
    /// What it answers to a request.
    Answer {
        /// About which order.
        order: OrderId,
        /// What was asked.
        asked: Asked,
        /// What it says.
        answer: Answer,
    },
    /// Everything that it has.
    Resync(Box<Resync>),
    /// The connection is there, and what it missed has to be asked for.
    Connected,
    /// A person or the system wants the run to end.
    Stop,
    /// Nothing can come any more.
    Failed(Box<str>),
}

/// What a connection is asked to do.
#[derive(Debug)]
pub enum Errand {
    /// Of the venue.
    Ask(Box<Ask>),
    /// Everything that the venue has, of these orders in any case.
    Resync(Vec<Ask>),
    /// The run ends in order.
    Leave,
}

/// The engine's end of a venue's connection.
pub struct LiveGateway {
    runtime: Handle,
    facts: Receiver<Fact>,
    errands: Sender<Errand>,
    clock: Clock,
    on_stop: OnStop,
    desk: Desk,
    /// Inputs that are known and not stepped yet.
    ready: VecDeque<(Option<Timestamp>, Input)>,
    /// Facts that came together: each is taken when all that the one before it tells is stepped.
    inbox: VecDeque<Fact>,
    now: Timestamp,
    /// The machine's clock as the venue corrects it.
    wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
    stopping: Option<Instant>,
    /// How many readings of the account in a row were outrun by an order.
    outrun: u32,
    quiet_since: Instant,
    /// What is asked for first of all.
    asks: Vec<Ask>,
    pulse: Pulse,
}

impl LiveGateway {
    /// A gateway whose desk knows the log so far. Its first inputs are `opening`, all at `now`; it begins with asking for
    /// `asks`.
    pub fn new(
        runtime: Handle,
        channels: (Receiver<Fact>, Sender<Errand>),
        (clock, on_stop): (Clock, OnStop),
        wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
        (desk, now): (Desk, Timestamp),
        opening: Vec<Input>,
        asks: Vec<Ask>,
    ) -> Self {
        let (facts, errands) = channels;
        let ready = opening.into_iter().map(|input| (Some(now), input)).collect();
        let quiet_since = Instant::now();
        let inbox = VecDeque::new();
        Self {
            runtime,
            facts,
            errands,
            clock,
            on_stop,
            desk,
            ready,
            inbox,
            now,
            wall,
            stopping: None,
            outrun: 0,
            quiet_since,
            asks,
            pulse: Pulse::default(),
        }
    }

    /// Lets the connection feel that facts are taken.
    pub fn with_pulse(self, pulse: Pulse) -> Self {
        Self { pulse, ..self }
    }

    /// Tells the connection that the run ends in order.
    pub fn leave(&self) {
        // One that has ended needs not be told.
        let _ = self.errands.blocking_send(Errand::Leave);
    }

    fn heard(&mut self, heard: Heard) -> Result<(), GatewayError> {
        self.ready.extend(heard.inputs.into_iter().map(|input| (None, input)));
        heard.again.into_iter().rev().for_each(|word| self.inbox.push_front(Fact::Word(Box::new(word))));
        heard.asks.into_iter().try_for_each(|ask| self.send(Errand::Ask(Box::new(ask))))?;
        if heard.wants_resync { self.send(Errand::Resync(self.desk.unsettled())) } else { Ok(()) }
    }

    fn send(&self, errand: Errand) -> Result<(), GatewayError> {
        self.errands.blocking_send(errand).map_err(|_| GatewayError::Venue("its connection ended".into()))
    }

    fn take(&mut self, fact: Fact) -> Result<(), GatewayError> {
        self.pulse.beat();
        match fact {
            // The connection does not know yet that the run ends.
            Fact::Input { input: Input::TroubleEnded(Trouble::WarmingUp), .. } if self.stopping.is_some() => {}
            Fact::Input { received_at, venue_at, input } => {
                let at = match self.clock {
                    Clock::System => received_at,
                    Clock::Venue => venue_at.unwrap_or(self.now),
                };
                self.ready.push_back((Some(at), input));
            }
            Fact::Word(word) => {
                let heard = self.desk.hear(&word);
                self.heard(heard)?;
            }
            Fact::Answer { order, asked, answer } => {
                let heard = self.desk.answer(order, asked, &answer);
                self.heard(heard)?;
            }
            Fact::Resync(resync) => self.resync(*resync)?,
            Fact::Connected => self.send(Errand::Resync(self.desk.unsettled()))?,
            Fact::Stop => self.stop(),
            Fact::Failed(reason) => return Err(GatewayError::Venue(reason)),
        }
        Ok(())
    }

    /// What a word tells depends on what the ones before it told, so each is stepped before the next is heard.
    fn resync(&mut self, resync: Resync) -> Result<(), GatewayError> {
        if resync.words.is_empty() {
            // What the account has may hold fills of an order that nothing was said of.
            let is_outrun = self.desk.has_others_than(&resync.asked);
            let resync = if is_outrun { Resync { snapshot: None, ..resync } } else { resync };
            let heard = self.desk.resync(&resync);
            self.heard(heard)?;
            if is_outrun && self.outrun < OUTRUN {
                self.outrun += 1;
                return self.send(Errand::Resync(self.desk.unsettled()));
            }
            // Where orders come that fast, what the account has is left to the next reading.
            self.outrun = 0;
            return self.desk.repeated().into_iter().try_for_each(|ask| self.send(Errand::Ask(Box::new(ask))));
        }
        let Resync { words, .. } = resync;
        self.inbox.push_front(Fact::Resync(Box::new(Resync { words: Vec::new(), ..resync })));
        words.into_iter().rev().for_each(|word| self.inbox.push_front(Fact::Word(Box::new(word))));
        Ok(())
    }

    /// Asks for what the way of stopping wants. It ends when that has come, or after a while.
    fn stop(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        self.stopping = Some(Instant::now() + STOP_WITHIN);
        // Nothing new is begun while what is open is seen to; a session that goes on is shown the way again.
        self.ready.push_back((None, Input::TroubleBegan(Trouble::WarmingUp)));
        match self.on_stop {
            OnStop::Leave => {}
            OnStop::Cancel => self.cancel_entries(),
            OnStop::Flatten => self.ready.push_back((None, Input::Operator(Box::new(Command::Flatten)))),
        }
    }

    fn cancel_entries(&mut self) {
        self.quiet_since = Instant::now();
        let cancels = self.desk.entries().map(|order| (None, Input::Operator(Box::new(Command::Cancel(order)))));
        self.ready.extend(cancels);
    }
}

impl LiveGateway {
    /// The next fact, waited for until `deadline` (or until a stopping run has waited long enough).
    fn receive(&mut self, deadline: Option<Timestamp>) -> Received {
        if let Ok(fact) = self.facts.try_recv() {
            return Received::Fact(fact);
        }
        let left = deadline.filter(|_| self.clock == Clock::System).map(|at| until(at, (self.wall)()));
        let left = if self.stopping.is_some() { Some(left.unwrap_or(QUIET).min(QUIET)) } else { left };
        let Self { runtime, facts, .. } = self;
        let received = runtime.block_on(async {
            match left {
                Some(left) => tokio::time::timeout(left, facts.recv()).await,
                None => Ok(facts.recv().await),
            }
        });
        match received {
            Ok(Some(fact)) => Received::Fact(fact),
            Ok(None) => Received::Closed,
            Err(_) => Received::Nothing,
        }
    }

    /// When something is stepped: never before what was stepped last.
    fn stamp(&self, at: Option<Timestamp>) -> Timestamp {
        let now = match (at, self.clock) {
            (Some(at), _) => at,
            (None, Clock::System) => (self.wall)(),
            (None, Clock::Venue) => self.now,
        };
        now.max(self.now)
    }

    /// Whether what a stopping run asked for has come, or will not.
    fn is_done(&self) -> bool {
        let Some(by) = self.stopping else { return false };
        let settled = match self.on_stop {
            OnStop::Leave => !self.desk.is_in_flight(),
            OnStop::Cancel => self.desk.entries().next().is_none(),
            OnStop::Flatten => self.desk.is_idle() && self.quiet_since.elapsed() >= QUIET,
        };
        settled || Instant::now() >= by
    }
}

/// What waiting for a fact gave.
enum Received {
    Fact(Fact),
    Nothing,
    Closed,
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::from_nanos(u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(0))
}

impl Gateway for LiveGateway {
    fn next(&mut self, deadline: Option<Timestamp>) -> Result<Option<(Timestamp, Input)>, GatewayError> {
        for ask in std::mem::take(&mut self.asks) {
            self.send(Errand::Ask(Box::new(ask)))?;
        }
        loop {
            if let Some((at, _)) = self.ready.front() {
                let at = self.stamp(*at);
                if let Some(deadline) = deadline.filter(|&deadline| deadline <= at) {
                    self.now = self.now.max(deadline);
                    return Ok(Some((self.now, Input::Timer)));
                }
                self.now = at;
                return Ok(self.ready.pop_front().map(|(_, input)| (at, input)));
            }
            if let Some(fact) = self.inbox.pop_front() {
                self.take(fact)?;
                continue;
            }
            if self.is_done() {
                return Ok(None);
            }
            if self.stopping.is_some() && self.on_stop == OnStop::Cancel && self.quiet_since.elapsed() >= QUIET {
                // What was refused, or came since.
                self.cancel_entries();
                continue;
            }
            match self.receive(deadline) {
                Received::Fact(fact) => self.take(fact)?,
                Received::Closed => return Ok(None),
                Received::Nothing => {
                    if let Some(deadline) = deadline.filter(|&deadline| deadline <= self.stamp(None)) {
                        self.now = self.now.max(deadline);
                        return Ok(Some((self.now, Input::Timer)));
                    }
                }
            }
        }
    }

    fn execute(&mut self, records: &[Record]) -> Result<(), GatewayError> {
        for record in records {
            self.desk.remember(record);
        }
        let asks = self.desk.asks(records);
        if !asks.is_empty() {
            self.quiet_since = Instant::now();
        }
        asks.into_iter().try_for_each(|ask| self.send(Errand::Ask(Box::new(ask))))
    }
}
