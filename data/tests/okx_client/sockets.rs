//! Connections: login, subscriptions, pings, notices, and beginning anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use data::okx::clock::Clock;
use data::okx::subscription::Subscription;
use data::okx::websocket::{DownReason, Event, OrderOp, Socket, Timings};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::venue::{Floor, LONG, credentials, event, quick, until_up};

fn channels() -> [Subscription; 2] {
    [Subscription::of("trades", "BTC-USDT"), Subscription::of("books", "BTC-USDT")]
}

fn text(event: &Event) -> &str {
    match event {
        Event::Frame { text, .. } => text,
        other => panic!("{other:?} is no frame"),
    }
}

fn down(event: Event) -> DownReason {
    match event {
        Event::Down { reason, .. } => reason,
        other => panic!("{other:?} is no end"),
    }
}

#[tokio::test]
async fn it_begins_anew_and_subscribes_again() {
    let floor = Floor::open().await;
    let (_socket, mut events) = floor.socket(&channels(), None);
    for epoch in 1..=3 {
        let mut peer = floor.accept().await;
        peer.serve_subscription(2).await;
        let Event::Up { connection } = event(&mut events).await else { panic!("not up") };
        assert_eq!((connection.epoch, connection.socket), (epoch, 7));
        let push = format!(r#"{{"arg":{{"channel":"trades","instId":"BTC-USDT"}},"data":[{{"n":"{epoch}"}}]}}"#);
        peer.send(&push).await;
        let frame = event(&mut events).await;
        assert_eq!(text(&frame), push, "as it came");
        drop(peer);
        assert!(matches!(down(event(&mut events).await), DownReason::Broken(_)));
    }
}

#[tokio::test]
async fn data_may_come_before_their_acknowledgement() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&channels()[..1], None);
    let mut peer = floor.accept().await;
    peer.next().await;
    let push = r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[]}"#;
    peer.send(push).await;
    assert_eq!(text(&event(&mut events).await), push);
    assert!(!socket.is_up());
    peer.send(r#"{"event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"},"connId":"a"}"#).await;
    assert!(matches!(event(&mut events).await, Event::Up { .. }));
    assert!(socket.is_up());
}

