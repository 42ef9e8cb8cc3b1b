//! A day on which everything goes wrong: the venue's faults by a script, and the process killed again and again. In the end
//! the log has what the venue has: each order once, each fill once, each balance, each position with its stop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use data::okx::convert::{ClientId, SessionTag};
use engine::event::{Event, Input};
use engine::number::Decimal;
use engine::order::OrderId;
use serde_json::Value;

use crate::logged::{Logged, records_so_far};
use crate::market::Dice;
use crate::stage::{FREELY, STRATEGIES, Stage, Trader};
use crate::trouble;

/// Names the first seed, and how many there are.
const SEED: &str = "TICKFOLD_SEED";
const RUNS: &str = "TICKFOLD_RUNS";

const SPEED: u64 = 600;
const MINUTES: usize = 60 + 450;
/// Days that are lived through at one time: each is mostly waiting.
const AT_ONCE: usize = 3;
/// The market ends after that, and so do faults a little before.
const DAY_MS: u64 = 45_000;
const FAULTS_MS: (u64, u64) = (1_500, 42_000);
/// A process that has not begun to work after so long is killed all the same.
const WORKS_WITHIN: Duration = Duration::from_secs(20);
/// Without a word on orders for so long, all is said.
const QUIET: Duration = Duration::from_secs(5);
/// How long it may take until it is, when the faults are over.
const SETTLES_WITHIN: Duration = Duration::from_secs(150);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a whole number"))
}

#[test]
fn whatever_happens_the_log_has_what_the_venue_has() {
    let first = number(SEED).unwrap_or(1);
    let count = number(RUNS).unwrap_or(1);
    let next = AtomicU64::new(first);
    let days = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            eprintln!("{SEED}={seed} {RUNS}=1 repeats this run");
            day(seed);
        }
    };
    // Who fails leaves the rest to the others.
    std::thread::scope(|threads| (0..AT_ONCE).for_each(|_| drop(threads.spawn(days))));
}

fn day(seed: u64) {
    let mut dice = Dice(seed);
    let script = trouble::script(&mut dice, FAULTS_MS.0, FAULTS_MS.1);
    let venue = "[[account]]\nname = \"main\"\nbalances = { USDT = \"100000\" }\n[[account.key]]\nkey = \"test-key\"\n\
                 secret = \"test-secret\"\npassphrase = \"test-pass\"\n";
    let args = ["--speed", &SPEED.to_string(), "--faults", "faults.toml", "--config", "venue.toml"];
    let opened = Instant::now();
    let stage = Stage::open(seed, MINUTES, &args, &[("faults.toml", &script), ("venue.toml", venue)]);
    let live = "feeds = [\"trades\", \"quotes\", \"1m\", \"book\"]\nunknown_orders = \"adopt\"\ndead_man = \"10s\"";
    stage.configure(live, &format!("{FREELY}{STRATEGIES}"));

    let mut kills = 0;
    let mut trader = stage.trade("live", &[]);
    while opened.elapsed() < Duration::from_millis(DAY_MS) {
        // Now and then while it begins; else in the middle of its work.
        if dice.below(4) > 0 {
            wait_for_work(&stage, &mut trader);
        }
        std::thread::sleep(Duration::from_millis(200 + dice.below(5_000)));
        if trader.runs() {
            trader.kill();
            kills += 1;
        }
        std::thread::sleep(Duration::from_millis(dice.below(1_000)));
        trader = stage.trade("live", &[]);
    }
    settle(&stage, &mut trader);
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let run = stage.run();
    stage.verify(&run);
    let log = Logged::read(&run);
    let tag = std::fs::read_to_string(run.join("SESSION")).expect("the session's mark");
    let tag = SessionTag::parse(tag.trim()).expect("a mark");
    let struck = stage.venue.said().lines().filter(|line| line.starts_with("fault ")).count();
    let found = check(&stage, &log, tag);
    let Ok(fills) = found else {
        kept(&stage);
        panic!("{SEED}={seed}: {}", found.unwrap_err().join("\n"));
    };
    eprintln!("seed {seed}: {kills} kills, {struck} faults, {} records, {fills} fills, all well", log.records.len());
}

