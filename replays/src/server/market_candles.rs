//! Candles of every kind, from trades.

use std::collections::VecDeque;

use engine::market::Trade;
use engine::number::FixedPrice;
use engine::time::Timestamp;

use super::market_bar::BarKind;

/// How many closed candles of a kind are kept.
const KEPT: usize = 10_000;
/// How many candles without a trade are written after each other. In a longer silence the older ones are left out.
const FLAT: i64 = 1_500;
/// The same for candles of a second, which a fast replay leaves by the thousand.
const FLAT_SECONDS: i64 = 120;

/// The candles of one instrument.
#[derive(Debug)]
pub struct Candles {
    series: Vec<Series>,
    /// The first instant at which one of them closes.
    next_close: Timestamp,
}

/// The candles of one kind.
#[derive(Debug)]
pub struct Series {
    /// Which.
    pub kind: BarKind,
    closed: VecDeque<Candle>,
    forming: Option<Candle>,
    closes_at: Timestamp,
}

/// One candle, in mantissas at its instrument's scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// When it began.
    pub opened_at: Timestamp,
    /// First price.
    pub open: FixedPrice,
    /// Highest price.
    pub high: FixedPrice,
    /// Lowest price.
    pub low: FixedPrice,
    /// Last price.
    pub close: FixedPrice,
    /// What was traded, in base units.
    pub volume: i128,
    /// What was traded, in quote units: a price times a size, at the sum of their scales.
    pub turnover: i128,
}

impl Candles {
    /// None yet, of these kinds.
    pub fn new(kinds: impl IntoIterator<Item = BarKind>) -> Self {
        let series = |kind| Series { kind, closed: VecDeque::new(), forming: None, closes_at: Timestamp(i64::MAX) };
        Self { series: kinds.into_iter().map(series).collect(), next_close: Timestamp(i64::MAX) }
    }

    /// The candles of a kind.
    pub fn series(&self, kind: BarKind) -> Option<&Series> {
        self.series.iter().find(|series| series.kind == kind)
    }

    /// Whether a candle closes at `at` or before.
    pub fn closes_by(&self, at: Timestamp) -> bool {
        self.next_close <= at
    }

    /// Closes what ends at `at` or before; `closed` sees each candle that does.
    pub fn roll(&mut self, at: Timestamp, mut closed: impl FnMut(BarKind, &Candle)) {
        if !self.closes_by(at) {
            return;
        }
        for series in &mut self.series {
            series.roll(at, &mut closed);
        }
        self.find_next_close();
    }

    /// A trade; what ended before it must have been [rolled](Self::roll).
    pub fn trade(&mut self, trade: &Trade) {
        let begins = self.next_close == Timestamp(i64::MAX);
        for series in &mut self.series {
            series.trade(trade);
        }
        if begins {
            self.find_next_close();
        }
    }

    fn find_next_close(&mut self) {
        self.next_close = self.series.iter().map(|series| series.closes_at).min().unwrap_or(Timestamp(i64::MAX));
    }
}

impl Series {
    /// The candle that still forms.
    pub fn forming(&self) -> Option<&Candle> {
        self.forming.as_ref()
    }

    /// Every candle that is kept, the newest first, and whether it is closed.
    pub fn newest_first(&self) -> impl Iterator<Item = (&Candle, bool)> {
        let forming = self.forming.iter().map(|candle| (candle, false));
        forming.chain(self.closed.iter().rev().map(|candle| (candle, true)))
    }

    /// When the candle that forms closes; `None` before the first trade.
    pub fn closes_at(&self) -> Option<Timestamp> {
        self.forming.map(|_| self.closes_at)
    }

