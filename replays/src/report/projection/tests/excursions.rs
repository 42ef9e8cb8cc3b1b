//! Excursions against a search in all prices.

use engine::event::{Event, Input, Record};
use engine::market::Side;
use engine::number::{Price, Quantity};
use engine::order::OrderKind;

use super::scenes;
use super::stage::Scene;
use crate::report::rows::{FillRow, OrderRow, RoundTripRow, Row};

/// The lowest and the highest price by the definition: ticks between the first fill of the entry and each fill of the
/// exit, whole bars that were lived through, and the fills' own prices.
fn searched(scene: &Scene, trip: &RoundTripRow) -> (Price, Price) {
    let fills = scene.of(|row| if let Row::Fill(row) = row { Some(row) } else { None });
    let order = |id| {
        let orders = scene.of(|row| if let Row::Order(row) = row { Some(row) } else { None });
        *orders.iter().find(|row: &&&OrderRow| row.id == id).unwrap()
    };
    let of = |id| fills.iter().copied().filter(move |fill: &&FillRow| fill.order == id);
    let exit = order(trip.exit_order);
    let entry = of(trip.entry_order).find(|fill| fill.at == trip.entry_at).unwrap();
    // Of the exit's fills those that sold what this row is about, after what rows before it are about.
    let others = scene.of(|row| if let Row::RoundTrip(row) = row { Some(row) } else { None });
    let others = others.iter().filter(|other| other.exit_order == trip.exit_order && other.number < trip.number);
    let before = others.map(|other| other.quantity).fold(Quantity::ZERO, |sum, quantity| sum + quantity);
    let mut sold = Quantity::ZERO;
    let mut sells = |fill: &&FillRow| {
        let from = sold;
        sold += fill.quantity;
        sold > before && from < before + trip.quantity
    };
    let exits: Vec<&FillRow> = of(trip.exit_order).filter(|fill| sells(fill)).collect();
    let last = exits.iter().map(|fill| fill.seq).max().unwrap();
    let instrument = &scene.state.markets.get(trip.instrument).unwrap().instrument;
    // What other orders bought meanwhile, and what this one bought after them, are other entries.
    let buys = fills.iter().filter(|fill| (fill.owner, fill.instrument) == (trip.owner, trip.instrument));
    let buys = buys.filter(|fill| fill.side == Side::Buy && (entry.seq..last).contains(&fill.seq));
    let mut prices: Vec<Price> = buys.take_while(|fill| fill.order == trip.entry_order).map(|fill| fill.price).collect();
    prices.extend(exits.iter().map(|fill| fill.price));
    for record in scene.records.iter().filter(|record| record.seq < last) {
        match &record.event {
            Event::Input(Input::Trade(trade)) if trade.instrument == trip.instrument && record.seq > entry.seq => {
                prices.push(instrument.price(trade.price));
            }
            Event::Input(Input::Bar(bar)) if bar.instrument == trip.instrument && bar.opened_at >= entry.venue_at => {
                let is_next = |next: &&Record| match &next.event {
                    Event::Input(Input::Bar(other)) => other.instrument == bar.instrument && next.seq > record.seq,
                    _ => false,
                };
                let next = scene.records.iter().find(is_next).map_or(u64::MAX, |next| next.seq);
                let lived = |fill: &&FillRow| {
                    let knew = exit.kind == OrderKind::Market || exit.requested_at >= bar.closed_at();
                    next < fill.seq || (record.seq < fill.seq && fill.venue_at >= bar.closed_at() && knew)
                };
                if exits.iter().any(lived) {
                    prices.extend([instrument.price(bar.low), instrument.price(bar.high)]);
                }
            }
            _ => {}
        }
    }
    (prices.iter().copied().min().unwrap(), prices.iter().copied().max().unwrap())
}

#[test]
fn excursions_are_what_a_search_in_all_prices_finds() {
    let (mut count, mut moved) = (0, 0);
    for scene in scenes(8) {
        for trip in scene.of(|row| if let Row::RoundTrip(row) = row { Some(row) } else { None }) {
            assert_eq!((trip.lowest, trip.highest), searched(&scene, trip), "{trip:?}");
            count += 1;
            moved += u32::from(trip.adverse().is_positive() && trip.favourable().is_positive());
            let money = trip.adverse() * trip.quantity;
            assert_eq!(trip.adverse_amount(), money);
            assert!(trip.adverse_share().unwrap() >= 0.0 && trip.favourable_share().unwrap() >= 0.0);
        }
    }
    assert!(count > 100 && moved > 30, "{count} round trips, {moved} of them with both");
}
