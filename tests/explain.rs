//! Explanations of random runs: every fill goes back to an input, every moment is what a plain fold gives, and snapshots
//! change nothing but time.

#[path = "acceptance/market.rs"]
mod market;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{BlobStore, Disk, Mark, Reader, Section, Snapshots, order_of};
use engine::event::{Decision, Event, Input, Record};
use engine::number::Amount;
use engine::order::OrderId;
use engine::state::{LAYOUT, State};
use market::{Dice, trades};
use replays::backtest::Backtest;
use replays::config::Config;
use replays::explain::chapters::snapshots;
use replays::explain::scribe::{Fills, Links, Moment, Scribe};
use replays::explain::tree::Node;
use replays::explain::{History, Instant, Standing, Topic, origin, why};
use replays::session::{BUILD, recorded_engine};

/// Records between two snapshots here.
const SPAN: u64 = 300;

/// A random run, and all of its records.
struct Run {
    dir: tempfile::TempDir,
    records: Vec<Record>,
}

impl Run {
    fn folder(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    fn history(&self) -> History {
        History::with_span(&self.folder(), reader(&self.folder()), SPAN).unwrap()
    }

    fn snapshots(&self) -> Snapshots {
        snapshots(&self.folder())
    }
}

fn reader(folder: &Path) -> Reader {
    Reader::open(Arc::new(Disk::open(folder).unwrap())).unwrap().0
}

fn all(mut reader: Reader) -> Vec<Record> {
    let mut all = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        all.extend_from_slice(block);
    }
    all
}

/// Crossings of averages over trades, with protection and limits that now and then say no.
fn run(seed: u64, rows: usize) -> Run {
    let mut dice = Dice(seed * 31);
    let (fast, more) = (2 + dice.below(6), 2 + dice.below(20));
    let size = ["0.0002", "0.002", "0.05"][usize::try_from(dice.below(3)).unwrap()];
    let first = format!("{{name='ema_cross', fast={fast}, slow={}, size='{size}'}}", fast + more);
    run_of(
        seed,
        rows,
        [
            format!("exchange.latency_jitter_us={}", dice.below(400_000)),
            format!("exchange.participation_bps={}", [0, 3_000][usize::from(dice.below(2) == 0)]),
            format!("engine.checkpoint_every={}", 20 + dice.below(150)),
            "protection.stop='0.02%'".to_owned(),
            format!("strategy=[{first}, {{name='ema_cross', label='slow', fast=40, slow=90, size='20%'}}]"),
        ],
    )
}

/// So many trades with these settings.
fn run_of<const N: usize>(seed: u64, rows: usize, sets: [String; N]) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("made.csv");
    fs::write(&file, trades(seed, rows)).unwrap();
    let breakers = "daily_loss='90%', drawdown='95%', emergency='99%', losses=1000000, cooldown='20s', low_profit_trades=1000000";
    let mut all_sets = vec![
        format!("seed={seed}"),
        "data.symbol=BTC-USDT".to_owned(),
        format!("data.paths=[{:?}]", file.to_str().unwrap()),
        format!("breakers={{{breakers}}}"),
        "engine.checkpoint_every=100".to_owned(),
    ];
    all_sets.extend(sets);
    let config = Config::load(&[], std::iter::empty(), &all_sets).unwrap();
    let folder = dir.path().join("run");
    Backtest::prepare(config).unwrap().run(Some(&folder)).unwrap();
    let records = all(reader(&folder));
    Run { dir, records }
}

/// The states after the first `counts` records, by a plain fold.
fn states(records: &[Record], counts: &[u64]) -> BTreeMap<u64, State> {
    let (mut state, mut states) = (State::default(), BTreeMap::new());
    for record in records {
        if counts.contains(&record.seq) {
            states.insert(record.seq, state.clone());
        }
        state.apply(record);
    }
    states.insert(records.len() as u64, state);
    states
}

fn fills(records: &[Record]) -> impl Iterator<Item = &Record> {
    records.iter().filter(|record| matches!(record.event, Event::Input(Input::OrderFilled(_))))
}

