//! The fold that makes rows of a log: beside the state, in one pass, each row given as soon as it is complete.
//!
//! It sees what the state makes of each record and never decides. It gives the same rows in the same order whether it
//! is shown records one by one or all records of a step at once.

mod wanted;
mod extremes;
mod recent;
mod excursions;
mod closings;
mod orders;
mod trips;
mod signals;
mod account;
mod spans;
#[cfg(test)]
mod tests;

use engine::event::{Decision, Denial, Event, Input, Record};
use engine::instrument::{Currency, InstrumentId};
use engine::market::Side;
use engine::number::Amount;
use engine::order::{Fill, OrderId, OrderKind, OrderRequest};
use engine::state::State;
use engine::time::Timestamp;

use account::Account;
use closings::Closings;
use excursions::Excursions;
use orders::Orders;
use recent::{Lot, Span, Touch};
use signals::Signals;
use spans::Spans;
use trips::Trips;

use super::rows::{AdjustmentRow, BreakerRow, DenialRow, FundingRow, HealthRow, Row};
pub use wanted::{Kind, Wanted};

/// Watches a run or a log, and gives its rows.
#[derive(Debug)]
pub struct Projection {
    wanted: Wanted,
    /// Whether orders are followed, and signals.
    follows: bool,
    /// Whether prices are followed.
    measures: bool,
    /// Whether anything but market data came since the last input.
    busy: bool,
    excursions: Excursions,
    closings: Closings,
    orders: Orders,
    trips: Trips,
    signals: Signals,
    account: Account,
    spans: Spans,
}

impl Projection {
    /// One that gives these rows.
    pub fn new(wanted: Wanted) -> Self {
        let follows = [Kind::Orders, Kind::Fills, Kind::RoundTrips, Kind::Signals, Kind::Denials];
        Self {
            wanted,
            follows: wanted.has_any(&follows),
            measures: wanted.has(Kind::RoundTrips),
            busy: false,
            excursions: Excursions::default(),
            closings: Closings::default(),
            orders: Orders::default(),
            trips: Trips::default(),
            signals: Signals::default(),
            account: Account::default(),
            spans: Spans::default(),
        }
    }

    /// Looks at the state before an input of time `at` is applied, all decisions of the last one being in it. Not to be
    /// called before decisions.
    #[inline]
    pub fn before(&mut self, state: &State, at: Timestamp, emit: &mut dyn FnMut(Row)) {
        if self.busy || at > self.account.day_ends {
            self.between(state, at, emit);
        }
    }

    #[cold]
    fn between(&mut self, state: &State, at: Timestamp, emit: &mut dyn FnMut(Row)) {
        self.end_step(state, emit);
        self.account.turn_days(state, at, self.wanted, emit);
    }

    fn end_step(&mut self, state: &State, emit: &mut dyn FnMut(Row)) {
        self.busy = false;
        if self.follows {
            self.closings.end_step(state);
            self.signals.end_step(state, &self.closings, &mut |row| self.wanted.give(Kind::Signals, emit, || Row::Signal(row)));
        }
    }

    /// Looks at records once they are applied: one, or all those of a step.
    #[inline]
    pub fn after(&mut self, state: &State, records: &[Record], emit: &mut dyn FnMut(Row)) {
        for record in records {
            match &record.event {
                Event::Input(Input::Trade(trade)) => {
                    let span = Span::price(record, trade.venue_at, trade.price.0);
                    self.market(state, record, trade.instrument, span, emit);
                }
                Event::Input(Input::Quote(quote)) => {
                    let middle = i64::midpoint(quote.bid_price.0, quote.ask_price.0);
                    self.market(state, record, quote.instrument, Span::price(record, quote.venue_at, middle), emit);
                }
                Event::Input(Input::Bar(bar)) => self.market(state, record, bar.instrument, Span::bar(record, bar), emit),
                Event::Input(Input::BookSnapshot(levels) | Input::BookDelta(levels)) => {
                    let last = state.markets.get(levels.instrument).and_then(|market| market.last);
                    if let Some(last) = last {
                        let span = Span::price(record, levels.venue_at, last.0);
                        self.market(state, record, levels.instrument, span, emit);
                    }
                }
                Event::Input(input) => self.input(state, record, input, emit),
                Event::Decision(decision) => self.decision(state, record, decision, emit),
            }
        }
    }

