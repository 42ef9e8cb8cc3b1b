//! A log in chapters: its snapshots, and what is folded where there are none.
//!
//! A chapter ends just before a checkpoint, whose hash in the log is that of the state: so a snapshot's state is proven
//! by the log, and one that is not is folded again. What is beside the state names records, which are read from the log.

use std::collections::BTreeSet;
use std::path::Path;

use data::log::{Mark, Reader, Section, Snapshot, Snapshots};
use engine::event::{Decision, Event, Hash, Record};
use engine::state::{LAYOUT, State};

use super::ExplainError;
use super::scribe::{Chapter, Fills, Links, Moment, Scribe};
use crate::rebuild::RebuildError;
use crate::session::BUILD;

const MOMENT: usize = 0;
const LINKS: usize = 1;
const FILLS: usize = 2;

/// The snapshots of a run that this build can read.
pub fn snapshots(run: &Path) -> Snapshots {
    Snapshots::of(run, BUILD, LAYOUT)
}

/// Writes a chapter. What cannot be written is missed by no one: it is folded again.
pub fn keep(snapshots: &Snapshots, chapter: &Chapter) -> std::io::Result<()> {
    let Chapter { mark, moment, links, fills } = chapter;
    snapshots.put(mark, &[Section::of(moment)?, Section::of(links)?, Section::of(fills)?])
}

/// All chapters of a log without a gap, and the rest after the last one.
pub struct Chapters {
    snapshots: Snapshots,
    span: u64,
    known: Vec<Known>,
    /// Those that were not what the log says of them.
    distrusted: BTreeSet<u64>,
    rest: (Links, Fills),
}

/// A chapter.
struct Known {
    mark: Mark,
    /// What is linked in it, where no file says so.
    held: Option<(Links, Fills)>,
}

/// The end of an attempt to do without a snapshot that is not what it should be.
enum Attempt<T> {
    Done(T),
    /// The one of so many records is not to be trusted.
    Distrust(u64),
}

impl Chapters {
    /// Of a log in a folder, in chapters of at least `span` records. What no snapshot has is folded, and written down.
    pub fn open(run: &Path, span: u64, reader: &mut Reader) -> Result<Self, ExplainError> {
        let (distrusted, rest) = Default::default();
        let mut chapters = Self { snapshots: snapshots(run), span, known: Vec::new(), distrusted, rest };
        chapters.mend(reader)?;
        Ok(chapters)
    }

    /// The moment after the first `count` records. `near` is one that is known already.
    pub fn moment(&mut self, reader: &mut Reader, count: u64, near: Option<Moment>) -> Result<Moment, ExplainError> {
        let mut near = near.filter(|near| near.state.count <= count);
        loop {
            let behind = self.known.iter().filter(|known| known.held.is_none() && known.mark.count <= count);
            let behind = behind.map(|known| known.mark.count).next_back().unwrap_or(0);
            let begin = match near.take() {
                Some(near) if near.state.count >= behind => Some(near),
                _ => self.load(reader, behind)?,
            };
            if let Some(mut moment) = begin {
                fold(reader, &mut moment, count)?;
                return Ok(moment);
            }
            self.distrust(behind);
            self.mend(reader)?;
        }
    }

    /// What is linked in all of the log, in its order.
    pub fn links(&mut self, reader: &mut Reader) -> Result<Vec<Links>, ExplainError> {
        self.all(reader, LINKS, |held| &held.0)
    }

    /// All fills of the log, in its order.
    pub fn fills(&mut self, reader: &mut Reader) -> Result<Vec<Fills>, ExplainError> {
        self.all(reader, FILLS, |held| &held.1)
    }

    /// Between which counts of records a time is crossed.
    pub fn around(&self, is_before: impl Fn(&Mark) -> bool) -> (u64, Option<u64>) {
        let after = self.known.partition_point(|known| is_before(&known.mark));
        let start = after.checked_sub(1).map_or(0, |index| self.known[index].mark.count);
        (start, self.known.get(after).map(|known| known.mark.count))
    }

