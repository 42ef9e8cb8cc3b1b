//! The venue's sockets: each is one task that connects, logs in, subscribes, and begins anew when the connection ends.
//!
//! Frames are handed on as they came, through one bounded queue that the owner reads; orders can be sent over the private
//! one. When the queue is full the task reads on for a while, then it stops reading and the venue closes the connection.

mod event;
mod backoff;
mod frame;
mod channels;
mod requests;
mod outbox;
mod session;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

pub(super) use self::backoff::Backoff;
pub use self::event::{Connection, DownReason, Event, FrameText};
pub use self::requests::OrderOp;

use self::requests::Request;
use super::clock::Clock;
use super::endpoint::SocketPath;
use super::limits::Limits;
use super::rest::OkxError;
use super::sign::Credentials;
use super::subscription::Subscription;

/// Commands that wait for a task.
const MAX_COMMANDS: usize = 256;

/// What a socket is.
#[derive(Clone, Debug)]
pub struct SocketConfig {
    /// Where, such as `wss://ws.okx.com:8443/ws/v5/public`.
    pub url: String,
    /// The path of that URL.
    pub path: SocketPath,
    /// A number of the owner's choice, which comes back with each event.
    pub socket: u16,
    /// Who logs in. `None`: nobody.
    pub login: Option<Credentials>,
    /// What is subscribed on each connection.
    pub subscriptions: Vec<Subscription>,
    /// How long it waits for what.
    pub timings: Timings,
}

/// How long a socket waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// For a connection, its budget included.
    pub connect: Duration,
    /// For the answer to a login or a subscription.
    pub answer: Duration,
    /// For a frame, before it sends a ping.
    pub quiet: Duration,
    /// For anything after a ping.
    pub pong: Duration,
    /// For the first try after a failure.
    pub backoff_first: Duration,
    /// For any try.
    pub backoff_most: Duration,
    /// How long a connection must have been up for its end to count as the first failure.
    pub steady: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            // The venue closes what is silent for 30 s.
            quiet: Duration::from_secs(20),
            pong: Duration::from_secs(8),
            backoff_first: Duration::from_millis(250),
            backoff_most: Duration::from_secs(30),
            steady: Duration::from_mins(1),
        }
    }
}

/// A handle to a socket's task. The task ends when the last handle or the events' receiver is dropped.
#[derive(Clone, Debug)]
pub struct Socket {
    commands: mpsc::Sender<Command>,
    up: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Command {
    Request(Request),
    Subscribe(Subscription),
    Unsubscribe(Subscription),
    Resubscribe(Subscription),
    Reconnect,
}

impl Socket {
    /// Begins the task on the current runtime. What happens comes through `events`.
    pub fn open(config: SocketConfig, limits: Arc<Limits>, clock: Arc<Clock>, events: mpsc::Sender<Event>) -> Self {
        let (sender, commands) = mpsc::channel(MAX_COMMANDS);
        let up = Arc::new(AtomicBool::new(false));
        tokio::spawn(task::Task::new(config, limits, clock, events, commands, Arc::clone(&up)).run());
        Self { commands: sender, up }
    }

    /// Whether it is logged in and subscribed, as far as is known.
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Sends an order request, `args` being a JSON array, and waits for its reply. The venue drops it after `exp_time_ms`
    /// of its clock. [`OkxError::outcome_unknown`] tells a request that may have been carried out.
    pub async fn request(
        &self,
        op: OrderOp,
        args: String,
        exp_time_ms: Option<i64>,
        patience: Duration,
    ) -> Result<FrameText, OkxError> {
        let asked = || format!("WebSocket {}", op.word());
        let (reply, answer) = oneshot::channel();
        let request = Request { op, args, exp_time_ms, reply };
        if self.commands.try_send(Command::Request(request)).is_err() {
            return Err(OkxError::NotSent { asked: asked(), reason: "the socket has ended or is too busy".to_owned() });
        }
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(answer)) => answer,
            // The task ended with the request in its queue, or after it was sent.
            Ok(Err(_)) => Err(OkxError::NoAnswer { asked: asked(), reason: "the socket ended".to_owned() }),
            Err(_) => Err(OkxError::NoAnswer { asked: asked(), reason: format!("none in {} ms", patience.as_millis()) }),
        }
    }

    /// Subscribes, now and on each connection to come.
    pub async fn subscribe(&self, subscription: Subscription) {
        self.command(Command::Subscribe(subscription)).await;
    }

    /// Ends a subscription.
    pub async fn unsubscribe(&self, subscription: Subscription) {
        self.command(Command::Unsubscribe(subscription)).await;
    }

    /// Ends a subscription and asks for it again, for a fresh snapshot: after a gap in a book.
    pub async fn resubscribe(&self, subscription: Subscription) {
        self.command(Command::Resubscribe(subscription)).await;
    }

    /// Begins a new connection.
    pub async fn reconnect(&self) {
        self.command(Command::Reconnect).await;
    }

    async fn command(&self, command: Command) {
        // A task that has ended told its owner by its last event.
        let _ = self.commands.send(command).await;
    }
}
