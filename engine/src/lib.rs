#![doc = include_str!("../ARCHITECTURE.md")]
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod number;
pub mod time;
pub mod instrument;
pub mod market;
pub mod statistics;
pub mod book;
pub mod order;
pub mod event;
pub mod text;
pub mod markets;
pub mod position;
pub mod performance;
pub mod portfolio;
pub mod orders;
pub mod hash;
pub mod guard;
pub mod refusals;
mod watch;
pub mod state;
pub mod strategy;
pub mod sizing;
pub mod risk;
pub mod controller;
mod execution;
pub mod rationale;
mod alert;
pub mod engine;
