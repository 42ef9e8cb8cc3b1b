//! A run, open for questions: any record, what followed from it, and the moment after any of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data::log::{BLOCK, BlobStore, LogError, Reader, order_of};
use engine::event::{Event, Input, Record, Session};
use engine::order::OrderId;
use engine::text::Names;
use engine::time::Timestamp;

use super::ExplainError;
use super::chapters::Chapters;
use super::scribe::{Links, Moment, NEAR, Piece, SPAN};
use crate::session::{SessionError, Stage, stages};

/// Blocks of records that are kept once they were read.
const MAX_BLOCKS: usize = 64;

/// A run's log with its snapshots.
pub struct History {
    folder: PathBuf,
    reader: Reader,
    chapters: Chapters,
    /// By the first seq of each.
    blocks: BTreeMap<u64, Vec<Record>>,
    near: Option<Moment>,
    links: Option<Vec<Links>>,
    stages: Option<Vec<Stage>>,
}

impl History {
    /// Opens the log of the run in a folder. The first time this may fold all of it; then there are snapshots beside it.
    pub fn open(folder: &Path, reader: Reader) -> Result<Self, ExplainError> {
        Self::with_span(folder, reader, SPAN)
    }

    /// The same with a snapshot every `span` records or more.
    pub fn with_span(folder: &Path, mut reader: Reader, span: u64) -> Result<Self, ExplainError> {
        let chapters = Chapters::open(folder, span, &mut reader)?;
        let (blocks, near, links, stages) = (BTreeMap::new(), None, None, None);
        Ok(Self { folder: folder.to_owned(), reader, chapters, blocks, near, links, stages })
    }

    /// How many records there are.
    pub fn count(&self) -> u64 {
        self.reader.count()
    }

    /// One record.
    pub fn record(&mut self, seq: u64) -> Result<Record, ExplainError> {
        let count = self.count();
        if seq >= count {
            return Err(LogError::NoSuchSeq { seq, count }.into());
        }
        let block = self.block(seq)?;
        let found = block.binary_search_by_key(&seq, |record| record.seq).ok().and_then(|index| block.get(index));
        found.cloned().ok_or_else(|| ExplainError::NoSuch(format!("record {seq} is lost: the log was salvaged without it")))
    }

    /// The moment after the first `count` records.
    pub fn moment(&mut self, count: u64) -> Result<&Moment, ExplainError> {
        let (near, count) = (self.near.take(), count.min(self.count()));
        let moment = self.chapters.moment(&mut self.reader, count, near)?;
        Ok(self.near.insert(moment))
    }

    /// What all records are called after, as they are known at a moment.
    pub fn names(moment: &Moment) -> Names {
        let mut names = Names::default();
        let mut learn = |input| names.learn(&Record { seq: 0, at: Timestamp(0), cause: 0, event: Event::Input(input) });
        if let Some(session) = &moment.state.session {
            learn(Input::SessionStarted(session.clone()));
        }
        for market in moment.state.markets.iter() {
            learn(Input::InstrumentListed(Box::new(market.instrument.clone())));
        }
        names
    }

    /// The records that follow from one, and those about the order that it is, in order.
    pub fn following(&mut self, seq: u64) -> Result<Vec<u64>, ExplainError> {
        let mut found = Vec::new();
        let last = seq.saturating_add(NEAR).min(self.count().saturating_sub(1));
        let mut start = seq - seq % BLOCK;
        while start <= last {
            let follows = |record: &&Record| {
                record.seq > seq && record.seq <= last && (record.cause == seq || order_of(record) == Some(OrderId(seq)))
            };
            found.extend(self.block(start)?.iter().filter(follows).map(|record| record.seq));
            start += BLOCK;
        }
        let late = self.links()?.iter().flat_map(|links| &links.late).filter(|late| late.of == seq);
        found.extend(late.map(|late| late.seq));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The fills that closed round trips of interest, in order.
    pub fn pieces(&mut self, of_interest: impl Fn(&Piece) -> bool) -> Result<Vec<Piece>, ExplainError> {
        let pieces = self.links()?.iter().flat_map(|links| &links.pieces);
        Ok(pieces.filter(|piece| of_interest(piece)).copied().collect())
    }

    /// The records of fills that the venue gave this id.
    pub fn fills(&mut self, fill_id: u64) -> Result<Vec<u64>, ExplainError> {
        let fills = self.chapters.fills(&mut self.reader)?;
        Ok(fills.iter().flatten().filter(|(id, _)| *id == fill_id).map(|(_, seq)| *seq).collect())
    }

    /// How many records are before a time.
    pub fn before(&mut self, at: Timestamp) -> Result<u64, ExplainError> {
        let (start, end) = self.chapters.around(|mark| mark.at < at);
        let (mut low, mut high) = (start, end.unwrap_or(self.count()));
        // By blocks first: each costs as much as a record.
        while high - low > BLOCK {
            let middle = low + (high - low) / 2;
            match self.block(middle)?.iter().find(|record| record.seq >= middle) {
                Some(record) if record.at < at => low = record.seq + 1,
                Some(_) => high = middle,
                None => break,
            }
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.record(middle)?.at < at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// When the last record was.
    pub fn ended_at(&mut self) -> Result<Timestamp, ExplainError> {
        let last = self.count().saturating_sub(1);
        Ok(self.record(last)?.at)
    }

    /// How the session began.
    pub fn session(&mut self) -> Result<Session, ExplainError> {
        match self.record(0)?.event {
            Event::Input(Input::SessionStarted(session)) => Ok(*session),
            _ => Err(ExplainError::NoSuch("record 0 is not the start of a session, as it is in every log".to_owned())),
        }
    }

    /// What the session ran with at a record; `None` when its configuration is none of this build's.
    pub fn stage(&mut self, seq: u64) -> Result<Option<Stage>, ExplainError> {
        if self.stages.is_none() {
            let session = self.session()?;
            let read = BlobStore::open(&self.folder).map_err(SessionError::from);
            self.stages = Some(read.and_then(|blobs| stages(session.config, &blobs)).unwrap_or_default());
        }
        let mut stages = self.stages.iter().flatten();
        Ok(stages.rfind(|stage| stage.from_seq <= seq).cloned())
    }

    fn links(&mut self) -> Result<&[Links], ExplainError> {
        let links = match self.links.take() {
            Some(links) => links,
            None => self.chapters.links(&mut self.reader)?,
        };
        Ok(self.links.insert(links))
    }

    /// The block that a record is in, as far as it is there.
    fn block(&mut self, seq: u64) -> Result<&[Record], ExplainError> {
        let start = seq - seq % BLOCK;
        if !self.blocks.contains_key(&start) {
            if self.blocks.len() >= MAX_BLOCKS {
                self.blocks.clear();
            }
            let records = self.read_block(start)?;
            self.blocks.insert(start, records);
        }
        Ok(self.blocks.get(&start).map_or(&[], Vec::as_slice))
    }

    fn read_block(&mut self, start: u64) -> Result<Vec<Record>, ExplainError> {
        let mut records = Vec::new();
        self.reader.seek(start)?;
        // A live log's blocks are in several frames.
        while let Some(frame) = self.reader.next_block()? {
            records.extend(frame.iter().filter(|record| record.seq < start + BLOCK).cloned());
            if frame.last().is_none_or(|last| last.seq + 1 >= start + BLOCK) {
                break;
            }
        }
        Ok(records)
    }
}
