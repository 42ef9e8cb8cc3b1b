//! Where a log ends: at its last whole frame, unless HEAD says that there was more.

use super::anchor::Anchor;
use super::error::{Damage, LogError};
use super::reader::TornTail;
use super::segment::{Frames, Heat, READ_ALL, Segment};
use super::storage::Storage;

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
        let more = segment.heat == Heat::Hot && frames.find_whole()?;
        frames.move_to(offset);
        if more {
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
