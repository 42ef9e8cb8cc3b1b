//! A market maker that is part of the venue: where data have no book, it makes one around the last price.
//!
//! It quotes the same prices while the market stays, a grid of its step, so that a move changes only the ends of its
//! book. Its sizes are chance, seeded, around one notional a level; now and then one of them changes.

use engine::book::Book;
use engine::instrument::Instrument;
use engine::market::{BookLevels, Level, Quote, Side};
use engine::number::{FixedPrice, FixedSize};
use engine::time::Timestamp;

use super::channel_depth::difference;
use super::config::MakerConfig;

const WHOLE_BPS: i128 = 10_000;
/// How many sizes change when the market does not.
const STIRRED: usize = 3;

/// Quotes on every instrument that has no book of its own.
#[derive(Debug)]
pub struct Maker {
    config: MakerConfig,
    random: fastrand::Rng,
}

/// One instrument's numbers, as mantissas of its market data.
struct Grid {
    tick: i64,
    step: i64,
    half_spread: i64,
    lot: i64,
    least: i64,
    /// What a level holds on the average.
    usual: i64,
}

impl Maker {
    /// One whose chance is seeded.
    pub fn new(config: MakerConfig, seed: u64) -> Self {
        Self { config, random: fastrand::Rng::with_seed(seed ^ 0x006d_616b_6572) }
    }

    /// What changes in its book when `price` is the last one.
    pub fn around(&mut self, rules: &Instrument, book: &Book, price: FixedPrice, at: Timestamp) -> Option<BookLevels> {
        let grid = self.grid(rules, price.0);
        let bid = (price.0 - grid.half_spread).div_euclid(grid.step) * grid.step;
        let ask = -(-(price.0 + grid.half_spread)).div_euclid(grid.step) * grid.step;
        let stands = |side, best| {
            let depth = book.depth(side);
            // The same best price on the same grid is the same book; the grid shows in the worst price.
            depth == usize::from(self.config.levels)
                && book.best(side).is_some_and(|level| level.price.0 == best)
                && book.worst(side).is_some_and(|level| level.price.0.abs_diff(best) == grid.reach(depth))
        };
        if stands(Side::Buy, bid) && stands(Side::Sell, ask) {
            return None;
        }
        let bids: Vec<Level> = self.ladder(&grid, book, Side::Buy, bid).collect();
        let asks: Vec<Level> = self.ladder(&grid, book, Side::Sell, ask).collect();
        changes(rules, book, &bids, &asks, at)
    }

    /// What changes in its book when this is the best bid and ask: they come first, its own levels behind them.
    pub fn behind(&mut self, rules: &Instrument, book: &Book, quote: &Quote, at: Timestamp) -> Option<BookLevels> {
        let grid = self.grid(rules, quote.bid_price.0);
        let bid = (quote.bid_price.0 - grid.tick).div_euclid(grid.step) * grid.step;
        let ask = -(-(quote.ask_price.0 + grid.tick)).div_euclid(grid.step) * grid.step;
        let best = |price, size| std::iter::once(Level { price, size });
        let bids: Vec<Level> = best(quote.bid_price, quote.bid_size).chain(self.ladder(&grid, book, Side::Buy, bid)).collect();
        let asks: Vec<Level> = best(quote.ask_price, quote.ask_size).chain(self.ladder(&grid, book, Side::Sell, ask)).collect();
        changes(rules, book, &bids, &asks, at)
    }

    /// A few new sizes, so that a market that stands still is seen to live.
    pub fn stir(&mut self, rules: &Instrument, book: &Book, at: Timestamp) -> Option<BookLevels> {
        let best = book.best_bid()?;
        let grid = self.grid(rules, best.price.0);
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        for _ in 0..STIRRED {
            let (side, changed) = if self.random.bool() { (Side::Buy, &mut bids) } else { (Side::Sell, &mut asks) };
            let depth = book.depth(side);
            if depth == 0 {
                continue;
            }
            let place = self.random.usize(0..depth);
            if let Some(level) = book.levels(side).nth(place) {
                changed.push(Level { price: level.price, size: self.size(&grid) });
            }
        }
        Some(BookLevels { instrument: rules.id, venue_at: at, bids: bids.into(), asks: asks.into() })
    }

