//! Paper and live runs: the same engine on a venue's connection.

pub mod word;
pub mod words;
pub mod market;
pub mod desk;
pub mod pulse;
pub mod gateway;
pub mod shown;
pub mod durable;
pub mod resume;
pub mod paper;
pub mod lock;
pub mod backup;
pub mod sentiment;
pub mod link;
pub mod signals;
pub mod control;
pub mod trade;
pub mod doctor;
