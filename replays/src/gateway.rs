//! What stands between the engine and the outside.

use engine::event::{Input, Record};
use engine::time::Timestamp;

/// Where inputs come from and decisions go to: the only thing in which backtest, paper and live differ.
pub trait Gateway {
    /// The next fact, stamped with the time at which the engine learns of it; [`Input::Timer`] at `deadline`
    /// when nothing happens before; `None` when there will be nothing more.
    fn next(&mut self, deadline: Option<Timestamp>) -> Result<Option<(Timestamp, Input)>, GatewayError>;

    /// Carries out the decisions among `records`.
    fn execute(&mut self, records: &[Record]) -> Result<(), GatewayError>;
}

/// The outside failed.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// History could not be read.
    #[error(transparent)]
    Data(#[from] data::files::FileError),
    /// The log of a session that goes on could not be read.
    #[error(transparent)]
    Log(Box<data::log::LogError>),
    /// The venue cannot be traded at any more.
    #[error("the venue: {0}")]
    Venue(Box<str>),
}

/// Boxed, because every input passes as a `Result` with this error, and this one is large.
impl From<data::log::LogError> for GatewayError {
    fn from(error: data::log::LogError) -> Self {
        Self::Log(Box::new(error))
    }
}
