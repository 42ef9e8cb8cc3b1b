//! The signals of two runs side by side.

use engine::event::Direction;
use engine::time::Timestamp;

use super::traded::{Key, Signaled, Traded};
use super::{Cause, Comparison, Difference, Measure};

/// Compares all signals, strategy by strategy and instrument by instrument.
pub(super) fn compare(a: &Traded, b: &Traded, measure: Measure, found: &mut Comparison) {
    for key in keys(a.signals.keys(), b.signals.keys()) {
        let (ours, theirs) = (list(a.signals.get(key)), list(b.signals.get(key)));
        let at = |signal: &Signaled| signal.at;
        let alike = |ours: &Signaled, theirs: &Signaled| ours.direction == theirs.direction;
        for pair in aligned(ours, theirs, measure.within_ns, at, alike) {
            match pair {
                (Some(ours), Some(theirs)) => both(key, ours, theirs, found),
                (ours, theirs) => one(key, ours, theirs, found),
            }
        }
    }
}

fn both(key: &Key, ours: &Signaled, theirs: &Signaled, found: &mut Comparison) {
    let at = ours.at.min(theirs.at);
    let mut said = Vec::new();
    if ours.confidence_bps != theirs.confidence_bps {
        said.push(format!("{} and {} basis points sure", ours.confidence_bps, theirs.confidence_bps));
    }
    if (ours.stop, ours.target) != (theirs.stop, theirs.target) {
        said.push("with another stop or target".to_owned());
    }
    if ours.reasons != theirs.reasons {
        said.push("for other reasons".to_owned());
    }
    if !said.is_empty() {
        let text = || format!("both are {}, {}", word(ours.direction), said.join(", "));
        found.add(Cause::Signal, at, || difference(Cause::Signal, key, at, (Some(ours), Some(theirs)), text()));
    }
    if ours.at != theirs.at {
        let text = || format!("signals {}, {}", word(ours.direction), apart(ours.at, theirs.at));
        found.add(Cause::Timing, at, || difference(Cause::Timing, key, at, (Some(ours), Some(theirs)), text()));
    }
    if said.is_empty() && ours.at == theirs.at {
        found.same_signals += 1;
    }
}

fn one(key: &Key, ours: Option<&Signaled>, theirs: Option<&Signaled>, found: &mut Comparison) {
    let Some(signal) = ours.or(theirs) else { return };
    let run = if ours.is_some() { "first" } else { "second" };
    let text = || format!("only the {run} run signals {}", word(signal.direction));
    found.add(Cause::Signal, signal.at, || difference(Cause::Signal, key, signal.at, (ours, theirs), text()));
}

fn difference(
    cause: Cause,
    key: &Key,
    at: Timestamp,
    signals: (Option<&Signaled>, Option<&Signaled>),
    text: String,
) -> Difference {
    let (strategy, instrument) = (Some(key.0.clone()), Some(key.1.clone()));
    let seq = |signal: Option<&Signaled>| signal.map(|signal| signal.seq);
    Difference { cause, at, strategy, instrument, seq_a: seq(signals.0), seq_b: seq(signals.1), text }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Flat => "flat",
    }
}

/// How far the second is after the first.
pub(super) fn apart(ours: Timestamp, theirs: Timestamp) -> String {
    let ns = i128::from(theirs.0) - i128::from(ours.0);
    let (word, ns) = if ns < 0 { ("earlier", -ns) } else { ("later", ns) };
    let seconds = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    format!("{} s {word} in the second run", seconds.trim_end_matches('0').trim_end_matches('.'))
}

pub(super) fn list<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map_or(&[], Vec::as_slice)
}

/// Every key of either, in order.
pub(super) fn keys<'k, K: Ord>(a: impl Iterator<Item = &'k K>, b: impl Iterator<Item = &'k K>) -> Vec<&'k K> {
    let mut keys: Vec<&K> = a.chain(b).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Two lists in the order of time, side by side: the next two go together when they are alike and no more than
/// `within_ns` apart; else the earlier one stands alone.
pub(super) fn aligned<'t, T>(
    a: &'t [T],
    b: &'t [T],
    within_ns: i64,
    at: impl Fn(&T) -> Timestamp,
    alike: impl Fn(&T, &T) -> bool,
) -> Vec<(Option<&'t T>, Option<&'t T>)> {
    let (mut ours, mut theirs) = (a.iter().peekable(), b.iter().peekable());
    let mut pairs = Vec::with_capacity(a.len().max(b.len()));
    loop {
        let pair = match (ours.peek(), theirs.peek()) {
            (None, None) => return pairs,
            (Some(one), Some(other)) => {
                let ns = i128::from(at(one).0) - i128::from(at(other).0);
                if ns.abs() <= i128::from(within_ns) && alike(one, other) {
                    (ours.next(), theirs.next())
                } else if ns <= 0 {
                    (ours.next(), None)
                } else {
                    (None, theirs.next())
                }
            }
            (Some(_), None) => (ours.next(), None),
            (None, Some(_)) => (None, theirs.next()),
        };
        pairs.push(pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_that_are_alike_go_together() {
        let pairs = |a: &[(i64, char)], b: &[(i64, char)], within_ns| {
            let pairs = aligned(a, b, within_ns, |&(at, _)| Timestamp(at), |a, b| a.1 == b.1);
            let name = |one: Option<&(i64, char)>| one.map_or_else(|| "-".to_owned(), |(at, name)| format!("{name}{at}"));
            pairs.into_iter().map(|(a, b)| format!("{} {}", name(a), name(b))).collect::<Vec<_>>().join(", ")
        };
        let (up, down) = ('u', 'd');
        assert_eq!(pairs(&[(1, up), (5, down)], &[(1, up), (5, down)], 0), "u1 u1, d5 d5");
        assert_eq!(pairs(&[(1, up), (5, down)], &[(2, up), (9, down)], 1), "u1 u2, d5 -, - d9");
        assert_eq!(pairs(&[(1, up), (2, up)], &[(2, up)], 0), "u1 -, u2 u2");
        assert_eq!(pairs(&[(1, down), (1, up)], &[(1, up)], 0), "d1 -, u1 u1");
        assert_eq!(pairs(&[], &[(1, up)], 9), "- u1");
        assert_eq!(apart(Timestamp(1_500_000_000), Timestamp(0)), "1.5 s earlier in the second run");
        assert_eq!(apart(Timestamp(0), Timestamp(20_000_000_000)), "20 s later in the second run");
    }
}
