//! A fork's log beside its parent's: where they part.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use data::log::{LogError, Reader};
use engine::event::{Checkpoint, Decision, Event, Input, Record};
use engine::state::State;
use engine::text::Names;
use engine::time::Timestamp;

use crate::run::{Log, RunError};
use crate::verify::VerifyError;

/// The first record in which a fork is not its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The parent's record.
    pub parent: Option<Line>,
    /// The fork's; `None` when it had ended.
    pub fork: Option<Line>,
}

/// A record in the one text form.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Its seq.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Its text, seq and time included.
    pub text: String,
}

/// Writes a fork's records, and compares them with its parent's until they part.
pub(super) struct Beside<L> {
    log: L,
    parent: Option<Reader>,
    expected: VecDeque<Record>,
    at_seq: u64,
    names: [Names; 2],
    divergence: Option<Divergence>,
    /// Whether the parent was left before its end: what comes then is only in the fork.
    is_over: bool,
    /// The seq of the first record that differs.
    diverged: Rc<Cell<Option<u64>>>,
}

impl<L> Beside<L> {
    pub(super) fn new(log: L, parent: Reader, at_seq: u64, diverged: Rc<Cell<Option<u64>>>) -> Self {
        let (expected, names) = (VecDeque::new(), [Names::default(), Names::default()]);
        Self { log, parent: Some(parent), expected, at_seq, names, divergence: None, is_over: false, diverged }
    }

    /// The log, and where it left its parent.
    pub(super) fn into_parts(mut self) -> (L, Option<Divergence>) {
        let left = if self.divergence.is_none() { self.next().ok().flatten() } else { None };
        if let Some(left) = left {
            let parent = Some(line(&self.names[0], &left));
            self.divergence = Some(Divergence { parent, fork: None });
        }
        (self.log, self.divergence)
    }

    fn next(&mut self) -> Result<Option<Record>, LogError> {
        while self.expected.is_empty() {
            let Some(parent) = &mut self.parent else { return Ok(None) };
            match parent.next_block()? {
                Some(records) => self.expected.extend(records.iter().cloned()),
                None => self.parent = None,
            }
        }
        Ok(self.expected.pop_front())
    }

    fn compare(&mut self, record: &Record) -> Result<(), RunError> {
        let parent = self.next()?;
        if let Some(parent) = &parent {
            self.names[0].learn(parent);
        }
        self.names[1].learn(record);
        if parent.as_ref().is_some_and(|parent| is_same(parent, record)) {
            return Ok(());
        }
        if parent.is_none() && record.seq >= self.at_seq {
            self.is_over = true;
            return Ok(());
        }
        let (logged, derived) = (parent.map(|parent| line(&self.names[0], &parent)), line(&self.names[1], record));
        if record.seq < self.at_seq {
            let logged = logged.map_or_else(|| "nothing".to_owned(), |logged| logged.text);
            return Err(VerifyError::Differs { seq: record.seq, logged, derived: derived.text }.into());
        }
        self.diverged.set(Some(record.seq));
        self.divergence = Some(Divergence { parent: logged, fork: Some(derived) });
        (self.parent, self.expected) = (None, VecDeque::new());
        Ok(())
    }
}

impl<L: Log> Log for Beside<L> {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        for record in records {
            if self.divergence.is_some() || self.is_over {
                break;
            }
            self.compare(record)?;
        }
        self.log.append(records)
    }

    fn stepped(&mut self, state: &State, records: &[Record]) -> Result<(), RunError> {
        self.log.stepped(state, records)
    }
}

fn line(names: &Names, record: &Record) -> Line {
    Line { seq: record.seq, at: record.at, text: names.line(record).to_string() }
}

/// Whether two records are the same but for the session, and for the hashes of states that have it in them.
fn is_same(parent: &Record, fork: &Record) -> bool {
    let places = |record: &Record| (record.seq, record.at, record.cause);
    match (&parent.event, &fork.event) {
        (Event::Input(Input::SessionStarted(_)), Event::Input(Input::SessionStarted(_))) => places(parent) == places(fork),
        (Event::Decision(Decision::Checkpoint(theirs)), Event::Decision(Decision::Checkpoint(ours))) => {
            let remembered = |checkpoint: &Checkpoint| (checkpoint.layout, checkpoint.strategies);
            places(parent) == places(fork) && (theirs.layout != ours.layout || remembered(theirs) == remembered(ours))
        }
        _ => parent == fork,
    }
}
