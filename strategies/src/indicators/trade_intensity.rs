//! Trade intensity: how many trades a second, and which side takes.

use std::collections::VecDeque;

use engine::market::{Side, Trade};
use engine::time::{SECOND_NS, Timestamp};
use serde::Serialize;

/// The window is kept in so many parts, so that its memory does not grow with the trades.
const PARTS: i64 = 60;

/// Trades of the last `window_ns`, by the venue's clock. The window moves on by a sixtieth of itself, the newest
/// sixtieth being the one that fills.
#[derive(Clone, Debug, Serialize)]
pub struct TradeIntensity {
    part_ns: i64,
    first: Option<i64>,
    parts: VecDeque<Part>,
    trades: u64,
    bought: i128,
    sold: i128,
}

/// What [`TradeIntensity`] says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TradeIntensityValue {
    /// Trades a second.
    pub trades_per_second: f64,
    /// `(bought - sold) / (bought + sold)` by the takers' sides, from -1 to 1.
    pub imbalance: f64,
}

/// One part of the window.
#[derive(Clone, Copy, Debug, Serialize)]
struct Part {
    /// Parts since 1970.
    number: i64,
    trades: u64,
    bought: i128,
    sold: i128,
}

impl TradeIntensity {
    /// Over `window_ns` nanoseconds, at least 60.
    pub fn new(window_ns: i64) -> Self {
        let part_ns = (window_ns / PARTS).max(1);
        Self { part_ns, first: None, parts: VecDeque::new(), trades: 0, bought: 0, sold: 0 }
    }

    /// Takes one trade in.
    pub fn update(&mut self, trade: &Trade) -> Option<TradeIntensityValue> {
        self.pass(trade.venue_at);
        let now = self.part(trade.venue_at).max(self.parts.back().map_or(i64::MIN, |part| part.number));
        self.first.get_or_insert(now);
        if self.parts.back().is_none_or(|part| part.number != now) {
            self.parts.push_back(Part { number: now, trades: 0, bought: 0, sold: 0 });
        }
        let size = i128::from(trade.size.0.max(0));
        let (bought, sold) = match trade.taker {
            Side::Buy => (size, 0),
            Side::Sell => (0, size),
        };
        if let Some(part) = self.parts.back_mut() {
            part.trades += 1;
            part.bought += bought;
            part.sold += sold;
        }
        self.trades += 1;
        self.bought += bought;
        self.sold += sold;
        self.value()
    }

    /// Lets time pass without a trade.
    pub fn pass(&mut self, now: Timestamp) {
        let now = self.part(now);
        while let Some(part) = self.parts.front().filter(|part| part.number <= now - PARTS) {
            self.trades -= part.trades;
            self.bought -= part.bought;
            self.sold -= part.sold;
            self.parts.pop_front();
        }
    }

    /// The last value. None until a whole window has passed since the first trade, and while it has no trades.
    pub fn value(&self) -> Option<TradeIntensityValue> {
        let is_warm = self.parts.back()?.number.saturating_sub(self.first?) >= PARTS - 1;
        let volume = self.bought + self.sold;
        is_warm.then(|| TradeIntensityValue {
            trades_per_second: self.trades as f64 * SECOND_NS as f64 / (self.part_ns.saturating_mul(PARTS)) as f64,
            imbalance: if volume > 0 { (self.bought - self.sold) as f64 / volume as f64 } else { 0.0 },
        })
    }

    fn part(&self, at: Timestamp) -> i64 {
        at.0.div_euclid(self.part_ns)
    }
}
