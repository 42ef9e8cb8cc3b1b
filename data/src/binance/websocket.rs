//! Candles and trades as they happen: one connection that comes back by itself.

use std::time::Duration;

use engine::time::Interval;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::convert::interval_name;
use super::message::Push;
use crate::http::{chain, jittered};

/// The host for public market data alone.
pub const DEFAULT_STREAM_HOST: &str = "wss://data-stream.binance.vision";

/// Events that may wait for their reader. When it is slower than that, the venue waits, and in the end hangs up.
const WAITING: usize = 1_024;
/// The longest message, in bytes.
const MAX_MESSAGE: usize = 1 << 20;
/// The longest that a goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the stream comes from, and when it is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// The host, such as [`DEFAULT_STREAM_HOST`].
    pub host: String,
    /// The longest that connecting may take.
    pub connect_timeout: Duration,
    /// A connection on which nothing comes for so long is lost. The venue pings each 20 seconds.
    pub silence: Duration,
    /// A connection that is so old is replaced: the venue ends it at 24 hours.
    pub lifetime: Duration,
    /// The wait before the second attempt to connect; it doubles with each.
    pub first_wait: Duration,
    /// The longest wait before an attempt to connect.
    pub longest_wait: Duration,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            host: DEFAULT_STREAM_HOST.to_owned(),
            connect_timeout: Duration::from_secs(10),
            silence: Duration::from_mins(1),
            lifetime: Duration::from_mins(24 * 60 - 10),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// What to listen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Trades of a symbol such as `BTCUSDT`.
    Trades(String),
    /// Candles of a symbol such as `BTCUSDT`.
    Klines(String, Interval),
}

impl Channel {
    fn name(&self) -> String {
        match self {
            Self::Trades(symbol) => format!("{}@aggTrade", symbol.to_lowercase()),
            Self::Klines(symbol, interval) => {
                let interval = interval_name(*interval).unwrap_or_else(|| interval.to_string());
                format!("{}@kline_{interval}", symbol.to_lowercase())
            }
        }
    }
}

/// What happens on the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A connection is there: the first, the second, and so on. What happened before it is not told.
    Up {
        /// Its number, from 1.
        connection: u64,
    },
    /// It is gone, or could not be made; another one will be tried.
    Down {
        /// Why.
        reason: String,
    },
    /// A message. Those that mean nothing are left out.
    Push(Push),
    /// A message that cannot be read; the next one may be.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// Listens to the channels, on a task that ends when the receiver is dropped.
pub fn connect(config: StreamConfig, channels: &[Channel]) -> Receiver<Event> {
    // Only the first one in a process counts, and any is right.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let names: Vec<_> = channels.iter().map(Channel::name).collect();
    let url = format!("{}/stream?streams={}", config.host.trim_end_matches('/'), names.join("/"));
    let (events, receiver) = channel(WAITING);
    tokio::spawn(async move {
        let gone = events.clone();
        tokio::select! {
            () = gone.closed() => {}
            () = run(&config, &url, &events) => {}
        }
    });
    receiver
}

/// Ends when nobody listens any more.
async fn run(config: &StreamConfig, url: &str, events: &Sender<Event>) {
    let (mut connection, mut wait) = (0, config.first_wait);
    loop {
        let (reason, pause) = match open(config, url).await {
            Ok(mut socket) => {
                connection += 1;
                if events.send(Event::Up { connection }).await.is_err() {
                    return;
                }
                let Some(end) = listen(config, &mut socket, events).await else { return };
                // A venue that is gone already may not answer.
                let _ = timeout(CLOSE_TIMEOUT, socket.close(None)).await;
                // One that has worked is replaced at once; one that said nothing is not.
                match end {
                    End::Aged => ("it was as old as a connection may become".to_owned(), Duration::ZERO),
                    End::Lost { reason, has_spoken: true } => {
                        wait = config.first_wait;
                        (reason, wait)
                    }
                    End::Lost { reason, has_spoken: false } => (reason, wait),
                }
            }
            Err(reason) => (reason, wait),
        };
        if events.send(Event::Down { reason }).await.is_err() {
            return;
        }
        if !pause.is_zero() {
            sleep(jittered(pause)).await;
            wait = (wait * 2).min(config.longest_wait);
        }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(config: &StreamConfig, url: &str) -> Result<Socket, String> {
    let limits = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    match timeout(config.connect_timeout, connect_async_with_config(url, Some(limits), true)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(format!("cannot connect to {url}: {}", chain(&error))),
        Err(_) => Err(format!("cannot connect to {url} within {:?}", config.connect_timeout)),
    }
}

enum End {
    Aged,
    Lost { reason: String, has_spoken: bool },
}

/// Until the connection ends; `None` when nobody listens any more.
async fn listen(config: &StreamConfig, socket: &mut Socket, events: &Sender<Event>) -> Option<End> {
    let end_of_life = Instant::now() + config.lifetime;
    let mut has_spoken = false;
    let lost = |reason: String, has_spoken| Some(End::Lost { reason, has_spoken });
    loop {
        let message = tokio::select! {
            () = sleep_until(end_of_life) => return Some(End::Aged),
            message = timeout(config.silence, socket.next()) => message,
        };
        let event = match message {
            Err(_) => return lost(format!("nothing came for {:?}", config.silence), has_spoken),
            Ok(None) => return lost("the venue hung up".to_owned(), has_spoken),
            Ok(Some(Err(error))) => return lost(chain(&error), has_spoken),
            Ok(Some(Ok(Message::Close(frame)))) => {
                let reason = frame.map_or_else(String::new, |frame| format!(" ({} {})", frame.code, frame.reason));
                return lost(format!("the venue closed the connection{reason}"), has_spoken);
            }
            Ok(Some(Ok(Message::Text(text)))) => match Push::parse(text.as_str()) {
                Ok(Push::Other) => None,
                Ok(push) => Some(Event::Push(push)),
                Err(error) => Some(Event::Unreadable { reason: error.to_string() }),
            },
            // The answer to a ping waits to be sent.
            Ok(Some(Ok(Message::Ping(_)))) => match timeout(config.silence, socket.flush()).await {
                Ok(Ok(())) => None,
                _ => return lost("the venue takes nothing any more".to_owned(), has_spoken),
            },
            Ok(Some(Ok(_))) => None,
        };
        has_spoken = true;
        if let Some(event) = event
            && events.send(event).await.is_err()
        {
            return None;
        }
    }
}
