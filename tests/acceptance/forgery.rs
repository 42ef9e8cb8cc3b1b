//! Logs that say something else than what happened, with every checksum and link as it should be.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{Disk, Options, Reader, Writer};
use engine::event::Record;

/// All records of a run.
pub fn records(run: &Path) -> Vec<Record> {
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(run).unwrap())).unwrap();
    let mut all = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        all.extend_from_slice(block);
    }
    all
}

/// Records with dense seqs, and causes that point at the same records as before.
pub fn renumbered(records: &[Record]) -> Vec<Record> {
    let place = |seq: u64| records.iter().position(|record| record.seq == seq).map_or(seq, |place| place as u64);
    let renumber = |(place_now, record): (usize, &Record)| {
        let seq = place_now as u64;
        let cause = if record.cause == record.seq { seq } else { place(record.cause) };
        Record { seq, cause, ..record.clone() }
    };
    records.iter().enumerate().map(renumber).collect()
}

/// A sealed run of these records, with the blobs of another one.
pub fn forge(records: &[Record], original: &Path, folder: &Path) -> PathBuf {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    let mut writer = Writer::create(Arc::new(Disk::create(folder).unwrap()), Options::default()).unwrap();
    writer.append(&renumbered(records)).unwrap();
    writer.close().unwrap();
    fs::create_dir(folder.join("blobs")).unwrap();
    for blob in fs::read_dir(original.join("blobs")).unwrap() {
        let blob = blob.unwrap();
        fs::copy(blob.path(), folder.join("blobs").join(blob.file_name())).unwrap();
    }
    folder.to_owned()
}
