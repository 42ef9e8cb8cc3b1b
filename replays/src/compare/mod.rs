//! Two runs side by side: what is different, and by which cause.
//!
//! Seqs mean nothing across runs. Signals are put side by side by strategy, instrument and time; pauses by breaker,
//! instrument and time; round trips by the signal that began them; market data by what they say and when, by the venue's
//! clock. What follows from another difference
//! is not told again: a round trip whose signal only one run has is a difference of signals.

mod tape;
mod traded;
mod signals;
mod pauses;
mod trips;

use std::collections::BTreeMap;

use data::log::{LogError, Reader};
use engine::number::{Amount, Price, Quantity};
use engine::text::Names;
use engine::time::{SECOND_NS, Timestamp};
use serde::Serialize;

use crate::fork::Line;
use traded::Traded;

pub use traded::Way;

/// How two runs are put side by side.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// How far apart in time two signals may be and still be one, in nanoseconds.
    pub within_ns: i64,
    /// How many differences of each cause, and how many round trips, are listed; all are counted.
    pub listed: usize,
}

impl Default for Measure {
    fn default() -> Self {
        Self { within_ns: 5 * SECOND_NS, listed: 10 }
    }
}

/// Why two runs differ, in the order in which one leads to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Market data that only one of them has.
    MissingData,
    /// A signal that only one of them gave, or that says something else.
    Signal,
    /// A breaker or an operator stopped new exposure in one of them only, or at another time, or for longer.
    Pause,
    /// Both had the signal, and one did not get in, or did not get out.
    MissingOrder,
    /// One got out at its stop, the other at its target or by a signal.
    Exit,
    /// The same, at another time.
    Timing,
    /// The same, at another price.
    Price,
    /// The same, and more or less of it.
    Quantity,
    /// At another rate, or in another currency.
    Fee,
}

impl Cause {
    /// Every cause, in order.
    pub const ALL: [Self; 9] = [
        Self::MissingData,
        Self::Signal,
        Self::Pause,
        Self::MissingOrder,
        Self::Exit,
        Self::Timing,
        Self::Price,
        Self::Quantity,
        Self::Fee,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingData => "missing data",
            Self::Signal => "signal",
            Self::Pause => "pause",
            Self::MissingOrder => "missing order",
            Self::Exit => "exit",
            Self::Timing => "timing",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::Fee => "fee",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Why.
    pub cause: Cause,
    /// When: the earlier of the two.
    pub at: Timestamp,
    /// Whose, where it is of a strategy.
    pub strategy: Option<String>,
    /// Of what.
    pub instrument: Option<String>,
    /// The record of the first run that shows it.
    pub seq_a: Option<u64>,
    /// The record of the second.
    pub seq_b: Option<u64>,
    /// What differs.
    pub text: String,
}

/// A round trip that is not the same in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Whose.
    pub strategy: String,
    /// In what.
    pub instrument: String,
    /// When it was signaled.
    pub at: Timestamp,
    /// In the first run.
    pub a: Option<Trade>,
    /// In the second.
    pub b: Option<Trade>,
}

/// A round trip as one run has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// The record of its first fill.
    pub seq: u64,
    /// When its entry last filled.
    pub entered_at: Option<Timestamp>,
    /// At which average price.
    pub entry_price: Option<Price>,
    /// How much was bought.
    pub quantity: Quantity,
    /// When its exit last filled; `None` while it is open.
    pub left_at: Option<Timestamp>,
    /// At which average price.
    pub exit_price: Option<Price>,
    /// By what.
    pub exit: Option<Way>,
    /// Proceeds less cost and fees, in quote units; `None` while it is open.
    pub profit: Option<Amount>,
}

/// What two runs have in common, and what not.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// Market data in both; those of one alone are differences.
    pub same_data: u64,
    /// Whether their market data are of another market altogether, so that they were not looked at further.
    pub is_other_market: bool,
    /// Signals that are the same.
    pub same_signals: u64,
    /// Pauses that are the same: of breakers, and of operators.
    pub same_pauses: u64,
    /// Round trips that are the same.
    pub same_trades: u64,
    /// Round trips that differ in something.
    pub different_trades: u64,
    /// Round trips of the first run alone.
    pub only_a: u64,
    /// Round trips of the second alone.
    pub only_b: u64,
    /// How many differences there are of each cause.
    pub counts: BTreeMap<Cause, u64>,
    /// The first of them.
    pub first: Option<Difference>,
    /// The records that show the first, of either run.
    pub first_records: (Option<Line>, Option<Line>),
    /// The first of each cause, in the order of time.
    pub differences: BTreeMap<Cause, Vec<Difference>>,
    /// The first round trips that are not the same, in the order of time.
    pub trades: Vec<Pair>,
    #[serde(skip)]
    listed: usize,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.counts.is_empty() && !self.is_other_market
    }

    /// Counts a difference, and lists it when it is one of the first.
    fn add(&mut self, cause: Cause, at: Timestamp, difference: impl FnOnce() -> Difference) {
        *self.counts.entry(cause).or_default() += 1;
        let list = self.differences.entry(cause).or_default();
        let place = list.partition_point(|listed| listed.at <= at);
        if place < self.listed {
            list.insert(place, difference());
            list.truncate(self.listed);
        }
    }

    fn list_trade(&mut self, at: Timestamp, pair: impl FnOnce() -> Pair) {
        let place = self.trades.partition_point(|listed| listed.at <= at);
        if place < self.listed {
            self.trades.insert(place, pair());
            self.trades.truncate(self.listed);
        }
    }
}

/// Compares two logs, both open at their beginnings.
pub fn compare(a: &mut Reader, b: &mut Reader, measure: Measure) -> Result<Comparison, LogError> {
    let (ours, theirs) = (Traded::read(a)?, Traded::read(b)?);
    let mut found = Comparison { listed: measure.listed.max(1), ..Comparison::default() };
    a.seek(0)?;
    b.seek(0)?;
    tape::compare(a, b, &mut found)?;
    signals::compare(&ours, &theirs, measure, &mut found);
    pauses::compare(&ours, &theirs, measure, &mut found);
    trips::compare(&ours, &theirs, measure, &mut found);
    found.first = found.differences.values().flatten().min_by_key(|difference| (difference.at, difference.cause)).cloned();
    if let Some(first) = &found.first {
        let (seq_a, seq_b) = (first.seq_a, first.seq_b);
        found.first_records = (line(a, &ours.names, seq_a)?, line(b, &theirs.names, seq_b)?);
    }
    found.differences.values_mut().for_each(|list| list.truncate(measure.listed));
    found.trades.truncate(measure.listed);
    Ok(found)
}

/// One record of a log.
fn line(reader: &mut Reader, names: &Names, seq: Option<u64>) -> Result<Option<Line>, LogError> {
    let Some(seq) = seq else { return Ok(None) };
    reader.seek(seq)?;
    let record = reader.next_block()?.and_then(|records| records.first());
    Ok(record.map(|record| Line { seq: record.seq, at: record.at, text: names.line(record).to_string() }))
}
