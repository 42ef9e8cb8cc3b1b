//! Clock: the venue's time, as this machine can know it.
//!
//! It runs on the monotonic clock, so that a step of this machine's wall clock changes nothing; until the first
//! measurement it begins at that wall clock.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

/// The venue's clock, shared by all that signs.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    estimate: Mutex<Option<Estimate>>,
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
    /// How far off it may be, in microseconds: half a round trip.
    pub error_us: i64,
}

impl Estimate {
    /// The median of several round trips: one slow answer, or one lying one, moves nothing.
    pub fn of(trips: &[RoundTrip]) -> Option<Self> {
        let mut estimates: Vec<Self> = trips.iter().map(RoundTrip::estimate).collect();
        estimates.sort_unstable_by_key(|estimate| estimate.venue_at_origin_us);
        estimates.get(estimates.len() / 2).copied()
    }
}

impl RoundTrip {
    /// The venue is taken to have looked at its clock halfway.
    fn estimate(&self) -> Estimate {
        let (sent, received) = (micros(self.sent), micros(self.received));
        let error_us = received.saturating_sub(sent) / 2;
        let halfway = sent.saturating_add(error_us);
        Estimate { venue_at_origin_us: self.venue_ms.saturating_mul(1_000).saturating_sub(halfway), error_us }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self { origin: Instant::now(), estimate: Mutex::default(), wall_at_origin_us: wall_us(), wanted: Notify::new() }
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

    /// What was measured last.
    pub fn estimate(&self) -> Option<Estimate> {
        *self.estimate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the venue's clock is ahead of this machine's wall clock, in milliseconds. `None` before a measurement.
    pub fn skew_ms(&self) -> Option<i64> {
        let venue_us = self.estimate()?.venue_at_origin_us.saturating_add(micros(self.elapsed()));
        Some(venue_us.saturating_sub(wall_us()) / 1_000)
    }

    /// Takes over what was measured.
    pub fn set(&self, estimate: Estimate) {
        *self.estimate.lock().unwrap_or_else(PoisonError::into_inner) = Some(estimate);
    }

    /// The venue refused our time: asks for a new measurement.
    pub fn want_measurement(&self) {
        self.wanted.notify_one();
    }

    /// Waits until a new measurement is asked for.
    pub async fn measurement_wanted(&self) {
        self.wanted.notified().await;
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
    use super::*;

    fn trip(sent_ms: u64, received_ms: u64, venue_ms: i64) -> RoundTrip {
        RoundTrip { sent: Duration::from_millis(sent_ms), received: Duration::from_millis(received_ms), venue_ms }
    }

    #[test]
    fn the_median_round_trip_counts_with_half_of_it_as_error() {
        assert_eq!(Estimate::of(&[]), None);
        let one = Estimate::of(&[trip(100, 140, 1_000_120)]).unwrap();
        assert_eq!(one, Estimate { venue_at_origin_us: 1_000_000_000, error_us: 20_000 });
        // A slow answer and a venue that jumped once do not move it.
        let trips = [trip(0, 900, 1_000_010), trip(1_000, 1_010, 1_001_005), trip(1_100, 1_110, 1_061_105)];
        assert_eq!(Estimate::of(&trips).unwrap(), Estimate { venue_at_origin_us: 1_000_000_000, error_us: 5_000 });
        // Nothing that the venue says can overflow it.
        assert!(Estimate::of(&[trip(0, 1, i64::MAX), trip(0, 1, i64::MIN)]).is_some());
    }

    #[test]
    fn it_runs_on_from_what_was_measured() {
        let clock = Clock::default();
        let wall_ms = wall_us() / 1_000;
        assert!((clock.now_ms() - wall_ms).abs() < 1_000 && clock.skew_ms().is_none());
        clock.set(Estimate { venue_at_origin_us: 5_000_000, error_us: 0 });
        assert!((5_000..6_000).contains(&clock.now_ms()), "{}", clock.now_ms());
        assert!(clock.skew_ms().unwrap() < -1_000_000_000);
    }
}
