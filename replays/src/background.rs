//! A log writer on a thread of its own: encoding, hashing and compressing go on beside the engine.
//!
//! For runs whose decisions leave nothing but simulated orders. Nothing is acknowledged here; who needs that
//! (live trading) waits for a durable log instead.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use data::log::{LogError, Writer};
use engine::event::Record;

use crate::run::{Log, RunError};

/// Records that change threads at once.
const BATCH: usize = 1_024;
/// Batches that may wait to be written: the most that is in memory.
const WAITING: usize = 8;

/// Hands records over to a [`Writer`].
pub struct Background {
    batch: Vec<Record>,
    full: Option<SyncSender<Vec<Record>>>,
    empty: Receiver<Vec<Record>>,
    thread: Option<JoinHandle<Result<Writer, LogError>>>,
}

impl Background {
    /// Starts the thread.
    pub fn new(mut writer: Writer) -> Self {
        let (full, filled) = sync_channel::<Vec<Record>>(WAITING);
        let (emptied, empty) = channel();
        let thread = std::thread::spawn(move || {
            for mut batch in filled {
                writer.append(&batch)?;
                batch.clear();
                // When nobody wants it back, the run is over.
                let _ = emptied.send(batch);
            }
            Ok(writer)
        });
        Self { batch: Vec::with_capacity(BATCH), full: Some(full), empty, thread: Some(thread) }
    }

    /// Waits until everything is written, and gives the writer back to be closed.
    pub fn finish(mut self) -> Result<Writer, LogError> {
        self.hand_over()?;
        self.join()
    }

    fn hand_over(&mut self) -> Result<(), LogError> {
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
        let batch = std::mem::replace(&mut self.batch, next);
        match self.full.as_ref().map(|full| full.send(batch)) {
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
}
