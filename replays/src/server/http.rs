//! The server: one port for REST and WebSocket.
//!
//! ```text
//!  sockets (async)                                   one thread
//!  REST ──────────► Ask ══ bounded ═══► Floor: keys, limits, faults ─► Markets, Core
//!  WebSocket ─────►                       ▲                               │
//!      ▲                                  └── Feed, at its speed          │
//!      └──────────── outbox, bounded, one a connection ◄──────────────────┘
//! ```
//!
//! What differs from the real venue: only spot; each account trades with the market of the data and not with the other
//! accounts, and what it trades is not published; its orders are not shown in the public books; there is no band of
//! prices; sequence numbers and ids begin small; market time is the data's, while the API's own time (`public/time`,
//! signatures, `inTime`) is the machine's.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use engine::time::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use super::channel::Gate;
use super::config::{LimitsConfig, ServerConfig};
use super::core::{AccountSetup, Core};
use super::faults::Faults;
use super::feed::{Feed, FeedError};
use super::http_call::{RestReply, RestRequest};
use super::listed::Listed;
use super::market_floor::{Floor, uid};
use super::market_thread::{Ask, Replay, Venue};
use super::websocket::{Connection, MAX_MESSAGE_BYTES};
use crate::exchange::FeeCurrency;

/// Questions that may wait for the venue.
const ASKS: usize = 1_024;
/// The longest body of a request.
const MAX_BODY_BYTES: usize = 1 << 20;
/// How long a request may take at most: faults hold answers back, but not for ever.
const PATIENCE: Duration = Duration::from_mins(11);
/// How long open connections have to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(10);
/// The first `instIdCode`.
const FIRST_CODE: i64 = 10_001;

/// The server cannot start, or stopped before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data cannot be replayed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The network failed.
    #[error("the server's socket failed: {0}")]
    Socket(std::io::Error),
    /// The thread that is the venue is gone.
    #[error("the venue's thread ended by itself")]
    Thread,
}

/// A server that is ready: it listens, and nobody is answered yet.
pub struct Server {
    listener: TcpListener,
    venue: Venue,
    asks: mpsc::Sender<Ask>,
    limits: LimitsConfig,
    listings: Vec<Listed>,
    address: SocketAddr,
}

/// What every handler needs.
#[derive(Clone)]
struct Front {
    asks: mpsc::Sender<Ask>,
    limits: LimitsConfig,
    connections: Arc<AtomicU64>,
}

impl Server {
    /// Opens the data and the port.
    pub async fn prepare(
        paths: &[PathBuf],
        address: SocketAddr,
        replay: Replay,
        config: &ServerConfig,
        faults: Faults,
    ) -> Result<Self, ServerError> {
        let (feed, instruments) = Feed::open(paths, &config.instruments, replay.speed, config.seed)?;
        let codes = FIRST_CODE..;
        let listings: Vec<Listed> =
            instruments.into_iter().zip(codes).map(|(instrument, code)| Listed::new(instrument, code)).collect();
        let accounts = config.accounts.iter().enumerate().map(|(place, account)| AccountSetup {
            uid: uid(place),
            label: account.name.clone(),
            balances: account.balances.iter().map(|(currency, amount)| (*currency, *amount)).collect(),
            fees_in: FeeCurrency::Received,
        });
        let core = Core::new(listings.clone(), accounts.collect(), &config.exchange);
        let floor = Floor::new(&listings, core, config, faults);
        let (asks, asked) = mpsc::channel(ASKS);
        let venue = Venue::new(floor, feed, replay, asked).map_err(FeedError::File)?;
        if venue.at() == Timestamp(0) {
            return Err(FeedError::Nothing.into());
        }
        let failed = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, venue, asks, limits: config.limits.clone(), listings, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it lists.
    pub fn listings(&self) -> &[Listed] {
        &self.listings
    }

    /// The market's time at the start.
    pub fn starts_at(&self) -> Timestamp {
        self.venue.at()
    }

    /// Serves until `stop` comes, or the data end if it is to stop then.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServerError> {
        let Self { listener, venue, asks, limits, .. } = self;
        let (over, is_over) = oneshot::channel();
        let thread = std::thread::Builder::new().name("venue".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let result = runtime
                .map_err(ServerError::Socket)
                .and_then(|runtime| runtime.block_on(venue.work()).map_err(|error| FeedError::File(error).into()));
            // Nobody waits when the server was stopped.
            let _ = over.send(result);
        });
        thread.map_err(ServerError::Socket)?;
        let front = Front { asks, limits, connections: Arc::new(AtomicU64::new(1)) };
        let app = Router::new()
            .route("/ws/v5/{gate}", any(upgrade))
            .fallback(rest)
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(front);
        let (ending, ended) = watch::channel(());
        let outcome = tokio::spawn(async move {
            let outcome = tokio::select! {
                () = stop => Ok(()),
                // A thread that is gone without a word has panicked.
                result = is_over => result.unwrap_or(Err(ServerError::Thread)),
            };
            drop(ending);
            outcome
        });
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        let graceful = axum::serve(listener, service).with_graceful_shutdown(dropped(ended.clone()));
        // Connections that are kept alive without a request do not hold the server up.
        tokio::select! {
            served = graceful.into_future() => served.map_err(ServerError::Socket)?,
            () = async { dropped(ended).await; tokio::time::sleep(FAREWELL).await; } => {}
        }
        outcome.await.unwrap_or(Err(ServerError::Thread))
    }
}

/// Waits until the sender is dropped.
async fn dropped(mut ended: watch::Receiver<()>) {
    while ended.changed().await.is_ok() {}
}

async fn rest(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = RestRequest {
        method: method.as_str().to_owned(),
        target: uri.path_and_query().map_or_else(|| uri.path().to_owned(), |target| target.as_str().to_owned()),
        body: body.to_vec(),
        address: peer.ip().to_string(),
        key: header("OK-ACCESS-KEY"),
        passphrase: header("OK-ACCESS-PASSPHRASE"),
        sign: header("OK-ACCESS-SIGN"),
        timestamp: header("OK-ACCESS-TIMESTAMP"),
        exp_time: header("expTime"),
    };
    let (reply, answer) = oneshot::channel();
    if front.asks.send(Ask::Rest { request: Box::new(request), reply }).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(RestReply { status, body })) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            (status, [(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
        }
        Ok(Err(_)) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

async fn upgrade(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(gate): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let gate = match gate.as_str() {
        "public" => Gate::Public,
        "private" => Gate::Private,
        "business" => Gate::Business,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let connection = Connection {
        id: front.connections.fetch_add(1, Ordering::Relaxed),
        gate,
        address: peer.ip().to_string(),
        outbox_messages: front.limits.outbox_messages,
        idle: Duration::from_millis(front.limits.idle_ms),
        venue: front.asks,
    };
    upgrade.max_message_size(MAX_MESSAGE_BYTES).on_upgrade(move |socket| connection.serve(socket))
}
