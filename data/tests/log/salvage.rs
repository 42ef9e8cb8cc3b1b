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
