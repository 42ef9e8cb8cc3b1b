//! The document's sections, each made of what the fold has kept.

mod calendar;
mod groups;
mod trips;
mod rest;

use engine::state::State;

use super::detail::Kept;
use super::document::{Document, Prices};
use super::{Outcome, Report};
use crate::metrics::drawdown;

/// How many drawdowns are told.
const DRAWDOWNS: usize = 10;

impl Report {
    /// The document at the end of a run; `risk_free` is the rate of a year, as a share.
    pub fn document(mut self, state: &State, digest: String, risk_free: f64) -> Document {
        let (kept, prices) = self.detail.take().unwrap_or_default().finish(state);
        document(self.outcome(state, digest, risk_free), kept, prices, state)
    }
}

fn document(outcome: Outcome, kept: Kept, prices: Vec<Prices>, state: &State) -> Document {
    let Outcome { summary, series, closed, samples, .. } = outcome;
    let names = trips::Names::new(state);
    let start = summary.equity.start;
    let days = calendar::days(&samples, &kept.trips);
    Document {
        figures: summary.metrics.measures.described(),
        days: calendar::results(&days),
        streaks: trips::streaks(&closed, &kept, &names),
        drawdowns: drawdown::worst(&series, DRAWDOWNS),
        groups: groups::groups(&kept.trips, &names, start),
        costs: rest::costs(&kept, state),
        holdings: rest::holdings(state, &names),
        daily: calendar::daily(&samples, &series, &days),
        rolling: calendar::rolling(&series, summary.conventions.risk_free),
        periods: calendar::periods(&samples, days),
        moments: rest::moments(&kept, &series),
        changes: rest::changes(&kept, &names),
        trips: trips::shown(kept.shown, &names),
        prices,
        summary,
    }
}
