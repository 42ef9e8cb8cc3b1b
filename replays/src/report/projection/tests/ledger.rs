//! Orders, fills and round trips against the records themselves.

use std::collections::{BTreeMap, VecDeque};

use engine::event::{Decision, Event, Input};
use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::Owner;

use super::scenes;
use super::stage::Scene;
use crate::report::rows::{FillRow, OrderRow, Outcome, RoundTripRow, Row};

fn fills(scene: &Scene) -> Vec<&FillRow> {
    scene.of(|row| if let Row::Fill(row) = row { Some(row) } else { None })
}

fn trips(scene: &Scene) -> Vec<&RoundTripRow> {
    scene.of(|row| if let Row::RoundTrip(row) = row { Some(row) } else { None })
}

fn orders(scene: &Scene) -> BTreeMap<u64, &OrderRow> {
    let rows = scene.of(|row| if let Row::Order(row) = row { Some(row) } else { None });
    let count = rows.len();
    let orders: BTreeMap<u64, &OrderRow> = rows.into_iter().map(|row| (row.id.0, row)).collect();
    assert_eq!(orders.len(), count, "an order has one row");
    orders
}

#[test]
fn fills_and_deposits_sum_up_to_the_balances() {
    for scene in scenes(10) {
        let mut balances: BTreeMap<Currency, Amount> = BTreeMap::new();
        let mut book = |currency: Currency, amount: Amount| *balances.entry(currency).or_default() += amount;
        for row in &scene.rows {
            match row {
                Row::Deposit(row) => book(row.currency, row.amount),
                Row::Fill(row) => {
                    let instrument = &scene.state.markets.get(row.instrument).unwrap().instrument;
                    let (base, quote) = (Amount(row.quantity.0), row.notional());
                    let (base, quote) = if row.side == Side::Buy { (base, -quote) } else { (-base, quote) };
                    book(instrument.base, base);
                    book(instrument.quote, quote);
                    book(row.fee_currency, -row.fee);
                }
                _ => {}
            }
        }
        let known: BTreeMap<Currency, Amount> = scene.state.portfolio.balances().collect();
        assert_eq!(balances, known);
        let filled = scene.records.iter().filter(|record| matches!(record.event, Event::Input(Input::OrderFilled(_)))).count();
        assert_eq!(fills(&scene).len(), filled);
    }
}

#[test]
fn each_order_has_one_row_with_all_that_the_records_say_of_it() {
    for scene in scenes(10) {
        let mut orders = orders(&scene);
        let mut open = 0;
        for record in &scene.records {
            let Event::Decision(Decision::OrderRequested(request)) = &record.event else { continue };
            let row = orders.remove(&record.seq).expect("a row");
            let (mut filled, mut notional, mut count, mut ended) = (Quantity::ZERO, Amount::ZERO, 0, None);
            let mut accepted = None;
            for report in &scene.records {
                match &report.event {
                    Event::Input(Input::OrderFilled(fill)) if fill.order == row.id => {
                        filled += fill.quantity;
                        notional += fill.price * fill.quantity;
                        count += 1;
                    }
                    Event::Input(Input::OrderAccepted(order)) if *order == row.id => accepted = Some(report.at),
                    Event::Input(Input::OrderRejected { order, .. } | Input::OrderCanceled { order, .. }) if *order == row.id => {
                        ended = Some(report.at);
                    }
                    _ => {}
                }
            }
            assert_eq!((row.owner, row.side, row.requested_at), (request.owner, request.side, record.at));
            assert_eq!((row.filled, row.notional, row.fills, row.accepted_at), (filled, notional, count, accepted));
            match row.outcome {
                Outcome::Filled => assert_eq!((row.filled, ended), (row.quantity, None)),
                Outcome::Open => open += 1,
                Outcome::Canceled(_) | Outcome::Rejected => assert_eq!(row.ended_at, ended),
            }
            let average = (count > 0).then(|| notional.per(filled));
            assert_eq!(row.average_price(), average);
        }
        assert!(orders.is_empty(), "rows of orders that nobody asked for: {orders:?}");
        assert_eq!(open, scene.state.orders.len());
    }
}

/// What is left of an entry.
struct Lot {
    order: u64,
    quantity: Quantity,
    cost: Amount,
    fee: Amount,
}

