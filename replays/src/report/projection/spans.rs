//! Spans: regimes and troubles from their begin to their end.

use std::collections::BTreeMap;

use engine::event::{RegimeChange, Trouble};
use engine::instrument::InstrumentId;
use engine::order::StrategyId;
use engine::time::Timestamp;

use crate::report::rows::{RegimeRow, Row, TroubleRow};

/// Those that go on.
#[derive(Debug, Default)]
pub(super) struct Spans {
    regimes: BTreeMap<(StrategyId, InstrumentId), RegimeRow>,
    troubles: BTreeMap<Trouble, TroubleRow>,
}

impl Spans {
    /// A strategy sees a regime.
    pub(super) fn regime(&mut self, seq: u64, at: Timestamp, change: &RegimeChange, emit: &mut dyn FnMut(Row)) {
        let RegimeChange { strategy, instrument, regime, .. } = *change;
        let row = RegimeRow { seq, from: at, to: None, strategy, instrument, regime };
        if let Some(before) = self.regimes.insert((strategy, instrument), row) {
            emit(Row::Regime(RegimeRow { to: Some(at), ..before }));
        }
    }

    /// Something is wrong.
    pub(super) fn began(&mut self, seq: u64, at: Timestamp, trouble: Trouble) {
        self.troubles.entry(trouble).or_insert(TroubleRow { seq, from: at, to: None, trouble });
    }

    /// It is well again.
    pub(super) fn ended(&mut self, at: Timestamp, trouble: Trouble, emit: &mut dyn FnMut(Row)) {
        if let Some(row) = self.troubles.remove(&trouble) {
            emit(Row::Trouble(TroubleRow { to: Some(at), ..row }));
        }
    }

    /// Gives those that go on: the log has ended.
    pub(super) fn finish(self, emit: &mut dyn FnMut(Row)) {
        self.regimes.into_values().for_each(|row| emit(Row::Regime(row)));
        self.troubles.into_values().for_each(|row| emit(Row::Trouble(row)));
    }
}
