//! Risk: no state breaks a limit, no position is bare, no breaker comes late.
#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::similar_names,
    clippy::single_match_else,
    clippy::unnecessary_wraps,
    reason = "a model in plain words"
)]
// expect-test writes its strings so.
#![allow(clippy::needless_raw_string_hashes)]

#[expect(dead_code, reason = "the other tests of the engine use the rest")]
#[path = "../engine/stage.rs"]
mod stage;

mod scene;
mod denials;
mod sizes;
mod guards;
mod refusals;
mod stops;
mod breakers;
mod reconciliation;
mod hostile;
mod whims;
mod venue;
mod naive;
mod property;
