//! Which order a record is about.

use engine::event::{Command, Decision, Denial, DenialReason, Event, Input, Record};
use engine::order::OrderId;

/// The order that a record asks for, changes or reports about: the same that the index finds it by.
pub fn of(record: &Record) -> Option<OrderId> {
    match &record.event {
        Event::Input(input) => of_input(input),
        Event::Decision(decision) => match decision {
            Decision::OrderRequested(_) => Some(OrderId(record.seq)),
            Decision::AmendRequested(amendment) => Some(amendment.order),
            Decision::CancelRequested(order) => Some(*order),
            Decision::Denied(denial) => of_denial(denial),
            Decision::Signal(_) | Decision::Alert(_) | Decision::Checkpoint(_) => None,
        },
    }
}

fn of_input(input: &Input) -> Option<OrderId> {
    match input {
        Input::OrderAccepted(order)
        | Input::OrderTriggered(order)
        | Input::OrderRejected { order, .. }
        | Input::OrderCanceled { order, .. }
        | Input::AmendRejected { order, .. }
        | Input::CancelRejected { order, .. } => Some(*order),
        Input::OrderFilled(fill) => Some(fill.order),
        Input::OrderAmended(amendment) => Some(amendment.order),
        Input::Operator(command) => match **command {
            Command::Cancel(order) => Some(order),
            Command::Halt | Command::Resume | Command::Flatten | Command::Submit(_) => None,
        },
        Input::SessionStarted(_)
        | Input::InstrumentListed(_)
        | Input::Deposited { .. }
        | Input::Trade(_)
        | Input::Quote(_)
        | Input::Bar(_)
        | Input::BookSnapshot(_)
        | Input::BookDelta(_)
        | Input::Funding(_)
        | Input::FeedGap(_)
        | Input::Timer
        | Input::SessionEnded { .. } => None,
    }
}

fn of_denial(denial: &Denial) -> Option<OrderId> {
    match denial.reason {
        DenialReason::NotOpen { order } | DenialReason::NotYours { order } => Some(order),
        DenialReason::Halted
        | DenialReason::UnknownInstrument
        | DenialReason::NoPrice
        | DenialReason::BelowMinimumSize { .. }
        | DenialReason::TooManyOpenOrders { .. } => None,
    }
}
