//! The ways to run the engine: on history, again from a log, and what came of it.

pub mod config;
pub mod session;
pub mod gateway;
pub mod exchange;
pub mod run;
pub mod background;
pub mod listing;
pub mod backtest;
pub mod verify;
pub mod rebuild;
pub mod report;
