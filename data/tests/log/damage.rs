//! Damaged files: named, or a reported cut of what was never acknowledged; never a panic, never other data.

use std::time::Duration;

use data::log::error::Damage;
use data::log::{LiveWriter, LogError, Memory, Options, Reader, Storage, Writer};
use engine::event::Record;

use crate::samples::{Dice, mixed, read_all, shared, written};

/// A log as a crash leaves it: HEAD is behind, the last file is not sealed.
fn unsealed(records: &[Record], heat: &str) -> Memory {
    let memory = Memory::new();
    let options = Options { segment_bytes: 3_000, anchor_every: Duration::from_mins(1), ..Options::default() };
    if heat == "hot" {
        let writer = LiveWriter::create(shared(&memory), &options).unwrap();
        for piece in records.chunks(7) {
            writer.append(piece).unwrap();
            writer.wait_durable(piece.last().unwrap().seq + 1).unwrap();
        }
        let crashed = memory.copy();
        drop(writer);
        // The twin's copy may be from the middle of a compaction, as a crash would leave it.
        return crashed;
    }
    let mut writer = Writer::create(shared(&memory), options).unwrap();
    for piece in records.chunks(7) {
        writer.append(piece).unwrap();
        writer.sync().unwrap();
    }
    memory
}

fn segments(memory: &Memory) -> Vec<String> {
    memory.list().unwrap().into_iter().filter(|name| name.strip_suffix(".seg").is_some()).collect()
}

/// Either the error, or whether a cut was reported; panics when anything but the truth is read.
fn outcome(memory: &Memory, records: &[Record], what: &str) -> Result<bool, LogError> {
    let (_, recovery) = Reader::open(shared(memory))?;
    let read = read_all(shared(memory))?;
    assert!(read == records[..read.len()], "{what}: silently other records");
    assert!(
        read.len() == records.len() || recovery.torn.is_some() || recovery.anchored <= read.len() as u64,
        "{what}: silently short"
    );
    Ok(recovery.torn.is_some())
}

#[test]
fn a_log_cut_at_every_byte_opens_with_a_reported_cut_or_names_what_is_missing() {
    let records = mixed(0, 60, &mut Dice(11));
    for heat in ["cold", "hot", "sealed"] {
        let memory = if heat == "sealed" { written(&records, Options::default()) } else { unsealed(&records, heat) };
        let (mut cuts, mut errors) = (0, 0);
        for name in segments(&memory) {
            let whole = memory.bytes(&name).unwrap();
            for len in 0..whole.len() {
                let damaged = memory.copy();
                damaged.put(&name, whole[..len].to_vec());
                match outcome(&damaged, &records, &format!("{heat} {name} cut at {len}")) {
                    Ok(cut) => cuts += u64::from(cut),
                    Err(LogError::Damaged { .. } | LogError::Shorter { .. }) => errors += 1,
                    Err(error) => panic!("{heat} {name} cut at {len}: {error}"),
                }
            }
        }
        assert!(cuts + errors > 100, "{heat}: {cuts} cuts, {errors} errors");
        assert!(heat != "sealed" || cuts == 0, "a sealed log is never shorter than it was");
    }
}

#[test]
fn every_flipped_bit_is_an_error_or_a_reported_cut() {
    let records = mixed(0, 40, &mut Dice(12));
    for heat in ["cold", "hot", "sealed"] {
        let memory = if heat == "sealed" { written(&records, Options::default()) } else { unsealed(&records, heat) };
        for name in segments(&memory) {
            let whole = memory.bytes(&name).unwrap();
            let used = whole.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            for bit in 0..used * 8 {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let damaged = memory.copy();
                damaged.put(&name, bytes);
                let what = format!("{heat} {name} bit {bit}");
                let cut = outcome(&damaged, &records, &what);
                assert!(!matches!(cut, Ok(false)), "{what}: not noticed");
                assert!(heat != "sealed" || cut.is_err(), "{what}: a sealed log has no torn tail");
            }
        }
    }
}

#[test]
fn pages_of_zeros_or_noise_are_never_read() {
    let records = mixed(0, 3_000, &mut Dice(13));
    let memory = written(&records, Options { segment_bytes: 20_000, ..Options::default() });
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let names = segments(&memory);
        let name = &names[dice.index(names.len())];
        let mut bytes = memory.bytes(name).unwrap();
        let start = dice.index(bytes.len());
        let end = bytes.len().min(start + 512);
        let noise = dice.below(2) == 0;
        bytes[start..end].fill_with(|| if noise { u8::try_from(dice.below(256)).unwrap() } else { 0 });
        if memory.bytes(name).unwrap() == bytes {
            continue;
        }
        let damaged = memory.copy();
        damaged.put(name, bytes);
        let error = outcome(&damaged, &records, &format!("seed {seed}")).unwrap_err();
        let LogError::Damaged { file, .. } = error else { panic!("seed {seed}: {error}") };
        assert_eq!(&file, name, "seed {seed}");
    }
}

#[test]
fn a_missing_file_is_named_by_its_seqs() {
    let records = mixed(0, 300, &mut Dice(14));
    let memory = unsealed(&records, "cold");
    for name in segments(&memory) {
        let damaged = memory.copy();
        damaged.remove(&name).unwrap();
        let error = read_all(shared(&damaged)).unwrap_err().to_string();
        let first: u64 = name["cold-".len()..].trim_end_matches(".seg").parse().unwrap();
        assert!(error.contains(&format!("{first}..")), "{name}: {error}");
    }
}

#[test]
fn a_frame_that_is_there_twice_is_no_torn_tail() {
    let records = mixed(0, 5, &mut Dice(18));
    for heat in ["cold", "hot"] {
        let memory = unsealed(&records, heat);
        let name = format!("{heat}-00000000000000000000.seg");
        let bytes = memory.bytes(&name).unwrap();
        let frame = &bytes[..100 + u32::from_le_bytes(bytes[28..32].try_into().unwrap()) as usize];
        memory.put(&name, [frame, frame].concat());
        let error = Reader::open(shared(&memory)).map(|_| ()).unwrap_err();
        assert!(matches!(error, LogError::Damaged { what: Damage::Seq { expected: 5, found: 0 }, .. }), "{heat}: {error}");
    }
}

#[test]
fn damaged_heads_are_noticed_or_harmless() {
    let records = mixed(0, 50, &mut Dice(15));
    let memory = unsealed(&records, "cold");
    let head = memory.bytes("HEAD").unwrap();
    for byte in 0..head.len() {
        let mut bytes = head.clone();
        bytes[byte] ^= 0x10;
        let damaged = memory.copy();
        damaged.put("HEAD", bytes);
        outcome(&damaged, &records, &format!("byte {byte}")).unwrap();
        let slot = [0, 4_096].into_iter().find(|slot| (*slot..*slot + 60).contains(&byte));
        let (_, recovery) = Reader::open(shared(&damaged)).unwrap();
        assert_eq!(recovery.damaged_slot, slot.map(|slot| slot as u64), "byte {byte}");
    }
    let damaged = memory.copy();
    damaged.put("HEAD", vec![0; head.len()]);
    assert!(matches!(Reader::open(shared(&damaged)), Err(LogError::DamagedHead)));
}
