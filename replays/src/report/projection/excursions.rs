//! How far prices went while positions were open.
//!
//! The last prices of each instrument are kept as they came; what is older goes to the positions that are open. A tick costs
//! its place among the last ones and, where a position is open, a comparison of integers.

use std::collections::{BTreeMap, VecDeque};

use engine::instrument::InstrumentId;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{OrderId, Owner};
use engine::state::State;
use engine::time::Timestamp;

use super::extremes::Extremes;
use super::recent::{Lot, Recent, Span, Touch};

/// Open positions, and what prices did since each of their entries.
#[derive(Debug, Default)]
pub(super) struct Excursions {
    watches: Vec<Watch>,
    tracks: BTreeMap<(InstrumentId, Owner), Track>,
    awaited: Vec<Awaited>,
}

/// What is known of the sale of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub lot: Lot,
    pub sale: Touch,
    /// The lowest and the highest price between the two, both included.
    pub lowest: Price,
    pub highest: Price,
}

/// A stay of which prices may still come, and who waits for it.
#[derive(Debug)]
struct Awaited {
    instrument: InstrumentId,
    number: u64,
    stay: Stay,
}

/// An instrument's prices.
#[derive(Debug)]
struct Watch {
    /// How many positions are open.
    open: u32,
    /// Stays that wait for prices.
    awaited: u32,
    /// Decimals of the mantissas here.
    scale: u8,
    recent: Recent,
    /// Older ones, since they were last handed on to the positions.
    low: i64,
    high: i64,
    /// When the first and the last of what is open were bought, by the venue's clock; the first may be sold already.
    held_since: Timestamp,
    bought_at: Timestamp,
}

/// One position's entries, oldest first.
#[derive(Debug, Default)]
struct Track {
    lots: VecDeque<Lot>,
    /// The number of the last entry.
    number: u64,
    extremes: Extremes,
}

impl Excursions {
    /// A price, or a bar that closed; stays that are wholly known with it go to `settled`.
    #[inline]
    pub(super) fn price(&mut self, id: InstrumentId, span: Span, settled: &mut dyn FnMut(u64, Stay)) {
        let Some(watch) = self.watches.get_mut(id.index()) else { return };
        // What was before any purchase is nobody's.
        if watch.open > 0
            && let Some(oldest) = watch.recent.oldest().filter(|oldest| oldest.from >= watch.held_since)
        {
            if oldest.from > watch.bought_at {
                watch.low = watch.low.min(oldest.low);
                watch.high = watch.high.max(oldest.high);
            } else {
                let oldest = *oldest;
                self.keep(id, &oldest);
            }
        }
        let Some(watch) = self.watches.get_mut(id.index()) else { return };
        watch.recent.push(span);
        if watch.awaited > 0 {
            self.came(id, &span, settled);
        }
    }

    /// Hands a price on that is before or among the last entries.
    #[cold]
    fn keep(&mut self, id: InstrumentId, span: &Span) {
        let watch = &self.watches[id.index()];
        let (low, high) = (watch.price(span.low), watch.price(span.high));
        for (_, track) in self.tracks.range_mut(of(id)) {
            let held = track.lots.iter().take_while(|lot| span.is_after(lot)).count();
            if held > 0 {
                track.extremes.note(track.first() + held as u64 - 1, low, high);
            }
        }
    }

    /// A price came that stays may have waited for.
    #[cold]
    fn came(&mut self, id: InstrumentId, span: &Span, settled: &mut dyn FnMut(u64, Stay)) {
        let watch = &mut self.watches[id.index()];
        let (low, high) = (watch.price(span.low), watch.price(span.high));
        self.awaited.retain_mut(|awaited| {
            if awaited.instrument != id {
                return true;
            }
            let Stay { lot, sale, .. } = awaited.stay;
            if span.is_after(&lot) && span.is_before(&sale) {
                awaited.stay = awaited.stay.with(low, high);
            }
            let waits = span.to <= sale.venue_at;
            if !waits {
                watch.awaited -= 1;
                settled(awaited.number, awaited.stay);
            }
            waits
        });
    }

    /// Rules of an instrument, perhaps with another scale.
    pub(super) fn listed(&mut self, state: &State, id: InstrumentId) {
        let Some(market) = state.markets.get(id) else { return };
        let scale = market.instrument.price_scale;
        if self.watches.len() <= id.index() {
            self.watches.resize_with(id.index() + 1, Watch::default);
        }
        if self.watches[id.index()].scale != scale {
            for span in self.watches[id.index()].recent.drain() {
                self.keep(id, &span);
            }
            self.hand_on(id);
            self.watches[id.index()].scale = scale;
        }
    }

