//! The document: all that is shown of a run, as plain numbers and words. The terminal, `--json` and the page are made of it.
//!
//! Money and prices are decimals, which JSON has as strings; times are instants of UTC; shares and ratios are numbers, `None`
//! (`null`) where one does not exist. Long series are columns, an entry a day.

use std::collections::BTreeMap;

use engine::number::{Amount, Price, Quantity};
use engine::time::Timestamp;
use serde::Serialize;

use super::round_trips::Tally;
use super::summary::Summary;
use crate::metrics::{Described, Drawdown};

/// All that is shown of a run. The same log makes the same document, but for [`Summary::timing`].
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// What it came to, at the top level of the JSON.
    #[serde(flatten)]
    pub summary: Summary,
    /// Every measure in the order of reading, those that do not exist with the reason.
    pub figures: Vec<Described>,
    /// How the days went.
    pub days: Days,
    /// The best and the worst round trip, and how they followed each other.
    pub streaks: Streaks,
    /// The ten deepest falls below a peak, the deepest first.
    pub drawdowns: Vec<Drawdown>,
    /// Weeks, months and years.
    pub periods: Periods,
    /// Round trips by what they have in common.
    pub groups: Groups,
    /// What trading cost.
    pub costs: Costs,
    /// Positions that are open at the end.
    pub holdings: Vec<Holding>,
    /// A column an entry a day, for charts.
    pub daily: Daily,
    /// Equity after fills, of a run of 30 days at most; every so-many-th where there are too many.
    pub moments: Vec<Step>,
    /// Measures over the last 30, 90 and 365 days, beside [`daily`](Self::daily).
    pub rolling: Vec<Rolling>,
    /// Prices of each instrument, for charts.
    pub prices: Vec<Prices>,
    /// Round trips one by one, for charts; every so-many-th where there are too many.
    pub trips: Trips,
    /// What changed on the way.
    pub changes: Changes,
}

impl Document {
    /// With the name of its run, where it has a log.
    pub fn of_run(mut self, id: Option<String>) -> Self {
        self.summary.run_id = id;
        self
    }
}

/// How the days went, by the daily returns: whole days from 00:00 UTC to 00:00 UTC. The part of a day at the beginning or the
/// end of a run is none.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Days {
    /// Days that gained.
    pub wins: u32,
    /// Days on which equity did not move.
    pub draws: u32,
    /// Days that lost.
    pub losses: u32,
    /// The best one.
    pub best: Option<Day>,
    /// The worst one.
    pub worst: Option<Day>,
}

/// One day's result.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// Which, such as `2024-01-31`.
    pub date: String,
    /// Its end over its beginning, less one; what was deposited is no gain.
    #[serde(rename = "return")]
    pub rate: f64,
    /// What it brought, in the reporting currency.
    pub profit: Amount,
}

/// How round trips followed each other, in the order of their exits.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Streaks {
    /// The most in a row that won.
    pub wins: usize,
    /// The most in a row that lost.
    pub losses: usize,
    /// Seconds from entry to exit, at average, of those that won.
    pub mean_win_seconds: Option<i64>,
    /// Seconds from entry to exit, at average, of those that lost.
    pub mean_loss_seconds: Option<i64>,
    /// The best round trip, by profit over cost.
    pub best: Option<Trip>,
    /// The worst round trip, by profit over cost.
    pub worst: Option<Trip>,
}

/// The run in pieces of the calendar, UTC.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Periods {
    /// Each day, which JSON has as columns in `daily`.
    #[serde(skip)]
    pub days: Vec<Period>,
    /// Each week, which begins on a Monday and is called by its first day.
    pub weeks: Vec<Period>,
    /// Each month, such as `2024-01`.
    pub months: Vec<Period>,
    /// Each year, such as `2024`.
    pub years: Vec<Period>,
}

/// A piece of the run.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// Its name.
    pub key: String,
    /// Equity at its end, in the reporting currency.
    pub equity: Option<Amount>,
    /// What it brought, in the reporting currency; what was deposited is no gain.
    pub profit: Amount,
    /// Its end over its beginning, less one.
    #[serde(rename = "return")]
    pub rate: Option<f64>,
    /// The same of holding the instruments.
    pub holding_return: Option<f64>,
    /// Round trips that ended in it; what ended at 00:00 exactly belongs to the day before, as its equity does.
    pub trips: Tally,
}

