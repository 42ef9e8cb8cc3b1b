//! OKX: its messages, what they mean, and how to talk to it (API v5).

pub mod sign;
pub mod message;
pub mod code;
pub mod book;
pub mod convert;
pub mod endpoint;
pub mod limits;
pub mod clock;
pub mod subscription;
pub mod rest;
pub mod websocket;
pub mod orders;
pub mod dead_man;