/// Waits until it has written to its log twice: with its first time it only opens it.
fn wait_for_work(stage: &Stage, trader: &mut Trader) {
    let (began, mut last, mut changes) = (Instant::now(), head_of(stage), 0);
    while changes < 2 && trader.runs() && began.elapsed() < WORKS_WITHIN {
        std::thread::sleep(Duration::from_millis(50));
        let now = head_of(stage);
        if now != last {
            (last, changes) = (now, changes + 1);
        }
    }
}

/// How far its log is.
fn head_of(stage: &Stage) -> Option<Vec<u8>> {
    stage.runs().pop().and_then(|run| std::fs::read(run.join("HEAD")).ok())
}

/// Waits until nothing is wrong and nothing more comes. A process that ends by itself (a venue that cannot be reached for
/// long) is started again, as whoever looks after it would.
fn settle(stage: &Stage, trader: &mut Trader) {
    let began = Instant::now();
    let (mut last, mut since, mut said) = (0, Instant::now(), String::new());
    let (mut head, mut is_well) = (None, false);
    while since.elapsed() < QUIET {
        // Around the last price averages may cross for ever: then it is stopped in the middle of it.
        if began.elapsed() >= SETTLES_WITHIN && said.starts_with("{}") {
            return;
        }
        if began.elapsed() >= SETTLES_WITHIN {
            kept(stage);
            panic!("it does not come to rest: {said}");
        }
        std::thread::sleep(Duration::from_millis(500));
        if !trader.runs() {
            *trader = stage.trade("live", &[]);
        }
        // Reading a whole log costs more than anything else here: only one that has grown is read.
        let now = head_of(stage);
        if now == head {
            if !is_well {
                since = Instant::now();
            }
            continue;
        }
        head = now;
        let Some(all) = stage.runs().pop().and_then(|run| records_so_far(&run)) else {
            (since, head) = (Instant::now(), None);
            continue;
        };
        let mut troubles = BTreeSet::new();
        let mut told = 0_usize;
        for record in &all {
            match &record.event {
                Event::Input(Input::TroubleBegan(trouble)) => drop(troubles.insert(*trouble)),
                Event::Input(Input::TroubleEnded(trouble)) => drop(troubles.remove(trouble)),
                Event::Input(
                    Input::Trade(_) | Input::Quote(_) | Input::Bar(_) | Input::BookSnapshot(_) | Input::BookDelta(_),
                ) => continue,
                _ => {}
            }
            told += 1;
        }
        // With the data the market ends.
        troubles.remove(&engine::event::Trouble::StaleFeed);
        if told != last || !troubles.is_empty() {
            said = format!("{troubles:?}, {told} records and before {last}");
            (last, since) = (told, Instant::now());
        }
        is_well = troubles.is_empty();
    }
}

