//! Every byte that crosses the process boundary: the event log, and history in files.

pub mod files;