/// Round trips by a first-in-first-out ledger of our own.
#[test]
fn round_trips_are_what_a_ledger_of_fills_makes_of_them() {
    for scene in scenes(10) {
        let mut lots: BTreeMap<(Owner, InstrumentId), VecDeque<Lot>> = BTreeMap::new();
        let mut whole: BTreeMap<(u64, u64), (Quantity, Amount)> = BTreeMap::new();
        for fill in fills(&scene) {
            let lots = lots.entry((fill.owner, fill.instrument)).or_default();
            if fill.side == Side::Buy {
                // An order that fills in pieces is one entry.
                if let Some(last) = lots.back_mut().filter(|last| last.order == fill.order.0) {
                    last.quantity += fill.quantity;
                    last.cost += fill.notional();
                    last.fee += fill.fee;
                    continue;
                }
                lots.push_back(Lot { order: fill.order.0, quantity: fill.quantity, cost: fill.notional(), fee: fill.fee });
                continue;
            }
            let mut left = fill.quantity;
            while let Some(lot) = lots.front_mut().filter(|_| left.is_positive()) {
                let part = left.min(lot.quantity);
                let (cost, entry_fee) = (part.share_of(lot.quantity, lot.cost), part.share_of(lot.quantity, lot.fee));
                let exit_fee = part.share_of(fill.quantity, fill.fee);
                let (quantity, profit) = whole.entry((lot.order, fill.order.0)).or_default();
                *quantity += part;
                *profit += fill.price * part - cost - entry_fee - exit_fee;
                left -= part;
                (lot.quantity, lot.cost, lot.fee) = (lot.quantity - part, lot.cost - cost, lot.fee - entry_fee);
                if lot.quantity.is_zero() {
                    lots.pop_front();
                }
            }
        }
        let trips = trips(&scene);
        assert!(trips.len() > 10, "{} round trips", trips.len());
        let mut numbered = trips.clone();
        numbered.sort_by_key(|trip| trip.number);
        assert!(numbered.iter().zip(1..).all(|(trip, number)| trip.number == number), "they are numbered from 1 on");
        let mut sums: BTreeMap<(u64, u64), (Quantity, Amount)> = BTreeMap::new();
        let orders = orders(&scene);
        let near = |a: Amount, b: Amount| (a - b).abs() < "0.0000000001".parse().unwrap();
        for trip in trips {
            let (quantity, profit) = sums.entry((trip.entry_order.0, trip.exit_order.0)).or_default();
            *quantity += trip.quantity;
            *profit += trip.profit();
            assert!(trip.profit_reporting.is_some_and(|profit| near(profit, trip.profit())), "USDT is both");
            assert!(trip.entry_at <= trip.exit_at && trip.lowest <= trip.highest);
            let (entry, exit) = (orders[&trip.entry_order.0], orders[&trip.exit_order.0]);
            assert_eq!((trip.entry_signal, trip.exit_signal, trip.stop), (entry.signal, exit.signal, entry.stop));
        }
        assert_eq!(sums.len(), whole.len());
        for (key, (quantity, profit)) in whole {
            let (rows, made) = sums[&key];
            assert!(rows == quantity && near(made, profit), "{key:?}: {made} is not {profit}");
        }
    }
}

#[test]
fn slippage_is_what_an_order_lost_against_the_price_when_it_was_asked_for() {
    for scene in scenes(4) {
        for (id, row) in orders(&scene) {
            let seen = scene.records.iter().take_while(|record| record.seq < id);
            let prices = seen.filter_map(|record| match &record.event {
                Event::Input(Input::Trade(trade)) if trade.instrument == row.instrument => Some(trade.price),
                Event::Input(Input::Bar(bar)) if bar.instrument == row.instrument => Some(bar.close),
                _ => None,
            });
            let instrument = &scene.state.markets.get(row.instrument).unwrap().instrument;
            let last = prices.last().map(|price| instrument.price(price));
            assert_eq!(row.arrival_price, row.kind.trigger().or(last), "{row:?}");
            let (Some(average), Some(arrival)) = (row.average_price(), row.arrival_price) else { continue };
            let worse = if row.side == Side::Buy { average - arrival } else { arrival - average };
            let expected = 10_000.0 * worse.to_f64() / arrival.to_f64();
            assert!((row.slippage_bps().unwrap() - expected).abs() < 1e-6);
            let of_order: Amount =
                fills(&scene).into_iter().filter(|fill| fill.order.0 == id).filter_map(FillRow::slippage).sum();
            let all = worse * row.filled;
            assert!((of_order - all).abs() < Amount(Price("0.000001".parse::<Price>().unwrap().0).0));
        }
    }
}
