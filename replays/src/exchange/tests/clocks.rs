//! Four clocks, timers, and the order of what happens at one instant.

use engine::event::Input;
use engine::time::Timestamp;
use expect_test::{Expect, expect};

use super::script::{decision, market_event, opening, play, record, report, seconds};
use crate::exchange::{BarFill, Exchange, ExchangeConfig};
use crate::gateway::{Gateway, GatewayError};

const MS: u32 = 1_000;

fn latencies(feed: u32, entry: u32, response: u32) -> ExchangeConfig {
    ExchangeConfig {
        feed_latency_us: feed * MS,
        entry_latency_us: entry * MS,
        response_latency_us: response * MS,
        ..ExchangeConfig::default()
    }
}

fn check(config: &ExchangeConfig, script: &str, expected: &Expect) {
    expected.assert_eq(&play(config, script));
}

#[test]
fn every_way_takes_its_time() {
    // Seen at 1.1, sent, arrives at 1.3: it misses the trades at 1.2 and meets the one at 1.4; told at 1.8.
    let script = "1 trade 100 1 buy\n> buy 1 market\n1.2 trade 101 1 buy\n1.4 trade 102 1 buy\n3 trade 103 1 buy";
    check(
        &latencies(100, 200, 400),
        script,
        &expect![[r#"
        1.7 accepted #1
        1.8 filled #1 1 @ 102 taker fee 0.204
        USDT 9897.796, BTC 11
    "#]],
    );
    let last = ExchangeConfig { fill: BarFill::Last, ..latencies(100, 200, 400) };
    check(
        &last,
        script,
        &expect![[r#"
        1.7 accepted #1
        1.7 filled #1 1 @ 101 taker fee 0.202
        USDT 9898.798, BTC 11
    "#]],
    );
}

#[test]
fn a_cancellation_can_come_too_late() {
    let script = "1 trade 100 1 buy\n> buy 1 limit 99\n2 trade 100 1 buy\n> cancel 1\n2.1 trade 98 5 sell\n3 trade 98 5 sell";
    check(
        &latencies(0, 200, 0),
        script,
        &expect![[r#"
        1.2 accepted #1
        2.1 filled #1 1 @ 99 maker fee 0.099
        2.2 cancel rejected #1 NotOpen
        USDT 9900.901, BTC 11
    "#]],
    );
}

#[test]
fn what_is_on_its_way_at_the_end_still_arrives() {
    check(
        &latencies(100, 200, 400),
        "1 book 99x1 | 100x1\n> buy 1 market",
        &expect![[r#"
        1.7 accepted #1
        1.7 filled #1 1 @ 100 taker fee 0.2
        USDT 9899.8, BTC 11
    "#]],
    );
}

/// What the engine sees when it waits for one deadline after the other and asks for something at the first.
fn with_deadlines(config: &ExchangeConfig, history: &[&str], deadlines: &[i64], mut request: Option<&str>) -> String {
    let mut inputs = opening();
    let first = inputs.len();
    for (place, text) in history.iter().enumerate() {
        let at = Timestamp(text.parse::<i64>().unwrap() * 1_000_000);
        let price = engine::number::FixedPrice(1_000 + i64::try_from(place).unwrap());
        let (instrument, size) = (engine::instrument::InstrumentId(0), engine::number::FixedSize(100));
        let taker = engine::market::Side::Buy;
        inputs.push((at, Input::Trade(engine::market::Trade { instrument, venue_at: at, price, size, taker, trade_id: None })));
    }
    inputs.push((inputs.last().unwrap().0, Input::SessionEnded { skipped_rows: 0 }));
    let mut exchange = Exchange::new(inputs.into_iter().map(Ok::<_, GatewayError>), config);
    let mut deadlines = deadlines.iter().map(|ms| Timestamp(ms * 1_000_000)).peekable();
    let (mut told, mut last, mut seen) = (Vec::new(), Timestamp(i64::MIN), 0);
    while let Some((at, input)) = exchange.next(deadlines.peek().copied()).unwrap() {
        assert!(at >= last, "time went back from {last} to {at}");
        last = at;
        let what = match &input {
            Input::Timer => {
                deadlines.next();
                if let Some(request) = request.take() {
                    exchange.execute(&[record(1, at, decision(request))]).unwrap();
                }
                "timer".to_owned()
            }
            Input::Trade(trade) => format!("trade {}", trade.price.0),
            Input::SessionEnded { .. } => "end".to_owned(),
            other => report(other).unwrap_or_default(),
        };
        seen += 1;
        if seen > first {
            told.push(format!("{} {what}", seconds(at)));
        }
    }
    assert!(exchange.next(None).unwrap().is_none(), "after the end there is nothing");
    told.join("; ")
}

#[test]
fn timers_come_after_all_else_at_their_instant_and_not_after_the_end() {
    let zero = ExchangeConfig::default();
    let none: [&str; 0] = [];
    for (history, deadlines, expected) in [
        (
            &["1000", "2000"][..],
            &[500, 1_000, 1_500, 2_000, 2_001][..],
            expect!["0.5 timer; 1 trade 1000; 1 timer; 1.5 timer; 2 trade 1001; 2 timer; 2 end"],
        ),
        (&["1000", "1000"], &[1_000], expect!["1 trade 1000; 1 trade 1001; 1 timer; 1 end"]),
        (&["1000"], &[], expect!["1 trade 1000; 1 end"]),
        (&none[..], &[0, 10], expect!["0 timer; 0 end"]),
    ] {
        expected.assert_eq(&with_deadlines(&zero, history, deadlines, None));
    }
    // The engine's clock runs behind the exchange's: by its deadline it has not seen the trade of that instant.
    expect!["1 timer; 1.1 trade 1000; 1.1 timer; 2 timer; 2.1 trade 1001; 2.1 end"].assert_eq(&with_deadlines(
        &latencies(100, 0, 0),
        &["1000", "2000"],
        &[1_000, 1_100, 2_000],
        None,
    ));
}

#[test]
fn at_one_instant_market_data_come_first_then_reports_then_orders_then_the_timer() {
    let last = ExchangeConfig { fill: BarFill::Last, ..ExchangeConfig::default() };
    expect!["1 trade 1000; 1.5 timer; 1.5 accepted #1; 1.5 filled #1 1 @ 100 taker fee 0.2; 2 trade 1001; 2 trade 1002; 2 end"]
        .assert_eq(&with_deadlines(&last, &["1000", "2000", "2000"], &[1_500], Some("buy 1 market")));
    expect!["1 trade 1000; 1.5 timer; 2 trade 1001; 2 accepted #1; 2 triggered #1; 2 timer; 3 trade 1002; 3 filled #1 1 @ 100.2 taker fee 0.2004; 3 end"].assert_eq(&with_deadlines(
        &latencies(0, 500, 0),
        &["1000", "2000", "3000"],
        &[1_500, 2_000],
        Some("sell 1 profit 100"),
    ));
}

#[test]
fn jitter_is_the_same_for_the_same_seed() {
    let config = ExchangeConfig { latency_jitter_us: 300 * MS, ..latencies(10, 10, 10) };
    let line = |i: usize| format!("{i} trade {} 1 buy\n> {} 0.1 market", 100 + i % 3, ["buy", "sell"][i % 2]);
    let script = (1..40).map(line).collect::<Vec<_>>().join("\n");
    let told = play(&config, &script);
    assert_eq!(told, play(&config, &script));
    assert_ne!(told, play(&ExchangeConfig { latency_jitter_us: 299 * MS, ..config }, &script));
}

#[test]
fn what_left_first_is_told_first_when_both_arrive_at_one_instant() {
    // The acceptance leaves at 1.1 and takes 0.2; the second trade leaves at 1.2 and takes 0.1.
    let told = with_deadlines(&latencies(100, 0, 200), &["1000", "1200", "1300"], &[1_100], Some("buy 1 limit 99"));
    assert_eq!(told, "1.1 trade 1000; 1.1 timer; 1.3 accepted #1; 1.3 trade 1001; 1.4 trade 1002; 1.4 end");
}

#[test]
fn time_never_goes_back_and_nothing_overtakes() {
    // A history in disorder is the reader's error; the engine's clock stands all the same.
    let zero = ExchangeConfig::default();
    assert_eq!(with_deadlines(&zero, &["2000", "1000"], &[], None), "2 trade 1000; 2 trade 1001; 2 end");
    // A deposit has no latency, and still waits for the trade that was sent before it.
    let deposit = Input::Deposited { currency: "USDT".parse().unwrap(), amount: "5".parse().unwrap() };
    let history = [opening()[1].clone(), market_event("1 trade 100 1 buy"), (Timestamp(1_050_000_000), deposit.clone())];
    let mut exchange = Exchange::new(history.into_iter().map(Ok::<_, GatewayError>), &latencies(100, 0, 0));
    let mut seen = Vec::new();
    while let Some(next) = exchange.next(None).unwrap() {
        seen.push(next);
    }
    assert_eq!(seen[2], (Timestamp(1_100_000_000), deposit));
}

#[test]
fn after_an_order_history_passes_straight_through_again() {
    let trades = (1..=4).map(|second| market_event(&format!("{second} trade 100 1 buy")));
    let history: Vec<_> = opening().into_iter().chain(trades).collect();
    let mut exchange = Exchange::new(history.into_iter().map(Ok::<_, GatewayError>), &ExchangeConfig::default());
    let mut trades = 0;
    while trades < 4 {
        let (at, input) = exchange.next(None).unwrap().unwrap();
        trades += usize::from(matches!(input, Input::Trade(_)));
        if trades == 1 && matches!(input, Input::Trade(_)) {
            exchange.execute(&[record(1, at, decision("buy 1 market")), record(2, at, decision("sell 1 limit 105"))]).unwrap();
            assert!(exchange.busy);
        } else if trades >= 3 {
            // The order has filled at the second trade, and the other one rests.
            assert!(!exchange.busy && exchange.pending.is_none(), "stuck on the slow path at trade {trades}");
        }
    }
}
