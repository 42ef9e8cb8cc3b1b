//! HEAD: how long the log was when it was last known durable, so that a cut tail does not pass for a shorter log.

use engine::event::Hash;

use super::error::{Doing, LogError};
use super::storage::{File, Storage};

pub(super) const HEAD: &str = "HEAD";
/// What HEAD is called while it says nothing yet.
const BEGUN: &str = "HEAD.tmp";
const MAGIC: [u8; 4] = *b"TFHD";
const FORMAT: u16 = 1;
const LEN: usize = 60;
/// The slots are in different pages, so a torn write of one leaves the other.
const SLOTS: [u64; 2] = [0, 4_096];

/// Whether more records may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Sealed,
    Salvaged,
}

/// What HEAD says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub state: State,
    pub generation: u64,
    pub count: u64,
    pub digest: Hash,
}

impl Anchor {
    fn write(&self) -> [u8; LEN] {
        let mut slot = [0; LEN];
        let state: u16 = match self.state {
            State::Open => 0,
            State::Sealed => 1,
            State::Salvaged => 2,
        };
        slot[..4].copy_from_slice(&MAGIC);
        slot[4..6].copy_from_slice(&FORMAT.to_le_bytes());
        slot[6..8].copy_from_slice(&state.to_le_bytes());
        slot[8..16].copy_from_slice(&self.generation.to_le_bytes());
        slot[16..24].copy_from_slice(&self.count.to_le_bytes());
        slot[24..56].copy_from_slice(&self.digest.0);
        let crc = crc32fast::hash(&slot[..56]);
        slot[56..].copy_from_slice(&crc.to_le_bytes());
        slot
    }

    fn parse(slot: &[u8; LEN]) -> Option<Self> {
        let word = |at: usize| u64::from_le_bytes(slot[at..at + 8].try_into().expect("eight bytes"));
        let fits =
            slot[..4] == MAGIC && slot[4..6] == FORMAT.to_le_bytes() && slot[56..] == crc32fast::hash(&slot[..56]).to_le_bytes();
        let state = match slot[6] {
            0 => State::Open,
            1 => State::Sealed,
            2 => State::Salvaged,
            _ => return None,
        };
        let digest = Hash(slot[24..56].try_into().expect("32 bytes"));
        fits.then(|| Self { state, generation: word(8), count: word(16), digest })
    }
}

/// What HEAD says, and which of its slots says nothing though it was written.
#[derive(Debug)]
pub(super) struct HeadRead {
    pub anchor: Anchor,
    pub damaged_slot: Option<u64>,
}

/// Reads HEAD.
pub(super) fn read(storage: &dyn Storage) -> Result<HeadRead, LogError> {
    if !storage.list().doing("list", ".")?.iter().any(|name| name == HEAD) {
        return Err(LogError::NoLog);
    }
    let file = storage.open(HEAD).doing("open", HEAD)?;
    let (mut newest, mut damaged_slot): (Option<Anchor>, _) = (None, None);
    for offset in SLOTS {
        let mut slot = [0; LEN];
        file.read_at(offset, &mut slot).doing("read", HEAD)?;
        match Anchor::parse(&slot) {
            Some(anchor) if newest.is_none_or(|newest| newest.generation < anchor.generation) => newest = Some(anchor),
            None if slot != [0; LEN] => damaged_slot = Some(offset),
            _ => {}
        }
    }
    newest.map(|anchor| HeadRead { anchor, damaged_slot }).ok_or(LogError::DamagedHead)
}

/// HEAD, open for writing.
#[derive(Debug)]
pub(super) struct Head {
    file: Box<dyn File>,
    generation: u64,
}

impl Head {
    /// Begins the HEAD of an empty log, durably. It gets its name when it says something: a crash before leaves no log,
    /// not one with a damaged HEAD.
    pub(super) fn create(storage: &dyn Storage) -> Result<Self, LogError> {
        let mut begun = Self { file: storage.create(BEGUN).doing("create", BEGUN)?, generation: 0 };
        begun.write(State::Open, 0, Hash::default())?;
        storage.rename(BEGUN, HEAD).doing("rename", BEGUN)?;
        storage.sync_dir().doing("sync", ".")?;
        Ok(Self { file: storage.edit(HEAD).doing("open", HEAD)?, ..begun })
    }

    /// Goes on with a HEAD that says `anchor`.
    pub(super) fn resume(storage: &dyn Storage, anchor: &Anchor) -> Result<Self, LogError> {
        let file = storage.edit(HEAD).doing("open", HEAD)?;
        Ok(Self { file, generation: anchor.generation })
    }

    /// Says the same in both slots, so that no damage to one of them brings back what was said before.
    pub(super) fn write_both(&mut self, state: State, count: u64, digest: Hash) -> Result<(), LogError> {
        self.write(state, count, digest)?;
        self.write(state, count, digest)
    }

    /// Says, durably, that `count` records are durable.
    pub(super) fn write(&mut self, state: State, count: u64, digest: Hash) -> Result<(), LogError> {
        let generation = self.generation + 1;
        let slot = Anchor { state, generation, count, digest }.write();
        let offset = SLOTS[usize::from(generation.is_multiple_of(2))];
        self.file.write_at(offset, &slot).doing("write", HEAD)?;
        self.file.sync().doing("sync", HEAD)?;
        self.generation = generation;
        Ok(())
    }
}
