//! The hash chain over canonical rows: proof that a log is the one that was written.

use engine::event::{Hash, Record};

use super::BLOCK;
use super::row::{self, RowError};

/// Rows are handed to BLAKE3 in pieces of this size: large enough for its widest instructions, small enough
/// that the digest of an unfinished block costs little.
const PIECE: usize = 64 << 10;

/// The digest of a log so far, as it grows.
///
/// One link each 4,096 records, over the block's rows at once: a hash a record would cost 20 times as much.
#[derive(Clone)]
pub struct Chain {
    link: Hash,
    block: blake3::Hasher,
    /// Rows that `block` has not seen, except right after a link, when the last piece waits to be cleared.
    rows: Vec<u8>,
    linked: bool,
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
        Self { link, block: begin(link), rows: Vec::new(), linked: true, count }
    }

    /// Adds a record; its row is returned for whoever stores it.
    pub fn append(&mut self, record: &Record) -> Result<&[u8], RowError> {
        if self.linked {
            self.rows.clear();
            self.linked = false;
        } else if self.rows.len() >= PIECE {
            self.block.update(&self.rows);
            self.rows.clear();
        }
        let start = self.rows.len();
        row::encode(record, &mut self.rows)?;
        self.advance(1);
        Ok(&self.rows[start..])
    }

    /// Adds `count` records of one block by their rows.
    pub fn append_rows(&mut self, rows: &[u8], count: u64) {
        if !self.linked {
            self.block.update(&self.rows);
        }
        self.rows.clear();
        self.linked = false;
        self.block.update(rows);
        self.advance(count);
    }

    fn advance(&mut self, count: u64) {
        let before = self.count;
        self.count += count;
        assert!((self.count - 1) / BLOCK == before / BLOCK, "rows of one block are added at a time");
        if self.count.is_multiple_of(BLOCK) {
            self.block.update(&self.rows);
            self.link = Hash(*self.block.finalize().as_bytes());
            self.block = begin(self.link);
            self.linked = true;
        }
    }

    /// Of all records so far.
    pub fn digest(&self) -> Hash {
        if self.count.is_multiple_of(BLOCK) {
            return self.link;
        }
        let mut block = self.block.clone();
        if !self.linked {
            block.update(&self.rows);
        }
        Hash(*block.finalize().as_bytes())
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

fn begin(link: Hash) -> blake3::Hasher {
    let mut block = blake3::Hasher::new();
    block.update(&link.0);
    block
}
