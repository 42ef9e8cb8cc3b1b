//! Snapshots of folds over a log, so that a moment of it is found without beginning at its first record. Files of a
//! folder beside the log that can be deleted at any time: a file that is damaged, or of another build or layout, is
//! none.
//!
//! | at | size | field |
//! |---|---|---|
//! | 0 | 4 | magic, `TFSN` |
//! | 4 | 2 | format, u16: 1 |
//! | 6 | 2 | layout of the state, u16 |
//! | 8 | 32 | blake3 of the build's name |
//! | 40 | 8 | *from*, u64: where the snapshot before it ends |
//! | 48 | 8 | *count*, u64: how many records it is a fold of |
//! | 56 | 8 | *at*, i64: the time of the last of them |
//! | 64 | 32 | *bond*, hash: what the log itself says about the state there |
//! | 96 | 4 | how many sections |
//! | 100 | … | each section: its length u32, its stored length u32, then so many bytes of zstd |
//! | end − 32 | 32 | blake3 of everything before |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bincode::config::{self, Configuration, Fixint, Limit, LittleEndian, NoLimit};
use engine::event::Hash;
use engine::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The folder of snapshots in a run's folder.
const FOLDER: &str = "snapshots";
const MAGIC: [u8; 4] = *b"TFSN";
const FORMAT: u16 = 1;
const HEADER: usize = 100;
/// No section is longer: a damaged length never makes us allocate more.
const MAX_SECTION: usize = 64 << 20;
const WRITE: Configuration<LittleEndian, Fixint, NoLimit> = config::legacy();
const READ: Configuration<LittleEndian, Fixint, Limit<MAX_SECTION>> = config::legacy().with_limit::<MAX_SECTION>();

/// Which fold a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where the one before it ends; 0 when it is the first.
    pub from: u64,
    /// How many records it is a fold of.
    pub count: u64,
    /// When the last of them was.
    pub at: Timestamp,
    /// What the log itself says about the state there.
    pub bond: Hash,
}

/// The snapshots of one run, of one build and layout.
#[derive(Clone, Debug)]
pub struct Snapshots {
    folder: PathBuf,
    layout: u16,
    build: Hash,
}

/// A snapshot that was read whole.
#[derive(Debug)]
pub struct Snapshot {
    /// Of what.
    pub mark: Mark,
    sections: Vec<Section>,
}

/// A part that is read without the others.
#[derive(Clone, Debug)]
pub struct Section {
    raw_len: u32,
    stored: Vec<u8>,
}

impl Section {
    /// A value, written and compressed.
    pub fn of<T: Serialize>(value: &T) -> io::Result<Self> {
        let raw = bincode::serde::encode_to_vec(value, WRITE).map_err(io::Error::other)?;
        let raw_len = u32::try_from(raw.len()).ok().filter(|_| raw.len() <= MAX_SECTION);
        let raw_len = raw_len.ok_or_else(|| io::Error::other("it is larger than a section may be"))?;
        Ok(Self { raw_len, stored: zstd::bulk::compress(&raw, 1)? })
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let raw = zstd::bulk::decompress(&self.stored, self.raw_len as usize).ok()?;
        let (value, read) = bincode::serde::decode_from_slice(&raw, READ).ok()?;
        (read == raw.len()).then_some(value)
    }
}

impl Snapshot {
    /// One of its parts; `None` when there is none, or it is not what is asked for.
    pub fn section<T: DeserializeOwned>(&self, index: usize) -> Option<T> {
        self.sections.get(index)?.read()
    }
}

impl Snapshots {
    /// Those beside the log in `run`, made by a build of this name that keeps states in this layout. The folder need not
    /// be there.
    pub fn of(run: &Path, build: &str, layout: u16) -> Self {
        Self { folder: run.join(FOLDER), layout, build: Hash(*blake3::hash(build.as_bytes()).as_bytes()) }
    }

