//! The task of a socket: connection after connection, until its owner lets it go or the venue will not have the key.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::backoff::Backoff;
use super::outbox::Outbox;
use super::session::Session;
use super::{Command, Connection, DownReason, Event, SocketConfig};
use crate::okx::clock::Clock;
use crate::okx::limits::{Budget, Charge, Limits};
use crate::okx::rest::install_crypto;
use crate::okx::subscription::Subscription;

/// The largest message that is read; a book of 400 levels a side has some 30 KB.
const MAX_MESSAGE: usize = 16 << 20;

pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What lives as long as the socket.
pub(super) struct Task {
    pub config: SocketConfig,
    pub clock: Arc<Clock>,
    pub outbox: Outbox,
    pub commands: mpsc::Receiver<Command>,
    /// What each connection subscribes.
    pub wanted: Vec<Subscription>,
    pub up: Arc<AtomicBool>,
    limits: Arc<Limits>,
}

impl Task {
    pub fn new(
        config: SocketConfig,
        limits: Arc<Limits>,
        clock: Arc<Clock>,
        events: mpsc::Sender<Event>,
        commands: mpsc::Receiver<Command>,
        up: Arc<AtomicBool>,
    ) -> Self {
        let wanted = config.subscriptions.clone();
        Self { config, clock, outbox: Outbox::new(events), commands, wanted, up, limits }
    }

    pub async fn run(mut self) {
        install_crypto();
        let timings = self.config.timings;
        let mut backoff = Backoff::new(timings.backoff_first, timings.backoff_most);
        for epoch in 1.. {
            let connection = Connection { socket: self.config.socket, path: self.config.path, epoch };
            let begun = Instant::now();
            let reason = Box::pin(self.connection(connection)).await;
            self.up.store(false, Ordering::Release);
            self.outbox.push(Event::Down { connection, reason: reason.clone() });
            if reason.is_final() {
                break;
            }
            if begun.elapsed() >= timings.steady {
                backoff.reset();
            }
            let wait =
                if reason.is_wished() && begun.elapsed() >= timings.backoff_first { Duration::ZERO } else { backoff.wait() };
            if self.meanwhile(sleep(wait)).await.is_none() {
                break;
            }
        }
        // Nobody is answered any more, and the owner hears the end.
        self.commands.close();
        while let Some(command) = self.commands.recv().await {
            refuse(command, "the socket has ended");
        }
        while !self.outbox.is_empty() && self.outbox.progress().await {}
    }

    /// One connection from its beginning to its end.
    async fn connection(&mut self, connection: Connection) -> DownReason {
        let (limits, url, wait) = (Arc::clone(&self.limits), self.config.url.clone(), self.config.timings.connect);
        match Box::pin(self.meanwhile(connect(&limits, &url, wait))).await {
            None => DownReason::Stopped,
            Some(Err(reason)) => DownReason::NotConnected(reason),
            Some(Ok(stream)) => Session::new(self, stream, connection).run().await,
        }
    }

    /// Waits for something while there is no connection: requests are refused at once, wishes are kept. `None` when the
    /// owner lets go.
    async fn meanwhile<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                output = &mut future => return Some(output),
                owned = self.outbox.progress() => if !owned { return None },
                command = self.commands.recv() => match command? {
                    Command::Subscribe(subscription) => self.want(subscription),
                    Command::Unsubscribe(subscription) => self.wanted.retain(|wanted| !wanted.is(&subscription)),
                    command => refuse(command, "there is no connection"),
                },
            }
        }
    }

    /// Adds to what each connection subscribes.
    pub fn want(&mut self, subscription: Subscription) {
        if !self.wanted.iter().any(|wanted| wanted.is(&subscription)) {
            self.wanted.push(subscription);
        }
    }
}

/// Answers a command that cannot be carried out. A new connection gives all that the others want.
fn refuse(command: Command, reason: &str) {
    if let Command::Request(request) = command {
        request.not_sent(reason);
    }
}

async fn connect(limits: &Limits, url: &str, wait: Duration) -> Result<Stream, String> {
    limits.acquire(&[Charge::one(Budget::Connect)], wait).await.map_err(|limited| limited.to_string())?;
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    match timeout(wait, connect_async_with_config(url, Some(config), true)).await {
        Ok(Ok((stream, _))) => Ok(stream),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no connection in {} ms", wait.as_millis())),
    }
}
