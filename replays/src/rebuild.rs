//! Rebuilds state and summary from a log, without running the engine.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

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

/// How many blocks of records wait at most.
const AHEAD: usize = 4;

/// Folds a whole log, checking every checkpoint on the way.
pub fn rebuild(reader: &mut Reader) -> Result<(State, Report), RebuildError> {
    let (mut state, mut report) = (State::default(), Report::detailed());
    ahead(reader, |block| block.iter().try_for_each(|record| fold(&mut state, &mut report, record)))?;
    Ok((state, report))
}

/// Hands a log's records on in blocks. Reading them is as much work as folding them, so it has a thread of its own that is
/// some blocks ahead.
pub fn ahead<E: From<LogError>>(reader: &mut Reader, mut each: impl FnMut(&[Record]) -> Result<(), E>) -> Result<(), E> {
    let (ready, blocks) = sync_channel(AHEAD);
    let (spent, room) = channel();
    thread::scope(|scope| {
        scope.spawn(move || read(reader, &ready, &room));
        for block in blocks {
            let block: Vec<Record> = block?;
            each(&block)?;
            // At the end of the log nobody needs the room.
            let _ = spent.send(block);
        }
        Ok(())
    })
}

/// Reads until the end, the first error, or nobody listens any more.
fn read(reader: &mut Reader, ready: &SyncSender<Result<Vec<Record>, LogError>>, room: &Receiver<Vec<Record>>) {
    loop {
        let mut block = room.try_recv().unwrap_or_default();
        let block = match reader.next_block_into(&mut block) {
            Ok(false) => return,
            Ok(true) => Ok(block),
            Err(error) => Err(error),
        };
        let is_last = block.is_err();
        if ready.send(block).is_err() || is_last {
            return;
        }
    }
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
    if let Event::Input(input) = &record.event {
        report.before(state, record.at, input);
    }
    state.apply(record);
    report.after(state, core::slice::from_ref(record));
    Ok(())
}
