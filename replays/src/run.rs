//! The one loop: what comes in is stepped, logged, and only then carried out.

use std::time::{Duration, Instant};

use data::log::{Chain, LogError, Writer};
use engine::engine::Engine;
use engine::event::Record;
use engine::state::State;

use crate::gateway::{Gateway, GatewayError};
use crate::report::Report;
use crate::verify::VerifyError;

/// Where records go before anything leaves the process.
pub trait Log {
    /// Takes the next records.
    fn append(&mut self, records: &[Record]) -> Result<(), RunError>;

    /// Looks at what they have made, once they are carried out.
    #[inline]
    fn stepped(&mut self, _state: &State, _records: &[Record]) -> Result<(), RunError> {
        Ok(())
    }
}

impl Log for Writer {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        Ok(Self::append(self, records)?)
    }
}

/// Keeps only the digest.
impl Log for Chain {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        for record in records {
            Self::append(self, record).map_err(|source| LogError::Row { seq: record.seq, source })?;
        }
        Ok(())
    }
}

/// A run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The outside failed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The log could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A session that goes on came to something else than its log has.
    #[error("the session cannot go on: {0}")]
    Differs(#[from] VerifyError),
}

/// Runs until the gateway has nothing more, and gives the loop's wall time.
pub fn run<G: Gateway, L: Log>(
    engine: &mut Engine,
    gateway: &mut G,
    log: &mut L,
    report: &mut Report,
) -> Result<Duration, RunError> {
    let started = Instant::now();
    while let Some((at, input)) = gateway.next(engine.next_deadline())? {
        report.before(engine.state(), at, &input);
        let records = engine.step(at, input);
        log.append(records)?;
        gateway.execute(records)?;
        report.after(engine.state(), engine.records());
        log.stepped(engine.state(), engine.records())?;
    }
    Ok(started.elapsed())
}
