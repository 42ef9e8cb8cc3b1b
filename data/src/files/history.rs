//! The stream that a run reads: files are parsed ahead of it, on a thread of their own.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::event::Input;
use engine::instrument::Instrument;
use engine::time::Timestamp;

use super::FileError;
use super::merge::Merge;
use super::source::Source;

/// Events that change threads at once.
const BATCH: usize = 512;

/// Batches that may wait for the reader of the stream: with those in work, the most that is ever in memory.
const WAITING: usize = 8;

type Batch = VecDeque<(Timestamp, Input)>;

enum Message {
    Events(Batch),
    Failed(FileError),
    Ended { skipped: u64 },
}

/// Events in one order of time. At equal times, the file that was given first comes first.
///
/// After an error there is nothing more. Dropping it ends its thread.
pub struct History {
    batch: Batch,
    filled: Option<Receiver<Message>>,
    emptied: Sender<Batch>,
    thread: Option<JoinHandle<()>>,
    skipped: u64,
    waited: Duration,
}

/// Starts to read the sources, each as its instrument.
pub fn history(sources: Vec<(Source, Instrument)>) -> History {
    start(move |fill, empty| {
        // That nobody listens any more is no failure.
        let _ = read(sources, fill, empty).or_else(|stop| match stop {
            Stop::Failed(error) => fill.send(Message::Failed(error)).map_err(|_| ()),
            Stop::Unwanted => Err(()),
        });
    })
}

fn start(work: impl FnOnce(&SyncSender<Message>, &Receiver<Batch>) + Send + 'static) -> History {
    let (fill, filled) = sync_channel(WAITING);
    let (emptied, empty) = channel();
    let thread = std::thread::spawn(move || work(&fill, &empty));
    History { batch: Batch::new(), filled: Some(filled), emptied, thread: Some(thread), skipped: 0, waited: Duration::ZERO }
}

enum Stop {
    Failed(FileError),
    Unwanted,
}

impl From<FileError> for Stop {
    fn from(error: FileError) -> Self {
        Self::Failed(error)
    }
}

fn read(sources: Vec<(Source, Instrument)>, fill: &SyncSender<Message>, empty: &Receiver<Batch>) -> Result<(), Stop> {
    let mut merge = Merge::new(sources)?;
    loop {
        let mut batch = match empty.try_recv() {
            Ok(batch) => batch,
            Err(TryRecvError::Empty) => Batch::with_capacity(BATCH),
            Err(TryRecvError::Disconnected) => return Err(Stop::Unwanted),
        };
        let ended = loop {
            match merge.next() {
                Ok(Some(event)) => batch.push_back(event),
                Ok(None) => break Some(Ok(())),
                // What came before the bad row is given out first.
                Err(error) => break Some(Err(error)),
            }
            if batch.len() == BATCH {
                break None;
            }
        };
        fill.send(Message::Events(batch)).map_err(|_| Stop::Unwanted)?;
        match ended {
            None => {}
            Some(Ok(())) => return fill.send(Message::Ended { skipped: merge.skipped() }).map_err(|_| Stop::Unwanted),
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

impl History {
    /// For how long the stream's reader had to wait for rows to be read and parsed.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Rows that were skipped because they were bad; known when the stream has ended.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    #[cold]
    fn refill(&mut self) -> Option<Result<(Timestamp, Input), FileError>> {
        loop {
            let asked = Instant::now();
            let message = self.filled.as_ref()?.recv();
            self.waited += asked.elapsed();
            match message {
                Ok(Message::Events(mut batch)) => {
                    std::mem::swap(&mut self.batch, &mut batch);
                    // The thread may have ended already; then nobody needs the empty batch.
                    let _ = self.emptied.send(batch);
                    if let Some(event) = self.batch.pop_front() {
                        return Some(Ok(event));
                    }
                }
                Ok(Message::Ended { skipped }) => {
                    self.skipped = skipped;
                    self.filled = None;
                    return None;
                }
                Ok(Message::Failed(error)) => {
                    self.filled = None;
                    return Some(Err(error));
                }
                Err(_) => {
                    self.filled = None;
                    return Some(Err(FileError::Stopped));
                }
            }
        }
    }
}

impl Iterator for History {
    type Item = Result<(Timestamp, Input), FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.batch.pop_front() {
            Some(event) => Some(Ok(event)),
            None => self.refill(),
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.filled = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has been reported by the stream.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_is_an_error_of_the_stream_after_what_it_gave() {
        let mut stream = start(|fill, _| {
            fill.send(Message::Events(Batch::from([(Timestamp(1), Input::Timer)]))).unwrap();
            panic!("on purpose");
        });
        assert!(matches!(stream.next(), Some(Ok((Timestamp(1), Input::Timer)))));
        assert!(matches!(stream.next(), Some(Err(FileError::Stopped))));
        assert!(stream.next().is_none());
    }
}
