//! Hot files: preallocated, filled frame by frame, handed over to be compacted when full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use super::compact::compact;
use super::error::{Doing, LogError};
use super::segment::{Heat, Segment};
use super::storage::{File, Storage};

/// A preallocated file without a name yet: making one takes longer than a commit may.
const SPARE: &str = "spare.tmp";
const ZEROS: usize = 1 << 20;

/// The hot file that is being filled.
pub(super) struct HotFile {
    storage: Arc<dyn Storage>,
    len: u64,
    file: Box<dyn File>,
    segment: Segment,
    offset: u64,
    full: Sender<u64>,
    spare: Arc<AtomicBool>,
}

impl HotFile {
    /// Begins a hot file with seq `first`; full ones are announced to `full`.
    pub(super) fn create(
        storage: Arc<dyn Storage>,
        len: u64,
        first: u64,
        full: Sender<u64>,
        spare: Arc<AtomicBool>,
    ) -> Result<Self, LogError> {
        let segment = Segment { first, heat: Heat::Hot };
        let file = take_file(&*storage, len, &segment, &spare)?;
        Ok(Self { storage, len, file, segment, offset: 0, full, spare })
    }

    /// Whether the frame fits; an empty file takes any.
    pub(super) fn has_room(&self, frame: &[u8]) -> bool {
        self.offset == 0 || self.offset + frame.len() as u64 <= self.len
    }

    /// Goes on with a new file that begins with seq `first`.
    pub(super) fn roll(&mut self, first: u64) -> Result<(), LogError> {
        let segment = Segment { first, heat: Heat::Hot };
        self.file = take_file(&*self.storage, self.len, &segment, &self.spare)?;
        // If nobody compacts any more, the hot file stays and is as good.
        let _ = self.full.send(self.segment.first);
        self.segment = segment;
        self.offset = 0;
        Ok(())
    }

    /// Writes a frame and makes it durable.
    pub(super) fn commit(&mut self, frame: &[u8]) -> Result<(), LogError> {
        self.file.write_at(self.offset, frame).doing("write", &self.segment.name())?;
        self.file.sync().doing("sync", &self.segment.name())?;
        self.offset += frame.len() as u64;
        Ok(())
    }

    /// The first seq that it has or will have.
    pub(super) fn first(&self) -> u64 {
        self.segment.first
    }
}

fn take_file(storage: &dyn Storage, len: u64, segment: &Segment, spare: &AtomicBool) -> Result<Box<dyn File>, LogError> {
    let name = segment.name();
    if spare.swap(false, Ordering::Acquire) {
        storage.rename(SPARE, &name).doing("rename", SPARE)?;
    } else {
        prepare(storage, len, &segment.temporary())?;
        storage.rename(&segment.temporary(), &name).doing("rename", &name)?;
    }
    storage.sync_dir().doing("sync", ".")?;
    storage.edit(&name).doing("open", &name)
}

/// Writes a file of zeros: synced blocks that are only overwritten cost half as much to sync again.
fn prepare(storage: &dyn Storage, len: u64, name: &str) -> Result<(), LogError> {
    let file = storage.create(name).doing("create", name)?;
    let zeros = vec![0; usize::try_from(len).map_or(ZEROS, |len| len.min(ZEROS))];
    let mut offset = 0;
    while offset < len {
        let piece = &zeros[..usize::try_from(len - offset).map_or(ZEROS, |rest| rest.min(zeros.len()))];
        file.write_at(offset, piece).doing("write", name)?;
        offset += piece.len() as u64;
    }
    file.sync().doing("sync", name)
}

/// Keeps a spare file ready and compacts full ones, until nobody sends any more.
pub(super) fn keep_up(storage: &dyn Storage, len: u64, full: &Receiver<u64>, spare: &AtomicBool) -> Result<(), LogError> {
    loop {
        if !spare.load(Ordering::Acquire) {
            prepare(storage, len, SPARE)?;
            spare.store(true, Ordering::Release);
        }
        let Ok(first) = full.recv() else { return Ok(()) };
        compact(storage, first)?;
    }
}
