//! `ai_signals`, `optimization_logs` and `risk_metrics`.

use std::borrow::Cow;

use engine::event::{DenialReason, Direction, Excess, Reason, Trend, Volatility};
use engine::instrument::InstrumentId;
use engine::number::{Decimal, Price};
use engine::order::{Owner, StrategyId};
use engine::state::State;
use engine::time::{SECOND_NS, Timestamp};
use replays::report::rows::{
    AdjustmentRow, BreakerRow, DenialRow, EquityRow, Fate, HealthRow, RegimeRow, SignalRow, TroubleRow, parameter_name,
    rule_name, symbol, tag,
};

use super::column::Sort::{Id, Money, Ratio, Text, Time};
use super::column::{Cell, Column, Sort, word};
use super::trading::Get;

const fn signal(name: &'static str, sort: Sort, get: Get<SignalRow>) -> Column<SignalRow, State> {
    Column { name, sort, get }
}

/// Signals with their fate.
pub const AI_SIGNALS: &[Column<SignalRow, State>] = &[
    signal("seq", Id, |row, _| Some(row.seq.into())),
    signal("at", Time, |row, _| Some(row.at.into())),
    signal("strategy", Text, |row, state| Some(tag(state, Owner::Strategy(row.strategy)).into())),
    signal("instrument", Text, |row, state| Some(symbol(state, row.instrument).into())),
    signal("direction", Text, |row, _| Some(word(direction(row.direction)))),
    signal("confidence", Ratio, |row, _| Some((f64::from(row.confidence_bps) / 10_000.0).into())),
    signal("price", Money, |row, _| row.price.map(Cell::from)),
    signal("stop_price", Money, |row, _| row.stop.map(Cell::from)),
    signal("target_price", Money, |row, _| row.target.map(Cell::from)),
    signal("fate", Text, |row, _| Some(word(row.fate.name()))),
    signal("order_id", Id, |row, _| match row.fate {
        Fate::Traded { order } => Some(order.0.into()),
        _ => None,
    }),
    signal("denied_by", Text, |row, _| match &row.fate {
        Fate::Denied { reason, .. } => Some(word(reason.name())),
        _ => None,
    }),
    signal("reasons", Text, |row, _| Some(reasons(&row.reasons))),
];

const fn adjustment(name: &'static str, sort: Sort, get: Get<AdjustmentRow>) -> Column<AdjustmentRow, State> {
    Column { name, sort, get }
}

/// What the controller changed, and why.
pub const OPTIMIZATION_LOGS: &[Column<AdjustmentRow, State>] = &[
    adjustment("seq", Id, |row, _| Some(row.seq.into())),
    adjustment("at", Time, |row, _| Some(row.at.into())),
    adjustment("parameter", Text, |row, _| Some(word(parameter_name(row.parameter)))),
    adjustment("value_before", Ratio, |row, _| Some((f64::from(row.from_bps) / 10_000.0).into())),
    adjustment("value_after", Ratio, |row, _| Some((f64::from(row.to_bps) / 10_000.0).into())),
    adjustment("rule", Text, |row, _| Some(word(rule_name(row.rule)))),
    adjustment("evidence", Text, |row, _| Some(reasons(&row.evidence))),
];

/// Something about risk: a denial, a breaker, health, a day's drawdown, a regime, trouble with the venue.
pub struct Risk {
    seq: u64,
    at: Timestamp,
    kind: &'static str,
    strategy: Option<StrategyId>,
    instrument: Option<InstrumentId>,
    name: Option<Cow<'static, str>>,
    value: Option<f64>,
    bound: Option<f64>,
    until: Option<Timestamp>,
    signal: Option<u64>,
    parts: Vec<Reason>,
}

impl Risk {
    fn new(kind: &'static str, seq: u64, at: Timestamp) -> Self {
        Self {
            seq,
            at,
            kind,
            strategy: None,
            instrument: None,
            name: None,
            value: None,
            bound: None,
            until: None,
            signal: None,
            parts: Vec::new(),
        }
    }
}

impl From<DenialRow> for Risk {
    fn from(row: DenialRow) -> Self {
        let (value, bound, until) = measured(&row.reason);
        Self {
            strategy: row.strategy,
            instrument: row.instrument,
            name: Some(row.reason.name().into()),
            value,
            bound,
            until,
            signal: row.signal,
            ..Self::new("denial", row.seq, row.at)
        }
    }
}