#[test]
fn every_fill_goes_back_to_an_input() {
    let (mut tried, mut denials, mut lengths) = (0, 0, BTreeMap::<usize, u32>::new());
    for seed in 1..3 {
        let run = run(seed, 3_000);
        let mut history = run.history();
        let denied = |record: &&Record| matches!(record.event, Event::Decision(Decision::Denied(_)));
        for record in fills(&run.records).chain(run.records.iter().filter(denied)) {
            let path = origin(&mut history, record.seq).unwrap();
            assert_eq!(path.last(), Some(&record.seq), "seed {seed}");
            assert!(path.is_sorted_by(|a, b| a < b), "seed {seed}: {path:?}");
            let root = &run.records[usize::try_from(path[0]).unwrap()];
            assert!(matches!(root.event, Event::Input(Input::Trade(_))), "seed {seed}: {record:?} goes back to {root:?}");
            *lengths.entry(path.len()).or_default() += 1;
            tried += 1;
            denials += u32::from(denied(&record));
        }
        for record in fills(&run.records).step_by(31) {
            let why = why(&mut history, Topic::Record(record.seq)).unwrap();
            let mut found = 0;
            walk(&why.chains[0], &mut |node| found += u32::from(node.is_asked && node.seq == Some(record.seq)));
            assert_eq!(found, 1, "seed {seed} seq {}", record.seq);
            let line = why.chains[0].seq.unwrap();
            assert_eq!(origin(&mut history, record.seq).unwrap()[0], line);
        }
    }
    assert!(tried > 150 && denials > 5, "only {tried} fills, {denials} denials: nothing was tried");
    assert!(lengths.len() >= 3, "chains are all alike: {lengths:?}");
}

#[test]
fn every_fill_of_the_sample_goes_back_to_a_bar() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let config = Config::load(&[], std::iter::empty(), &["strategy=[{name='ema_cross'}]".to_owned()]).unwrap();
    let fills = Backtest::prepare(config).unwrap().run(Some(&folder)).unwrap().summary.fills;
    let mut history = History::open(&folder, reader(&folder)).unwrap();
    let records = all(reader(&folder));
    let mut tried = 0;
    for record in self::fills(&records) {
        let root = origin(&mut history, record.seq).unwrap()[0];
        assert!(matches!(history.record(root).unwrap().event, Event::Input(Input::Bar(_))), "seq {}", record.seq);
        tried += 1;
    }
    assert_eq!(tried, fills);
    assert!(fills > 100, "only {fills} fills");
}

fn walk(node: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(node);
    for child in &node.children {
        walk(child, visit);
    }
}

#[test]
fn what_sizing_and_limits_said_is_derived_as_it_was_logged() {
    let (mut orders, mut denied) = (0, 0);
    for seed in 10..13 {
        let run = run(seed, 2_000);
        let mut history = run.history();
        let mut left = [12_u32; 2];
        for record in &run.records {
            let is_denial = matches!(record.event, Event::Decision(Decision::Denied(_)));
            let is_entry = matches!(&record.event, Event::Decision(Decision::OrderRequested(order)) if order.bracket.is_some());
            let left = &mut left[usize::from(is_denial)];
            if (!is_denial && !is_entry) || *left == 0 {
                continue;
            }
            *left -= 1;
            let why = why(&mut history, Topic::Record(record.seq)).unwrap();
            let mut words = Vec::new();
            walk(&why.chains[0], &mut |node| {
                if node.is_asked {
                    words.clone_from(&node.words);
                }
            });
            let text = words.join("\n");
            assert!(!text.contains("derived again"), "seed {seed} seq {}: {text}", record.seq);
            assert!(text.contains("sizing: ") || is_denial, "seed {seed} seq {}: {text}", record.seq);
            assert_eq!(text.contains("risk: denied"), is_denial, "seed {seed} seq {}: {text}", record.seq);
            assert_eq!(text.contains("risk: it passes"), is_entry, "seed {seed} seq {}: {text}", record.seq);
            (orders, denied) = (orders + u32::from(is_entry), denied + u32::from(is_denial));
        }
    }
    assert!(orders > 20 && denied > 5, "{orders} entries, {denied} denials: nothing was tried");
}

