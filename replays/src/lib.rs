//! The ways to run the engine: on history, again from a log, and what came of it.

pub mod config;
pub mod session;
pub mod gateway;
pub mod exchange;
pub mod server;
pub mod run;
pub mod background;
pub mod listing;
pub mod recorded;
pub mod backtest;
pub mod live;
pub mod verify;
pub mod rebuild;
pub mod fork;
pub mod compare;
pub mod lookahead;
pub mod startup;
pub mod metrics;
pub mod report;
pub mod research;
pub mod explain;
