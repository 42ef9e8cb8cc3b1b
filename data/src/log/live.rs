//! Writing a log while it happens: every record durable before anything follows from it.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use engine::event::Record;

use super::BLOCK;
use super::anchor::{self, Head, State};
use super::chain::Chain;
use super::compact::compact;
use super::error::{Doing, LogError};
use super::frame::{self, Contents, FULL_ROWS};
use super::hot::{self, HotFile};
use super::reader::{Reader, Recovery};
use super::row;
use super::segment::{self, Heat, Segment};
use super::storage::Storage;
use super::writer::{Options, Sealed, must_be_free};

/// A log that grows. One thread writes: what is queued becomes a frame, is synced, and is then [durable](Self::durable).
///
/// Dropped without [`close`](Self::close) or [`leave`](Self::leave), it still writes what is queued, but does not seal the log.
#[derive(Debug)]
pub struct LiveWriter {
    shared: Arc<Shared>,
    storage: Arc<dyn Storage>,
    queue_bytes: usize,
    writing: Option<JoinHandle<Result<(Sealed, u64), LogError>>>,
    compacting: Option<JoinHandle<Result<(), LogError>>>,
}

/// What appenders and the writing thread share.
#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// The queue has records, or is closed.
    filled: Condvar,
    /// Records are durable, or writing failed.
    written: Condvar,
    durable: AtomicU64,
}

/// Rows that wait to be written.
#[derive(Debug, Default)]
struct Queue {
    rows: Vec<u8>,
    /// Where frames must end, since none goes over a block or grows too large: next seqs and offsets into `rows`.
    ends: Vec<(u64, usize)>,
    next: u64,
    ending: Option<Ending>,
    failure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Seal,
    Leave,
}

/// What the writing thread has to do next.
enum Taken {
    Rows,
    /// Nothing but to bring HEAD up to date.
    Nothing,
    Ended(Ending),
}

impl Queue {
    fn push(&mut self, record: &Record) -> Result<(), LogError> {
        let expected = self.next;
        if record.seq != expected {
            return Err(LogError::OutOfOrder { expected, found: record.seq });
        }
        row::encode(record, &mut self.rows).map_err(|source| LogError::Row { seq: record.seq, source })?;
        self.next += 1;
        let begun = self.ends.last().map_or(0, |end| end.1);
        if self.next.is_multiple_of(BLOCK) || self.rows.len() - begun >= FULL_ROWS {
            self.ends.push((self.next, self.rows.len()));
        }
        Ok(())
    }