#[test]
fn links_are_what_a_search_in_all_records_finds() {
    // Positions that last, so that something follows more than a block later.
    let slow = "{name='ema_cross', label='slow', fast=500, slow=2500, size='20%'}";
    let run = run_of(
        23,
        16_000,
        [
            format!("strategy=[{slow}, {{name='ema_cross', fast=5, slow=60, size='0.002'}}]"),
            "protection={stop='20%', target='off'}".to_owned(),
            "account.balances.USDT=1000000".to_owned(),
        ],
    );
    let mut history = run.history();
    let mut following: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut late = 0;
    for record in &run.records {
        let mut add = |of: u64| {
            let seqs = following.entry(of).or_default();
            if of != record.seq && seqs.last() != Some(&record.seq) {
                seqs.push(record.seq);
                late += u32::from(record.seq - of > 4_096);
            }
        };
        add(record.cause);
        if let Some(OrderId(order)) = order_of(record) {
            add(order);
        }
    }
    for seq in
        (0..run.records.len() as u64).filter(|seq| seq % 97 == 0 || following.get(seq).is_some_and(|seqs| !seqs.is_empty()))
    {
        assert_eq!(history.following(seq).unwrap(), following.get(&seq).cloned().unwrap_or_default(), "seq {seq}");
    }
    assert!(late > 0, "nothing is late");
    for record in fills(&run.records) {
        let Event::Input(Input::OrderFilled(fill)) = &record.event else { continue };
        assert!(history.fills(fill.fill_id).unwrap().contains(&record.seq));
    }
    for record in run.records.iter().step_by(501) {
        let before = run.records.partition_point(|other| other.at < record.at) as u64;
        assert_eq!(history.before(record.at).unwrap(), before);
    }
}

#[test]
fn round_trips_make_what_the_portfolio_realised() {
    let run = run(33, 3_000);
    let mut history = run.history();
    let (mut state, mut profit, mut pieces) = (State::default(), Amount::ZERO, 0);
    for record in &run.records {
        state.apply(record);
        if let Event::Input(Input::OrderFilled(_)) = record.event {
            profit += state.portfolio.just_closed().iter().map(engine::position::RoundTrip::profit).sum::<Amount>();
            pieces += state.portfolio.just_closed().len();
        }
    }
    assert_eq!(history.pieces(|_| true).unwrap().len(), pieces);
    let trips = history.pieces(|_| true).unwrap().last().map_or(0, |piece| piece.trip);
    let mut told = Amount::ZERO;
    for number in 1..=trips {
        let pieces = history.pieces(|piece| piece.trip == number).unwrap();
        let trip = replays::explain::round_trip::Trip::of(&mut history, &pieces).unwrap().expect("it has pieces");
        assert_eq!(trip.number, number);
        told += trip.profit;
    }
    assert!(trips > 20, "only {trips} round trips");
    assert_eq!(told, profit);
    let t1 = why(&mut history, Topic::Trade(1)).unwrap();
    assert!((1..=2).contains(&t1.chains.len()));
    assert_eq!(t1.asked, "round trip t1");
    let missing = why(&mut history, Topic::Trade(trips + 1)).unwrap_err().to_string();
    assert_eq!(missing, format!("there is no round trip t{} in the log: there are t1 to t{trips}", trips + 1));
}