    /// Something was bought.
    pub(super) fn bought(&mut self, key: (InstrumentId, Owner), lot: Lot) {
        self.hand_on(key.0);
        let Some(watch) = self.watches.get_mut(key.0.index()) else { return };
        watch.held_since = if watch.open == 0 { lot.venue_at } else { watch.held_since.min(lot.venue_at) };
        watch.bought_at = watch.bought_at.max(lot.venue_at);
        let track = self.tracks.entry(key).or_default();
        if track.lots.is_empty() {
            watch.open += 1;
            track.extremes.clear();
        }
        if let Some(last) = track.lots.back_mut().filter(|last| last.order == lot.order) {
            last.paid = (last.paid.0.min(lot.paid.0), last.paid.1.max(lot.paid.1));
        } else {
            track.number += 1;
            track.lots.push_back(Lot { after_seq: watch.recent.parting(lot.venue_at, lot.after_seq), ..lot });
        }
    }

    /// Something of the oldest entries was sold: what is known of the one whose order this is; `None` when it was never
    /// seen.
    pub(super) fn sold(&mut self, key: (InstrumentId, Owner), entry: OrderId, sale: &Touch) -> Option<Stay> {
        self.hand_on(key.0);
        let (watch, track) = self.watches.get(key.0.index()).zip(self.tracks.get_mut(&key))?;
        while track.lots.front().is_some_and(|lot| lot.order != entry) {
            track.lots.pop_front();
        }
        let lot = *track.lots.front()?;
        let sale = Touch { before_seq: watch.recent.parting(sale.venue_at, sale.before_seq), ..*sale };
        let first = track.first();
        let paid = Stay { lot, sale, lowest: lot.paid.0.min(sale.price), highest: lot.paid.1.max(sale.price) };
        let older = track.extremes.since(first).map_or(paid, |(low, high)| paid.with(low, high));
        Some(watch.with_recent(older))
    }

    /// A stay with all of its prices. `None` when some have not come: then `number` is told with the first price after it.
    pub(super) fn settle(&mut self, instrument: InstrumentId, number: u64, stay: Stay) -> Option<Stay> {
        let Some(watch) = self.watches.get_mut(instrument.index()) else { return Some(stay) };
        if stay.is_known() {
            return Some(stay);
        }
        // Some may have come between the report of the sale and the end of its order.
        let stay = watch.with_recent(stay);
        if watch.recent.knows(stay.sale.venue_at) {
            return Some(stay);
        }
        watch.awaited += 1;
        self.awaited.push(Awaited { instrument, number, stay });
        None
    }

    /// What waits still: the log has ended.
    pub(super) fn finish(&mut self, settled: &mut dyn FnMut(u64, Stay)) {
        self.awaited.drain(..).for_each(|awaited| settled(awaited.number, awaited.stay));
    }

    /// What is held after a sale: a position that is flat is watched no more.
    pub(super) fn holds(&mut self, key: (InstrumentId, Owner), held: Quantity) {
        if held.is_positive() {
            return;
        }
        if let Some(track) = self.tracks.get_mut(&key)
            && !track.lots.is_empty()
        {
            track.lots.clear();
            self.watches[key.0.index()].open -= 1;
        }
    }

    /// Hands an instrument's prices on to its positions.
    fn hand_on(&mut self, id: InstrumentId) {
        let Some(watch) = self.watches.get_mut(id.index()) else { return };
        if watch.low <= watch.high {
            let (low, high) = (watch.price(watch.low), watch.price(watch.high));
            for (_, track) in self.tracks.range_mut(of(id)).filter(|(_, track)| !track.lots.is_empty()) {
                track.extremes.note(track.number, low, high);
            }
            (watch.low, watch.high) = (i64::MAX, i64::MIN);
        }
    }
}

impl Stay {
    /// Whether all of its prices had come when the report of the sale did.
    fn is_known(&self) -> bool {
        self.sale.before_seq.is_some()
    }

    fn with(self, low: Price, high: Price) -> Self {
        Self { lowest: self.lowest.min(low), highest: self.highest.max(high), ..self }
    }
}

impl Track {
    /// The number of the oldest entry.
    fn first(&self) -> u64 {
        self.number + 1 - self.lots.len() as u64
    }
}

impl Default for Watch {
    fn default() -> Self {
        let (low, high, never) = (i64::MAX, i64::MIN, Timestamp(i64::MIN));
        Self { open: 0, awaited: 0, scale: 0, recent: Recent::default(), low, high, held_since: never, bought_at: never }
    }
}

impl Watch {
    fn with_recent(&self, stay: Stay) -> Stay {
        let recent = self.recent.between(&stay.lot, &stay.sale);
        recent.map_or(stay, |(low, high)| stay.with(self.price(low), self.price(high)))
    }

    fn price(&self, mantissa: i64) -> Price {
        Price(Decimal::new(mantissa, u32::from(self.scale)))
    }
}

/// All owners' positions in an instrument.
fn of(id: InstrumentId) -> std::ops::RangeInclusive<(InstrumentId, Owner)> {
    let first = Owner::Strategy(engine::order::StrategyId(0));
    (id, first)..=(id, Owner::Operator)
}
