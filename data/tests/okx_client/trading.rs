//! Trading: over the socket or over REST, never twice, and what is lost is asked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use data::okx::limits::{Budget, Charge};
use data::okx::message::{AmendOrder, CancelOrder, Integer, PlaceOrder};
use data::okx::orders::{Outcome, Trading, TradingTimings};

use crate::venue::{Answer, Asked, Floor, Web, hasty, ok, refusal, until_up};

const PLACE: &str = "trade/order";

fn order(cl_ord_id: &str) -> PlaceOrder {
    PlaceOrder {
        inst_id: "BTC-USDT".into(),
        inst_id_code: Integer(Some(10_458)),
        cl_ord_id: cl_ord_id.into(),
        sz: "0.5".into(),
        ..PlaceOrder::default()
    }
}

fn cancel() -> CancelOrder {
    let (inst_id, cl_ord_id) = ("BTC-USDT".into(), "a1".into());
    CancelOrder { inst_id, cl_ord_id, ..CancelOrder::default() }
}

fn accepted(ord_id: &str) -> Outcome {
    Outcome::Accepted { ord_id: ord_id.to_owned() }
}

fn timings() -> TradingTimings {
    TradingTimings {
        answer: Duration::from_millis(500),
        ask_first: Duration::from_millis(50),
        ask_most: Duration::from_millis(200),
        grace: Duration::from_millis(200),
        give_up: Duration::from_secs(3),
    }
}

async fn over_rest(answer: impl FnMut(&Asked, usize) -> Answer + Send + 'static) -> (Web, Trading) {
    let web = Web::start(answer).await;
    let trading = Trading::new(web.rest(hasty()), None, timings());
    (web, trading)
}

