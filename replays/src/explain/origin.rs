//! Where a record comes from: back to the input with which it began.

use data::log::order_of;
use engine::event::{Decision, Event, Input, Record};
use engine::order::{CancelReason, OrderId};

use super::{ExplainError, History};

/// The seqs from the input with which it began to the record itself.
///
/// A decision follows from its cause, and a report of the venue from what it answers: the order, or the request to change
/// or cancel it. What comes from outside follows from nothing.
pub fn origin(history: &mut History, seq: u64) -> Result<Vec<u64>, ExplainError> {
    let mut path = vec![seq];
    let mut record = history.record(seq)?;
    while let Some(before) = parent(history, &record)? {
        path.push(before);
        record = history.record(before)?;
    }
    path.reverse();
    Ok(path)
}

/// What a record follows from: always an earlier one.
pub(super) fn parent(history: &mut History, record: &Record) -> Result<Option<u64>, ExplainError> {
    let Event::Input(input) = &record.event else {
        return Ok(Some(record.cause).filter(|cause| *cause < record.seq));
    };
    let Some(order) = order_of(record).filter(|order| order.0 < record.seq && !matches!(input, Input::Operator(_))) else {
        return Ok(None);
    };
    if !is_order(&history.record(order.0)?) {
        return Ok(None);
    }
    let asked: fn(&Decision, OrderId) -> bool = match input {
        Input::OrderCanceled { reason: CancelReason::Requested, .. } | Input::CancelRejected { .. } => {
            |decision, order| matches!(decision, Decision::CancelRequested(of) if *of == order)
        }
        Input::OrderAmended(_) | Input::AmendRejected { .. } => {
            |decision, order| matches!(decision, Decision::AmendRequested(amendment) if amendment.order == order)
        }
        _ => return Ok(Some(order.0)),
    };
    for seq in history.following(order.0)?.into_iter().rev().filter(|seq| *seq < record.seq) {
        if let Event::Decision(decision) = &history.record(seq)?.event
            && asked(decision, order)
        {
            return Ok(Some(seq));
        }
    }
    // The venue did it by itself.
    Ok(Some(order.0))
}

/// Whether a record is an order: its seq is the order's id.
pub(super) fn is_order(record: &Record) -> bool {
    matches!(&record.event, Event::Decision(Decision::OrderRequested(_) | Decision::OrderAdopted(_)))
}

/// The records that have this one as their parent, and those that are about the order that it is.
pub(super) fn children(history: &mut History, record: &Record) -> Result<Vec<Child>, ExplainError> {
    let mut seqs = history.following(record.seq)?;
    let changed = match &record.event {
        Event::Decision(Decision::CancelRequested(order)) => Some(*order),
        Event::Decision(Decision::AmendRequested(amendment)) => Some(amendment.order),
        _ => None,
    };
    if let Some(order) = changed {
        seqs.extend(history.following(order.0)?.into_iter().filter(|seq| *seq > record.seq));
        seqs.sort_unstable();
        seqs.dedup();
    }
    let mut children = Vec::new();
    for seq in seqs {
        let child = history.record(seq)?;
        if parent(history, &child)? == Some(record.seq) {
            children.push(Child::Own(seq));
        } else if is_order(record) {
            children.push(Child::OfAnother(seq));
        }
    }
    Ok(children)
}

/// What is shown below a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// It follows from the record.
    Own(u64),
    /// It is about the order that the record is, and follows from something else.
    OfAnother(u64),
}

impl Child {
    pub(super) fn seq(self) -> u64 {
        match self {
            Self::Own(seq) | Self::OfAnother(seq) => seq,
        }
    }
}
