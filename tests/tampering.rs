//! Logs that were changed after the run: by someone who makes every checksum fit again, and by a bad disk.

#[path = "acceptance/chance.rs"]
mod chance;
#[path = "acceptance/forgery.rs"]
mod forgery;
#[path = "acceptance/market.rs"]
mod market;
#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use engine::event::{Decision, Direction, Event, Input, Record};
use engine::market::Side;
use engine::number::{Amount, Decimal, FixedPrice, FixedSize, Quantity};
use forgery::{forge, records};
use market::{Dice, trades};
use program::{answer, tickfold};

/// Few enough records between two checkpoints that every change is noticed soon.
const SETTINGS: [&str; 12] = [
    "--set",
    "risk.enabled=false",
    "--set",
    "engine.checkpoint_every=50",
    "--set",
    "exchange.entry_latency_us=300000",
    "--set",
    "exchange.response_latency_us=900000",
    "--set",
    "exchange.latency_jitter_us=100000",
    "--set",
    "strategy=[{name='ema_cross', fast=3, slow=8, size='0.01'}]",
];

/// A real run: where it is, and what it says.
struct Original {
    dir: tempfile::TempDir,
    run: PathBuf,
    records: Vec<Record>,
    digest: String,
}

impl Original {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("made.csv"), trades(5, 1_500)).unwrap();
        let command = ["backtest", "--data", "made.csv", "--instrument", "BTC-USDT"];
        let summary = answer(dir.path(), &[&command[..], &SETTINGS[..]].concat());
        assert!(summary["fills"].as_u64() > Some(100), "{summary}");
        let run = dir.path().join("runs").join(summary["run_id"].as_str().unwrap());
        let records = records(&run);
        Self { records, run, digest: summary["digest"].as_str().unwrap().to_owned(), dir }
    }

    /// What `tickfold verify` says about other records in place of these.
    fn verify(&self, forged: &[Record]) -> Verdict {
        Verdict::of(&forge(forged, &self.run, &self.dir.path().join("forged")))
    }

    /// The seq of the first checkpoint from a place on.
    fn checkpoint(&self, from: usize) -> u64 {
        let is_checkpoint = |record: &&Record| matches!(record.event, Event::Decision(Decision::Checkpoint(_)));
        self.records[from..].iter().find(is_checkpoint).expect("the last record is one").seq
    }

    /// Some places of records that are `wanted`: never in the beginning, which has tests of its own, nor at the end,
    /// as a shorter log is a log.
    fn places(&self, dice: &mut Dice, count: usize, wanted: impl Fn(&Record, &Record) -> bool) -> Vec<usize> {
        let inner = 4..self.records.len() - 3;
        let all: Vec<usize> = inner.filter(|&place| wanted(&self.records[place], &self.records[place + 1])).collect();
        assert!(all.len() >= count, "only {} of {count}", all.len());
        (0..count).map(|_| all[usize::try_from(dice.below(all.len() as u64)).unwrap()]).collect()
    }
}

/// How the program ended on a run, and what it said.
#[derive(Debug)]
struct Verdict {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Verdict {
    fn of(run: &Path) -> Self {
        Self::asked("verify", run)
    }