    fn roll(&mut self, at: Timestamp, closed: &mut impl FnMut(BarKind, &Candle)) {
        if at < self.closes_at {
            return;
        }
        let Some(mut candle) = self.forming.take() else { return };
        let now_opened = self.kind.opened(at);
        loop {
            closed(self.kind, &candle);
            if self.closed.len() >= KEPT {
                self.closed.pop_front();
            }
            self.closed.push_back(candle);
            candle = Candle::flat(self.closes_at, candle.close);
            let length = self.kind.closes(candle.opened_at).0 - candle.opened_at.0;
            let most = if self.kind == BarKind::SECOND { FLAT_SECONDS } else { FLAT };
            if (now_opened.0 - candle.opened_at.0) / length > most {
                self.closed.clear();
                candle.opened_at = self.kind.opened(Timestamp(now_opened.0 - most * length));
            }
            self.closes_at = self.kind.closes(candle.opened_at);
            if candle.opened_at >= now_opened {
                self.forming = Some(candle);
                return;
            }
        }
    }

    fn trade(&mut self, trade: &Trade) {
        let (price, size) = (trade.price, i128::from(trade.size.0));
        let candle = self.forming.get_or_insert_with(|| {
            let opened_at = self.kind.opened(trade.venue_at);
            self.closes_at = self.kind.closes(opened_at);
            Candle::flat(opened_at, price)
        });
        if candle.volume == 0 {
            // The first trade of a candle that began flat at the last one's close.
            (candle.open, candle.high, candle.low) = (price, price, price);
        }
        candle.high = candle.high.max(price);
        candle.low = candle.low.min(price);
        candle.close = price;
        candle.volume += size;
        candle.turnover += size * i128::from(price.0);
    }
}

impl Candle {
    fn flat(opened_at: Timestamp, price: FixedPrice) -> Self {
        Self { opened_at, open: price, high: price, low: price, close: price, volume: 0, turnover: 0 }
    }
}

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::market::Side;
    use engine::number::FixedSize;
    use engine::time::SECOND_NS;

    use super::*;

    fn trade(second: i64, price: i64, size: i64) -> Trade {
        let (price, size) = (FixedPrice(price), FixedSize(size));
        let venue_at = Timestamp(second * SECOND_NS);
        Trade { instrument: InstrumentId(0), venue_at, price, size, taker: Side::Buy, trade_id: None }
    }

    fn shown(candle: &Candle) -> String {
        let Candle { opened_at, open, high, low, close, volume, turnover } = candle;
        format!("{}: {} {} {} {} {volume} {turnover}", opened_at.0 / SECOND_NS, open.0, high.0, low.0, close.0)
    }

    #[test]
    fn trades_make_candles_and_silence_repeats_the_last_price() {
        let minute = BarKind::named("1m").unwrap();
        let mut candles = Candles::new([minute, BarKind::named("3m").unwrap()]);
        let mut closed = Vec::new();
        for trade in [trade(61, 10, 1), trade(65, 12, 2), trade(119, 9, 1), trade(250, 11, 4)] {
            candles.roll(trade.venue_at, |kind, candle| closed.push(format!("{} {}", kind.name(), shown(candle))));
            candles.trade(&trade);
        }
        assert_eq!(closed, ["1m 60: 10 12 9 9 4 43", "1m 120: 9 9 9 9 0 0", "1m 180: 9 9 9 9 0 0", "3m 0: 10 12 9 9 4 43"]);
        let rows: Vec<_> = candles.series(minute).unwrap().newest_first().map(|(c, closed)| (shown(c), closed)).collect();
        assert_eq!(rows[0], ("240: 11 11 11 11 4 44".to_owned(), false));
        assert_eq!((rows.len(), rows[3].1), (4, true));
        assert!(candles.closes_by(Timestamp(300 * SECOND_NS)) && !candles.closes_by(Timestamp(299 * SECOND_NS)));
    }

    #[test]
    fn a_long_silence_keeps_memory_and_time_small() {
        let mut candles = Candles::new(BarKind::ALL);
        candles.trade(&trade(0, 10, 1));
        let mut closed = 0;
        candles.roll(Timestamp(20 * 365 * 86_400 * SECOND_NS), |_, _| closed += 1);
        assert!(closed < 30_000, "{closed}");
        let (first, _) = candles.series(BarKind::SECOND).unwrap().newest_first().next().unwrap();
        assert_eq!(first.opened_at.0, 20 * 365 * 86_400 * SECOND_NS);
    }
}
