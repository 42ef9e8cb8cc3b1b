//! The summary as it is printed and as `--json` gives it.

use std::collections::BTreeMap;

use engine::event::Mode;
use engine::number::{Amount, Decimal, Price};
use engine::state::State;
use engine::time::Timestamp;
use serde::Serialize;

use super::Report;
use super::curve::{Sample, series};
use super::metrics::Metrics;
use super::restraint::Restraint;
use super::round_trips::Tally;
use crate::metrics::{Closed, Measure, Measures, Series};

/// Decimals of a balance in a report; more are shown where it has more.
const BALANCE_DECIMALS: u32 = 8;

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The run folder's name; `None` when no log was written.
    pub run_id: Option<String>,
    /// The chain's root over every record.
    pub digest: String,
    /// The session's seed.
    pub seed: u64,
    /// What wrote it.
    pub build: String,
    /// How it ran.
    pub mode: Option<Mode>,
    /// Its strategies, in the order of the configuration.
    pub strategies: Vec<String>,
    /// Market data.
    pub events: u64,
    /// All lines of the log.
    pub records: u64,
    /// Of which decisions.
    pub decisions: u64,
    /// Of which signals.
    pub signals: u64,
    /// Orders requested.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Wishes that were denied.
    pub denials: u64,
    /// Orders that the venue refused.
    pub rejections: u64,
    /// Orders that ended unfilled without our asking: nothing to take, no balance, the venue's will.
    pub cancellations: u64,
    /// Rows of input that were malformed and skipped.
    pub skipped_rows: u64,
    /// When the first market data began; a bar begins at its open.
    pub from: Option<Timestamp>,
    /// When the last came.
    pub to: Option<Timestamp>,
    /// What is owned at the end, by currency.
    pub balances: BTreeMap<String, Amount>,
    /// What it was worth.
    pub equity: Equity,
    /// First and last price of each instrument.
    pub market: Vec<MarketChange>,
    /// How good it was.
    pub metrics: Metrics,
    /// Why a metric is `null`, by its key.
    pub absent: BTreeMap<&'static str, &'static str>,
    /// All round trips, in the reporting currency.
    pub round_trips: Tally,
    /// Those of each instrument, in its quote currency.
    pub by_instrument: BTreeMap<String, Tally>,
    /// What held it back.
    pub restraint: Restraint,
    /// What the metrics mean.
    pub conventions: Conventions,
    /// How long it took.
    #[serde(flatten)]
    pub timing: Timing,
}

/// Equity in the reporting currency.
#[derive(Clone, Debug, Serialize)]
pub struct Equity {
    /// At the first prices.
    pub start: Option<Amount>,
    /// At the last prices.
    pub end: Option<Amount>,
    /// In which currency.
    pub currency: Option<String>,
}

/// How one instrument's price moved over the run.
#[derive(Clone, Debug, Serialize)]
pub struct MarketChange {
    /// Which.
    pub symbol: String,
    /// Its first price.
    pub first: Option<Price>,
    /// Its last price.
    pub last: Option<Price>,
    /// Last over first, less one.
    pub change: Option<f64>,
}

/// How the metrics are to be read.
#[derive(Clone, Debug, Serialize)]
pub struct Conventions {
    /// Which returns.
    pub returns: &'static str,
    /// Which drawdown.
    pub drawdown: &'static str,
    /// Which round trips.
    pub round_trips: &'static str,
    /// How a number of days becomes one of a year.
    pub annualisation: &'static str,
    /// What the run is compared with.
    pub benchmark: &'static str,
    /// How money that comes in or goes out counts.
    pub deposits: &'static str,
    /// What `null` means.
    pub absent: &'static str,
    /// Days in a year.
    pub periods_per_year: u32,
    /// The risk-free rate of a year.
    pub risk_free: f64,
}

/// What a run came to, in words and as plain series.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In words and numbers.
    pub summary: Summary,
    /// The curve, free of deposits, beside holding: what the metrics are of.
    pub series: Series,
    /// The round trips in the order of their exits.
    pub closed: Vec<Closed>,
    /// What there was at each 00:00 UTC.
    pub samples: Vec<Sample>,
    /// What it would cost in fees to sell what is open at the end, in the reporting currency.
    pub exit_fees: Amount,
}

impl Outcome {
    /// The same with what is open at the end worth what is left of it after the fees of selling it: its last price less the
    /// taker's fee.
    #[must_use]
    pub fn less_exit_fees(mut self) -> Self {
        let fees = std::mem::take(&mut self.exit_fees);
        let Some((sample, equity)) = self.samples.last_mut().zip(self.series.equity.last_mut()) else { return self };
        sample.equity -= fees;
        *equity = sample.equity.to_f64() / sample.grown;
        let Summary { equity, metrics, absent, conventions, .. } = &mut self.summary;
        equity.end = equity.end.map(|end| padded(end - fees));
        let exposure = metrics.measures.exposure;
        metrics.measures = Measures { exposure, ..Measures::of(&self.series, &self.closed, conventions.risk_free) };
        *absent = metrics.measures.reasons();
        self
    }
}

/// How long a run took, and what it used.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timing {
    /// The loop's wall time with its log writes, without waiting for input to be read and parsed.
    pub engine_seconds: f64,
    /// Market data a second of that.
    pub events_per_second: u64,
    /// The most memory that the process held; `None` where the system does not say.
    pub peak_rss_bytes: Option<u64>,
}

