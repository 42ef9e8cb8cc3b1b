//! What a log has of the outside, to be lived through again.

use std::path::Path;
use std::sync::Arc;

use data::log::{Disk, LogError, Reader};
use engine::event::{Event, Input, Record, Trouble};
use engine::instrument::Instrument;
use engine::number::Amount;
use engine::time::Timestamp;

use crate::exchange::is_market_data;

/// The inputs of a log that are wanted, each with the time at which the engine learned of it.
pub struct Recorded {
    reader: Option<Reader>,
    wanted: fn(&Input) -> bool,
    block: std::vec::IntoIter<(Timestamp, Input)>,
}

impl Recorded {
    /// Of a log that is open at its beginning.
    pub fn new(reader: Reader, wanted: fn(&Input) -> bool) -> Self {
        Self { reader: Some(reader), wanted, block: Vec::new().into_iter() }
    }

    /// Of the log in a folder.
    pub fn open(folder: &Path, wanted: fn(&Input) -> bool) -> Result<Self, LogError> {
        let disk = Disk::open(folder);
        let disk = disk.map_err(|source| LogError::Io { action: "open", file: folder.display().to_string(), source })?;
        Ok(Self::new(Reader::open(Arc::new(disk))?.0, wanted))
    }

    fn next_block(&mut self) -> Result<bool, LogError> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        let Some(records) = reader.next_block()? else {
            self.reader = None;
            return Ok(false);
        };
        let wanted = |record: &Record| match &record.event {
            Event::Input(input) if (self.wanted)(input) => Some((record.at, input.clone())),
            _ => None,
        };
        self.block = records.iter().filter_map(wanted).collect::<Vec<_>>().into_iter();
        Ok(true)
    }
}

impl Iterator for Recorded {
    type Item = Result<(Timestamp, Input), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.block.next() {
                return Some(Ok(next));
            }
            match self.next_block() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.reader = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Whether an input is market data, or says that there are none to trade on.
pub fn is_market(input: &Input) -> bool {
    let tells_of_feed = matches!(
        input,
        Input::TroubleBegan(Trouble::WarmingUp | Trouble::StaleFeed)
            | Input::TroubleEnded(Trouble::WarmingUp | Trouble::StaleFeed)
    );
    is_market_data(input) || tells_of_feed
}

/// Whether an input came from outside of the simulated exchange and of the engine: running again does not make it.
pub fn is_outside(input: &Input) -> bool {
    !matches!(
        input,
        Input::OrderAccepted(_)
            | Input::OrderRejected { .. }
            | Input::OrderTriggered(_)
            | Input::OrderFilled(_)
            | Input::OrderCanceled { .. }
            | Input::OrderAmended(_)
            | Input::AmendRejected { .. }
            | Input::CancelRejected { .. }
            | Input::Timer
    )
}

/// What a session began with.
#[derive(Debug, Default)]
pub struct Beginning {
    /// Its instruments.
    pub instruments: Vec<Instrument>,
    /// What the account had, by its deposits or by the venue's first word.
    pub balances: Vec<(engine::instrument::Currency, Amount)>,
}

impl Beginning {
    /// Of the log in a folder: everything before its first market data.
    pub fn of(folder: &Path) -> Result<Self, LogError> {
        let mut beginning = Self::default();
        for input in Recorded::open(folder, |_| true)? {
            match input?.1 {
                Input::InstrumentListed(instrument) => beginning.instruments.push(*instrument),
                Input::Deposited { currency, amount } => beginning.balances.push((currency, amount)),
                Input::VenueSnapshot(snapshot) if beginning.balances.is_empty() => beginning.balances = snapshot.balances,
                Input::Trade(_) | Input::Quote(_) | Input::Bar(_) | Input::BookSnapshot(_) if !beginning.balances.is_empty() => {
                    break;
                }
                _ => {}
            }
        }
        Ok(beginning)
    }
}
