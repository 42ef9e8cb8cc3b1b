//! What an instrument's events say about each other, over all the files that they come from: gaps and overlaps.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{Bar, FeedGap};

use super::fault::{Fault, FaultKind};

/// The last bar and the last trade of each instrument. There are few, so they are searched one by one.
#[derive(Default)]
pub(super) struct Sequence {
    bars: Vec<Bar>,
    trades: Vec<(InstrumentId, u64)>,
}

impl Sequence {
    /// Takes the next event in order of time: the gap before it, or that another file has it already.
    pub(super) fn take(&mut self, input: &Input) -> Result<Option<FeedGap>, Fault> {
        match input {
            Input::Bar(bar) => self.bar(bar),
            Input::Trade(trade) => match trade.trade_id {
                Some(id) => self.trade(trade.instrument, id).map(|()| None),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn bar(&mut self, bar: &Bar) -> Result<Option<FeedGap>, Fault> {
        let same = |last: &&mut Bar| last.instrument == bar.instrument && last.interval == bar.interval;
        let Some(last) = self.bars.iter_mut().find(same) else {
            self.bars.push(*bar);
            return Ok(None);
        };
        if bar.opened_at < last.closed_at() {
            let (opened, before) = (bar.opened_at, last.opened_at);
            let reason = format!("the bar of {opened} follows the bar of {before} from another file: do the files overlap?");
            return Err(Fault::new(FaultKind::Duplicate, reason));
        }
        let (from, to) = (last.closed_at(), bar.opened_at);
        *last = *bar;
        Ok((from < to).then_some(FeedGap { instrument: bar.instrument, from, to }))
    }

    fn trade(&mut self, instrument: InstrumentId, id: u64) -> Result<(), Fault> {
        match self.trades.iter_mut().find(|(of, _)| *of == instrument) {
            Some((_, last)) if id > *last => *last = id,
            Some((_, last)) => {
                let reason = format!("trade {id} follows trade {last} from another file: do the files overlap?");
                return Err(Fault::new(FaultKind::Duplicate, reason));
            }
            None => self.trades.push((instrument, id)),
        }
        Ok(())
    }
}