/// What can happen to a folder of snapshots.
const MISHAPS: [fn(&Run, &mut Dice); 7] = [
    |_, _| {},
    |run, _| fs::remove_dir_all(run.folder().join("snapshots")).unwrap(),
    |run, dice| on_some(run, dice, |path, _| fs::remove_file(path).unwrap()),
    |run, dice| {
        on_some(run, dice, |path, dice| {
            let mut bytes = fs::read(path).unwrap();
            let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
            bytes[at] ^= 1 << dice.below(8);
            fs::write(path, bytes).unwrap();
        });
    },
    |run, dice| on_some(run, dice, |path, _| fs::write(path, "").unwrap()),
    // A lie with a good checksum.
    |run, dice| {
        let (marks, snapshots) = (run.snapshots().list(), run.snapshots());
        for mark in marks.into_iter().filter(|_| dice.below(2) == 0) {
            let mut moment: Moment = snapshots.read(mark.count).unwrap().section(0).unwrap();
            let rest = snapshots.read(mark.count).unwrap();
            let (links, fills): (Links, Fills) = (rest.section(1).unwrap(), rest.section(2).unwrap());
            moment.state.tuning.size_scale_bps += 1;
            let sections = [Section::of(&moment).unwrap(), Section::of(&links).unwrap(), Section::of(&fills).unwrap()];
            snapshots.put(&mark, &sections).unwrap();
        }
    },
    // Of other records than it says.
    |run, _| {
        let (marks, snapshots) = (run.snapshots().list(), run.snapshots());
        let Some(mark) = marks.get(1) else { return };
        let snapshot = snapshots.read(mark.count).unwrap();
        let (moment, links, fills): (Moment, Links, Fills) =
            (snapshot.section(0).unwrap(), snapshot.section(1).unwrap(), snapshot.section(2).unwrap());
        let wrong = Mark { count: mark.count + 1, ..*mark };
        let sections = [Section::of(&moment).unwrap(), Section::of(&links).unwrap(), Section::of(&fills).unwrap()];
        snapshots.put(&wrong, &sections).unwrap();
        snapshots.remove(mark.count);
    },
];

fn on_some(run: &Run, dice: &mut Dice, mut act: impl FnMut(&Path, &mut Dice)) {
    let mut paths: Vec<_> = fs::read_dir(run.folder().join("snapshots")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if dice.below(3) == 0 {
            act(&path, dice);
        }
    }
}

