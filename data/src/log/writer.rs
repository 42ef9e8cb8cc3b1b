//! Writing a log in bulk, straight into cold files: what backtests and imports do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::event::{Hash, Record};

use super::BLOCK;
use super::anchor::{HEAD, Head, State};
use super::block::BlockBuilder;
use super::chain::Chain;
use super::error::{Doing, LogError};
use super::frame::{Contents, FULL_ROWS, FrameWriter};
use super::segment::{self, Heat, Segment};
use super::storage::{File, Storage};

/// How a log is written. The format does not depend on it.
#[derive(Clone, Debug)]
pub struct Options {
    /// A new file begins once one is this large; hot files are preallocated to it.
    pub segment_bytes: u64,
    /// How often HEAD is brought up to date.
    pub anchor_every: Duration,
    /// How much a live writer queues before `append` waits for the disk.
    pub queue_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, anchor_every: Duration::from_secs(1), queue_bytes: 8 << 20 }
    }
}

/// A log that was closed in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How many records it has.
    pub count: u64,
    /// The chain over all of them.
    pub digest: Hash,
}

/// Refuses to begin a log where one is.
pub(super) fn must_be_free(storage: &dyn Storage) -> Result<(), LogError> {
    let segment = segment::list(storage)?.segments.first().map(Segment::name);
    let head = || storage.list().doing("list", ".").map(|names| names.into_iter().find(|name| name == HEAD));
    match segment.map_or_else(head, |name| Ok(Some(name)))? {
        Some(file) => Err(LogError::Exists { file }),
        None => Ok(()),
    }
}

/// Writes a log from its first record on. What was not synced or closed may be lost with the power; whole blocks that
/// were written survive the process.
pub struct Writer {
    storage: Arc<dyn Storage>,
    options: Options,
    chain: Chain,
    /// The first seq of the frame that is collected.
    first: u64,
    /// The link of the block that it is in.
    link: Hash,
    block: BlockBuilder,
    body: Vec<u8>,
    frames: FrameWriter,
    head: Head,
    file: Option<OpenSegment>,
    anchored_at: Instant,
    poison: Option<String>,
}

struct OpenSegment {
    file: Box<dyn File>,
    name: String,
    offset: u64,
    in_folder: bool,
}

impl Writer {
    /// Begins a log in a folder that has none.
    pub fn create(storage: Arc<dyn Storage>, options: Options) -> Result<Self, LogError> {
        must_be_free(&*storage)?;
        let head = Head::create(&*storage)?;
        Ok(Self {
            storage,
            options,
            chain: Chain::default(),
            first: 0,
            link: Hash::default(),
            block: BlockBuilder::default(),
            body: Vec::new(),
            frames: FrameWriter::new().doing("prepare", "zstd")?,
            head,
            file: None,
            anchored_at: Instant::now(),
            poison: None,
        })
    }

    /// Adds records; their seqs go on where the log ends.
    pub fn append(&mut self, records: &[Record]) -> Result<(), LogError> {
        self.healthy()?;
        for record in records {
            let expected = self.chain.count();
            if record.seq != expected {
                return Err(LogError::OutOfOrder { expected, found: record.seq });
            }
            let row = self.chain.append(record).map_err(|source| LogError::Row { seq: record.seq, source })?;
            self.block.push(record, row);
            if self.chain.count().is_multiple_of(BLOCK) || self.block.row_bytes() >= FULL_ROWS {
                let written = self.write_frame().and_then(|()| self.anchor_now_and_then());
                self.poisoned_by(written)?;
            }
        }
        Ok(())
    }

    /// Makes everything durable, and says how much that is.
    pub fn sync(&mut self) -> Result<u64, LogError> {
        self.healthy()?;
        let synced = self.write_frame().and_then(|()| self.anchor(State::Open));
        self.poisoned_by(synced)?;
        Ok(self.chain.count())
    }

    /// Makes everything durable and seals the log.
    pub fn close(mut self) -> Result<Sealed, LogError> {
        self.healthy()?;
        self.write_frame()?;
        self.anchor(State::Sealed)?;
        Ok(Sealed { count: self.chain.count(), digest: self.chain.digest() })
    }

    /// How many records were appended.
    pub fn count(&self) -> u64 {
        self.chain.count()
    }

    fn healthy(&self) -> Result<(), LogError> {
        match &self.poison {
            Some(reason) => Err(LogError::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    fn poisoned_by<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if let Err(error) = &result {
            self.poison = Some(error.to_string());
        }
        result
    }

    fn write_frame(&mut self) -> Result<(), LogError> {
        if self.block.len() == 0 {
            return Ok(());
        }
        let count = u32::try_from(self.block.len()).expect("at most a block");
        let contents = Contents { first: self.first, count, link: self.link, digest: self.chain.digest() };
        self.block.finish(&mut self.body);
        let file = match self.file.take() {
            Some(file) => self.file.insert(file),
            None => self.file.insert(OpenSegment::create(&*self.storage, self.first)?),
        };
        let frame = self.frames.columns(contents, &self.body);
        file.file.write_at(file.offset, frame).doing("write", &file.name)?;
        file.offset += frame.len() as u64;
        self.first = self.chain.count();
        self.link = self.chain.link();
        if file.offset >= self.options.segment_bytes {
            self.anchor(State::Open)?;
            self.file = None;
        }
        Ok(())
    }

    fn anchor_now_and_then(&mut self) -> Result<(), LogError> {
        if self.anchored_at.elapsed() >= self.options.anchor_every { self.anchor(State::Open) } else { Ok(()) }
    }

    /// Syncs what was written, then says so in HEAD.
    fn anchor(&mut self, state: State) -> Result<(), LogError> {
        if let Some(segment) = &mut self.file {
            segment.file.sync().doing("sync", &segment.name)?;
            if !segment.in_folder {
                self.storage.sync_dir().doing("sync", ".")?;
                segment.in_folder = true;
            }
        }
        // Records of an unfinished frame are not written yet, so HEAD is only brought up to date between frames.
        let (count, digest) = (self.chain.count(), self.chain.digest());
        match state {
            State::Open => self.head.write(state, count, digest)?,
            State::Sealed | State::Salvaged => self.head.write_both(state, count, digest)?,
        }
        self.anchored_at = Instant::now();
        Ok(())
    }
}

impl OpenSegment {
    fn create(storage: &dyn Storage, first: u64) -> Result<Self, LogError> {
        let name = Segment { first, heat: Heat::Cold }.name();
        let file = storage.create(&name).doing("create", &name)?;
        Ok(Self { file, name, offset: 0, in_folder: false })
    }
}
