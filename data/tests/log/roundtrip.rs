//! What is written comes back, in whatever pieces.

use std::time::Duration;

use data::log::{BLOCK, Chain, LogError, Options, Reader, Writer, verify};
use engine::event::Record;
use proptest::prelude::*;

use crate::samples::{Dice, mixed, read_all, shared, written};

#[test]
fn a_mixed_log_of_several_blocks_and_files_comes_back() {
    let records = mixed(0, 3 * BLOCK + 500, &mut Dice(1));
    let memory = written(&records, Options { segment_bytes: 100_000, ..Options::default() });
    assert!(data::log::Storage::list(&memory).unwrap().len() > 3);
    assert!(read_all(shared(&memory)).unwrap() == records);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_pieces_give_the_same_digest(seed in any::<u64>(), count in 0_u64..600, pieces in prop::collection::vec(1_usize..100, 1..6)) {
        let records = mixed(0, count, &mut Dice(seed));
        let memory = data::log::Memory::new();
        let options = Options { segment_bytes: 2_000, anchor_every: Duration::ZERO, ..Options::default() };
        let mut writer = Writer::create(shared(&memory), options).unwrap();
        let mut chain = Chain::default();
        let (mut rest, mut pieces) = (&records[..], pieces.iter().cycle());
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.len().min(*pieces.next().unwrap()));
            writer.append(piece).unwrap();
            prop_assert_eq!(writer.sync().unwrap(), piece.last().unwrap().seq + 1);
            rest = later;
        }
        for record in &records {
            chain.append(record).unwrap();
        }
        let sealed = writer.close().unwrap();
        prop_assert_eq!((sealed.count, sealed.digest), (count, chain.digest()));
        let (verified, recovery) = verify(shared(&memory)).unwrap();
        prop_assert_eq!(verified, sealed);
        prop_assert!(recovery.sealed && recovery.torn.is_none());
        prop_assert!(read_all(shared(&memory)).unwrap() == records);
    }
}

#[test]
fn seeking_gives_the_records_from_there_on() {
    let records = mixed(0, 2 * BLOCK + 100, &mut Dice(2));
    let memory = written(&records, Options { segment_bytes: 50_000, ..Options::default() });
    let (mut reader, _) = Reader::open(shared(&memory)).unwrap();
    let end = records.len();
    for seq in [0, 1, 4_095, 4_096, 4_097, 8_000, 8_192, end - 1, end, 5_000, 0] {
        reader.seek(seq as u64).unwrap();
        let mut rest: Vec<Record> = Vec::new();
        while let Some(block) = reader.next_block().unwrap() {
            rest.extend_from_slice(block);
        }
        assert!(rest == records[seq..], "from {seq}");
    }
    assert!(matches!(reader.seek(end as u64 + 1), Err(LogError::NoSuchSeq { .. })));
}

#[test]
fn an_empty_log_is_a_log() {
    let memory = written(&[], Options::default());
    assert!(read_all(shared(&memory)).unwrap().is_empty());
    assert!(matches!(Writer::create(shared(&memory), Options::default()), Err(LogError::Exists { .. })));
    let nothing = data::log::Memory::new();
    assert!(matches!(Reader::open(shared(&nothing)), Err(LogError::NoLog)));
}

#[test]
fn records_out_of_order_are_refused() {
    let mut writer = Writer::create(shared(&data::log::Memory::new()), Options::default()).unwrap();
    let records = mixed(0, 3, &mut Dice(3));
    writer.append(&records[..1]).unwrap();
    let refused = writer.append(&records[2..]).unwrap_err();
    assert_eq!(refused.to_string(), "expected seq 1 next, got 2");
    writer.append(&records[1..]).unwrap();
    assert_eq!(writer.close().unwrap().count, 3);
}

#[test]
fn large_rows_make_smaller_frames_and_too_large_ones_are_refused() {
    let mut records = mixed(0, 3, &mut Dice(4));
    let text = |len: usize| engine::event::Event::Decision(engine::event::Decision::Alert("x".repeat(len).into()));
    for record in &mut records {
        record.event = text(2_500_000);
    }
    let memory = written(&records, Options::default());
    assert!(read_all(shared(&memory)).unwrap() == records);
    let mut writer = Writer::create(shared(&data::log::Memory::new()), Options::default()).unwrap();
    let refused = writer.append(&[Record { event: text(5 << 20), ..records.swap_remove(0) }]).unwrap_err();
    assert!(refused.to_string().contains("more than 4194304 bytes"), "{refused}");
}
