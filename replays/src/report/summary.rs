//! The summary as it is printed and as `--json` gives it.

use std::collections::BTreeMap;

use engine::event::Mode;
use engine::number::{Amount, Decimal, Price};
use engine::state::State;
use engine::time::{DAY_NS, Timestamp};
use serde::Serialize;

use super::Report;
use super::metrics::{Curve, Metrics};
use super::restraint::Restraint;
use super::round_trips::Tally;

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
    /// Days in a year.
    pub periods_per_year: u32,
    /// The risk-free rate.
    pub risk_free: f64,
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
    /// The summary at the end of a run.
    pub fn finish(mut self, state: &State, digest: String) -> Summary {
        self.round_trips.finish();
        let session = state.session.as_deref();
        if let (Some(since), Some(to)) = (self.invested_since, self.to) {
            self.invested_ns += to.0 - since.0;
        }
        let end = state.equity();
        let start = self.start;
        let floats = |equity: &mut dyn Iterator<Item = &Amount>| equity.map(|equity| equity.to_f64()).collect::<Vec<f64>>();
        let curve = floats(&mut start.iter().chain(&self.daily).chain(&end));
        // A return is one of a whole day: what begins or ends within a day is none.
        let at_midnight = |time: Option<Timestamp>| time.is_some_and(|time| time.0.rem_euclid(DAY_NS) == 0);
        let first = start.iter().filter(|_| at_midnight(self.from));
        let last = end.iter().filter(|_| at_midnight(self.to));
        let days = floats(&mut first.chain(&self.daily).chain(last));
        let length_ns = self.from.zip(self.to).map_or(0, |(from, to)| to.0.saturating_sub(from.0));
        let symbol = |id| state.markets.get(id).map_or_else(String::new, |market| market.instrument.symbol.clone());
        Summary {
            run_id: None,
            digest,
            seed: session.map_or(0, |session| session.seed),
            build: session.map_or_else(String::new, |session| session.build.clone()),
            mode: session.map(|session| session.mode),
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
                start: start.map(padded),
                end: end.map(padded),
                currency: session.map(|session| session.currency.to_string()),
            },
            market: self.market_changes(state),
            metrics: self.metrics(&Curve::new(&curve, &days, length_ns), length_ns),
            by_instrument: self.round_trips.by_instrument.iter().map(|(&id, tally)| (symbol(id), tally.clone())).collect(),
            round_trips: self.round_trips.all,
            restraint: self.restraint.finish(state),
            conventions: CONVENTIONS,
            timing: Timing::default(),
        }
    }

    fn metrics(&self, curve: &Curve, length_ns: i64) -> Metrics {
        let trips = &self.round_trips.all;
        let expectancy =
            trips.net().0.checked_div(Decimal::from(trips.count)).map(|mean| Amount(mean.round_dp(BALANCE_DECIMALS)));
        Metrics {
            total_return: curve.total_return,
            cagr: curve.cagr,
            sharpe: curve.sharpe,
            sortino: curve.sortino,
            calmar: curve.cagr.zip(curve.max_drawdown).and_then(|(growth, fall)| (fall > 0.0).then(|| growth / fall)),
            max_drawdown: curve.max_drawdown,
            profit_factor: trips.profit_factor(),
            win_rate: trips.win_rate(),
            expectancy,
            var_95: curve.var_95,
            cvar_95: curve.cvar_95,
            exposure: (length_ns > 0).then(|| self.invested_ns as f64 / length_ns as f64),
            fees: padded(self.fees),
        }
    }

    fn market_changes(&self, state: &State) -> Vec<MarketChange> {
        let firsts = self.first_prices.iter().copied().chain(std::iter::repeat(None));
        let change = |(first, last): (Price, Price)| (!first.is_zero()).then(|| last.to_f64() / first.to_f64() - 1.0);
        let markets = state.markets.iter().zip(firsts);
        let changes = markets.map(|(market, first)| MarketChange {
            symbol: market.instrument.symbol.clone(),
            first,
            last: market.last_price(),
            change: first.zip(market.last_price()).and_then(change),
        });
        changes.collect()
    }
}

const CONVENTIONS: Conventions = Conventions {
    returns: "daily equity at 00:00 UTC, whole days only",
    drawdown: "largest fall of the daily equity below its peak, as a share of the peak",
    round_trips: "an entry order with an exit order, first in, first out, net of fees",
    periods_per_year: 365,
    risk_free: 0.0,
};

/// With at least eight decimals, as venues print balances.
fn padded(amount: Amount) -> Amount {
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
