//! Transcripts and a ledger: what clients see of their orders and their money.

mod stage;
mod placing;
mod refusals;
mod changing;
mod algos;
mod asked;
mod ledger;
mod wire;
mod parity;
mod garbage;
