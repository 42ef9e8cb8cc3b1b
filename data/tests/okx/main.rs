//! OKX's messages: recorded payloads, where they are, and small ones of our own.

mod payloads;
mod shapes;
mod fixtures;
mod signatures;
mod checksums;
mod events;
mod requests;
mod mutations;
