//! Run directories: one folder a run, named so that names sort by time.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use data::log::{Disk, Reader, TornTail};
use engine::time::{SECOND_NS, Timestamp};
use strsim::jaro_winkler;

use crate::exit::{Exit, Failure};

/// How many names a new run tries when others are made at the same moment.
const ATTEMPTS: u32 = 1_000;
/// How many runs an error message lists.
const LISTED: usize = 5;

/// A run that is open for reading.
pub struct OpenRun {
    /// The name of its folder.
    pub id: String,
    /// Its records.
    pub reader: Reader,
    /// Its folder.
    pub path: PathBuf,
}

/// The folder that holds one folder a run.
pub struct RunStore {
    dir: PathBuf,
}

/// A run's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// Its name, such as `20261121-093015-8f3a`.
    pub id: String,
    /// Where it lies.
    pub path: PathBuf,
}

impl RunStore {
    /// The store in `dir`, which need not be there yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Makes the folder of a new run, and the store's when it is the first.
    pub fn create(&self) -> Result<Run, Failure> {
        let failed = |error: &io::Error| {
            let reason = format!("cannot make a folder for the run in {}: {error}; name another with --runs", self.dir.display());
            Failure::new(Exit::Failed, reason)
        };
        fs::create_dir_all(&self.dir).map_err(|error| failed(&error))?;
        for _ in 0..ATTEMPTS {
            let id = id_at(SystemTime::now());
            let path = self.dir.join(&id);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Run { id, path }),
                // Another run was made within these 15 µs: the next name comes with the next moment.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => std::thread::sleep(Duration::from_micros(20)),
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(failed(&ErrorKind::AlreadyExists.into()))
    }

    /// Every run, the newest first.
    pub fn list(&self) -> Result<Vec<Run>, Failure> {
        let failed =
            |error: &io::Error| Failure::new(Exit::Failed, format!("cannot list the runs in {}: {error}", self.dir.display()));
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| failed(&error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).filter(|name| is_id(name)).map(str::to_owned);
            if let Some(id) = name.filter(|_| path.is_dir()) {
                runs.push(Run { id, path });
            }
        }
        runs.sort_by(|a, b| b.cmp(a));
        Ok(runs)
    }

    /// The folder of the run that `name` means: `last`, an id, the beginning of exactly one id, or a folder.
    pub fn resolve(&self, name: &str) -> Result<PathBuf, Failure> {
        let runs = self.list()?;
        if name == "last" {
            return runs.into_iter().next().map(|run| run.path).ok_or_else(|| self.empty());
        }
        let matching: Vec<&Run> =
            runs.iter().filter(|run| !name.is_empty() && run.id.starts_with(&name.to_ascii_lowercase())).collect();
        match matching[..] {
            [run] => Ok(run.path.clone()),
            [] if !name.is_empty() && Path::new(name).is_dir() => Ok(name.into()),
            [] if runs.is_empty() => Err(self.empty()),
            [] => Err(self.unknown(name, &runs)),
            _ => Err(Failure::new(Exit::Usage, format!("{} runs begin with \"{name}\": {}", matching.len(), names(&matching)))),
        }
    }

    /// Opens the run that `name` means, and says on stderr what its end has lost.
    pub fn open(&self, name: &str) -> Result<OpenRun, Failure> {
        let path = self.resolve(name)?;
        let disk = Disk::open(&path)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot open the run {}: {error}", path.display())))?;
        let (reader, recovery) = Reader::open(Arc::new(disk))?;
        if let Some(torn) = &recovery.torn {
            let TornTail { file, offset, bytes, last_seq } = torn;
            let last = last_seq.map_or_else(|| "none".to_owned(), |seq| format!("seq {seq}"));
            eprintln!(
                "note: {file} ends in {bytes} bytes of a write that did not arrive whole, at byte {offset}: cut; the last whole record is {last}"
            );
        }
        if let Some(offset) = recovery.damaged_slot {
            eprintln!("note: HEAD is damaged at byte {offset}; its other slot is whole and was used");
        }
        if recovery.count == 0 {
            let reason = "the log has no records: its run was stopped before the first were written";
            return Err(Failure::new(Exit::Mismatch, format!("{}: {reason}", path.display())));
        }
        if !recovery.sealed {
            let count = recovery.count;
            eprintln!("note: the log is open: its run was stopped, or goes on; all of its {count} records are whole");
        }
        let id = path.file_name().map_or_else(|| name.to_owned(), |id| id.to_string_lossy().into_owned());
        Ok(OpenRun { id, reader, path })
    }

    fn empty(&self) -> Failure {
        let message =
            format!("there is no run in {}: `tickfold backtest` makes one, --runs names another folder", self.dir.display());
        Failure::new(Exit::Usage, message)
    }

    fn unknown(&self, name: &str, runs: &[Run]) -> Failure {
        let mut near: Vec<&Run> = runs.iter().collect();
        near.sort_by(|a, b| jaro_winkler(&b.id, name).total_cmp(&jaro_winkler(&a.id, name)));
        let message =
            format!("no run \"{name}\" in {}, and no folder of that name; near it: {}", self.dir.display(), names(&near));
        Failure::new(Exit::Usage, message)
    }
}

