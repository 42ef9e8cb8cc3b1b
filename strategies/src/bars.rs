//! Bars of any set of timeframes, built from trades or from finer bars. Only closed bars can be seen.
//!
//! The rules:
//! - Bars are aligned to UTC: a bar of four hours opens at 00:00, 04:00 and so on, a week on Monday.
//! - The first kind of data that an instrument shows, bars of one interval or trades, stays its source, so nothing is
//!   counted twice. Quotes count by their middle and only until the first trade or bar: then what was forming from
//!   them is dropped.
//! - A source bar of exactly the wanted interval passes as it is. Longer ones, whole multiples of it, are built from
//!   it. Any other interval never closes ([`Bars::available`]).
//! - A bar that is built from bars closes with the source bar that ends it or, when that one is missing, with the
//!   first later one. A source bar that opens before the end of the one before it is ignored.
//! - A trade belongs to the time when it became known, so nothing is ever late. A bar that is built from trades or
//!   quotes closes with the first input of any kind and any instrument at or after its end; in a quiet market that
//!   is the timer that [`Bars::deadline`] tells when to ask for.
//! - A period without anything gives no bar; the next bar says how many were missing, and a bar what it lacks
//!   ([`Gap`]).
//! - Prices that are not above zero are ignored.
//!
//! What is still forming has no way out:
//! ```compile_fail,E0616
//! let bars = strategies::bars::Bars::new(&[engine::time::Interval(60)]);
//! let forming = &bars.series[0].frames[0].forming;
//! ```

use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::Bar;
use engine::number::{FixedPrice, FixedSize, POWERS_OF_TEN};
use engine::time::{DAY_NS, Interval, Timestamp};
use serde::Serialize;

use crate::candle::Candle;

/// 1970-01-01 was a Thursday; weeks begin on Monday.
const FIRST_MONDAY_NS: i64 = 4 * DAY_NS;
const WEEK_NS: i64 = 7 * DAY_NS;

/// A bar of which nothing will change any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedBar {
    /// Of what.
    pub instrument: InstrumentId,
    /// How long.
    pub interval: Interval,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Its prices in quote units and its volume in base units.
    pub candle: Candle,
    /// What is missing in it and before it.
    pub gap: Gap,
}

/// What is missing in a bar and before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// Periods without a bar between the last bar of this interval and this one.
    pub missing_bars: u32,
    /// Source bars that it should be made of and is not. Of a bar that is built from trades or quotes: how many times
    /// the feed was interrupted while it formed.
    pub missing_parts: u32,
}

/// Builds the bars of all instruments. It is fed every input that a strategy sees.
#[derive(Clone, Debug, Serialize)]
pub struct Bars {
    /// Shortest first.
    intervals: Vec<Interval>,
    /// By instrument id.
    series: Vec<Series>,
    /// The earliest end of a bar that forms from trades or quotes.
    next_end: Option<Timestamp>,
    /// The end that [`Bars::deadline`] told last.
    told: Option<Timestamp>,
    #[serde(skip)]
    closed: Vec<ClosedBar>,
}

/// What an instrument's bars are built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Source {
    Bars(Interval),
    Trades,
    Quotes,
}

/// One instrument. Trades are gathered once, in `pending`, until the first of its forming bars ends.
#[derive(Clone, Debug, Default, Serialize)]
struct Series {
    source: Option<Source>,
    price_scale: u8,
    size_scale: u8,
    frames: Vec<Frame>,
    /// Trades that each frame has still to be told of; only while each has a forming bar.
    pending: Option<Sum>,
    is_forming_all: bool,
    next_end: Option<Timestamp>,
    last_source_end: Option<Timestamp>,
    /// The end of the last interruption of the feed.
    interrupted_until: Option<Timestamp>,
}

/// One timeframe of one instrument.
#[derive(Clone, Debug, Serialize)]
struct Frame {
    interval: Interval,
    forming: Option<Forming>,
    last_end: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Forming {
    opened_at: Timestamp,
    ends_at: Timestamp,
    sum: Sum,
    /// Source bars in it.
    parts: u32,
    interruptions: u32,
}

/// Prices and volume so far, as mantissas: sums are exact.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sum {
    open: i64,
    high: i64,
    low: i64,
    close: i64,
    volume: i64,
}

