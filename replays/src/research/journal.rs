//! The trials of a study in a plain file, each durable before the next is counted: a study that is killed goes on there.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ResearchError;
use super::trial::Trial;

/// What a study is of. Its trials mean nothing to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What wrote it.
    pub build: String,
    /// The configuration that the trials vary, as a log keeps it.
    pub config: String,
    /// The hash of the history.
    pub history: String,
    /// The space's dimensions.
    pub space: Vec<String>,
    /// How it is searched.
    pub search: String,
    /// What for; only where the search learns from it.
    pub objective: Option<String>,
}

/// The file of a study's trials: a line for what it is of, then one for each trial as it ended.
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the file for a study, or begins it; the trials that are there are given back. A line that was cut by a crash
    /// at the very end is cut off.
    pub fn open(path: &Path, header: &Header) -> Result<(Self, Vec<Trial>), ResearchError> {
        let failed = |action| move |source| ResearchError::Io { action, path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed("open"))?;
        let mut journal = Self { path: path.to_owned(), file };
        journal.lock()?;
        let (trials, whole) = journal.read(header)?;
        journal.file.set_len(whole).map_err(failed("cut off the unfinished line of"))?;
        journal.file.seek(SeekFrom::End(0)).map_err(failed("read"))?;
        if whole == 0 {
            journal.append(header)?;
            // The file's name is durable when its folder is.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("make durable"))?;
        }
        Ok((journal, trials))
    }

    /// Adds a trial, durably.
    pub fn add(&mut self, trial: &Trial) -> Result<(), ResearchError> {
        self.append(trial)
    }

    /// Two studies at once would each overwrite what the other knows.
    fn lock(&self) -> Result<(), ResearchError> {
        self.file.try_lock().map_err(|error| {
            let source = match error {
                std::fs::TryLockError::WouldBlock => {
                    io::Error::other("another study is writing it: let it end, or use another --out")
                }
                std::fs::TryLockError::Error(error) => error,
            };
            ResearchError::Io { action: "lock", path: self.path.clone(), source }
        })
    }

    fn append(&mut self, line: &impl Serialize) -> Result<(), ResearchError> {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        written.map_err(|source| ResearchError::Io { action: "write", path: self.path.clone(), source })
    }

    /// The trials of all whole lines, and how many bytes those are.
    fn read(&self, header: &Header) -> Result<(Vec<Trial>, u64), ResearchError> {
        let io = |source| ResearchError::Io { action: "read", path: self.path.clone(), source };
        let damaged = |line: usize, reason: String| ResearchError::Journal { path: self.path.clone(), line, reason };
        let (mut trials, mut whole, mut text) = (Vec::new(), 0, Vec::new());
        let mut reader = BufReader::new(&self.file);
        let mut numbers = std::collections::BTreeSet::new();
        for line in 1.. {
            text.clear();
            let read = reader.read_until(b'\n', &mut text).map_err(io)?;
            if text.last() != Some(&b'\n') {
                break;
            }
            if line == 1 {
                let found: Header = serde_json::from_slice(&text)
                    .map_err(|error| damaged(line, format!("it is not the beginning of a study: {error}; use another --out")))?;
                if found != *header {
                    let reason = format!("it is of another study: {}; use another --out, or remove it", found.other_than(header));
                    return Err(damaged(line, reason));
                }
            } else {
                let trial: Trial = serde_json::from_slice(&text)
                    .map_err(|error| damaged(line, format!("it is not a trial: {error}; remove the file to begin anew")))?;
                if !numbers.insert(trial.number) {
                    return Err(damaged(line, format!("trial {} is there twice; remove the file to begin anew", trial.number)));
                }
                trials.push(trial);
            }
            whole += read as u64;
        }
        Ok((trials, whole))
    }
}

impl Header {
    /// What differs, in words.
    fn other_than(&self, wanted: &Self) -> String {
        let texts = |header: &Self| {
            let objective = header.objective.clone().unwrap_or_default();
            [header.build.clone(), header.space.join(" "), header.search.clone(), objective]
        };
        let named = ["build", "parameters", "search", "objective"].into_iter().zip(texts(self).into_iter().zip(texts(wanted)));
        let mut differences: Vec<String> = named
            .filter(|(_, (found, wanted))| found != wanted)
            .map(|(name, (found, wanted))| format!("its {name} is \"{found}\", not \"{wanted}\""))
            .collect();
        if self.config != wanted.config {
            differences.push("its configuration is another".to_owned());
        }
        if self.history != wanted.history {
            differences.push("its history is another".to_owned());
        }
        differences.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::Outcome;
    use super::*;

    fn header() -> Header {
        Header {
            build: "b".to_owned(),
            config: "c".to_owned(),
            history: "h".to_owned(),
            space: vec!["k=1..3:1".to_owned()],
            search: "grid".to_owned(),
            objective: None,
        }
    }

    fn trial(number: u64) -> Trial {
        Trial { number, values: vec![number.to_string()], outcome: Outcome::Refused { reason: "no".to_owned() } }
    }

    #[test]
    fn cut_anywhere_it_goes_on_with_its_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("study");
        let (mut journal, _) = Journal::open(&path, &header()).unwrap();
        (0..3).for_each(|number| journal.add(&trial(number)).unwrap());
        drop(journal);
        let bytes = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (mut journal, trials) = Journal::open(&path, &header()).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            assert_eq!(trials, (0..whole as u64).map(trial).collect::<Vec<_>>(), "cut at {cut}");
            (whole as u64..3).for_each(|number| journal.add(&trial(number)).unwrap());
            drop(journal);
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "cut at {cut}");
        }
    }

    #[test]
    fn of_another_study_or_damaged_it_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("study");
        let error = |header: &Header| Journal::open(&path, header).err().unwrap().to_string();
        let (mut journal, _) = Journal::open(&path, &header()).unwrap();
        journal.add(&trial(0)).unwrap();
        assert!(error(&header()).contains("another study is writing it"));
        drop(journal);
        let other = Header { search: "random, seed 1".to_owned(), history: "x".to_owned(), ..header() };
        let said = error(&other);
        assert!(said.contains("its search is \"grid\", not \"random, seed 1\", its history is another"), "{said}");
        let whole = std::fs::read_to_string(&path).unwrap();
        for (text, reason) in [
            (format!("{whole}{}\n", whole.lines().last().unwrap()), "(line 3): trial 0 is there twice"),
            (format!("{whole}nonsense\n"), "(line 3): it is not a trial"),
            ("nonsense\n".to_owned(), "(line 1): it is not the beginning"),
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(error(&header()).contains(reason), "{}", error(&header()));
        }
    }
}