    fn asked(command: &str, run: &Path) -> Self {
        let output = tickfold(run, &[command, run.to_str().expect("a plain path")]).output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { exit: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Fails unless it is exit code 6 and names one of these records.
    #[track_caller]
    fn names(&self, seqs: RangeInclusive<u64>, what: &str) {
        let named = self.stderr.strip_prefix("error: record ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert_eq!(self.exit, Some(6), "{what}: {self:?}");
        assert!(named.is_some_and(|seq| seqs.contains(&seq)), "{what}: not in {seqs:?}: {}", self.stderr);
        assert!(self.stderr.contains(" differs\n  logged:  ") && self.stderr.contains("\n  derived: "), "{}", self.stderr);
    }
}

fn is_decision(record: &Record) -> bool {
    matches!(record.event, Event::Decision(_))
}

fn is_trade(record: &Record) -> bool {
    matches!(record.event, Event::Input(Input::Trade(_)))
}

fn is_report(record: &Record) -> bool {
    matches!(&record.event, Event::Input(Input::OrderAccepted(_) | Input::OrderFilled(_)))
}

fn change(record: &mut Record) {
    match &mut record.event {
        Event::Decision(Decision::Signal(signal)) => {
            signal.direction = if signal.direction == Direction::Long { Direction::Flat } else { Direction::Long };
        }
        Event::Decision(Decision::OrderRequested(request)) => request.quantity += Quantity(Decimal::new(1, 4)),
        Event::Decision(Decision::Checkpoint(checkpoint)) => checkpoint.state.0[31] ^= 1,
        Event::Input(Input::Trade(trade)) => trade.price = FixedPrice(trade.price.0 / 20 * 21),
        Event::Input(Input::OrderFilled(fill)) => fill.quantity += Quantity(Decimal::new(1, 4)),
        Event::Input(Input::OrderAccepted(order)) => order.0 += 1,
        other => panic!("not one of those that are changed: {other:?}"),
    }
}

#[test]
fn the_forger_of_these_tests_changes_nothing_by_accident() {
    let original = Original::new();
    let verdict = original.verify(&original.records);
    assert_eq!(verdict.exit, Some(0), "{verdict:?}");
    assert!(verdict.stdout.ends_with(&format!("digest {}\n", original.digest)), "{verdict:?}");
}

#[test]
fn a_forged_decision_is_named() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    let signal = |record: &Record, _: &Record| matches!(record.event, Event::Decision(Decision::Signal(_)));
    let order = |record: &Record, _: &Record| matches!(record.event, Event::Decision(Decision::OrderRequested(_)));
    let checkpoint = |record: &Record, _: &Record| matches!(record.event, Event::Decision(Decision::Checkpoint(_)));
    let changed =
        [original.places(&mut dice, 4, signal), original.places(&mut dice, 4, order), original.places(&mut dice, 4, checkpoint)];
    for place in changed.concat() {
        let mut forged = original.records.clone();
        change(&mut forged[place]);
        original.verify(&forged).names(place as u64..=place as u64, "changed");
    }
    for place in original.places(&mut dice, 10, |record, _| is_decision(record)) {
        let mut forged = original.records.clone();
        forged.remove(place);
        original.verify(&forged).names(place as u64..=place as u64, "removed");
    }
    for place in original.places(&mut dice, 10, |record, _| is_decision(record)) {
        let mut forged = original.records.clone();
        forged.insert(place + 1, forged[place].clone());
        original.verify(&forged).names(place as u64 + 1..=place as u64 + 1, "inserted");
    }
    let differ = |a: &Record, b: &Record| (is_decision(a) || is_decision(b)) && a.event != b.event;
    for place in original.places(&mut dice, 10, differ) {
        let mut forged = original.records.clone();
        forged.swap(place, place + 1);
        original.verify(&forged).names(place as u64..=place as u64, "swapped");
    }
}

/// What comes from outside cannot be derived, but what follows from it can: at the next checkpoint at the latest.
#[test]
fn a_forged_input_is_named_by_what_does_not_follow_from_it() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    let until = |place: usize| place as u64..=original.checkpoint(place) + 1;
    let fill = |record: &Record, _: &Record| matches!(record.event, Event::Input(Input::OrderFilled(_)));
    let trade = |record: &Record, _: &Record| is_trade(record);
    for place in [original.places(&mut dice, 8, trade), original.places(&mut dice, 8, fill)].concat() {
        let mut forged = original.records.clone();
        change(&mut forged[place]);
        original.verify(&forged).names(until(place), "changed");
    }
    let input = |record: &Record, _: &Record| is_trade(record) || is_report(record);
    for place in original.places(&mut dice, 10, input) {
        let mut forged = original.records.clone();
        forged.remove(place);
        original.verify(&forged).names(until(place), "removed");
    }
    for place in original.places(&mut dice, 10, input) {
        let mut forged = original.records.clone();
        forged.insert(place, forged[place].clone());
        original.verify(&forged).names(until(place), "inserted");
    }
    let prices = |a: &Record, b: &Record| match (&a.event, &b.event) {
        (Event::Input(Input::Trade(a)), Event::Input(Input::Trade(b))) => a.price != b.price,
        _ => false,
    };
    for place in original.places(&mut dice, 10, prices) {
        let mut forged = original.records.clone();
        forged.swap(place, place + 1);
        original.verify(&forged).names(until(place), "swapped");
    }
}

#[test]
fn a_forged_beginning_is_named() {
    let original = Original::new();
    let forged = |change: &dyn Fn(&mut Input)| {
        let mut forged = original.records.clone();
        for record in &mut forged[..4] {
            if let Event::Input(input) = &mut record.event {
                change(input);
            }
        }
        original.verify(&forged)
    };
    let first = 0..=original.checkpoint(0);
    let seed = |input: &mut Input| {
        if let Input::SessionStarted(session) = input {
            session.seed += 1;
        }
    };
    forged(&seed).names(first.clone(), "another seed");
    let deposit = |input: &mut Input| {
        if let Input::Deposited { amount, .. } = input {
            *amount += Amount(Decimal::ONE);
        }
    };
    forged(&deposit).names(first.clone(), "a larger deposit");
    let listed = |input: &mut Input| {
        if let Input::InstrumentListed(instrument) = input {
            instrument.price_scale += 1;
        }
    };
    forged(&listed).names(first, "other decimals");
    let config = |input: &mut Input| {
        if let Input::SessionStarted(session) = input {
            session.config.0[0] ^= 1;
        }
    };
    let verdict = forged(&config);
    assert_eq!(verdict.exit, Some(6), "{verdict:?}");
    assert!(verdict.stderr.ends_with(" is missing\n"), "{verdict:?}");

    let verdict = original.verify(&original.records[1..]);
    assert_eq!(verdict.exit, Some(6), "{verdict:?}");
    assert!(verdict.stderr.starts_with("error: record 0 is not the start of a session"), "{verdict:?}");
}

/// Equal numbers in other bytes make another digest: whoever writes 0.50 for 0.5 does not write what was written.
#[test]
fn the_same_value_in_other_bytes_is_another_record() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    let is_order = |record: &Record, _: &Record| matches!(record.event, Event::Decision(Decision::OrderRequested(_)));
    for place in original.places(&mut dice, 6, is_order) {
        let mut forged = original.records.clone();
        let Event::Decision(Decision::OrderRequested(request)) = &mut forged[place].event else { unreachable!() };
        let scale = request.quantity.0.scale();
        request.quantity.0.rescale(scale + 1);
        assert_eq!(forged, original.records, "as values they are equal");
        let verdict = original.verify(&forged);
        verdict.names(place as u64..=place as u64, "rescaled");
        assert!(verdict.stderr.contains("the same values in other bytes"), "{verdict:?}");
    }
}

/// No decision follows from how large someone else's trade was: that is for the digest to tell, and for HEAD, which
/// a forger must have replaced.
#[test]
fn what_nothing_follows_from_is_told_by_the_digest() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    for place in original.places(&mut dice, 6, |record, _| is_trade(record)) {
        let mut forged = original.records.clone();
        if let Event::Input(Input::Trade(trade)) = &mut forged[place].event {
            trade.size = FixedSize(trade.size.0 + 1);
            trade.taker = if trade.taker == Side::Buy { Side::Sell } else { Side::Buy };
        }
        let verdict = original.verify(&forged);
        assert_eq!(verdict.exit, Some(0), "{verdict:?}");
        assert!(verdict.stdout.contains("\ndigest ") && !verdict.stdout.contains(&original.digest), "{verdict:?}");
    }
}