impl ClosedBar {
    /// When it closed.
    pub fn closed_at(&self) -> Timestamp {
        self.opened_at.plus_ns(self.interval.ns())
    }
}

impl Gap {
    /// Whether nothing is missing.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl Bars {
    /// Bars of these intervals, each once; an interval of zero never closes.
    pub fn new(intervals: &[Interval]) -> Self {
        let mut intervals: Vec<_> = intervals.iter().copied().filter(|interval| interval.0 > 0).collect();
        intervals.sort_unstable();
        intervals.dedup();
        Self { intervals, series: Vec::new(), next_end: None, told: None, closed: Vec::new() }
    }

    /// Takes an input in and gives the bars that it closes: those that ended before it, then those that it ends, each
    /// time instrument by instrument and the shortest interval first. `now` is the time of the input, `rules` gives
    /// an instrument's rules as they are now.
    #[inline]
    pub fn update<'a>(
        &mut self,
        now: Timestamp,
        rules: impl FnOnce(InstrumentId) -> Option<&'a Instrument>,
        input: &Input,
    ) -> &[ClosedBar] {
        self.closed.clear();
        if self.next_end.is_some_and(|end| end <= now) {
            self.close_until(now);
        }
        match input {
            Input::Trade(trade) => self.tick(now, rules, trade.instrument, Source::Trades, trade.price, trade.size),
            Input::Quote(quote) => {
                let middle = FixedPrice(i64::midpoint(quote.bid_price.0, quote.ask_price.0));
                self.tick(now, rules, quote.instrument, Source::Quotes, middle, FixedSize(0));
            }
            Input::Bar(bar) => self.bar(rules, bar),
            Input::InstrumentListed(listed) => {
                if let (Some(rules), Some(series)) = (rules(listed.id), self.series.get_mut(listed.id.index())) {
                    series.rescale(rules);
                }
            }
            Input::FeedGap(gap) => {
                if let Some(series) = self.series.get_mut(gap.instrument.index()) {
                    series.interrupt(gap.from, gap.to);
                }
            }
            _ => {}
        }
        &self.closed
    }

    /// When to ask for an [`Input::Timer`] so that bars from trades close in time: the earliest end of a forming bar,
    /// each once.
    #[inline]
    pub fn deadline(&mut self) -> Option<Timestamp> {
        if self.next_end == self.told {
            return None;
        }
        self.told = self.next_end;
        self.next_end
    }

    /// The intervals whose bars can close for an instrument, shortest first; none before its first data.
    pub fn available(&self, instrument: InstrumentId) -> impl Iterator<Item = Interval> {
        let source = self.series.get(instrument.index()).and_then(|series| series.source);
        self.intervals.iter().copied().filter(move |&interval| source.is_some_and(|source| source.gives(interval)))
    }

    #[inline]
    fn tick<'a>(
        &mut self,
        now: Timestamp,
        rules: impl FnOnce(InstrumentId) -> Option<&'a Instrument>,
        instrument: InstrumentId,
        source: Source,
        price: FixedPrice,
        size: FixedSize,
    ) {
        if price.0 <= 0 {
            return;
        }
        let tick = Sum::tick(price, size);
        let Some(series) = self.series.get_mut(instrument.index()) else {
            return self.first_tick(now, rules, instrument, source, tick);
        };
        if series.source == Some(source) && series.is_forming_all {
            match &mut series.pending {
                Some(pending) => pending.add(&tick),
                None => series.pending = Some(tick),
            }
        } else {
            self.first_tick(now, rules, instrument, source, tick);
        }
    }

    /// The first of an instrument, or of at least one of its forming bars.
    #[cold]
    fn first_tick<'a>(
        &mut self,
        now: Timestamp,
        rules: impl FnOnce(InstrumentId) -> Option<&'a Instrument>,
        instrument: InstrumentId,
        source: Source,
        tick: Sum,
    ) {
        let Some(series) = self.series(rules, instrument, source) else { return };
        series.settle();
        let interrupted_until = series.interrupted_until;
        for frame in &mut series.frames {
            let opened_at = floor(now, frame.interval);
            let interruptions = u32::from(interrupted_until.is_some_and(|until| until > opened_at));
            frame.add(opened_at, &tick, interruptions);
        }
        series.is_forming_all = true;
        series.find_next_end();
        self.find_next_end();
    }

    fn bar<'a>(&mut self, rules: impl FnOnce(InstrumentId) -> Option<&'a Instrument>, bar: &Bar) {
        let sane = bar.open.0 > 0 && bar.high.0 > 0 && bar.low.0 > 0 && bar.close.0 > 0 && bar.interval.0 > 0;
        if !sane {
            return;
        }
        let source = Source::Bars(bar.interval);
        let mut closed = std::mem::take(&mut self.closed);
        if let Some(series) = self.series(rules, bar.instrument, source)
            && series.last_source_end.is_none_or(|end| end <= bar.opened_at)
        {
            series.close(bar.instrument, bar.opened_at, &mut closed);
            for frame in series.frames.iter_mut().filter(|frame| source.gives(frame.interval)) {
                let is_whole = frame.interval == bar.interval;
                frame.add(if is_whole { bar.opened_at } else { floor(bar.opened_at, frame.interval) }, &Sum::bar(bar), 0);
            }
            series.last_source_end = Some(bar.closed_at());
            series.close(bar.instrument, bar.closed_at(), &mut closed);
        }
        self.closed = closed;
    }

    /// The instrument's series, made when it is new; `None` when it is not listed, or when this is not its source.
    fn series<'a>(
        &mut self,
        rules: impl FnOnce(InstrumentId) -> Option<&'a Instrument>,
        instrument: InstrumentId,
        source: Source,
    ) -> Option<&mut Series> {
        let index = instrument.index();
        if self.series.get(index).is_none_or(|series| series.source.is_none()) {
            let rules = rules(instrument)?;
            if self.series.len() <= index {
                self.series.resize_with(index + 1, Series::default);
            }
            let frame = |&interval| Frame { interval, forming: None, last_end: None };
            let frames = self.intervals.iter().map(frame).collect();
            let Instrument { price_scale, size_scale, .. } = *rules;
            self.series[index] = Series { source: Some(source), price_scale, size_scale, frames, ..Series::default() };
        }
        if self.series[index].source == Some(Source::Quotes) && source != Source::Quotes {
            self.series[index].replace_quotes(source);
            self.find_next_end();
        }
        Some(&mut self.series[index]).filter(|series| series.source == Some(source))
    }

    #[cold]
    fn close_until(&mut self, now: Timestamp) {
        for (series, id) in self.series.iter_mut().zip(0..) {
            if series.next_end.is_some_and(|end| end <= now) {
                series.settle();
                series.close(InstrumentId(id), now, &mut self.closed);
                series.is_forming_all = false;
                series.find_next_end();
            }
        }
        self.find_next_end();
    }

    fn find_next_end(&mut self) {
        self.next_end = self.series.iter().filter_map(|series| series.next_end).min();
    }
}

