//! Small venues: an HTTP responder that is a closure, and a WebSocket whose other end a test holds in its hands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use data::okx::clock::Clock;
use data::okx::endpoint::{Endpoint, Environment, SocketPath};
use data::okx::limits::Limits;
use data::okx::rest::{Rest, RestTimings};
use data::okx::sign::Credentials;
use data::okx::subscription::Subscription;
use data::okx::websocket::{Event, Socket, SocketConfig, Timings};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Nothing in these tests takes as long.
pub const LONG: Duration = Duration::from_secs(10);

pub fn credentials() -> Credentials {
    Credentials::new("key-a1b2".to_owned(), "secret-c3d4".to_owned(), "pass-e5f6".to_owned())
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub head: String,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn is(&self, method: &str, path: &str) -> bool {
        let asked = self.target.split('?').next().unwrap_or_default();
        self.method == method && asked == format!("/api/v5/{path}")
    }
}

/// What the responder does.
pub enum Answer {
    Json(u16, String),
    /// With a header line of its own.
    Headed(u16, String, String),
    /// The connection breaks without an answer.
    Break,
    /// No answer ever.
    Nothing,
}

pub fn ok(data: &str) -> Answer {
    Answer::Json(200, format!(r#"{{"code":"0","msg":"","data":[{data}]}}"#))
}

pub fn refusal(status: u16, code: &str) -> Answer {
    Answer::Json(status, format!(r#"{{"code":"{code}","msg":"no","data":[]}}"#))
}

/// An HTTP responder on this machine.
pub struct Web {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Web {
    /// Answers each request by what `answer` makes of it and of how many came before.
    pub async fn start(answer: impl FnMut(&Asked, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(answer)));
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                tokio::spawn(async move { serve(stream, &log, &answer).await });
            }
        });
        Self { url, asked, task }
    }

    pub fn count(&self, method: &str, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.is(method, path)).count()
    }

    pub fn rest(&self, timings: RestTimings) -> Arc<Rest> {
        rest(&self.url, timings)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn rest(url: &str, timings: RestTimings) -> Arc<Rest> {
    let endpoint = Endpoint::at(url, "ws://127.0.0.1:1/ws/v5", Environment::Demo).unwrap();
    let (limits, clock) = (Arc::new(Limits::default()), Arc::new(Clock::default()));
    Arc::new(Rest::new(endpoint, Some(credentials()), limits, clock, timings).unwrap())
}

pub fn hasty() -> RestTimings {
    RestTimings {
        answer: Duration::from_millis(400),
        backoff_first: Duration::from_millis(40),
        backoff_most: Duration::from_millis(200),
        order_lifetime: Duration::from_millis(600),
        ..RestTimings::default()
    }
}

async fn serve<F: FnMut(&Asked, usize) -> Answer>(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &Mutex<F>) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4_096];
        let Ok(read @ 1..) = stream.read(&mut chunk).await else { return };
        buffer.extend_from_slice(&chunk[..read]);
        while let Some((asked, used)) = parse(&buffer) {
            buffer.drain(..used);
            let before = log.lock().unwrap().len();
            log.lock().unwrap().push(asked.clone());
            let answer = (answer.lock().unwrap())(&asked, before);
            match answer {
                Answer::Json(status, body) => respond(&mut stream, status, "X-Nothing: more", &body).await,
                Answer::Headed(status, header, body) => respond(&mut stream, status, &header, &body).await,
                Answer::Break => return,
                Answer::Nothing => std::future::pending().await,
            }
        }
    }
}

async fn respond(stream: &mut TcpStream, status: u16, header: &str, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{header}\r\nContent-Length: {length}");
    let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await;
}

fn parse(buffer: &[u8]) -> Option<(Asked, usize)> {
    let ends = buffer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(buffer[..ends].to_vec()).unwrap();
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut asked = Asked { method, target, head, body: String::new() };
    let length: usize = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    let body = buffer.get(ends + 4..ends + 4 + length)?;
    asked.body = String::from_utf8(body.to_vec()).unwrap();
    Some((asked, ends + 4 + length))
}

/// Where sockets connect to.
pub struct Floor {
    listener: TcpListener,
    pub url: String,
}

impl Floor {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws/v5/private", listener.local_addr().unwrap());
        Self { listener, url }
    }

    pub async fn accept(&self) -> Peer {
        let (stream, _) = timeout(LONG, self.listener.accept()).await.expect("a connection").unwrap();
        Peer(accept_async(stream).await.unwrap())
    }

    /// Whether someone connects within that time.
    pub async fn is_tried_within(&self, wait: Duration) -> bool {
        timeout(wait, self.listener.accept()).await.is_ok()
    }

    /// A socket to here, and what it tells.
    pub fn socket(&self, subscriptions: &[Subscription], login: Option<Credentials>) -> (Socket, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(64);
        let socket = Socket::open(self.config(subscriptions, login), Arc::default(), Arc::default(), events);
        (socket, receiver)
    }

    pub fn config(&self, subscriptions: &[Subscription], login: Option<Credentials>) -> SocketConfig {
        let subscriptions = subscriptions.to_vec();
        SocketConfig { url: self.url.clone(), path: SocketPath::Private, socket: 7, login, subscriptions, timings: quick() }
    }
}

pub fn quick() -> Timings {
    Timings {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(500),
        quiet: Duration::from_secs(5),
        pong: Duration::from_millis(200),
        backoff_first: Duration::from_millis(10),
        backoff_most: Duration::from_millis(50),
        steady: Duration::from_mins(1),
    }
}

/// The venue's end of a connection.
pub struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    pub async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text, or `None` when the client is gone.
    pub async fn try_next(&mut self) -> Option<String> {
        loop {
            match timeout(LONG, self.0.next()).await.expect("a frame or the end") {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn next(&mut self) -> String {
        self.try_next().await.expect("a text")
    }

    /// Takes a subscription of that many channels, and acknowledges each.
    pub async fn serve_subscription(&mut self, channels: usize) {
        let asked: serde_json::Value = serde_json::from_str(&self.next().await).unwrap();
        assert_eq!(asked["op"], "subscribe", "{asked}");
        let args = asked["args"].as_array().unwrap();
        assert_eq!(args.len(), channels, "{asked}");
        for arg in args {
            self.send(&format!(r#"{{"event":"subscribe","arg":{arg},"connId":"c1"}}"#)).await;
        }
    }

    /// Closes with a code.
    pub async fn close(mut self, code: u16, words: &'static str) {
        let _ = self.0.close(Some(CloseFrame { code: code.into(), reason: words.into() })).await;
        // Until the client has answered: what is dropped with bytes unread is reset.
        while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(1), self.0.next()).await {}
    }
}

pub async fn event(events: &mut mpsc::Receiver<Event>) -> Event {
    timeout(LONG, events.recv()).await.expect("an event").expect("the task lives")
}

/// Waits until the socket is up, and says which connection it is.
pub async fn until_up(events: &mut mpsc::Receiver<Event>) -> u32 {
    loop {
        if let Event::Up { connection } = event(events).await {
            return connection.epoch;
        }
    }
}
