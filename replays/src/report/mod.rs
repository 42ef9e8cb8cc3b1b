//! What is said of a run: a fold beside the state, the same while it runs and when it is rebuilt.
//!
//! A [`Report`] counts, samples the equity once a day and tallies round trips: that is a [`Summary`]. A detailed one also
//! takes in the [`rows`] as they are complete, and makes the whole [`Document`]. Neither does more for a tick than a few
//! comparisons of integers.

pub mod rows;
pub mod projection;
mod curve;
mod joined;
mod round_trips;
mod restraint;
mod metrics;
mod summary;
mod prices;
mod thinned;
mod detail;
pub mod document;
mod sections;
pub mod html;

use engine::event::{Decision, Event, Input, Record, Trouble};
use engine::instrument::InstrumentId;
use engine::number::Amount;
use engine::order::CancelReason;
use engine::state::State;
use engine::time::Timestamp;

use curve::Curve;
use detail::Detail;

pub use document::Document;
pub use metrics::Metrics;
pub use restraint::{Restraint, Stop};
pub use round_trips::{RoundTrips, Tally};
pub use summary::{Conventions, Equity, MarketChange, Outcome, Summary, Timing};

/// Watches a run, record by record.
#[derive(Default)]
pub struct Report {
    records: u64,
    events: u64,
    decisions: u64,
    signals: u64,
    orders: u64,
    fills: u64,
    denials: u64,
    rejections: u64,
    cancellations: u64,
    skipped_rows: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    fees: Amount,
    curve: Curve,
    round_trips: RoundTrips,
    restraint: Restraint,
    detail: Option<Box<Detail>>,
    /// Of a run whose strategies are shown the past first: when the report begins, and whether it has.
    waiting: Option<Timestamp>,
    begins: Option<Timestamp>,
}

impl Report {
    /// One that makes a [`Document`]; the default one makes a [`Summary`] only.
    pub fn detailed() -> Self {
        Self { detail: Some(Box::default()), ..Self::default() }
    }

    /// One that begins at `begins`, once the run has told that it is [warm](Trouble::WarmingUp).
    pub fn when_warm(begins: Timestamp) -> Self {
        Self { waiting: Some(begins), ..Self::default() }
    }

    /// Looks at the state before an input of time `at` is applied: equity is sampled when a day ends.
    #[inline]
    pub fn before(&mut self, state: &State, at: Timestamp, input: &Input) {
        if self.waiting.is_some() {
            return;
        }
        if at > self.curve.day_ends {
            // What is stamped 00:00 exactly, such as the day's last bar, is the day's own.
            self.curve.turn_day(state, at.plus_ns(-1).day());
        }
        if curve::is_money(input) {
            self.curve.before_money(state);
        }
        if let Some(detail) = &mut self.detail {
            detail.before(state, at);
        }
    }

    /// Looks at an input's records once they are applied.
    #[inline]
    pub fn after(&mut self, state: &State, records: &[Record]) {
        if self.waiting.is_some() {
            self.wait(records);
            return;
        }
        self.records += records.len() as u64;
        let Some(first) = records.first() else { return };
        if let Event::Input(input) = &first.event {
            match input {
                Input::Trade(trade) => self.market(state, first.at, trade.instrument, input),
                Input::Quote(quote) => self.market(state, first.at, quote.instrument, input),
                Input::Bar(bar) => self.market(state, bar.opened_at, bar.instrument, input),
                Input::BookSnapshot(levels) | Input::BookDelta(levels) => {
                    self.market(state, first.at, levels.instrument, input);
                }
                Input::Funding(funding) => self.market(state, first.at, funding.instrument, input),
                _ => self.rare(state, first.at, input),
            }
            if self.to < Some(first.at) && self.from.is_some() {
                self.to = Some(first.at);
            }
        }
        if let Some(detail) = &mut self.detail {
            detail.after(state, records);
        }
        for record in records {
            if let Event::Decision(decision) = &record.event {
                self.decided(record.at, decision);
            }
        }
    }

    #[cold]
    fn wait(&mut self, records: &[Record]) {
        let is_warm = |record: &Record| matches!(record.event, Event::Input(Input::TroubleEnded(Trouble::WarmingUp)));
        if records.iter().any(is_warm) {
            self.begins = self.waiting.take();
        }
    }

    #[inline]
    fn market(&mut self, state: &State, at: Timestamp, instrument: InstrumentId, input: &Input) {
        // A bar that began before the report belongs to it from the report's beginning on.
        let at = self.begins.map_or(at, |begins| at.max(begins));
        self.events += 1;
        let index = instrument.index();
        if self.curve.is_new(index) {
            self.from.get_or_insert(at);
            self.curve.first(state, at, index);
        }
        if let Some(detail) = &mut self.detail {
            detail.market(state, at, instrument, input);
        }
    }

    fn rare(&mut self, state: &State, at: Timestamp, input: &Input) {
        match input {
            Input::OrderFilled(fill) => {
                self.fills += 1;
                let currency = state.session.as_ref().map_or(fill.fee_currency, |session| session.currency);
                self.fees += state.markets.convert(fill.fee, fill.fee_currency, currency).unwrap_or_default();
                for trip in state.portfolio.just_closed() {
                    self.round_trips.add(trip, state);
                }
                self.curve.filled(state, at);
                if let Some(detail) = &mut self.detail {
                    detail.moment(state, at);
                }
            }
            Input::OrderRejected { .. } => self.rejections += 1,
            Input::OrderCanceled { reason: CancelReason::Requested | CancelReason::Linked, .. } => {}
            Input::OrderCanceled { .. } => self.cancellations += 1,
            Input::SessionEnded { skipped_rows } => self.skipped_rows += skipped_rows,
            _ if curve::is_money(input) => self.curve.money_came(state),
            _ => {}
        }
    }

    fn decided(&mut self, at: Timestamp, decision: &Decision) {
        self.decisions += 1;
        self.restraint.decided(at, decision);
        match decision {
            Decision::Signal(_) => self.signals += 1,
            Decision::OrderRequested(_) => self.orders += 1,
            Decision::Denied(_) => self.denials += 1,
            _ => {}
        }
    }
}
