//! What the venue's messages mean to the engine, and the other way round. The only place that knows both vocabularies.
//!
//! Prices and sizes go over as decimals, never as floats, and are never rounded: what does not fit is an error.

mod error;
mod client_id;
mod instrument;
mod market;
mod candle;
mod report;
mod reason;
mod account;
mod request;

pub use account::{balances, stray, stray_algo};
pub use candle::{bar, channel_of, interval_of, name_of};
pub use client_id::{ClientId, SessionTag};
pub use error::ConvertError;
pub use instrument::{Fees, instrument};
pub use market::{book, funding, market_inputs, quote, top, trade};
pub use reason::{cancel_reason, reject_reason};
pub use report::{algo_failure, fill, fill_of_order};
pub use request::{Change, Placement, Terms, amend, cancel, place, place_pair};
