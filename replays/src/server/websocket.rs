//! A WebSocket connection: what comes in goes to the venue, what the venue has for it goes out.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::channel::Gate;
use super::channel_post::{Ending, Link, SLOW_READER};
use super::market_thread::Ask;

/// The longest message that a client may send.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1_024;
/// Messages that are written before the socket is flushed.
const BATCH: usize = 256;
/// How long a connection that ends waits for its last frame to be written.
const LAST_WORDS: Duration = Duration::from_secs(8);

/// What a connection is made of.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number.
    pub id: u64,
    /// Its path.
    pub gate: Gate,
    /// From where.
    pub address: String,
    /// Messages that may wait to be written.
    pub outbox_messages: usize,
    /// It is closed when nothing comes or goes for so long.
    pub idle: Duration,
    /// The venue.
    pub venue: mpsc::Sender<Ask>,
}

impl Connection {
    /// Serves it until it ends.
    pub async fn serve(self, mut socket: WebSocket) {
        let (outbox, inbox) = mpsc::channel(self.outbox_messages);
        let (ending, ended) = watch::channel(None);
        let open = Ask::Open { id: self.id, gate: self.gate, address: self.address.clone(), link: Link { outbox, ending } };
        if self.venue.send(open).await.is_err() {
            return;
        }
        let end = self.carry(&mut socket, inbox, ended).await;
        if let Some(Ending::Close(code, reason)) = end {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            // A client that does not read does not learn why.
            let _ = timeout(LAST_WORDS, socket.send(Message::Close(Some(frame)))).await;
        }
        if end != Some(Ending::Abort) {
            // The other side's close frame is waited for, or answered.
            let _ = timeout(LAST_WORDS, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
        }
        let _ = self.venue.send(Ask::Gone { id: self.id }).await;
    }

    /// Gives how it ends; `None` when the client has ended it.
    async fn carry(
        &self,
        socket: &mut WebSocket,
        mut inbox: mpsc::Receiver<Utf8Bytes>,
        mut ended: watch::Receiver<Option<Ending>>,
    ) -> Option<Ending> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut last = Instant::now();
        loop {
            tokio::select! {
                () = told(&mut ended) => return last_word(socket, &mut inbox, &ended).await,
                count = inbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return Some(ending_of(&ended));
                    }
                    last = Instant::now();
                    tokio::select! {
                        written = write(socket, &mut batch) => if written.is_err() { return None },
                        () = cut_off(&mut ended) => return Some(ending_of(&ended)),
                    }
                }
                frame = socket.recv() => {
                    last = Instant::now();
                    let answer = match frame? {
                        Ok(Message::Text(text)) if text.as_str() == "ping" => Some(Message::Text(Utf8Bytes::from_static("pong"))),
                        Ok(Message::Text(text)) => {
                            let text = Ask::Text { id: self.id, text: text.as_str().to_owned() };
                            self.venue.send(text).await.ok()?;
                            None
                        }
                        Ok(Message::Close(_)) => return None,
                        // Pings are answered below this, binary messages are nothing that anyone should send.
                        Ok(Message::Ping(_) | Message::Pong(_)) => None,
                        Ok(Message::Binary(_)) => return Some(Ending::Close(4002, "Invalid request.")),
                        Err(error) => {
                            let is_long = error.to_string().contains("too l");
                            return is_long.then_some(Ending::Close(1009, "The message is too large."));
                        }
                    };
                    if let Some(answer) = answer {
                        tokio::select! {
                            sent = socket.send(answer) => sent.ok()?,
                            () = cut_off(&mut ended) => return Some(ending_of(&ended)),
                        }
                    }
                }
                () = sleep_until(last + self.idle) => return Some(Ending::Close(4004, "No data received in 30s.")),
            }
        }
    }
}

async fn write(socket: &mut WebSocket, batch: &mut Vec<Utf8Bytes>) -> Result<(), axum::Error> {
    for text in batch.drain(..) {
        socket.feed(Message::Text(text)).await?;
    }
    socket.flush().await
}

/// What is still to be said is said before a connection is closed; one that is cut off says nothing.
async fn last_word(
    socket: &mut WebSocket,
    inbox: &mut mpsc::Receiver<Utf8Bytes>,
    ended: &watch::Receiver<Option<Ending>>,
) -> Option<Ending> {
    let ending = ending_of(ended);
    if ending != Ending::Abort {
        let mut rest: Vec<Utf8Bytes> = std::iter::from_fn(|| inbox.try_recv().ok()).collect();
        let _ = timeout(LAST_WORDS, write(socket, &mut rest)).await;
    }
    Some(ending)
}

/// Waits until the venue ends the connection, or is gone itself.
async fn told(ended: &mut watch::Receiver<Option<Ending>>) {
    let _ = ended.wait_for(Option::is_some).await;
}

/// Waits until the connection ends in a way that leaves what is half written.
async fn cut_off(ended: &mut watch::Receiver<Option<Ending>>) {
    let harsh = |ending: &Option<Ending>| matches!(ending, Some(Ending::Abort | Ending::Close(SLOW_READER, _)));
    if ended.wait_for(harsh).await.is_err() {
        // The venue is gone, and what it said before is still to be written.
        std::future::pending::<()>().await;
    }
}

const GOING_AWAY: Ending = Ending::Close(1001, "The server is going away.");

fn ending_of(ended: &watch::Receiver<Option<Ending>>) -> Ending {
    ended.borrow().unwrap_or(GOING_AWAY)
}
