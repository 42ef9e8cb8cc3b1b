//! Segment files: their names, and the walk over their frames.

use std::io::ErrorKind;
use std::ops::Range;

use super::error::{Damage, Doing, LogError};
use super::frame::{self, HEADER, Header, MAGIC};
use super::storage::{File, Storage};

/// Whether a file is preallocated and grows by small frames, or was written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heat {
    Cold,
    Hot,
}

/// One file of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    pub first: u64,
    pub heat: Heat,
}

impl Segment {
    pub(super) fn name(&self) -> String {
        self.name_with("seg")
    }

    /// The file while it is not finished.
    pub(super) fn temporary(&self) -> String {
        self.name_with("tmp")
    }

    fn name_with(&self, extension: &str) -> String {
        let heat = match self.heat {
            Heat::Cold => "cold",
            Heat::Hot => "hot",
        };
        format!("{heat}-{:020}.{extension}", self.first)
    }

    fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".seg")?;
        let (heat, digits) = match (stem.strip_prefix("cold-"), stem.strip_prefix("hot-")) {
            (Some(digits), _) => (Heat::Cold, digits),
            (_, Some(digits)) => (Heat::Hot, digits),
            _ => return None,
        };
        let segment = Self { first: digits.parse().ok()?, heat };
        (segment.name() == name).then_some(segment)
    }
}

/// A log's files in order, and those that a crash left over.
pub(super) struct Listing {
    pub segments: Vec<Segment>,
    pub leftovers: Vec<String>,
}

/// Lists a log's files.
pub(super) fn list(storage: &dyn Storage) -> Result<Listing, LogError> {
    let mut listing = Listing { segments: Vec::new(), leftovers: Vec::new() };
    for name in storage.list().doing("list", ".")? {
        match Segment::parse(&name) {
            Some(segment) => listing.segments.push(segment),
            None if name.strip_suffix(".tmp").is_some() => listing.leftovers.push(name),
            None => {}
        }
    }
    listing.segments.sort();
    // A hot file beside a cold one of the same seq was about to be removed.
    let (segments, leftovers) = (&mut listing.segments, &mut listing.leftovers);
    segments.dedup_by(|later, earlier| {
        let superseded = later.first == earlier.first;
        if superseded {
            leftovers.push(later.name());
        }
        superseded
    });
    Ok(listing)
}

/// How much is read ahead of a walk that looks at everything.
pub(super) const READ_ALL: usize = 1 << 20;
/// How much is read for a walk that skips from header to header.
pub(super) const READ_HEADERS: usize = 4 << 10;

/// A checked frame with its bytes, or the end of the frames, or what is there instead.
type Next<'a> = Result<Option<(Header, &'a [u8])>, Damage>;

