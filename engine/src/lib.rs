//! The pure core of Tickfold.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod number;
pub mod time;
pub mod instrument;
pub mod market;
pub mod book;
pub mod order;
pub mod event;
