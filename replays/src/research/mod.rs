//! Many runs on one history: searches for parameters, tests outside of what was searched, and chance.
//!
//! ```text
//!  space ─ search ─► trial ─► study (threads share one recording) ─► journal ─► table
//! ```
//!
//! What is found does not depend on how many threads looked for it.

mod error;
mod chance;
mod recording;
mod warm;
mod space;
mod written;
mod figure;
mod trial;
mod tpe;
mod search;
mod study;
mod experiment;
mod journal;
mod overfit;
mod windows;
mod walkforward;
mod resample;
mod montecarlo;
#[cfg(test)]
mod tests;

pub use error::ResearchError;
pub use experiment::Backtests;
pub use figure::{Constraint, Direction, Figures, Objective, figures};
pub use journal::{Header, Journal};
pub use montecarlo::{Courses, MonteCarlo, Spread};
pub use overfit::{Overfit, Parts};
pub use recording::Recording;
pub use resample::{Resample, usual_block};
pub use search::{Proposal, Search};
pub use space::{Dimension, Numbers, Range, Scale, Space};
pub use study::{Experiment, Plan, Progress};
pub use trial::{Done, Outcome, Trial};
pub use walkforward::{Chosen, Half, Step, WalkForward, Walked};
pub use windows::{Anchor, Span, Window, Windows};