/// A walk over the frames of one file.
pub(super) struct Frames {
    file: Box<dyn File>,
    name: String,
    heat: Heat,
    len: u64,
    offset: u64,
    chunk: usize,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl Frames {
    pub(super) fn open(storage: &dyn Storage, segment: &Segment, chunk: usize) -> Result<Self, LogError> {
        match Self::open_named(storage, segment.name(), segment.heat, chunk) {
            // It was compacted since the folder was listed; the cold file was there before the hot one went.
            Err(LogError::Io { source, .. }) if segment.heat == Heat::Hot && source.kind() == ErrorKind::NotFound => {
                let cold = Segment { heat: Heat::Cold, ..segment.clone() };
                Self::open_named(storage, cold.name(), cold.heat, chunk)
            }
            opened => opened,
        }
    }

    pub(super) fn open_named(storage: &dyn Storage, name: String, heat: Heat, chunk: usize) -> Result<Self, LogError> {
        let file = storage.open(&name).doing("open", &name)?;
        let len = file.len().doing("measure", &name)?;
        Ok(Self { file, name, heat, len, offset: 0, chunk, buffer: Vec::new(), buffer_at: 0 })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the next frame begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn move_to(&mut self, offset: u64) {
        self.offset = offset;
    }

    /// Goes to a place that may have changed since it was read.
    pub(super) fn look_again(&mut self, offset: u64) {
        self.buffer.clear();
        self.offset = offset;
    }

    /// The bytes of `range`, as far as the file goes.
    fn bytes(&mut self, range: Range<u64>) -> Result<&[u8], LogError> {
        let range = range.start.min(self.len)..range.end.min(self.len);
        let buffered = self.buffer_at..self.buffer_at + self.buffer.len() as u64;
        if range.start < buffered.start || range.end > buffered.end {
            let needed = length(range.end - range.start);
            let room = length((self.len - range.start).min(self.chunk as u64)).max(needed);
            self.buffer.resize(room, 0);
            self.buffer_at = range.start;
            let read = self.file.read_at(range.start, &mut self.buffer).doing("read", &self.name)?;
            self.buffer.truncate(read);
            if read < needed {
                self.len = range.start + read as u64;
            }
        }
        let start = length(range.start - self.buffer_at);
        let end = self.buffer.len().min(start + length(range.end - range.start));
        Ok(&self.buffer[start..end])
    }

    /// Looks at the header at the current place; `None` at the end of the frames.
    pub(super) fn peek(&mut self) -> Result<Result<Option<Header>, Damage>, LogError> {
        let (offset, heat) = (self.offset, self.heat);
        let bytes = self.bytes(offset..offset + HEADER as u64)?;
        if bytes.is_empty() {
            return Ok(Ok(None));
        }
        if heat == Heat::Hot && bytes.iter().all(|byte| *byte == 0) {
            return Ok(if self.used_len()? <= offset { Ok(None) } else { Err(Damage::Magic) });
        }
        Ok(match bytes.try_into() {
            Ok(header) => Header::parse(header).map(Some),
            Err(_) => Err(Damage::Cut),
        })
    }

    /// The frame at the current place, checked, and moves on; stays where it is at the end or on damage.
    pub(super) fn next(&mut self) -> Result<Next<'_>, LogError> {
        let header = match self.peek()? {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(Ok(None)),
            Err(damage) => return Ok(Err(damage)),
        };
        let start = self.offset;
        let end = start + header.frame_len();
        if end > self.len {
            return Ok(Err(Damage::Cut));
        }
        // Checked before moving on, so that the place of a damaged frame is known.
        if let Err(damage) = frame::check(&header, self.bytes(start..end)?) {
            return Ok(Err(damage));
        }
        self.offset = end;
        let bytes = self.bytes(start..end)?;
        Ok(Ok(Some((header, bytes))))
    }

    /// Moves over a frame whose header was looked at.
    pub(super) fn skip(&mut self, header: &Header) {
        self.offset += header.frame_len();
    }

    /// The file's length without the zeros at its end.
    pub(super) fn used_len(&mut self) -> Result<u64, LogError> {
        let mut end = self.len;
        while end > 0 {
            let start = end.saturating_sub(READ_ALL as u64);
            let mut bytes = vec![0; length(end - start)];
            let read = self.file.read_at(start, &mut bytes).doing("read", &self.name)?;
            if let Some(last) = bytes[..read].iter().rposition(|byte| *byte != 0) {
                return Ok(start + last as u64 + 1);
            }
            end = start;
        }
        Ok(0)
    }

    /// Moves to the next whole frame behind the current place; `false` if there is none.
    pub(super) fn find_whole(&mut self) -> Result<bool, LogError> {
        let damaged_at = self.offset;
        let mut from = damaged_at + 1;
        while from < self.len {
            let bytes = self.bytes(from..from + READ_ALL as u64)?;
            let (read, found) = (bytes.len(), bytes.windows(MAGIC.len()).position(|window| window == MAGIC));
            match found {
                Some(at) => {
                    let place = from + at as u64;
                    self.offset = place;
                    if let Ok(Some(_)) = self.next()? {
                        self.offset = place;
                        return Ok(true);
                    }
                    from = place + 1;
                }
                None if read <= MAGIC.len() => break,
                None => from += (read - MAGIC.len()) as u64,
            }
        }
        self.offset = damaged_at;
        Ok(false)
    }

    /// The error for damage at the current place.
    pub(super) fn damaged(&self, seqs: Range<u64>, what: Damage) -> LogError {
        LogError::Damaged { file: self.name.clone(), offset: self.offset, seqs, what }
    }
}

fn length(bytes: u64) -> usize {
    usize::try_from(bytes).expect("pieces are small")
}
