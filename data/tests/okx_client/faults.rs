//! A venue that loses, delays, refuses and forgets at random: no order is taken twice, and what we are told is true.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data::okx::message::PlaceOrder;
use data::okx::orders::{Outcome, Trading, TradingTimings};

use crate::venue::{Answer, Asked, Web, hasty, ok, refusal};

const ORDERS: usize = 150;

/// How often each order was taken.
type Taken = Arc<Mutex<HashMap<String, u32>>>;

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Takes an order, if it has not expired.
fn take(taken: &Taken, id: &str, expires_ms: i64) -> Answer {
    if now_ms() >= expires_ms {
        return refusal(200, "50037");
    }
    *taken.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default() += 1;
    ok(&format!(r#"{{"ordId":"v{id}","clOrdId":"{id}","sCode":"0"}}"#))
}

fn answer(asked: &Asked, chance: &mut fastrand::Rng, taken: &Taken) -> Answer {
    if asked.method == "GET" {
        let id = asked.target.split("clOrdId=").nth(1).unwrap().to_owned();
        let is_there = taken.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id);
        return match chance.u32(0..4) {
            0 => Answer::Break,
            1 => refusal(503, "50001"),
            _ if is_there => ok(&format!(r#"{{"ordId":"v{id}","clOrdId":"{id}","state":"live"}}"#)),
            _ => refusal(200, "51603"),
        };
    }
    let order: PlaceOrder = serde_json::from_str(&asked.body).unwrap();
    let (id, expires_ms) = (order.cl_ord_id.to_string(), asked.header("expTime").unwrap().parse().unwrap());
    match chance.u32(0..9) {
        0 => Answer::Break,
        1 => refusal(429, "50011"),
        2 => refusal(500, "50026"),
        3 => Answer::Json(200, r#"{"code":"1","msg":"","data":[{"sCode":"51008","sMsg":"no"}]}"#.to_owned()),
        4 => {
            take(taken, &id, expires_ms);
            Answer::Break
        }
        5 => {
            take(taken, &id, expires_ms);
            refusal(400, "50004")
        }
        6 => {
            // Taken when nobody waits any more, unless it is too late.
            let (taken, wait) = (Arc::clone(taken), Duration::from_millis(chance.u64(0..1_200)));
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                take(&taken, &id, expires_ms);
            });
            Answer::Nothing
        }
        _ => take(taken, &id, expires_ms),
    }
}

#[tokio::test]
async fn no_order_is_taken_twice_and_what_is_told_is_true() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let (taken, mut chance) = (Taken::default(), fastrand::Rng::with_seed(seed));
    let venue = Arc::clone(&taken);
    let web = Web::start(move |asked, _| answer(asked, &mut chance, &venue)).await;
    let timings = TradingTimings {
        ask_first: Duration::from_millis(50),
        ask_most: Duration::from_millis(200),
        grace: Duration::from_millis(400),
        give_up: Duration::from_secs(20),
        ..TradingTimings::default()
    };
    let trading = Arc::new(Trading::new(web.rest(hasty()), None, timings));
    let placing = (0..ORDERS).map(|number| {
        let trading = Arc::clone(&trading);
        let inst_id = format!("A{number}-B").as_str().into();
        let order = PlaceOrder { inst_id, cl_ord_id: format!("a{number}").as_str().into(), ..PlaceOrder::default() };
        tokio::spawn(async move { (order.cl_ord_id.to_string(), trading.place(&order).await) })
    });
    let placing: Vec<_> = placing.collect();
    let (mut accepted, mut refused) = (0, 0);
    for placed in placing {
        let (id, outcome) = placed.await.unwrap();
        let times = taken.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or(0);
        assert!(times <= 1, "{id} was taken {times} times (SEED={seed})");
        match outcome {
            Outcome::Accepted { ord_id } => {
                assert_eq!((times, ord_id), (1, format!("v{id}")), "SEED={seed}");
                accepted += 1;
            }
            Outcome::Refused { code, .. } => {
                assert_eq!(times, 0, "{id} was refused with {code}, and taken (SEED={seed})");
                refused += 1;
            }
            other => panic!("{id}: {other:?} (SEED={seed})"),
        }
    }
    assert!(accepted > ORDERS / 4 && refused > ORDERS / 20, "{accepted} accepted, {refused} refused (SEED={seed})");
}
