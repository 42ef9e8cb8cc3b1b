//! How much a live run takes, and whether its memory grows. These want a release build (`TICKFOLD_PROGRAM` names one) and a
//! machine of their own, so they run only when they are asked for: `cargo nextest run --run-ignored only -E 'test(load::)'`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use engine::event::{Event, Input};

use crate::logged::Logged;
use crate::market::BEGINS_MS;
use crate::stage::{BEFORE, FREELY, STRATEGIES, Stage};

/// Names how long the soak is, in seconds.
const SOAK: &str = "TICKFOLD_SOAK_S";
const TRADES_PER_SECOND: u64 = 20_000;
const SECONDS: u64 = 20;
const SECOND_NS: i64 = 1_000_000_000;
/// Behind the venue, at any moment.
const BEHIND_NS: i64 = SECOND_NS;
const MIB: u64 = 1 << 20;

/// Trades at an even rate, from the venue's start on.
fn trades() -> String {
    let mut text = "ts_ms,price,size,side,trade_id\n".to_owned();
    let begins_ms = BEGINS_MS + BEFORE as u64 * 60_000;
    for trade in 0..TRADES_PER_SECOND * SECONDS {
        let (ms, side) = (begins_ms + trade * 1_000 / TRADES_PER_SECOND, if trade % 3 == 0 { "sell" } else { "buy" });
        writeln!(text, "{ms},{}.{},0.25,{side},{}", 40_000 + trade / 1_000 % 50, trade % 10, trade + 1).expect("memory takes it");
    }
    text
}

#[test]
#[ignore = "it measures: a release build on a quiet machine"]
fn twenty_thousand_messages_a_second_are_no_load() {
    let market = trades();
    let args = ["--speed", "1", "--start", "subscribed"];
    let stage = Stage::open(1, 1, &args, &[("BTC-USDT_1m.csv", &market)]);
    stage.configure("feeds = [\"trades\"]", &format!("{FREELY}{STRATEGIES}").replace("timeframe = \"1m\"", "timeframe = \"1h\""));
    let config = std::fs::read_to_string(stage.path().join("live.toml")).expect("it is there");
    std::fs::write(stage.path().join("live.toml"), config.replace("clock = \"venue\"", "clock = \"system\"")).expect("written");
    let trader = stage.trade("live", &[]);
    std::thread::sleep(Duration::from_secs(SECONDS - 4));
    let asked = Instant::now();
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let took = asked.elapsed();
    let log = Logged::read(&stage.run());
    let seen: Vec<(i64, i64, u64)> = log
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Input(Input::Trade(trade)) => Some((record.at.0, trade.venue_at.0, trade.trade_id.unwrap_or(0))),
            _ => None,
        })
        .collect();
    let [first, .., last] = seen[..] else { panic!("no trades: {}", stage.said()) };
    let lag = |one: &(i64, i64, u64)| (one.0 - first.0) - (one.1 - first.1);
    let mut lags: Vec<i64> = seen.iter().map(lag).collect();
    lags.sort_unstable();
    let seconds = (last.0 - first.0) as f64 / SECOND_NS as f64;
    let (median, most) = (lags[lags.len() / 2], lags[lags.len() - 1]);
    eprintln!(
        "{} messages in {seconds:.2} s: {:.0} a second; behind by {:.1} ms at the median, {:.1} ms at most; ended {took:?} after \
         it was asked to",
        seen.len(),
        seen.len() as f64 / seconds,
        median as f64 / 1e6,
        most as f64 / 1e6
    );
    let missing = seen.windows(2).filter(|pair| pair[1].2 != pair[0].2 + 1).count();
    assert_eq!(missing, 0, "no trade is missing");
    assert!(!stage.said().contains("is down"), "{}", stage.said());
    assert!(most < BEHIND_NS && took < Duration::from_secs(4));
}

/// The memory that a process has in use, in MiB.
fn resident_mib(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4_096 / MIB
}

#[test]
#[ignore = "it takes minutes"]
fn memory_is_flat_at_high_speed() {
    let seconds = std::env::var(SOAK).ok().map_or(180, |text| text.parse().expect("a whole number"));
    let speed = 300;
    let minutes = BEFORE + usize::try_from(seconds * speed / 60).expect("it fits") + 30;
    let stage = Stage::open(9, minutes, &["--speed", &speed.to_string()], &[]);
    stage.configure("feeds = [\"trades\", \"quotes\", \"1m\", \"book\"]", &format!("{FREELY}{STRATEGIES}"));
    let mut trader = stage.trade("live", &[]);
    let mut sizes = Vec::new();
    for second in 0..seconds {
        std::thread::sleep(Duration::from_secs(1));
        assert!(trader.runs(), "{}", stage.said());
        sizes.push([resident_mib(trader.pid()), resident_mib(stage.venue.pid())]);
        if second % 30 == 0 {
            eprintln!("{second} s: live {} MiB, exchange {} MiB", sizes[sizes.len() - 1][0], sizes[sizes.len() - 1][1]);
        }
    }
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    stage.verify(&stage.run());
    let warnings: Vec<String> = stage.said().lines().filter(|line| line.starts_with("warning")).map(str::to_owned).collect();
    let third = sizes.len() / 3;
    for (place, name) in ["live", "exchange"].iter().enumerate() {
        let median = |part: &[[u64; 2]]| {
            let mut sizes: Vec<u64> = part.iter().map(|sizes| sizes[place]).collect();
            sizes.sort_unstable();
            sizes[sizes.len() / 2]
        };
        let (before, after) = (median(&sizes[third..2 * third]), median(&sizes[2 * third..]));
        eprintln!("{name}: {before} MiB in the middle third, {after} MiB in the last");
        assert!(after <= before + before / 10 + 4, "{name} grows: {sizes:?}");
    }
    assert_eq!(warnings, [""; 0]);
}
