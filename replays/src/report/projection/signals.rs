//! What becomes of signals. A fate is told once nothing can change it, at the end of a step at the earliest.

use std::collections::BTreeMap;

use engine::event::{Denial, Direction, Signal};
use engine::market::Side;
use engine::order::{OrderId, OrderKind, OrderRequest, Owner};
use engine::state::State;
use engine::time::Timestamp;

use super::closings::{Closings, Key};
use super::wanted::{Kind, Wanted};
use crate::report::rows::{Fate, SignalRow};

/// Signals whose fate is not known yet.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// Of this step, each with its fate where that is known.
    step: Vec<(SignalRow, Known)>,
    /// Those that wait for an old position to be closed.
    waiting: BTreeMap<Key, SignalRow>,
    /// Those that wait for the open orders of a position to end, so that it can be sold.
    leaving: BTreeMap<Key, SignalRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

impl Signals {
    /// A strategy gave one.
    pub(super) fn given(&mut self, state: &State, seq: u64, at: Timestamp, signal: &Signal, wanted: Wanted) {
        let Signal { strategy, instrument, direction, confidence_bps, stop, target, reasons } = signal;
        let row = SignalRow {
            seq,
            at,
            strategy: *strategy,
            instrument: *instrument,
            direction: *direction,
            confidence_bps: *confidence_bps,
            stop: *stop,
            target: *target,
            price: state.markets.get(*instrument).and_then(engine::markets::Market::last_price),
            // They are long, and of no use where nobody sees the row.
            reasons: if wanted.has(Kind::Signals) { reasons.clone() } else { Vec::new() },
            fate: Fate::Ignored,
        };
        self.step.push((row, Known::No));
    }

    /// The signal to get in that an order or a denial follows from.
    pub(super) fn caused(&self, cause: u64) -> Option<u64> {
        let of_step = self.step.iter().map(|(row, _)| row);
        of_step.chain(self.waiting.values()).any(|row| row.seq == cause).then_some(cause)
    }

    /// An order was asked for.
    pub(super) fn ordered(&mut self, cause: u64, id: OrderId, request: &OrderRequest, emit: &mut dyn FnMut(SignalRow)) {
        let key = (request.owner, request.instrument);
        let fate = Fate::Traded { order: id };
        // A signal to get in may cause the next step out of what has to be left before.
        let direction = if request.side == Side::Buy { Direction::Long } else { Direction::Flat };
        if self.settle(cause, Some(direction), &fate, emit) {
            return;
        }
        let is_sale = request.side == Side::Sell && request.kind == OrderKind::Market;
        if is_sale && let Some(row) = self.leaving.remove(&key) {
            emit(SignalRow { fate, ..row });
        }
    }

    /// Something was refused.
    pub(super) fn denied(&mut self, cause: u64, seq: u64, denial: &Denial, emit: &mut dyn FnMut(SignalRow)) {
        let fate = Fate::Denied { denial: seq, reason: denial.reason.clone() };
        self.settle(cause, None, &fate, emit);
    }

    /// Gives the signal that something follows from its fate, if it wanted that way; whether there was one.
    fn settle(&mut self, cause: u64, way: Option<Direction>, fate: &Fate, emit: &mut dyn FnMut(SignalRow)) -> bool {
        let is_meant = |row: &SignalRow| row.seq == cause && way.is_none_or(|way| way == row.direction);
        if let Some((row, known)) = self.step.iter_mut().find(|(row, known)| is_meant(row) && *known == Known::No) {
            row.fate = fate.clone();
            *known = Known::Yes;
            return true;
        }
        let key = self.waiting.iter().find(|(_, row)| is_meant(row)).map(|(key, _)| *key);
        let Some(row) = key.and_then(|key| self.waiting.remove(&key)) else { return false };
        emit(SignalRow { fate: fate.clone(), ..row });
        true
    }

    /// All decisions of a step were taken.
    pub(super) fn end_step(&mut self, state: &State, closings: &Closings, emit: &mut dyn FnMut(SignalRow)) {
        for (row, known) in self.step.drain(..) {
            let key = (Owner::Strategy(row.strategy), row.instrument);
            let begins_to_leave = || closings.of(state, key).is_some_and(|closing| closing.signal == Some(row.seq));
            if known == Known::Yes {
                emit(row);
            } else if row.direction == Direction::Long && waits(state, key, &row) {
                if let Some(row) = self.waiting.insert(key, row) {
                    emit(SignalRow { fate: Fate::Superseded, ..row });
                }
            } else if row.direction == Direction::Flat && begins_to_leave() {
                self.leaving.insert(key, row);
            } else {
                emit(row);
            }
        }
        self.waiting.retain(|key, row| {
            let still = waits(state, *key, row);
            if !still {
                emit(SignalRow { fate: Fate::Superseded, ..row.clone() });
            }
            still
        });
        self.leaving.retain(|key, row| {
            let still = state.closing.contains(key);
            if !still {
                emit(SignalRow { fate: Fate::Canceled, ..row.clone() });
            }
            still
        });
    }

    /// Gives those that still wait: the log has ended.
    pub(super) fn finish(self, emit: &mut dyn FnMut(SignalRow)) {
        let left = self.waiting.into_values().chain(self.leaving.into_values());
        left.for_each(|row| emit(SignalRow { fate: Fate::Waiting, ..row }));
    }
}

fn waits(state: &State, key: Key, row: &SignalRow) -> bool {
    state.waiting.get(&key).is_some_and(|(seq, _)| *seq == row.seq)
}
