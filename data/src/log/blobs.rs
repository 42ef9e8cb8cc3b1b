//! tmp
use super::LogError;
use engine::event::Hash;
/// tmp
pub struct BlobStore(std::path::PathBuf);
impl BlobStore {
    /// tmp
    pub fn new(folder: &std::path::Path) -> Self {
        Self(folder.join("blobs"))
    }
    /// tmp
    pub fn put(&self, bytes: &[u8]) -> Result<Hash, LogError> {
        let hash = engine::hash::hash_of_bytes(bytes);
        std::fs::create_dir_all(&self.0).unwrap();
        std::fs::write(self.0.join(hash.to_string()), bytes).unwrap();
        Ok(hash)
    }
    /// tmp
    pub fn get(&self, hash: Hash) -> Result<Vec<u8>, LogError> {
        Ok(std::fs::read(self.0.join(hash.to_string())).unwrap())
    }
}
