//! Why positions are on their way out: known when they begin to be, needed when they are sold.

use std::collections::BTreeMap;

use engine::event::{Breaker, Command, Decision, Direction, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::order::Owner;
use engine::state::State;

use crate::report::rows::ExitReason;

/// An owner's position in an instrument.
pub(super) type Key = (Owner, InstrumentId);

/// What put positions on their way out.
#[derive(Debug, Default)]
pub(super) struct Closings {
    begun: BTreeMap<Key, Closing>,
    /// What this step puts all others on their way out by.
    step: Option<ExitReason>,
}

/// What put a position on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    pub reason: ExitReason,
    /// The signal, where it was one.
    pub signal: Option<u64>,
}

impl Closings {
    /// Looks at an input or a decision that may put positions on their way out.
    pub(super) fn note(&mut self, record: &Record) {
        match &record.event {
            Event::Decision(Decision::Signal(signal)) if signal.direction == Direction::Flat => {
                let key = (Owner::Strategy(signal.strategy), signal.instrument);
                let closing = Closing { reason: ExitReason::Signal, signal: Some(record.seq) };
                self.begun.entry(key).or_insert(closing);
            }
            Event::Decision(Decision::BreakerTripped(trip)) if trip.breaker == Breaker::Emergency => {
                self.step = Some(ExitReason::EmergencyStop);
            }
            Event::Input(Input::Operator(command)) if **command == Command::Flatten => self.step = Some(ExitReason::Flattened),
            Event::Input(Input::OrderRejected { .. } | Input::OrderCanceled { .. }) => self.step = Some(ExitReason::Unprotected),
            _ => {}
        }
    }

    /// Why a position that is being sold now was on its way out; `None` when nothing had put it there.
    pub(super) fn of(&self, state: &State, key: Key) -> Option<Closing> {
        let begun = self.begun.get(&key).copied();
        begun.or_else(|| self.step.filter(|_| state.closing.contains(&key)).map(|reason| Closing { reason, signal: None }))
    }

    /// All decisions of a step were taken.
    pub(super) fn end_step(&mut self, state: &State) {
        self.begun.retain(|key, _| state.closing.contains(key));
        if let Some(reason) = self.step.take() {
            for key in &state.closing {
                self.begun.entry(*key).or_insert(Closing { reason, signal: None });
            }
        }
    }
}
