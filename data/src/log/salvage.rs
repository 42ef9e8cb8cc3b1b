//! What is left of a damaged log, copied into another folder.

use std::ops::Range;
use std::sync::Arc;

use engine::event::Hash;

use super::accept::{Accept, Refused};
use super::anchor::{self, Anchor, Head, State};
use super::block::BlockReader;
use super::chain::Chain;
use super::error::{Damage, Doing, LogError};
use super::frame::{BodyReader, Header};
use super::segment::{self, Frames, Heat, READ_ALL, Segment};
use super::storage::{File, Storage};
use super::writer::must_be_free;

/// What a salvage found.
#[derive(Debug)]
pub struct Salvaged {
    /// Records that were copied.
    pub records: u64,
    /// Seqs that are lost.
    pub lost: Vec<Range<u64>>,
    /// What was wrong where, in the order of the log.
    pub damage: Vec<LogError>,
}

/// Copies every whole frame of a log to an empty folder. The copy can be read, and says what is missing, but takes no
/// more records. The log itself is not touched.
pub fn salvage(from: &Arc<dyn Storage>, to: &Arc<dyn Storage>) -> Result<Salvaged, LogError> {
    must_be_free(&**to)?;
    let mut head = Head::create(&**to)?;
    let anchor = match anchor::read(&**from) {
        Ok(read) => Ok(read.anchor),
        Err(error @ (LogError::NoLog | LogError::DamagedHead)) => Err(error),
        Err(error) => return Err(error),
    };
    let mut walk = Walk {
        to: &**to,
        chain: Some(Chain::default()),
        bodies: BodyReader::new().doing("prepare", "zstd")?,
        blocks: BlockReader::default(),
        next: 0,
        sealed: None,
        digest: Hash::default(),
        found: Salvaged { records: 0, lost: Vec::new(), damage: Vec::new() },
    };
    let anchored = anchor.as_ref().map_or(0, |anchor| anchor.count);
    walk.sealed = anchor.as_ref().ok().filter(|anchor| anchor.state == State::Sealed).map(|anchor| anchor.count);
    walk.found.damage.extend(anchor.err());
    for segment in segment::list(&**from)?.segments {
        walk.file(&**from, &segment)?;
    }
    if walk.next < anchored {
        walk.found.lost.push(walk.next..anchored);
    }
    to.sync_dir().doing("sync", ".")?;
    // The count is the original's, so that the copy knows what its end has lost; the digest is of what is there.
    head.write_both(State::Salvaged, walk.next.max(anchored), walk.digest)?;
    Ok(walk.found)
}

struct Walk<'a> {
    to: &'a dyn Storage,
    chain: Option<Chain>,
    bodies: BodyReader,
    blocks: BlockReader,
    next: u64,
    /// How many records the log was closed with.
    sealed: Option<u64>,
    digest: Hash,
    found: Salvaged,
}

impl Walk<'_> {
    fn file(&mut self, from: &dyn Storage, segment: &Segment) -> Result<(), LogError> {
        let mut frames = Frames::open(from, segment, READ_ALL)?;
        let mut copy: Option<(Box<dyn File>, String, u64)> = None;
        loop {
            let place = frames.offset();
            let damage = match frames.next()? {
                Ok(None) => break,
                Err(damage) => damage,
                Ok(Some((header, bytes))) => match self.accept(&header, bytes) {
                    Ok(()) => {
                        if copy.is_none() {
                            let name = Segment { first: header.first, heat: Heat::Cold }.name();
                            copy = Some((self.to.create(&name).doing("create", &name)?, name, 0));
                        }
                        if let Some((file, name, offset)) = &mut copy {
                            file.write_at(*offset, bytes).doing("write", name)?;
                            *offset += bytes.len() as u64;
                        }
                        if let Some(count) = self.sealed.filter(|count| header.end() > *count) {
                            let what = Damage::AfterEnd { count };
                            let (file, seqs) = (segment.name(), count.max(header.first)..header.end());
                            self.found.damage.push(LogError::Damaged { file, offset: place, seqs, what });
                        }
                        continue;
                    }
                    // Whole, but not what was there: the walk goes on behind it.
                    Err(damage) => {
                        let error = LogError::Damaged {
                            file: segment.name(),
                            offset: place,
                            seqs: header.first..header.end(),
                            what: damage,
                        };
                        self.found.damage.push(error);
                        continue;
                    }
                },
            };
            self.found.damage.push(frames.damaged(self.next..self.next + 1, damage));
            if !frames.find_whole()? {
                break;
            }
        }
        if let Some((file, name, _)) = copy {
            file.sync().doing("sync", &name)?;
        }
        Ok(())
    }

    fn accept(&mut self, header: &Header, bytes: &[u8]) -> Result<(), Damage> {
        let anchor = Anchor { state: State::Salvaged, generation: 0, count: 0, digest: Hash::default() };
        let (before, lost) = (self.chain.clone(), self.found.lost.len());
        let fits = Accept {
            salvaged: true,
            anchor: &anchor,
            chain: &mut self.chain,
            lost: &mut self.found.lost,
            blocks: &mut self.blocks,
        }
        .frame(header, self.bodies.open(header, bytes), self.next, &mut Vec::new());
        match fits {
            Ok(()) => {
                self.found.records += u64::from(header.count);
                self.next = header.end();
                self.digest = header.digest;
                Ok(())
            }
            Err(refused) => {
                self.chain = before;
                self.found.lost.truncate(lost);
                match refused {
                    Refused::Damage(damage) => Err(damage),
                    Refused::Anchor(error) => unreachable!("a salvage has no anchor to miss: {error}"),
                }
            }
        }
    }
}
