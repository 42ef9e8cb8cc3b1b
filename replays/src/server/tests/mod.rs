//! Transcripts and a ledger: what clients see of their orders and their money.

#![expect(clippy::too_many_lines, reason = "a table of refusals, a line each")]
// Expectations are written by expect-test, hashes and all.
#![allow(clippy::needless_raw_string_hashes)]

mod stage;
mod placing;
mod refusals;
mod changing;
mod algos;
mod asked;
mod ledger;
mod wire;
mod sequence;
mod parity;
mod garbage;
