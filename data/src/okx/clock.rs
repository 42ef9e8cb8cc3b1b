//! Clock: the venue's time, as this machine can know it.
//!
//! It runs on the monotonic clock, so that a step of this machine's wall clock changes nothing; until the first
//! measurement it begins at that wall clock.
//!
//! An honest answer bounds the truth: the venue looked at its clock after it was asked and before the answer was here. What
//! several answers agree on bounds it closer than the fastest of them, however unevenly their ways took. The clock keeps
//! what all measurements leave possible, and its time is the middle of that. So a slow answer moves nothing, and one
//! that contradicts the others is left out; only several that agree can move the clock to where it was not thought possible.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

/// The venue says milliseconds: it may be nearly one more, in microseconds.
const GRAIN_US: i64 = 1_000;
/// The slowest round trip that says anything: orders live for seconds.
const SLOWEST: Duration = Duration::from_secs(2);
/// How much two clocks may drift apart, in parts of a million.
const DRIFT_PPM: i64 = 200;
/// So many answers of one measurement have to agree before the clock jumps, or two measurements.
const JUMP_WITH: usize = 3;

/// The venue's clock, shared by all that signs.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    kept: Mutex<Option<Kept>>,
    wall_at_origin_us: i64,
    wanted: Notify,
}

/// One question for the time, and its answer. Times are since the clock's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// When it was asked.
    pub sent: Duration,
    /// When the answer was here.
    pub received: Duration,
    /// What the venue said, in Unix milliseconds.
    pub venue_ms: i64,
}

/// What the venue's clock said at our clock's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Unix microseconds of the venue at the origin.
    pub venue_at_origin_us: i64,
    /// How far off it may be, in microseconds.
    pub error_us: i64,
}

/// What is left possible, and when it was measured.
#[derive(Clone, Copy, Debug)]
struct Kept {
    span: Span,
    at: Duration,
    /// What the last measurement said, where it contradicts and too few answers of it agree.
    doubt: Option<Span>,
}

/// From when to when it may have been at the venue at our clock's origin, in Unix microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from_us: i64,
    to_us: i64,
}

impl RoundTrip {
    fn lasted(&self) -> Duration {
        self.received.saturating_sub(self.sent)
    }

    fn span(&self) -> Span {
        let venue_us = self.venue_ms.saturating_mul(1_000);
        let to_us = venue_us.saturating_add(GRAIN_US).saturating_sub(micros(self.sent));
        Span { from_us: venue_us.saturating_sub(micros(self.received)), to_us }
    }
}

impl Span {
    /// What both leave possible.
    fn common(self, other: Self) -> Option<Self> {
        let (from_us, to_us) = (self.from_us.max(other.from_us), self.to_us.min(other.to_us));
        (from_us <= to_us).then_some(Self { from_us, to_us })
    }

    fn widened(self, us: i64) -> Self {
        Self { from_us: self.from_us.saturating_sub(us), to_us: self.to_us.saturating_add(us) }
    }

    fn width_us(self) -> i64 {
        self.to_us.saturating_sub(self.from_us)
    }

    fn estimate(self) -> Estimate {
        Estimate { venue_at_origin_us: i64::midpoint(self.from_us, self.to_us), error_us: self.width_us() / 2 }
    }
}

/// What most of these leave possible, and how many they are: the span that most of them share, of several the narrowest.
fn agreed(spans: &[Span]) -> Option<(Span, usize)> {
    // Where most spans are at once, one of them begins.
    let shared = spans.iter().map(|begins| {
        let sharing = spans.iter().filter(|span| span.from_us <= begins.from_us && begins.from_us <= span.to_us);
        sharing.fold((*begins, 0), |(shared, count), span| (shared.common(*span).unwrap_or(shared), count + 1))
    });
    shared.max_by_key(|(span, count)| (*count, std::cmp::Reverse(span.width_us())))
}

impl Default for Clock {
    fn default() -> Self {
        Self { origin: Instant::now(), kept: Mutex::default(), wall_at_origin_us: wall_us(), wanted: Notify::new() }
    }
}