#[test]
fn a_moment_is_a_plain_fold_whatever_happened_to_the_snapshots() {
    for seed in 40..42 {
        let run = run(seed, 1_200);
        let mut dice = Dice(seed * 1_000);
        let end = run.records.len() as u64;
        let mut counts: Vec<u64> = (0..9).map(|_| dice.below(end)).collect();
        counts.extend([0, 1, end]);
        let expected = states(&run.records, &counts);
        let mut links = None;
        for (round, mishap) in MISHAPS.iter().enumerate() {
            if round > 0 {
                mishap(&run, &mut dice);
            }
            let mut history = run.history();
            for &count in &counts {
                let moment = history.moment(count).unwrap();
                assert_eq!(moment.state, expected[&count], "seed {seed}, round {round}, after {count} records");
                let before = &run.records[..usize::try_from(count).unwrap()];
                let signals: BTreeMap<_, _> = before
                    .iter()
                    .filter_map(|record| match &record.event {
                        Event::Decision(Decision::Signal(signal)) => Some(((signal.strategy, signal.instrument), record.seq)),
                        _ => None,
                    })
                    .collect();
                assert_eq!(moment.notes.signals, signals, "seed {seed}, round {round}, after {count} records");
            }
            // What is linked is the same, too.
            let found: Vec<_> = (0..end).step_by(61).map(|seq| history.following(seq).unwrap()).collect();
            let found = (found, history.pieces(|_| true).unwrap());
            assert_eq!(&found, links.get_or_insert_with(|| found.clone()), "seed {seed}, round {round}");
            assert!(run.snapshots().list().len() >= 2, "they were not made again: seed {seed}, round {round}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_changes_nothing() {
    let run = run(50, 1_500);
    fs::write(run.folder().join("snapshots"), "in the way").unwrap();
    let counts: Vec<u64> = (0..run.records.len() as u64).step_by(133).collect();
    let expected = states(&run.records, &counts);
    let mut history = run.history();
    for count in counts.into_iter().rev() {
        assert_eq!(history.moment(count).unwrap().state, expected[&count], "after {count} records");
    }
    let found = history.pieces(|_| true).unwrap();
    fs::remove_file(run.folder().join("snapshots")).unwrap();
    assert_eq!(run.history().pieces(|_| true).unwrap(), found);
}

#[test]
fn a_run_writes_down_what_is_found_afterwards() {
    let run = run(60, 2_000);
    drop(run.history());
    let Event::Input(Input::SessionStarted(session)) = &run.records[0].event else { panic!("no session") };
    let mut engine = recorded_engine(session, &BlobStore::open(&run.folder()).unwrap()).unwrap();
    let (mut scribe, mut chapters) = (Scribe::new(SPAN), Vec::new());
    for record in &run.records {
        if let Event::Input(input) = &record.event {
            engine.step(record.at, input.clone());
            chapters.extend(scribe.step(engine.state(), engine.records()));
        }
    }
    let marks: Vec<Mark> = chapters.iter().map(|chapter| chapter.mark).collect();
    assert_eq!(marks, run.snapshots().list());
    assert!(marks.len() > 3);
    for chapter in chapters {
        let written = run.snapshots().read(chapter.mark.count).unwrap();
        assert_eq!(written.section::<Moment>(0).unwrap(), chapter.moment);
        assert_eq!(written.section::<Links>(1).unwrap(), chapter.links);
        assert_eq!(written.section::<Fills>(2).unwrap(), chapter.fills);
    }
    assert!(Snapshots::of(&run.folder(), BUILD, LAYOUT + 1).list().is_empty());
}

#[test]
fn a_long_run_has_snapshots_before_anyone_asks() {
    let dir = tempfile::tempdir().unwrap();
    let (file, folder) = (dir.path().join("made.csv"), dir.path().join("run"));
    fs::write(&file, trades(80, 150_000)).unwrap();
    let sets = [
        "data.symbol=BTC-USDT".to_owned(),
        format!("data.paths=[{:?}]", file.to_str().unwrap()),
        "strategy=[{name='ema_cross', fast=100, slow=400}]".to_owned(),
    ];
    let config = Config::load(&[], std::iter::empty(), &sets).unwrap();
    Backtest::prepare(config).unwrap().run(Some(&folder)).unwrap();
    let ours = snapshots(&folder);
    let marks = ours.list();
    assert_eq!(marks.len(), 2, "one on the way, one at the end: {marks:?}");
    let written: Vec<Moment> = marks.iter().map(|mark| ours.read(mark.count).unwrap().section(0).unwrap()).collect();
    let with = Standing::after(&mut History::open(&folder, reader(&folder)).unwrap(), marks[0].count + 777).unwrap();
    fs::remove_dir_all(folder.join("snapshots")).unwrap();
    let mut history = History::open(&folder, reader(&folder)).unwrap();
    assert_eq!(Standing::after(&mut history, marks[0].count + 777).unwrap(), with);
    assert_eq!(ours.list(), marks);
    for (mark, written) in marks.iter().zip(written) {
        assert_eq!(history.moment(mark.count).unwrap(), &written);
    }
}

#[test]
fn a_standing_adds_up() {
    let run = run(70, 2_000);
    let mut history = run.history();
    let end = run.records.len() as u64;
    for count in (3..end).step_by(211) {
        let standing = Standing::after(&mut history, count).unwrap();
        let state = &history.moment(count).unwrap().state;
        assert_eq!((standing.seq, standing.at, standing.equity), (Some(count - 1), state.now, state.equity()));
        let values: Option<Amount> = standing.balances.iter().map(|balance| balance.value).sum();
        assert_eq!(values, standing.equity, "after {count} records");
        assert_eq!(standing.orders.len(), state.orders.len());
        let held = state.portfolio.positions().filter(|(.., position)| position.quantity.is_positive()).count();
        assert_eq!(standing.positions.len(), held);
        assert_eq!(standing.signals.len(), history.moment(count).unwrap().notes.signals.len());
    }
    let at = run.records[1_000].at;
    let after = run.records.partition_point(|record| record.at <= at) as u64;
    assert_eq!(Instant::Time(at).count(&mut history).unwrap(), after);
    assert_eq!(Instant::End.count(&mut history).unwrap(), end);
    let before_all = Instant::Time(run.records[0].at.plus_ns(-1)).count(&mut history).unwrap_err().to_string();
    assert!(before_all.contains("the run had not begun"), "{before_all}");
}
