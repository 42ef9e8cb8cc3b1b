//! Excursions against a search in all prices, by when they were at the venue.

use engine::event::{Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::market::{Bar, Side};
use engine::number::{Price, Quantity};
use engine::order::OrderKind;
use engine::time::Timestamp;
use fastrand::Rng;

use super::stage::{Feed, Scene};
use crate::exchange::ExchangeConfig;
use crate::report::rows::{FillRow, OrderRow, RoundTripRow, Row};

/// A run, and how long its reports take.
struct Late {
    scene: Scene,
    response_ns: i64,
}

/// The fills of a round trip: of its entry, and of its exit as far as they sold of it.
struct Fills<'a> {
    entry: Vec<&'a FillRow>,
    exit: Vec<&'a FillRow>,
    exit_order: &'a OrderRow,
}

impl Late {
    /// With every mixture of a late feed, late orders and late reports.
    fn play(seed: u64) -> Self {
        println!("seed {seed}");
        let mut random = Rng::with_seed(!seed);
        let mut latency_us = || [0, 300_000, 2_000_000, 50_000_000][random.usize(0..4)];
        let (feed_latency_us, entry_latency_us, response_latency_us) = (latency_us(), latency_us(), latency_us());
        let latencies =
            |config: ExchangeConfig| ExchangeConfig { feed_latency_us, entry_latency_us, response_latency_us, ..config };
        let feed = if seed.is_multiple_of(2) { Feed::Trades } else { Feed::Bars };
        Self { scene: Scene::late(seed, feed, 400, latencies), response_ns: i64::from(response_latency_us) * 1_000 }
    }

    fn trips(&self) -> Vec<&RoundTripRow> {
        self.scene.of(|row| if let Row::RoundTrip(row) = row { Some(row) } else { None })
    }

    fn fills(&self, trip: &RoundTripRow) -> Fills<'_> {
        let fills = self.scene.of(|row| if let Row::Fill(row) = row { Some(row) } else { None });
        let orders = self.scene.of(|row| if let Row::Order(row) = row { Some(row) } else { None });
        let own: Vec<&FillRow> =
            fills.into_iter().filter(|fill| (fill.owner, fill.instrument) == (trip.owner, trip.instrument)).collect();
        // Of the exit's fills those that sold what this row is about, after what rows before it are about. What sold more than
        // was held closed only that.
        let others = self.trips().into_iter().filter(|other| other.exit_order == trip.exit_order && other.number < trip.number);
        let before = others.map(|other| other.quantity).fold(Quantity::ZERO, |sum, quantity| sum + quantity);
        let (mut held, mut closed, mut exit) = (Quantity::ZERO, Quantity::ZERO, Vec::new());
        for fill in &own {
            if fill.order == trip.exit_order {
                let from = closed;
                closed += fill.quantity.min(held);
                if closed > before && from < before + trip.quantity {
                    exit.push(*fill);
                }
            }
            held = fill.held;
        }
        let last = exit.iter().map(|fill| fill.seq).max().unwrap();
        let first = own.iter().find(|fill| fill.order == trip.entry_order && fill.at == trip.entry_at).unwrap();
        // What other orders bought meanwhile, and what this one bought after them, are other entries.
        let buys = own.iter().copied().filter(|fill| fill.side == Side::Buy && (first.seq..last).contains(&fill.seq));
        let entry = buys.take_while(|fill| fill.order == trip.entry_order).collect();
        Fills { entry, exit, exit_order: orders.into_iter().find(|row| row.id == trip.exit_order).unwrap() }
    }

    fn market(&self, id: InstrumentId) -> impl Iterator<Item = &Input> {
        let inputs = self.scene.records.iter().filter_map(|Record { event, .. }| match event {
            Event::Input(input) => Some(input),
            Event::Decision(_) => None,
        });
        inputs.filter(move |input| match input {
            Input::Trade(trade) => trade.instrument == id,
            Input::Bar(bar) => bar.instrument == id,
            _ => false,
        })
    }

    /// The lowest and the highest price by the definition: the fills' own, those after the entry until the exit, and those of
    /// bars that were held from their first price to their last.
    fn searched(&self, trip: &RoundTripRow) -> (Price, Price) {
        let Fills { entry, exit, exit_order } = self.fills(trip);
        let (since, until) = (entry[0].venue_at, exit.iter().map(|fill| fill.venue_at).max().unwrap());
        let price = |fixed| self.scene.state.markets.get(trip.instrument).unwrap().instrument.price(fixed);
        let mut prices: Vec<Price> = entry.iter().chain(&exit).map(|fill| fill.price).collect();
        let market: Vec<&Input> = self.market(trip.instrument).collect();
        let exit: Vec<(&FillRow, Option<&Bar>)> = exit.into_iter().map(|fill| (fill, self.maker(fill, &market))).collect();
        let outlived = |bar: &Bar| exit.iter().any(|(fill, maker)| outlives(fill, *maker, exit_order, bar));
        for input in market {
            match input {
                // A price is told before what it fills.
                Input::Trade(trade) if since < trade.venue_at && trade.venue_at <= until => prices.push(price(trade.price)),
                Input::Bar(bar) if since <= bar.opened_at && outlived(bar) => prices.extend([price(bar.low), price(bar.high)]),
                _ => {}
            }
        }
        (prices.iter().copied().min().unwrap(), prices.iter().copied().max().unwrap())
    }

    /// The bar that made a fill: its report leaves with the bar's end.
    fn maker<'a>(&self, fill: &FillRow, market: &[&'a Input]) -> Option<&'a Bar> {
        let left_at: Timestamp = fill.at.plus_ns(-self.response_ns);
        market.iter().find_map(|input| match input {
            Input::Bar(maker) if maker.closed_at() == left_at => Some(maker),
            _ => None,
        })
    }
}

/// Whether a fill of an exit was after all of a bar.
fn outlives(fill: &FillRow, maker: Option<&Bar>, order: &OrderRow, bar: &Bar) -> bool {
    match maker {
        // Within the bar that made it: at its end, as the order came too late for anything else, or anywhere.
        Some(maker) if maker == bar => {
            let at_end = fill.venue_at == bar.closed_at();
            at_end && (order.kind == OrderKind::Market || order.requested_at > bar.opened_at)
        }
        _ => bar.closed_at() <= fill.venue_at,
    }
}

#[test]
fn excursions_are_what_a_search_in_all_prices_finds() {
    let (mut count, mut moved) = ([0; 2], 0);
    for seed in 0..24 {
        let late = Late::play(seed);
        for trip in late.trips() {
            assert_eq!((trip.lowest, trip.highest), late.searched(trip), "{trip:#?}");
            count[usize::from(seed % 2 == 1)] += 1;
            moved += u32::from(trip.adverse().is_positive() && trip.favourable().is_positive());
            assert_eq!(trip.adverse_amount(), trip.adverse() * trip.quantity);
            assert!(trip.adverse_share().unwrap() >= 0.0 && trip.favourable_share().unwrap() >= 0.0);
        }
    }
    assert!(count[0] > 100 && count[1] > 100 && moved > 100, "{count:?} round trips, {moved} of them with both");
}
