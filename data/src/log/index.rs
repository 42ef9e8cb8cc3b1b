//! What would take a scan to find: records by time, by order, by cause. In sled, and rebuilt from the log at any time.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Once};
use std::thread;

use engine::event::{Command, Decision, DenialReason, Event, Hash, Input, Record};
use engine::order::OrderId;
use engine::time::Timestamp;

use super::BLOCK;
use super::error::LogError;
use super::reader::Reader;
use super::storage::Storage;

/// Rises when entries change; an index of another version is rebuilt.
const VERSION: u64 = 1;
const META: &[u8] = b"meta";
/// Entries collected before they are merged into sled.
const MERGE_AT: usize = 100_000;

/// The index of one log.
pub struct Index {
    db: sled::Db,
    reader: Reader,
    meta: Meta,
}

/// What an index covers, and a sum over its entries, since sled itself may lose some without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Meta {
    count: u64,
    digest: Hash,
    entries: u64,
    sum: u64,
}

impl Index {
    /// Opens the index in `folder` and brings it up to the log's end. One that cannot be trusted is deleted and rebuilt.
    pub fn open(folder: &Path, storage: &Arc<dyn Storage>) -> Result<Self, LogError> {
        let (mut reader, _) = Reader::open(storage.clone())?;
        let opened = match load(folder) {
            Ok((db, meta)) if belongs(&meta, &mut reader)? => Some((db, meta)),
            Err(Unusable::InUse(reason)) => return Err(LogError::Index { action: "open", reason }),
            _ => None,
        };
        let (db, meta) = match opened {
            Some(opened) => opened,
            None => fresh(folder)?,
        };
        let mut index = Self { db, reader, meta };
        index.extend()?;
        Ok(index)
    }

    /// The first record at or after a time; `None` when all are before it.
    pub fn seq_at(&mut self, at: Timestamp) -> Result<Option<u64>, LogError> {
        let before = self.db.range(time_key(Timestamp(i64::MIN), 0)..time_key(at, 0)).next_back().transpose();
        let start = before.map_err(failed("read"))?.map_or(Ok(0), |(key, _)| last_word(&key))?;
        self.reader.seek(start)?;
        while let Some(block) = self.reader.next_block()? {
            if let Some(record) = block.iter().find(|record| record.at >= at) {
                return Ok(Some(record.seq));
            }
        }
        Ok(None)
    }

    /// The records that are about an order, in order.
    pub fn order(&self, order: OrderId) -> Result<Vec<u64>, LogError> {
        self.seqs(&key(b'o', order.0))
    }

    /// The records that a record is the cause of, in order.
    pub fn consequences(&self, seq: u64) -> Result<Vec<u64>, LogError> {
        self.seqs(&key(b'c', seq))
    }

    fn seqs(&self, key: &[u8]) -> Result<Vec<u64>, LogError> {
        let value = self.db.get(key).map_err(failed("read"))?.unwrap_or_default();
        let (words, _) = value.as_chunks::<8>();
        Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
    }

    fn extend(&mut self) -> Result<(), LogError> {
        if self.meta.count == self.reader.count() {
            return Ok(());
        }
        self.reader.seek(self.meta.count)?;
        let mut pending: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        while let Some(block) = self.reader.next_block()? {
            for record in block {
                entries(record, |key| pending.entry(key).or_default().extend_from_slice(&record.seq.to_le_bytes()));
            }
            if pending.len() >= MERGE_AT {
                merge(&self.db, &mut self.meta, &mut pending).map_err(failed("write"))?;
            }
        }
        merge(&self.db, &mut self.meta, &mut pending).map_err(failed("write"))?;
        self.meta.count = self.reader.count();
        self.meta.digest = self.reader.digest().unwrap_or_default();
        self.db.insert(META, self.meta.write()).and_then(|_| self.db.flush()).map_err(failed("write"))?;
        Ok(())
    }
}

/// Hands on the keys under which a record is found. A tick has none, but for the first record of a block.
fn entries(record: &Record, mut add: impl FnMut(Vec<u8>)) {
    if record.seq.is_multiple_of(BLOCK) {
        add(time_key(record.at, record.seq).to_vec());
    }
    if record.cause != record.seq {
        add(key(b'c', record.cause).to_vec());
    }
    if let Some(order) = order_of(record) {
        add(key(b'o', order.0).to_vec());
    }
}

/// The order that a record asks for, changes or reports about: what the index finds it by.
pub fn order_of(record: &Record) -> Option<OrderId> {
    match &record.event {
        Event::Input(input) => match input {
            Input::OrderAccepted(order)
            | Input::OrderTriggered(order)
            | Input::OrderRejected { order, .. }
            | Input::OrderCanceled { order, .. }
            | Input::AmendRejected { order, .. }
            | Input::CancelRejected { order, .. } => Some(*order),
            Input::OrderFilled(fill) => Some(fill.order),
            Input::OrderAmended(amendment) => Some(amendment.order),
            Input::Operator(command) => match **command {
                Command::Cancel(order) => Some(order),
                Command::Halt | Command::Resume | Command::Flatten | Command::Submit(_) => None,
            },
            Input::SessionStarted(_)
            | Input::InstrumentListed(_)
            | Input::Deposited { .. }
            | Input::Trade(_)
            | Input::Quote(_)
            | Input::Bar(_)
            | Input::BookSnapshot(_)
            | Input::BookDelta(_)
            | Input::Funding(_)
            | Input::FeedGap(_)
            | Input::Timer
            | Input::SessionEnded { .. }
            | Input::PredictionReceived(_)
            | Input::AdviceReceived(_)
            | Input::VenueSnapshot(_)
            | Input::TroubleBegan(_)
            | Input::TroubleEnded(_)
            | Input::FeedSwitched(_)
            | Input::SentimentObserved(_) => None,
        },
        Event::Decision(decision) => match decision {
            Decision::OrderRequested(_) | Decision::OrderAdopted(_) => Some(OrderId(record.seq)),
            Decision::AmendRequested(amendment) => Some(amendment.order),
            Decision::CancelRequested(order) => Some(*order),
            Decision::Denied(denial) => match denial.reason {
                DenialReason::NotOpen { order } | DenialReason::NotYours { order } => Some(order),
                _ => None,
            },
            Decision::Signal(_)
            | Decision::Alert(_)
            | Decision::Checkpoint(_)
            | Decision::RegimeChanged(_)
            | Decision::BreakerTripped(_)
            | Decision::ParameterAdjusted(_)
            | Decision::HealthAssessed(_)
            | Decision::MarketScanned(_) => None,
        },
    }
}