    fn healthy(&self) -> Result<(), LogError> {
        match &self.failure {
            Some(reason) => Err(LogError::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}

impl LiveWriter {
    /// Begins a log in a folder that has none.
    pub fn create(storage: Arc<dyn Storage>, options: &Options) -> Result<Self, LogError> {
        must_be_free(&*storage)?;
        let head = Head::create(&*storage)?;
        Self::start(storage, options, Chain::default(), head, &[])
    }

    /// Goes on with a log; a torn tail is cut off.
    pub fn open(storage: Arc<dyn Storage>, options: &Options) -> Result<(Self, Recovery), LogError> {
        let anchor = anchor::read(&*storage)?.anchor;
        if anchor.state == State::Salvaged {
            return Err(LogError::Salvaged);
        }
        let (mut reader, recovery) = Reader::open(storage.clone())?;
        // Reading the last block checks it, and brings the chain to the end.
        reader.seek(recovery.count)?;
        while reader.next_block()?.is_some() {}
        let chain = reader.into_chain().ok_or(LogError::Salvaged)?;
        if let Some(torn) = &recovery.torn {
            let file = storage.edit(&torn.file).doing("open", &torn.file)?;
            file.set_len(torn.offset).doing("cut", &torn.file)?;
            file.sync().doing("sync", &torn.file)?;
        }
        let listing = segment::list(&*storage)?;
        for name in &listing.leftovers {
            storage.remove(name).doing("remove", name)?;
        }
        let mut head = Head::resume(&*storage, &anchor)?;
        // No slot may say any more that the log is closed, once it goes on.
        head.write_both(State::Open, chain.count(), chain.digest())?;
        let old: Vec<Segment> =
            listing.segments.into_iter().filter(|old| old.heat == Heat::Hot && old.first < chain.count()).collect();
        Ok((Self::start(storage, options, chain, head, &old)?, recovery))
    }

    fn start(storage: Arc<dyn Storage>, options: &Options, chain: Chain, head: Head, old: &[Segment]) -> Result<Self, LogError> {
        let shared = Arc::new(Shared::default());
        shared.lock().next = chain.count();
        shared.durable.store(chain.count(), Ordering::Release);
        let (full, to_compact) = mpsc::channel();
        for segment in old {
            full.send(segment.first).expect("the receiver is here");
        }
        let spare = Arc::new(AtomicBool::new(false));
        let hot = HotFile::create(storage.clone(), options.segment_bytes, chain.count(), full, spare.clone())?;
        let committer = Committer {
            shared: shared.clone(),
            hot,
            anchored: chain.count(),
            chain,
            head,
            frame: Vec::new(),
            anchored_at: Instant::now(),
            anchor_every: options.anchor_every,
        };
        let (folder, len) = (storage.clone(), options.segment_bytes);
        let writing = spawn("log-writer", move || committer.run())?;
        let compacting = spawn("log-compactor", move || hot::keep_up(&*folder, len, &to_compact, &spare))?;
        let queue_bytes = options.queue_bytes;
        Ok(Self { shared, storage, queue_bytes, writing: Some(writing), compacting: Some(compacting) })
    }

    /// Queues records; their seqs go on where the log ends. Waits while the queue is full.
    pub fn append(&self, records: &[Record]) -> Result<(), LogError> {
        let mut queue = self.shared.lock();
        for record in records {
            while queue.rows.len() >= self.queue_bytes && queue.failure.is_none() {
                self.shared.filled.notify_one();
                queue = self.shared.wait_written(queue);
            }
            queue.healthy()?;
            queue.push(record)?;
        }
        queue.healthy()?;
        drop(queue);
        self.shared.filled.notify_one();
        Ok(())
    }

    /// How many records are durable.
    pub fn durable(&self) -> u64 {
        self.shared.durable.load(Ordering::Acquire)
    }

    /// Waits until `count` records are durable; they must have been appended.
    pub fn wait_durable(&self, count: u64) -> Result<(), LogError> {
        let mut queue = self.shared.lock();
        if count > queue.next {
            return Err(LogError::NoSuchSeq { seq: count - 1, count: queue.next });
        }
        while self.durable() < count {
            queue.healthy()?;
            queue = self.shared.wait_written(queue);
        }
        Ok(())
    }

    /// Writes what is queued, seals the log and leaves it in cold files.
    pub fn close(mut self) -> Result<Sealed, LogError> {
        let Some((sealed, last)) = self.finish(Ending::Seal)? else {
            unreachable!("only close, leave and drop take the writing thread, and all take the writer");
        };
        compact(&*self.storage, last)?;
        for name in segment::list(&*self.storage)?.leftovers {
            self.storage.remove(&name).doing("remove", &name)?;
        }
        Ok(sealed)
    }

    /// Writes what is queued and leaves the log open, to be gone on with.
    pub fn leave(mut self) -> Result<Sealed, LogError> {
        let Some((left, _)) = self.finish(Ending::Leave)? else {
            unreachable!("only close, leave and drop take the writing thread, and all take the writer");
        };
        Ok(left)
    }

    fn finish(&mut self, ending: Ending) -> Result<Option<(Sealed, u64)>, LogError> {
        self.shared.lock().ending = Some(ending);
        self.shared.filled.notify_one();
        let written = self.writing.take().map(join).transpose();
        let compacted = self.compacting.take().map(join).transpose();
        let written = written?;
        compacted?;
        Ok(written)
    }
}

impl Drop for LiveWriter {
    fn drop(&mut self) {
        // Whoever wants to know what went wrong calls `close`.
        drop(self.finish(Ending::Leave));
    }
}

fn spawn<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, LogError> {
    thread::Builder::new().name(name.to_owned()).spawn(run).doing("start", name)
}

fn join<T>(thread: JoinHandle<Result<T, LogError>>) -> Result<T, LogError> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_written<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.written.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for rows and swaps them into `batch`; no longer than until `due`, if HEAD is behind.
    fn take(&self, batch: &mut Queue, due: Option<Instant>) -> Taken {
        let mut queue = self.lock();
        while queue.rows.is_empty() {
            if let Some(ending) = queue.ending {
                return Taken::Ended(ending);
            }
            queue = match due.map(|due| due.saturating_duration_since(Instant::now())) {
                None => self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Taken::Nothing,
                Some(left) => self.filled.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        batch.rows.clear();
        batch.ends.clear();
        mem::swap(&mut queue.rows, &mut batch.rows);
        mem::swap(&mut queue.ends, &mut batch.ends);
        batch.next = queue.next;
        Taken::Rows
    }

    fn publish(&self, count: u64) {
        self.durable.store(count, Ordering::Release);
        // Whoever looked at `durable` before is waiting once the lock can be had.
        drop(self.lock());
        self.written.notify_all();
    }
}

/// The writing thread.
struct Committer {
    shared: Arc<Shared>,
    hot: HotFile,
    chain: Chain,
    head: Head,
    frame: Vec<u8>,
    /// How many records HEAD knows of.
    anchored: u64,
    anchored_at: Instant,
    anchor_every: Duration,
}

impl Committer {
    fn run(mut self) -> Result<(Sealed, u64), LogError> {
        let ended = self.write_all();
        if let Err(error) = &ended {
            self.shared.lock().failure = Some(error.to_string());
            self.shared.written.notify_all();
        }
        ended
    }

    fn write_all(&mut self) -> Result<(Sealed, u64), LogError> {
        let mut batch = Queue::default();
        loop {
            match self.shared.take(&mut batch, self.anchor_due()) {
                Taken::Rows => {}
                Taken::Nothing => {
                    self.anchor()?;
                    continue;
                }
                Taken::Ended(ending) => {
                    let sealed = Sealed { count: self.chain.count(), digest: self.chain.digest() };
                    match ending {
                        Ending::Seal => self.head.write_both(State::Sealed, sealed.count, sealed.digest)?,
                        Ending::Leave => self.anchor()?,
                    }
                    return Ok((sealed, self.hot.first()));
                }
            }
            let mut begun = 0;
            let last = (batch.next, batch.rows.len());
            for &(next, end) in batch.ends.iter().chain([&last]) {
                if end > begun {
                    self.commit(&batch.rows[begun..end], next)?;
                    begun = end;
                }
            }
            if self.anchored_at.elapsed() >= self.anchor_every {
                self.anchor()?;
            }
        }
    }

    /// Each frame is synced before the next is written, so that only the very last one can ever be torn.
    fn commit(&mut self, rows: &[u8], next: u64) -> Result<(), LogError> {
        let (first, link) = (self.chain.count(), self.chain.link());
        self.chain.append_rows(rows, next - first);
        let count = u32::try_from(next - first).expect("at most a block");
        self.frame.clear();
        frame::rows(Contents { first, count, link, digest: self.chain.digest() }, rows, &mut self.frame);
        let rolls = !self.hot.has_room(&self.frame);
        if rolls {
            self.hot.roll(first)?;
        }
        self.hot.commit(&self.frame)?;
        self.shared.publish(next);
        // From now on HEAD would miss the new file.
        if rolls { self.anchor() } else { Ok(()) }
    }

    /// When HEAD has to be brought up to date; `None` if it is, or never has to.
    fn anchor_due(&self) -> Option<Instant> {
        let behind = self.anchored < self.chain.count();
        self.anchored_at.checked_add(self.anchor_every).filter(|_| behind)
    }

    fn anchor(&mut self) -> Result<(), LogError> {
        self.head.write(State::Open, self.chain.count(), self.chain.digest())?;
        self.anchored = self.chain.count();
        self.anchored_at = Instant::now();
        Ok(())
    }
}