impl Source {
    /// Whether bars of this interval can be built from it.
    fn gives(self, interval: Interval) -> bool {
        match self {
            Self::Bars(source) => interval.0.is_multiple_of(source.0),
            Self::Trades | Self::Quotes => true,
        }
    }
}

impl Series {
    /// Tells every frame of the trades that are pending.
    fn settle(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.frames.iter_mut().filter_map(|frame| frame.forming.as_mut()).for_each(|forming| forming.sum.add(&pending));
        }
    }

    /// Closes what ends at `until` or before.
    fn close(&mut self, instrument: InstrumentId, until: Timestamp, closed: &mut Vec<ClosedBar>) {
        let (price_unit, size_unit) = (power_of_ten(self.price_scale), power_of_ten(self.size_scale));
        for frame in &mut self.frames {
            let Some(forming) = frame.forming.take_if(|forming| forming.ends_at <= until) else { continue };
            let missing_ns = frame.last_end.map_or(0, |end| forming.opened_at.0.saturating_sub(end.0));
            let missing_bars = u32::try_from(missing_ns / frame.interval.ns()).unwrap_or(u32::MAX);
            let missing_parts = match self.source {
                Some(Source::Bars(source)) => (frame.interval.0 / source.0).saturating_sub(forming.parts),
                _ => forming.interruptions,
            };
            frame.last_end = Some(forming.ends_at);
            closed.push(ClosedBar {
                instrument,
                interval: frame.interval,
                opened_at: forming.opened_at,
                candle: forming.sum.candle(price_unit, size_unit),
                gap: Gap { missing_bars, missing_parts },
            });
        }
    }

    fn find_next_end(&mut self) {
        self.next_end = self.frames.iter().filter_map(|frame| frame.forming).map(|forming| forming.ends_at).min();
    }

    /// The feed was interrupted: what is forming lacks something, and so will what opens before the end of that.
    fn interrupt(&mut self, from: Timestamp, to: Timestamp) {
        self.settle();
        for forming in self.frames.iter_mut().filter_map(|frame| frame.forming.as_mut()) {
            if from < forming.ends_at && forming.opened_at < to {
                forming.interruptions = forming.interruptions.saturating_add(1);
            }
        }
        self.interrupted_until = self.interrupted_until.max(Some(to));
    }

    /// The mantissas of what is forming go over to the instrument's new scales.
    fn rescale(&mut self, rules: &Instrument) {
        let Instrument { price_scale, size_scale, .. } = *rules;
        if (price_scale, size_scale) == (self.price_scale, self.size_scale) {
            return;
        }
        self.settle();
        for Forming { sum, .. } in self.frames.iter_mut().filter_map(|frame| frame.forming.as_mut()) {
            for price in [&mut sum.open, &mut sum.high, &mut sum.low, &mut sum.close] {
                *price = rescaled(*price, self.price_scale, price_scale).max(1);
            }
            sum.volume = rescaled(sum.volume, self.size_scale, size_scale);
        }
        (self.price_scale, self.size_scale) = (price_scale, size_scale);
    }

    fn replace_quotes(&mut self, source: Source) {
        self.source = Some(source);
        self.frames.iter_mut().for_each(|frame| frame.forming = None);
        (self.pending, self.is_forming_all, self.next_end) = (None, false, None);
    }
}

