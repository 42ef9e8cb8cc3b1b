//! Changes by someone who knows the format and makes every checksum fit again: the chain names them.

use data::log::row::{decode, encode};
use data::log::{LiveWriter, LogError, Memory, Options, Storage, verify};
use engine::event::Record;
use engine::time::Timestamp;

use crate::samples::{Dice, mixed, shared};

const HEADER: usize = 100;
const NAME: &str = "hot-00000000000000000000.seg";
const FRAMES: u64 = 12;

/// A hot log of several small frames, and HEAD at its end.
fn log() -> (Memory, Vec<Record>) {
    let records = mixed(0, FRAMES * 5, &mut Dice(16));
    let memory = Memory::new();
    let writer = LiveWriter::create(shared(&memory), &Options { segment_bytes: 20_000, ..Options::default() }).unwrap();
    for piece in records.chunks(5) {
        writer.append(piece).unwrap();
        writer.wait_durable(piece.last().unwrap().seq + 1).unwrap();
    }
    drop(writer);
    assert_eq!(memory.list().unwrap().iter().filter(|name| name.starts_with("hot-")).count(), 1);
    (memory, records)
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// The frames of a hot file: headers and records.
fn parse(mut bytes: &[u8]) -> Vec<(Vec<u8>, Vec<Record>)> {
    let mut frames = Vec::new();
    while bytes.starts_with(b"TFLG") {
        let (header, rest) = bytes.split_at(HEADER);
        let (mut rows, rest) = rest.split_at(word(header, 28));
        let mut records = Vec::new();
        while !rows.is_empty() {
            let (record, len) = decode(rows).unwrap();
            records.push(record);
            rows = &rows[len..];
        }
        frames.push((header.to_vec(), records));
        bytes = rest;
    }
    frames
}

/// Puts frames together again with counts, lengths, seqs and checksums that fit, and links and digests as they were.
fn forge(frames: &[(Vec<u8>, Vec<Record>)]) -> Vec<u8> {
    let (mut file, mut seq) = (Vec::new(), 0_u64);
    for (header, records) in frames {
        let mut rows = Vec::new();
        let first = seq;
        for record in records {
            let cause = if record.cause == record.seq { seq } else { record.cause };
            encode(&Record { seq, cause, ..record.clone() }, &mut rows).unwrap();
            seq += 1;
        }
        let mut header = header.clone();
        header[12..16].copy_from_slice(&u32::try_from(records.len()).unwrap().to_le_bytes());
        header[16..24].copy_from_slice(&first.to_le_bytes());
        let len = u32::try_from(rows.len()).unwrap().to_le_bytes();
        header[24..28].copy_from_slice(&len);
        header[28..32].copy_from_slice(&len);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header[..96]);
        crc.update(&rows);
        header[96..100].copy_from_slice(&crc.finalize().to_le_bytes());
        file.extend_from_slice(&header);
        file.extend_from_slice(&rows);
    }
    file.resize(20_000, 0);
    file
}

fn assert_named(memory: &Memory, frames: &[(Vec<u8>, Vec<Record>)], changed: u64, what: &str) {
    let forged = memory.copy();
    forged.put(NAME, forge(frames));
    match verify(shared(&forged)) {
        Err(LogError::Damaged { file, seqs, .. }) => {
            assert_eq!(file, NAME, "{what}");
            assert!(seqs.contains(&changed), "{what}: {changed} is not in {seqs:?}");
        }
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: not noticed"),
    }
}

#[test]
fn the_forger_of_these_tests_changes_nothing_by_accident() {
    let (memory, _) = log();
    let bytes = memory.bytes(NAME).unwrap();
    assert!(forge(&parse(&bytes)) == bytes);
}

#[test]
fn each_changed_removed_inserted_or_swapped_record_is_named() {
    let (memory, records) = log();
    let frames = parse(&memory.bytes(NAME).unwrap());
    for seq in 0..records.len() {
        let (frame, place, changed) = (seq / 5, seq % 5, seq as u64);
        let mut forged = frames.clone();
        forged[frame].1[place].at = Timestamp(forged[frame].1[place].at.0 + 1);
        assert_named(&memory, &forged, changed, &format!("{seq} changed"));

        let mut forged = frames.clone();
        forged[frame].1.remove(place);
        // HEAD would say that one is missing at the end; another one is put there.
        forged[FRAMES as usize - 1].1.push(records[0].clone());
        assert_named(&memory, &forged, changed, &format!("{seq} removed"));

        let mut forged = frames.clone();
        forged[frame].1.insert(place, records[(seq + 7) % records.len()].clone());
        assert_named(&memory, &forged, changed, &format!("{seq} inserted"));

        if place < 4 {
            let mut forged = frames.clone();
            forged[frame].1.swap(place, place + 1);
            assert_named(&memory, &forged, changed, &format!("{seq} swapped"));
        }
    }
}

#[test]
fn a_tail_taken_off_in_whole_frames_is_missed() {
    let (memory, _) = log();
    let frames = parse(&memory.bytes(NAME).unwrap());
    for left in 0..frames.len() {
        let shorter = memory.copy();
        shorter.put(NAME, forge(&frames[..left]));
        let error = verify(shared(&shorter)).unwrap_err();
        assert!(matches!(error, LogError::Shorter { have, anchored: 60, .. } if have == left as u64 * 5), "{error}");
    }
}
