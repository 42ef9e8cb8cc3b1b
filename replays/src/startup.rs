//! How much does what a run decides depend on how much history it was shown before?
//!
//! Indicators that remember without end (averages that decay, a maximum of all times) say something else after a short
//! history than after a long one. A live run begins with the history that it is given, so it matters how much that is.

use std::collections::BTreeSet;
use std::iter::Skip;
use std::time::Duration;

use engine::event::{Decision, Direction, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::time::Timestamp;

use crate::backtest::{BacktestError, Past, execute};
use crate::config::Config;
use crate::research::Recording;
use crate::run::{Log, RunError};

/// The part of the history, its last, whose signals are compared: one in so many.
const LAST: usize = 4;
/// How much of what comes before is left: one in so many.
const LEFT: [usize; 4] = [2, 4, 8, 16];

/// The signals of the last quarter after less history than there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Market data before that quarter.
    pub events_before: usize,
    /// The same of each strategy.
    pub strategies: Vec<Sameness>,
}

/// What one strategy signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sameness {
    /// Its name.
    pub strategy: String,
    /// After all of the history.
    pub all: usize,
    /// After less of it.
    pub less: usize,
    /// In both, at the same times.
    pub same: usize,
}

/// Runs a configuration on a recording whole, and without more and more of its beginning.
pub fn starts(recording: &Recording, config: &Config) -> Result<Vec<Start>, BacktestError> {
    let events = recording.events();
    let before = events - events / LAST;
    let Some(from) = recording.at(before.min(events.saturating_sub(1))) else { return Ok(Vec::new()) };
    let hash = engine::hash::hash_of_bytes(&config.canonical());
    let live = |skipped: usize| {
        let mut history = Later(recording.beginning(events).skip(skipped));
        let first = history.next().transpose().map_err(RunError::from)?.ok_or(BacktestError::NoData)?;
        let mut signals = Signals { from, given: BTreeSet::new() };
        execute(config, hash, recording.instruments(), first, history, &mut signals)?;
        Ok::<_, BacktestError>(signals.given)
    };
    let all = live(0)?;
    let mut starts = Vec::new();
    for left in LEFT.map(|part| before / part) {
        let less = live(before - left)?;
        let of = |signals: &BTreeSet<Given>, place: usize| signals.iter().filter(|given| usize::from(given.1) == place).count();
        let both: BTreeSet<Given> = all.intersection(&less).copied().collect();
        let strategies = config.strategies.iter().enumerate().map(|(place, strategy)| Sameness {
            strategy: strategy.label().to_owned(),
            all: of(&all, place),
            less: of(&less, place),
            same: of(&both, place),
        });
        starts.push(Start { events_before: left, strategies: strategies.collect() });
    }
    Ok(starts)
}

/// When, by which strategy, about what, and whether to be in.
type Given = (Timestamp, u16, InstrumentId, bool);

/// Keeps the signals from a time on.
struct Signals {
    from: Timestamp,
    given: BTreeSet<Given>,
}

impl Log for Signals {
    fn append(&mut self, records: &[Record]) -> Result<(), RunError> {
        for record in records.iter().filter(|record| record.at >= self.from) {
            if let Event::Decision(Decision::Signal(signal)) = &record.event {
                let is_long = signal.direction == Direction::Long;
                self.given.insert((record.at, signal.strategy.0, signal.instrument, is_long));
            }
        }
        Ok(())
    }
}

/// A history without its beginning.
struct Later<P>(Skip<P>);

impl<P: Past> Iterator for Later<P> {
    type Item = Result<(Timestamp, Input), P::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

impl<P: Past> Past for Later<P> {
    type Error = P::Error;

    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    fn skipped(&self) -> u64 {
        0
    }
}
