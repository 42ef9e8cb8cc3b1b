//! A log whose records are durable before anything that follows from them leaves the process.

use data::log::LiveWriter;
use engine::event::{Decision, Event, Record};

use super::shown::Shown;
use crate::run::{Log, RunError};

/// Waits for the disk only where something is about to leave: market data that cause nothing are written behind.
#[derive(Debug)]
pub struct Durable {
    /// Where records go.
    pub writer: LiveWriter,
    /// What is shown of them.
    pub shown: Shown,
}

impl Log for Durable {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        self.writer.append(records)?;
        match records.last() {
            Some(last) if records.iter().any(leaves) => self.writer.wait_durable(last.seq + 1)?,
            _ => {}
        }
        self.shown.show(records);
        Ok(())
    }
}

/// Whether the gateway carries it out.
fn leaves(record: &Record) -> bool {
    matches!(
        record.event,
        Event::Decision(Decision::OrderRequested(_) | Decision::AmendRequested(_) | Decision::CancelRequested(_))
    )
}
