//! The dead man's switch: set again and again, and called off when it is let go.

use std::time::Duration;

use data::okx::dead_man::DeadMansSwitch;

use crate::venue::{Web, hasty, ok, refusal};

async fn said(web: &Web, times: usize) -> Vec<String> {
    for _ in 0..600 {
        let asked: Vec<String> = web.asked.lock().unwrap().iter().map(|asked| asked.body.clone()).collect();
        if asked.len() >= times {
            return asked;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not said {times} times");
}

const SET: &str = r#"{"timeOut":"30"}"#;
const OFF: &str = r#"{"timeOut":"0"}"#;

#[tokio::test]
async fn it_is_set_each_second_and_called_off_at_the_end() {
    let web = Web::start(|_, _| ok(r#"{"triggerTime":"1","ts":"1"}"#)).await;
    let switch = DeadMansSwitch::keep_alive(web.rest(hasty()), 30, || true);
    assert_eq!(said(&web, 2).await[..2], [SET, SET]);
    assert!(switch.state().set_at_ms.is_some() && switch.state().error.is_none());
    switch.stop().await.unwrap();
    assert_eq!(said(&web, 3).await.last().unwrap(), OFF);

    let web = Web::start(|_, _| ok("{}")).await;
    let switch = DeadMansSwitch::keep_alive(web.rest(hasty()), 30, || true);
    said(&web, 1).await;
    drop(switch);
    assert_eq!(said(&web, 2).await, [SET, OFF], "dropping it is enough");
}

#[tokio::test]
async fn a_failure_is_told_and_it_goes_on() {
    let web = Web::start(|_, before| if before == 0 { refusal(200, "50026") } else { ok("{}") }).await;
    let switch = DeadMansSwitch::keep_alive(web.rest(hasty()), 30, || true);
    said(&web, 1).await;
    for _ in 0..100 {
        if switch.state().error.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(switch.state().error.unwrap().code(), Some("50026"));
    said(&web, 2).await;
    for _ in 0..100 {
        if switch.state().error.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(switch.state().set_at_ms.is_some());
}

#[tokio::test]
async fn who_does_not_live_sets_it_no_more() {
    let web = Web::start(|_, _| ok("{}")).await;
    let mut asked = 0;
    let lives = move || {
        asked += 1;
        asked == 1
    };
    let switch = DeadMansSwitch::keep_alive(web.rest(hasty()), 30, lives);
    said(&web, 1).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(said(&web, 1).await, [SET], "the venue is left to think that nobody is here");
    switch.stop().await.unwrap();
    assert_eq!(said(&web, 2).await, [SET, OFF]);
}