impl Clock {
    /// The venue's time, in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        let at_origin = self.estimate().map_or(self.wall_at_origin_us, |estimate| estimate.venue_at_origin_us);
        at_origin.saturating_add(micros(self.elapsed())).div_euclid(1_000)
    }

    /// Time since this clock's origin: what round trips are told in.
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    /// What is known; `None` before a measurement.
    pub fn estimate(&self) -> Option<Estimate> {
        self.kept().map(|kept| kept.span.estimate())
    }

    /// How far the venue's clock is ahead of this machine's wall clock, in milliseconds. `None` before a measurement.
    pub fn skew_ms(&self) -> Option<i64> {
        let venue_us = self.estimate()?.venue_at_origin_us.saturating_add(micros(self.elapsed()));
        Some(venue_us.saturating_sub(wall_us()) / 1_000)
    }

    /// Takes a measurement in, the round trips of one time. `None` when it does not tell the time: all were too slow (of a
    /// first one a slow answer is better than none), or what they say contradicts what is known and may be a mistake.
    pub fn measured(&self, trips: &[RoundTrip]) -> Option<Estimate> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fast = |trip: &&RoundTrip| trip.lasted() <= SLOWEST;
        let takes_all = kept.is_none() && !trips.iter().any(|trip| is_fast(&trip));
        let usable = || trips.iter().filter(|trip| takes_all || is_fast(trip));
        let at = usable().map(|trip| trip.received).max()?;
        let spans: Vec<Span> = usable().map(RoundTrip::span).collect();
        let (span, count) = agreed(&spans)?;
        let span = match *kept {
            None => span,
            Some(before) => {
                let drift_us = micros(at.saturating_sub(before.at)).saturating_mul(DRIFT_PPM) / 1_000_000;
                let known = before.span.widened(drift_us);
                let is_again = before.doubt.is_some_and(|doubt| doubt.widened(drift_us).common(span).is_some());
                match known.common(span) {
                    Some(common) => common,
                    None if count >= JUMP_WITH || is_again => span,
                    None => {
                        *kept = Some(Kept { span: known, at, doubt: Some(span) });
                        return None;
                    }
                }
            }
        };
        *kept = Some(Kept { span, at, doubt: None });
        Some(span.estimate())
    }

    /// The venue refused our time: asks for a new measurement.
    pub fn want_measurement(&self) {
        self.wanted.notify_one();
    }

    /// Waits until a new measurement is asked for.
    pub async fn measurement_wanted(&self) {
        self.wanted.notified().await;
    }

    fn kept(&self) -> Option<Kept> {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn wall_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What the venue's clock says at our origin, in microseconds.
    const TRUTH_US: i64 = 1_704_067_200_000_400;

    fn trip(sent_ms: u64, received_ms: u64, venue_ms: i64) -> RoundTrip {
        RoundTrip { sent: Duration::from_millis(sent_ms), received: Duration::from_millis(received_ms), venue_ms }
    }

    /// An answer of an honest venue: asked at a time, with so long a way there and back, all in microseconds.
    fn honest(sent_us: u64, there_us: u64, back_us: u64) -> RoundTrip {
        let looked_us = TRUTH_US + (sent_us + there_us).cast_signed();
        let received = Duration::from_micros(sent_us + there_us + back_us);
        RoundTrip { sent: Duration::from_micros(sent_us), received, venue_ms: looked_us.div_euclid(1_000) }
    }

    /// How far off an estimate is, in microseconds.
    fn error_us(estimate: Estimate) -> i64 {
        (estimate.venue_at_origin_us - TRUTH_US).abs()
    }

    #[test]
    fn what_the_answers_share_counts() {
        let of = |trips: &[RoundTrip]| Clock::default().measured(trips);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[trip(0, 2_001, 5)]).unwrap().error_us, 1_001_000, "nothing better is known");
        let one = of(&[trip(100, 140, 1_000_120)]).unwrap();
        assert_eq!(one, Estimate { venue_at_origin_us: 1_000_000_500, error_us: 20_500 });
        // A slow answer and a venue that jumped once do not move it.
        let trips = [trip(0, 900, 1_000_010), trip(1_000, 1_010, 1_001_005), trip(1_100, 1_110, 1_061_105)];
        let two = of(&trips).unwrap();
        assert_eq!(two, Estimate { venue_at_origin_us: 1_000_000_500, error_us: 5_500 });
        // Nothing that the venue says can overflow it.
        assert!(of(&[trip(0, 1, i64::MAX), trip(0, 1, i64::MIN), trip(0, 1, i64::MAX)]).is_some());
    }

    #[test]
    fn one_lying_measurement_moves_nothing_and_three_answers_that_agree_do() {
        let clock = Clock::default();
        let before = clock.measured(&[trip(0, 10, 1_000_005), trip(20, 30, 1_000_025), trip(40, 50, 1_000_045)]).unwrap();
        let lies = |count: u64| (0..count).map(|n| trip(100 + n * 20, 110 + n * 20, 1_045_105 + n.cast_signed() * 20));
        for count in 1..JUMP_WITH as u64 {
            assert_eq!(clock.measured(&lies(count).collect::<Vec<_>>()), None, "to be measured again");
            let after = clock.estimate().unwrap();
            assert!((after.venue_at_origin_us, after.error_us - before.error_us < 100) == (before.venue_at_origin_us, true));
            clock.measured(&[trip(200, 210, 1_000_205)]).unwrap();
        }
        assert_eq!(clock.measured(&[trip(0, 2_001, 5)]), None, "too slow to say anything");
        let honest = [trip(200, 210, 1_000_205), trip(220, 230, 1_000_225)];
        let mixed: Vec<RoundTrip> = lies(2).chain(honest).collect();
        assert_eq!(clock.measured(&mixed).unwrap().venue_at_origin_us, before.venue_at_origin_us, "two against two");
        // The venue's clock was set: the same word again and again, at one time or at two.
        let twice = Clock::default();
        twice.measured(&[trip(0, 10, 1_000_005)]).unwrap();
        assert_eq!(twice.measured(&lies(1).collect::<Vec<_>>()), None);
        assert_eq!(twice.measured(&lies(1).collect::<Vec<_>>()).unwrap().venue_at_origin_us, 1_045_000_500);
        let jumped = clock.measured(&lies(3).collect::<Vec<_>>()).unwrap();
        assert_eq!(jumped.venue_at_origin_us, 1_045_000_500);
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let clock = Clock::default();
        // 100 parts of a million too fast, measured each minute over 1 ms.
        for minute in 0..600_u64 {
            let (sent_us, drift_us) = (minute * 60_000_000, (minute * 6_000).cast_signed());
            let trips: Vec<RoundTrip> = (0..5)
                .map(|n| honest(sent_us + n * 2_000, 500, 500))
                .map(|trip| RoundTrip { venue_ms: trip.venue_ms + drift_us / 1_000, ..trip })
                .collect();
            let estimate = clock.measured(&trips).unwrap();
            assert!((estimate.venue_at_origin_us - TRUTH_US - drift_us).abs() <= 2_500, "minute {minute}: {estimate:?}");
        }
    }

    #[test]
    fn it_runs_on_from_what_was_measured() {
        let clock = Clock::default();
        let wall_ms = wall_us() / 1_000;
        assert!((clock.now_ms() - wall_ms).abs() < 1_000 && clock.skew_ms().is_none());
        clock.measured(&[trip(0, 0, 5_000)]).unwrap();
        assert!((5_000..6_000).contains(&clock.now_ms()), "{}", clock.now_ms());
        assert!(clock.skew_ms().unwrap() < -1_000_000_000);
    }

    proptest! {
        /// However slow and however uneven the ways are, the clock is off by half of the fastest round trip at most, and
        /// by half of the millisecond that the venue does not say; and what is said of the error is true.
        #[test]
        fn the_error_is_below_half_of_the_fastest_round_trip(
            measurements in vec(vec((0_u64..1_500_000, 0_u64..1_500_000), 1..6), 1..8),
        ) {
            let clock = Clock::default();
            let (mut sent_us, mut fastest_us) = (0, i64::MAX);
            for ways in measurements {
                let trips: Vec<RoundTrip> = ways.iter().map(|&(there_us, back_us)| {
                    sent_us += there_us + back_us;
                    honest(sent_us - there_us - back_us, there_us, back_us)
                }).collect();
                let usable = ways.iter().map(|(there_us, back_us)| (there_us + back_us).cast_signed()).filter(|us| *us <= 2_000_000);
                fastest_us = usable.min().map_or(fastest_us, |us| us.min(fastest_us));
                if let Some(estimate) = clock.measured(&trips) {
                    // What was measured long ago counts less: the clocks drift.
                    let drift_us = sent_us.cast_signed() * DRIFT_PPM / 1_000_000 + 1;
                    prop_assert!(error_us(estimate) <= estimate.error_us + 1);
                    prop_assert!(error_us(estimate) <= i64::midpoint(fastest_us, GRAIN_US) + drift_us, "{estimate:?}, {fastest_us}");
                }
            }
        }

        /// One answer of a measurement that says anything at all moves the clock by no more than what honest answers
        /// leave possible.
        #[test]
        fn a_lie_is_bounded_by_what_honest_answers_leave_possible(
            ways in vec((0_u64..300_000, 0_u64..300_000), 4),
            lie_ms in -100_000_i64..100_000,
            (there_us, back_us) in (0_u64..300_000, 0_u64..300_000),
            place in 0_usize..5,
        ) {
            let mut sent_us = 0;
            let mut trips: Vec<RoundTrip> = ways.iter().map(|&(there_us, back_us)| {
                sent_us += 700_000;
                honest(sent_us, there_us, back_us)
            }).collect();
            let slowest_us = ways.iter().map(|(there_us, back_us)| (there_us + back_us).cast_signed()).max().unwrap();
            let told = honest(5_000_000, there_us, back_us);
            trips.insert(place, RoundTrip { venue_ms: told.venue_ms + lie_ms, ..told });
            let estimate = Clock::default().measured(&trips).unwrap();
            prop_assert!(error_us(estimate) <= slowest_us + GRAIN_US, "{estimate:?}");
        }
    }
}
