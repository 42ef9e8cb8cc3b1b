//! A fork without changes is its parent; with changes it is its parent up to the record, and verifies by itself.

use std::fs;
use std::path::{Path, PathBuf};

use data::log::BlobStore;
use engine::event::{Command, Decision, Event, Input, Record};
use replays::fork::{Ask, ForkError, Forked, fork};
use replays::rebuild::rebuild;
use replays::verify::verify;

use crate::market::{Dice, trades};
use crate::stage::{backtest, reader, records, stage, without_session};
use crate::venue::{live_run, paper_run};

fn ask(at_seq: u64, sets: &[&str]) -> Ask {
    Ask { at_seq, sets: sets.iter().map(|&set| set.to_owned()).collect(), strategy: None }
}

fn forked(parent: &Path, ask: &Ask, name: &str) -> (Forked, PathBuf, Vec<Record>) {
    let folder = parent.with_file_name(name);
    let forked = fork(parent, ask, &folder).unwrap_or_else(|error| panic!("{ask:?}: {error}"));
    check(parent, &folder, &forked);
    let all = records(&folder);
    (forked, folder, all)
}

/// It is its parent up to the record, names it, verifies, and rebuilds to what was told of it.
fn check(parent: &Path, folder: &Path, forked: &Forked) {
    let (before, after) = (records(parent), records(folder));
    let at = usize::try_from(forked.at_seq).unwrap();
    for (before, after) in before[..at].iter().zip(&after[..at]).skip(1) {
        assert_eq!(without_session(before), without_session(after));
    }
    let Event::Input(Input::SessionStarted(session)) = &after[0].event else { panic!("{:?}", after[0]) };
    let named = session.parent.expect("it names its parent");
    assert_eq!((named.count, Some(named.digest)), (forked.at_seq, reader(parent).digest_at(forked.at_seq).unwrap()));
    let verified = verify(&mut reader(folder), &BlobStore::open(folder).unwrap()).unwrap();
    assert_eq!(verified.records, after.len() as u64);
    let mut whole = reader(folder);
    let (state, report) = rebuild(&mut whole).unwrap();
    let summary = report.finish(&state, whole.digest().unwrap().to_string());
    assert_eq!((summary.digest, summary.balances), (forked.summary.digest.clone(), forked.summary.balances.clone()));
}

/// Random ways to trade a random market.
fn case(seed: u64) -> (tempfile::TempDir, PathBuf) {
    let mut dice = Dice(seed);
    let dir = stage(seed, 150);
    let file = if dice.below(2) == 0 { "BTC-USDT_1m.csv" } else { "trades.csv" };
    fs::write(dir.path().join("trades.csv"), trades(seed, 300)).unwrap();
    let mut latency = |most: u64| if dice.below(2) == 0 { 0 } else { dice.below(most) };
    let (feed, entry, response, jitter) = (latency(2_000_000), latency(3_000_000), latency(2_000_000), latency(900_000));
    let sets = [
        format!("seed={seed}"),
        format!("exchange.feed_latency_us={feed}"),
        format!("exchange.entry_latency_us={entry}"),
        format!("exchange.response_latency_us={response}"),
        format!("exchange.latency_jitter_us={jitter}"),
        format!("exchange.fill={}", ["next", "last"][usize::from(dice.below(3) == 0)]),
        format!("engine.checkpoint_every={}", 1 + dice.below(60)),
        format!("risk.enabled={}", dice.below(2) == 0),
    ];
    let run = backtest(dir.path(), "run", file, &sets.each_ref().map(String::as_str));
    (dir, run)
}

#[test]
fn a_fork_without_changes_is_its_parent_wherever_it_begins() {
    let mut fills = 0;
    for seed in 1..=5 {
        let (_dir, run) = case(seed);
        let before = records(&run);
        let mut dice = Dice(seed);
        let count = before.len() as u64;
        for (place, at) in [0, dice.below(count), dice.below(count), count - 1].into_iter().enumerate() {
            let (forked, _, after) = forked(&run, &ask(at, &[]), &format!("fork{place}"));
            assert_eq!(forked.divergence, None, "seed {seed}, at {at}");
            assert_eq!(after.len(), before.len(), "seed {seed}, at {at}");
            assert!(forked.at_seq <= at && matches!(before[usize::try_from(forked.at_seq).unwrap()].event, Event::Input(_)));
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(without_session(before), without_session(after), "seed {seed}, at {at}");
            }
            fills += forked.summary.fills;
        }
    }
    assert!(fills > 250, "only {fills} fills: nothing was tried");
}

#[test]
fn new_values_hold_from_the_record_on() {
    let changes = [
        "strategy.0.fast=1",
        "strategy.1.slow=4",
        "strategy.0.size=50%",
        "exchange.fill=last",
        "exchange.entry_latency_us=90000000",
        "exchange.feed_latency_us=500000",
        "exchange.slippage_bps=20",
        "protection.stop=1%",
        "risk.enabled=true",
        "breakers.daily_loss=0.1%",
    ];
    let mut differ = 0;
    for seed in 20..23 {
        let (_dir, run) = case(seed);
        let count = records(&run).len() as u64;
        let mut dice = Dice(seed);
        for place in 0..3 {
            let change = changes[usize::try_from(dice.below(changes.len() as u64)).unwrap()];
            let (forked, folder, _) = forked(&run, &ask(dice.below(count), &[change]), &format!("fork{place}"));
            if let Some(divergence) = &forked.divergence {
                let seqs = [&divergence.parent, &divergence.fork].map(|line| line.as_ref().map(|line| line.seq));
                assert!(seqs.iter().flatten().all(|&seq| seq >= forked.at_seq), "seed {seed}, {change}: {divergence:?}");
                differ += 1;
            }
            // And once more from there, as another fork: what held between the two records still does.
            let at = forked.at_seq + dice.below(records(&folder).len() as u64 - forked.at_seq);
            let (again, _, _) = self::forked(&folder, &ask(at, &["risk.enabled=false"]), &format!("again{place}"));
            assert!(again.at_seq >= forked.at_seq);
        }
    }
    assert!(differ > 4, "only {differ} forks came to something else");
}

