//! What only a detailed report keeps: round trips one by one, what trading cost, prices for charts, and what changed.

use engine::event::{Input, Parameter, Record, Regime};
use engine::instrument::InstrumentId;
use engine::number::Amount;
use engine::order::{Liquidity, Owner};
use engine::state::State;
use engine::time::Timestamp;

use super::document::{FillSum, Prices, Step};
use super::prices::Tracks;
use super::projection::{Kind, Projection, Wanted};
use super::rows::{ExitReason, FillRow, Purpose, RoundTripRow, Row};
use super::thinned::Thinned;

/// The most round trips that are shown one by one.
const MOST_TRIPS: usize = 2_000;
/// The most steps of what changes that are shown.
const MOST_STEPS: usize = 1_000;

/// Beside a report's counts.
#[derive(Debug)]
pub(super) struct Detail {
    projection: Projection,
    tracks: Tracks,
    kept: Kept,
}

/// What is kept of the rows.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) trips: Vec<Ended>,
    pub(super) shown: Thinned<RoundTripRow>,
    pub(super) best: Option<RoundTripRow>,
    pub(super) worst: Option<RoundTripRow>,
    pub(super) maker: FillSum,
    pub(super) taker: FillSum,
    /// Fees in the reporting currency, by instrument.
    pub(super) fees: Vec<Amount>,
    pub(super) slippage: Amount,
    /// What those fills would have traded at their arrival prices that have one.
    pub(super) arrived: Amount,
    pub(super) min_confidence: Thinned<Step>,
    pub(super) size_scale: Thinned<Step>,
    pub(super) health: Thinned<Step>,
    pub(super) regimes: Thinned<(Timestamp, InstrumentId, Regime)>,
    /// Equity after fills.
    pub(super) moments: Thinned<Step>,
}

/// A round trip as small as it can be counted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) at: Timestamp,
    pub(super) held_ns: i64,
    /// In the reporting currency.
    pub(super) profit: Amount,
    /// Profit over cost.
    pub(super) rate: Option<f64>,
    pub(super) owner: Owner,
    pub(super) instrument: InstrumentId,
    pub(super) exit: ExitReason,
}

impl Default for Detail {
    fn default() -> Self {
        let wanted = Wanted::of(&[Kind::RoundTrips, Kind::Fills, Kind::Others]);
        Self { projection: Projection::new(wanted), tracks: Tracks::default(), kept: Kept::default() }
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            trips: Vec::new(),
            shown: Thinned::new(MOST_TRIPS),
            best: None,
            worst: None,
            maker: FillSum::default(),
            taker: FillSum::default(),
            fees: Vec::new(),
            slippage: Amount::ZERO,
            arrived: Amount::ZERO,
            min_confidence: Thinned::new(MOST_STEPS),
            size_scale: Thinned::new(MOST_STEPS),
            health: Thinned::new(MOST_STEPS),
            regimes: Thinned::new(MOST_STEPS),
            moments: Thinned::new(MOST_STEPS),
        }
    }
}

impl Detail {
    /// Looks at the state before an input of time `at` is applied.
    #[inline]
    pub(super) fn before(&mut self, state: &State, at: Timestamp) {
        let Self { projection, kept, .. } = self;
        projection.before(state, at, &mut |row| kept.take(state, row));
    }

    /// Looks at records once they are applied.
    #[inline]
    pub(super) fn after(&mut self, state: &State, records: &[Record]) {
        let Self { projection, kept, .. } = self;
        projection.after(state, records, &mut |row| kept.take(state, row));
    }

    /// Looks at market data of an instrument, already applied, that began at `at`.
    #[inline]
    pub(super) fn market(&mut self, state: &State, at: Timestamp, instrument: InstrumentId, input: &Input) {
        self.tracks.moved(state, at, instrument.index(), input);
    }

    /// Looks at the equity after a fill.
    pub(super) fn moment(&mut self, state: &State, at: Timestamp) {
        self.kept.moments.offer(|| Step { at, value: state.equity().map_or(f64::NAN, Amount::to_f64) });
    }

    /// All of it at the end of a run.
    pub(super) fn finish(self, state: &State) -> (Kept, Vec<Prices>) {
        let Self { projection, tracks, mut kept } = self;
        projection.finish(state, &mut |row| kept.take(state, row));
        (kept, tracks.finish(state))
    }
}

impl Kept {
    /// Takes a row in, as it is complete.
    fn take(&mut self, state: &State, row: Row) {
        match row {
            Row::RoundTrip(trip) => self.ended(trip),
            Row::Fill(fill) => self.filled(state, &fill),
            Row::Adjustment(row) => {
                let steps = match row.parameter {
                    Parameter::MinConfidence => &mut self.min_confidence,
                    Parameter::SizeScale => &mut self.size_scale,
                };
                steps.offer(|| Step { at: row.at, value: f64::from(row.to_bps) });
            }
            Row::Health(row) => self.health.offer(|| Step { at: row.at, value: Amount(row.score.0).to_f64() }),
            Row::Regime(row) => self.regimes.offer(|| (row.from, row.instrument, row.regime)),
            _ => {}
        }
    }

    fn ended(&mut self, trip: RoundTripRow) {
        let rate = trip.return_rate();
        self.trips.push(Ended {
            at: trip.exit_at,
            held_ns: trip.held_ns(),
            profit: trip.profit_reporting.unwrap_or_default(),
            rate,
            owner: trip.owner,
            instrument: trip.instrument,
            exit: trip.exit_reason,
        });
        let beats = |other: &Option<RoundTripRow>, is_better: fn(&f64, &f64) -> bool| {
            let other = other.as_ref().and_then(RoundTripRow::return_rate);
            rate.is_some_and(|rate| other.is_none_or(|other| is_better(&rate, &other)))
        };
        if beats(&self.best, f64::gt) {
            self.best = Some(trip.clone());
        }
        if beats(&self.worst, f64::lt) {
            self.worst = Some(trip.clone());
        }
        self.shown.offer(|| trip);
    }

    fn filled(&mut self, state: &State, fill: &FillRow) {
        let market = state.markets.get(fill.instrument);
        let currencies = market.zip(state.session.as_ref()).map(|(market, session)| (market.instrument.quote, session.currency));
        let reporting = |amount: Amount| {
            currencies.and_then(|(quote, currency)| state.markets.convert(amount, quote, currency)).unwrap_or_default()
        };
        let fees = fill.fee_reporting.unwrap_or_default();
        let sum = match fill.liquidity {
            Liquidity::Maker => &mut self.maker,
            Liquidity::Taker => &mut self.taker,
        };
        sum.fills += 1;
        sum.notional += reporting(fill.notional());
        sum.fees += fees;
        let index = fill.instrument.index();
        if self.fees.len() <= index {
            self.fees.resize(index + 1, Amount::ZERO);
        }
        self.fees[index] += fees;
        if let Some((slippage, price)) = fill.slippage().zip(fill.arrival_price).filter(|_| !is_protection(fill.purpose)) {
            self.slippage += reporting(slippage);
            self.arrived += reporting(price * fill.quantity);
        }
    }
}

/// A stop or a target waits for its price, however long: what it fills at says nothing of the price when it was asked for.
fn is_protection(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Exit(ExitReason::Stop | ExitReason::TrailingStop | ExitReason::Target))
}
