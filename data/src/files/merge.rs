//! Several files in one order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::event::Input;
use engine::time::Timestamp;

use super::FileError;
use super::reader::Reader;
use super::sequence::Sequence;

/// Gives the events of all readers by time; at equal times, in the order in which the readers were given.
///
/// Holds one event a reader, whatever the files' sizes.
pub(super) struct Merge {
    readers: Vec<Reader>,
    heads: Vec<Option<Input>>,
    /// Readers that wait, each at its head's time. The one that is being read is not among them.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// The reader of the event given last; it has not read on since.
    current: Option<usize>,
    sequence: Sequence,
    after_gap: Option<(Timestamp, Input)>,
}

impl Merge {
    pub(super) fn new(readers: Vec<Reader>) -> Result<Self, FileError> {
        let heads = readers.iter().map(|_| None).collect();
        let (waiting, sequence) = (BinaryHeap::new(), Sequence::default());
        let mut merge = Self { readers, heads, waiting, current: None, sequence, after_gap: None };
        for index in 0..merge.readers.len() {
            if let Some((at, input)) = merge.readers[index].next()? {
                merge.heads[index] = Some(input);
                merge.waiting.push(Reverse((at, index)));
            }
        }
        Ok(merge)
    }

    /// The next event, and before a bar the gap that it ends.
    pub(super) fn next(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        if let Some(event) = self.after_gap.take() {
            return Ok(Some(event));
        }
        while let Some((at, input)) = self.in_order()? {
            match self.sequence.take(&input) {
                Ok(None) => return Ok(Some((at, input))),
                Ok(Some(gap)) => {
                    self.after_gap = Some((at, input));
                    return Ok(Some((at, Input::FeedGap(Box::new(gap)))));
                }
                Err(fault) => {
                    if let Some(index) = self.current {
                        let line = self.readers[index].line();
                        self.readers[index].refuse(line, fault)?;
                    }
                }
            }
        }
        Ok(None)
    }

    fn in_order(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        if let Some(index) = self.current.take()
            && let Some((at, input)) = self.readers[index].next()?
        {
            if self.waiting.peek().is_none_or(|&Reverse(waiting)| (at, index) < waiting) {
                self.current = Some(index);
                return Ok(Some((at, input)));
            }
            self.heads[index] = Some(input);
            self.waiting.push(Reverse((at, index)));
        }
        let Some(Reverse((at, index))) = self.waiting.pop() else { return Ok(None) };
        self.current = Some(index);
        Ok(self.heads[index].take().map(|input| (at, input)))
    }

    /// Rows that were skipped.
    pub(super) fn skipped(&self) -> u64 {
        self.readers.iter().map(Reader::skipped).sum()
    }
}
