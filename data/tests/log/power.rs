//! Power cuts by the thousand: nothing acknowledged is lost, and every log opens.

use std::time::Duration;

use data::log::{LiveWriter, LogError, Memory, Options, Reader, Writer};
use engine::event::Record;

use crate::samples::{Dice, mixed, read_all, shared};

const ROUNDS: u64 = 5_000;

fn check(after: &Memory, records: &[Record], acknowledged: u64, seed: u64) -> usize {
    let read = match read_all(shared(after)) {
        // Nothing was acknowledged before `create` returned; it always has here.
        Err(error) => panic!("seed {seed}: {error}"),
        Ok(read) => read,
    };
    assert!(read.len() as u64 >= acknowledged, "seed {seed}: {} of {acknowledged} acknowledged records", read.len());
    assert!(read == records[..read.len()], "seed {seed}: other records than were written");
    read.len()
}

#[test]
fn bulk_logs_survive_power_cuts() {
    let all = mixed(0, 400, &mut Dice(9));
    for seed in 0..ROUNDS {
        let mut dice = Dice(seed);
        let memory = Memory::new();
        let options =
            Options { segment_bytes: 1 + dice.below(3_000), anchor_every: Duration::from_mins(1), ..Options::default() };
        let mut writer = Writer::create(shared(&memory), options).unwrap();
        let (mut written, mut acknowledged) = (0, 0);
        for _ in 0..dice.below(6) {
            let next = (written + dice.index(30)).min(all.len());
            writer.append(&all[written..next]).unwrap();
            written = next;
            if dice.below(2) == 0 {
                acknowledged = writer.sync().unwrap();
            }
        }
        // Half of the time the last frame is on its way to the disk.
        if dice.below(2) == 0 {
            memory.fail_sync_after(dice.below(2));
            drop(writer.sync());
        }
        check(&memory.cut_power(seed), &all, acknowledged, seed);
    }
}

#[test]
fn live_logs_survive_power_cuts() {
    let all = mixed(0, 400, &mut Dice(10));
    for seed in 0..ROUNDS {
        let mut dice = Dice(seed);
        let mut memory = Memory::new();
        let options = Options {
            segment_bytes: 1 + dice.below(6_000),
            anchor_every: if dice.below(2) == 0 { Duration::ZERO } else { Duration::from_mins(1) },
            queue_bytes: 1 << 20,
        };
        drop(LiveWriter::create(shared(&memory), &options).unwrap());
        let mut written = 0;
        for cut in 0..2 {
            let writer = match LiveWriter::open(shared(&memory), &options) {
                Ok((writer, recovery)) => {
                    assert_eq!(recovery.count, written as u64, "seed {seed}");
                    writer
                }
                Err(error) => panic!("seed {seed}, cut {cut}: {error}"),
            };
            let mut acknowledged = written as u64;
            for _ in 0..dice.below(4) {
                let next = (written + dice.index(20)).min(all.len());
                writer.append(&all[written..next]).unwrap();
                written = next;
                if dice.below(2) == 0 {
                    writer.wait_durable(written as u64).unwrap();
                }
                acknowledged = acknowledged.max(writer.durable());
            }
            memory = memory.cut_power(seed ^ cut);
            drop(writer);
            written = check(&memory, &all, acknowledged, seed);
        }
    }
}

#[test]
fn a_power_cut_while_a_log_is_begun_leaves_a_log_or_none() {
    for seed in 0..200 {
        let memory = Memory::new();
        memory.fail_sync_after(seed % 3);
        drop(Writer::create(shared(&memory), Options::default()));
        match Reader::open(shared(&memory.cut_power(seed))) {
            Ok((reader, _)) => assert_eq!(reader.count(), 0),
            Err(LogError::NoLog) => {}
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}
