//! What held two runs back, side by side: breakers that tripped, and what an operator stopped and let go on.

use std::fmt::{self, Display, Formatter};

use engine::event::{Command, Decision, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::time::Timestamp;

use super::signals::{aligned, apart, keys, list};
use super::traded::Traded;
use super::{Cause, Comparison, Difference, Measure};

/// What became of trading, and in which instrument: the same in both runs.
pub(super) type PauseKey = (String, Option<String>);

/// A moment from which on nothing new was bought, or something was again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    seq: u64,
    at: Timestamp,
    lasts: Lasts,
}

/// How long that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Until(Timestamp),
    UntilResumed,
    /// Until the operator says something else.
    Open,
}

impl Pause {
    /// What a record says of pauses: what became of trading, where, and from when on. What a breaker saw is not in it: that
    /// is a little different with every price, and stops the same.
    pub(super) fn of(record: &Record) -> Option<(String, Option<InstrumentId>, Self)> {
        let pause = |lasts| Self { seq: record.seq, at: record.at, lasts };
        match &record.event {
            Event::Decision(Decision::BreakerTripped(trip)) => {
                let lasts = trip.until.map_or(Lasts::UntilResumed, Lasts::Until);
                Some((format!("paused by {}", trip.breaker), trip.instrument, pause(lasts)))
            }
            Event::Input(Input::Operator(command)) => {
                let done = match **command {
                    Command::Halt => "halted",
                    Command::Resume => "resumed",
                    Command::Flatten => "flattened",
                    Command::Submit(_) | Command::Cancel(_) => return None,
                };
                Some((format!("{done} by its operator"), None, pause(Lasts::Open)))
            }
            _ => None,
        }
    }
}

/// Compares all pauses, breaker by breaker and instrument by instrument.
pub(super) fn compare(a: &Traded, b: &Traded, measure: Measure, found: &mut Comparison) {
    for key in keys(a.pauses.keys(), b.pauses.keys()) {
        let (ours, theirs) = (list(a.pauses.get(key)), list(b.pauses.get(key)));
        for pair in aligned(ours, theirs, measure.within_ns, |pause| pause.at, |_, _| true) {
            let Some(at) = pair.0.into_iter().chain(pair.1).map(|pause| pause.at).min() else { continue };
            match told(&key.0, pair) {
                Some(text) => found.add(Cause::Pause, at, || Difference {
                    cause: Cause::Pause,
                    at,
                    strategy: None,
                    instrument: key.1.clone(),
                    seq_a: pair.0.map(|pause| pause.seq),
                    seq_b: pair.1.map(|pause| pause.seq),
                    text,
                }),
                None => found.same_pauses += 1,
            }
        }
    }
}

/// How the two differ; `None` when they do not.
fn told(what: &str, pair: (Option<&Pause>, Option<&Pause>)) -> Option<String> {
    Some(match pair {
        (Some(ours), Some(theirs)) if ours.at != theirs.at => format!("both are {what}, {}", apart(ours.at, theirs.at)),
        (Some(ours), Some(theirs)) if ours.lasts != theirs.lasts => {
            format!("both are {what},{} and{}", ours.lasts, theirs.lasts)
        }
        (Some(ours), None) => format!("only the first run is {what}{}", ours.lasts),
        (None, Some(theirs)) => format!("only the second run is {what}{}", theirs.lasts),
        (Some(_), Some(_)) | (None, None) => return None,
    })
}

impl Display for Lasts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Until(until) => write!(f, " until {until}"),
            Self::UntilResumed => f.write_str(" until resumed"),
            Self::Open => Ok(()),
        }
    }
}