fn key(sort: u8, id: u64) -> [u8; 9] {
    let mut key = [sort; 9];
    key[1..].copy_from_slice(&id.to_be_bytes());
    key
}

/// Sorts by time, then by seq.
fn time_key(at: Timestamp, seq: u64) -> [u8; 17] {
    let mut key = [b't'; 17];
    key[1..9].copy_from_slice(&(at.0.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    key[9..].copy_from_slice(&seq.to_be_bytes());
    key
}

fn last_word(key: &[u8]) -> Result<u64, LogError> {
    let word = key.last_chunk().ok_or_else(|| LogError::Index { action: "read", reason: "a key is too short".to_owned() })?;
    Ok(u64::from_be_bytes(*word))
}

/// Adds seqs to entries one by one: large batches make sled take gigabytes.
fn merge(db: &sled::Db, meta: &mut Meta, pending: &mut BTreeMap<Vec<u8>, Vec<u8>>) -> sled::Result<()> {
    while let Some((key, added)) = pending.pop_first() {
        let mut value = if let Some(old) = db.get(&key)? {
            meta.sum ^= fingerprint(&key, &old);
            old.to_vec()
        } else {
            meta.entries += 1;
            Vec::new()
        };
        value.extend_from_slice(&added);
        meta.sum ^= fingerprint(&key, &value);
        db.insert(key, value)?;
    }
    Ok(())
}

fn fingerprint(key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes()).update(key).update(value);
    let hash = hasher.finalize();
    u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"))
}

impl Meta {
    fn write(&self) -> Vec<u8> {
        let words = [VERSION, self.count, self.entries, self.sum];
        let words = words.iter().flat_map(|word| word.to_le_bytes());
        words.chain(self.digest.0).collect()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 64] = bytes.try_into().ok()?;
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let digest = Hash(bytes[32..].try_into().expect("32 bytes"));
        (word(0) == VERSION).then(|| Self { count: word(8), entries: word(16), sum: word(24), digest })
    }
}

/// Why an index that is there is not used.
enum Unusable {
    /// Missing, damaged or of another version.
    Rebuild,
    /// Another process has it open.
    InUse(String),
}

/// Opens what is in `folder` and checks every entry.
fn load(folder: &Path) -> Result<(sled::Db, Meta), Unusable> {
    let db = open_db(folder)?;
    let checked = silently(|| {
        let meta = db.get(META).ok().flatten().and_then(|bytes| Meta::parse(&bytes))?;
        let mut found = Meta { entries: 0, sum: 0, ..meta };
        for entry in db.iter() {
            let (key, value) = entry.ok()?;
            if key != META {
                found.entries += 1;
                found.sum ^= fingerprint(&key, &value);
            }
        }
        (found == meta).then_some(meta)
    });
    if let Some(meta) = checked.flatten() {
        return Ok((db, meta));
    }
    silently(|| drop(db));
    Err(Unusable::Rebuild)
}

fn open_db(folder: &Path) -> Result<sled::Db, Unusable> {
    let config = sled::Config::new().path(folder).cache_capacity(64 << 20);
    match silently(|| config.open()) {
        Some(Ok(db)) => Ok(db),
        Some(Err(error)) if error.to_string().contains("could not acquire lock") => Err(Unusable::InUse(error.to_string())),
        Some(Err(_)) | None => Err(Unusable::Rebuild),
    }
}

/// An empty index in place of whatever is there.
fn fresh(folder: &Path) -> Result<(sled::Db, Meta), LogError> {
    let cannot = |reason: String| LogError::Index { action: "rebuild", reason };
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            // Noise may have taken the place of the folder.
            fs::remove_file(folder).map_err(|error| cannot(error.to_string()))?;
        }
        _ => {}
    }
    match open_db(folder) {
        Ok(db) => Ok((db, Meta::default())),
        Err(Unusable::InUse(reason)) => Err(cannot(reason)),
        Err(Unusable::Rebuild) => Err(cannot("a new database cannot be opened".to_owned())),
    }
}

/// Whether the index is of this log, or of a shorter version of it.
fn belongs(meta: &Meta, reader: &mut Reader) -> Result<bool, LogError> {
    if meta.count > reader.count() {
        return Ok(false);
    }
    reader.digest_at(meta.count).map(|digest| digest == Some(meta.digest))
}

fn failed(action: &'static str) -> impl Fn(sled::Error) -> LogError {
    move |error| LogError::Index { action, reason: error.to_string() }
}

thread_local! {
    static SILENT: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs what may panic on damaged files; `None` if it did. The panic is expected, so it is not printed.
fn silently<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let of_sled = thread::current().name().is_some_and(|name| name.starts_with("sled"));
            if !of_sled && !SILENT.get() {
                usual(info);
            }
        }));
    });
    SILENT.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run)).ok();
    SILENT.set(false);
    result
}
