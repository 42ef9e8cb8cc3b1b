//! Rebuilds state and summary from a log, without running the engine.

use data::log::{LogError, Reader};
use engine::event::{Decision, Event, Hash, Record};
use engine::state::{LAYOUT, State};

use crate::report::Report;

/// A log cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The log is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The fold of the records is not the state that the engine had.
    #[error(
        "the state rebuilt up to record {seq} is {rebuilt}, but the checkpoint there says {checkpoint}: a record before it is not what the engine wrote"
    )]
    Checkpoint {
        /// The checkpoint's seq.
        seq: u64,
        /// The hash of the fold.
        rebuilt: Hash,
        /// The hash that the engine logged.
        checkpoint: Hash,
    },
}

/// Folds a whole log, checking every checkpoint on the way.
pub fn rebuild(reader: &mut Reader) -> Result<(State, Report), RebuildError> {
    let mut state = State::default();
    let mut report = Report::default();
    while let Some(records) = reader.next_block()? {
        for record in records {
            fold(&mut state, &mut report, record)?;
        }
    }
    Ok((state, report))
}

fn fold(state: &mut State, report: &mut Report, record: &Record) -> Result<(), RebuildError> {
    if let Event::Decision(Decision::Checkpoint(checkpoint)) = &record.event
        && !(1..LAYOUT).contains(&checkpoint.layout)
    {
        let rebuilt = state.hash();
        if rebuilt != checkpoint.state {
            return Err(RebuildError::Checkpoint { seq: record.seq, rebuilt, checkpoint: checkpoint.state });
        }
    }
    report.before(state, record.at);
    state.apply(record);
    report.after(state, core::slice::from_ref(record));
    Ok(())
}
