//! The exchange, by transcripts: a market and orders in, the exact reports out.

// Expectations are written by expect-test, hashes and all.
#![allow(clippy::needless_raw_string_hashes)]

pub(super) mod script;
mod market_orders;
mod limit_orders;
mod books;
mod bars;
mod endings;
mod triggers;
mod linked;
mod refusals;
mod clocks;
mod ledger;
