//! Explanations: what led to a record and what it led to, and how things stood at any moment.

pub mod error;
pub mod scribe;
pub mod chapters;
pub mod history;
pub mod topic;
mod words;
mod origin;
mod entry;
mod ticks;
pub mod round_trip;
pub mod tree;
pub mod why;
pub mod why_not;
pub mod instant;
pub mod standing;

pub use error::ExplainError;
pub use history::History;
pub use instant::Instant;
pub use origin::origin;
pub use standing::Standing;
pub use topic::Topic;
pub use why::{Why, why};
pub use why_not::{WhyNot, why_not};
