//! Salvage: what is whole is copied, what is lost is named.

use data::log::{LogError, Memory, Options, Reader, Writer, salvage, verify};
use engine::event::Record;

use crate::samples::{Dice, mixed, read_all, shared};

/// A log of frames of seven records.
fn log(records: &[Record]) -> Memory {
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), Options { segment_bytes: 4_000, ..Options::default() }).unwrap();
    for piece in records.chunks(7) {
        writer.append(piece).unwrap();
        writer.sync().unwrap();
    }
    writer.close().unwrap();
    memory
}

#[test]
fn a_whole_log_is_copied_whole() {
    let records = mixed(0, 300, &mut Dice(30));
    let memory = log(&records);
    let copy = Memory::new();
    let found = salvage(&shared(&memory), &shared(&copy)).unwrap();
    assert_eq!((found.records, found.lost.len(), found.damage.len()), (300, 0, 0));
    assert!(read_all(shared(&copy)).unwrap() == records);
    assert_eq!(verify(shared(&copy)).unwrap().0, verify(shared(&memory)).unwrap().0);
}

#[test]
fn damage_costs_the_frames_that_it_hits_and_no_others() {
    let records = mixed(0, 300, &mut Dice(31));
    let memory = log(&records);
    let names: Vec<String> =
        data::log::Storage::list(&memory).unwrap().into_iter().filter(|name| name.starts_with("cold-")).collect();
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let damaged = memory.copy();
        let name = &names[dice.index(names.len())];
        let mut bytes = memory.bytes(name).unwrap();
        let place = dice.index(bytes.len());
        bytes[place] ^= 0x40;
        damaged.put(name, bytes);
        let copy = Memory::new();
        let found = salvage(&shared(&damaged), &shared(&copy)).unwrap();
        let lost: Vec<u64> = found.lost.iter().cloned().flatten().collect();
        assert!(!found.damage.is_empty() && (1..=7).contains(&lost.len()), "seed {seed}: {:?} {:?}", found.lost, found.damage);
        let whole: Vec<Record> = records.iter().filter(|record| !lost.contains(&record.seq)).cloned().collect();
        assert!(read_all(shared(&copy)).unwrap() == whole, "seed {seed}");
        assert_eq!(found.records, whole.len() as u64);
        let refused = data::log::LiveWriter::open(shared(&copy), &Options::default()).unwrap_err();
        assert!(matches!(refused, LogError::Salvaged));
    }
}

#[test]
fn what_is_lost_at_the_end_and_with_head_is_named_too() {
    let records = mixed(0, 20, &mut Dice(32));
    let memory = log(&records);
    data::log::Storage::remove(&memory, "HEAD").unwrap();
    let copy = Memory::new();
    let found = salvage(&shared(&memory), &shared(&copy)).unwrap();
    assert!(matches!(found.damage[..], [LogError::NoLog]));
    assert!(read_all(shared(&copy)).unwrap() == records);

    let memory = log(&records);
    let name = "cold-00000000000000000000.seg";
    let bytes = memory.bytes(name).unwrap();
    memory.put(name, bytes[..bytes.len() - 1].to_vec());
    assert!(Reader::open(shared(&memory)).is_err());
    let found = salvage(&shared(&memory), &shared(&Memory::new())).unwrap();
    assert_eq!(found.lost.iter().cloned().flatten().collect::<Vec<u64>>(), [14, 15, 16, 17, 18, 19]);
}

#[test]
fn a_copy_remembers_the_end_that_it_has_not() {
    let records = mixed(0, 20, &mut Dice(33));
    let memory = log(&records);
    let name = "cold-00000000000000000000.seg";
    let bytes = memory.bytes(name).unwrap();
    memory.put(name, bytes[..bytes.len() - 1].to_vec());
    let copy = Memory::new();
    salvage(&shared(&memory), &shared(&copy)).unwrap();
    let (reader, recovery) = Reader::open(shared(&copy)).unwrap();
    assert_eq!((reader.count(), recovery.anchored), (14, 20));
    assert_eq!(reader.lost().iter().cloned().flatten().collect::<Vec<u64>>(), [14, 15, 16, 17, 18, 19]);
    assert!(read_all(shared(&copy)).unwrap() == records[..14]);

    // So does a copy of the copy, and one of which nothing is left.
    let again = Memory::new();
    let found = salvage(&shared(&copy), &shared(&again)).unwrap();
    assert_eq!(found.lost.iter().cloned().flatten().count(), 6);
    assert_eq!(Reader::open(shared(&again)).unwrap().1.anchored, 20);
    memory.put(name, vec![7; 50]);
    let nothing = Memory::new();
    salvage(&shared(&memory), &shared(&nothing)).unwrap();
    assert_eq!(Reader::open(shared(&nothing)).unwrap().0.lost().iter().cloned().flatten().count(), 20);

    // What the copy has may not be cut off in turn.
    let name = data::log::Storage::list(&copy).unwrap().into_iter().find(|name| name.starts_with("cold-")).unwrap();
    let frame = 100 + u32::from_le_bytes(bytes[28..32].try_into().unwrap()) as usize;
    for len in 0..copy.bytes(&name).unwrap().len() {
        let cut = copy.copy();
        cut.put(&name, bytes[..len].to_vec());
        match Reader::open(shared(&cut)).map(|_| ()) {
            Err(LogError::Shorter { have: 0 | 7, anchored: 20, .. }) if len == 0 || len == frame => {}
            Err(LogError::Damaged { .. }) if len != 0 && len != frame => {}
            other => panic!("cut at {len}: {other:?}"),
        }
    }
}