#[test]
fn another_strategy_takes_over_what_is_held_and_begins_warm() {
    let dir = stage(3, 120);
    let run = backtest(dir.path(), "run", "BTC-USDT_1m.csv", &["risk.enabled=false"]);
    let before = records(&run);
    // Right after a purchase of the first strategy.
    let bought = before.iter().find(|record| matches!(&record.event, Event::Input(Input::OrderFilled(_)))).unwrap();
    let ask = Ask {
        at_seq: bought.seq + 1,
        sets: vec!["strategy.fast=2".to_owned(), "strategy.slow=4".to_owned()],
        strategy: Some("ema_cross".to_owned()),
    };
    let (_, _, same) = forked(&run, &ask, "same");
    // Two strategies of this name stay two: `--strategy` picks by name. A third takes the place of the first.
    let only = Ask { sets: Vec::new(), strategy: Some("buy_and_hold".to_owned()), ..ask };
    let (other, _, after) = forked(&run, &only, "other");
    let Event::Input(Input::SessionStarted(session)) = &after[0].event else { panic!("{:?}", after[0]) };
    assert_eq!(session.strategies, ["one, then buy_and_hold", "two"]);
    assert!(other.divergence.is_some() && same.len() > before.len() / 2);
    // What was held stays held: nobody is left to sell it.
    assert!(other.summary.fills < 10 && other.summary.balances.contains_key("BTC"));
}

#[test]
fn what_cannot_be_forked_is_refused() {
    let dir = stage(4, 40);
    let run = backtest(dir.path(), "run", "BTC-USDT_1m.csv", &[]);
    let count = records(&run).len() as u64;
    let refused = |ask: &Ask| fork(&run, ask, &dir.path().join("none")).unwrap_err();
    assert!(matches!(refused(&ask(count, &[])), ForkError::NoSuchSeq { .. }));
    assert!(matches!(refused(&ask(5, &["account.balances.USDT=5"])), ForkError::Beginning { section: "account" }));
    let unknown = refused(&ask(5, &["strategy.0.fastt=5"])).to_string();
    assert!(unknown.contains("did you mean \"fast\""), "{unknown}");
}

#[test]
fn a_live_run_goes_on_at_the_simulated_exchange() {
    let dir = tempfile::tempdir().unwrap();
    let run = live_run(&dir.path().join("live"), 7, 400);
    let before = records(&run);
    verify(&mut reader(&run), &BlobStore::open(&run).unwrap()).unwrap();
    let count = before.len() as u64;
    let mut dice = Dice(9);
    let mut fills = 0;
    for place in 0..12 {
        let at = dice.below(count);
        let (forked, _, after) = forked(&run, &ask(at, &[]), &format!("fork{place}"));
        let venue_said = |records: &[Record]| {
            let said = |record: &&Record| matches!(&record.event, Event::Input(Input::VenueSnapshot(_)));
            records.iter().filter(said).count()
        };
        let at = usize::try_from(forked.at_seq).unwrap();
        assert_eq!((venue_said(&after[..at]) > 0, venue_said(&after[at..])), (true, 0), "the account is known, once");
        // The exchange has what the engine thinks it has: nothing is refused, but the one order that the venue would not have.
        assert!(forked.summary.rejections <= 1 && forked.summary.cancellations == 0, "fork{place} at {at}");
        fills += forked.summary.fills;
    }
    assert!(fills > 100, "only {fills} fills");
    let (first, ..) = forked(&run, &ask(0, &[]), "first");
    assert!(first.at_seq > 0 && first.notes[0].starts_with("a live run begins with"), "{:?}", first.notes);
}

#[test]
fn a_paper_run_happens_again_with_what_its_operator_did() {
    let dir = tempfile::tempdir().unwrap();
    let run = paper_run(&dir.path().join("paper"), 3, 300);
    let before = records(&run);
    let count = before.len() as u64;
    let did = before.iter().filter(|record| matches!(&record.event, Event::Input(Input::Operator(_)))).count();
    assert!(did > 5, "{did}");
    let mut dice = Dice(5);
    for (place, at) in [0, dice.below(count), dice.below(count)].into_iter().enumerate() {
        let (same, _, after) = forked(&run, &ask(at, &[]), &format!("same{place}"));
        // It ends in order, which its parent did not.
        assert_eq!((same.divergence, after.len()), (None, before.len() + 2), "at {at}");
        // Orders that the operator canceled are others then, or none.
        let (_, _, other) = forked(&run, &ask(at, &["strategy.0.size=11%"]), &format!("other{place}"));
        let canceled = other.iter().filter_map(|record| match &record.event {
            Event::Input(Input::Operator(command)) => match **command {
                Command::Cancel(order) => Some(order),
                _ => None,
            },
            _ => None,
        });
        for order in canceled {
            let asked = &other[usize::try_from(order.0).unwrap()].event;
            assert!(matches!(asked, Event::Decision(Decision::OrderRequested(_))), "{order} is {asked:?}");
        }
    }
}