impl Frame {
    /// Adds to the forming bar, or begins one. A period that has closed before, of another source, is over.
    fn add(&mut self, opened_at: Timestamp, sum: &Sum, interruptions: u32) {
        if let Some(forming) = &mut self.forming {
            forming.sum.add(sum);
            forming.parts = forming.parts.saturating_add(1);
        } else if self.last_end.is_none_or(|end| end <= opened_at) {
            let ends_at = opened_at.plus_ns(self.interval.ns());
            self.forming = Some(Forming { opened_at, ends_at, sum: *sum, parts: 1, interruptions });
        }
    }
}

impl Sum {
    #[inline]
    fn tick(FixedPrice(price): FixedPrice, size: FixedSize) -> Self {
        Self { open: price, high: price, low: price, close: price, volume: size.0.max(0) }
    }

    fn bar(bar: &Bar) -> Self {
        let Bar { open, high, low, close, volume, .. } = bar;
        Self { open: open.0, high: high.0, low: low.0, close: close.0, volume: volume.0.max(0) }
    }

    #[inline]
    fn add(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume = self.volume.saturating_add(later.volume);
    }

    fn candle(&self, price_unit: f64, size_unit: f64) -> Candle {
        let price = |mantissa: i64| mantissa as f64 / price_unit;
        let volume = self.volume as f64 / size_unit;
        Candle { open: price(self.open), high: price(self.high), low: price(self.low), close: price(self.close), volume }
    }
}

/// When the period that holds this instant began.
fn floor(at: Timestamp, interval: Interval) -> Timestamp {
    let first = if interval.ns() % WEEK_NS == 0 { FIRST_MONDAY_NS } else { 0 };
    at.plus_ns(-at.0.saturating_sub(first).rem_euclid(interval.ns()))
}

fn power_of_ten(scale: u8) -> f64 {
    POWERS_OF_TEN.get(usize::from(scale)).copied().unwrap_or(1.0)
}

/// Towards zero where decimals are lost.
fn rescaled(mantissa: i64, from: u8, to: u8) -> i64 {
    let power = |scale: u8| 10_i128.pow(u32::from(scale.min(18)));
    i64::try_from(i128::from(mantissa) * power(to) / power(from)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
