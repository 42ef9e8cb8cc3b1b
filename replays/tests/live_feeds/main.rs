//! What a live run hears beside its venue: a backup for market data, and what the world thinks. Over real sockets.

mod host;
mod run;
mod backup;
mod unreadable;
mod account;
mod sentiment;