/// Round trips by what they have in common; hours, weekdays, months and years are those of the exit, UTC. Money is in the reporting currency
/// at the time of the exit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Groups {
    /// By what was traded.
    pub instruments: Vec<Group>,
    /// By whose they were: a strategy, or the operator.
    pub strategies: Vec<Group>,
    /// By how they ended.
    pub exits: Vec<Group>,
    /// By strategy and end.
    pub strategy_exits: Vec<StrategyExit>,
    /// By the hour, 0 to 23: all 24 of them.
    pub hours: Vec<Group>,
    /// By the day of the week: all seven, Monday first.
    pub weekdays: Vec<Group>,
    /// By the month of the year: all twelve, January first.
    pub months: Vec<Group>,
    /// By the year.
    pub years: Vec<Group>,
}

/// Round trips that have something in common.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Group {
    /// What they have in common.
    pub key: String,
    /// Their counts and sums.
    #[serde(flatten)]
    pub tally: Tally,
    /// How many brought nothing.
    pub draws: u64,
    /// Profits less losses.
    pub profit: Amount,
    /// The same as a share of the equity at the start.
    pub profit_share: Option<f64>,
    /// Mean of profit over cost.
    pub mean_return: Option<f64>,
    /// Share that won.
    pub win_rate: Option<f64>,
    /// Profits over losses.
    pub profit_factor: Option<f64>,
    /// Mean holding time in seconds.
    pub mean_held_seconds: Option<i64>,
}

/// Round trips of one strategy that ended in one way.
#[derive(Clone, Debug, Serialize)]
pub struct StrategyExit {
    /// Whose.
    pub strategy: String,
    /// How they ended.
    pub exit: &'static str,
    /// What they came to.
    #[serde(flatten)]
    pub group: Group,
}

/// What trading cost, in the reporting currency at the time of each fill. Only spot is traded, which pays no funding.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Costs {
    /// Fees as the venue took them, by currency.
    pub fees: BTreeMap<String, Amount>,
    /// Fees in the reporting currency by instrument.
    pub fees_by_instrument: BTreeMap<String, Amount>,
    /// Of fills that rested in the book.
    pub maker: FillSum,
    /// Of fills that took from it.
    pub taker: FillSum,
    /// What fills lost against the price when their order was asked for; negative when they gained. Stops and targets, which
    /// wait for a price of their own, do not count.
    pub slippage: Amount,
    /// The same as a share of what they would have traded at that price, in basis points.
    pub slippage_bps: Option<f64>,
}

/// Fills of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FillSum {
    /// How many.
    pub fills: u64,
    /// Price times quantity of all of them.
    pub notional: Amount,
    /// Their fees.
    pub fees: Amount,
}

/// A position that is open at the end.
#[derive(Clone, Debug, Serialize)]
pub struct Holding {
    /// Whose.
    pub strategy: String,
    /// In what.
    pub instrument: String,
    /// Base units.
    pub quantity: Quantity,
    /// What one of them cost at average, in quote units.
    pub average_price: Option<Price>,
    /// The last price.
    pub last_price: Option<Price>,
    /// What a sale at that price would bring more than the cost, before fees, in quote units.
    pub unrealised: Option<Amount>,
}

/// A column an entry a day: the first is the day of the first equity, the last that of the run's end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Daily {
    /// The first day, such as `2024-01-01`.
    pub first: Option<String>,
    /// Equity at the beginning of the first day, in the reporting currency.
    pub start: Option<Amount>,
    /// Equity at the end of each day, 00:00 UTC of the next or the run's end.
    pub equity: Vec<Amount>,
    /// What the first equity would be worth had it bought the instruments in equal parts at their first prices, without fees.
    pub holding: Vec<Option<Amount>>,
    /// How far equity is below its peak, as a positive share of it.
    pub drawdown: Vec<f64>,
    /// The same of holding.
    pub holding_drawdown: Vec<Option<f64>>,
    /// The day's end over its beginning, less one; what was deposited is no gain.
    pub returns: Vec<f64>,
    /// Positions' value as a share of equity at the end of the day.
    pub exposure: Vec<Option<f64>>,
    /// Share of the day's time in which a position was held.
    pub invested: Vec<f64>,
    /// Round trips that ended on it.
    pub trips: Vec<u64>,
    /// What they brought, in the reporting currency.
    pub trip_profit: Vec<Amount>,
}

