//! A restart is a replay: the log is run through the engine again with nothing sent, and its decisions compared.

use std::path::Path;
use std::sync::Arc;

use data::log::{BlobStore, Disk, LiveWriter, LogError, Options, Reader};
use engine::engine::Engine;
use engine::event::{Event, Hash, Input, Mode, Record};
use engine::time::Timestamp;

use super::desk::Desk;
use super::shown::Shown;
use crate::report::Report;
use crate::session::BUILD;
use crate::verify::{Derivation, VerifyError};

/// A session that goes on.
pub struct Resumed {
    /// As it was.
    pub engine: Engine,
    /// As it was.
    pub desk: Desk,
    /// As it was.
    pub report: Report,
    /// What things are called in it.
    pub shown: Shown,
    /// The log, to go on with.
    pub log: LiveWriter,
    /// When the last record was.
    pub now: Timestamp,
    /// What follows from the last input and did not reach the log before the crash.
    pub unlogged: Vec<Record>,
}

/// A session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is not what its inputs lead to.
    #[error("the log cannot be gone on with: {0}")]
    Verify(#[from] VerifyError),
}

/// Why a log is not gone on with, though nothing is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// It has no record.
    Empty,
    /// Its session ended in order.
    Ended,
    /// Another build wrote it.
    Build,
    /// It runs another configuration.
    Config,
    /// It is of another way to run.
    Mode,
}

/// Whether the session in `folder` is one of this mode, build and configuration that has not ended.
pub fn can_resume(folder: &Path, config: Hash, mode: Mode) -> Result<Result<(), Other>, LogError> {
    let (mut reader, recovery) = Reader::open(disk(folder)?)?;
    let Some(first) = reader.next_block()?.and_then(<[Record]>::first) else { return Ok(Err(Other::Empty)) };
    let Event::Input(Input::SessionStarted(session)) = &first.event else { return Ok(Err(Other::Empty)) };
    let (build, hash) = (session.build.clone(), session.config);
    if session.mode != mode {
        return Ok(Err(Other::Mode));
    }
    if build != BUILD {
        return Ok(Err(Other::Build));
    }
    if hash != config {
        return Ok(Err(Other::Config));
    }
    reader.seek(recovery.count.saturating_sub(2))?;
    let mut ended = false;
    while let Some(records) = reader.next_block()? {
        ended |= records.iter().any(|record| matches!(record.event, Event::Input(Input::SessionEnded { .. })));
    }
    Ok(if ended { Err(Other::Ended) } else { Ok(()) })
}

/// Goes on with the session in `folder`.
pub fn resume(folder: &Path) -> Result<Resumed, ResumeError> {
    let storage = disk(folder)?;
    let (log, _) = LiveWriter::open(storage.clone(), &Options::default())?;
    let (mut reader, _) = Reader::open(storage)?;
    let blobs = BlobStore::open(folder)?;
    let (mut deriving, mut desk, mut report) = (None, Desk::default(), Report::detailed());
    let (mut now, mut shown) = (Timestamp::default(), Shown::default());
    while let Some(records) = reader.next_block()? {
        for record in records {
            let derivation = match &mut deriving {
                Some(derivation) => derivation,
                None => deriving.insert(Derivation::begin(record, &blobs)?),
            };
            if let Event::Input(input) = &record.event {
                report.before(derivation.engine().state(), record.at, input);
            }
            derivation.compare(record)?;
            if matches!(record.event, Event::Input(_)) {
                report.after(derivation.engine().state(), derivation.engine().records());
            }
            desk.remember(record);
            shown.learn(record);
            now = record.at;
        }
    }
    let Some(deriving) = deriving else { return Err(ResumeError::Log(LogError::NoSuchSeq { seq: 0, count: 0 })) };
    let (engine, unlogged) = deriving.into_engine();
    for record in &unlogged {
        desk.remember(record);
    }
    Ok(Resumed { engine, desk, report, shown, log, now, unlogged })
}

fn disk(folder: &Path) -> Result<Arc<Disk>, LogError> {
    let opened = Disk::open(folder);
    opened.map(Arc::new).map_err(|source| LogError::Io { action: "open", file: folder.display().to_string(), source })
}
