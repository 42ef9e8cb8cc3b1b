//! What goes over the wire, as the venue writes it.
//!
//! Reading is lenient: missing, `null` and `""` are the same nothing, numbers may be strings or JSON numbers, booleans may
//! be strings, fields and words that nobody knows pass. What a field means to the engine is said in
//! [`convert`](super::convert) alone.

mod text;
mod number;
#[macro_use]
mod word;
mod reply;
mod frame;
mod public;
mod account;
mod order;
mod algo;
mod request;
mod operation;

pub use account::*;
pub use algo::*;
pub use frame::*;
pub use number::*;
pub use operation::*;
pub use order::*;
pub use public::*;
pub use reply::*;
pub use request::*;
pub use text::Text;
pub use word::*;