    fn all<T: Clone + serde::de::DeserializeOwned>(
        &mut self,
        reader: &mut Reader,
        section: usize,
        held: fn(&(Links, Fills)) -> &T,
    ) -> Result<Vec<T>, ExplainError> {
        loop {
            let mut all = Vec::new();
            let mut damaged = None;
            for known in &self.known {
                let part = match &known.held {
                    Some(both) => Some(held(both).clone()),
                    None => self.read(&known.mark).and_then(|snapshot| snapshot.section(section)),
                };
                match part {
                    Some(part) => all.push(part),
                    None => damaged = Some(known.mark.count),
                }
            }
            let Some(count) = damaged else {
                all.push(held(&self.rest).clone());
                return Ok(all);
            };
            self.distrust(count);
            self.mend(reader)?;
        }
    }

    fn read(&self, mark: &Mark) -> Option<Snapshot> {
        self.snapshots.read(mark.count).filter(|snapshot| snapshot.mark == *mark)
    }

    fn distrust(&mut self, count: u64) {
        self.snapshots.remove(count);
        self.distrusted.insert(count);
    }

    /// Finds what there is, and folds what is missing.
    fn mend(&mut self, reader: &mut Reader) -> Result<(), ExplainError> {
        while let Attempt::Distrust(count) = self.attempt(reader)? {
            self.distrust(count);
        }
        Ok(())
    }

    fn attempt(&mut self, reader: &mut Reader) -> Result<Attempt<()>, ExplainError> {
        let end = reader.count();
        let mut marks = self.snapshots.list();
        marks.retain(|mark| mark.count < end && !self.distrusted.contains(&mark.count));
        // Those of another log are not of this one to the last.
        if let Some(last) = marks.last()
            && bond_at(reader, last.count)?.is_none_or(|checkpoint| checkpoint.bond != last.bond)
        {
            return Ok(Attempt::Distrust(last.count));
        }
        self.known.clear();
        for mark in marks {
            let covered = self.covered();
            if mark.from < covered {
                return Ok(Attempt::Distrust(mark.count));
            }
            if mark.from > covered
                && let Attempt::Distrust(count) = self.fill_gap(reader, mark.from)?
            {
                return Ok(Attempt::Distrust(if count == mark.from { mark.count } else { count }));
            }
            self.known.push(Known { mark, held: None });
        }
        self.fold_rest(reader)
    }

    fn covered(&self) -> u64 {
        self.known.last().map_or(0, |known| known.mark.count)
    }

    /// Folds chapters up to where the next one begins.
    fn fill_gap(&mut self, reader: &mut Reader, until: u64) -> Result<Attempt<()>, ExplainError> {
        let Some(checkpoint) = bond_at(reader, until)? else { return Ok(Attempt::Distrust(until)) };
        let attempt = self.fold_chapters(reader, until)?;
        let Attempt::Done((mut scribe, moment)) = attempt else { return Ok(attempt.without()) };
        let chapter = scribe.turn(moment.state, checkpoint.bond);
        self.add(&chapter);
        Ok(Attempt::Done(()))
    }

    fn fold_rest(&mut self, reader: &mut Reader) -> Result<Attempt<()>, ExplainError> {
        let end = reader.count();
        let attempt = self.fold_chapters(reader, end)?;
        let Attempt::Done((scribe, _)) = attempt else { return Ok(attempt.without()) };
        let (_, links, fills) = scribe.into_rest();
        self.rest = (links, fills);
        Ok(Attempt::Done(()))
    }

    /// Goes on from the last chapter, adding those that are full.
    fn fold_chapters(&mut self, reader: &mut Reader, until: u64) -> Result<Attempt<(Scribe, Moment)>, ExplainError> {
        let from = self.covered();
        let loaded = match self.known.last() {
            // Its state is nowhere.
            Some(Known { held: Some(_), .. }) => Some(self.moment_before(reader, from)?),
            _ => self.load(reader, from)?,
        };
        let Some(mut moment) = loaded else { return Ok(Attempt::Distrust(from)) };
        let mut scribe = Scribe::after(&moment, self.span);
        reader.seek(from)?;
        while let Some(block) = reader.next_block()? {
            for record in block {
                if record.seq >= until {
                    break;
                }
                agrees(&moment.state, record)?;
                if let Some(bond) = scribe.ends_at(record) {
                    let chapter = scribe.turn(moment.state.clone(), bond);
                    self.add(&chapter);
                }
                moment.state.apply(record);
                scribe.note(&moment.state, record);
            }
            if moment.state.count >= until {
                break;
            }
        }
        Ok(Attempt::Done((scribe, moment)))
    }

