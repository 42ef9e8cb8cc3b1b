//! What is wrong right now, and when that has to be told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::event::{Input, Trouble};

use super::Since;

const MIB: u64 = 1 << 20;

/// Troubles that were told and are not over.
#[derive(Debug)]
pub(super) struct Troubles(BTreeSet<Trouble>);

impl Troubles {
    /// Those that a session has when it begins or goes on: what had begun has to end for it too.
    pub(super) fn of(since: Option<&Since>) -> Self {
        Self(since.map_or_else(BTreeSet::new, |since| since.troubles.clone()))
    }

    /// What has to be told now that this trouble is so or is not.
    pub(super) fn set(&mut self, trouble: Trouble, is_so: Is) -> Option<Input> {
        match is_so {
            Is::Troubled => self.0.insert(trouble).then_some(Input::TroubleBegan(trouble)),
            Is::Well => self.0.remove(&trouble).then_some(Input::TroubleEnded(trouble)),
        }
    }

    pub(super) fn has(&self, trouble: Trouble) -> bool {
        self.0.contains(&trouble)
    }
}

/// Whether something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Troubled,
    Well,
}

impl Is {
    pub(super) fn troubled_if(troubled: bool) -> Self {
        if troubled { Self::Troubled } else { Self::Well }
    }
}

/// Watches for market data that do not come.
#[derive(Debug)]
pub(super) struct Watch {
    last: Instant,
    after: Duration,
}

impl Watch {
    pub(super) fn new(after: Duration) -> Self {
        Self { last: Instant::now(), after }
    }

    pub(super) fn seen(&mut self) {
        self.last = Instant::now();
    }

    pub(super) fn is_stale(&self) -> bool {
        self.last.elapsed() >= self.after
    }
}

/// Watches the disk of a folder.
#[derive(Debug)]
pub(super) struct DiskWatch {
    folder: PathBuf,
    least: u64,
}

impl DiskWatch {
    pub(super) fn new(folder: &Path, least_mb: u32) -> Self {
        Self { folder: folder.to_owned(), least: u64::from(least_mb) * MIB }
    }

    /// Whether there is less room than there has to be. A disk that cannot be asked has none.
    pub(super) fn is_low(&self) -> bool {
        let room = rustix::fs::statvfs(&self.folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        room.map_or(true, |bytes| bytes < self.least)
    }
}