/// What a denial saw, what it allows, and until when.
fn measured(reason: &DenialReason) -> (Option<f64>, Option<f64>, Option<Timestamp>) {
    let number = |value: Decimal| Some(Price(value).to_f64());
    let seconds = |ns: u64| Some(ns as f64 / SECOND_NS as f64);
    match reason {
        DenialReason::AssetExposure(Excess { share, limit })
        | DenialReason::TotalExposure(Excess { share, limit })
        | DenialReason::TradeRisk(Excess { share, limit })
        | DenialReason::CorrelatedExposure(Excess { share, limit })
        | DenialReason::ValueAtRisk(Excess { share, limit })
        | DenialReason::OrderTooLarge(Excess { share, limit })
        | DenialReason::PriceBand(Excess { share, limit }) => (number(share.0), number(limit.0), None),
        DenialReason::BelowMinimumSize { quantity, minimum } => (number(quantity.0), number(minimum.0), None),
        DenialReason::LowConfidence { confidence_bps, minimum_bps } => {
            (Some(f64::from(*confidence_bps) / 10_000.0), Some(f64::from(*minimum_bps) / 10_000.0), None)
        }
        DenialReason::TooManyOpenOrders { limit }
        | DenialReason::TooManyPositions { limit }
        | DenialReason::OrderRate { limit } => (None, Some(f64::from(*limit)), None),
        DenialReason::StaleData { age_ns, limit_ns } => (seconds(*age_ns), seconds(*limit_ns), None),
        DenialReason::Paused { until, .. } => (None, None, *until),
        DenialReason::Halted
        | DenialReason::UnknownInstrument
        | DenialReason::NoPrice
        | DenialReason::NotOpen { .. }
        | DenialReason::NotYours { .. }
        | DenialReason::NoEquity
        | DenialReason::Trouble(_) => (None, None, None),
    }
}

impl From<BreakerRow> for Risk {
    fn from(row: BreakerRow) -> Self {
        Self {
            instrument: row.instrument,
            name: Some(row.breaker.to_string().into()),
            value: Some(row.value.to_f64()),
            bound: Some(row.limit.to_f64()),
            until: row.until,
            ..Self::new("breaker", row.seq, row.at)
        }
    }
}

impl From<HealthRow> for Risk {
    fn from(row: HealthRow) -> Self {
        Self { value: Some(row.score.to_f64()), parts: row.parts, ..Self::new("health", row.seq, row.at) }
    }
}

impl From<&EquityRow> for Risk {
    fn from(row: &EquityRow) -> Self {
        Self { value: Some(row.drawdown.to_f64()), ..Self::new("drawdown", row.seq, row.at) }
    }
}

impl From<RegimeRow> for Risk {
    fn from(row: RegimeRow) -> Self {
        let name = match (row.regime.trend, row.regime.volatility) {
            (Trend::Trending, Volatility::Low) => "trending, low volatility",
            (Trend::Trending, Volatility::High) => "trending, high volatility",
            (Trend::Ranging, Volatility::Low) => "ranging, low volatility",
            (Trend::Ranging, Volatility::High) => "ranging, high volatility",
        };
        Self {
            strategy: Some(row.strategy),
            instrument: Some(row.instrument),
            name: Some(name.into()),
            until: row.to,
            ..Self::new("regime", row.seq, row.from)
        }
    }
}

impl From<TroubleRow> for Risk {
    fn from(row: TroubleRow) -> Self {
        Self { name: Some(row.trouble.name().into()), until: row.to, ..Self::new("trouble", row.seq, row.from) }
    }
}

const fn risk(name: &'static str, sort: Sort, get: Get<Risk>) -> Column<Risk, State> {
    Column { name, sort, get }
}

/// What held the run back, and how it stood.
pub const RISK_METRICS: &[Column<Risk, State>] = &[
    risk("seq", Id, |row, _| Some(row.seq.into())),
    risk("at", Time, |row, _| Some(row.at.into())),
    risk("kind", Text, |row, _| Some(word(row.kind))),
    risk("strategy", Text, |row, state| row.strategy.map(|id| tag(state, Owner::Strategy(id)).into())),
    risk("instrument", Text, |row, state| row.instrument.map(|id| symbol(state, id).into())),
    risk("name", Text, |row, _| row.name.as_deref().map(|name| Cell::Text(Cow::Borrowed(name)))),
    risk("value", Ratio, |row, _| row.value.map(Cell::Ratio)),
    risk("bound", Ratio, |row, _| row.bound.map(Cell::Ratio)),
    risk("until", Time, |row, _| row.until.map(Cell::Time)),
    risk("signal", Id, |row, _| row.signal.map(Cell::Id)),
    risk("parts", Text, |row, _| (!row.parts.is_empty()).then(|| reasons(&row.parts))),
];

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Flat => "flat",
    }
}

/// `rsi_14=28.4 atr=12`, as the text form has them.
fn reasons(reasons: &[Reason]) -> Cell<'static> {
    let shown = reasons.iter().map(|Reason { name, value }| format!("{name}={value}"));
    Cell::Text(Cow::Owned(shown.collect::<Vec<_>>().join(" ")))
}
