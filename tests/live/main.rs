//! Trading as it is done: `tickfold live` and `tickfold paper` at `tickfold exchange`, with what goes wrong there.

#[path = "../acceptance/market.rs"]
#[expect(dead_code, reason = "only the dice are needed: markets here are bars")]
mod market;
mod venue;
mod stage;
mod logged;
mod compare;
mod reading;
mod equal;
mod trouble;
mod faults;
mod keys;
mod stopping;
mod load;
