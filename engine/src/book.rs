//! An order book: prices and the size resting at each, per side.
//!
//! Each side is a sorted `Vec` with its best level last: what changes most is near the end, where an
//! insertion moves little. [`levels`](Book::levels) walks from the best outwards.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::market::{BookLevels, Level, Side};
use crate::number::{FixedPrice, FixedSize};

/// The most levels a side keeps; beyond it the worst are forgotten.
pub const MAX_LEVELS: usize = 10_000;

/// The order book of one instrument, in mantissas at its scales.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Book {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Makes the book what a snapshot says. Levels without size are left out; of a price that comes twice
    /// the last counts.
    pub fn replace(&mut self, bids: &[Level], asks: &[Level]) {
        self.clear();
        for (side, levels) in [(Side::Buy, bids), (Side::Sell, asks)] {
            // Snapshots come best first: then it is one copy, not an insertion before all others for each level.
            let kept = self.side_mut(side);
            kept.extend(levels.iter().take(MAX_LEVELS).rev());
            let in_order = kept.is_sorted_by(|worse, better| match side {
                Side::Buy => worse.price < better.price,
                Side::Sell => worse.price > better.price,
            });
            if in_order {
                kept.retain(|level| level.size.0 > 0);
            } else {
                kept.clear();
                for &level in levels {
                    self.set(side, level);
                }
            }
        }
    }

    /// Applies what changed.
    pub fn apply(&mut self, delta: &BookLevels) {
        for &level in &delta.bids {
            self.set(Side::Buy, level);
        }
        for &level in &delta.asks {
            self.set(Side::Sell, level);
        }
    }

    /// Sets the size at one price; none removes it.
    pub fn set(&mut self, side: Side, level: Level) {
        let (place, found) = self.find(side, level.price);
        let levels = self.side_mut(side);
        if level.size.0 <= 0 {
            if found {
                levels.remove(place);
            }
        } else if found {
            levels[place].size = level.size;
        } else {
            levels.insert(place, level);
            if levels.len() > MAX_LEVELS {
                levels.remove(0);
            }
        }
    }

    /// The highest bid.
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.last().copied()
    }

    /// The lowest ask.
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.last().copied()
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<Level> {
        self.side(side).last().copied()
    }

    /// The worst level of a side that is known.
    pub fn worst(&self, side: Side) -> Option<Level> {
        self.side(side).first().copied()
    }

    /// How much rests at a price.
    pub fn size_at(&self, side: Side, price: FixedPrice) -> FixedSize {
        let (place, found) = self.find(side, price);
        if found { self.side(side)[place].size } else { FixedSize(0) }
    }

    /// A side's levels, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = Level> + '_ {
        self.side(side).iter().rev().copied()
    }

    /// How many levels a side has.
    pub fn depth(&self, side: Side) -> usize {
        self.side(side).len()
    }

    fn side(&self, side: Side) -> &Vec<Level> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Vec<Level> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Where a price is, or where it belongs.
    fn find(&self, side: Side, price: FixedPrice) -> (usize, bool) {
        let levels = self.side(side);
        let place = match side {
            Side::Buy => levels.partition_point(|level| level.price < price),
            Side::Sell => levels.partition_point(|level| level.price > price),
        };
        (place, levels.get(place).is_some_and(|level| level.price == price))
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::instrument::InstrumentId;
    use crate::time::Timestamp;

    fn level(price: i64, size: i64) -> Level {
        Level { price: FixedPrice(price), size: FixedSize(size) }
    }

    #[test]
    fn the_best_level_is_first_and_removal_uncovers_the_next() {
        let mut book = Book::default();
        book.replace(&[level(99, 5), level(100, 2), level(98, 0)], &[level(102, 7), level(101, 1), level(101, 3)]);
        assert_eq!(book.levels(Side::Buy).collect::<Vec<_>>(), vec![level(100, 2), level(99, 5)]);
        assert_eq!(book.levels(Side::Sell).collect::<Vec<_>>(), vec![level(101, 3), level(102, 7)]);
        book.set(Side::Sell, level(101, 0));
        assert_eq!(book.best_ask(), Some(level(102, 7)));
        assert_eq!(
            (book.size_at(Side::Buy, FixedPrice(99)), book.size_at(Side::Buy, FixedPrice(101))),
            (FixedSize(5), FixedSize(0))
        );
    }

    #[test]
    fn a_full_side_forgets_its_worst_level() {
        let mut book = Book::default();
        for price in (0..=MAX_LEVELS).rev() {
            book.set(Side::Buy, level(i64::try_from(price).unwrap(), 1));
        }
        assert_eq!(book.depth(Side::Buy), MAX_LEVELS);
        assert_eq!(book.worst(Side::Buy), Some(level(1, 1)));
    }

    fn levels() -> impl Strategy<Value = Vec<Level>> {
        let any_order = prop::collection::vec((1..60_i64, 0..4_i64).prop_map(|(price, size)| level(price, size)), 0..12);
        let sorted = |mut levels: Vec<Level>, rising: bool| {
            levels.sort_by_key(|level| if rising { level.price.0 } else { -level.price.0 });
            levels
        };
        prop_oneof![any_order.clone(), (any_order, any::<bool>()).prop_map(move |(levels, rising)| sorted(levels, rising))]
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_sorted_map(messages in prop::collection::vec((any::<bool>(), levels(), levels()), 1..40)) {
            let mut book = Book::default();
            let mut naive: [BTreeMap<i64, i64>; 2] = Default::default();
            for (snapshot, bids, asks) in messages {
                if snapshot {
                    naive = Default::default();
                    book.replace(&bids, &asks);
                } else {
                    let (instrument, venue_at) = (InstrumentId(0), Timestamp(0));
                    book.apply(&BookLevels { instrument, venue_at, bids: bids.clone().into(), asks: asks.clone().into() });
                }
                for (map, levels) in naive.iter_mut().zip([bids, asks]) {
                    for level in levels {
                        map.insert(level.price.0, level.size.0);
                        map.retain(|_, size| *size > 0);
                    }
                }
                let expected = |map: &BTreeMap<i64, i64>| map.iter().map(|(&p, &s)| level(p, s)).collect::<Vec<_>>();
                let mut bids = expected(&naive[0]);
                bids.reverse();
                let asks = expected(&naive[1]);
                prop_assert_eq!(book.levels(Side::Buy).collect::<Vec<_>>(), bids.clone());
                prop_assert_eq!(book.levels(Side::Sell).collect::<Vec<_>>(), asks.clone());
                prop_assert_eq!((book.best_bid(), book.best_ask()), (bids.first().copied(), asks.first().copied()));
                prop_assert_eq!(book.worst(Side::Buy), bids.last().copied());
                for price in 0..61 {
                    prop_assert_eq!(book.size_at(Side::Sell, FixedPrice(price)).0, *naive[1].get(&price).unwrap_or(&0));
                }
            }
        }
    }
}
