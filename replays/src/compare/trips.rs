//! The round trips of two runs side by side.

use engine::event::Direction;
use engine::number::Decimal;
use engine::time::Timestamp;

use super::signals::{aligned, apart, keys, list};
use super::traded::{Key, Leg, Traded, Trip, Way};
use super::{Cause, Comparison, Difference, Measure, Pair};

/// Fees are at the same rate when they are no further apart than this, as a share of what was traded.
const RATE_SLACK: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// Compares all round trips.
pub(super) fn compare(a: &Traded, b: &Traded, measure: Measure, found: &mut Comparison) {
    for key in keys(a.trips.keys(), b.trips.keys()) {
        let (ours, theirs) = (list(a.trips.get(key)), list(b.trips.get(key)));
        for pair in aligned(ours, theirs, measure.within_ns, |trip| trip.at, |_, _| true) {
            let before: u64 = found.counts.values().sum();
            match pair {
                (Some(ours), Some(theirs)) => {
                    leg(key, (ours, ours.bought.as_ref()), (theirs, theirs.bought.as_ref()), found);
                    leg(key, (ours, ours.sold.as_ref()), (theirs, theirs.sold.as_ref()), found);
                    if found.counts.values().sum::<u64>() == before {
                        found.same_trades += 1;
                        continue;
                    }
                    found.different_trades += 1;
                }
                (Some(ours), None) => {
                    found.only_a += 1;
                    missing(key, ours, (b, true), measure, found);
                }
                (None, Some(theirs)) => {
                    found.only_b += 1;
                    missing(key, theirs, (a, false), measure, found);
                }
                (None, None) => continue,
            }
            let Some(at) = pair.0.into_iter().chain(pair.1).map(|trip| trip.at).min() else { continue };
            let (a, b) = (pair.0.map(Trip::trade), pair.1.map(Trip::trade));
            found.list_trade(at, || Pair { strategy: key.0.clone(), instrument: key.1.clone(), at, a, b });
        }
    }
}

/// A round trip that only one run has. The other is told, and whether it is the second.
fn missing(key: &Key, trip: &Trip, (other, is_second): (&Traded, bool), measure: Measure, found: &mut Comparison) {
    let signals = list(other.signals.get(key));
    let (from, to) = (trip.at.plus_ns(-measure.within_ns), trip.at.plus_ns(measure.within_ns));
    let near = signals[signals.partition_point(|signal| signal.at < from)..].iter().take_while(|signal| signal.at <= to);
    let near = near.into_iter().find(|signal| signal.direction == Direction::Long);
    let Some(signal) = near else {
        // Without the signal there is nothing to miss: that is told of the signal.
        if !trip.is_signaled {
            note(Cause::MissingOrder, key, trip, is_second, "nobody asked for it", found);
        }
        return;
    };
    let why = match other.denied.get(&signal.seq) {
        Some(reason) => format!("it was denied: {reason}"),
        None => "it had a position, or its order did not fill".to_owned(),
    };
    note(Cause::MissingOrder, key, trip, is_second, &why, found);
}

fn note(cause: Cause, key: &Key, trip: &Trip, is_second: bool, why: &str, found: &mut Comparison) {
    let other = if is_second { "second" } else { "first" };
    let seq = trip.trade().seq;
    found.add(cause, trip.at, || Difference {
        cause,
        at: trip.at,
        strategy: Some(key.0.clone()),
        instrument: Some(key.1.clone()),
        seq_a: is_second.then_some(seq),
        seq_b: (!is_second).then_some(seq),
        text: format!("the {other} run did not get in: {why}"),
    });
}

/// Compares one way of a round trip.
fn leg(key: &Key, (our_trip, ours): (&Trip, Option<&Leg>), (_, theirs): (&Trip, Option<&Leg>), found: &mut Comparison) {
    let mut add = |cause: Cause, at: Timestamp, text: &dyn Fn() -> String| {
        found.add(cause, at, || Difference {
            cause,
            at,
            strategy: Some(key.0.clone()),
            instrument: Some(key.1.clone()),
            seq_a: ours.map(|leg| leg.seq),
            seq_b: theirs.map(|leg| leg.seq),
            text: text(),
        });
    };
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (None, None) => return,
        (ours, theirs) => {
            let run = if ours.is_none() { "first" } else { "second" };
            let at = ours.or(theirs).map_or(our_trip.at, |leg| leg.filled_at);
            return add(Cause::MissingOrder, at, &|| format!("the {run} run is still in, or never got in"));
        }
    };
    let at = ours.filled_at.min(theirs.filled_at);
    if ours.way != theirs.way {
        return add(Cause::Exit, at, &|| format!("by {} and by {}", word(ours.way), word(theirs.way)));
    }
    if ours.filled_at != theirs.filled_at {
        let decided = if ours.decided_at == theirs.decided_at { "decided at the same time" } else { "decided apart" };
        add(Cause::Timing, at, &|| format!("{decided}, filled {}", apart(ours.filled_at, theirs.filled_at)));
    }
    if ours.quantity != theirs.quantity {
        add(Cause::Quantity, at, &|| format!("{} and {}", ours.quantity, theirs.quantity));
    }
    if let (Some(price), Some(other)) = (ours.price(), theirs.price())
        && price != other
    {
        let bps = (other.to_f64() / price.to_f64() - 1.0) * 10_000.0;
        add(Cause::Price, at, &|| format!("at {price} and {other}: {bps:+.2} basis points in the second run"));
    }
    let rate = |leg: &Leg| leg.fee().0.checked_div(leg.notional.0).unwrap_or_default();
    let (rate, other) = (rate(ours), rate(theirs));
    if !ours.fees.keys().eq(theirs.fees.keys()) {
        let currencies = |leg: &Leg| leg.fees.keys().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        add(Cause::Fee, at, &|| format!("in {} and in {}", currencies(ours), currencies(theirs)));
    } else if (rate - other).abs() > RATE_SLACK {
        let percent = |rate: Decimal| (rate * Decimal::ONE_HUNDRED).round_dp(4).normalize();
        add(Cause::Fee, at, &|| format!("{} % and {} % of what was traded", percent(rate), percent(other)));
    }
}

fn word(way: Way) -> &'static str {
    match way {
        Way::Signal => "a signal",
        Way::Stop => "a stop",
        Way::Target => "a target",
        Way::Limit => "a limit order",
    }
}
