#![doc = include_str!("FORMAT.md")]

pub mod error;
pub mod row;
pub mod chain;
pub mod storage;
pub mod memory;
mod bits;
mod column;
mod block;
mod frame;
mod anchor;
mod segment;
pub mod writer;
pub mod live;
mod hot;
mod compact;
mod accept;
mod tail;
pub mod reader;
pub mod salvage;
pub mod blob;
pub mod index;
pub mod snapshot;

pub use blob::BlobStore;
pub use chain::Chain;
pub use error::LogError;
pub use index::{Index, order_of};
pub use live::LiveWriter;
pub use memory::Memory;
pub use reader::{Reader, Recovery, TornTail, verify};
pub use salvage::{Salvaged, salvage};
pub use snapshot::{Mark, Section, Snapshot, Snapshots};
pub use storage::{Disk, Storage};
pub use writer::{Options, Sealed, Writer};

/// Records to a link of the chain, and to a full frame.
pub const BLOCK: u64 = 4_096;