/// Measures over the last days, beside [`Daily`]: `None` until there are enough of them.
#[derive(Clone, Debug, Serialize)]
pub struct Rolling {
    /// How many days.
    pub days: u32,
    /// Last equity over first, less one.
    #[serde(rename = "return")]
    pub rate: Vec<Option<f64>>,
    /// Annualised.
    pub volatility: Vec<Option<f64>>,
    /// Annualised.
    pub sharpe: Vec<Option<f64>>,
    /// Annualised.
    pub sortino: Vec<Option<f64>>,
    /// The largest fall in the window, as a positive share.
    pub drawdown: Vec<Option<f64>>,
}

/// Prices of an instrument in bars of one length: at most a thousand, so the length depends on the run's.
#[derive(Clone, Debug, Serialize)]
pub struct Prices {
    /// Which.
    pub instrument: String,
    /// When the first bar begins.
    pub from: Timestamp,
    /// How long each is, in seconds.
    pub interval_seconds: i64,
    /// First price of each; `None` in all four where nothing was traded.
    pub open: Vec<Option<Price>>,
    /// Highest price.
    pub high: Vec<Option<Price>>,
    /// Lowest price.
    pub low: Vec<Option<Price>>,
    /// Last price.
    pub close: Vec<Option<Price>>,
}

/// Round trips one by one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trips {
    /// How many there are.
    pub total: u64,
    /// Every how-many-th is in `rows`; 1 when all are.
    pub every: u64,
    /// In the order of their exits; 2,000 at most.
    pub rows: Vec<Trip>,
}

/// A round trip: an entry order with an exit order.
#[derive(Clone, Debug, Serialize)]
pub struct Trip {
    /// In what.
    pub instrument: String,
    /// Whose.
    pub strategy: String,
    /// The order that opened it: the seq of its record.
    pub entry_order: u64,
    /// The order that closed it.
    pub exit_order: u64,
    /// When it opened.
    pub entry_at: Timestamp,
    /// When it closed.
    pub exit_at: Timestamp,
    /// At which price, in quote units, averaged over its fills.
    pub entry_price: Price,
    /// At which price, in quote units, averaged over its fills.
    pub exit_price: Price,
    /// Base units.
    pub quantity: Quantity,
    /// What it brought after fees, in the reporting currency at the time of the exit.
    pub profit: Amount,
    /// Profit over cost.
    #[serde(rename = "return")]
    pub rate: Option<f64>,
    /// How far the price was below the entry at worst, as a positive share of the entry price.
    pub adverse: Option<f64>,
    /// How far the price was above the entry at best, as a positive share of the entry price.
    pub favourable: Option<f64>,
    /// How it ended.
    pub exit: &'static str,
}

/// What changed on the way: steps, each in force until the next.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// The least confidence of a signal that gets in, in basis points, as the controller set it.
    pub min_confidence_bps: Vec<Step>,
    /// What entries are scaled by, in basis points, as the controller set it.
    pub size_scale_bps: Vec<Step>,
    /// Health scores, 0 to 100.
    pub health: Vec<Step>,
    /// Regimes by instrument.
    pub regimes: BTreeMap<String, Vec<Regime>>,
    /// Every how-many-th change of a regime is there; 1 when all are.
    pub regimes_every: u64,
}

/// A value from some time on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Step {
    /// Since when.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
}

/// A regime from some time on.
#[derive(Clone, Debug, Serialize)]
pub struct Regime {
    /// Since when.
    pub at: Timestamp,
    /// In words, such as `trending, calm`.
    pub name: &'static str,
}
