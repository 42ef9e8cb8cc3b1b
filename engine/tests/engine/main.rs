//! The engine from outside: inputs in, records out.

// expect-test writes its strings so.
#![allow(clippy::needless_raw_string_hashes)]

mod stage;

mod trading;
mod protection;
mod operating;
mod reports;
mod denials;
mod clocks;
mod money;
mod hostile;
mod ledger;
mod properties;