#[test]
fn a_forged_log_does_not_fit_the_head_that_was_there() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    for round in 0..24 {
        let place = original.places(&mut dice, 1, |record, next| is_trade(record) && record.event != next.event)[0];
        let mut forged = original.records.clone();
        match round % 4 {
            0 => change(&mut forged[place]),
            1 => drop(forged.remove(place)),
            2 => forged.insert(place, forged[place].clone()),
            _ => forged.swap(place, place + 1),
        }
        let folder = forge(&forged, &original.run, &original.dir.path().join("forged"));
        fs::copy(original.run.join("HEAD"), folder.join("HEAD")).unwrap();
        let verdict = Verdict::of(&folder);
        assert_eq!(verdict.exit, Some(6), "round {round}, seq {place}: {verdict:?}");
        assert_eq!(verdict.stdout, "", "round {round}, seq {place}");
    }
}

/// The report is made without the engine, and notices money that was not there.
#[test]
fn a_forged_fill_is_noticed_by_the_report_too() {
    let original = Original::new();
    let mut dice = Dice(chance::seed());
    let fill = |record: &Record, _: &Record| matches!(record.event, Event::Input(Input::OrderFilled(_)));
    for place in original.places(&mut dice, 6, fill) {
        let mut forged = original.records.clone();
        change(&mut forged[place]);
        let verdict = Verdict::asked("report", &forge(&forged, &original.run, &original.dir.path().join("forged")));
        let expected = format!("error: the state rebuilt up to record {} is ", original.checkpoint(place));
        assert_eq!(verdict.exit, Some(6), "seq {place}: {verdict:?}");
        assert!(verdict.stderr.starts_with(&expected), "seq {place}: {verdict:?}");
    }
}

