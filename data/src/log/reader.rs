//! Reading a log from front to back, trusting nothing.

use std::ops::Range;
use std::sync::Arc;

use engine::event::{Hash, Record};

use super::BLOCK;
use super::accept::{Accept, Refused};
use super::anchor::{self, Anchor, HeadRead, State};
use super::block::BlockReader;
use super::chain::Chain;
use super::error::{Damage, Doing, LogError};
use super::frame::BodyReader;
use super::segment::{self, Frames, READ_ALL, READ_HEADERS, Segment};
use super::storage::Storage;
use super::tail::Tail;
use super::writer::Sealed;

/// What was found when a log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Whole records.
    pub count: u64,
    /// Records that HEAD knew to be durable.
    pub anchored: u64,
    /// Whether the log was closed in order.
    pub sealed: bool,
    /// A last write that did not arrive whole.
    pub torn: Option<TornTail>,
    /// Where in HEAD a slot is damaged, or just being written. The other one is whole; in a log that is not sealed it may
    /// be older, so that records after [`anchored`](Self::anchored) may be missing unnoticed.
    pub damaged_slot: Option<u64>,
}

/// The remains of a last write, never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// In which file.
    pub file: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// The last whole record's seq.
    pub last_seq: Option<u64>,
}

/// A log, read in blocks. Every frame's checksum, seqs, link and digest are checked, and HEAD's digest on the way.
pub struct Reader {
    storage: Arc<dyn Storage>,
    segments: Vec<Segment>,
    anchor: Anchor,
    end: u64,
    /// The next seq.
    next: u64,
    /// Records before this one are read for the chain only.
    wanted: u64,
    /// `None` behind a gap of a salvaged log, until the next block.
    chain: Option<Chain>,
    /// The next file, and the open one.
    file: usize,
    frames: Option<Frames>,
    bodies: BodyReader,
    blocks: BlockReader,
    records: Vec<Record>,
    lost: Vec<Range<u64>>,
}

impl Reader {
    /// Opens a log without changing it.
    pub fn open(storage: Arc<dyn Storage>) -> Result<(Self, Recovery), LogError> {
        let HeadRead { anchor, damaged_slot } = anchor::read(&*storage)?;
        let segments = segment::list(&*storage)?.segments;
        let tail = Tail::find(&*storage, &segments, &anchor)?;
        let recovery = Recovery {
            count: tail.end,
            anchored: anchor.count,
            sealed: anchor.state == State::Sealed,
            torn: tail.torn,
            damaged_slot,
        };
        // Only a salvaged log may end before its anchor.
        let lost = Some(tail.end..anchor.count).filter(|lost| !lost.is_empty()).into_iter().collect();
        let reader = Self {
            storage,
            segments,
            anchor,
            end: recovery.count,
            next: 0,
            wanted: 0,
            chain: Some(Chain::default()),
            file: 0,
            frames: None,
            bodies: BodyReader::new().doing("prepare", "zstd")?,
            blocks: BlockReader::default(),
            records: Vec::new(),
            lost,
        };
        Ok((reader, recovery))
    }

