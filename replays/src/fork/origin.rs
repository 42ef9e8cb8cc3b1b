//! The run that a fork comes from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{BlobStore, Disk, LogError, Reader};
use engine::event::{Event, Hash, Input, Mode, Record, Session};

use super::ForkError;
use crate::config::Fork;
use crate::session::{self, SessionError, Stage};

/// A parent whose session is known.
pub(super) struct Origin {
    pub(super) folder: PathBuf,
    pub(super) session: Session,
    pub(super) stages: Vec<Stage>,
    pub(super) blobs: BlobStore,
}

impl Origin {
    pub(super) fn open(folder: &Path) -> Result<Self, ForkError> {
        let mut reader = reader(folder)?;
        let first = reader.next_block()?.and_then(<[Record]>::first).map(|record| &record.event);
        let Some(Event::Input(Input::SessionStarted(session))) = first else { return Err(ForkError::NoSession) };
        let session = (**session).clone();
        let blobs = BlobStore::open(folder)?;
        let stages = session::stages(session.config, &blobs)?;
        Ok(Self { folder: folder.to_owned(), session, stages, blobs })
    }

    /// Whether the simulated exchange filled all of its orders, from its first record on.
    pub(super) fn is_simulated(&self) -> bool {
        self.session.mode != Mode::Live && self.stages.len() == 1
    }

    /// The blobs that its configuration is made of.
    pub(super) fn kept(&self) -> Result<Vec<Hash>, SessionError> {
        let (mut kept, mut next) = (Vec::new(), Some(self.session.config));
        while let Some(hash) = next {
            kept.push(hash);
            next = Fork::of(&self.blobs.get(hash)?)?.map(|fork| fork.before);
        }
        Ok(kept)
    }

    /// The input that the record belongs to: what follows from one input is decided at once.
    pub(super) fn first_open(&self, asked: u64, notes: &mut Vec<String>) -> Result<u64, ForkError> {
        let (mut reader, mut at_seq) = (reader(&self.folder)?, 0);
        let count = reader.count();
        if asked >= count {
            return Err(ForkError::NoSuchSeq { at_seq: asked, count });
        }
        // Where the log first says what the account has, and whether a venue says it: another venue could not say it again.
        let mut account: Option<(u64, bool)> = None;
        'log: while let Some(records) = reader.next_block()? {
            for record in records {
                let Event::Input(input) = &record.event else { continue };
                if record.seq <= asked {
                    at_seq = record.seq;
                } else if let Some((account_seq, is_venues)) = account {
                    if is_venues && account_seq >= at_seq {
                        at_seq = record.seq;
                        notes.push(format!(
                            "a live run begins with what its venue says that the account has: the fork begins after that, at record {at_seq}"
                        ));
                    }
                    break 'log;
                }
                match input {
                    Input::Deposited { .. } => account = account.or(Some((record.seq, false))),
                    Input::VenueSnapshot(_) => account = account.or(Some((record.seq, true))),
                    _ => {}
                }
            }
        }
        let is_unknown = match account {
            None => self.session.mode == Mode::Live,
            Some((account_seq, is_venues)) => is_venues && account_seq >= at_seq,
        };
        if is_unknown {
            return Err(ForkError::NoAccount);
        }
        if at_seq < asked && notes.is_empty() {
            notes.push(format!("record {asked} follows from input {at_seq}: that is the first that meets the new values"));
        }
        Ok(at_seq)
    }
}

/// The log in a folder, open at its beginning.
pub(super) fn reader(folder: &Path) -> Result<Reader, LogError> {
    let disk = Disk::open(folder);
    let disk = disk.map_err(|source| LogError::Io { action: "open", file: folder.display().to_string(), source })?;
    Ok(Reader::open(Arc::new(disk))?.0)
}
