//! What a person who watches a run is shown of it: what was done, and what went wrong.

use engine::event::{Decision, Event, Input, Record};
use engine::text::Names;

/// Prints the lines of records that a person waits for on stderr.
#[derive(Debug, Default)]
pub struct Shown {
    names: Names,
}

impl Shown {
    /// Takes in what things are called.
    pub fn learn(&mut self, record: &Record) {
        self.names.learn(record);
    }

    /// A record's line.
    pub fn line(&self, record: &Record) -> String {
        self.names.line(record).to_string()
    }

    /// Prints those of the records that are worth a line.
    pub fn show(&mut self, records: &[Record]) {
        for record in records {
            self.names.learn(record);
            if is_news(&record.event) {
                eprintln!("{}", self.names.line(record));
            }
        }
    }
}

/// Orders and what came of them, commands, troubles, breakers and alerts.
fn is_news(event: &Event) -> bool {
    match event {
        Event::Input(input) => matches!(
            input,
            Input::OrderRejected { .. }
                | Input::OrderTriggered(_)
                | Input::OrderFilled(_)
                | Input::Operator(_)
                | Input::TroubleBegan(_)
                | Input::TroubleEnded(_)
                | Input::FeedSwitched(_)
        ),
        Event::Decision(decision) => matches!(
            decision,
            Decision::OrderRequested(_) | Decision::OrderAdopted(_) | Decision::Alert(_) | Decision::BreakerTripped(_)
        ),
    }
}