    /// The moment where a chapter ends that no file has.
    fn moment_before(&mut self, reader: &mut Reader, count: u64) -> Result<Moment, ExplainError> {
        let written = self.known.iter().filter(|known| known.held.is_none()).map(|known| known.mark.count).next_back();
        let mut moment = written.map_or(Ok(None), |count| self.load(reader, count))?.unwrap_or_default();
        fold(reader, &mut moment, count)?;
        Ok(moment)
    }

    fn add(&mut self, chapter: &Chapter) {
        let is_kept = keep(&self.snapshots, chapter).is_ok();
        // What was not to be trusted once is made again for the next time, and not asked again this time.
        let is_read = is_kept && !self.distrusted.contains(&chapter.mark.count);
        let held = (!is_read).then(|| (chapter.links.clone(), chapter.fills.clone()));
        self.known.push(Known { mark: chapter.mark, held });
    }

    /// The moment of a snapshot, if the log says the same of its state.
    fn load(&self, reader: &mut Reader, count: u64) -> Result<Option<Moment>, ExplainError> {
        if count == 0 {
            return Ok(Some(Moment::default()));
        }
        let Some(snapshot) = self.snapshots.read(count) else { return Ok(None) };
        let Some(moment) = snapshot.section::<Moment>(MOMENT) else { return Ok(None) };
        let proven = bond_at(reader, count)?.is_some_and(|checkpoint| {
            let same = !checkpoint.is_comparable || moment.state.hash() == checkpoint.bond;
            same && snapshot.mark.bond == checkpoint.bond && moment.state.count == count
        });
        Ok(proven.then_some(moment))
    }
}

impl<T> Attempt<T> {
    fn without(self) -> Attempt<()> {
        match self {
            Self::Done(_) => Attempt::Done(()),
            Self::Distrust(count) => Attempt::Distrust(count),
        }
    }
}

/// Goes on to a later moment.
fn fold(reader: &mut Reader, moment: &mut Moment, count: u64) -> Result<(), ExplainError> {
    if moment.state.count >= count {
        return Ok(());
    }
    let mut scribe = Scribe::after(moment, u64::MAX);
    reader.seek(moment.state.count)?;
    while let Some(block) = reader.next_block()? {
        for record in block.iter().take_while(|record| record.seq < count) {
            agrees(&moment.state, record)?;
            moment.state.apply(record);
            scribe.note(&moment.state, record);
        }
        if block.last().is_some_and(|last| last.seq + 1 >= count) {
            break;
        }
    }
    (moment.notes, ..) = scribe.into_rest();
    Ok(())
}

/// What the log says of the state before a checkpoint.
struct Bond {
    bond: Hash,
    /// Whether this build hashes a state as the one that wrote the log did.
    is_comparable: bool,
}

fn bond_at(reader: &mut Reader, seq: u64) -> Result<Option<Bond>, ExplainError> {
    if seq >= reader.count() {
        return Ok(None);
    }
    reader.seek(seq)?;
    let record = reader.next_block()?.and_then(|block| block.first()).filter(|record| record.seq == seq);
    Ok(record.and_then(bond_of))
}

fn bond_of(record: &Record) -> Option<Bond> {
    let Event::Decision(Decision::Checkpoint(checkpoint)) = &record.event else { return None };
    Some(Bond { bond: checkpoint.state, is_comparable: !(1..LAYOUT).contains(&checkpoint.layout) })
}

/// Checks a checkpoint on the way.
fn agrees(state: &State, record: &Record) -> Result<(), RebuildError> {
    let Some(Bond { bond: checkpoint, is_comparable: true }) = bond_of(record) else { return Ok(()) };
    let rebuilt = state.hash();
    if rebuilt == checkpoint { Ok(()) } else { Err(RebuildError::Checkpoint { seq: record.seq, rebuilt, checkpoint }) }
}
