//! The stream against a venue that hangs up, falls silent, and says what cannot be read.

use std::time::Duration;

use data::binance::{Channel, Event, Push, StreamConfig, connect};
use engine::time::Interval;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

const TRADE: &str = r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":2,"s":"BTCUSDT","a":5,"p":"2000.10","q":"0.5","f":1,"l":2,"T":61000,"m":false,"M":true}}"#;
const KLINE: &str = r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":60000,"T":119999,"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"1","c":"2","h":"3","l":"0.5","v":"10","n":2,"x":true}}}"#;

struct Venue {
    listener: TcpListener,
    config: StreamConfig,
}

impl Venue {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = StreamConfig {
            host: format!("ws://{}/", listener.local_addr().unwrap()),
            connect_timeout: Duration::from_secs(5),
            silence: Duration::from_secs(30),
            lifetime: Duration::from_mins(1),
            first_wait: Duration::from_millis(10),
            longest_wait: Duration::from_millis(40),
        };
        Self { listener, config }
    }

    fn connect(&self) -> Receiver<Event> {
        let channels = [Channel::Trades("BTCUSDT".to_owned()), Channel::Klines("BTCUSDT".to_owned(), Interval(60))];
        connect(self.config.clone(), &channels)
    }

    /// The next connection, and what it asked for.
    async fn accept(&self) -> (WebSocketStream<TcpStream>, String) {
        let (stream, _) = timeout(Duration::from_secs(10), self.listener.accept()).await.expect("a connection").unwrap();
        let mut path = String::new();
        #[expect(clippy::result_large_err, reason = "the signature that the library asks for")]
        let keep = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            path = request.uri().to_string();
            Ok(response)
        };
        let socket = accept_hdr_async(stream, keep).await.unwrap();
        (socket, path)
    }
}

async fn next(events: &mut Receiver<Event>) -> Event {
    timeout(Duration::from_secs(10), events.recv()).await.expect("an event within ten seconds").expect("the stream lives")
}

async fn down(events: &mut Receiver<Event>) -> String {
    match next(events).await {
        Event::Down { reason } => reason,
        other => panic!("not down but {other:?}"),
    }
}

#[tokio::test]
async fn messages_come_typed_and_a_lost_connection_comes_back() {
    let venue = Venue::start().await;
    let mut events = venue.connect();
    let (mut socket, path) = venue.accept().await;
    assert_eq!(path, "/stream?streams=btcusdt@aggTrade/btcusdt@kline_1m");
    assert_eq!(next(&mut events).await, Event::Up { connection: 1 });
    for text in [TRADE, r#"{"result":null,"id":1}"#, "no JSON", KLINE] {
        socket.send(Message::text(text)).await.unwrap();
    }
    assert!(
        matches!(next(&mut events).await, Event::Push(Push::Trade { symbol, trade }) if symbol == "BTCUSDT" && trade.id == 5)
    );
    assert!(matches!(next(&mut events).await, Event::Unreadable { .. }));
    assert!(matches!(next(&mut events).await, Event::Push(Push::Kline { kline, .. }) if kline.is_final));
    socket.send(Message::Ping("17".into())).await.unwrap();
    let answer = timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::Pong("17".into()), "a ping is answered though nothing else is sent");

    socket.close(None).await.unwrap();
    assert!(down(&mut events).await.starts_with("the venue closed the connection"));
    let (socket, again) = venue.accept().await;
    assert_eq!((next(&mut events).await, again), (Event::Up { connection: 2 }, path));
    // Without a goodbye.
    drop(socket);
    down(&mut events).await;
    let (mut socket, _) = venue.accept().await;
    assert_eq!(next(&mut events).await, Event::Up { connection: 3 });
    socket.send(Message::text(TRADE)).await.unwrap();
    assert!(matches!(next(&mut events).await, Event::Push(_)));
}

#[tokio::test]
async fn a_silent_connection_and_an_old_one_are_replaced() {
    let mut venue = Venue::start().await;
    venue.config.silence = Duration::from_millis(150);
    let mut events = venue.connect();
    let (_silent, _) = venue.accept().await;
    assert_eq!(next(&mut events).await, Event::Up { connection: 1 });
    assert_eq!(down(&mut events).await, "nothing came for 150ms");
    let (_next, _) = venue.accept().await;
    drop(events);

    let mut venue = Venue::start().await;
    venue.config.lifetime = Duration::from_millis(150);
    venue.config.first_wait = Duration::from_mins(1);
    let mut events = venue.connect();
    let begun = Instant::now();
    let (mut first, _) = venue.accept().await;
    first.send(Message::text(TRADE)).await.unwrap();
    assert_eq!(next(&mut events).await, Event::Up { connection: 1 });
    assert!(matches!(next(&mut events).await, Event::Push(_)));
    drop(tokio::spawn(async move { while first.next().await.is_some() {} }));
    assert_eq!(down(&mut events).await, "it was as old as a connection may become");
    let (_second, _) = venue.accept().await;
    assert_eq!(next(&mut events).await, Event::Up { connection: 2 });
    assert!(begun.elapsed() < Duration::from_secs(5), "it is replaced at once, not after the wait of a lost one");
}

#[tokio::test]
async fn a_venue_that_is_not_there_is_tried_again_with_longer_waits() {
    let venue = Venue::start().await;
    let mut config = venue.config.clone();
    drop(venue);
    (config.first_wait, config.longest_wait) = (Duration::from_millis(40), Duration::from_millis(80));
    let mut events = connect(config, &[Channel::Trades("BTCUSDT".to_owned())]);
    let begun = Instant::now();
    for _ in 0..4 {
        assert!(down(&mut events).await.starts_with("cannot connect to ws://127.0.0.1:"));
    }
    // Half of 40, 80 and 80 at least.
    assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nothing_is_left_when_nobody_listens() {
    let venue = Venue::start().await;
    let mut events = venue.connect();
    let (mut socket, _) = venue.accept().await;
    assert_eq!(next(&mut events).await, Event::Up { connection: 1 });
    drop(events);
    let ended = timeout(Duration::from_secs(10), async { while let Some(Ok(_)) = socket.next().await {} }).await;
    assert!(ended.is_ok(), "the connection ends with its reader");
    let another = timeout(Duration::from_millis(300), venue.listener.accept()).await;
    assert!(another.is_err(), "and no other one is made");
}
