//! `data check`: everything that is odd about a file, not only the first thing.

use std::path::{Path, PathBuf};

use engine::event::Input;
use engine::time::{Interval, Timestamp};
use serde::Serialize;

use super::fault::FaultKind;
use super::layout::Kind;
use super::reader::{Reader, Step};
use super::sequence::Sequence;
use super::source::{ReadOptions, Source};
use super::{FileError, display};

/// Findings and gaps that are listed; all are counted.
const MAX_LISTED: usize = 100;

/// What a file holds and what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Which file.
    pub path: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// Of what, where its name says it.
    pub symbol: Option<String>,
    /// The length of its bars.
    #[serde(serialize_with = "display")]
    pub interval: Option<Interval>,
    /// Rows of data, good and bad.
    pub rows: u64,
    /// Events that they make: the levels of one book message make one.
    pub events: u64,
    /// The time of the first event; of bars, when it opened.
    pub first: Option<Timestamp>,
    /// The time of the last event; of bars, when it opened.
    pub last: Option<Timestamp>,
    /// Missing bars and missing messages of a book. They are no faults: venues have outages.
    pub gaps: Gaps,
    /// How many rows are bad, and how.
    pub faults: FaultCounts,
    /// The first bad rows.
    pub findings: Vec<Finding>,
}

/// Missing bars, and missing messages of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gaps {
    /// How many gaps.
    pub count: u64,
    /// How many bars all of them miss; none where messages of a book are missing.
    pub missing_bars: u64,
    /// The longest; the first one of them.
    pub largest: Option<Gap>,
    /// The first ones.
    pub listed: Vec<Gap>,
}

/// One gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// When the last bar before it closed; of a book, the time of the last message before it.
    pub from: Timestamp,
    /// When the first bar after it opened; of a book, the time of the first message after it.
    pub to: Timestamp,
    /// How many bars it misses; none where messages of a book are missing.
    pub missing_bars: u64,
    /// The line of the bar after it; of a book, where the first message after it had been read.
    pub line: u64,
}

/// How many rows are bad, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FaultCounts {
    /// Cannot be read.
    pub malformed: u64,
    /// Before the row above.
    pub disorder: u64,
    /// The same again.
    pub duplicates: u64,
    /// Impossible bars and quotes.
    pub impossible: u64,
    /// Prices and sizes that are not above zero.
    pub non_positive: u64,
    /// Bars beside their grid.
    pub off_grid: u64,
    /// 1 when the file ends before its end.
    pub truncated: u64,
}

impl FaultCounts {
    fn add(&mut self, kind: FaultKind) {
        *match kind {
            FaultKind::Malformed => &mut self.malformed,
            FaultKind::Disorder => &mut self.disorder,
            FaultKind::Duplicate => &mut self.duplicates,
            FaultKind::Impossible => &mut self.impossible,
            FaultKind::NonPositive => &mut self.non_positive,
            FaultKind::OffGrid => &mut self.off_grid,
            FaultKind::Truncated => &mut self.truncated,
        } += 1;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        let Self { malformed, disorder, duplicates, impossible, non_positive, off_grid, truncated } = *self;
        malformed + disorder + duplicates + impossible + non_positive + off_grid + truncated
    }
}

/// One bad row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its line in the text, header included, from 1; its number in a binary file.
    pub line: u64,
    /// What kind of bad.
    pub kind: FaultKind,
    /// What is wrong.
    pub reason: String,
}

impl CheckReport {
    /// Whether a strict run would read it.
    pub fn is_sound(&self) -> bool {
        self.faults == FaultCounts::default()
    }
}

/// Reads a whole file and reports. An error means that it could not be read at all.
pub fn check(path: impl AsRef<Path>, options: &ReadOptions) -> Result<CheckReport, FileError> {
    let source = Source::open(path, options)?;
    let mut report = CheckReport {
        path: source.path().to_owned(),
        kind: source.kind(),
        symbol: source.symbol().map(str::to_owned),
        interval: source.interval(),
        rows: 0,
        events: 0,
        first: None,
        last: None,
        gaps: Gaps::default(),
        faults: FaultCounts::default(),
        findings: Vec::new(),
    };
    let instrument = source.stand_in();
    let mut reader = Reader::new(source, instrument)?;
    let mut sequence = Sequence::default();
    loop {
        match reader.step()? {
            Step::Event(at, input) => {
                report.event(at, &input);
                if let Input::FeedGap(gap) = &input {
                    report.gaps.add(Gap { from: gap.from, to: gap.to, missing_bars: 0, line: reader.line() });
                }
                if let (Ok(Some(gap)), Some(interval)) = (sequence.take(0, at, &input), report.interval) {
                    let missing_bars = (gap.to.0 - gap.from.0) / interval.ns();
                    report.gaps.add(Gap {
                        from: gap.from,
                        to: gap.to,
                        missing_bars: missing_bars.unsigned_abs(),
                        line: reader.line(),
                    });
                }
            }
            Step::Fault(line, fault) => {
                report.faults.add(fault.kind);
                if report.findings.len() < MAX_LISTED {
                    report.findings.push(Finding { line, kind: fault.kind, reason: fault.reason });
                }
            }
            Step::End => break,
        }
    }
    report.rows = reader.rows();
    Ok(report)
}

impl CheckReport {
    fn event(&mut self, at: Timestamp, input: &Input) {
        // A gap in a book and the emptied book after it stand in no row.
        let is_told = match input {
            Input::FeedGap(_) => false,
            Input::BookSnapshot(levels) => !levels.bids.is_empty() || !levels.asks.is_empty(),
            _ => true,
        };
        if !is_told {
            return;
        }
        let time = if let Input::Bar(bar) = input { bar.opened_at } else { at };
        self.first.get_or_insert(time);
        self.last = Some(time);
        self.events += 1;
    }
}

impl Gaps {
    fn add(&mut self, gap: Gap) {
        self.count += 1;
        self.missing_bars += gap.missing_bars;
        if self.largest.is_none_or(|largest| gap.to.0 - gap.from.0 > largest.to.0 - largest.from.0) {
            self.largest = Some(gap);
        }
        if self.listed.len() < MAX_LISTED {
            self.listed.push(gap);
        }
    }
}
