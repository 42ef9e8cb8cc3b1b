//! A folder in memory that forgets what was not synced, as a disk does when the power fails.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::storage::{File, Storage};

/// Disks write whole sectors.
const SECTOR: usize = 512;

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, usize>,
    files: Vec<Content>,
    durable_names: BTreeMap<String, usize>,
    /// The folder after each change since it was synced.
    later_names: Vec<BTreeMap<String, usize>>,
    syncs_until_failure: Option<u64>,
    dead: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Changes since the last sync.
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Debug)]
struct Handle {
    state: Arc<Mutex<State>>,
    file: usize,
}

impl Memory {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Cuts the power, and gives what the disk holds afterwards: of what was not synced, each sector arrives or does
    /// not, as `seed` has it. This folder and its open files can no longer be used.
    pub fn cut_power(&self, seed: u64) -> Self {
        let mut state = self.lock();
        state.dead = true;
        let mut dice = Dice(seed);
        let arrived = dice.below(state.later_names.len() + 1);
        let names = arrived.checked_sub(1).map_or(&state.durable_names, |last| &state.later_names[last]).clone();
        let files: Vec<Content> = state.files.iter_mut().map(|file| file.after_power_cut(&mut dice)).collect();
        let after = State { durable_names: names.clone(), names, files, ..State::default() };
        Self { state: Arc::new(Mutex::new(after)) }
    }

    /// Lets `count` syncs succeed and the next one fail; what it should have made durable is then lost for good.
    pub fn fail_sync_after(&self, count: u64) {
        self.lock().syncs_until_failure = Some(count);
    }

    /// A file's bytes.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        state.names.get(name).map(|&file| state.files[file].now.clone())
    }

    /// Puts a file there, as if it had always been.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.lock();
        state.files.push(Content { now: bytes.clone(), durable: bytes, unsynced: Vec::new() });
        let file = state.files.len() - 1;
        state.names.insert(name.to_owned(), file);
        state.durable_names.insert(name.to_owned(), file);
    }

    /// An independent folder with the same files, all of them durable.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        let state = self.lock();
        for (name, &file) in &state.names {
            copy.put(name, state.files[file].now.clone());
        }
        copy
    }

    fn change_names(&self, change: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.lock();
        state.alive()?;
        change(&mut state)?;
        let names = state.names.clone();
        state.later_names.push(names);
        Ok(())
    }

    fn handle(&self, name: &str) -> io::Result<Box<dyn File>> {
        let state = self.lock();
        state.alive()?;
        let file = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Handle { state: self.state.clone(), file }))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("the power was cut")) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        match &mut self.syncs_until_failure {
            None => Ok(()),
            Some(0) => {
                self.syncs_until_failure = None;
                Err(io::Error::other("the disk failed to sync, as the test asked"))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

impl Content {
    /// Any part of any unsynced write may have arrived, of a later one too when an earlier one has not.
    fn after_power_cut(&mut self, dice: &mut Dice) -> Self {
        let unsynced = std::mem::take(&mut self.unsynced);
        let everything = dice.below(4) == 0;
        for change in unsynced {
            match change {
                Change::Length(len) => {
                    if everything || dice.below(2) == 0 {
                        self.durable.resize(len, 0);
                    }
                }
                Change::Write { offset, bytes } => {
                    let mut start = 0;
                    while start < bytes.len() {
                        let end = bytes.len().min((offset + start) / SECTOR * SECTOR + SECTOR - offset);
                        if everything || dice.below(2) == 0 {
                            write(&mut self.durable, offset + start, &bytes[start..end]);
                        }
                        start = end;
                    }
                }
            }
        }
        Self { now: self.durable.clone(), durable: self.durable.clone(), unsynced: Vec::new() }
    }
}

fn write(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

impl Storage for Memory {
    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.change_names(|state| {
            state.files.push(Content::default());
            state.names.insert(name.to_owned(), state.files.len() - 1);
            Ok(())
        })?;
        self.handle(name)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.handle(name)
    }

    fn edit(&self, name: &str) -> io::Result<Box<dyn File>> {
        self.handle(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change_names(|state| {
            let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), file);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change_names(|state| state.names.remove(name).map(|_| ()).ok_or(io::ErrorKind::NotFound.into()))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let state = self.lock();
        state.alive()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.alive()?;
        state.sync()?;
        state.durable_names = state.names.clone();
        state.later_names.clear();
        Ok(())
    }
}

impl Handle {
    fn with<T>(&self, act: impl FnOnce(&mut State, usize) -> io::Result<T>) -> io::Result<T> {
        let mut state = lock(&self.state);
        state.alive()?;
        act(&mut state, self.file)
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl File for Handle {
    fn len(&self) -> io::Result<u64> {
        self.with(|state, file| Ok(state.files[file].now.len() as u64))
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let offset = position(offset)?;
        self.with(|state, file| {
            let rest = state.files[file].now.get(offset..).unwrap_or_default();
            let read = rest.len().min(into.len());
            into[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let offset = position(offset)?;
        self.with(|state, file| {
            let content = &mut state.files[file];
            write(&mut content.now, offset, bytes);
            content.unsynced.push(Change::Write { offset, bytes: bytes.to_vec() });
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = position(len)?;
        self.with(|state, file| {
            let content = &mut state.files[file];
            content.now.resize(len, 0);
            content.unsynced.push(Change::Length(len));
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|state, file| {
            let synced = state.sync();
            let Content { durable, unsynced, .. } = &mut state.files[file];
            // After a failure the system holds what it could not write for written, so no later sync brings it back.
            for change in unsynced.drain(..).filter(|_| synced.is_ok()) {
                match change {
                    Change::Write { offset, bytes } => write(durable, offset, &bytes),
                    Change::Length(len) => durable.resize(len, 0),
                }
            }
            synced
        })
    }
}

/// A small generator of random numbers (splitmix64), so that a seed names a power cut.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("below a usize")
    }
}