    /// The next records in order, at most a block of them; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<&[Record]>, LogError> {
        loop {
            if self.next == self.end {
                return Ok(None);
            }
            self.read_frame()?;
            let skipped = self.wanted.saturating_sub(self.next - self.records.len() as u64);
            if let Ok(skipped) = usize::try_from(skipped)
                && skipped < self.records.len()
            {
                return Ok(Some(&self.records[skipped..]));
            }
        }
    }

    /// The same for who keeps the records: they are put into `block`, whose own are dropped. Whether there were any.
    pub fn next_block_into(&mut self, block: &mut Vec<Record>) -> Result<bool, LogError> {
        let Some(count) = self.next_block()?.map(<[Record]>::len) else { return Ok(false) };
        std::mem::swap(&mut self.records, block);
        block.drain(..block.len() - count);
        Ok(true)
    }

    /// Goes to a seq, up to the end of the log: the next block begins with it.
    pub fn seek(&mut self, seq: u64) -> Result<(), LogError> {
        if seq > self.end {
            return Err(LogError::NoSuchSeq { seq, count: self.end });
        }
        // The chain is checked from the start of the block on; the end is reached through the last block.
        let inside = seq.min(self.end.saturating_sub(1));
        let start = inside - inside % BLOCK;
        self.wanted = seq;
        self.file = self.segments.partition_point(|segment| segment.first <= start).saturating_sub(1);
        self.next = start;
        self.frames = None;
        self.chain = None;
        if start == 0 {
            self.chain = Some(Chain::default());
            return Ok(());
        }
        let Some(segment) = self.segments.get(self.file) else { return Ok(()) };
        let mut walk = Frames::open(&*self.storage, segment, READ_HEADERS)?;
        loop {
            match walk.peek()? {
                Ok(Some(header)) if header.first < start => walk.skip(&header),
                Ok(Some(header)) if header.first == start => break self.chain = Some(Chain::resume(start, header.link)),
                Ok(_) if self.anchor.state == State::Salvaged => break,
                Ok(_) => return Err(walk.damaged(start..seq + 1, Damage::Header("first seq"))),
                Err(damage) => return Err(walk.damaged(start..seq + 1, damage)),
            }
        }
        let mut frames = Frames::open(&*self.storage, segment, READ_ALL)?;
        frames.move_to(walk.offset());
        self.frames = Some(frames);
        self.file += 1;
        Ok(())
    }

    /// Of the log up to the records that were read; `None` behind a gap of a salvaged log.
    pub fn digest(&self) -> Option<Hash> {
        self.chain.as_ref().map(Chain::digest)
    }

    /// Of the first `count` records, reading only their last block; `None` behind a gap of a salvaged log.
    pub fn digest_at(&mut self, count: u64) -> Result<Option<Hash>, LogError> {
        if count == 0 {
            return Ok(Some(Hash::default()));
        }
        self.seek(count - 1)?;
        self.wanted = 0;
        let Some(mut chain) = self.chain.clone() else { return Ok(None) };
        while let Some(block) = self.next_block()? {
            for record in block {
                chain.append(record).map_err(|source| LogError::Row { seq: record.seq, source })?;
                if chain.count() == count {
                    return Ok(Some(chain.digest()));
                }
            }
        }
        Ok(None)
    }

    /// How many records the log has.
    pub fn count(&self) -> u64 {
        self.end
    }

    /// The seqs that a salvaged log was found not to have, so far: first those after its end, then each gap that was read over.
    pub fn lost(&self) -> &[Range<u64>] {
        &self.lost
    }

    /// The chain up to what was read.
    pub(super) fn into_chain(self) -> Option<Chain> {
        self.chain
    }

    fn read_frame(&mut self) -> Result<(), LogError> {
        let expected = self.next;
        loop {
            if self.frames.is_none() {
                self.open_next_file()?;
            }
            let Some(frames) = &mut self.frames else { continue };
            let place = frames.offset();
            match frames.next()? {
                Ok(None) => self.frames = None,
                Err(damage) => {
                    let end = self.segments.get(self.file).map_or(self.end, |segment| segment.first);
                    return Err(frames.damaged(expected..end.max(expected + 1), damage));
                }
                Ok(Some((header, bytes))) => {
                    self.records.clear();
                    let accepted = Accept {
                        salvaged: self.anchor.state == State::Salvaged,
                        anchor: &self.anchor,
                        chain: &mut self.chain,
                        lost: &mut self.lost,
                        blocks: &mut self.blocks,
                    }
                    .frame(&header, self.bodies.open(&header, bytes), expected, &mut self.records);
                    if let Err(refused) = accepted {
                        frames.move_to(place);
                        return Err(match refused {
                            Refused::Damage(what) => frames.damaged(expected..header.end().max(expected + 1), what),
                            Refused::Anchor(error) => error,
                        });
                    }
                    self.next = header.end();
                    return Ok(());
                }
            }
        }
    }

    fn open_next_file(&mut self) -> Result<(), LogError> {
        let Some(segment) = self.segments.get(self.file) else {
            return Err(self.missing(self.end));
        };
        if segment.first != self.next && self.anchor.state != State::Salvaged {
            return Err(self.missing(segment.first));
        }
        self.frames = Some(Frames::open(&*self.storage, segment, READ_ALL)?);
        self.file += 1;
        Ok(())
    }

    /// The error for a file that should go on, or another one that should begin, at the next seq.
    fn missing(&self, until: u64) -> LogError {
        let file = self.segments[..self.file].last().map_or_else(|| "cold or hot file".to_owned(), Segment::name);
        let what = Damage::Seq { expected: self.next, found: until };
        LogError::Damaged { file, offset: 0, seqs: self.next..until.max(self.next + 1), what }
    }
}

/// Reads a whole log and checks everything there is to check.
pub fn verify(storage: Arc<dyn Storage>) -> Result<(Sealed, Recovery), LogError> {
    let (mut reader, recovery) = Reader::open(storage)?;
    while reader.next_block()?.is_some() {}
    let digest = reader.digest().unwrap_or_default();
    Ok((Sealed { count: recovery.count, digest }, recovery))
}
