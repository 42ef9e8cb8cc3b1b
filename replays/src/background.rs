//! A log writer on a thread of its own: encoding, hashing and compressing go on beside the engine.
//!
//! For runs whose decisions leave nothing but simulated orders. Nothing is acknowledged here; who needs that
//! (live trading) waits for a durable log instead.
//!
//! The same thread writes snapshots beside the log: of the run's own thread they cost a copy of the state each.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use data::log::{LogError, Snapshots, Writer};
use engine::event::Record;
use engine::state::State;

use crate::explain::chapters::keep;
use crate::explain::scribe::{Chapter, SPAN, Scribe};
use crate::run::{Log, RunError};

/// Records that change threads at once.
const BATCH: usize = 1_024;
/// Batches that may wait to be written: the most that is in memory.
const WAITING: usize = 8;

/// Hands records over to a [`Writer`].
pub struct Background {
    batch: Vec<Record>,
    full: Option<SyncSender<Job>>,
    empty: Receiver<Vec<Record>>,
    thread: Option<JoinHandle<Result<Writer, LogError>>>,
    snapshots: Option<(Snapshots, Scribe)>,
}

/// What the thread does.
enum Job {
    Records(Vec<Record>),
    Snapshot(Snapshots, Box<Chapter>),
}

impl Background {
    /// Starts the thread.
    pub fn new(mut writer: Writer) -> Self {
        let (full, filled) = sync_channel::<Job>(WAITING);
        let (emptied, empty) = channel();
        let thread = std::thread::spawn(move || {
            for job in filled {
                match job {
                    Job::Records(mut batch) => {
                        writer.append(&batch)?;
                        batch.clear();
                        // When nobody wants it back, the run is over.
                        let _ = emptied.send(batch);
                    }
                    // One that cannot be written is made again from the log when it is wanted.
                    Job::Snapshot(snapshots, chapter) => drop(keep(&snapshots, &chapter)),
                }
            }
            Ok(writer)
        });
        Self { batch: Vec::with_capacity(BATCH), full: Some(full), empty, thread: Some(thread), snapshots: None }
    }

    /// Writes snapshots too.
    pub fn with_snapshots(self, snapshots: Snapshots) -> Self {
        Self { snapshots: Some((snapshots, Scribe::new(SPAN))), ..self }
    }

    /// Waits until everything is written, and gives the writer back to be closed.
    pub fn finish(mut self) -> Result<Writer, LogError> {
        self.hand_over()?;
        self.join()
    }

    fn hand_over(&mut self) -> Result<(), LogError> {
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
        let batch = std::mem::replace(&mut self.batch, next);
        self.send(Job::Records(batch))
    }

    fn send(&mut self, job: Job) -> Result<(), LogError> {
        match self.full.as_ref().map(|full| full.send(job)) {
            Some(Ok(())) => Ok(()),
            // The thread ends early only with an error.
            _ => self.join().map(drop),
        }
    }

    fn join(&mut self) -> Result<Writer, LogError> {
        self.full = None;
        let thread = self.thread.take().ok_or_else(|| LogError::Poisoned { reason: "an earlier write failed".to_owned() })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Log for Background {
    #[inline]
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        self.batch.extend_from_slice(records);
        if self.batch.len() >= BATCH {
            self.hand_over()?;
        }
        Ok(())
    }

    #[inline]
    fn stepped(&mut self, state: &State, records: &[Record]) -> Result<(), RunError> {
        let Some((snapshots, scribe)) = &mut self.snapshots else { return Ok(()) };
        if let Some(chapter) = scribe.step(state, records) {
            let snapshots = snapshots.clone();
            self.send(Job::Snapshot(snapshots, chapter))?;
        }
        Ok(())
    }
}
