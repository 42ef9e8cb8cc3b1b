//! Equity and holdings day by day against a state that is stopped at midnight.

use engine::event::Event;
use engine::state::State;
use engine::time::{DAY_NS, Timestamp};

use super::scenes;
use crate::report::rows::{EquityRow, Moment, Row};

#[test]
fn equity_at_midnight_is_what_the_records_before_it_make() {
    for scene in scenes(4) {
        let rows = scene.of(|row| if let Row::Equity(row) = row { Some(row) } else { None });
        let days: Vec<&EquityRow> = rows.iter().copied().filter(|row| row.moment == Moment::Day).collect();
        assert_eq!(days.len(), 2, "from 18:00 for 47 hours");
        for (row, day) in days.iter().zip(19_724_i64..) {
            assert_eq!(row.at, Timestamp(day * DAY_NS));
            let mut state = State::default();
            for record in &scene.records {
                if matches!(record.event, Event::Input(_)) && record.at > row.at {
                    break;
                }
                state.apply(record);
            }
            assert_eq!((Some(row.equity), row.seq), (state.equity(), state.count - 1));
            let positions: usize = state.portfolio.positions().filter(|(.., position)| position.quantity.is_positive()).count();
            let shown = scene.rows.iter().filter(|other| matches!(other, Row::Position(other) if other.at == row.at));
            assert_eq!(shown.count(), positions);
        }
        let ends: Vec<&&EquityRow> = rows.iter().filter(|row| row.moment == Moment::End).collect();
        assert_eq!(ends.len(), 1);
        assert_eq!(Some(ends[0].equity), scene.state.equity());
        let fills = scene.rows.iter().filter(|row| matches!(row, Row::Fill(_))).count();
        assert_eq!(rows.iter().filter(|row| row.moment == Moment::Fill).count(), fills);
    }
}
