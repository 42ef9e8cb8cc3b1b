//! The desk of live trading: whatever a venue does to its words and our requests, each fill counts once.
#![expect(clippy::large_enum_variant, clippy::unnecessary_wraps, reason = "a venue in plain words")]
// expect-test writes its strings so.
#![allow(clippy::needless_raw_string_hashes)]

mod chance;
mod whims;
mod venue;
mod orders;
mod wire;
mod world;
mod property;
mod stage;
mod transcripts;
mod gateway;