    #[inline]
    fn market(&mut self, state: &State, record: &Record, id: InstrumentId, span: Span, emit: &mut dyn FnMut(Row)) {
        if self.measures {
            let Self { excursions, trips, .. } = self;
            excursions.price(id, span, &mut |number, stay| trips.settled(number, &stay, &mut |row| emit(Row::RoundTrip(row))));
        }
        if !self.account.has_begun() {
            self.account.begin(state, record, self.wanted, emit);
        }
    }

    fn input(&mut self, state: &State, record: &Record, input: &Input, emit: &mut dyn FnMut(Row)) {
        let (seq, at, wanted) = (record.seq, record.at, self.wanted);
        self.busy = true;
        match input {
            Input::InstrumentListed(instrument) => self.excursions.listed(state, instrument.id),
            Input::OrderFilled(fill) => {
                let counted = self.follows && self.filled(state, seq, at, fill, emit);
                if counted || !self.follows {
                    self.account.changed(state, record, input, wanted, emit);
                }
            }
            Input::Deposited { .. } | Input::VenueSnapshot(_) => self.account.changed(state, record, input, wanted, emit),
            Input::TroubleBegan(trouble) => self.spans.began(seq, at, *trouble),
            Input::TroubleEnded(trouble) => {
                self.spans.ended(at, *trouble, &mut |row| wanted.give(Kind::Others, emit, || row));
            }
            Input::Funding(funding) => wanted.give(Kind::Others, emit, || {
                let (venue_at, instrument, rate) = (funding.venue_at, funding.instrument, funding.rate);
                Row::Funding(FundingRow { seq, at, venue_at, instrument, rate })
            }),
            _ if self.follows => {
                self.closings.note(record);
                let mut order = |row| wanted.give(Kind::Orders, emit, || Row::Order(row));
                if let Some((order, key)) = self.orders.reported(state, at, input, &mut order)
                    && self.measures
                {
                    self.trips.ended(key, order, &mut self.excursions, &mut |row| emit(Row::RoundTrip(row)));
                }
            }
            _ => {}
        }
    }

    /// Whether it counts.
    fn filled(&mut self, state: &State, seq: u64, at: Timestamp, fill: &Fill, emit: &mut dyn FnMut(Row)) -> bool {
        let wanted = self.wanted;
        let Some((order, row)) = self.orders.filled(state, seq, at, fill) else { return false };
        let (held, position) = (row.held, (row.owner, row.instrument));
        wanted.give(Kind::Fills, emit, || Row::Fill(row));
        if self.measures {
            let key = (order.instrument, order.owner);
            let is_market = order.kind == OrderKind::Market;
            let (venue_at, price, requested_at) = (fill.venue_at, fill.price, order.requested_at);
            let touch = Touch { venue_at, at, before_seq: Some(seq), price, is_market, requested_at };
            match order.side {
                Side::Buy if held.is_positive() => {
                    let (paid, after_seq) = ((price, price), Some(seq));
                    let lot = Lot { order: order.id, signal: order.signal, stop: order.stop, paid, venue_at, after_seq };
                    self.excursions.bought(key, lot);
                }
                Side::Buy => {}
                Side::Sell => {
                    for piece in state.portfolio.just_closed() {
                        self.trips
                            .closed(state, piece, (order, &touch), &mut self.excursions, &mut |row| emit(Row::RoundTrip(row)));
                    }
                    self.excursions.holds(key, held);
                }
            }
        }
        let mut order = |row| wanted.give(Kind::Orders, emit, || Row::Order(row));
        self.orders.end_if_filled(state, at, fill.order, &mut order);
        if self.measures && !self.orders.is_open(fill.order) {
            self.trips.ended(position, fill.order, &mut self.excursions, &mut |row| emit(Row::RoundTrip(row)));
        }
        true
    }

