//! Every byte that crosses the process boundary: the event log, and history in files.

pub mod log;
pub mod files;