/// The first few ids.
fn names(runs: &[&Run]) -> String {
    let first: Vec<&str> = runs.iter().take(LISTED).map(|run| run.id.as_str()).collect();
    let more = if runs.len() > LISTED { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

/// `20261121-093015-8f3a`: the UTC second, then the 65,536th of it.
fn id_at(now: SystemTime) -> String {
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let second = i64::try_from(since_1970.as_secs()).unwrap_or(0);
    let digits = Timestamp(second.saturating_mul(SECOND_NS)).to_string();
    let digits: String = digits.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    let fraction = (u64::from(since_1970.subsec_nanos()) << 16) / 1_000_000_000;
    format!("{}-{fraction:04x}", digits.replace('T', "-"))
}

fn is_id(name: &str) -> bool {
    name.len() == "20261121-093015-8f3a".len()
        && name.bytes().enumerate().all(|(index, byte)| match index {
            8 | 15 => byte == b'-',
            16.. => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_with(ids: &[&str]) -> (tempfile::TempDir, RunStore) {
        let dir = tempfile::tempdir().unwrap();
        for id in ids {
            fs::create_dir(dir.path().join(id)).unwrap();
        }
        let store = RunStore::new(dir.path());
        (dir, store)
    }

    fn message(store: &RunStore, name: &str) -> String {
        let Err(failure) = store.resolve(name) else { panic!("{name:?} names a run") };
        format!("{failure:?}").replace(&store.dir.display().to_string(), "RUNS")
    }

    #[test]
    fn ids_are_times() {
        let at = SystemTime::UNIX_EPOCH + Duration::new(1_795_253_415, 500_000_000);
        assert_eq!(id_at(at), "20261121-093015-8000");
        assert_eq!(id_at(SystemTime::UNIX_EPOCH + Duration::new(0, 999_999_999)), "19700101-000000-ffff");
        assert!(is_id(&id_at(SystemTime::now())));
    }

    #[test]
    fn runs_made_at_once_have_their_own_folders_and_the_last_is_last() {
        let dir = tempfile::tempdir().unwrap();
        let store = RunStore::new(dir.path().join("deep/runs"));
        let made: Vec<Run> = (0..50).map(|_| store.create().unwrap()).collect();
        let mut newest_first = made.clone();
        newest_first.reverse();
        assert_eq!(store.list().unwrap(), newest_first);
        assert_eq!(store.resolve("last").unwrap(), made[49].path);
    }

    #[test]
    fn a_run_is_named_by_its_id_its_beginning_or_its_path() {
        let (dir, store) = store_with(&["20261121-093015-8f3a", "20261121-093016-0001", "20251121-093016-0001", "notes"]);
        fs::write(dir.path().join("20271121-093016-0001"), "a file is no run").unwrap();
        let path = |id: &str| dir.path().join(id);
        assert_eq!(store.resolve("last").unwrap(), path("20261121-093016-0001"));
        assert_eq!(store.resolve("2025").unwrap(), path("20251121-093016-0001"));
        assert_eq!(store.resolve("20261121-093015-8F3A").unwrap(), path("20261121-093015-8f3a"));
        let notes = path("notes");
        assert_eq!(store.resolve(notes.to_str().unwrap()).unwrap(), notes);
    }

    #[test]
    fn a_name_of_no_run_or_of_several_lists_the_near_ones() {
        let (_dir, store) = store_with(&["20261121-093015-8f3a", "20261121-093016-0001"]);
        for (name, expected) in [
            ("2026", "2 runs begin with \\\"2026\\\": 20261121-093016-0001, 20261121-093015-8f3a"),
            (
                "20261121-093015-8f3b",
                "no run \\\"20261121-093015-8f3b\\\" in RUNS, and no folder of that name; near it: 20261121-093015-8f3a, 20261121-093016-0001",
            ),
            ("", "no run \\\"\\\" in RUNS, and no folder of that name; near it: 20261121-093016-0001, 20261121-093015-8f3a"),
        ] {
            assert_eq!(message(&store, name), format!("Failure {{ exit: Usage, message: \"{expected}\" }}"));
        }
        let (_dir, empty) = store_with(&[]);
        assert!(message(&empty, "last").contains("there is no run in RUNS: `tickfold backtest` makes one"));
    }

    #[test]
    fn a_store_that_cannot_be_made_says_where() {
        let (dir, _) = store_with(&[]);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let Err(failure) = RunStore::new(&file).create() else { panic!("made a run in a file") };
        assert!(format!("{failure:?}").contains(&format!("cannot make a folder for the run in {}", file.display())));
    }
}