    /// Those that are whole, by count.
    pub fn list(&self) -> Vec<Mark> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let counts = names.filter_map(|name| name.strip_suffix(".snap")?.parse().ok());
        let mut marks: Vec<Mark> = counts.filter_map(|count| Some(self.read(count)?.mark)).collect();
        marks.sort_by_key(|mark| mark.count);
        marks
    }

    /// The one of so many records; `None` when it is not there or not whole.
    pub fn read(&self, count: u64) -> Option<Snapshot> {
        let bytes = fs::read(self.path(count)).ok()?;
        let snapshot = self.parse(&bytes)?;
        (snapshot.mark.count == count).then_some(snapshot)
    }

    /// Keeps one. It is not synced: the power may take it, and then it is damaged or missing.
    pub fn put(&self, mark: &Mark, sections: &[Section]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(mark.count);
        // Another process may be writing the same one.
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&temporary, self.bytes(mark, sections)?)?;
        fs::rename(&temporary, &path)
    }

    /// Removes one that is not to be trusted.
    pub fn remove(&self, count: u64) {
        // What cannot be removed is found wanting again.
        let _ = fs::remove_file(self.path(count));
    }

    fn path(&self, count: u64) -> PathBuf {
        self.folder.join(format!("{count:020}.snap"))
    }

    fn bytes(&self, mark: &Mark, sections: &[Section]) -> io::Result<Vec<u8>> {
        let length = |len: usize| u32::try_from(len).map_err(io::Error::other);
        let mut out = Vec::with_capacity(HEADER + sections.iter().map(|section| section.stored.len() + 8).sum::<usize>() + 32);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&self.layout.to_le_bytes());
        out.extend_from_slice(&self.build.0);
        out.extend_from_slice(&mark.from.to_le_bytes());
        out.extend_from_slice(&mark.count.to_le_bytes());
        out.extend_from_slice(&mark.at.0.to_le_bytes());
        out.extend_from_slice(&mark.bond.0);
        out.extend_from_slice(&length(sections.len())?.to_le_bytes());
        for Section { raw_len, stored } in sections {
            out.extend_from_slice(&raw_len.to_le_bytes());
            out.extend_from_slice(&length(stored.len())?.to_le_bytes());
            out.extend_from_slice(stored);
        }
        let hash = blake3::hash(&out);
        out.extend_from_slice(hash.as_bytes());
        Ok(out)
    }

    fn parse(&self, bytes: &[u8]) -> Option<Snapshot> {
        let (content, hash) = bytes.split_last_chunk::<32>()?;
        let (header, mut rest) = content.split_first_chunk::<HEADER>()?;
        let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let ours = header[..4] == MAGIC && half(4) == FORMAT && half(6) == self.layout && header[8..40] == self.build.0;
        if !ours || blake3::hash(content).as_bytes() != hash {
            return None;
        }
        let word = |at: usize| header[at..].first_chunk().map(|word| u64::from_le_bytes(*word));
        let at = Timestamp(word(56)?.cast_signed());
        let mark = Mark { from: word(40)?, count: word(48)?, at, bond: Hash(*header[64..].first_chunk()?) };
        let mut sections = Vec::new();
        for _ in 0..u32::from_le_bytes(*header[96..].first_chunk()?) {
            let (raw_len, after) = rest.split_first_chunk()?;
            let (stored_len, after) = after.split_first_chunk()?;
            let raw_len = u32::from_le_bytes(*raw_len);
            let (stored, after) = after.split_at_checked(u32::from_le_bytes(*stored_len) as usize)?;
            if raw_len as usize > MAX_SECTION {
                return None;
            }
            sections.push(Section { raw_len, stored: stored.to_vec() });
            rest = after;
        }
        (rest.is_empty() && mark.from < mark.count).then_some(Snapshot { mark, sections })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(from: u64, count: u64) -> Mark {
        Mark { from, count, at: Timestamp(count.cast_signed() * 7), bond: Hash([9; 32]) }
    }

    fn sections(count: u64) -> Vec<Section> {
        let lines: Vec<u64> = (0..count).collect();
        vec![Section::of(&lines).unwrap(), Section::of(&"second".to_owned()).unwrap()]
    }

    #[test]
    fn what_is_put_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::of(dir.path(), "a build", 3);
        assert_eq!(snapshots.list(), []);
        for (from, count) in [(100, 250), (0, 100)] {
            snapshots.put(&mark(from, count), &sections(count)).unwrap();
        }
        fs::write(snapshots.folder.join("notes.txt"), "not one").unwrap();
        fs::write(snapshots.folder.join("00000000000000000300.snap"), "").unwrap();
        assert_eq!(snapshots.list(), [mark(0, 100), mark(100, 250)]);
        let second = snapshots.read(250).unwrap();
        assert_eq!(second.section::<Vec<u64>>(0).unwrap(), (0..250).collect::<Vec<_>>());
        assert_eq!(second.section::<String>(1).as_deref(), Some("second"));
        assert_eq!((second.section::<String>(2), second.section::<String>(0)), (None, None));
        snapshots.remove(100);
        assert!(snapshots.read(100).is_none());
        for (build, layout) in [("another build", 3), ("a build", 4)] {
            assert_eq!(Snapshots::of(dir.path(), build, layout).list(), [], "{build} {layout}");
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_makes_it_none() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::of(dir.path(), "a build", 3);
        snapshots.put(&mark(0, 40), &sections(40)).unwrap();
        let whole = fs::read(snapshots.path(40)).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(snapshots.path(40), &damaged).unwrap();
            assert!(snapshots.read(40).is_none(), "byte {at}");
            fs::write(snapshots.path(40), &whole[..at]).unwrap();
            assert!(snapshots.read(40).is_none(), "cut at {at}");
        }
        fs::write(snapshots.path(40), &whole).unwrap();
        assert!(snapshots.read(40).is_some());
        fs::rename(snapshots.path(40), snapshots.path(41)).unwrap();
        assert!(snapshots.read(41).is_none(), "it is of other records than its name says");
    }
}
