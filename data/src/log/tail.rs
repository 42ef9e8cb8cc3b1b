//! Where a log ends: at its last whole frame, unless HEAD says that there was more, or that there was no more.

use std::io::ErrorKind;

use engine::event::Hash;

use super::anchor::{Anchor, State};
use super::error::{Damage, LogError};
use super::frame::Header;
use super::reader::TornTail;
use super::segment::{Frames, Heat, READ_ALL, READ_HEADERS, Segment};
use super::storage::Storage;

/// How often a frame that is not whole is read again.
const LOOKS: u32 = 2;

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
        let segments = if anchor.state == State::Sealed { closed(storage, segments, anchor.count)? } else { segments };
        let Some(segment) = segments.last() else {
            return Self { end: 0, torn: None }.reaching(anchor, Hash::default(), "the folder");
        };
        let mut frames = Frames::open(storage, segment, READ_ALL)?;
        let (mut end, mut digest) = (segment.first, Hash::default());
        let may_grow = anchor.state == State::Open && segment.heat == Heat::Hot;
        let (mut looks, mut grows) = (0, false);
        let damage = loop {
            let place = frames.offset();
            match frames.next()? {
                Ok(Some((header, _))) => {
                    if let Some(damage) = misplaced(&header, end, anchor) {
                        frames.move_to(place);
                        return Err(frames.damaged(end..header.end().max(end.saturating_add(1)), damage));
                    }
                    (end, digest) = (header.end(), header.digest);
                    (looks, grows) = (0, grows || looks > 0);
                }
                Ok(None) => return Self { end, torn: None }.reaching(anchor, digest, frames.name()),
                // It is being written right now: whoever waits for the end of that waits for ever.
                Err(_) if grows => return Self { end, torn: None }.reaching(anchor, digest, frames.name()),
                Err(damage) => {
                    // A process that writes may have finished it since; with a whole frame behind it, it has.
                    if !may_grow || looks > LOOKS || looks == LOOKS && !frames.find_whole()? {
                        break damage;
                    }
                    looks += 1;
                    frames.look_again(place);
                }
            }
        };
        let offset = frames.offset();
        // A newer program's frames are not remains, and a closed log has none.
        if end < anchor.count || anchor.state != State::Open || matches!(damage, Damage::Newer { .. }) {
            let whole = anchor.state == State::Sealed && end == anchor.count && !matches!(damage, Damage::Newer { .. });
            let damage = if whole { Damage::AfterEnd { count: end } } else { damage };
            return Err(frames.damaged(end..anchor.count.max(end.saturating_add(1)), damage));
        }
        let more = segment.heat == Heat::Hot && frames.find_whole()?;
        frames.move_to(offset);
        if more {
            return Err(frames.damaged(end..end.saturating_add(1), damage));
        }
        let bytes = frames.used_len()?.max(offset) - offset;
        let torn = TornTail { file: frames.name().to_owned(), offset, bytes, last_seq: end.checked_sub(1) };
        Ok(Self { end, torn: Some(torn) })
    }

    /// Refuses an end before the anchor. That of a salvaged log may be, but it is the one that the salvage wrote.
    fn reaching(self, anchor: &Anchor, digest: Hash, file: &str) -> Result<Self, LogError> {
        let whole = match anchor.state {
            State::Salvaged => digest == anchor.digest,
            State::Open | State::Sealed => self.end >= anchor.count,
        };
        if whole {
            return Ok(self);
        }
        Err(LogError::Shorter { have: self.end, anchored: anchor.count, file: file.to_owned() })
    }
}

/// What is wrong with a whole frame behind the first `end` records.
fn misplaced(header: &Header, end: u64, anchor: &Anchor) -> Option<Damage> {
    let (expected, found) = (end, header.first);
    if anchor.state == State::Sealed && (end == anchor.count || header.end() > anchor.count) {
        return Some(Damage::AfterEnd { count: anchor.count });
    }
    let fits = if anchor.state == State::Salvaged { found >= expected } else { found == expected };
    (!fits).then_some(Damage::Seq { expected, found })
}

/// The files of a log that was closed with `count` records; each has the name that its first record gives it, and none
/// follows but the empty hot one that a crash just after the close leaves.
fn closed<'a>(storage: &dyn Storage, segments: &'a [Segment], count: u64) -> Result<&'a [Segment], LogError> {
    let (inside, after) = segments.split_at(segments.partition_point(|segment| segment.first < count));
    for segment in after {
        let mut frames = match Frames::open(storage, segment, READ_HEADERS) {
            // Its writer has just removed it.
            Err(LogError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => continue,
            opened => opened?,
        };
        let empty = segment.first == count && segment.heat == Heat::Hot && frames.used_len()? == 0;
        if !empty {
            return Err(frames.damaged(segment.first..segment.first.saturating_add(1), Damage::AfterEnd { count }));
        }
    }
    for segment in inside {
        let mut frames = Frames::open(storage, segment, READ_HEADERS)?;
        if let Ok(Some(header)) = frames.peek()?
            && header.first != segment.first
        {
            let (expected, found) = (segment.first, header.first);
            let seqs = expected.min(found)..expected.max(found);
            return Err(frames.damaged(seqs, Damage::Seq { expected, found }));
        }
    }
    Ok(inside)
}
