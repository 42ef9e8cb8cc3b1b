//! The market data of two logs side by side.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use data::log::{LogError, Reader};
use engine::event::{Event, Input};
use engine::instrument::InstrumentId;
use engine::market::{Bar, BookLevels, Quote, Trade};
use engine::text::Names;
use engine::time::Timestamp;

use super::{Cause, Comparison, Difference};

/// How far ahead the other log is searched for what is next in one.
const AHEAD: usize = 256;
/// After so many that are found nowhere the two are of another market.
const LOST: u64 = 10_000;

/// A log's market data.
struct Tape<'r> {
    reader: &'r mut Reader,
    names: Names,
    ahead: VecDeque<Tick>,
}

/// One of them.
#[derive(Clone, Copy)]
struct Tick {
    /// Of what it says and when, by the venue's clock.
    hash: u64,
    instrument: InstrumentId,
    at: Timestamp,
    seq: u64,
}

/// Neighbouring ones that only one log has.
struct Run {
    is_in_a: bool,
    first: Tick,
    last: Tick,
    count: u64,
}

/// Counts what both have, and tells what only one has.
pub(super) fn compare(a: &mut Reader, b: &mut Reader, found: &mut Comparison) -> Result<(), LogError> {
    let (mut a, mut b) = (Tape::new(a), Tape::new(b));
    let (mut run, mut lost) = (None, 0);
    loop {
        a.look(1)?;
        b.look(1)?;
        let (skipped_a, skipped_b) = match (a.ahead.front(), b.ahead.front()) {
            (None, None) => break,
            (Some(_), None) => (1, 0),
            (None, Some(_)) => (0, 1),
            (Some(ours), Some(theirs)) if ours.hash == theirs.hash => {
                end(run.take().as_ref(), &a.names, &b.names, found);
                found.same_data += 1;
                a.ahead.pop_front();
                b.ahead.pop_front();
                continue;
            }
            (Some(&ours), Some(&theirs)) => {
                a.look(AHEAD)?;
                b.look(AHEAD)?;
                match (a.position(theirs), b.position(ours)) {
                    (Some(in_a), Some(in_b)) if in_a > in_b => (0, in_b),
                    (Some(in_a), _) => (in_a, 0),
                    (None, Some(in_b)) => (0, in_b),
                    (None, None) => {
                        lost += 1;
                        (1, 1)
                    }
                }
            }
        };
        if lost > LOST {
            found.is_other_market = true;
            break;
        }
        for (is_in_a, count) in [(true, skipped_a), (false, skipped_b)] {
            for _ in 0..count {
                let tape = if is_in_a { &mut a } else { &mut b };
                let Some(tick) = tape.ahead.pop_front() else { break };
                run = match run.take() {
                    Some(run) if run.is_in_a == is_in_a && run.first.instrument == tick.instrument => {
                        Some(Run { last: tick, count: run.count + 1, ..run })
                    }
                    other => {
                        end(other.as_ref(), &a.names, &b.names, found);
                        Some(Run { is_in_a, first: tick, last: tick, count: 1 })
                    }
                };
            }
        }
    }
    end(run.as_ref(), &a.names, &b.names, found);
    Ok(())
}

/// Tells of a run.
fn end(run: Option<&Run>, a: &Names, b: &Names, found: &mut Comparison) {
    let Some(&Run { is_in_a, first, last, count }) = run else { return };
    let (names, other) = if is_in_a { (a, "second") } else { (b, "first") };
    found.add(Cause::MissingData, first.at, || Difference {
        cause: Cause::MissingData,
        at: first.at,
        strategy: None,
        instrument: Some(names.symbol(first.instrument).to_string()),
        seq_a: is_in_a.then_some(first.seq),
        seq_b: (!is_in_a).then_some(first.seq),
        text: format!("the {other} run does not have {count} market data up to {}", last.at),
    });
}

impl<'r> Tape<'r> {
    fn new(reader: &'r mut Reader) -> Self {
        Self { reader, names: Names::default(), ahead: VecDeque::new() }
    }

    /// Reads until there are so many ahead, or no more.
    fn look(&mut self, count: usize) -> Result<(), LogError> {
        while self.ahead.len() < count {
            let Some(records) = self.reader.next_block()? else { break };
            for record in records {
                let Event::Input(input) = &record.event else { continue };
                if matches!(input, Input::InstrumentListed(_)) {
                    self.names.learn(record);
                }
                if let Some((instrument, hash)) = of(input) {
                    self.ahead.push_back(Tick { hash, instrument, at: record.at, seq: record.seq });
                }
            }
        }
        Ok(())
    }

    fn position(&self, of: Tick) -> Option<usize> {
        self.ahead.iter().take(AHEAD).position(|tick| tick.hash == of.hash)
    }
}

/// Of what market data are, and a hash of all that they say; `None` when it is something else.
fn of(input: &Input) -> Option<(InstrumentId, u64)> {
    let mut hasher = DefaultHasher::new();
    let instrument = match input {
        Input::Trade(trade) => {
            let Trade { instrument, venue_at, price, size, taker, trade_id } = *trade;
            (4, instrument.0, venue_at.0, price.0, size.0, taker, trade_id).hash(&mut hasher);
            instrument
        }
        Input::Quote(quote) => {
            let Quote { instrument, venue_at, bid_price, bid_size, ask_price, ask_size } = *quote;
            let values = (bid_price.0, bid_size.0, ask_price.0, ask_size.0);
            (5, instrument.0, venue_at.0, values).hash(&mut hasher);
            instrument
        }
        Input::Bar(bar) => {
            let Bar { instrument, interval, opened_at, open, high, low, close, volume } = *bar;
            let values = (open.0, high.0, low.0, close.0, volume.0);
            (6, instrument.0, interval.ns(), opened_at.0, values).hash(&mut hasher);
            instrument
        }
        Input::BookSnapshot(levels) | Input::BookDelta(levels) => {
            let BookLevels { instrument, venue_at, bids, asks } = &**levels;
            (7, instrument.0, venue_at.0, bids.len(), asks.len()).hash(&mut hasher);
            bids.iter().chain(asks).for_each(|level| (level.price.0, level.size.0).hash(&mut hasher));
            *instrument
        }
        Input::Funding(funding) => {
            (9, funding.instrument.0, funding.venue_at.0, funding.rate.0).hash(&mut hasher);
            funding.instrument
        }
        _ => return None,
    };
    Some((instrument, hasher.finish()))
}
