//! Large things that records name by their hash: configurations, models, prompts, snapshots.

use std::path::Path;
use std::sync::Arc;

use engine::event::Hash;

use super::error::{Doing, LogError};
use super::storage::{Disk, Storage};

/// The folder of blobs in a run's folder.
const FOLDER: &str = "blobs";

/// Files named by the BLAKE3 hash of what is in them.
#[derive(Clone, Debug)]
pub struct BlobStore {
    storage: Arc<dyn Storage>,
}

impl BlobStore {
    /// Blobs in a folder of their own.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self { storage }
    }

    /// The blobs of a run, to read and to add to.
    pub fn create(run: &Path) -> Result<Self, LogError> {
        Ok(Self::new(Arc::new(Disk::create(run.join(FOLDER)).doing("create", FOLDER)?)))
    }

    /// The blobs of a run, to read.
    pub fn open(run: &Path) -> Result<Self, LogError> {
        Ok(Self::new(Arc::new(Disk::open(run.join(FOLDER)).doing("open", FOLDER)?)))
    }

    /// Keeps `bytes`, durably before it returns, so that a record may name them.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash, LogError> {
        let hash = Hash(*blake3::hash(bytes).as_bytes());
        // One that is whole was perhaps not synced before a crash; being asked for again it is written again.
        let name = hash.to_string();
        let temporary = format!("{name}.tmp");
        let file = self.storage.create(&temporary).doing("create", &temporary)?;
        file.write_at(0, bytes).doing("write", &temporary)?;
        file.sync().doing("sync", &temporary)?;
        self.storage.rename(&temporary, &name).doing("rename", &temporary)?;
        self.storage.sync_dir().doing("sync", FOLDER)?;
        Ok(hash)
    }

    /// What has this hash.
    pub fn get(&self, hash: Hash) -> Result<Vec<u8>, LogError> {
        let name = hash.to_string();
        if !self.storage.list().doing("list", FOLDER)?.contains(&name) {
            return Err(LogError::Blob { hash, what: "missing" });
        }
        let file = self.storage.open(&name).doing("open", &name)?;
        let len = file.len().doing("measure", &name)?;
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| LogError::Blob { hash, what: "too large" })?];
        let read = file.read_at(0, &mut bytes).doing("read", &name)?;
        bytes.truncate(read);
        if blake3::hash(&bytes).as_bytes() == &hash.0 { Ok(bytes) } else { Err(LogError::Blob { hash, what: "damaged" }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Memory;

    #[test]
    fn blobs_survive_a_power_cut_and_damage_is_noticed() {
        let memory = Memory::new();
        let blobs = BlobStore::new(Arc::new(memory.clone()));
        let hash = blobs.put(b"seed = 42").unwrap();
        assert_eq!(blobs.put(b"seed = 42").unwrap(), hash);
        for seed in 0..50 {
            let copy = memory.copy();
            drop(BlobStore::new(Arc::new(copy.clone())).put(b"another"));
            let after = BlobStore::new(Arc::new(copy.cut_power(seed)));
            assert_eq!(after.get(hash).unwrap(), b"seed = 42");
        }
        memory.put(&hash.to_string(), b"seed = 43".to_vec());
        assert_eq!(blobs.get(hash).unwrap_err().to_string(), format!("blob {hash} is damaged"));
        let unknown = Hash([9; 32]);
        assert_eq!(blobs.get(unknown).unwrap_err().to_string(), format!("blob {unknown} is missing"));
    }
}
