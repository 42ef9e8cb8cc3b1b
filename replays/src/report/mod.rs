//! The summary of a run: a fold beside the state, the same while it runs and when it is rebuilt.

mod metrics;
mod restraint;
mod round_trips;
mod summary;

use engine::event::{Decision, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::number::{Amount, Price};
use engine::order::CancelReason;
use engine::state::State;
use engine::time::{DAY_NS, Timestamp};

pub use metrics::Metrics;
pub use restraint::{Restraint, Stop};
pub use round_trips::{RoundTrips, Tally};
pub use summary::{Conventions, Equity, MarketChange, Summary, Timing};

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
    /// The day of the last event, once there is an equity.
    day: Option<i64>,
    /// The first 00:00 UTC after it.
    day_ends: Timestamp,
    start: Option<Amount>,
    /// Equity at each 00:00 UTC, from the first event on.
    daily: Vec<Amount>,
    fees: Amount,
    /// Nanoseconds in which a position was held, and since when one is.
    invested_ns: i64,
    invested_since: Option<Timestamp>,
    round_trips: RoundTrips,
    restraint: Restraint,
    first_prices: Vec<Option<Price>>,
}

impl Report {
    /// Looks at the state before an input of time `at` is applied: equity is sampled when a day ends.
    #[inline]
    pub fn before(&mut self, state: &State, at: Timestamp) {
        if at > self.day_ends {
            // What is stamped 00:00 exactly, such as the day's last bar, is the day's own.
            self.turn_day(state, at.plus_ns(-1).day());
        }
    }

    #[cold]
    fn turn_day(&mut self, state: &State, day: i64) {
        // The first day begins with the first equity. A day without events has the equity of the day before.
        let Some(last) = self.day else { return };
        self.day_ends = Timestamp((day + 1).saturating_mul(DAY_NS));
        if let Some(equity) = state.equity() {
            let days = usize::try_from(day - last).unwrap_or(0);
            self.daily.extend(core::iter::repeat_n(equity, days));
        }
        self.day = Some(day);
    }

    /// Looks at an input's records once they are applied.
    #[inline]
    pub fn after(&mut self, state: &State, records: &[Record]) {
        self.records += records.len() as u64;
        let Some(first) = records.first() else { return };
        if let Event::Input(input) = &first.event {
            match input {
                Input::Trade(trade) => self.market(state, first.at, trade.instrument),
                Input::Quote(quote) => self.market(state, first.at, quote.instrument),
                Input::Bar(bar) => self.market(state, bar.opened_at, bar.instrument),
                Input::BookSnapshot(levels) | Input::BookDelta(levels) => self.market(state, first.at, levels.instrument),
                Input::Funding(funding) => self.market(state, first.at, funding.instrument),
                _ => self.rare(state, first.at, input),
            }
            if self.to < Some(first.at) && self.from.is_some() {
                self.to = Some(first.at);
            }
        }
        for record in records {
            if let Event::Decision(decision) = &record.event {
                self.decided(record.at, decision);
            }
        }
    }

    #[inline]
    fn market(&mut self, state: &State, at: Timestamp, instrument: InstrumentId) {
        self.events += 1;
        if self.start.is_none() || self.first_prices.get(instrument.index()).is_none_or(Option::is_none) {
            self.first_event(state, at, instrument);
        }
    }

    #[cold]
    fn first_event(&mut self, state: &State, at: Timestamp, instrument: InstrumentId) {
        let index = instrument.index();
        if self.first_prices.len() <= index {
            self.first_prices.resize(index + 1, None);
        }
        if self.first_prices[index].is_none() {
            self.first_prices[index] = state.markets.get(instrument).and_then(engine::markets::Market::last_price);
        }
        self.from.get_or_insert(at);
        // A venue tells only after a while what the account has.
        if self.start.is_none() && state.portfolio.balances().next().is_some() {
            self.start = state.equity();
            self.day = self.start.map(|_| state.now.plus_ns(-1).day());
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
                self.note_exposure(state, at);
            }
            Input::OrderRejected { .. } => self.rejections += 1,
            Input::OrderCanceled { reason: CancelReason::Requested | CancelReason::Linked, .. } => {}
            Input::OrderCanceled { .. } => self.cancellations += 1,
            Input::SessionEnded { skipped_rows } => self.skipped_rows += skipped_rows,
            _ => {}
        }
    }

    fn note_exposure(&mut self, state: &State, at: Timestamp) {
        let invested = state.portfolio.positions().any(|(_, _, position)| position.quantity.is_positive());
        match (self.invested_since, invested) {
            (None, true) => self.invested_since = Some(at),
            (Some(since), false) => {
                self.invested_ns += at.0 - since.0;
                self.invested_since = None;
            }
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
