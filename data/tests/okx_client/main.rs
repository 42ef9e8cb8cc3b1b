//! The OKX client against small venues on this machine, that misbehave as a real one may.

mod venue;
mod sockets;
mod requests;
mod rest;
mod retry_after;
mod trading;
mod switch;
mod faults;
