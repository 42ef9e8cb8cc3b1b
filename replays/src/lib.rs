//! The ways to run the engine.

pub mod config;
pub mod gateway;
pub mod exchange;
