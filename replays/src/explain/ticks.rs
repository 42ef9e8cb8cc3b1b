//! The ticks that made the bars that a strategy looked at.

use engine::event::{Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::time::{DAY_NS, Interval, Timestamp};
use serde_json::Value;
use strategies::CATALOGUE;

use super::{ExplainError, History};
use crate::config::StrategyConfig;

/// 1970-01-01 was a Thursday; weeks begin on Monday.
const FIRST_MONDAY_NS: i64 = 4 * DAY_NS;
const WEEK_NS: i64 = 7 * DAY_NS;
/// Records that are looked at for the first or the last tick of a bar.
const MAX_LOOK: u64 = 4_096;

/// What a strategy's bars that an input closed were made of, in words. Nothing for an input that is a bar itself.
pub(super) fn words(
    history: &mut History,
    strategy: &StrategyConfig,
    instrument: InstrumentId,
    trigger: &Record,
) -> Result<Vec<String>, ExplainError> {
    if matches!(trigger.event, Event::Input(Input::Bar(_))) {
        return Ok(Vec::new());
    }
    let mut words = Vec::new();
    for interval in timeframes(strategy) {
        let ends_at = Timestamp(last_end(trigger.at, interval));
        let opened_at = ends_at.plus_ns(-interval.ns());
        let (first, end) = (history.before(opened_at)?, history.before(ends_at)?.min(trigger.seq));
        let is_tick = |record: &Record| match &record.event {
            Event::Input(Input::Trade(trade)) => trade.instrument == instrument,
            Event::Input(Input::Quote(quote)) => quote.instrument == instrument,
            _ => false,
        };
        let mut found = [None, None];
        for seq in first..end.min(first.saturating_add(MAX_LOOK)) {
            if is_tick(&history.record(seq)?) {
                found[0] = Some(seq);
                break;
            }
        }
        for seq in (first.max(end.saturating_sub(MAX_LOOK))..end).rev() {
            if is_tick(&history.record(seq)?) {
                found[1] = Some(seq);
                break;
            }
        }
        if let [Some(first), Some(last)] = found {
            // A bar that closed with an earlier input is no news to this one.
            let closed_before = trigger.seq.checked_sub(1).map(|seq| history.record(seq)).transpose()?;
            if closed_before.is_none_or(|before| before.at < ends_at) {
                words.push(format!("the bar of {interval} from {opened_at} closed; records {first} to {last} made it"));
            }
        }
    }
    Ok(words)
}

/// The last end of a bar at or before a time.
fn last_end(at: Timestamp, interval: Interval) -> i64 {
    let length = interval.ns().max(1);
    let origin = if length % WEEK_NS == 0 { FIRST_MONDAY_NS } else { 0 };
    at.0.saturating_sub(origin).div_euclid(length).saturating_mul(length).saturating_add(origin)
}

/// The intervals of the bars that a strategy looks at, as configured or by default.
fn timeframes(strategy: &StrategyConfig) -> Vec<Interval> {
    let defaults = CATALOGUE.iter().find(|known| known.name == strategy.name).map(|known| (known.schema)());
    let default = |key: &str| defaults.as_ref()?.get("properties")?.get(key)?.get("default").cloned();
    let given = |key: &str| strategy.params.get(key).and_then(|value| serde_json::to_value(value).ok());
    let mut intervals = Vec::new();
    for key in ["timeframe", "timeframes"] {
        let texts = match given(key).or_else(|| default(key)) {
            Some(Value::Array(texts)) => texts,
            Some(text) => vec![text],
            None => Vec::new(),
        };
        intervals.extend(texts.iter().filter_map(|text| text.as_str()?.parse::<Interval>().ok()));
    }
    intervals
}