    /// A small step from `price`, drawn back to where it began: what is traded when the data have ended.
    pub fn wander(&mut self, rules: &Instrument, price: FixedPrice, home: FixedPrice) -> (FixedPrice, FixedSize, Side) {
        let grid = self.grid(rules, price.0);
        let drawn = (home.0 - price.0).signum() * self.random.i64(0..=grid.half_spread / 4 + 1);
        let moved = self.random.i64(-grid.half_spread..=grid.half_spread) + drawn;
        let next = (price.0 + moved).div_euclid(grid.tick) * grid.tick;
        let next = if next > 0 { next } else { price.0 };
        let taker = if next >= price.0 { Side::Buy } else { Side::Sell };
        let size = self.size(&grid).0 / self.random.i64(10..=100) / grid.lot * grid.lot;
        (FixedPrice(next), FixedSize(size.max(grid.least)), taker)
    }

    /// Levels from the best outwards; what is in the book already keeps its size.
    fn ladder<'a>(&'a mut self, grid: &'a Grid, book: &'a Book, side: Side, best: i64) -> impl Iterator<Item = Level> + use<'a> {
        let step = if side == Side::Buy { -grid.step } else { grid.step };
        let prices = (0..i64::from(self.config.levels)).map(move |place| best + place * step).take_while(|&price| price > 0);
        prices.map(move |price| {
            let price = FixedPrice(price);
            let there = book.size_at(side, price);
            Level { price, size: if there.0 > 0 { there } else { self.size(grid) } }
        })
    }

    fn size(&mut self, grid: &Grid) -> FixedSize {
        let percent = self.random.i64(50..=150);
        let size = i128::from(grid.usual) * i128::from(percent) / 100;
        let size = i64::try_from(size).unwrap_or(i64::MAX) / grid.lot * grid.lot;
        FixedSize(size.max(grid.least))
    }

    fn grid(&self, rules: &Instrument, price: i64) -> Grid {
        let tick = rules.fixed_price(rules.tick_size).map_or(1, |tick| tick.0.max(1));
        let lot = rules.fixed_size(rules.lot_size).map_or(1, |lot| lot.0.max(1));
        let least = rules.fixed_size(rules.min_size.ceil_to(rules.lot_size)).map_or(lot, |least| least.0.max(lot));
        let share = |bps: u32| i64::try_from(i128::from(price) * i128::from(bps) / WHOLE_BPS).unwrap_or(i64::MAX);
        let usual = self.config.level_notional.at(rules.price(FixedPrice(price.max(1)))).floor_to(rules.lot_size);
        Grid {
            tick,
            step: round_down(share(self.config.step_bps) / tick).saturating_mul(tick).max(tick),
            half_spread: (share(self.config.spread_bps) / 2).max(1),
            lot,
            least,
            usual: rules.fixed_size(usual).map_or(least, |usual| usual.0.max(least)),
        }
    }
}

impl Grid {
    /// From the best price to the last of so many.
    fn reach(&self, levels: usize) -> u64 {
        u64::try_from(levels).unwrap_or(0).saturating_sub(1).saturating_mul(self.step.unsigned_abs())
    }
}

/// To 1, 2 or 5 times a power of ten, so that the grid stays where it is while the price moves a little.
fn round_down(ticks: i64) -> i64 {
    let mut power: i64 = 1;
    while power <= ticks / 10 {
        power *= 10;
    }
    [5, 2, 1].into_iter().map(|digit| digit * power).find(|&nice| nice <= ticks).unwrap_or(1)
}

