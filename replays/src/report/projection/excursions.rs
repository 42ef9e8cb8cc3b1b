//! How far prices went while positions were open.
//!
//! A tick costs a comparison of integers where a position is open, and next to nothing where none is. What a bar tells
//! waits until the next market data, because a fill that comes after the bar may have happened inside it.

use std::collections::{BTreeMap, VecDeque};

use engine::instrument::InstrumentId;
use engine::market::Bar;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{OrderId, Owner};
use engine::state::State;
use engine::time::Timestamp;

use super::extremes::Extremes;

/// What is known of an entry that is not sold yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub order: OrderId,
    pub signal: Option<u64>,
    pub stop: Option<Price>,
    /// The lowest and the highest price that was paid.
    pub paid: (Price, Price),
    /// When the first of it was bought, by the venue's clock.
    pub venue_at: Timestamp,
}

/// The fill that opens or closes, as far as bars are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub venue_at: Timestamp,
    pub price: Price,
    /// Whether the order was one at the market, which fills where it is told, not somewhere inside a bar.
    pub is_market: bool,
    /// When the order was asked for.
    pub requested_at: Timestamp,
}

/// Open positions, and what prices did since each of their entries.
#[derive(Debug, Default)]
pub(super) struct Excursions {
    watches: Vec<Watch>,
    tracks: BTreeMap<(InstrumentId, Owner), Track>,
}

/// An instrument's prices since they were last handed on to its positions.
#[derive(Clone, Copy, Debug)]
struct Watch {
    /// How many positions are open.
    open: u32,
    /// Decimals of the mantissas here.
    scale: u8,
    low: i64,
    high: i64,
    /// The last bar, until the next market data.
    bar: Option<Span>,
    /// When something was bought last, by the venue's clock.
    bought_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    opened_at: Timestamp,
    closed_at: Timestamp,
    low: i64,
    high: i64,
}

/// One position's entries, oldest first.
#[derive(Debug, Default)]
struct Track {
    lots: VecDeque<Lot>,
    /// The number of the last entry.
    number: u64,
    extremes: Extremes,
    /// The entry before one that came inside the last bar: the bar counts up to that one.
    bar_until: Option<u64>,
}

impl Excursions {
    /// A price.
    #[inline]
    pub(super) fn price(&mut self, id: InstrumentId, mantissa: i64) {
        if let Some(watch) = self.watches.get_mut(id.index())
            && watch.open > 0
        {
            if watch.bar.is_some() {
                self.take_bar(id);
            }
            let watch = &mut self.watches[id.index()];
            watch.low = watch.low.min(mantissa);
            watch.high = watch.high.max(mantissa);
        }
    }

    /// A bar closed.
    #[inline]
    pub(super) fn bar(&mut self, bar: &Bar) {
        let Some(watch) = self.watches.get_mut(bar.instrument.index()) else { return };
        if watch.open > 0 && watch.bar.is_some() {
            self.take_bar(bar.instrument);
        }
        let span = Span { opened_at: bar.opened_at, closed_at: bar.closed_at(), low: bar.low.0, high: bar.high.0 };
        let watch = &mut self.watches[bar.instrument.index()];
        watch.bar = Some(span);
        if watch.open > 0 && watch.bought_at > bar.opened_at {
            // A part of it was before the last entry.
            for (_, track) in self.tracks.range_mut(of(bar.instrument)) {
                let before = track.lots.iter().take_while(|lot| lot.venue_at <= bar.opened_at).count();
                if before < track.lots.len() {
                    track.bar_until = Some(track.number - track.lots.len() as u64 + before as u64);
                }
            }
        }
    }

    /// The last bar is over: whatever was to happen inside it is known.
    fn take_bar(&mut self, id: InstrumentId) {
        let watch = &mut self.watches[id.index()];
        let Some(bar) = watch.bar.take() else { return };
        if self.tracks.range(of(id)).all(|(_, track)| track.bar_until.is_none()) {
            watch.low = watch.low.min(bar.low);
            watch.high = watch.high.max(bar.high);
            return;
        }
        let (low, high) = (watch.price(bar.low), watch.price(bar.high));
        for (_, track) in self.tracks.range_mut(of(id)) {
            let until = track.bar_until.take().unwrap_or(track.number);
            track.extremes.note(until, low, high);
        }
    }

    /// Rules of an instrument, perhaps with another scale.
    pub(super) fn listed(&mut self, state: &State, id: InstrumentId) {
        let Some(market) = state.markets.get(id) else { return };
        self.hand_on(id);
        let scale = market.instrument.price_scale;
        if self.watches.len() <= id.index() {
            self.watches.resize(id.index() + 1, Watch::new(0));
        }
        let watch = &mut self.watches[id.index()];
        if watch.scale != scale {
            *watch = Watch { open: watch.open, bought_at: watch.bought_at, ..Watch::new(scale) };
        }
    }

    /// Something was bought.
    pub(super) fn bought(&mut self, key: (InstrumentId, Owner), lot: Lot, touch: &Touch) {
        self.hand_on(key.0);
        let Some(watch) = self.watches.get_mut(key.0.index()) else { return };
        watch.bought_at = watch.bought_at.max(touch.venue_at);
        let track = self.tracks.entry(key).or_default();
        if track.lots.is_empty() {
            watch.open += 1;
            track.extremes.clear();
        }
        if track.lots.back().is_none_or(|last| last.order != lot.order) {
            if watch.bar.is_some_and(|bar| touch.venue_at > bar.opened_at) {
                track.bar_until.get_or_insert(track.number);
            }
            track.number += 1;
            track.lots.push_back(lot);
        } else if let Some(last) = track.lots.back_mut() {
            last.paid = (last.paid.0.min(touch.price), last.paid.1.max(touch.price));
        }
    }

    /// Something of the oldest entries was sold: what is known of the one whose order this is, and the lowest and the
    /// highest price since.
    pub(super) fn sold(&mut self, key: (InstrumentId, Owner), entry: OrderId, touch: &Touch) -> (Option<Lot>, Price, Price) {
        self.hand_on(key.0);
        let nothing = (None, touch.price, touch.price);
        let Some((watch, track)) = self.watches.get(key.0.index()).zip(self.tracks.get_mut(&key)) else { return nothing };
        while track.lots.front().is_some_and(|lot| lot.order != entry) {
            track.lots.pop_front();
        }
        let Some(lot) = track.lots.front().copied() else { return nothing };
        let number = track.number + 1 - track.lots.len() as u64;
        let (mut low, mut high) = (lot.paid.0.min(touch.price), lot.paid.1.max(touch.price));
        if let Some(since) = track.extremes.since(number) {
            (low, high) = (low.min(since.0), high.max(since.1));
        }
        // Sold after the bar had closed, by an order that knew of its end.
        let outlived = |bar: &Span| touch.venue_at >= bar.closed_at && (touch.is_market || touch.requested_at >= bar.closed_at);
        let lived_before = track.bar_until.is_none_or(|until| number <= until);
        if let Some(bar) = watch.bar.filter(|bar| lived_before && outlived(bar)) {
            (low, high) = (low.min(watch.price(bar.low)), high.max(watch.price(bar.high)));
        }
        (Some(lot), low, high)
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
            track.bar_until = None;
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

impl Watch {
    fn new(scale: u8) -> Self {
        Self { open: 0, scale, low: i64::MAX, high: i64::MIN, bar: None, bought_at: Timestamp(i64::MIN) }
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
