//! What an instrument's events say about each other, over all the files that they come from: gaps and overlaps.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{Bar, FeedGap};
use engine::time::Timestamp;

use super::fault::{Fault, FaultKind};
use super::layout::Kind;

/// The last bar and the last trade of each instrument. There are few, so they are searched one by one.
#[derive(Default)]
pub(super) struct Sequence {
    bars: Vec<Bar>,
    trades: Vec<(InstrumentId, u64)>,
    turns: Vec<Turn>,
}

/// Whose turn it is, where events have no number of their own: a file that goes on after another one began overlaps it.
struct Turn {
    of: (InstrumentId, Kind),
    file: usize,
    since: Timestamp,
    /// Files whose turn is over.
    over: Vec<usize>,
}

impl Sequence {
    /// Takes the next event in order of time: the gap before it, or that another file has it already.
    pub(super) fn take(&mut self, file: usize, at: Timestamp, input: &Input) -> Result<Option<FeedGap>, Fault> {
        let unnumbered = match input {
            Input::Bar(bar) => return self.bar(bar),
            Input::Trade(trade) => match trade.trade_id {
                Some(id) => return self.trade(trade.instrument, id).map(|()| None),
                None => (trade.instrument, Kind::Trades),
            },
            Input::Quote(quote) => (quote.instrument, Kind::Quotes),
            Input::BookSnapshot(levels) | Input::BookDelta(levels) => (levels.instrument, Kind::Books),
            Input::FeedGap(gap) => (gap.instrument, Kind::Books),
            Input::Funding(funding) => (funding.instrument, Kind::Funding),
            _ => return Ok(None),
        };
        self.turn(unnumbered, file, at).map(|()| None)
    }

    fn turn(&mut self, of: (InstrumentId, Kind), file: usize, at: Timestamp) -> Result<(), Fault> {
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.of == of) else {
            self.turns.push(Turn { of, file, since: at, over: Vec::new() });
            return Ok(());
        };
        if turn.file == file {
            return Ok(());
        }
        if turn.over.contains(&file) {
            // One file's end and another one's beginning may share a time.
            if at == turn.since {
                return Ok(());
            }
            let (kind, since) = (of.1, turn.since);
            let reason = format!("its {kind} go on at {at}, but those of another file began at {since}: do the files overlap?");
            return Err(Fault::new(FaultKind::Duplicate, reason));
        }
        turn.over.push(std::mem::replace(&mut turn.file, file));
        turn.since = at;
        Ok(())
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
