use super::*;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::format;

use proptest::prelude::*;

use crate::number::{Decimal, Quantity};
use crate::order::{OrderId, StrategyId};
use crate::time::{DAY_NS, SECOND_NS};

const HOUR_NS: i64 = 3_600 * SECOND_NS;
const A: Owner = Owner::Strategy(StrategyId(0));
const B: Owner = Owner::Strategy(StrategyId(1));

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// What cost 100 and brought `profit` more after a fee of 1.
fn trip(owner: Owner, instrument: u32, at: i64, profit: i64) -> RoundTrip {
    RoundTrip {
        owner,
        instrument: InstrumentId(instrument),
        entry_order: OrderId(1),
        exit_order: OrderId(2),
        entry_at: Timestamp(at - 10),
        exit_at: Timestamp(at),
        quantity: Quantity(Decimal::ONE),
        cost: amount("100"),
        proceeds: Amount((101 + profit).into()),
        fees: amount("1"),
    }
}

fn closed(performance: &mut Performance, owner: Owner, profit: i64) {
    performance.round_trips(&[trip(owner, 0, 10, profit)], Exit::Signal, |_, _| true);
}

fn shown(trade: &ClosedTrade) -> String {
    let ClosedTrade { instrument, opened_at, closed_at, cost, profit, exit, .. } = trade;
    format!("{} {}..{} {cost} {profit} {exit:?} {}", instrument.0, opened_at.0, closed_at.0, trade.return_rate())
}

#[test]
fn a_position_is_one_trade_once_it_is_flat() {
    let mut performance = Performance::default();
    performance.round_trips(&[trip(A, 7, 20, 30)], Exit::Target, |_, _| false);
    performance.round_trips(&[trip(A, 8, 25, -5), trip(B, 7, 26, 1)], Exit::Stop, |owner, _| owner == B);
    assert_eq!(performance.recent().map(shown).collect::<Vec<_>>(), ["7 16..26 100 1 Stop 0.01"]);
    performance.round_trips(&[trip(A, 7, 30, -90), trip(A, 7, 31, 10)], Exit::Stop, |_, _| true);
    performance.flat(A, InstrumentId(8));
    performance.flat(A, InstrumentId(8));
    let trades: Vec<_> = performance.recent().map(shown).collect();
    assert_eq!(trades[1..], ["7 10..31 300 -50 Stop -0.16666667", "8 15..25 100 -5 Stop -0.05"]);
    let tally = performance.tally(A);
    assert_eq!((tally.wins, tally.losses, tally.trades()), (0, 2, 2));
    assert_eq!((tally.lost.to_string(), tally.gross_loss), ("0.21666667".into(), amount("55")));
    assert_eq!((performance.tally(B).won.to_string(), performance.tally(B).gross_profit), ("0.01".into(), amount("1")));
    assert_eq!(performance.tally(Owner::Operator), Tally::default());
}

#[test]
fn a_return_is_rounded_half_to_even_and_needs_a_cost() {
    let trade = |cost: &str, profit: &str| {
        let mut trade = ClosedTrade::of(&trip(A, 0, 1, 0), Exit::Signal);
        (trade.cost, trade.profit) = (amount(cost), amount(profit));
        trade.return_rate().to_string()
    };
    assert_eq!(trade("1000", "0.000025"), "0.00000002");
    assert_eq!(trade("1000", "-0.000035"), "-0.00000004");
    assert_eq!(trade("0", "5"), "0");
    assert_eq!(trade("0.0000000000000000000000000001", "79228162514264337593543950335"), "0", "what does not fit");
}

#[test]
fn losses_in_a_row_are_of_all_owners() {
    let mut performance = Performance::default();
    for (owner, profit) in [(A, 1), (A, -1), (B, -1), (B, 0)] {
        closed(&mut performance, owner, profit);
    }
    assert_eq!(performance.losses_in_a_row(), 2, "a trade that brought nothing is neither");
    closed(&mut performance, A, 5);
    assert_eq!(performance.losses_in_a_row(), 0);
    closed(&mut performance, A, -5);
    performance.reset_losses();
    assert_eq!((performance.losses_in_a_row(), performance.tally(A).losses), (0, 2), "the tally keeps them");
    closed(&mut performance, B, -5);
    assert_eq!(performance.losses_in_a_row(), 1);
}

#[test]
fn the_last_trades_are_kept_and_all_are_counted() {
    let mut performance = Performance::default();
    for profit in 1..=250 {
        closed(&mut performance, A, profit);
    }
    let profits: Vec<_> = performance.recent().map(|trade| trade.profit).collect();
    assert_eq!((profits.len(), profits[0], profits[199]), (MAX_RECENT, amount("51"), amount("250")));
    assert_eq!((performance.tally(A).wins, performance.tally(A).won.to_string()), (250, "313.75".into()));
    assert_eq!(Tally::of(performance.recent()).wins, 200);
}

