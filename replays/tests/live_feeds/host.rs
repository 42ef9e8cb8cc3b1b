//! A host on this machine, for REST and sockets, whose words a test holds in its hands.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// What is said on all connections of a path.
#[derive(Clone)]
enum Word {
    Text(String, String),
    HangUp,
}

type Answer = Box<dyn FnMut(&str) -> String + Send>;

struct Floor {
    words: broadcast::Sender<Word>,
    answer: Mutex<Answer>,
    asked: Mutex<Vec<String>>,
    open: AtomicUsize,
    is_away: AtomicBool,
}

/// A running host; it stops when it is dropped.
pub struct Host {
    /// `127.0.0.1:4711`
    pub address: String,
    floor: Arc<Floor>,
    _task: JoinSet<()>,
}

impl Host {
    /// Answers REST by what `answer` makes of the path with its query; an empty answer is a server's fault.
    pub async fn start(answer: impl FnMut(&str) -> String + Send + 'static) -> Self {
        let floor = Floor {
            words: broadcast::channel(256).0,
            answer: Mutex::new(Box::new(answer)),
            asked: Mutex::default(),
            open: AtomicUsize::new(0),
            is_away: AtomicBool::new(false),
        };
        let floor = Arc::new(floor);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(serve).with_state(floor.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, floor, _task: task }
    }

    /// Says something on each connection whose path begins so.
    pub fn say(&self, path: &str, text: impl Into<String>) {
        let _ = self.floor.words.send(Word::Text(path.to_owned(), text.into()));
    }

    /// Ends all connections, and refuses new ones.
    pub fn leave(&self) {
        self.floor.is_away.store(true, Ordering::SeqCst);
        let _ = self.floor.words.send(Word::HangUp);
    }

    /// Ends all connections; new ones are welcome.
    pub fn hang_up(&self) {
        let _ = self.floor.words.send(Word::HangUp);
    }

    /// Takes connections again.
    pub fn come_back(&self) {
        self.floor.is_away.store(false, Ordering::SeqCst);
    }

    /// How many connections there are.
    pub fn open(&self) -> usize {
        self.floor.open.load(Ordering::SeqCst)
    }

    /// What was asked, over REST and over sockets.
    pub fn asked(&self) -> Vec<String> {
        self.floor.asked.lock().unwrap().clone()
    }
}

async fn serve(State(floor): State<Arc<Floor>>, request: Request) -> Response {
    let path = request.uri().to_string();
    floor.asked.lock().unwrap().push(path.clone());
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    match upgrade {
        Ok(_) if floor.is_away.load(Ordering::SeqCst) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Ok(upgrade) => upgrade.on_upgrade(move |socket| async move {
            let words = floor.words.subscribe();
            floor.open.fetch_add(1, Ordering::SeqCst);
            talk(socket, &path, words).await;
            floor.open.fetch_sub(1, Ordering::SeqCst);
        }),
        Err(_) => {
            let answer = (floor.answer.lock().unwrap())(&path);
            if answer.is_empty() { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { answer.into_response() }
        }
    }
}

/// Takes every subscription, and says what the test says.
async fn talk(mut socket: WebSocket, path: &str, mut words: broadcast::Receiver<Word>) {
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    for ack in acks(text.as_str()) {
                        if socket.send(Message::text(ack)).await.is_err() {
                            return;
                        }
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            word = words.recv() => match word {
                Ok(Word::Text(to, text)) => {
                    if path.starts_with(&to) && socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Ok(Word::HangUp) | Err(_) => return,
            },
        }
    }
}

fn acks(text: &str) -> Vec<String> {
    if text == "ping" {
        return vec!["pong".to_owned()];
    }
    let Ok(asked) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    if asked["op"] == "login" {
        return vec![r#"{"event":"login","code":"0","msg":"","connId":"c1"}"#.to_owned()];
    }
    let args = asked["args"].as_array().cloned().unwrap_or_default();
    args.iter().map(|arg| format!(r#"{{"event":"subscribe","arg":{arg},"connId":"c1"}}"#)).collect()
}