/// One bad byte, a hole, a cut, something behind the end, a file that is gone: 200 times, in any file of the run.
#[test]
fn a_damaged_file_is_an_error_or_a_cut_that_is_reported() {
    let original = Original::new();
    let whole = Verdict::of(&original.run);
    assert_eq!((whole.exit, whole.stderr.as_str()), (Some(0), ""), "{whole:?}");
    let seed = chance::seed();
    let mut dice = Dice(seed);
    let mut files: Vec<PathBuf> = [original.run.clone(), original.run.join("blobs")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    let mut refused = 0;
    for round in 0..200 {
        let file = &files[usize::try_from(dice.below(files.len() as u64)).unwrap()];
        let before = fs::read(file).unwrap();
        let mut bytes = before.clone();
        let place = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
        match dice.below(8) {
            0..4 => bytes[place] ^= 1 << dice.below(8),
            4 => bytes[place..].iter_mut().take(64).for_each(|byte| *byte = 0),
            5 | 6 => bytes.truncate(place),
            _ => bytes.extend((0..=dice.below(300)).map(|byte| u8::try_from(byte % 251).unwrap())),
        }
        fs::write(file, &bytes).unwrap();
        let verdict = Verdict::of(&original.run);
        let what = format!("round {round} of seed {seed}, {} at {place}: {verdict:?}", file.display());
        match verdict.exit {
            Some(6) => {
                refused += 1;
                assert!(verdict.stdout.is_empty() && verdict.stderr.lines().any(|line| line.starts_with("error: ")), "{what}");
            }
            // What is not used, or remains behind the end: nothing is missing.
            Some(0) => assert_eq!(verdict.stdout, whole.stdout, "{what}"),
            _ => panic!("{what}"),
        }
        assert!(!verdict.stderr.contains("panicked"), "{what}");
        fs::write(file, before).unwrap();
    }
    assert!(refused > 60, "only {refused} of 200 were refused, seed {seed}");
    for file in &files {
        let before = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        let verdict = Verdict::of(&original.run);
        assert_eq!(verdict.exit, Some(6), "without {}: {verdict:?}", file.display());
        fs::write(file, before).unwrap();
    }
}
