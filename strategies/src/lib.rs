//! The strategies, one file each, and the list of them.
//!
//! To add one: a file with its doc, its `Params`, the struct, `impl Strategy` and its tests, and one line in
//! [`CATALOGUE`].

// expect-test writes its strings so.
#![cfg_attr(test, allow(clippy::needless_raw_string_hashes))]

pub mod buy_and_hold;
mod catalogue;
pub mod ema_cross;
mod price;
#[cfg(test)]
mod stage;

pub use catalogue::{CATALOGUE, Definition, Parameters, ParamsError, build};
