//! Several files in one order of time.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use engine::event::Input;
use engine::instrument::Instrument;
use engine::time::Timestamp;

use super::FileError;
use super::archive::Origin;
use super::reader::Reader;
use super::sequence::Sequence;
use super::source::Source;

/// Gives the events of all sources by time; at equal times, in the order in which the sources were given.
///
/// Holds one event a source, whatever the files' sizes. A file is opened when its time comes and closed at its end, so
/// years of daily files need no more than a few open ones.
pub(super) struct Merge {
    slots: Vec<Slot>,
    /// Sources that wait, each at its head's time. The one that is being read is not among them.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// The source of the event given last; it has not been read on since.
    current: Option<usize>,
    sequence: Sequence,
    after_gap: Option<(Timestamp, Input)>,
    skipped: u64,
}

enum Slot {
    /// Nothing in it comes before its time in `waiting`.
    Closed(Box<(Source, Instrument)>),
    Open(Box<Reader>, Option<Input>),
    Ended,
}

impl Merge {
    pub(super) fn new(sources: Vec<(Source, Instrument)>) -> Result<Self, FileError> {
        refuse_repeated(&sources)?;
        let waiting = sources.iter().enumerate().map(|(index, (source, _))| Reverse((source.earliest, index))).collect();
        let slots = sources.into_iter().map(|source| Slot::Closed(Box::new(source))).collect();
        Ok(Self { slots, waiting, current: None, sequence: Sequence::default(), after_gap: None, skipped: 0 })
    }

    /// The next event, and before a bar the gap that it ends.
    pub(super) fn next(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        if let Some(event) = self.after_gap.take() {
            return Ok(Some(event));
        }
        while let Some((at, input)) = self.in_order()? {
            // What was given last is of the source that is being read.
            match self.sequence.take(self.current.unwrap_or(0), at, &input) {
                Ok(None) => return Ok(Some((at, input))),
                Ok(Some(gap)) => {
                    self.after_gap = Some((at, input));
                    return Ok(Some((at, Input::FeedGap(Box::new(gap)))));
                }
                Err(fault) => {
                    if let Some(Slot::Open(reader, _)) = self.current.map(|index| &mut self.slots[index]) {
                        reader.refuse(reader.line(), fault)?;
                    }
                }
            }
        }
        Ok(None)
    }

    fn in_order(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        loop {
            if let Some(index) = self.current.take()
                && let Slot::Open(reader, head) = &mut self.slots[index]
            {
                if let Some((at, input)) = reader.next()? {
                    if self.waiting.peek().is_none_or(|&Reverse(waiting)| (at, index) < waiting) {
                        self.current = Some(index);
                        return Ok(Some((at, input)));
                    }
                    *head = Some(input);
                    self.waiting.push(Reverse((at, index)));
                } else {
                    self.skipped += reader.skipped();
                    self.slots[index] = Slot::Ended;
                }
            }
            let Some(Reverse((at, index))) = self.waiting.pop() else { return Ok(None) };
            self.current = Some(index);
            match std::mem::replace(&mut self.slots[index], Slot::Ended) {
                Slot::Closed(source) => {
                    let (source, instrument) = *source;
                    self.slots[index] = Slot::Open(Box::new(Reader::new(source, instrument)?), None);
                }
                Slot::Open(reader, head) => {
                    self.slots[index] = Slot::Open(reader, None);
                    if let Some(input) = head {
                        return Ok(Some((at, input)));
                    }
                }
                Slot::Ended => {}
            }
        }
    }

    /// Rows that were skipped; all of them when the stream has ended.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// The same file twice would count everything in it twice.
fn refuse_repeated(sources: &[(Source, Instrument)]) -> Result<(), FileError> {
    let mut seen = BTreeSet::new();
    for (source, instrument) in sources {
        let Origin::File(path) = &source.origin else { continue };
        // A file that is gone by now is an error when it is opened.
        let Ok(canonical) = path.canonicalize() else { continue };
        if !seen.insert((instrument.id, canonical)) {
            return Err(source.origin.format_error("it is given twice: give it once"));
        }
    }
    Ok(())
}