impl Report {
    /// The summary at the end of a run, with a risk-free rate of zero.
    pub fn finish(self, state: &State, digest: String) -> Summary {
        self.outcome(state, digest, 0.0).summary
    }

    /// The summary and what it is made of; `risk_free` is the rate of a year, as a share.
    pub fn outcome(mut self, state: &State, digest: String, risk_free: f64) -> Outcome {
        self.round_trips.finish();
        let session = state.session.as_deref();
        let market = self.market_changes(state);
        let samples = self.curve.finish(state, self.to);
        let series = series(&samples);
        let closed = self.round_trips.closed;
        let mut measures = Measures::of(&series, &closed, risk_free);
        if let Some(exposure) = exposure(&samples) {
            measures.exposure = exposure;
        }
        let trips = self.round_trips.all;
        let symbol = |id| state.markets.get(id).map_or_else(String::new, |market| market.instrument.symbol.clone());
        let summary = Summary {
            run_id: None,
            digest,
            seed: session.map_or(0, |session| session.seed),
            build: session.map_or_else(String::new, |session| session.build.clone()),
            mode: session.map(|session| session.mode),
            strategies: session.map_or_else(Vec::new, |session| session.strategies.clone()),
            events: self.events,
            records: self.records,
            decisions: self.decisions,
            signals: self.signals,
            orders: self.orders,
            fills: self.fills,
            denials: self.denials,
            rejections: self.rejections,
            cancellations: self.cancellations,
            skipped_rows: self.skipped_rows,
            from: self.from,
            to: self.to,
            balances: state.portfolio.balances().map(|(currency, amount)| (currency.to_string(), padded(amount))).collect(),
            equity: Equity {
                start: samples.first().map(|sample| padded(sample.equity)),
                end: state.equity().map(padded),
                currency: session.map(|session| session.currency.to_string()),
            },
            market,
            absent: measures.reasons(),
            metrics: Metrics { measures, expectancy: expectancy(&trips), fees: padded(self.fees) },
            by_instrument: self.round_trips.by_instrument.iter().map(|(&id, tally)| (symbol(id), tally.clone())).collect(),
            round_trips: trips,
            restraint: self.restraint.finish(state),
            conventions: Conventions { risk_free, ..CONVENTIONS },
            timing: Timing::default(),
        };
        Outcome { summary, series, closed, samples, exit_fees: exit_fees(state) }
    }

    fn market_changes(&self, state: &State) -> Vec<MarketChange> {
        let change = |(first, last): (Price, Price)| (!first.is_zero()).then(|| last.to_f64() / first.to_f64() - 1.0);
        let changed = |(index, market): (usize, &engine::markets::Market)| {
            let (first, last) = (self.curve.first_price(index), market.last_price());
            MarketChange { symbol: market.instrument.symbol.clone(), first, last, change: first.zip(last).and_then(change) }
        };
        state.markets.iter().enumerate().map(changed).collect()
    }
}

const CONVENTIONS: Conventions = Conventions {
    returns: "daily equity at 00:00 UTC, whole days only",
    drawdown: "largest fall of the daily equity below its peak, as a share of the peak",
    round_trips: "an entry order with an exit order, first in, first out, net of fees",
    annualisation: "365 days a year: ratios by the square root of 365, growth compounded",
    benchmark: "the first equity in equal parts in the instruments at their first prices, held without fees",
    deposits: "no gain: returns are those of a share of the account",
    absent: "null where a number does not exist; the reason is under absent",
    periods_per_year: 365,
    risk_free: 0.0,
};

/// Share of the time in which a position was held, of which some may be open still; `None` where no time passed.
fn exposure(samples: &[Sample]) -> Option<Measure> {
    let (first, last) = samples.first().zip(samples.last())?;
    let length_ns = last.at.0.saturating_sub(first.at.0);
    (length_ns > 0).then(|| Measure::of(last.invested_ns as f64 / length_ns as f64))
}

/// The taker's fees of all that is open, at the last prices.
fn exit_fees(state: &State) -> Amount {
    let fee = |(_, id, position): (_, _, &engine::position::Position)| {
        let market = state.markets.get(id)?;
        let notional = market.last_price()? * position.quantity;
        state.markets.convert(notional * market.instrument.taker_fee, market.instrument.quote, state.session.as_ref()?.currency)
    };
    state.portfolio.positions().filter_map(fee).sum()
}

fn expectancy(trips: &Tally) -> Option<Amount> {
    let mean = trips.net().0.checked_div(Decimal::from(trips.count))?;
    Some(Amount(mean.round_dp(BALANCE_DECIMALS)))
}

/// With at least eight decimals, as venues print balances.
pub(super) fn padded(amount: Amount) -> Amount {
    let mut value = amount.0.normalize();
    if value.scale() < BALANCE_DECIMALS {
        value.rescale(BALANCE_DECIMALS);
    }
    Amount(value)
}

impl Timing {
    /// From the loop's time in seconds and the market data that it took in.
    pub fn new(engine_seconds: f64, events: u64) -> Self {
        let rate = if engine_seconds > 0.0 { events as f64 / engine_seconds } else { 0.0 };
        // Finite and not negative.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people")]
        Self { engine_seconds, events_per_second: rate as u64, peak_rss_bytes: peak_rss_bytes() }
    }
}

/// `VmHWM` of this process, which only Linux gives.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}