#[tokio::test]
async fn answers_are_final() {
    let (web, trading) = over_rest(|asked, _| {
        if asked.body.contains("a1") {
            ok(r#"{"ordId":"7","clOrdId":"a1","sCode":"0","sMsg":"Order placed"}"#)
        } else {
            let data = r#"{"ordId":"","clOrdId":"a2","sCode":"51008","sMsg":"Insufficient","subCode":"1000"}"#;
            Answer::Json(200, format!(r#"{{"code":"1","msg":"All operations failed","data":[{data}]}}"#))
        }
    })
    .await;
    assert_eq!(trading.place(&order("a1")).await, accepted("7"));
    let refused = Outcome::Refused { code: "51008".to_owned(), message: "Insufficient".to_owned() };
    assert_eq!(trading.place(&order("a2")).await, refused);
    assert_eq!(web.asked.lock().unwrap()[0].body, r#"{"instId":"BTC-USDT","sz":"0.5","clOrdId":"a1"}"#, "no code over REST");
    assert_eq!(web.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_and_the_order_never_sent_twice() {
    let answers: [fn() -> Answer; 4] = [
        || Answer::Break,
        || Answer::Nothing,
        || refusal(500, "50026"),
        || Answer::Json(200, r#"{"code":"0","data":[]}"#.to_owned()),
    ];
    for answer in answers {
        let mut asked_for = 0;
        let (web, trading) = over_rest(move |asked, _| {
            if asked.is("POST", PLACE) {
                return answer();
            }
            assert!(asked.target.contains("clOrdId=a1") && asked.target.contains("instId=BTC-USDT"), "{asked:?}");
            asked_for += 1;
            // Not yet known right after the loss; then it is.
            if asked_for < 3 { refusal(200, "51603") } else { ok(r#"{"ordId":"7","clOrdId":"a1","state":"live"}"#) }
        })
        .await;
        assert_eq!(trading.place(&order("a1")).await, accepted("7"));
        assert_eq!((web.count("POST", PLACE), web.count("GET", PLACE)), (1, 3));
    }
}

#[tokio::test]
async fn an_order_that_never_arrived_is_known_to_be_refused_only_after_its_time() {
    let (web, trading) = over_rest(|asked, _| if asked.is("POST", PLACE) { Answer::Break } else { refusal(200, "51603") }).await;
    let begun = Instant::now();
    let outcome = trading.place(&order("a1")).await;
    assert!(matches!(&outcome, Outcome::Refused { code, .. } if code == "51603"), "{outcome:?}");
    assert!(begun.elapsed() > Duration::from_millis(600 + 200), "its lifetime and the grace: {:?}", begun.elapsed());
    assert!(web.count("POST", PLACE) == 1 && web.count("GET", PLACE) > 2);
}

#[tokio::test]
async fn a_venue_that_says_nothing_leaves_it_unknown() {
    let (web, trading) = over_rest(|_, _| Answer::Break).await;
    let outcome = trading.place(&order("a1")).await;
    assert!(matches!(&outcome, Outcome::Unknown { reason } if reason.contains("no answer")), "{outcome:?}");
    assert_eq!(web.count("POST", PLACE), 1);
}

#[tokio::test]
async fn a_duplicate_is_looked_up() {
    let (web, trading) = over_rest(|asked, _| {
        if asked.is("POST", PLACE) {
            return Answer::Json(
                200,
                r#"{"code":"1","msg":"","data":[{"sCode":"51016","sMsg":"Duplicated clOrdId"}]}"#.to_owned(),
            );
        }
        ok(r#"{"ordId":"7","clOrdId":"a1","state":"filled"}"#)
    })
    .await;
    assert_eq!(trading.place(&order("a1")).await, accepted("7"));
    assert_eq!(web.count("GET", PLACE), 1);
}

#[tokio::test]
async fn each_order_of_a_batch_has_its_own_outcome() {
    let (web, trading) = over_rest(|asked, _| {
        if asked.is("POST", "trade/batch-orders") {
            return Answer::Json(
                200,
                r#"{"code":"2","msg":"","data":[{"ordId":"1","sCode":"0"},{"sCode":"51149","sMsg":"timeout"},{"sCode":"51020","sMsg":"small"}]}"#
                    .to_owned(),
            );
        }
        ok(r#"{"ordId":"2","clOrdId":"a2","state":"live"}"#)
    })
    .await;
    let outcomes = trading.place_batch(&[order("a1"), order("a2"), order("a3")]).await;
    let small = Outcome::Refused { code: "51020".to_owned(), message: "small".to_owned() };
    assert_eq!(outcomes, [accepted("1"), accepted("2"), small]);
    assert!(web.asked.lock().unwrap().iter().all(|asked| !asked.target.contains("clOrdId=a1")));
    assert!(matches!(trading.place(&PlaceOrder::default()).await, Outcome::NotSent { .. }), "it could not be asked for");
}

#[tokio::test]
async fn canceling_all_ends_each_open_order_or_says_why_not() {
    let (web, trading) = over_rest(|asked, _| {
        let page_after = asked.target.contains("after=");
        match asked.method.as_str() {
            "GET" if page_after => ok(""),
            "GET" => ok(r#"{"ordId":"8","instId":"ETH-USDT"},{"ordId":"7","instId":"BTC-USDT"}"#),
            _ => Answer::Json(
                200,
                r#"{"code":"2","msg":"","data":[{"ordId":"7","sCode":"0"},{"ordId":"8","sCode":"51400","sMsg":"done"}]}"#
                    .to_owned(),
            ),
        }
    })
    .await;
    let all = trading.cancel_all().await.unwrap();
    let outcomes: Vec<_> = all.iter().map(|(order, outcome)| (order.ord_id.as_str(), outcome.clone())).collect();
    let done = Outcome::Refused { code: "51400".to_owned(), message: "done".to_owned() };
    assert_eq!(outcomes, [("7", accepted("7")), ("8", done)]);
    assert_eq!(web.count("POST", "trade/cancel-batch-orders"), 1);
}

#[tokio::test]
async fn cancellations_and_amendments_are_settled_by_the_order_itself() {
    let mut looked = 0;
    let (web, trading) = over_rest(move |asked, _| {
        looked += usize::from(asked.method == "GET");
        match asked.method.as_str() {
            "POST" => Answer::Break,
            _ if looked < 4 => ok(r#"{"ordId":"7","clOrdId":"a1","state":"live","sz":"0.5","px":"10.0"}"#),
            _ => ok(r#"{"ordId":"7","clOrdId":"a1","state":"canceled","sz":"0.5","px":"10.0"}"#),
        }
    })
    .await;
    let amend = AmendOrder { inst_id: "BTC-USDT".into(), cl_ord_id: "a1".into(), new_px: "10".into(), ..AmendOrder::default() };
    assert_eq!(trading.amend(&amend).await, accepted("7"), "it has the price already");
    assert_eq!(trading.cancel(&cancel()).await, accepted("7"));
    assert_eq!(web.count("POST", "trade/amend-order"), 1);
    assert_eq!(web.count("POST", "trade/cancel-order"), 3, "while it is open, canceling again does no harm");
}

#[tokio::test]
async fn the_socket_is_used_while_it_is_up_and_a_drop_in_the_middle_is_settled_over_rest() {
    let web = Web::start(|asked, _| match asked.method.as_str() {
        "GET" => ok(r#"{"ordId":"8","clOrdId":"a2","state":"live"}"#),
        _ => ok(r#"{"ordId":"9","sCode":"0"}"#),
    })
    .await;
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let trading = Arc::new(Trading::new(web.rest(hasty()), Some(socket), timings()));
    let mut peer = floor.accept().await;
    until_up(&mut events).await;

    let placing = Arc::clone(&trading);
    let placed = tokio::spawn(async move { placing.place(&order("a1")).await });
    let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    assert_eq!(asked["args"], serde_json::json!([{"instIdCode": 10_458, "sz": "0.5", "clOrdId": "a1"}]));
    assert!(asked["expTime"].is_string());
    peer.send(&format!(r#"{{"id":{},"op":"order","code":"0","msg":"","data":[{{"ordId":"7","sCode":"0"}}]}}"#, asked["id"]))
        .await;
    assert_eq!(placed.await.unwrap(), accepted("7"));
    assert!(web.asked.lock().unwrap().is_empty());

    // Dropped in the middle of a place: asked for, not sent again.
    let placing = Arc::clone(&trading);
    let placed = tokio::spawn(async move { placing.place(&order("a2")).await });
    peer.next().await;
    drop(peer);
    assert_eq!(placed.await.unwrap(), accepted("8"));
    assert_eq!((web.count("POST", PLACE), web.count("GET", PLACE)), (0, 1));

    // And while it is down, REST.
    assert_eq!(trading.place(&order("a3")).await, accepted("9"));
    assert_eq!(web.count("POST", PLACE), 1);
}

#[tokio::test]
async fn a_code_that_the_socket_does_not_take_goes_over_rest() {
    let web = Web::start(|_, _| ok(r#"{"ordId":"9","sCode":"0"}"#)).await;
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let trading = Arc::new(Trading::new(web.rest(hasty()), Some(socket), timings()));
    let mut peer = floor.accept().await;
    until_up(&mut events).await;
    let placing = Arc::clone(&trading);
    let placed = tokio::spawn(async move { placing.place(&order("a1")).await });
    let asked: serde_json::Value = serde_json::from_str(&peer.next().await).unwrap();
    let item = r#"{"ordId":"","sCode":"51001","sMsg":"Instrument ID does not exist"}"#;
    peer.send(&format!(r#"{{"id":{},"op":"order","code":"1","msg":"","data":[{item}]}}"#, asked["id"])).await;
    assert_eq!(placed.await.unwrap(), accepted("9"));
    assert_eq!(trading.place(&order("a2")).await, accepted("9"), "from then on at once");
    assert_eq!(web.count("POST", PLACE), 2);
}

#[tokio::test]
async fn both_ways_draw_on_one_budget() {
    let web = Web::start(|_, _| ok(r#"{"ordId":"9","sCode":"0"}"#)).await;
    let floor = Floor::open().await;
    let (socket, mut events) = floor.socket(&[], None);
    let rest = web.rest(hasty());
    let trading = Trading::new(Arc::clone(&rest), Some(socket), timings());
    let _peer = floor.accept().await;
    until_up(&mut events).await;
    let sixty = Charge { budget: Budget::Place, scope: "BTC-USDT", tokens: 60 };
    rest.limits().acquire(&[sixty], Duration::ZERO).await.unwrap();
    let over_socket = trading.place(&order("a1")).await;
    let over_rest = trading.place(&PlaceOrder { inst_id_code: Integer(None), ..order("a2") }).await;
    for outcome in [over_socket, over_rest] {
        assert!(matches!(&outcome, Outcome::NotSent { reason } if reason.contains("the limit of Place")), "{outcome:?}");
    }
    assert!(web.asked.lock().unwrap().is_empty());
}
