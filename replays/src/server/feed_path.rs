//! What may have been traded while a bar formed: where data are only bars, trades are made that give the same bar.
//!
//! The price goes from the open to the extreme that is nearer to it, then to the other one, then to the close, in
//! straight lines. Every step prints the same share of the volume; chance, seeded, moves only the instants.

use engine::market::{Bar, Side, Trade};
use engine::number::{FixedPrice, FixedSize};

/// The fewest trades of a bar: its open, its extremes, its close.
pub const FEWEST: i64 = 4;
/// The most.
pub const MOST: i64 = 3_600;

/// Trades in the order of time that make this bar. A bar without volume has none.
///
/// `tick` is the step of prices in the bar's own scale; intermediate prices are multiples of it. With less volume
/// than four of the smallest sizes, each trade is still of one.
pub fn trades(bar: &Bar, tick: i64, wanted: i64, random: &mut fastrand::Rng) -> Vec<Trade> {
    let volume = bar.volume.0;
    if volume <= 0 {
        return Vec::new();
    }
    let count = wanted.clamp(FEWEST, MOST).min(volume.max(FEWEST));
    let prices = prices(bar, tick.max(1), count);
    let share = (volume / count).max(1);
    let step_ns = bar.interval.ns() / count;
    let mut last = bar.open.0;
    let mut trades = Vec::with_capacity(prices.len());
    for (place, price) in (0..).zip(prices) {
        let offset_ns = if place == 0 { 0 } else { place * step_ns + random.i64(0..step_ns.max(1)) };
        let taker = match price.cmp(&last) {
            std::cmp::Ordering::Greater => Side::Buy,
            std::cmp::Ordering::Equal if random.bool() => Side::Buy,
            std::cmp::Ordering::Less | std::cmp::Ordering::Equal => Side::Sell,
        };
        let size = if place == count - 1 { (volume - share * (count - 1)).max(1) } else { share };
        let venue_at = bar.opened_at.plus_ns(offset_ns);
        let (price_fixed, size) = (FixedPrice(price), FixedSize(size));
        trades.push(Trade { instrument: bar.instrument, venue_at, price: price_fixed, size, taker, trade_id: None });
        last = price;
    }
    trades
}

/// `count` prices along the lines, the four corners among them.
fn prices(bar: &Bar, tick: i64, count: i64) -> Vec<i64> {
    let (open, high, low, close) = (bar.open.0, bar.high.0, bar.low.0, bar.close.0);
    let (first, second) = if high - open < open - low { (high, low) } else { (low, high) };
    let legs = [(open, first), (first, second), (second, close)];
    let length: i64 = legs.iter().map(|(from, to)| from.abs_diff(*to)).sum::<u64>().try_into().unwrap_or(i64::MAX);
    let between = count - FEWEST;
    let mut prices = vec![open];
    let mut used = 0;
    for (index, (from, to)) in legs.into_iter().enumerate() {
        let distance = i128::from(to) - i128::from(from);
        let share = if index == 2 {
            between - used
        } else if length == 0 {
            between / 3
        } else {
            i64::try_from(distance.abs() * i128::from(between) / i128::from(length)).unwrap_or(0)
        };
        used += share;
        for step in 1..=share {
            let exact = i128::from(from) + distance * i128::from(step) / i128::from(share + 1);
            let exact = i64::try_from(exact).unwrap_or(from);
            // On a tick, and inside the leg whatever the tick.
            prices.push((exact / tick * tick).clamp(from.min(to), from.max(to)));
        }
        prices.push(to);
    }
    prices
}

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::time::{Interval, Timestamp};

    use super::*;

    fn bar(prices: [i64; 4], volume: i64) -> Bar {
        let [open, high, low, close] = prices.map(FixedPrice);
        let volume = FixedSize(volume);
        let opened_at = Timestamp(3_600_000_000_000);
        Bar { instrument: InstrumentId(0), interval: Interval(3_600), opened_at, open, high, low, close, volume }
    }

    #[test]
    fn the_shortest_path_goes_by_the_nearer_extreme() {
        let mut random = fastrand::Rng::with_seed(1);
        let path = |prices| trades(&bar(prices, 40), 1, 4, &mut random).iter().map(|t| t.price.0).collect::<Vec<_>>();
        let mut path = path;
        assert_eq!(path([100, 110, 80, 90]), [100, 110, 80, 90]);
        assert_eq!(path([100, 130, 95, 120]), [100, 95, 130, 120]);
        assert_eq!(path([100, 100, 100, 100]), [100; 4]);
    }

    #[test]
    fn every_path_makes_its_bar() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..2_000 {
            let mut corners = [(); 4].map(|()| random.i64(1..1_000_000));
            corners.sort_unstable();
            let [low, a, b, high] = corners;
            let (open, close) = if random.bool() { (a, b) } else { (b, a) };
            let bar = bar([open, high, low, close], random.i64(1..100_000));
            let (tick, wanted) = (random.i64(1..500), random.i64(1..5_000));
            let trades = trades(&bar, tick, wanted, &mut random);
            let said = format!("seed {seed}, {bar:?}, tick {tick}, wanted {wanted}");
            assert_eq!((trades[0].price, trades[trades.len() - 1].price), (bar.open, bar.close), "{said}");
            assert_eq!(trades.iter().map(|t| t.price).max().unwrap(), bar.high, "{said}");
            assert_eq!(trades.iter().map(|t| t.price).min().unwrap(), bar.low, "{said}");
            assert_eq!(trades.iter().map(|t| t.size.0).sum::<i64>(), bar.volume.0.max(4), "{said}");
            assert!(trades.is_sorted_by_key(|t| t.venue_at) && trades[0].venue_at == bar.opened_at, "{said}");
            assert!(trades[trades.len() - 1].venue_at < bar.closed_at(), "{said}");
        }
    }
}