#[test]
fn equity_is_measured_against_its_peak_and_the_days_start() {
    let mut performance = Performance::default();
    let rates = |performance: &Performance, equity: &str| {
        (performance.drawdown(amount(equity)).to_string(), performance.day_loss(amount(equity)).to_string())
    };
    assert_eq!((performance.peak(), performance.day_start()), (None, None));
    assert_eq!(rates(&performance, "5"), ("0".into(), "0".into()));
    performance.deposited(amount("0"), amount("7"));
    for (at, equity) in [(5, "1000"), (6, "1500"), (DAY_NS - 1, "1200"), (DAY_NS, "1100"), (DAY_NS + 9, "1300"), (9, "900")] {
        performance.equity_moved(Timestamp(at), amount(equity));
    }
    assert_eq!((performance.peak(), performance.day_start()), (Some(amount("1500")), Some(amount("1100"))));
    assert_eq!(rates(&performance, "1000"), ("0.33333333".into(), "0.09090909".into()));
    assert_eq!(rates(&performance, "1500"), ("0".into(), "0".into()));

    // A third below the peak before and after, whatever comes in or goes out.
    performance.deposited(amount("1000"), amount("500"));
    assert_eq!((performance.peak(), performance.day_start()), (Some(amount("2250")), Some(amount("1650"))));
    performance.deposited(amount("1500"), amount("-750"));
    assert_eq!(rates(&performance, "750"), ("0.33333333".into(), "0.09090909".into()));
    performance.deposited(amount("750"), amount("-3000"));
    assert_eq!(rates(&performance, "-2250"), ("0".into(), "0".into()), "there is no share of less than nothing");
    performance.restart(None);
    assert_eq!((performance.peak(), performance.day_start()), (None, None));
    performance.equity_moved(Timestamp(DAY_NS), amount("300"));
    performance.restart(Some(amount("400")));
    assert_eq!((performance.peak(), performance.day_start()), (Some(amount("400")), Some(amount("400"))));
    assert_eq!(rates(&performance, "-400"), ("2".into(), "2".into()));
}

#[test]
fn signals_an_hour_are_over_the_hours_that_there_were() {
    let mut performance = Performance::default();
    let rate = |performance: &Performance, hour: i64| performance.signals_an_hour(Timestamp(hour * HOUR_NS)).to_string();
    assert_eq!(rate(&performance, 5), "0");
    for _ in 0..56 {
        performance.signaled(Timestamp(HOUR_NS / 2));
    }
    assert_eq!(rate(&performance, 0), "56");
    assert_eq!(rate(&performance, 1), "28");
    assert_eq!(rate(&performance, 23), "2.33333333");
    assert_eq!(rate(&performance, 24), "0");
    performance.signaled(Timestamp(30 * HOUR_NS));
    assert_eq!(rate(&performance, 30), "0.04166667");
}

proptest! {
    #[test]
    fn signals_an_hour_count_those_of_a_day(
        mut times in prop::collection::vec(0..100 * HOUR_NS, 1..200),
        later in 0..30 * HOUR_NS,
    ) {
        times.sort_unstable();
        let mut performance = Performance::default();
        for at in &times {
            performance.signaled(Timestamp(*at));
        }
        let now = times[times.len() - 1] + later;
        let since = (now / HOUR_NS - 23).max(times[0] / HOUR_NS);
        let count = times.iter().filter(|at| **at / HOUR_NS >= since).count();
        let model = count as f64 / (now / HOUR_NS - since + 1) as f64;
        let rate = performance.signals_an_hour(Timestamp(now)).to_f64();
        prop_assert!((rate - model).abs() < 1e-8, "{rate} instead of {model}");
    }

    #[test]
    fn nothing_that_comes_stops_it(happenings in prop::collection::vec((0_u8..8, any::<i64>(), any::<i64>(), any::<bool>()), 0..300)) {
        let mut performance = Performance::default();
        for (kind, at, value, is_flat) in happenings {
            // Money beyond all bounds now and then.
            let money = if value % 5 == 0 { Amount(Decimal::MAX) } else { Amount(value.into()) };
            let owner = if at % 2 == 0 { A } else { B };
            match kind {
                0 => performance.signaled(Timestamp(at)),
                1 => performance.equity_moved(Timestamp(at), money),
                2 => performance.deposited(money, -money),
                3 => performance.restart(Some(-money)),
                4 => performance.flat(owner, InstrumentId(0)),
                5 => performance.reset_losses(),
                _ => {
                    let trip = RoundTrip { proceeds: -money, cost: money, fees: money, ..trip(owner, 0, 0, 0) };
                    performance.round_trips(&[trip.clone(), trip], Exit::Stop, |_, _| is_flat);
                }
            }
            prop_assert!(!performance.drawdown(-money).is_negative() && !performance.day_loss(money).is_negative());
            prop_assert!(!performance.signals_an_hour(Timestamp(at)).is_negative());
        }
        let bytes = bincode::serde::encode_to_vec(&performance, bincode::config::legacy()).unwrap();
        let (back, _): (Performance, usize) = bincode::serde::decode_from_slice(&bytes, bincode::config::legacy()).unwrap();
        prop_assert_eq!(back, performance);
    }
}
