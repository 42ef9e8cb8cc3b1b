//! A venue that says how long it wants to be left alone.

use std::time::{Duration, Instant};

use data::okx::message::PlaceOrder;
use data::okx::rest::OkxError;

use crate::venue::{Answer, Web, hasty, ok};

const BUSY: &str = r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#;

fn order() -> PlaceOrder {
    PlaceOrder { inst_id: "BTC-USDT".into(), cl_ord_id: "a1".into(), sz: "0.5".into(), ..PlaceOrder::default() }
}

#[tokio::test]
async fn the_next_try_waits_for_as_long_as_it_is_asked_to() {
    let web = Web::start(|_, before| {
        if before == 0 { Answer::Headed(429, "Retry-After: 1".to_owned(), BUSY.to_owned()) } else { ok(r#"{"last":"5"}"#) }
    })
    .await;
    let begun = Instant::now();
    web.rest(hasty()).ticker("BTC-USDT").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(web.count("GET", "market/ticker"), 2, "and asks no more often");
}

#[tokio::test]
async fn it_is_seconds_at_most_and_nothing_is_sent_meanwhile() {
    for (status, seconds) in [(429, "Retry-After: 45"), (503, "retry-after: 99999999999"), (429, "Retry-After: 60 ")] {
        let web = Web::start(move |asked, _| {
            if asked.is("GET", "market/ticker") {
                ok(r#"{"last":"5"}"#)
            } else {
                Answer::Headed(status, seconds.to_owned(), BUSY.to_owned())
            }
        })
        .await;
        let rest = web.rest(hasty());
        // An order that is worth less than the wait is not sent late.
        let soon_ms = rest.clock().now_ms() + 2_000;
        rest.place(&order(), soon_ms).await.unwrap_err();
        let error = rest.place(&order(), soon_ms).await.unwrap_err();
        let OkxError::Limited { limited, .. } = &error else { panic!("{error}") };
        assert!((3_500..=5_000).contains(&limited.wait_ms), "{seconds}: {limited}");
        assert_eq!(web.count("POST", "trade/order"), 1, "{seconds}");
        rest.ticker("BTC-USDT").await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_time_is_not_obeyed() {
    for (status, header) in [
        (429, "Retry-After: soon"),
        (429, "Retry-After: -5"),
        (429, "Retry-After: Fri, 31 Dec 2049 23:59:59 GMT"),
        (429, "Retry-After: 184467440737095516160"),
        (200, "Retry-After: 50"),
    ] {
        let web = Web::start(move |_, before| {
            if before == 0 { Answer::Headed(status, header.to_owned(), BUSY.to_owned()) } else { ok(r#"{"last":"5"}"#) }
        })
        .await;
        let begun = Instant::now();
        web.rest(hasty()).ticker("BTC-USDT").await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{header}: {:?}", begun.elapsed());
    }
}
