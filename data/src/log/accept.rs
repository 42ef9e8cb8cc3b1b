//! Whether a frame belongs where it is: seqs, link, digest and anchor.

use std::ops::Range;

use engine::event::Record;

use super::BLOCK;
use super::anchor::Anchor;
use super::block::BlockReader;
use super::chain::Chain;
use super::error::{Damage, LogError};
use super::frame::{Body, Header};
use super::row;

/// Why a frame does not fit.
pub(super) enum Refused {
    Damage(Damage),
    Anchor(LogError),
}

impl From<Damage> for Refused {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

/// What a frame has to fit to.
pub(super) struct Accept<'a> {
    /// Whether seqs may be missing.
    pub salvaged: bool,
    /// What HEAD says.
    pub anchor: &'a Anchor,
    /// The log before the frame; `None` when that is not known.
    pub chain: &'a mut Option<Chain>,
    pub lost: &'a mut Vec<Range<u64>>,
    pub blocks: &'a mut BlockReader,
}

impl Accept<'_> {
    /// Checks a frame and decodes its records.
    pub(super) fn frame(
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
        let mut fit = Ok(());
        // A hot file's rows are hashed as they are, unless HEAD speaks of a record in their midst.
        let anchored = if self.salvaged { 0 } else { self.anchor.count };
        if header.body == Body::Rows && !(first + 1..header.end()).contains(&anchored) {
            chain.append_rows(body, u64::from(header.count));
        } else {
            for record in records.iter() {
                chain.append(record).map_err(|source| Damage::Row { seq: record.seq, source })?;
                if chain.count() == anchored {
                    fit = fits(self.anchor, chain);
                }
            }
        }
        if chain.digest() != header.digest {
            return Err(Damage::Digest.into());
        }
        if chain.count() == anchored {
            fit = fits(self.anchor, chain);
        }
        fit.map_err(Refused::Anchor)
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
