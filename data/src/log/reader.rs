//! Reading a log from front to back, trusting nothing.

use std::ops::Range;
use std::sync::Arc;

use engine::event::{Hash, Record};

use super::BLOCK;
use super::anchor::{self, Anchor, State};
use super::block::BlockReader;
use super::chain::Chain;
use super::error::{Damage, Doing, LogError};
use super::frame::{Body, BodyReader, Header};
use super::row;
use super::segment::{self, Frames, Heat, READ_ALL, READ_HEADERS, Segment};
use super::storage::Storage;
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
        let anchor = anchor::read(&*storage)?;
        let segments = segment::list(&*storage)?.segments;
        let tail = Tail::find(&*storage, &segments, &anchor)?;
        let recovery =
            Recovery { count: tail.end, anchored: anchor.count, sealed: anchor.state == State::Sealed, torn: tail.torn };
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
            lost: Vec::new(),
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

    /// How many records the log has.
    pub fn count(&self) -> u64 {
        self.end
    }

    /// The seqs that a salvaged log was found not to have, so far.
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

enum Refused {
    Damage(Damage),
    Anchor(LogError),
}

impl From<Damage> for Refused {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

/// What a frame has to fit to.
struct Accept<'a> {
    salvaged: bool,
    anchor: &'a Anchor,
    chain: &'a mut Option<Chain>,
    lost: &'a mut Vec<Range<u64>>,
    blocks: &'a mut BlockReader,
}

impl Accept<'_> {
    fn frame(
        mut self,
        header: &Header,
        body: Result<&[u8], Damage>,
        expected: u64,
        records: &mut Vec<Record>,
    ) -> Result<(), Refused> {
        self.order(header, expected)?;
        let (body, first) = (body?, header.first);
        match header.body {
            Body::Rows => decode_rows(body, first, header.count, records)?,
            Body::Columns => self.blocks.read(body, first, header.count as usize, records)?,
        }
        let Some(chain) = self.chain else { return Ok(()) };
        if chain.link() != header.link {
            return Err(Damage::Link.into());
        }
        // A hot file's rows are hashed as they are, unless HEAD speaks of a record in their midst.
        let anchored = if self.salvaged { 0 } else { self.anchor.count };
        if header.body == Body::Rows && !(first + 1..header.end()).contains(&anchored) {
            chain.append_rows(body, u64::from(header.count));
        } else {
            for record in records.iter() {
                chain.append(record).map_err(|source| Damage::Row { seq: record.seq, source })?;
                if chain.count() == anchored {
                    fits(self.anchor, chain).map_err(Refused::Anchor)?;
                }
            }
        }
        if chain.digest() != header.digest {
            return Err(Damage::Digest.into());
        }
        if chain.count() == anchored {
            fits(self.anchor, chain).map_err(Refused::Anchor)?;
        }
        Ok(())
    }

    fn order(&mut self, header: &Header, expected: u64) -> Result<(), Damage> {
        let found = header.first;
        if found != expected {
            if !self.salvaged || found < expected {
                return Err(Damage::Seq { expected, found });
            }
            self.lost.push(expected..found);
            *self.chain = None;
        }
        if self.chain.is_none() && found.is_multiple_of(BLOCK) {
            *self.chain = Some(Chain::resume(found, header.link));
        }
        Ok(())
    }
}

fn fits(anchor: &Anchor, chain: &Chain) -> Result<(), LogError> {
    let (found, anchored) = (chain.digest(), anchor.digest);
    if found == anchored { Ok(()) } else { Err(LogError::AnchorMismatch { count: chain.count(), found, anchored }) }
}

fn decode_rows(mut rows: &[u8], first: u64, count: u32, records: &mut Vec<Record>) -> Result<(), Damage> {
    for seq in first..first + u64::from(count) {
        let (record, len) = row::decode(rows).map_err(|source| Damage::Row { seq, source })?;
        if record.seq != seq {
            return Err(Damage::Seq { expected: seq, found: record.seq });
        }
        records.push(record);
        rows = &rows[len..];
    }
    if rows.is_empty() { Ok(()) } else { Err(Damage::Columns("too long")) }
}

/// The end of a log.
pub(super) struct Tail {
    /// How many whole records there are.
    pub end: u64,
    /// Remains behind them.
    pub torn: Option<TornTail>,
}

impl Tail {
    /// Walks over the last file.
    pub(super) fn find(storage: &dyn Storage, segments: &[Segment], anchor: &Anchor) -> Result<Self, LogError> {
        let Some(segment) = segments.last() else {
            return Self { end: 0, torn: None }.reaching(anchor, "the folder");
        };
        let mut frames = Frames::open(storage, segment, READ_ALL)?;
        let mut end = segment.first;
        let damage = loop {
            match frames.next()? {
                Ok(Some((header, _))) => end = header.end(),
                Ok(None) => return Self { end, torn: None }.reaching(anchor, frames.name()),
                Err(damage) => break damage,
            }
        };
        let offset = frames.offset();
        // A newer program's frames are not remains.
        if end < anchor.count || matches!(damage, Damage::Newer { .. }) {
            return Err(frames.damaged(end..anchor.count.max(end + 1), damage));
        }
        if segment.heat == Heat::Hot && frames.find_whole()? {
            frames.move_to(offset);
            return Err(frames.damaged(end..end + 1, damage));
        }
        let bytes = frames.used_len()?.max(offset) - offset;
        let torn = TornTail { file: frames.name().to_owned(), offset, bytes, last_seq: end.checked_sub(1) };
        Ok(Self { end, torn: Some(torn) })
    }

    fn reaching(self, anchor: &Anchor, file: &str) -> Result<Self, LogError> {
        if self.end < anchor.count {
            return Err(LogError::Shorter { have: self.end, anchored: anchor.count, file: file.to_owned() });
        }
        Ok(self)
    }
}

/// Reads a whole log and checks everything there is to check.
pub fn verify(storage: Arc<dyn Storage>) -> Result<(Sealed, Recovery), LogError> {
    let (mut reader, recovery) = Reader::open(storage)?;
    while reader.next_block()?.is_some() {}
    let digest = reader.digest().unwrap_or_default();
    Ok((Sealed { count: recovery.count, digest }, recovery))
}
