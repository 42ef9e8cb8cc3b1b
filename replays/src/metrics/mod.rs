//! How good a run was: pure functions over plain series, each with its formula, its source, and when it does not exist.
//!
//! Nothing here knows where a curve comes from. Rates are shares (0.01 is 1 %), a year has 365 days since crypto never
//! closes, and a number that does not exist is an [`Absent`] that says why.

mod measure;
mod series;
mod closed;
pub mod moments;
pub mod ratios;
pub mod drawdown;
pub mod tails;
pub mod benchmark;
pub mod trades;
pub mod significance;
pub mod activity;
pub mod rolling;
pub mod calendar;
mod measures;
pub mod compat;
#[cfg(test)]
mod tests;

pub use closed::Closed;
pub use drawdown::Drawdown;
pub use measure::{Absent, Measure};
pub use measures::{CONVENTIONS, Described, Measures, Unit};
pub use series::Series;
pub use significance::{deflated_sharpe, probabilistic_sharpe};
