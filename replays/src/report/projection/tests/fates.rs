//! Each signal has one fate, and it is the one that the records tell.

use std::collections::BTreeMap;

use engine::event::{Decision, Direction, Event, Record};
use engine::market::Side;
use engine::order::Owner;

use super::scenes;
use crate::report::rows::{ExitReason, Fate, Purpose, Row, SignalRow};

#[test]
fn each_signal_has_exactly_one_fate() {
    let mut seen: BTreeMap<(&str, bool), u32> = BTreeMap::new();
    for scene in scenes(12) {
        let rows = scene.of(|row| if let Row::Signal(row) = row { Some(row) } else { None });
        let mut by_seq: BTreeMap<u64, &SignalRow> = rows.iter().map(|row| (row.seq, *row)).collect();
        assert_eq!(by_seq.len(), rows.len());
        let at = |seq: u64| &scene.records[usize::try_from(seq).unwrap()];
        let follows = |seq: u64, wanted: fn(&Decision) -> bool| -> Vec<&Record> {
            let is_wanted = |record: &&Record| matches!(&record.event, Event::Decision(decision) if wanted(decision));
            scene.records.iter().filter(|record| record.cause == seq && record.seq != seq).filter(is_wanted).collect()
        };
        for record in &scene.records {
            let Event::Decision(Decision::Signal(signal)) = &record.event else { continue };
            let row = by_seq.remove(&record.seq).expect("a fate");
            assert_eq!((&row.reasons, row.direction, row.at), (&signal.reasons, signal.direction, record.at));
            // A signal to get in may cause the sale of what has to be left before.
            let orders = follows(
                row.seq,
                match row.direction {
                    Direction::Long => {
                        |decision| matches!(decision, Decision::OrderRequested(request) if request.side == Side::Buy)
                    }
                    Direction::Flat => |decision| matches!(decision, Decision::OrderRequested(_)),
                },
            );
            let denials = follows(row.seq, |decision| matches!(decision, Decision::Denied(_)));
            *seen.entry((row.fate.name(), row.direction == Direction::Long)).or_default() += 1;
            match &row.fate {
                Fate::Traded { order } => {
                    let Event::Decision(Decision::OrderRequested(request)) = &at(order.0).event else { panic!("{order}") };
                    let is_entry = row.direction == Direction::Long;
                    assert_eq!(request.side, if is_entry { Side::Buy } else { Side::Sell });
                    assert_eq!((request.owner, request.instrument), (Owner::Strategy(row.strategy), row.instrument));
                    assert!(!is_entry || at(order.0).cause == row.seq);
                }
                Fate::Denied { denial, reason } => {
                    let Event::Decision(Decision::Denied(denied)) = &at(*denial).event else { panic!("{denial}") };
                    assert_eq!((&denied.reason, at(*denial).cause), (reason, row.seq));
                }
                Fate::Ignored | Fate::Superseded | Fate::Canceled | Fate::Waiting => {
                    assert!(orders.is_empty() && denials.is_empty(), "{row:?}: {orders:?} {denials:?}");
                }
            }
        }
        assert!(by_seq.is_empty());
        let denied = |row: &&Row| matches!(row, Row::Denial(row) if row.signal.is_some());
        let fates = rows.iter().filter(|row| matches!(row.fate, Fate::Denied { .. })).count();
        assert_eq!(scene.rows.iter().filter(denied).count(), fates);
    }
    println!("{seen:?}");
    for fate in [("traded", true), ("traded", false), ("denied", true), ("ignored", true), ("ignored", false)] {
        assert!(seen.contains_key(&fate), "no signal was {fate:?}: {seen:?}");
    }
    assert!(seen.contains_key(&("superseded", true)) && seen.contains_key(&("canceled", false)), "{seen:?}");
}

#[test]
fn orders_know_what_they_are_for() {
    let mut seen: BTreeMap<Purpose, u32> = BTreeMap::new();
    for scene in scenes(12) {
        let mut flattened_at = None;
        for record in &scene.records {
            if let Event::Input(engine::event::Input::Operator(command)) = &record.event
                && **command == engine::event::Command::Flatten
            {
                flattened_at = flattened_at.or(Some(record.seq));
            }
        }
        for row in scene.of(|row| if let Row::Order(row) = row { Some(row) } else { None }) {
            *seen.entry(row.purpose).or_default() += 1;
            match row.purpose {
                Purpose::Entry => assert!(row.signal.is_some() && row.side == Side::Buy),
                Purpose::Exit(ExitReason::Signal) => {
                    let signal = &scene.records[usize::try_from(row.signal.unwrap()).unwrap()];
                    let Event::Decision(Decision::Signal(signal)) = &signal.event else { panic!("{signal:?}") };
                    assert_eq!((signal.direction, signal.instrument), (Direction::Flat, row.instrument));
                }
                Purpose::Exit(ExitReason::Flattened) => assert!(flattened_at.is_some_and(|at| at < row.id.0)),
                Purpose::Exit(_) => assert_eq!(row.side, Side::Sell),
                Purpose::Own => assert_eq!((row.side, row.signal), (Side::Buy, None)),
                Purpose::Manual | Purpose::Adopted => panic!("nobody did: {row:?}"),
            }
        }
    }
    println!("{seen:?}");
    for reason in [ExitReason::Signal, ExitReason::Stop, ExitReason::Target, ExitReason::Flattened, ExitReason::Own] {
        assert!(seen.contains_key(&Purpose::Exit(reason)), "nothing was sold by {reason:?}: {seen:?}");
    }
    assert!(seen.contains_key(&Purpose::Entry) && seen.contains_key(&Purpose::Own), "{seen:?}");
}