#[tokio::test]
async fn it_logs_in_and_subscribes_then() {
    let floor = Floor::open().await;
    let (_socket, mut events) = floor.socket(&[Subscription::of_kind("orders", "ANY")], Some(credentials()));
    let mut peer = floor.accept().await;
    let login: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    let arg = &login["args"][0];
    assert_eq!(
        (login["op"].as_str(), arg["apiKey"].as_str(), arg["passphrase"].as_str()),
        (Some("login"), Some("key-a1b2"), Some("pass-e5f6"))
    );
    assert!(credentials().verify_login(arg["timestamp"].as_str().unwrap(), arg["sign"].as_str().unwrap()));
    peer.send(r#"{"event":"login","code":"0","msg":"","connId":"a"}"#).await;
    let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    assert_eq!(asked["args"][0]["channel"], "orders");
    peer.send(r#"{"event":"subscribe","arg":{"channel":"orders","instType":"ANY","uid":"44"},"connId":"a"}"#).await;
    assert_eq!(until_up(&mut events).await, 1);
}

#[tokio::test]
async fn a_refused_login_ends_it_with_a_typed_reason() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], Some(credentials()));
    let mut peer = floor.accept().await;
    let login = peer.next().await.replace('"', "'");
    peer.send(&format!(r#"{{"event":"error","code":"60009","msg":"Login failed: {login}","connId":"a"}}"#)).await;
    let reason = down(event(&mut events).await);
    let DownReason::LoginRefused { code, message } = &reason else { panic!("{reason:?}") };
    assert!(code == "60009" && reason.is_final(), "{reason:?}");
    assert!(!message.contains("pass-e5f6") && !message.contains("key-a1b2"), "it repeats the login: {message}");
    assert_eq!(timeout(LONG, events.recv()).await.unwrap(), None, "the task has ended");
    assert!(!floor.is_tried_within(Duration::from_millis(300)).await, "a key that is not taken is not tried again");
    let refused = socket.request(OrderOp::Place, "[]".to_owned(), None, LONG).await.unwrap_err();
    assert!(!refused.outcome_unknown(), "{refused}");
}

#[tokio::test]
async fn a_login_refused_for_its_time_has_the_clock_measured() {
    let floor = Floor::open().await;
    let (clock, (events, mut receiver)) = (Arc::new(Clock::default()), mpsc::channel(64));
    let _socket = Socket::open(floor.config(&[], Some(credentials())), Arc::default(), Arc::clone(&clock), events);
    let mut peer = floor.accept().await;
    peer.next().await;
    peer.send(r#"{"event":"error","code":"60006","msg":"Timestamp request expired","connId":"a"}"#).await;
    timeout(LONG, clock.measurement_wanted()).await.expect("a measurement is asked for");
    assert!(matches!(down(event(&mut receiver).await), DownReason::LoginPostponed { .. }));
    let mut peer = floor.accept().await;
    peer.next().await;
    peer.send(r#"{"event":"login","code":"0","msg":"","connId":"b"}"#).await;
    assert_eq!(until_up(&mut receiver).await, 2);
}

#[tokio::test]
async fn silence_is_asked_about_and_then_left() {
    let floor = Floor::open().await;
    let (events, mut receiver) = mpsc::channel(64);
    let mut config = floor.config(&[], None);
    config.timings = Timings { quiet: Duration::from_millis(100), ..quick() };
    let _socket = Socket::open(config, Arc::default(), Arc::default(), events);
    let mut peer = floor.accept().await;
    for _ in 0..3 {
        assert_eq!(peer.next().await, "ping");
        peer.send("pong").await;
    }
    assert_eq!(until_up(&mut receiver).await, 1);
    assert_eq!(peer.next().await, "ping");
    assert_eq!(down(event(&mut receiver).await), DownReason::Silent);
    floor.accept().await;
}

#[tokio::test]
async fn a_notice_and_a_close_code_are_told() {
    let floor = Floor::open().await;
    let (_socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    peer.send(r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"a"}"#).await;
    assert!(text(&event(&mut events).await).contains("64008"));
    assert_eq!(down(event(&mut events).await), DownReason::Noticed("64008".to_owned()));
    let peer = floor.accept().await;
    until_up(&mut events).await;
    peer.close(4_004, "No data received in 30s.").await;
    let expected = DownReason::Closed { code: 4_004, words: "No data received in 30s.".to_owned() };
    assert_eq!(down(event(&mut events).await), expected);
    floor.accept().await;
}

#[tokio::test]
async fn a_channel_that_is_not_served_does_not_cost_the_others() {
    let floor = Floor::open().await;
    let (_socket, mut events) = floor.socket(&channels(), None);
    let mut peer = floor.accept().await;
    let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    peer.send(&format!(r#"{{"event":"error","id":{},"code":"60018","msg":"books doesn't exist","connId":"a"}}"#, asked["id"]))
        .await;
    for _ in 0..2 {
        let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
        let (id, arg) = (&asked["id"], &asked["args"][0]);
        assert_eq!(asked["args"].as_array().unwrap().len(), 1);
        let answer = if arg["channel"] == "books" {
            format!(r#"{{"event":"error","id":{id},"code":"60018","msg":"books doesn't exist","connId":"a"}}"#)
        } else {
            format!(r#"{{"event":"subscribe","arg":{arg},"connId":"a"}}"#)
        };
        peer.send(&answer).await;
    }
    let Event::Unserved { subscription, code, .. } = event(&mut events).await else { panic!("not told") };
    assert_eq!((*subscription, code.as_str()), (channels()[1].clone(), "60018"));
    assert_eq!(until_up(&mut events).await, 1);
    drop(peer);
    floor.accept().await.serve_subscription(1).await;
}

#[tokio::test]
async fn an_unanswered_subscription_ends_the_connection() {
    let floor = Floor::open().await;
    let (_socket, mut events) = floor.socket(&channels()[..1], None);
    let mut peer = floor.accept().await;
    peer.next().await;
    assert_eq!(down(event(&mut events).await), DownReason::SubscriptionUnanswered("trades".to_owned()));
}

#[tokio::test]
async fn a_book_with_a_gap_is_subscribed_anew() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&channels(), None);
    let mut peer = floor.accept().await;
    peer.serve_subscription(2).await;
    until_up(&mut events).await;
    socket.resubscribe(channels()[1].clone()).await;
    let ended = peer.next().await;
    assert!(ended.contains(r#""op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]"#), "{ended}");
    peer.send(r#"{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a"}"#).await;
    peer.serve_subscription(1).await;
    socket.subscribe(Subscription::of("tickers", "BTC-USDT")).await;
    peer.serve_subscription(1).await;
    drop(peer);
    floor.accept().await.serve_subscription(3).await;
}

#[tokio::test]
async fn nothing_outlives_its_owner() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    drop(events);
    assert_eq!(peer.try_next().await, None, "the receiver was dropped");
    assert!(!floor.is_tried_within(Duration::from_millis(300)).await);
    drop(socket);

    let (socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    drop(socket);
    assert_eq!(peer.try_next().await, None, "the handle was dropped");
    assert_eq!(down(event(&mut events).await), DownReason::Stopped);
    assert_eq!(timeout(LONG, events.recv()).await.unwrap(), None);

    // While it cannot connect, too.
    let (events, mut receiver) = mpsc::channel(4);
    let mut config = floor.config(&[], None);
    config.url = "ws://127.0.0.1:1/ws/v5/public".to_owned();
    let socket = Socket::open(config, Arc::default(), Arc::default(), events);
    assert!(matches!(down(event(&mut receiver).await), DownReason::NotConnected(_)));
    drop(socket);
    let ends = async { while receiver.recv().await.is_some() {} };
    timeout(LONG, ends).await.expect("the task has ended");
}

#[tokio::test]
async fn a_busy_owner_loses_nothing() {
    let floor = Floor::open().await;
    let (events, mut receiver) = mpsc::channel(1);
    let socket = Socket::open(floor.config(&[], None), Arc::default(), Arc::default(), events);
    let mut peer = floor.accept().await;
    let sent = 10_000;
    let sending = tokio::spawn(async move {
        for number in 0..sent {
            peer.send(&format!(r#"{{"arg":{{"channel":"trades"}},"data":["{number}"]}}"#)).await;
        }
        peer
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    until_up(&mut receiver).await;
    for number in 0..sent {
        let frame = event(&mut receiver).await;
        assert!(text(&frame).ends_with(&format!(r#"["{number}"]}}"#)), "{number}: {frame:?}");
    }
    assert!(socket.is_up());
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn a_busy_owner_holds_up_no_reply() {
    let floor = Floor::open().await;
    let (events, mut receiver) = mpsc::channel(1);
    let socket = Socket::open(floor.config(&[], None), Arc::default(), Arc::default(), events);
    let mut peer = floor.accept().await;
    until_up(&mut receiver).await;
    for _ in 0..500 {
        peer.send(r#"{"arg":{"channel":"trades"},"data":[]}"#).await;
    }
    let venue = async {
        let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
        peer.send(&format!(r#"{{"id":{},"op":"order","code":"0","data":[]}}"#, asked["id"])).await;
    };
    let (reply, ()) = tokio::join!(socket.request(OrderOp::Place, "[]".to_owned(), None, LONG), venue);
    assert!(reply.is_ok(), "{reply:?}");
}

#[tokio::test]
async fn an_encrypted_address_that_is_none_is_an_error_and_no_panic() {
    let floor = Floor::open().await;
    let (events, mut receiver) = mpsc::channel(4);
    let mut config = floor.config(&[], None);
    config.url = floor.url.replace("ws://", "wss://");
    config.timings = Timings { connect: Duration::from_millis(500), ..quick() };
    let _socket = Socket::open(config, Arc::default(), Arc::default(), events);
    assert!(matches!(down(event(&mut receiver).await), DownReason::NotConnected(_)));
}

#[tokio::test]
async fn it_connects_no_faster_than_is_allowed() {
    let floor = Floor::open().await;
    let (_socket, _events) = floor.socket(&[], None);
    let mut connected = Vec::new();
    for _ in 0..7 {
        drop(floor.accept().await);
        connected.push(Instant::now());
    }
    for three in connected.windows(4) {
        assert!(three[3] - three[0] > Duration::from_secs(1), "four in {:?}", three[3] - three[0]);
    }
}
