//! The ways to run the engine.

pub mod gateway;
pub mod exchange;
