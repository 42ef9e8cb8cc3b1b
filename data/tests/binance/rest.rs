//! REST: what is asked, what comes back, and what a venue in trouble does to it.

use std::time::Duration;

use data::binance::{Rest, TradesFrom};
use data::http::HttpError;
use engine::time::Interval;

use crate::server::{Answer, Server};

const KLINES: &str =
    r#"[[60000,"1","2","0.5","1.5","10",119999,"0",1,"0","0","0"],[120000,"1.5","2","1","1","3",179999,"0",1,"0","0","0"]]"#;
const TRADES: &str = r#"[{"a":7,"p":"1.5","q":"2","f":1,"l":2,"T":60001,"m":false,"M":true},{"a":8,"p":"1.4","q":"1","f":3,"l":3,"T":60001,"m":true,"M":true}]"#;

fn good(body: &'static str) -> Server {
    Server::start(move |_, _| Answer::Good(body.to_owned()))
}

#[tokio::test]
async fn candles_and_trades_are_asked_for_by_time_and_by_id() {
    let server = good(KLINES);
    let rest = Rest::new(&server.host).unwrap();
    let klines = rest.klines("BTCUSDT", Interval(60), 60_000, 180_000).await.unwrap();
    assert_eq!(klines.iter().map(|kline| kline.opened_at_ms).collect::<Vec<_>>(), [60_000, 120_000]);
    assert_eq!(server.paths(), ["/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=60000&endTime=179999&limit=1000"]);
    let server = good(TRADES);
    let rest = Rest::new(&server.host).unwrap();
    for from in [TradesFrom::TimeMs(60_001), TradesFrom::Id(7)] {
        assert_eq!(rest.agg_trades("BTCUSDT", from).await.unwrap().len(), 2);
    }
    let asked = ["startTime=60001", "fromId=7"].map(|from| format!("/api/v3/aggTrades?symbol=BTCUSDT&{from}&limit=1000"));
    assert_eq!(server.paths(), asked);
    let server = good(r#"{"serverTime":1704067200123}"#);
    assert_eq!(Rest::new(&format!("{}/", server.host)).unwrap().time_ms().await.unwrap(), 1_704_067_200_123);
}

#[tokio::test]
async fn an_answer_to_another_question_is_refused() {
    let server = good(KLINES);
    let rest = Rest::new(&server.host).unwrap();
    for (from, to) in [(60_001, 180_000), (60_000, 120_000)] {
        let error = rest.klines("BTCUSDT", Interval(60), from, to).await.unwrap_err();
        assert!(error.to_string().ends_with("its candles are out of order, or others than those asked for"), "{error}");
    }
    let server = good(TRADES);
    let rest = Rest::new(&server.host).unwrap();
    for from in [TradesFrom::TimeMs(60_002), TradesFrom::Id(8)] {
        assert!(matches!(rest.agg_trades("BTCUSDT", from).await, Err(HttpError::Malformed { .. })));
    }
}

#[tokio::test]
async fn what_is_no_json_is_shown_and_not_asked_again() {
    for body in ["<html>maintenance</html>", r#"{"code":0}"#, "[[1,2]]", ""] {
        let server = good(body);
        let error = Rest::new(&server.host).unwrap().klines("X", Interval(60), 0, 1).await.unwrap_err();
        assert!(matches!(error, HttpError::Malformed { .. }), "{error:?}");
        assert!(error.to_string().contains(body), "{error}");
        assert_eq!(server.paths().len(), 1);
    }
}

#[tokio::test]
async fn too_fast_is_waited_out_as_long_as_the_venue_says() {
    let server = Server::start(|_, count| match count {
        0 => Answer::Status(429, "retry-after: 1\r\n", "{}"),
        1 => Answer::Status(418, "Retry-After: 1\r\n", "{}"),
        _ => Answer::Good(KLINES.to_owned()),
    });
    let rest = Rest::new(&server.host).unwrap();
    assert_eq!(rest.klines("BTCUSDT", Interval(60), 60_000, 180_000).await.unwrap().len(), 2);
    let pauses = server.pauses();
    assert!(pauses.len() == 2 && pauses.iter().all(|pause| *pause >= Duration::from_millis(990)), "{pauses:?}");

    // A ban for hours is not waited for.
    let server = Server::start(|_, _| Answer::Status(418, "retry-after: 7200\r\n", "{}"));
    let error = Rest::new(&server.host).unwrap().time_ms().await.unwrap_err();
    assert!(matches!(error, HttpError::Busy { status: 418, wait_s: 7_200, .. }), "{error:?}");
    assert_eq!(server.paths().len(), 1);
}

#[tokio::test]
async fn a_fault_that_may_pass_is_tried_again_and_a_refusal_is_not() {
    let server = Server::start(|_, count| match count {
        0 => Answer::Cut(KLINES.to_owned()),
        1 => Answer::Status(503, "", "busy"),
        2 => Answer::Silence(Duration::from_millis(1)),
        _ => Answer::Good(KLINES.to_owned()),
    });
    let rest = Rest::new(&server.host).unwrap();
    assert_eq!(rest.klines("BTCUSDT", Interval(60), 60_000, 180_000).await.unwrap().len(), 2);
    assert_eq!(server.paths().len(), 4);

    let server = Server::start(|_, _| Answer::Status(400, "", r#"{"code":-1121,"msg":"Invalid symbol."}"#));
    let error = Rest::new(&server.host).unwrap().klines("NONE", Interval(60), 0, 1).await.unwrap_err();
    assert!(error.to_string().ends_with(r#"was refused with status 400: {"code":-1121,"msg":"Invalid symbol."}"#), "{error}");
    assert_eq!(server.paths().len(), 1);
    // No host at all.
    let error = Rest::new("http://no scheme").unwrap().time_ms().await.unwrap_err();
    assert!(error.to_string().starts_with("cannot prepare to ask http://no scheme: "), "{error}");
}
