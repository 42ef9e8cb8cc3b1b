//! Prices of each instrument in bars that grow longer with the run, so that a chart of it stays small.

use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::Bar;
use engine::number::FixedPrice;
use engine::state::State;
use engine::time::{SECOND_NS, Timestamp};

use super::document::Prices;

/// The most bars that are shown.
const MOST_SHOWN: i64 = 1_000;
/// The most bars that are kept while the run goes on: they are joined when there are more.
const MOST_KEPT: usize = 4_000;
/// Lengths in seconds, each a multiple of the one before; after the last each is twice as long.
const LENGTHS: [i64; 13] = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

/// Prices of all instruments, by their ids.
#[derive(Debug, Default)]
pub(super) struct Tracks(Vec<Track>);

#[derive(Debug, Default)]
struct Track {
    bars: Vec<Short>,
    /// The last bar's end.
    until: Timestamp,
    /// Which of [`LENGTHS`].
    step: u32,
    /// Of the longest bar among the market data, in nanoseconds.
    longest_ns: i64,
    /// Decimals of the mantissas.
    scale: u8,
}

#[derive(Clone, Copy, Debug)]
struct Short {
    /// How many lengths after 1970 it begins.
    place: i64,
    open: i64,
    high: i64,
    low: i64,
    close: i64,
}

impl Tracks {
    /// Market data of this instrument, already applied, that began at `at`.
    #[inline]
    pub(super) fn moved(&mut self, state: &State, at: Timestamp, index: usize, input: &Input) {
        match (input, self.0.get_mut(index)) {
            (Input::Trade(trade), Some(track)) if at < track.until => track.price(trade.price),
            (Input::Bar(bar), Some(track)) if at < track.until => track.bar(bar),
            _ => self.begin(state, at, index, input),
        }
    }

    #[inline(never)]
    fn begin(&mut self, state: &State, at: Timestamp, index: usize, input: &Input) {
        let Some(market) = state.markets.iter().nth(index) else { return };
        let Some(last) = market.last.filter(|_| market.last_price().is_some()) else { return };
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Track::default);
        }
        let track = &mut self.0[index];
        track.scaled(market.instrument.price_scale);
        if at >= track.until {
            track.next(at, if let Input::Bar(bar) = input { bar.open } else { last });
        }
        if let Input::Bar(bar) = input { track.bar(bar) } else { track.price(last) }
    }

    /// Bars of one length each, of the instruments that have any.
    pub(super) fn finish(self, state: &State) -> Vec<Prices> {
        let both = state.markets.iter().zip(self.0);
        both.filter_map(|(market, track)| track.finish(&market.instrument)).collect()
    }
}

impl Track {
    #[inline]
    fn price(&mut self, FixedPrice(price): FixedPrice) {
        if let Some(last) = self.bars.last_mut() {
            (last.high, last.low, last.close) = (last.high.max(price), last.low.min(price), price);
        }
    }

    #[inline]
    fn bar(&mut self, bar: &Bar) {
        self.longest_ns = self.longest_ns.max(bar.interval.ns());
        if let Some(last) = self.bars.last_mut() {
            (last.high, last.low, last.close) = (last.high.max(bar.high.0), last.low.min(bar.low.0), bar.close.0);
        }
    }

    fn next(&mut self, at: Timestamp, FixedPrice(open): FixedPrice) {
        if self.bars.len() >= MOST_KEPT {
            while self.bars.len() > MOST_KEPT / 2 {
                self.join();
            }
        }
        let length_ns = length(self.step) * SECOND_NS;
        let place = at.0.div_euclid(length_ns);
        self.until = Timestamp((place + 1).saturating_mul(length_ns));
        // After joining, the bar that it belongs to may be there.
        if self.bars.last().is_none_or(|last| last.place < place) {
            self.bars.push(Short { place, open, high: open, low: open, close: open });
        }
    }

    /// The next longer length: bars that fall into one are one.
    fn join(&mut self) {
        let times = length(self.step + 1) / length(self.step);
        self.step += 1;
        for bar in &mut self.bars {
            bar.place = bar.place.div_euclid(times);
        }
        self.bars.dedup_by(|next, bar| {
            let is_same = next.place == bar.place;
            if is_same {
                (bar.high, bar.low, bar.close) = (bar.high.max(next.high), bar.low.min(next.low), next.close);
            }
            is_same
        });
    }