/// What has to be set in the book to make its sides these, best first.
fn changes(rules: &Instrument, book: &Book, bids: &[Level], asks: &[Level], at: Timestamp) -> Option<BookLevels> {
    let of = |side: Side, wanted: &[Level]| difference(&book.levels(side).collect::<Vec<_>>(), wanted, side).into();
    let (bids, asks): (Box<[Level]>, Box<[Level]>) = (of(Side::Buy, bids), of(Side::Sell, asks));
    let changed = !bids.is_empty() || !asks.is_empty();
    changed.then_some(BookLevels { instrument: rules.id, venue_at: at, bids, asks })
}

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::number::{Decimal, Price, Quantity, Rate};

    use super::*;

    fn rules() -> Instrument {
        Instrument {
            id: InstrumentId(0),
            symbol: "BTC-USDT".to_owned(),
            base: "BTC".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 2,
            size_scale: 8,
            tick_size: Price(Decimal::new(1, 1)),
            lot_size: Quantity(Decimal::new(1, 8)),
            min_size: Quantity(Decimal::new(1, 5)),
            maker_fee: Rate::ZERO,
            taker_fee: Rate::ZERO,
        }
    }

    fn check(book: &Book, rules: &Instrument, said: &str) {
        let (bid, ask) = (book.best_bid().unwrap(), book.best_ask().unwrap());
        assert!(bid.price < ask.price, "{said}: crossed at {bid:?} {ask:?}");
        for side in [Side::Buy, Side::Sell] {
            for level in book.levels(side) {
                assert!(rules.price(level.price).is_multiple_of(rules.tick_size), "{said}: {level:?}");
                assert!(rules.quantity(level.size) >= rules.min_size, "{said}: {level:?}");
            }
        }
    }

    #[test]
    fn its_book_is_deep_uncrossed_and_on_the_grid_wherever_the_price_goes() {
        let seed = fastrand::u64(..);
        let mut chance = fastrand::Rng::with_seed(seed);
        let (rules, mut maker, mut book) = (rules(), Maker::new(MakerConfig::default(), seed), Book::default());
        let mut price = 6_000_000;
        for round in 0..2_000 {
            price = (price + chance.i64(-price / 50..=price / 50)).max(10);
            if let Some(delta) = maker.around(&rules, &book, FixedPrice(price), Timestamp(round)) {
                book.apply(&delta);
            }
            let said = format!("seed {seed}, round {round}, price {price}");
            assert_eq!(book.depth(Side::Sell), 50, "{said}");
            assert!(book.best_bid().is_none_or(|bid| bid.price.0 < price), "{said}");
            assert!(book.best_ask().unwrap().price.0 > price, "{said}");
            if book.best_bid().is_some() {
                check(&book, &rules, &said);
                book.apply(&maker.stir(&rules, &book, Timestamp(round)).unwrap());
                check(&book, &rules, &said);
            }
        }
    }

    #[test]
    fn a_price_that_stays_changes_nothing_and_one_that_moves_a_little_changes_the_ends() {
        let (rules, mut maker, mut book) = (rules(), Maker::new(MakerConfig::default(), 1), Book::default());
        book.apply(&maker.around(&rules, &book, FixedPrice(6_000_000), Timestamp(0)).unwrap());
        assert_eq!(maker.around(&rules, &book, FixedPrice(6_000_000), Timestamp(1)), None);
        let delta = maker.around(&rules, &book, FixedPrice(6_000_500), Timestamp(2)).unwrap();
        assert!(delta.bids.len() <= 4 && delta.asks.len() <= 4, "{delta:?}");
    }

    #[test]
    fn a_quote_comes_first() {
        let (rules, mut maker, mut book) = (rules(), Maker::new(MakerConfig::default(), 1), Book::default());
        let quote = Quote {
            instrument: rules.id,
            venue_at: Timestamp(0),
            bid_price: FixedPrice(5_999_990),
            bid_size: FixedSize(100_000_000),
            ask_price: FixedPrice(6_000_010),
            ask_size: FixedSize(200_000_000),
        };
        book.apply(&maker.behind(&rules, &book, &quote, Timestamp(0)).unwrap());
        assert_eq!(book.best_bid(), Some(Level { price: quote.bid_price, size: quote.bid_size }));
        assert_eq!(book.best_ask(), Some(Level { price: quote.ask_price, size: quote.ask_size }));
        assert_eq!(book.depth(Side::Buy), 51);
    }

    #[test]
    fn without_data_the_price_stays_near() {
        let (rules, mut maker) = (rules(), Maker::new(MakerConfig::default(), 5));
        let home = FixedPrice(6_000_000);
        let mut price = home;
        for _ in 0..10_000 {
            let (next, size, _) = maker.wander(&rules, price, home);
            assert!(rules.price(next).is_multiple_of(rules.tick_size) && size.0 > 0);
            price = next;
        }
        assert!(price.0.abs_diff(home.0) < 300_000, "{price:?}");
    }
}
