//! Signals that came to nothing because something denied them: by what, how often, and each with its reasons.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use data::log::Reader;
use engine::event::{Decision, Event, Input, Record};
use engine::text::Names;
use engine::time::Timestamp;
use serde::Serialize;

use super::ExplainError;

/// Which denials; all of them when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of one strategy's wishes.
    pub strategy: Option<String>,
    /// In one instrument.
    pub instrument: Option<String>,
    /// For one reason, by its name such as `asset exposure`, or the beginning of it.
    pub reason: Option<String>,
    /// Nothing before this time.
    pub from: Option<Timestamp>,
    /// Nothing from this time on.
    pub to: Option<Timestamp>,
    /// How many are told one by one, the last ones.
    pub most: usize,
}

/// What was denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WhyNot {
    /// How many signals there were of which a denial could be told.
    pub signals: u64,
    /// How many denials there were.
    pub denials: u64,
    /// By strategy, instrument and reason, the most frequent first.
    pub counts: Vec<Count>,
    /// The last of them, oldest first.
    pub last: Vec<Denied>,
}

/// How often something was denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Whose wish it was: a strategy's name, or `operator`.
    pub owner: String,
    /// In which instrument; `None` where there is none.
    pub instrument: Option<String>,
    /// By what.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

/// Something that was wanted and not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denied {
    /// The denial's record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// By what.
    pub reason: &'static str,
    /// The denial in the text form.
    pub text: String,
    /// The signal that was denied, in the text form; `None` when it was no signal.
    pub signal: Option<String>,
}

type Key = (String, Option<String>, &'static str);

/// Who wants something beside the strategies.
const OPERATOR: &str = "operator";

/// What a filter may name.
#[derive(Default)]
struct Known {
    strategies: BTreeSet<String>,
    instruments: BTreeSet<String>,
}

/// Reads a run's denials, from the first record on. A strategy or an instrument that the run does not have is an error.
pub fn why_not(reader: &mut Reader, filter: &Filter) -> Result<WhyNot, ExplainError> {
    let (mut names, mut known, mut found) = (Names::default(), Known::default(), WhyNot::default());
    let mut counts: BTreeMap<Key, Count> = BTreeMap::new();
    let mut last = VecDeque::new();
    // A denial follows its signal in the same step, or later when the signal waited.
    let mut signals: BTreeMap<u64, Record> = BTreeMap::new();
    while let Some(block) = reader.next_block()? {
        for record in block {
            if filter.to.is_some_and(|to| record.at >= to) {
                known.check(filter)?;
                return Ok(found.finish(counts, last));
            }
            match &record.event {
                Event::Input(input) => {
                    names.learn(record);
                    known.learn(input);
                }
                Event::Decision(Decision::Signal(signal)) => {
                    signals.retain(|_, other| match &other.event {
                        Event::Decision(Decision::Signal(other)) => {
                            (other.strategy, other.instrument) != (signal.strategy, signal.instrument)
                        }
                        _ => false,
                    });
                    signals.insert(record.seq, record.clone());
                    let (strategy, instrument) = (names.strategy(signal.strategy), names.symbol(signal.instrument));
                    found.signals +=
                        u64::from(filter.wants(record.at, &strategy.to_string(), Some(&instrument.to_string()), None));
                }
                Event::Decision(Decision::Denied(denial)) => {
                    let owner = denial.strategy.map_or_else(|| OPERATOR.to_owned(), |id| names.strategy(id).to_string());
                    let instrument = denial.instrument.map(|id| names.symbol(id).to_string());
                    let reason = denial.reason.name();
                    if !filter.wants(record.at, &owner, instrument.as_deref(), Some(reason)) {
                        continue;
                    }
                    found.denials += 1;
                    let at = record.at;
                    let count = counts.entry((owner.clone(), instrument.clone(), reason)).or_insert_with(|| Count {
                        owner,
                        instrument,
                        reason,
                        count: 0,
                        first: at,
                        last: at,
                    });
                    (count.count, count.last) = (count.count + 1, at);
                    if filter.most > 0 {
                        if last.len() >= filter.most {
                            last.pop_front();
                        }
                        let signal = signals.get(&record.cause).map(|signal| names.line(signal).to_string());
                        last.push_back(Denied { seq: record.seq, at, reason, text: names.line(record).to_string(), signal });
                    }
                }
                Event::Decision(_) => {}
            }
        }
    }
    known.check(filter)?;
    Ok(found.finish(counts, last))
}

impl Known {
    fn learn(&mut self, input: &Input) {
        match input {
            Input::SessionStarted(session) => self.strategies.extend(session.strategies.iter().cloned()),
            Input::InstrumentListed(instrument) => {
                self.instruments.insert(instrument.symbol.clone());
            }
            _ => {}
        }
    }

    /// Whether the filter names what there is.
    fn check(&self, filter: &Filter) -> Result<(), ExplainError> {
        let unknown = |what: &str, wanted: &Option<String>, known: Vec<&str>| {
            let wanted = wanted.as_deref().filter(|wanted| !known.contains(wanted))?;
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Some(ExplainError::NoSuch(format!("the run has no {what} \"{wanted}\"; it has: {known}")))
        };
        let strategies = self.strategies.iter().map(String::as_str).chain([OPERATOR]).collect();
        let instruments = self.instruments.iter().map(String::as_str).collect();
        let unknown =
            unknown("strategy", &filter.strategy, strategies).or_else(|| unknown("instrument", &filter.instrument, instruments));
        unknown.map_or(Ok(()), Err)
    }
}

impl WhyNot {
    fn finish(mut self, counts: BTreeMap<Key, Count>, last: VecDeque<Denied>) -> Self {
        self.counts = counts.into_values().collect();
        self.counts.sort_by_key(|count| std::cmp::Reverse(count.count));
        self.last = last.into();
        self
    }
}

impl Filter {
    fn wants(&self, at: Timestamp, owner: &str, instrument: Option<&str>, reason: Option<&str>) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| found == Some(wanted));
        let begins = |wanted: &str| reason.is_none_or(|reason| reason.starts_with(wanted));
        self.from.is_none_or(|from| at >= from)
            && is(&self.strategy, Some(owner))
            && is(&self.instrument, instrument)
            && self.reason.as_deref().is_none_or(begins)
    }
}
