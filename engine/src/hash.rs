//! Hashes of states: BLAKE3 over the bincode form.

use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::Serialize;

use crate::event::Hash;

/// Gathers what a strategy remembers into one hash.
#[derive(Default)]
pub struct StateHasher(blake3::Hasher);

impl StateHasher {
    /// Adds a value: floats by their bits, collections in their order.
    pub fn write<T: Serialize + ?Sized>(&mut self, value: &T) {
        let written = bincode::serde::encode_into_writer(value, Sink(&mut self.0), bincode::config::legacy());
        assert!(written.is_ok(), "a state holds only what bincode can write");
    }

    /// The hash of all that was added.
    pub fn finish(&self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }
}

/// BLAKE3 of a value's bincode form.
pub fn hash_of<T: Serialize + ?Sized>(value: &T) -> Hash {
    let mut hasher = StateHasher::default();
    hasher.write(value);
    hasher.finish()
}

/// BLAKE3 of bytes as they are: what names a blob.
pub fn hash_of_bytes(bytes: &[u8]) -> Hash {
    Hash(*blake3::hash(bytes).as_bytes())
}

struct Sink<'a>(&'a mut blake3::Hasher);

impl Writer for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.update(bytes);
        Ok(())
    }
}
