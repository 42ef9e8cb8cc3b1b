//! How a run ends: what it leaves at the venue, and how it goes on.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use engine::event::{Event, Input, Mode};
use engine::number::Decimal;
use serde_json::Value;

use crate::logged::{Logged, records_so_far};
use crate::market::BEGINS_MS;
use crate::stage::{BEFORE, FREELY, STRATEGIES, Stage, Trader};

const FEEDS: &str = "feeds = [\"trades\", \"quotes\", \"1m\"]";
const HOLDS_WITHIN: Duration = Duration::from_mins(1);
const VENUE: &str = "[[account]]\nname = \"main\"\nbalances = { USDT = \"100000\" }\n[[account.key]]\nkey = \"test-key\"\n\
                     secret = \"test-secret\"\npassphrase = \"test-pass\"\n";

/// Buys when the market turns, and holds behind a stop far away.
const HOLDS: &str = "[[strategy]]\nname = \"ema_cross\"\nfast = 5\nslow = 12\nsize = \"0.05\"\n";
/// The market turns at this minute.
const TURNS: usize = BEFORE + 15;

/// A market that falls, then rises, and nothing else.
fn turning() -> String {
    let price = |minute: usize| 40_000 + 2 * minute.abs_diff(TURNS);
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for minute in 0..500 {
        let (open, close) = (price(minute), price(minute + 1));
        let (high, low, time) = (open.max(close), open.min(close), BEGINS_MS + minute as u64 * 60_000);
        writeln!(text, "{time},{open},{high},{low},{close},20").expect("memory takes it");
    }
    text
}

fn stage(on_stop: &str, strategies: &str) -> Stage {
    let mut files = vec![("venue.toml", VENUE)];
    let market = turning();
    if strategies == HOLDS {
        files.push(("BTC-USDT_1m.csv", &market));
    }
    let stage = Stage::open(5, 500, &["--speed", "300", "--config", "venue.toml"], &files);
    stage.configure(&format!("{FEEDS}\non_stop = \"{on_stop}\""), &format!("{FREELY}{strategies}"));
    stage
}

fn bought(venue: &crate::venue::Venue) -> Decimal {
    let held = venue.balances().into_iter().find(|(currency, _)| currency == "BTC");
    held.map_or(Decimal::ZERO, |(_, amount)| amount.parse().expect("a number"))
}

/// Waits until something is held behind a stop.
fn holds(stage: &Stage) {
    let began = Instant::now();
    while bought(&stage.venue).is_zero() || stage.venue.open_algos().is_empty() {
        assert!(began.elapsed() < HOLDS_WITHIN, "it buys nothing: {}", stage.said());
        std::thread::sleep(Duration::from_millis(300));
    }
    // Its reports are on their way.
    std::thread::sleep(Duration::from_secs(1));
}

/// An order of somebody else far below the market, which the run takes in.
fn stray(stage: &Stage) {
    let order = r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","sz":"0.01","px":"20000"}"#;
    let answer = stage.venue.signed("POST", "/api/v5/trade/order", order);
    assert_eq!(answer["code"], "0", "{answer}");
}

/// Stops a run that holds something and has an order that adds to it; what is left at the venue.
fn left(on_stop: &str, signal: &str) -> (Decimal, Vec<Value>, Vec<Value>) {
    let stage = stage(on_stop, HOLDS);
    let live = format!("{FEEDS}\non_stop = \"{on_stop}\"\nunknown_orders = \"adopt\"");
    stage.configure(&live, &format!("{FREELY}{HOLDS}"));
    stray(&stage);
    let trader = stage.trade("live", &[]);
    holds(&stage);
    assert_eq!(trader.stop(signal), Some(0), "{}", stage.said());
    let run = stage.run();
    stage.verify(&run);
    let log = Logged::read(&run);
    let held = bought(&stage.venue);
    assert_eq!(log.state().portfolio.balance("BTC".parse().expect("a code")).0, held, "the log knows what is left");
    let left = (held, stage.venue.open_orders(), stage.venue.open_algos());
    assert_eq!(log.state().orders.iter().count(), left.1.len() + 2 * left.2.len(), "and which orders, a stop and target as two");
    left
}

#[test]
fn leaving_leaves_orders_and_positions_behind_their_stops() {
    let (held, orders, algos) = left("leave", "-INT");
    assert!(held > Decimal::ZERO);
    assert_eq!((orders.len(), algos.len()), (1, 1), "{orders:?} {algos:?}");
    assert_eq!(algos[0]["sz"].as_str().expect("a size").parse::<Decimal>().expect("a number"), held);
}

#[test]
fn canceling_ends_what_adds_and_leaves_what_protects() {
    let (held, orders, algos) = left("cancel", "-TERM");
    assert!(held > Decimal::ZERO);
    assert_eq!((orders.len(), algos.len()), (0, 1), "{orders:?} {algos:?}");
}

#[test]
fn flattening_leaves_nothing() {
    let (held, orders, algos) = left("flatten", "-INT");
    assert_eq!((held, orders.len(), algos.len()), (Decimal::ZERO, 0, 0), "{orders:?} {algos:?}");
}

#[test]
fn a_live_run_that_was_left_goes_on_with_its_position() {
    let stage = stage("leave", HOLDS);
    let trader = stage.trade("live", &[]);
    holds(&stage);
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let (held, count) = (bought(&stage.venue), Logged::read(&stage.run()).records.len());
    let trader = stage.trade("live", &[]);
    grows(&stage, count + 50);
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let log = Logged::read(&stage.run());
    stage.verify(&stage.run());
    assert_eq!((bought(&stage.venue), log.fills().count()), (held, 1), "it has not bought again");
    assert_eq!(log.alerts().iter().filter(|alert| alert.contains("taken over")).count(), 0, "{:?}", log.alerts());
}

#[test]
fn a_paper_run_goes_on_however_it_was_stopped() {
    let stage = stage("leave", STRATEGIES);
    let mut count = 0;
    for round in 0..4 {
        let trader: Trader = stage.trade("paper", &[]);
        grows(&stage, count + 150);
        if round % 2 == 0 {
            trader.kill();
        } else {
            assert_eq!(trader.stop(if round == 1 { "-INT" } else { "-TERM" }), Some(0), "{}", stage.said());
        }
        let run = stage.run();
        stage.verify(&run);
        let log = Logged::read(&run);
        assert!(log.records.len() > count, "it goes on");
        count = log.records.len();
        let began = |mode: Mode| move |event: &Event| matches!(event, Event::Input(Input::SessionStarted(session)) if session.mode == mode);
        assert_eq!(log.records.iter().filter(|record| began(Mode::Paper)(&record.event)).count(), 1);
    }
    let log = Logged::read(&stage.run());
    assert!(log.fills().count() >= 2, "it trades: {} fills", log.fills().count());
    assert_eq!(stage.venue.all("/api/v5/trade/orders-history?instType=SPOT", "ordId").len(), 0, "and nothing leaves");
}

/// Waits until a run that goes on has so many records.
fn grows(stage: &Stage, count: usize) {
    let began = Instant::now();
    while stage.runs().pop().and_then(|run| records_so_far(&run)).is_none_or(|records| records.len() < count) {
        assert!(began.elapsed() < HOLDS_WITHIN, "it does not go on: {}", stage.said());
        std::thread::sleep(Duration::from_millis(300));
    }
}
