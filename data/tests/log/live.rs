//! The live writer: durable before it says so, cold when full, silent after a failure.

use std::thread;
use std::time::{Duration, Instant};

use data::log::{BLOCK, LiveWriter, LogError, Memory, Options, Reader, Storage, Writer, verify};

use crate::samples::{Dice, mixed, read_all, shared, written};

fn small() -> Options {
    Options { segment_bytes: 60_000, anchor_every: Duration::ZERO, queue_bytes: 100_000 }
}

#[test]
fn a_live_log_ends_as_the_same_records_in_cold_files() {
    let records = mixed(0, 2 * BLOCK + 300, &mut Dice(5));
    let memory = Memory::new();
    let writer = LiveWriter::create(shared(&memory), &small()).unwrap();
    for piece in records.chunks(97) {
        writer.append(piece).unwrap();
        if piece[0].seq % 5 == 0 {
            let count = piece.last().unwrap().seq + 1;
            writer.wait_durable(count).unwrap();
            assert!(writer.durable() >= count);
        }
    }
    let sealed = writer.close().unwrap();
    assert!(read_all(shared(&memory)).unwrap() == records);
    assert_eq!(verify(shared(&memory)).unwrap().0, sealed);
    let names = memory.list().unwrap();
    assert!(names.iter().all(|name| name == "HEAD" || name.starts_with("cold-")), "{names:?}");
    let bulk = written(&records, Options::default());
    assert_eq!(verify(shared(&bulk)).unwrap().0, sealed);
}

#[test]
fn a_reader_is_not_disturbed_by_compaction() {
    let records = mixed(0, 3_000, &mut Dice(17));
    let memory = Memory::new();
    let writer = LiveWriter::create(shared(&memory), &Options { segment_bytes: 10_000_000, ..small() }).unwrap();
    writer.append(&records).unwrap();
    writer.wait_durable(3_000).unwrap();
    let (mut reader, _) = Reader::open(shared(&memory)).unwrap();
    writer.close().unwrap();
    let mut read = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        read.extend_from_slice(block);
    }
    assert!(read == records);
}

#[test]
fn a_log_goes_on_after_each_way_to_end() {
    let records = mixed(0, 9_000, &mut Dice(6));
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), Options::default()).unwrap();
    writer.append(&records[..1_000]).unwrap();
    writer.close().unwrap();
    for (from, to) in [(1_000, 1_001), (1_001, 1_001), (1_001, 4_096), (4_096, 9_000)] {
        let (writer, recovery) = LiveWriter::open(shared(&memory), &small()).unwrap();
        assert_eq!(recovery.count, from as u64);
        writer.append(&records[from..to]).unwrap();
        writer.wait_durable(to as u64).unwrap();
        if from % 2 == 0 {
            writer.close().unwrap();
        }
    }
    assert!(read_all(shared(&memory)).unwrap() == records);
}

#[test]
fn a_torn_tail_is_reported_to_readers_and_cut_by_writers() {
    let records = mixed(0, 100, &mut Dice(7));
    let memory = Memory::new();
    let seldom = Options { anchor_every: Duration::from_mins(1), ..small() };
    let writer = LiveWriter::create(shared(&memory), &seldom).unwrap();
    writer.append(&records[..50]).unwrap();
    writer.wait_durable(50).unwrap();
    drop(writer);
    let name = "hot-00000000000000000000.seg";
    let mut bytes = memory.bytes(name).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    // The last slot of HEAD goes too: the crash came before it was brought up to date.
    let mut head = memory.bytes("HEAD").unwrap();
    head[4_096..].fill(0);
    memory.put("HEAD", head);
    bytes[used - 1] ^= 1;
    memory.put(name, bytes);
    let torn = verify(shared(&memory)).unwrap().1.torn.unwrap();
    assert_eq!((torn.file.as_str(), torn.offset + torn.bytes), (name, used as u64));
    let (writer, recovery) = LiveWriter::open(shared(&memory), &small()).unwrap();
    assert_eq!(recovery.torn, Some(torn));
    let from = usize::try_from(recovery.count).unwrap();
    writer.append(&records[from..]).unwrap();
    writer.close().unwrap();
    assert!(read_all(shared(&memory)).unwrap() == records);
}

