//! A venue that lists a finer tick while a session goes on: what cannot be said in the session's decimals.

use std::time::Duration;

use crate::run::{self, Run};

#[tokio::test]
async fn a_finer_tick_begins_one_trouble_that_ends_when_all_can_be_read() {
    let okx = run::okx().await;
    let mut run = Run::start(&okx, "feeds = [\"trades\", \"quotes\"]\nstale_after = \"1h\"").await;
    run.until("ended warming up").await;
    run::okx_trade(&okx, 1);
    run.expect(&["trade 1 10150 x 250 at 1"]).await;
    run::okx_trade_at(&okx, 2, "101.505");
    run.expect(&["began stale feed"]).await;
    // What can be read is told, on this channel and on others, and does not end the trouble.
    for id in (3..40).step_by(2) {
        run::okx_trade_at(&okx, id, "101.505");
        run::okx_quote(&okx);
        run::okx_trade(&okx, id + 1);
        run.expect(&["quote", &format!("trade {} 10150 x 250 at {}", id + 1, id + 1)]).await;
    }
    for id in 41..59 {
        run::okx_trade(&okx, id);
        run.expect(&[&format!("trade {id} 10150 x 250 at {id}")]).await;
    }
    // The last of so many in a row.
    run::okx_trade(&okx, 59);
    let lines = run.until("ended stale feed").await;
    assert!(lines.iter().any(|line| line.starts_with("gap from")), "{lines:?}");
    assert!(lines.contains(&"trade 59 10150 x 250 at 59".to_owned()), "{lines:?}");
    assert_eq!(run.within(Duration::from_millis(200)).await, [""; 0]);
    run.end().await;
}
