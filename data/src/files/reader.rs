//! One file, read from its beginning to its end as events, each row validated against the rows before it.

use std::collections::VecDeque;

use csv::ByteRecord;
use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::Bar;
use engine::time::Timestamp;

use super::FileError;
use super::archive::Origin;
use super::books::Messages;
use super::decode::{Decoder, Row};
use super::fault::{Fault, FaultKind};
use super::rows::{Broken, Rows};
use super::source::{Policy, ReadOptions, Source};

/// What reading one step further gives.
pub(super) enum Step {
    Event(Timestamp, Input),
    Fault(u64, Fault),
    End,
}

/// Reads one source's events in order.
pub(super) struct Reader {
    origin: Origin,
    options: ReadOptions,
    rows: Rows,
    row: ByteRecord,
    decoder: Decoder,
    messages: Messages,
    ready: VecDeque<(Timestamp, Input)>,
    last: Option<Timestamp>,
    last_id: Option<u64>,
    /// A bar on the grid that all bars are on.
    grid: Option<Timestamp>,
    read: u64,
    skipped: u64,
    ended: bool,
}

impl Reader {
    pub(super) fn new(source: Source, instrument: Instrument) -> Result<Self, FileError> {
        let (rows, _) = Rows::open(&source.origin, source.aggregated)?;
        Ok(Self {
            rows,
            row: ByteRecord::new(),
            messages: Messages::new(instrument.id, source.options.from),
            decoder: Decoder::new(&source, instrument),
            origin: source.origin,
            options: source.options,
            ready: VecDeque::new(),
            last: None,
            last_id: None,
            grid: source.grid,
            read: 0,
            skipped: 0,
            ended: false,
        })
    }

    /// The next event; a fault is an error, or skipped and counted, as the policy says.
    pub(super) fn next(&mut self) -> Result<Option<(Timestamp, Input)>, FileError> {
        loop {
            match self.step()? {
                Step::Event(at, input) => return Ok(Some((at, input))),
                Step::End => return Ok(None),
                Step::Fault(line, fault) => self.refuse(line, fault)?,
            }
        }
    }

    /// Refuses the row read last: an error, or skipped and counted, as the policy says.
    pub(super) fn refuse(&mut self, line: u64, fault: Fault) -> Result<(), FileError> {
        // What comes after a cut cannot be read, so there is nothing to skip to.
        if self.options.policy == Policy::Lenient && fault.kind != FaultKind::Truncated {
            self.skipped += 1;
            return Ok(());
        }
        self.ended = true;
        Err(FileError::Row { path: self.origin.path().to_owned(), line, reason: fault.reason })
    }

    /// The line of the row read last.
    pub(super) fn line(&self) -> u64 {
        self.rows.line(&self.row)
    }

    /// Rows that were skipped.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Rows that were read, good or bad.
    pub(super) fn rows(&self) -> u64 {
        self.read
    }

    /// One event, one fault, or the end.
    pub(super) fn step(&mut self) -> Result<Step, FileError> {
        loop {
            if let Some((at, input)) = self.ready.pop_front() {
                return Ok(Step::Event(at, input));
            }
            if self.ended {
                return Ok(Step::End);
            }
            match self.rows.next(&mut self.row) {
                Ok(true) => self.read += 1,
                Ok(false) => {
                    self.ended = true;
                    if let Err(fault) = self.finish() {
                        return Ok(Step::Fault(self.rows.next_line(), fault));
                    }
                    continue;
                }
                Err(Broken::Io(error)) => {
                    self.ended = true;
                    return Err(self.origin.io_error(error));
                }
                Err(Broken::Damaged(reason)) => {
                    self.ended = true;
                    return Ok(Step::Fault(self.rows.next_line(), Fault::new(FaultKind::Truncated, reason)));
                }
            }
            match self.take() {
                Ok(Some((at, input))) => return Ok(Step::Event(at, input)),
                Ok(None) => {}
                Err(fault) => return Ok(Step::Fault(self.line(), fault)),
            }
        }
    }

    fn finish(&mut self) -> Result<(), Fault> {
        self.messages.finish(&mut self.ready)?;
        match self.messages.held() {
            0 => Ok(()),
            held => Err(Fault::new(FaultKind::Malformed, format!("{held} updates and no snapshot: the book cannot be known"))),
        }
    }

    /// One row: its time and order, whether it is wanted, then its values.
    fn take(&mut self) -> Result<Option<(Timestamp, Input)>, Fault> {
        let time = self.decoder.time(&self.row)?;
        // What of a book comes before the window makes the book that the window begins with.
        let is_early = self.options.from.is_some_and(|from| time < from) && !self.decoder.is_of_books();
        if is_early || self.options.to.is_some_and(|to| time >= to) {
            return Ok(None);
        }
        let row = self.decoder.row(time, &self.row)?;
        let is_snapshot = matches!(&row, Row::Level(level) if level.message.is_snapshot);
        if let Some(last) = self.last
            && time < last
            && !is_snapshot
        {
            return Err(Fault::new(FaultKind::Disorder, format!("its time {time} is before the row above's, {last}")));
        }
        let event = match row {
            Row::Bar(bar) => Some(self.bar(bar)?),
            Row::Unfinished => None,
            Row::Trade(trade) => {
                self.trade_id(trade.trade_id)?;
                Some((time, Input::Trade(trade)))
            }
            Row::Quote(quote) => Some((time, Input::Quote(quote))),
            Row::Funding(funding) => {
                if self.last == Some(time) {
                    return Err(Fault::new(FaultKind::Duplicate, format!("the funding of {time} again")));
                }
                Some((time, Input::Funding(Box::new(funding))))
            }
            Row::Level(level) => {
                self.messages.add(&level, &mut self.ready)?;
                None
            }
        };
        // A snapshot's time is by another clock, so the updates after it may be before it.
        if !is_snapshot {
            self.last = Some(time);
        }
        Ok(event)
    }

    fn trade_id(&mut self, id: Option<u64>) -> Result<(), Fault> {
        let Some(id) = id else { return Ok(()) };
        if let Some(last) = self.last_id {
            if id == last {
                return Err(Fault::new(FaultKind::Duplicate, format!("trade {id} again")));
            }
            if id < last {
                return Err(Fault::new(FaultKind::Disorder, format!("trade {id} comes after trade {last}")));
            }
        }
        self.last_id = Some(id);
        Ok(())
    }

    fn bar(&mut self, bar: Bar) -> Result<(Timestamp, Input), Fault> {
        let opened = bar.opened_at;
        let first = *self.grid.get_or_insert(opened);
        if self.last == Some(opened) {
            return Err(Fault::new(FaultKind::Duplicate, format!("the bar of {opened} again")));
        }
        if (opened.0 - first.0) % bar.interval.ns() != 0 {
            let interval = bar.interval;
            let reason = format!("a bar that opens at {opened} is none of the {interval} bars since {first}");
            return Err(Fault::new(FaultKind::OffGrid, reason));
        }
        Ok((bar.closed_at(), Input::Bar(bar)))
    }
}