    /// An instrument that was listed again may have other decimals.
    fn scaled(&mut self, scale: u8) {
        let power = 10_i64.saturating_pow(u32::from(scale.abs_diff(self.scale)));
        let is_finer = scale > self.scale;
        if scale != self.scale {
            let scaled = |price: i64| if is_finer { price.saturating_mul(power) } else { price / power };
            for bar in &mut self.bars {
                (bar.open, bar.high) = (scaled(bar.open), scaled(bar.high));
                (bar.low, bar.close) = (scaled(bar.low), scaled(bar.close));
            }
        }
        self.scale = scale;
    }

    fn span(&self) -> i64 {
        self.bars.first().zip(self.bars.last()).map_or(0, |(first, last)| last.place - first.place + 1)
    }

    fn finish(mut self, instrument: &Instrument) -> Option<Prices> {
        while self.span() > MOST_SHOWN || length(self.step).saturating_mul(SECOND_NS) < self.longest_ns {
            self.join();
        }
        let first = self.bars.first()?.place;
        let count = usize::try_from(self.span()).ok()?;
        let mut columns = [const { Vec::new() }; 4];
        for column in &mut columns {
            column.resize(count, None);
        }
        for bar in &self.bars {
            let Ok(place) = usize::try_from(bar.place - first) else { continue };
            for (column, price) in columns.iter_mut().zip([bar.open, bar.high, bar.low, bar.close]) {
                column[place] = Some(instrument.price(FixedPrice(price)));
            }
        }
        let [open, high, low, close] = columns;
        let interval_seconds = length(self.step);
        let from = Timestamp(first.saturating_mul(interval_seconds).saturating_mul(SECOND_NS));
        Some(Prices { instrument: instrument.symbol.clone(), from, interval_seconds, open, high, low, close })
    }
}

/// In seconds.
fn length(step: u32) -> i64 {
    let last = LENGTHS.len() - 1;
    let step = step as usize;
    LENGTHS.get(step).copied().unwrap_or_else(|| LENGTHS[last] << (step - last).min(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(prices: impl Iterator<Item = (i64, i64)>) -> Track {
        let mut track = Track::default();
        for (seconds, price) in prices {
            let at = Timestamp(seconds * SECOND_NS);
            if at >= track.until {
                track.next(at, FixedPrice(price));
            }
            track.price(FixedPrice(price));
        }
        track
    }

    fn instrument() -> Instrument {
        Instrument {
            id: engine::instrument::InstrumentId(0),
            symbol: "A-B".to_owned(),
            base: "A".parse().unwrap(),
            quote: "B".parse().unwrap(),
            price_scale: 0,
            size_scale: 0,
            tick_size: "1".parse().unwrap(),
            lot_size: "1".parse().unwrap(),
            min_size: "1".parse().unwrap(),
            maker_fee: "0".parse().unwrap(),
            taker_fee: "0".parse().unwrap(),
        }
    }

    #[test]
    fn bars_hold_what_a_look_at_all_prices_gives_however_long_the_run() {
        for count in [1, 999, 1_001, 4_001, 50_000, 200_000] {
            let price = |second: i64| 1_000 + second * 7_919 % 613;
            let shown = track((0..count).map(|second| (second, price(second)))).finish(&instrument()).unwrap();
            assert!(shown.open.len() <= 1_000, "{count} gave {}", shown.open.len());
            for (place, bar) in shown.open.iter().enumerate() {
                let first = i64::try_from(place).unwrap() * shown.interval_seconds;
                let inside: Vec<i64> = (first..(first + shown.interval_seconds).min(count)).map(price).collect();
                let texts = [shown.high[place], shown.low[place], shown.close[place]].map(|price| price.unwrap().to_string());
                let expected = [*inside.iter().max().unwrap(), *inside.iter().min().unwrap(), inside[inside.len() - 1]];
                assert_eq!((bar.unwrap().to_string(), texts), (inside[0].to_string(), expected.map(|price| price.to_string())));
            }
        }
    }

    #[test]
    fn nothing_is_shown_where_nothing_was_traded() {
        let shown = track([(0, 5), (10, 7)].into_iter()).finish(&instrument()).unwrap();
        assert_eq!((shown.interval_seconds, shown.close.len()), (1, 11));
        assert_eq!(shown.close.iter().flatten().count(), 2);
        assert!(Track::default().finish(&instrument()).is_none());
    }

    #[test]
    fn bars_are_never_shorter_than_those_of_the_market_data() {
        let mut hours = track((0..100).map(|hour| (hour * 3_600, hour)));
        hours.longest_ns = 3_600 * SECOND_NS;
        let shown = hours.finish(&instrument()).unwrap();
        assert_eq!((shown.interval_seconds, shown.close.len()), (3_600, 100));
        assert!(shown.close.iter().all(Option::is_some));
    }
}
