//! REST: what is signed, what is tried again, and what is never.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data::okx::message::{InstType, PlaceOrder};
use data::okx::rest::{ClockKeeper, FillsOf, OkxError, OrderName, RestTimings};
use data::okx::sign::parse_iso_ms;

use crate::venue::{Answer, Asked, Web, credentials, hasty, ok, refusal, rest};

fn order() -> PlaceOrder {
    PlaceOrder { inst_id: "BTC-USDT".into(), cl_ord_id: "a1".into(), sz: "0.5".into(), ..PlaceOrder::default() }
}

fn wall_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn is_signed(asked: &Asked) -> bool {
    let (Some(at), Some(sign)) = (asked.header("OK-ACCESS-TIMESTAMP"), asked.header("OK-ACCESS-SIGN")) else { return false };
    credentials().verify_rest(at, &asked.method, &asked.target, asked.body.as_bytes(), sign)
}

#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let web = Web::start(|_, _| ok(r#"{"ordId":"7","sCode":"0","state":"live"}"#)).await;
    let rest = web.rest(hasty());
    rest.order("BTC-USDT", OrderName::Client("a b,c/ü+%&=1")).await.unwrap();
    rest.balance().await.unwrap();
    let expires_ms = rest.order_expiry_ms();
    rest.place(&order(), expires_ms).await.unwrap();
    rest.ticker("BTC-USDT").await.unwrap();
    let asked = web.asked.lock().unwrap().clone();
    for signed in &asked[..3] {
        assert!(is_signed(signed), "{signed:?}");
        assert_eq!(
            (signed.header("OK-ACCESS-KEY"), signed.header("OK-ACCESS-PASSPHRASE")),
            (Some("key-a1b2"), Some("pass-e5f6"))
        );
    }
    assert_eq!(asked[1].target, "/api/v5/account/balance", "no question mark without a question");
    assert_eq!(asked[2].header("expTime"), Some(expires_ms.to_string().as_str()));
    assert_eq!(asked[2].header("Content-Type"), Some("application/json"));
    assert_eq!(asked[2].body, r#"{"instId":"BTC-USDT","sz":"0.5","clOrdId":"a1"}"#);
    assert!(!asked[3].head.contains("key-a1b2") && !is_signed(&asked[3]), "public data need no key");
    assert!(asked.iter().all(|asked| asked.header("x-simulated-trading") == Some("1")), "a demo endpoint");
}

