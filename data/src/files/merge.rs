//! Several files in one order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use engine::event::Input;
use engine::time::Timestamp;

use super::FileError;
use super::reader::Reader;

/// Gives the events of all readers by time; at equal times, in the order in which the readers were given.
///
/// Holds one event a reader, whatever the files' sizes.
pub(super) struct Merge {
    readers: Vec<Reader>,
    heads: Vec<Option<Input>>,
    /// Readers that wait, each at its head's time. The one that is being read is not among them.
    waiting: BinaryHeap<Reverse<(Timestamp, usize)>>,
    current: Option<usize>,
}

impl Merge {
    pub(super) fn new(readers: Vec<Reader>) -> Result<Self, FileError> {
        let heads = readers.iter().map(|_| None).collect();
        let mut merge = Self { readers, heads, waiting: BinaryHeap::new(), current: None };
        for index in 0..merge.readers.len() {
            if let Some((at, input)) = merge.readers[index].next()? {
                merge.heads[index] = Some(input);
                merge.waiting.push(Reverse((at, index)));
            }
        }
        Ok(merge)
    }

    pub(super) fn next(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
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
