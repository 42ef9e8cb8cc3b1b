//! The hash chain over canonical rows: proof that a log is the one that was written.

use engine::event::{Hash, Record};

use super::BLOCK;
use super::row::{self, RowError};

/// BLAKE3 gets whole pieces of this size, which it hashes with its widest instructions.
const PIECE: usize = 64 << 10;

/// The digest of a log so far, as it grows.
///
/// One link each 4,096 records, over the block's rows at once: a hash a record would cost 20 times as much.
#[derive(Clone)]
pub struct Chain {
    link: Hash,
    block: blake3::Hasher,
    /// What `block` has not seen yet; right after a link, what it has seen last.
    pending: Vec<u8>,
    count: u64,
}

impl Default for Chain {
    fn default() -> Self {
        Self::resume(0, Hash::default())
    }
}

impl Chain {
    /// A chain that goes on after `count` records, a whole number of blocks, that end in `link`.
    pub fn resume(count: u64, link: Hash) -> Self {
        assert!(count.is_multiple_of(BLOCK), "a chain goes on only at a link");
        Self { link, block: blake3::Hasher::new(), pending: Vec::new(), count }
    }

    /// Adds a record; its row is returned for whoever stores it.
    pub fn append(&mut self, record: &Record) -> Result<&[u8], RowError> {
        self.make_room();
        let start = self.pending.len();
        row::encode(record, &mut self.pending)?;
        self.advance(1);
        Ok(&self.pending[start..])
    }

    /// Adds `count` records of one block by their rows.
    pub fn append_rows(&mut self, rows: &[u8], count: u64) {
        self.make_room();
        self.block.update(&self.pending).update(rows);
        self.pending.clear();
        self.advance(count);
    }

    /// Begins a block, or hands over whole pieces of it.
    fn make_room(&mut self) {
        if self.count.is_multiple_of(BLOCK) {
            self.pending.clear();
            self.pending.extend_from_slice(&self.link.0);
        } else if self.pending.len() >= PIECE {
            let whole = self.pending.len() - self.pending.len() % PIECE;
            self.block.update(&self.pending[..whole]);
            self.pending.drain(..whole);
        }
    }

    fn advance(&mut self, count: u64) {
        let before = self.count;
        self.count += count;
        assert!((self.count - 1) / BLOCK == before / BLOCK, "rows of one block are added at a time");
        if self.count.is_multiple_of(BLOCK) {
            self.link = Hash(*self.block.update(&self.pending).finalize().as_bytes());
            self.block.reset();
        }
    }

    /// Of all records so far.
    pub fn digest(&self) -> Hash {
        if self.count.is_multiple_of(BLOCK) {
            return self.link;
        }
        Hash(*self.block.clone().update(&self.pending).finalize().as_bytes())
    }

    /// Of the whole blocks so far: what the next link builds on.
    pub fn link(&self) -> Hash {
        self.link
    }

    /// How many records it has seen, so also the next one's seq.
    pub fn count(&self) -> u64 {
        self.count
    }
}
