//! Order requests over a socket: each waits for its own reply, and is told when there will be none.

use std::time::{Duration, Instant};

use data::okx::rest::OkxError;
use data::okx::websocket::{Event, OrderOp};

use crate::venue::{Floor, LONG, event, until_up};

#[tokio::test]
async fn replies_find_their_requests_in_any_order() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    let place = socket.request(OrderOp::Place, r#"[{"sz":"1"}]"#.to_owned(), Some(99), LONG);
    let cancel = socket.request(OrderOp::CancelBatch, r#"[{"ordId":"1"}]"#.to_owned(), None, LONG);
    let venue = async {
        let mut asked = [peer.next().await, peer.next().await];
        asked.sort();
        assert!(asked[0].contains(r#""op":"order","args":[{"sz":"1"}],"expTime":"99"}"#), "{asked:?}");
        assert!(asked[1].ends_with(r#""op":"batch-cancel-orders","args":[{"ordId":"1"}]}"#), "{asked:?}");
        for text in asked.iter().rev() {
            let asked: serde_json::Value = serde_json::from_str(text).unwrap();
            peer.send(&format!(r#"{{"id":{},"op":{},"code":"0","msg":"","data":[]}}"#, asked["id"], asked["op"])).await;
        }
    };
    let (place, cancel, ()) = tokio::join!(place, cancel, venue);
    assert!(place.unwrap().contains(r#""op":"order""#));
    assert!(cancel.unwrap().contains("batch-cancel-orders"));
}

#[tokio::test]
async fn a_connection_that_drops_leaves_the_outcome_unknown() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    let venue = async {
        peer.next().await;
        drop(peer);
    };
    let (reply, ()) = tokio::join!(socket.request(OrderOp::Place, "[{}]".to_owned(), None, LONG), venue);
    let error = reply.unwrap_err();
    assert!(matches!(error, OkxError::NoAnswer { .. }) && error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn without_a_connection_it_is_refused_at_once() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let begun = Instant::now();
    // Not yet connected: nobody has accepted it.
    let error = socket.request(OrderOp::Place, "[{}]".to_owned(), None, LONG).await.unwrap_err();
    assert!(matches!(error, OkxError::NotSent { .. }) && !error.outcome_unknown(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    floor.accept().await;
    until_up(&mut events).await;
}

#[tokio::test]
async fn a_late_reply_goes_to_the_owner() {
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    let error = socket.request(OrderOp::Amend, "[{}]".to_owned(), None, Duration::from_millis(50)).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    let late = format!(r#"{{"id":{},"op":"amend-order","code":"0","msg":"","data":[]}}"#, asked["id"]);
    peer.send(&late).await;
    let Event::Frame { text, .. } = event(&mut events).await else { panic!("no frame") };
    assert_eq!(text.as_str(), late);
}
