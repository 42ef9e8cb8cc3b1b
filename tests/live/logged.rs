//! What a run's log says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use data::log::{BlobStore, Disk, LogError, Reader};
use engine::event::{Decision, Event, Input, Record, Signal};
use engine::instrument::InstrumentId;
use engine::order::{Fill, OrderId, OrderRequest, Owner, StrategyId};
use engine::state::State;
use engine::time::Timestamp;
use replays::verify::Derivation;

/// A whole log.
pub struct Logged {
    /// All of it.
    pub records: Vec<Record>,
    /// Every order that was asked for.
    pub orders: BTreeMap<OrderId, OrderRequest>,
    /// Whether each strategy is in the market, after each record.
    pub stances: Vec<Vec<bool>>,
    derivation: Derivation,
}

impl Logged {
    /// Reads it, and derives every decision again.
    pub fn read(run: &Path) -> Self {
        let records = records(run);
        let mut derivation = Derivation::begin(&records[0], &BlobStore::open(run).expect("blobs")).expect("a session");
        let mut stances = Vec::new();
        let mut stepped = Vec::new();
        for record in &records {
            derivation.compare(record).expect("the same");
            let state = derivation.engine().state();
            let strategies = state.session.as_ref().map_or(0, |session| session.strategies.len());
            let is_in = |place| state.is_in(Owner::Strategy(StrategyId(place)), InstrumentId(0));
            stepped.clear();
            stepped.extend((0..u16::try_from(strategies).expect("a few")).map(is_in));
            stances.push(stepped.clone());
        }
        let asked = |record: &Record| match &record.event {
            Event::Decision(Decision::OrderRequested(request)) => Some((OrderId(record.seq), (**request).clone())),
            _ => None,
        };
        let orders = records.iter().filter_map(asked).collect();
        Self { records, orders, stances, derivation }
    }

    /// What it comes to.
    pub fn state(&self) -> &State {
        self.derivation.engine().state()
    }

    /// Every signal, and when.
    pub fn signals(&self) -> Vec<(u64, Timestamp, &Signal)> {
        let signal = |record: &'_ Record| match &record.event {
            Event::Decision(Decision::Signal(_)) => Some(record.seq),
            _ => None,
        };
        let of = |seq: u64| {
            let record = &self.records[usize::try_from(seq).expect("it fits")];
            match &record.event {
                Event::Decision(Decision::Signal(signal)) => (seq, record.at, &**signal),
                _ => unreachable!("only signals are kept"),
            }
        };
        self.records.iter().filter_map(signal).map(of).collect()
    }

    /// Whether a strategy was in the market before `at`, and when it is over.
    pub fn stance_around(&self, strategy: StrategyId, at: Timestamp) -> (bool, bool) {
        let stance = |end: usize| end > 0 && self.stances[end - 1].get(usize::from(strategy.0)).is_some_and(|is_in| *is_in);
        (
            stance(self.records.partition_point(|record| record.at < at)),
            stance(self.records.partition_point(|record| record.at <= at)),
        )
    }

    /// Every fill, with its record.
    pub fn fills(&self) -> impl Iterator<Item = (&Record, &Fill)> {
        self.records.iter().filter_map(|record| match &record.event {
            Event::Input(Input::OrderFilled(fill)) => Some((record, &**fill)),
            _ => None,
        })
    }

    /// What a person was told.
    pub fn alerts(&self) -> Vec<String> {
        let alert = |record: &Record| match &record.event {
            Event::Decision(Decision::Alert(alert)) => Some(alert.to_string()),
            _ => None,
        };
        self.records.iter().filter_map(alert).collect()
    }
}

/// All records of a run.
fn records(run: &Path) -> Vec<Record> {
    all(run).expect("a whole log")
}

/// All records of a run that may be going on: a frame that is just being written looks damaged.
pub fn records_so_far(run: &Path) -> Option<Vec<Record>> {
    all(run).ok()
}

fn all(run: &Path) -> Result<Vec<Record>, LogError> {
    let (mut reader, _) = Reader::open(Arc::new(Disk::open(run).expect("a folder")))?;
    let mut all = Vec::new();
    while let Some(block) = reader.next_block()? {
        all.extend_from_slice(block);
    }
    Ok(all)
}
