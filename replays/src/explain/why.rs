//! Why something is in a log: the chain from an input to it, and what followed.

use std::collections::BTreeSet;

use engine::event::{Decision, Event};
use engine::order::OrderId;
use serde::Serialize;

use super::origin::{is_order, origin};
use super::topic::Topic;
use super::tree::{Grower, Node};
use super::{ExplainError, History};

/// An explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What was asked about, in words.
    pub asked: String,
    /// The chains that lead to it, each from an input: one, or two for a round trip whose exit began otherwise than with
    /// its entry.
    pub chains: Vec<Node>,
}

/// Explains a record, an order, a round trip or a fill.
pub fn why(history: &mut History, topic: Topic) -> Result<Why, ExplainError> {
    let targets = targets(history, topic)?;
    let asked: BTreeSet<u64> = targets.iter().copied().collect();
    let paths = targets.iter().map(|target| origin(history, *target)).collect::<Result<Vec<_>, _>>()?;
    // A way out that began with the entry passes by it.
    let is_passed = |path: &Vec<u64>| paths.iter().any(|other| other.len() > path.len() && other.starts_with(path));
    let paths: Vec<&Vec<u64>> = paths.iter().filter(|path| !is_passed(path)).collect();
    let Some(first) = paths.iter().filter_map(|path| path.first()).min().copied() else {
        return Err(ExplainError::NoSuch(format!("{topic} has no records")));
    };
    // After the first record, whatever it is, the session is known.
    let names = History::names(history.moment(first.saturating_add(1))?);
    let mut grower = Grower::new(history, names, asked);
    let chains = paths.iter().map(|path| grower.grow(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(Why { asked: topic.to_string(), chains })
}

/// The records that a topic is about.
fn targets(history: &mut History, topic: Topic) -> Result<Vec<u64>, ExplainError> {
    let count = history.count();
    match topic {
        Topic::Record(seq) if seq >= count => Err(ExplainError::NoSuch(format!(
            "record {seq} is not in the log, which has {count} records, 0 to {}",
            count.saturating_sub(1)
        ))),
        Topic::Record(seq) => Ok(vec![seq]),
        Topic::Order(order) => an_order(history, order),
        Topic::Trade(number) => {
            let pieces = history.pieces(|piece| piece.trip == number)?;
            let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
                let trips = history.pieces(|_| true)?.last().map_or(0, |piece| piece.trip);
                let there = if trips == 0 { "no round trip was closed".to_owned() } else { format!("there are t1 to t{trips}") };
                return Err(ExplainError::NoSuch(format!("there is no round trip t{number} in the log: {there}")));
            };
            Ok(vec![first.entry.0, last.seq])
        }
        Topic::Fill(id) => {
            let fills = history.fills(id)?;
            if fills.is_empty() {
                let reason = "see `tickfold log show RUN --kind filled` for those that there are";
                return Err(ExplainError::NoSuch(format!("the venue called no fill {id} in this log: {reason}")));
            }
            Ok(fills)
        }
    }
}

fn an_order(history: &mut History, order: OrderId) -> Result<Vec<u64>, ExplainError> {
    let count = history.count();
    if order.0 >= count {
        return Err(ExplainError::NoSuch(format!("order {order} is not in the log, which has {count} records")));
    }
    let record = history.record(order.0)?;
    if is_order(&record) {
        return Ok(vec![order.0]);
    }
    let of = data::log::order_of(&record).map_or_else(String::new, |of| format!("; it is about order {of}"));
    let what = if matches!(record.event, Event::Decision(Decision::Signal(_))) { "a signal" } else { "no order" };
    Err(ExplainError::NoSuch(format!("record {order} is {what}{of}: an order's id is the seq of the record that asked for it")))
}