#[test]
fn after_a_failed_sync_every_call_is_an_error() {
    let records = mixed(0, 20, &mut Dice(8));
    let memory = Memory::new();
    let writer = LiveWriter::create(shared(&memory), &small()).unwrap();
    writer.append(&records[..10]).unwrap();
    writer.wait_durable(10).unwrap();
    // The spare file's own sync may come first; it takes the failure instead of a commit at most once.
    memory.fail_sync_after(0);
    let mut failed = None;
    for record in &records[10..] {
        memory.fail_sync_after(0);
        let result = writer.append(std::slice::from_ref(record)).and_then(|()| writer.wait_durable(record.seq + 1));
        if let Err(error) = result {
            failed = Some((record.seq + 1, error));
            break;
        }
    }
    let (count, error) = failed.expect("the failing sync is noticed");
    let message = error.to_string();
    assert!(message.contains("stop trading"), "{message}");
    assert!(matches!(writer.append(&records[11..12]), Err(LogError::Poisoned { .. })));
    assert!(matches!(writer.wait_durable(count), Err(LogError::Poisoned { .. })));
    assert!(writer.close().is_err());

    let mut writer = Writer::create(shared(&Memory::new()), small()).unwrap();
    writer.append(&records).unwrap();
    drop(writer);
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), small()).unwrap();
    writer.append(&records[..10]).unwrap();
    memory.fail_sync_after(0);
    assert!(matches!(writer.sync(), Err(LogError::Io { action: "sync", .. })));
    assert!(matches!(writer.append(&records[10..]), Err(LogError::Poisoned { .. })));
    assert!(matches!(writer.sync(), Err(LogError::Poisoned { .. })));
}

/// What HEAD says, as soon as it says so much; a deadline ends the wait.
fn anchored(memory: &Memory, count: u64) -> u64 {
    let begun = Instant::now();
    loop {
        let anchored = Reader::open(shared(memory)).unwrap().1.anchored;
        if anchored >= count || begun.elapsed() > Duration::from_secs(10) {
            return anchored;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_idle_log_is_anchored() {
    let records = mixed(0, 30, &mut Dice(45));
    let memory = Memory::new();
    let options = Options { segment_bytes: 10_000_000, anchor_every: Duration::from_millis(300), ..small() };
    let writer = LiveWriter::create(shared(&memory), &options).unwrap();
    for count in [10, 11, 30] {
        let from = usize::try_from(writer.durable()).unwrap();
        writer.append(&records[from..count]).unwrap();
        writer.wait_durable(count as u64).unwrap();
        assert_eq!(anchored(&memory, count as u64), count as u64);
    }
    // Once it is, nothing is written any more.
    let head = memory.bytes("HEAD").unwrap();
    thread::sleep(Duration::from_millis(700));
    assert!(memory.bytes("HEAD").unwrap() == head);
    drop(writer);
}

#[test]
fn a_new_file_is_anchored_at_once() {
    let records = mixed(0, 200, &mut Dice(46));
    let memory = Memory::new();
    let options = Options { segment_bytes: 2_000, anchor_every: Duration::from_hours(1), ..small() };
    let writer = LiveWriter::create(shared(&memory), &options).unwrap();
    for piece in records.chunks(10) {
        writer.append(piece).unwrap();
        writer.wait_durable(piece.last().unwrap().seq + 1).unwrap();
    }
    // No file holds as many, so HEAD is behind by less.
    let anchored = anchored(&memory, 160);
    assert!((160..200).contains(&anchored), "{anchored}");
    drop(writer);
}
