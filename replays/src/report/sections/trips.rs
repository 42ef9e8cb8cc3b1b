//! Round trips one by one, and how they followed each other.

use engine::event::Session;
use engine::instrument::InstrumentId;
use engine::order::Owner;
use engine::state::State;
use engine::time::SECOND_NS;

use super::super::detail::Kept;
use super::super::document::{Streaks, Trip, Trips};
use super::super::rows::{RoundTripRow, symbol, tag};
use super::super::thinned::Thinned;
use crate::metrics::{Closed, trades};

/// What ids are called.
pub(super) struct Names<'a> {
    state: &'a State,
    /// Strategies' names that more than one has.
    twice: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        let session: Option<&Session> = state.session.as_deref();
        let mut names: Vec<&str> = session.into_iter().flat_map(|session| &session.strategies).map(String::as_str).collect();
        names.sort_unstable();
        let twice = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        Self { state, twice }
    }

    /// A strategy's name, with its place in the list where another one has the same.
    pub(super) fn tag(&self, owner: Owner) -> String {
        let name = tag(self.state, owner);
        match owner {
            Owner::Strategy(id) if self.twice.contains(&name.as_ref()) => format!("{name} {}", id.0 + 1),
            _ => name.into_owned(),
        }
    }

    pub(super) fn symbol(&self, id: InstrumentId) -> String {
        symbol(self.state, id).into_owned()
    }
}

/// Those that are shown.
pub(super) fn shown(rows: Thinned<RoundTripRow>, names: &Names) -> Trips {
    let (total, every) = (rows.seen(), rows.every());
    Trips { total, every, rows: rows.into_kept().iter().map(|row| trip(row, names)).collect() }
}

/// The best and the worst, and what came in a row.
pub(super) fn streaks(closed: &[Closed], kept: &Kept, names: &Names) -> Streaks {
    let (wins, losses) = trades::streaks(closed);
    let mean_seconds = |is_meant: fn(&Closed) -> bool| {
        let held = closed.iter().filter(|closed| is_meant(closed)).map(|closed| closed.closed_at.0 - closed.opened_at.0);
        let (count, sum) = held.fold((0_i128, 0_i128), |(count, sum), held| (count + 1, sum + i128::from(held)));
        sum.checked_div(count).and_then(|mean| i64::try_from(mean).ok()).map(|mean| mean / SECOND_NS)
    };
    Streaks {
        wins,
        losses,
        mean_win_seconds: mean_seconds(|closed| closed.profit > 0.0),
        mean_loss_seconds: mean_seconds(|closed| closed.profit < 0.0),
        best: kept.best.as_ref().map(|row| trip(row, names)),
        worst: kept.worst.as_ref().map(|row| trip(row, names)),
    }
}

fn trip(row: &RoundTripRow, names: &Names) -> Trip {
    Trip {
        instrument: names.symbol(row.instrument),
        strategy: names.tag(row.owner),
        entry_order: row.entry_order.0,
        exit_order: row.exit_order.0,
        entry_at: row.entry_at,
        exit_at: row.exit_at,
        entry_price: row.entry_price().rounded(),
        exit_price: row.exit_price().rounded(),
        quantity: row.quantity,
        profit: row.profit_reporting.unwrap_or_default().rounded(),
        rate: row.return_rate(),
        adverse: row.adverse_share(),
        favourable: row.favourable_share(),
        exit: row.exit_reason.name(),
    }
}

/// An average has more decimals than anybody reads.
trait Rounded {
    fn rounded(self) -> Self;
}

impl Rounded for engine::number::Price {
    fn rounded(self) -> Self {
        Self(self.0.round_dp(12).normalize())
    }
}

impl Rounded for engine::number::Amount {
    fn rounded(self) -> Self {
        Self(self.0.round_dp(12).normalize())
    }
}