    fn decision(&mut self, state: &State, record: &Record, decision: &Decision, emit: &mut dyn FnMut(Row)) {
        let (seq, at, wanted) = (record.seq, record.at, self.wanted);
        self.busy = true;
        if self.follows {
            self.closings.note(record);
        }
        match decision {
            Decision::Signal(signal) if self.follows => self.signals.given(state, seq, at, signal, wanted),
            Decision::OrderRequested(request) if self.follows => self.requested(state, record, request, emit),
            Decision::OrderAdopted(stray) => self.orders.adopted(state, at, OrderId(seq), stray),
            Decision::Denied(denial) if self.follows => {
                let Denial { strategy, instrument, ref reason } = **denial;
                let signal = self.signals.caused(record.cause);
                self.signals.denied(record.cause, seq, denial, &mut |row| {
                    wanted.give(Kind::Signals, emit, || Row::Signal(row));
                });
                let row = || Row::Denial(DenialRow { seq, at, signal, strategy, instrument, reason: reason.clone() });
                wanted.give(Kind::Denials, emit, row);
            }
            Decision::BreakerTripped(trip) => wanted.give(Kind::Others, emit, || {
                let (breaker, instrument, until) = (trip.breaker, trip.instrument, trip.until);
                Row::Breaker(BreakerRow { seq, at, breaker, instrument, until, value: trip.value, limit: trip.limit })
            }),
            Decision::ParameterAdjusted(adjustment) => wanted.give(Kind::Others, emit, || {
                let (parameter, rule, evidence) = (adjustment.parameter, adjustment.rule, adjustment.reasons.clone());
                let (from_bps, to_bps) = (adjustment.from_bps, adjustment.to_bps);
                Row::Adjustment(AdjustmentRow { seq, at, parameter, from_bps, to_bps, rule, evidence })
            }),
            Decision::HealthAssessed(health) => wanted.give(Kind::Others, emit, || {
                Row::Health(HealthRow { seq, at, score: health.score, parts: health.parts.clone() })
            }),
            Decision::RegimeChanged(change) => {
                self.spans.regime(seq, at, change, &mut |row| wanted.give(Kind::Others, emit, || row));
            }
            _ => {}
        }
    }

    fn requested(&mut self, state: &State, record: &Record, request: &OrderRequest, emit: &mut dyn FnMut(Row)) {
        let id = OrderId(record.seq);
        let entry = self.signals.caused(record.cause);
        let closing = self.closings.of(state, (request.owner, request.instrument));
        self.orders.requested(state, record.at, id, request, orders::purpose(request, entry, closing));
        self.signals.ordered(record.cause, id, request, &mut |row| {
            self.wanted.give(Kind::Signals, emit, || Row::Signal(row));
        });
    }

    /// Gives what is not complete yet as it stands: the log has ended.
    pub fn finish(mut self, state: &State, emit: &mut dyn FnMut(Row)) {
        let wanted = self.wanted;
        self.end_step(state, emit);
        if self.measures {
            self.trips.finish(&mut self.excursions, &mut |row| emit(Row::RoundTrip(row)));
        }
        self.orders.finish(&mut |row| wanted.give(Kind::Orders, emit, || Row::Order(row)));
        self.signals.finish(&mut |row| wanted.give(Kind::Signals, emit, || Row::Signal(row)));
        self.spans.finish(&mut |row| wanted.give(Kind::Others, emit, || row));
        self.account.finish(state, wanted, emit);
    }
}

impl Wanted {
    /// Gives a row that is wanted.
    fn give(self, kind: Kind, emit: &mut dyn FnMut(Row), row: impl FnOnce() -> Row) {
        if self.has(kind) {
            emit(row());
        }
    }
}

/// A value of `amount` in the reporting currency at the last prices.
fn in_reporting(state: &State, amount: Amount, currency: Currency) -> Option<Amount> {
    state.markets.convert(amount, currency, state.session.as_ref()?.currency)
}