/// How many fills there were, or what is wrong.
fn check(stage: &Stage, log: &Logged, tag: SessionTag) -> Result<usize, Vec<String>> {
    let mut wrong = Vec::new();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let decimal = |row: &Value, key: &str| text(row, key).parse::<Decimal>().unwrap_or_default();

    // Each of our names once at the venue.
    let venue = &stage.venue;
    let mut orders = venue.all("/api/v5/trade/orders-history?instType=SPOT", "ordId");
    orders.extend(venue.open_orders());
    let mut algos = venue.open_algos();
    for state in ["effective", "canceled", "order_failed"] {
        algos.extend(venue.all(&format!("/api/v5/trade/orders-algo-history?ordType=conditional,oco&state={state}"), "algoId"));
    }
    let mut names = BTreeMap::<String, usize>::new();
    let named = orders.iter().map(|row| text(row, "clOrdId")).chain(algos.iter().map(|row| text(row, "algoClOrdId")));
    named.filter(|name| !name.is_empty()).for_each(|name| *names.entry(name).or_default() += 1);
    wrong.extend(names.iter().filter(|(_, count)| **count > 1).map(|(name, count)| format!("{name} was placed {count} times")));
    let ours = |name: &str| ClientId::parse(name).filter(|id| id.session == tag).map(|id| id.order);
    for name in names.keys() {
        if ours(name).is_none_or(|order| !log.orders.contains_key(&order)) {
            wrong.push(format!("{name} is at the venue and not in the log"));
        }
    }

    // Each fill once, on the order that it is of.
    let by_id: BTreeMap<String, &Value> = orders.iter().map(|row| (text(row, "ordId"), row)).collect();
    let mut fills = BTreeMap::new();
    for row in venue.all("/api/v5/trade/fills?instType=SPOT", "billId") {
        let order = by_id.get(&text(&row, "ordId"));
        let name = order.and_then(|order| ours(&text(order, "clOrdId")).or_else(|| ours(&text(order, "algoClOrdId"))));
        let told = (decimal(&row, "fillPx"), decimal(&row, "fillSz"), -decimal(&row, "fee"), text(&row, "feeCcy"));
        if fills.insert(text(&row, "tradeId"), (name, told)).is_some() {
            wrong.push(format!("the venue has fill {} twice", text(&row, "tradeId")));
        }
    }
    let mut logged = BTreeSet::new();
    for (_, fill) in log.fills() {
        let id = fill.fill_id.to_string();
        let told = (fill.price.0, fill.quantity.0, fill.fee.0, fill.fee_currency.to_string());
        match fills.get(&id) {
            None => wrong.push(format!("fill {id} on {} is not the venue's", fill.order)),
            Some((name, theirs)) if *theirs != told || !is_of(log, fill.order, *name) => {
                wrong.push(format!("fill {id}: {theirs:?} on {name:?} at the venue, {told:?} on {} in the log", fill.order));
            }
            Some(_) => {}
        }
        if !logged.insert(id.clone()) {
            wrong.push(format!("fill {id} is in the log twice"));
        }
    }
    let missed = fills.iter().filter(|(id, _)| !logged.contains(*id));
    wrong.extend(missed.map(|(id, (name, told))| format!("fill {id} on {name:?} {told:?} is not in the log")));

    // The same money, made of those fills and of nothing else.
    let balances: Vec<(String, Decimal)> =
        venue.balances().into_iter().map(|(currency, amount)| (currency, amount.parse().unwrap_or_default())).collect();
    let balances: BTreeMap<_, _> = balances.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
    let known = log.state().portfolio.balances().map(|(currency, amount)| (currency.to_string(), amount.0));
    let known: BTreeMap<_, _> = known.filter(|(_, amount)| !amount.is_zero()).collect();
    if balances != known {
        wrong.push(format!("balances: {balances:?} at the venue, {known:?} in the log"));
    }
    wrong.extend(log.alerts().into_iter().filter(|alert| alert.contains("taken over")));

    // What is open here is open there, and what is held is protected.
    let mut open: BTreeSet<OrderId> = log.state().orders.iter().map(|order| order.id).collect();
    for row in venue.open_orders().iter().chain(&venue.open_algos()) {
        let id = ours(&text(row, "clOrdId")).or_else(|| ours(&text(row, "algoClOrdId")));
        match id {
            Some(id) if open.remove(&id) => drop(partner(log, id).map(|other| open.remove(&other))),
            _ => wrong.push(format!("{id:?} is open at the venue and not in the log: {row}")),
        }
    }
    wrong.extend(open.iter().map(|id| format!("{id} is open in the log and not at the venue")));
    let held = balances.get("BTC").copied().unwrap_or_default();
    let sells = |rows: Vec<Value>| rows.iter().filter(|row| row["side"] == "sell").map(|row| decimal(row, "sz")).sum::<Decimal>();
    let covered = sells(venue.open_algos()) + sells(venue.open_orders());
    if covered < held {
        wrong.push(format!("{held} BTC are held, {covered} of them protected"));
    }
    if fills.is_empty() {
        wrong.push("nothing was traded".to_owned());
    }
    if wrong.is_empty() { Ok(fills.len()) } else { Err(wrong) }
}

/// The order that shares its quantity.
fn partner(log: &Logged, id: OrderId) -> Option<OrderId> {
    let second = log.orders.iter().find(|(_, request)| request.oco == Some(id)).map(|(id, _)| *id);
    second.or_else(|| log.orders.get(&id)?.oco)
}

/// Whether a fill of `order` may have come from the venue's order of that name: of a pair, the first one's.
fn is_of(log: &Logged, order: OrderId, name: Option<OrderId>) -> bool {
    name == Some(order) || name.is_some_and(|name| partner(log, name) == Some(order))
}

/// Keeps all of it for whoever looks why.
fn kept(stage: &Stage) {
    let keep = std::env::temp_dir().join(format!("kept{}", stage.path().file_name().expect("a name").to_string_lossy()));
    copy(stage.path(), &keep);
    eprintln!("all of it is in {}", keep.display());
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let _ = std::fs::create_dir_all(to);
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            let _ = std::fs::copy(entry.path(), target);
        }
    }
}
