//! A log that was closed is exactly what it was closed with, and HEAD says so twice.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use data::log::error::Damage;
use data::log::storage::File;
use data::log::{LiveWriter, LogError, Memory, Options, Reader, Storage, Writer, verify};

use crate::samples::{Dice, mixed, read_all, shared, written};

const SLOT: usize = 4_096;

fn several_files() -> Options {
    Options { segment_bytes: 4_000, ..Options::default() }
}

fn cold(memory: &Memory) -> Vec<String> {
    memory.list().unwrap().into_iter().filter(|name| name.starts_with("cold-")).collect()
}

fn after_the_end(memory: &Memory, what: &str) {
    for error in [Reader::open(shared(memory)).err(), verify(shared(memory)).err()] {
        let error = error.unwrap_or_else(|| panic!("{what}: not noticed"));
        assert!(matches!(error, LogError::Damaged { what: Damage::AfterEnd { count: 60 }, .. }), "{what}: {error}");
    }
}

#[test]
fn bytes_behind_a_closed_log_are_damage_and_no_torn_tail() {
    let records = mixed(0, 60, &mut Dice(40));
    let memory = written(&records, Options::default());
    let name = "cold-00000000000000000000.seg";
    let whole = memory.bytes(name).unwrap();
    for (what, more) in [
        ("a zero", vec![0]),
        ("zeros", vec![0; 4_096]),
        ("noise", vec![0xa5; 300]),
        ("a cut frame", whole[..50].to_vec()),
        ("a frame again", whole.clone()),
    ] {
        let longer = memory.copy();
        longer.put(name, [whole.clone(), more.clone()].concat());
        after_the_end(&longer, what);

        // The same as a file of its own, whatever its name.
        for first in [60, 61, 1_000] {
            for heat in ["cold", "hot"] {
                let longer = memory.copy();
                longer.put(&format!("{heat}-{first:020}.seg"), more.clone());
                let is_leftover = heat == "hot" && first == 60 && more.iter().all(|byte| *byte == 0);
                if is_leftover {
                    assert!(read_all(shared(&longer)).unwrap() == records);
                } else {
                    after_the_end(&longer, &format!("{what} in {heat} {first}"));
                }
            }
        }
    }
}

#[test]
fn records_that_fit_behind_a_closed_log_are_damage_too() {
    let records = mixed(0, 80, &mut Dice(41));
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), Options::default()).unwrap();
    writer.append(&records[..60]).unwrap();
    writer.sync().unwrap();
    let short = memory.copy();
    writer.append(&records[60..]).unwrap();
    writer.close().unwrap();
    // The shorter log's seal over the longer log's records.
    let (open, recovery) = LiveWriter::open(shared(&short), &Options::default()).unwrap();
    assert_eq!(recovery.count, 60);
    open.close().unwrap();
    memory.put("HEAD", short.bytes("HEAD").unwrap());
    after_the_end(&memory, "twenty records more");

    let copy = Memory::new();
    let found = data::log::salvage(&shared(&memory), &shared(&copy)).unwrap();
    assert!(matches!(found.damage[..], [LogError::Damaged { what: Damage::AfterEnd { count: 60 }, .. }]), "{found:?}");
    assert!(read_all(shared(&copy)).unwrap() == records);
}

#[test]
fn a_file_that_is_not_named_after_its_first_record_is_named() {
    let records = mixed(0, 600, &mut Dice(42));
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), several_files()).unwrap();
    for piece in records.chunks(50) {
        writer.append(piece).unwrap();
        writer.sync().unwrap();
    }
    writer.close().unwrap();
    let names = cold(&memory);
    assert!(names.len() > 2, "{names:?}");
    for name in names {
        let first: u64 = name["cold-".len()..].trim_end_matches(".seg").parse().unwrap();
        for wrong in [first.saturating_sub(1), first + 1].into_iter().filter(|wrong| *wrong != first) {
            let damaged = memory.copy();
            let wrong = format!("cold-{wrong:020}.seg");
            damaged.rename(&name, &wrong).unwrap();
            match Reader::open(shared(&damaged)) {
                Err(LogError::Damaged { file, what: Damage::Seq { found, .. }, .. }) => {
                    assert_eq!((file, found), (wrong, first));
                }
                other => panic!("{wrong}: {:?}", other.map(|_| ())),
            }
        }
    }
}

#[test]
fn either_slot_of_a_closed_log_is_enough_and_the_other_is_reported() {
    let records = mixed(0, 60, &mut Dice(43));
    let bulk = written(&records, Options::default());
    let live = Memory::new();
    let writer = LiveWriter::create(shared(&live), &Options::default()).unwrap();
    writer.append(&records).unwrap();
    writer.close().unwrap();
    for memory in [bulk, live] {
        assert_eq!(verify(shared(&memory)).unwrap().1.damaged_slot, None);
        let head = memory.bytes("HEAD").unwrap();
        for slot in [0, SLOT] {
            for bit in 0..60 * 8 {
                let mut bytes = head.clone();
                bytes[slot + bit / 8] ^= 1 << (bit % 8);
                let damaged = memory.copy();
                damaged.put("HEAD", bytes);
                let (sealed, recovery) = verify(shared(&damaged)).unwrap();
                assert_eq!(sealed.count, 60);
                assert_eq!((recovery.anchored, recovery.sealed), (60, true), "slot {slot}, bit {bit}");
                assert_eq!(recovery.damaged_slot, Some(slot as u64), "slot {slot}, bit {bit}");
                // What the damaged slot said is still known.
                let name = "cold-00000000000000000000.seg";
                damaged.remove(name).unwrap();
                assert!(matches!(Reader::open(shared(&damaged)), Err(LogError::Shorter { anchored: 60, .. })));
            }
        }
    }
}

#[test]
fn a_closed_log_that_goes_on_is_closed_in_no_slot() {
    let records = mixed(0, 80, &mut Dice(44));
    let memory = written(&records[..60], Options::default());
    let seldom = Options { anchor_every: Duration::from_hours(1), ..Options::default() };
    let (writer, _) = LiveWriter::open(shared(&memory), &seldom).unwrap();
    writer.append(&records[60..]).unwrap();
    writer.wait_durable(80).unwrap();
    for slot in [0, SLOT] {
        let damaged = memory.copy();
        let mut head = damaged.bytes("HEAD").unwrap();
        head[slot + 9] ^= 1;
        damaged.put("HEAD", head);
        let (reader, recovery) = Reader::open(shared(&damaged)).unwrap();
        assert_eq!((reader.count(), recovery.sealed, recovery.damaged_slot), (80, false, Some(slot as u64)));
    }
}

/// A folder that lists a file which is gone by the time it is opened.
#[derive(Debug)]
struct JustRemoved(Memory, &'static str);

impl Storage for JustRemoved {
    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.0.create(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.0.open(name)
    }

    fn edit(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.0.edit(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = self.0.list()?;
        names.push(self.1.to_owned());
        Ok(names)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.0.sync_dir()
    }
}

#[test]
fn a_reader_may_come_while_the_close_removes_the_empty_file() {
    let records = mixed(0, 60, &mut Dice(47));
    let folder = JustRemoved(written(&records, Options::default()), "hot-00000000000000000060.seg");
    assert!(read_all(Arc::new(folder)).unwrap() == records);
}