#[tokio::test]
async fn too_much_backs_off() {
    for status in [200, 429] {
        let web =
            Web::start(move |_, before| if before < 2 { refusal(status, "50011") } else { ok(r#"{"ordId":"7","sCode":"0"}"#) })
                .await;
        let begun = Instant::now();
        let placed = web.rest(hasty()).place(&order(), i64::MAX).await.unwrap();
        assert_eq!(
            (placed.ord_id.as_str(), web.count("POST", "trade/order")),
            ("7", 3),
            "it was refused, so it may be sent again"
        );
        assert!(begun.elapsed() >= Duration::from_millis(20 + 40), "{:?}", begun.elapsed());
    }
    let web = Web::start(|_, _| refusal(429, "50011")).await;
    let error = web.rest(hasty()).ticker("BTC-USDT").await.unwrap_err();
    assert_eq!((error.code(), web.count("GET", "market/ticker")), (Some("50011"), 4), "not for ever");
}

#[tokio::test]
async fn an_order_without_an_answer_is_sent_once() {
    let answers: [fn() -> Answer; 5] = [
        || Answer::Break,
        || Answer::Nothing,
        || refusal(503, "50001"),
        || refusal(400, "50004"),
        || Answer::Json(502, "<html>bad gateway</html>".to_owned()),
    ];
    for answer in answers {
        let web = Web::start(move |_, _| answer()).await;
        let rest = web.rest(hasty());
        let error = rest.place(&order(), i64::MAX).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(web.count("POST", "trade/order"), 1, "{error}");
        assert!(rest.ticker("BTC-USDT").await.is_err());
        assert_eq!(web.count("GET", "market/ticker"), 4, "reading again does no harm: {error}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_nothing_sent() {
    let error = rest("http://127.0.0.1:1", hasty()).place(&order(), i64::MAX).await.unwrap_err();
    assert!(matches!(error, OkxError::NotSent { .. }) && !error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn an_encrypted_address_that_is_none_is_an_error_and_no_panic() {
    let web = Web::start(|_, _| ok("{}")).await;
    let timings = RestTimings { connect: Duration::from_millis(100), ..hasty() };
    let error = rest(&web.url.replace("http://", "https://"), timings).place(&order(), i64::MAX).await.unwrap_err();
    assert!(matches!(error, OkxError::NotSent { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_time_has_the_clock_measured_and_is_tried_once_more() {
    let ahead_ms = 90_000;
    let web = Web::start(move |asked, _| {
        let now_ms = wall_ms() + ahead_ms;
        if asked.is("GET", "public/time") {
            return ok(&format!(r#"{{"ts":"{now_ms}"}}"#));
        }
        let at_ms = asked.header("OK-ACCESS-TIMESTAMP").and_then(parse_iso_ms).unwrap();
        if (now_ms - at_ms).abs() > 30_000 { refusal(401, "50102") } else { ok(r#"{"totalEq":"1"}"#) }
    })
    .await;
    let rest = web.rest(hasty());
    rest.balance().await.unwrap();
    assert_eq!(web.count("GET", "account/balance"), 2);
    let skew_ms = rest.clock().skew_ms().unwrap();
    assert!((skew_ms - ahead_ms).abs() < 100, "{skew_ms}");

    let web =
        Web::start(|asked, _| if asked.is("GET", "public/time") { ok(r#"{"ts":"5"}"#) } else { refusal(401, "50102") }).await;
    assert_eq!(web.rest(hasty()).balance().await.unwrap_err().code(), Some("50102"));
    assert_eq!(web.count("GET", "account/balance"), 2, "and not for ever");
}

#[tokio::test]
async fn the_clock_is_kept_and_measured_when_that_is_asked_for() {
    let ahead_ms = Arc::new(AtomicI64::new(5_000));
    let venue_ms = Arc::clone(&ahead_ms);
    let web = Web::start(move |_, _| ok(&format!(r#"{{"ts":"{}"}}"#, wall_ms() + venue_ms.load(Ordering::Relaxed)))).await;
    let rest = web.rest(hasty());
    let keeper = ClockKeeper::start(Arc::clone(&rest), Duration::from_mins(1));
    let is = async |expected_ms: i64| {
        for _ in 0..500 {
            if rest.clock().skew_ms().is_some_and(|skew_ms| (skew_ms - expected_ms).abs() < 100) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}, not {expected_ms}", rest.clock().skew_ms());
    };
    is(5_000).await;
    ahead_ms.store(-3_000, Ordering::Relaxed);
    rest.clock().want_measurement();
    is(-3_000).await;
    drop(keeper);
    let before = web.asked.lock().unwrap().len();
    rest.clock().want_measurement();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(web.asked.lock().unwrap().len(), before, "dropped, it stops");
}

#[tokio::test]
async fn keys_go_nowhere_else_and_into_no_error() {
    let other = Web::start(|_, _| ok("{}")).await;
    let to = other.url.clone();
    let web = Web::start(move |asked, _| match asked.target.as_str() {
        "/api/v5/account/balance" => Answer::Headed(302, format!("Location: {to}/stolen"), "X".to_owned()),
        _ => refusal(401, "50113"),
    })
    .await;
    let rest = web.rest(hasty());
    let errors = [
        rest.balance().await.unwrap_err(),
        rest.positions().await.unwrap_err(),
        rest.place(&order(), i64::MAX).await.unwrap_err(),
        crate::venue::rest("http://127.0.0.1:1", hasty()).balance().await.unwrap_err(),
    ];
    let shown = format!("{errors:?} {} {rest:?}", errors.iter().map(OkxError::to_string).collect::<String>());
    for secret in ["key-a1b2", "secret-c3d4", "pass-e5f6"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(other.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn lists_are_read_to_their_end_oldest_first() {
    let web = Web::start(|asked, _| {
        let after = asked.target.split(['?', '&']).find_map(|part| part.strip_prefix("after="));
        let newest = after.map_or(230, |after| after.parse::<i64>().unwrap() - 1);
        let rows: Vec<String> = (1..=newest)
            .rev()
            .take(100)
            .map(|id| {
                format!(r#"{{"ordId":"{id}","billId":"{id}","tradeId":"t{id}","fillTime":"{}","cTime":"{}"}}"#, id * 10, id * 10)
            })
            .collect();
        ok(&rows.join(","))
    })
    .await;
    let rest = web.rest(hasty());
    let open = rest.orders_pending().await.unwrap();
    assert!(open.is_complete && open.items.len() == 230 && open.items[0].ord_id == "1" && open.items[229].ord_id == "230");
    let fills = rest.fills(FillsOf::Account { kind: &InstType::Spot, since_ms: 1_500 }, 10_000).await.unwrap();
    assert!(fills.is_complete && fills.items.len() == 81 && fills.items[0].bill_id == "150");
    let of = FillsOf::Order { kind: &InstType::Spot, ord_id: "77" };
    assert_eq!(rest.fills_history(of, 10_000).await.unwrap().items.len(), 230, "what is of the order is the venue's to say");
    let asked: Vec<_> = web.asked.lock().unwrap().iter().rev().take(3).map(|asked| asked.target.clone()).collect();
    assert!(asked.iter().all(|target| target.contains("fills-history?instType=SPOT&ordId=77")), "{asked:?}");
    let some = rest.orders_history(&InstType::Spot, 0, 50).await.unwrap();
    assert!(!some.is_complete && some.items.len() == 50 && some.items[49].ord_id == "230");
}
