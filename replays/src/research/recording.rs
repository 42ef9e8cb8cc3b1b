//! History in memory: decoded once, lived through by any number of runs, on as many threads.

use std::iter::Take;
use std::time::Duration;

use data::log::{Chain, LogError};
use engine::event::{Event, Hash, Input, Record};
use engine::hash::hash_of_bytes;
use engine::instrument::Instrument;
use engine::time::Timestamp;

use crate::backtest::{BacktestError, Finished, Past, execute};
use crate::config::Config;
use crate::gateway::GatewayError;
use crate::report::Outcome;
use crate::run::RunError;

/// Events of one piece. A single list would be copied as it grows, and take twice its room.
const PIECE: usize = 1 << 14;

/// History that has been read whole.
pub struct Recording {
    instruments: Vec<Instrument>,
    pieces: Vec<Vec<(Timestamp, Input)>>,
    skipped: u64,
}

impl Recording {
    /// Reads all of a history.
    pub(crate) fn read<P: Past>(instruments: Vec<Instrument>, mut history: P) -> Result<Self, GatewayError> {
        let mut pieces: Vec<Vec<_>> = Vec::new();
        for event in &mut history {
            push(&mut pieces, event.map_err(Into::into)?);
        }
        Ok(Self { instruments, pieces, skipped: history.skipped() })
    }

    /// Runs a configuration on it, without a log. The digest is that of a backtest on the same files.
    pub fn run(&self, config: &Config) -> Result<Outcome, BacktestError> {
        let mut history = self.replay();
        let first = history.next().transpose().map_err(RunError::from)?.ok_or(BacktestError::NoData)?;
        let mut chain = Chain::default();
        let hash = hash_of_bytes(&config.canonical());
        let Finished { engine, report, .. } = execute(config, hash, &self.instruments, first, history, &mut chain)?;
        Ok(report.outcome(engine.state(), chain.digest().to_string(), 0.0))
    }

    /// Its events.
    pub fn events(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// When it begins and ends; `None` when it is empty. A bar begins when it opens.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (at, first) = self.pieces.first()?.first()?;
        Some((begun(*at, first), self.pieces.last()?.last()?.0))
    }

    /// What reading it with `data.from` and `data.to` would have given. `None` where only reading tells: a book begins with
    /// what happened before, and rows that were skipped are counted by the reader.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Option<Self> {
        if self.skipped > 0 {
            return None;
        }
        let mut pieces: Vec<Vec<_>> = Vec::new();
        for (at, input) in self.pieces.iter().flatten() {
            let is_within = match input {
                Input::BookSnapshot(_) | Input::BookDelta(_) => return None,
                // Told of two bars, so that both must be there.
                Input::FeedGap(gap) => from < gap.from && gap.to < to,
                _ => (from..to).contains(&begun(*at, input)),
            };
            if is_within {
                push(&mut pieces, (*at, input.clone()));
            }
        }
        Some(Self { instruments: self.instruments.clone(), pieces, skipped: 0 })
    }

    /// Its instruments.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The hash of all its events and instruments: tells whether two studies are of the same history.
    pub fn fingerprint(&self) -> Result<Hash, LogError> {
        let mut chain = Chain::default();
        let listed = self.instruments.iter().map(|instrument| Input::InstrumentListed(Box::new(instrument.clone())));
        let listed = listed.map(|input| (Timestamp::default(), input));
        for (seq, (at, input)) in (0..).zip(listed.chain(self.pieces.iter().flatten().cloned())) {
            let record = Record { seq, at, cause: seq, event: Event::Input(input) };
            chain.append(&record).map_err(|source| LogError::Row { seq, source })?;
        }
        Ok(chain.digest())
    }

    /// Its first so many events.
    pub(crate) fn beginning(&self, events: usize) -> Take<Replayed<'_>> {
        self.replay().take(events)
    }

    /// How many events were before anything that began at `from` or later.
    pub(super) fn before(&self, from: Timestamp) -> usize {
        self.pieces.iter().flatten().take_while(|(at, input)| begun(*at, input) < from).count()
    }

    /// Rows that were skipped.
    pub(super) fn skipped_rows(&self) -> u64 {
        self.skipped
    }

    /// When an event was, from 0; `None` behind the last.
    pub(crate) fn at(&self, event: usize) -> Option<Timestamp> {
        self.pieces.get(event / PIECE)?.get(event % PIECE).map(|(at, _)| *at)
    }

    pub(super) fn replay(&self) -> Replayed<'_> {
        Replayed { piece: [].iter(), pieces: self.pieces.iter(), skipped: self.skipped }
    }
}

/// When an event began: a bar when it opened.
fn begun(at: Timestamp, input: &Input) -> Timestamp {
    if let Input::Bar(bar) = input { bar.opened_at } else { at }
}

fn push(pieces: &mut Vec<Vec<(Timestamp, Input)>>, event: (Timestamp, Input)) {
    if let Some(piece) = pieces.last_mut().filter(|piece| piece.len() < PIECE) {
        piece.push(event);
        return;
    }
    let mut piece = Vec::with_capacity(PIECE);
    piece.push(event);
    pieces.push(piece);
}

/// A recording on its way into a run.
pub(crate) struct Replayed<'r> {
    piece: std::slice::Iter<'r, (Timestamp, Input)>,
    pieces: std::slice::Iter<'r, Vec<(Timestamp, Input)>>,
    skipped: u64,
}

impl Iterator for Replayed<'_> {
    type Item = Result<(Timestamp, Input), LogError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((at, input)) = self.piece.next() {
                return Some(Ok((*at, input.clone())));
            }
            self.piece = self.pieces.next()?.iter();
        }
    }
}

impl Past for Replayed<'_> {
    type Error = LogError;

    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }
}

impl Past for Take<Replayed<'_>> {
    type Error = LogError;

    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    fn skipped(&self) -> u64 {
        0
    }
}
