//! A log that is being written can be looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data::log::{Disk, LiveWriter, Options, Reader};
use engine::event::{Event, Input, Record, Trouble};
use engine::time::Timestamp;

const RECORDS: u64 = 6_000;

fn record(seq: u64) -> Record {
    Record {
        seq,
        at: Timestamp(i64::try_from(seq).unwrap()),
        cause: seq,
        event: Event::Input(Input::TroubleBegan(Trouble::LowDisk)),
    }
}

#[test]
fn a_log_is_whole_at_every_moment_of_its_writing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(Disk::create(dir.path()).unwrap());
    let options = Options { segment_bytes: 1 << 20, ..Options::default() };
    let writer = LiveWriter::create(disk, &options).unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for seq in 0..RECORDS {
                writer.append(&[record(seq)]).unwrap();
                if seq % 3 == 0 {
                    writer.wait_durable(seq + 1).unwrap();
                }
            }
            writer.wait_durable(RECORDS).unwrap();
            is_done.store(true, Ordering::Release);
        });
        let (mut last, mut looks) = (0, 0);
        while last < RECORDS {
            let ends = is_done.load(Ordering::Acquire);
            let durable = writer.durable();
            let (mut reader, recovery) = Reader::open(Arc::new(Disk::open(dir.path()).unwrap())).unwrap();
            let mut read = 0;
            while let Some(block) = reader.next_block().unwrap() {
                read += block.len() as u64;
            }
            assert!(read == recovery.count && read >= last.max(durable), "{read} of {durable} durable: {recovery:?}");
            assert!(!ends || read == RECORDS);
            (last, looks) = (read, looks + 1);
        }
        eprintln!("looked at {looks} times");
    });
}
