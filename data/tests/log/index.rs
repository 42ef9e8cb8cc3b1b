//! The index may be lost in any way: it is rebuilt, and answers the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use data::log::{Index, Memory, Options};
use engine::event::{Decision, Event, Input, Record};
use engine::order::OrderId;
use engine::time::Timestamp;

use crate::samples::{Dice, mixed, shared, written};

/// Records with orders whose reports follow: every 50th record requests one, the 3 after its cause are about it.
fn orders(count: u64) -> Vec<Record> {
    let mut records = mixed(0, count, &mut Dice(20));
    for seq in (50..records.len() - 3).step_by(50) {
        let request = crate::samples::every_kind().swap_remove(22);
        assert!(matches!(request, Event::Decision(Decision::OrderRequested(_))));
        let order = OrderId(seq as u64);
        records[seq].event = request;
        records[seq].cause = seq as u64 - 1;
        records[seq + 1].event = Event::Input(Input::OrderAccepted(order));
        records[seq + 2].event = Event::Decision(Decision::CancelRequested(order));
        records[seq + 3].event = Event::Input(Input::OrderTriggered(order));
    }
    records
}

type Answers = (Vec<Option<u64>>, Vec<Vec<u64>>, Vec<Vec<u64>>);

fn ask(index: &mut Index, records: &[Record]) -> Answers {
    let sample = || (0..records.len()).step_by(37);
    let times = sample().step_by(20).map(|seq| index.seq_at(records[seq].at).unwrap()).collect();
    let orders = sample().map(|seq| index.order(OrderId(seq as u64)).unwrap()).collect();
    let causes = sample().map(|seq| index.consequences(seq as u64).unwrap()).collect();
    (times, orders, causes)
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { files.extend(self::files(&entry.path())) } else { files.push(entry.path()) }
    }
    files
}

#[test]
fn it_answers_as_a_scan_would() {
    let records = orders(5_000);
    let memory = written(&records, Options::default());
    let folder = tempfile::tempdir().unwrap();
    let mut index = Index::open(&folder.path().join("index"), &shared(&memory)).unwrap();
    let mut consequences: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.cause != record.seq) {
        consequences.entry(record.cause).or_default().push(record.seq);
    }
    for (seq, record) in (0..).zip(&records) {
        assert_eq!(index.consequences(seq).unwrap(), consequences.remove(&seq).unwrap_or_default());
        if seq % 100 == 0 {
            let first = records.iter().find(|other| other.at >= record.at).unwrap().seq;
            assert_eq!(index.seq_at(record.at).unwrap(), Some(first));
        }
    }
    let requested = index.order(OrderId(100)).unwrap();
    assert!(requested.starts_with(&[100, 101, 102, 103]), "{requested:?}");
    assert_eq!(index.seq_at(Timestamp(i64::MIN)).unwrap(), Some(0));
    assert_eq!(index.seq_at(Timestamp(i64::MAX)).unwrap(), None);
}

#[test]
fn lost_damaged_or_foreign_indexes_are_rebuilt() {
    let records = orders(6_000);
    let memory = written(&records, Options::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let open = |log: &Memory| Index::open(&path, &shared(log)).unwrap();
    let answers = ask(&mut open(&memory), &records);
    let same = |what: &str| assert!(ask(&mut open(&memory), &records) == answers, "{what}");
    same("opened again");
    fs::remove_dir_all(&path).unwrap();
    same("deleted");
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, b"not a folder").unwrap();
    same("a file in its place");
    for seed in 0..30 {
        let mut dice = Dice(seed);
        let files = files(&path);
        let file = &files[dice.index(files.len())];
        let mut bytes = fs::read(file).unwrap();
        let what = match dice.below(4) {
            0 => {
                bytes.truncate(dice.index(bytes.len() + 1));
                "truncated"
            }
            1 => {
                bytes.fill_with(|| u8::try_from(dice.below(256)).unwrap());
                "noise"
            }
            2 => {
                for _ in 0..8 {
                    let place = dice.index(bytes.len().max(1));
                    bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= 1 << dice.below(8));
                }
                "flipped bits"
            }
            _ => {
                fs::remove_file(file).unwrap();
                same(&format!("seed {seed}: {} removed", file.display()));
                continue;
            }
        };
        fs::write(file, bytes).unwrap();
        same(&format!("seed {seed}: {} {what}", file.display()));
    }
    let mut changed = records.clone();
    changed[3_000].cause = 37;
    let other = written(&changed, Options::default());
    assert!(ask(&mut open(&other), &changed) != answers, "an index of another log is not used");
    let shorter = written(&records[..5_000], Options::default());
    assert!(ask(&mut open(&shorter), &records[..5_000]) != answers);
    same("of a shorter log, extended");
}

#[test]
fn one_that_is_in_use_is_left_alone() {
    let records = orders(200);
    let memory = written(&records, Options::default());
    let folder = tempfile::tempdir().unwrap();
    let mut index = Index::open(folder.path(), &shared(&memory)).unwrap();
    let refused = Index::open(folder.path(), &shared(&memory)).err().unwrap().to_string();
    assert!(refused.contains("lock"), "{refused}");
    ask(&mut index, &records);
}
