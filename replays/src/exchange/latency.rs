//! How long a message is on its way.

use engine::time::Timestamp;

use super::random::Random;

const MICROSECOND_NS: u64 = 1_000;

/// A one-way connection: messages arrive after its latency, and in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Route {
    name: &'static str,
    latency_ns: u64,
    jitter_ns: u64,
    random: Random,
    last_arrival: Timestamp,
}

impl Route {
    /// A connection whose chance is seeded by `seed` and its name.
    pub(super) fn new(name: &'static str, latency_us: u32, jitter_us: u32) -> Self {
        Self {
            name,
            latency_ns: u64::from(latency_us) * MICROSECOND_NS,
            jitter_ns: u64::from(jitter_us) * MICROSECOND_NS,
            random: Random::new(0, name),
            last_arrival: Timestamp(i64::MIN),
        }
    }

    /// Starts its chance again from the session's seed.
    pub(super) fn seed(&mut self, seed: u64) {
        self.random = Random::new(seed, self.name);
    }

    /// Takes as long as this from here on; its chance and what is on its way stay.
    pub(super) fn change(&mut self, latency_us: u32, jitter_us: u32) {
        self.latency_ns = u64::from(latency_us) * MICROSECOND_NS;
        self.jitter_ns = u64::from(jitter_us) * MICROSECOND_NS;
    }

    /// Whether messages arrive at the instant at which they were sent.
    pub(super) fn is_instant(&self) -> bool {
        self.latency_ns == 0 && self.jitter_ns == 0
    }

    /// When something sent now arrives: never before what was sent earlier.
    pub(super) fn arrival(&mut self, sent: Timestamp) -> Timestamp {
        let jitter = if self.jitter_ns == 0 { 0 } else { self.random.up_to(self.jitter_ns) };
        let delay = i64::try_from(self.latency_ns + jitter).unwrap_or(i64::MAX);
        self.last_arrival = self.last_arrival.max(sent.plus_ns(delay));
        self.last_arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_in_its_range_and_never_reorders() {
        let mut route = Route::new("feed", 10, 5);
        route.seed(3);
        let mut last = 0;
        for sent in (0..2_000_000).step_by(700) {
            let arrived = route.arrival(Timestamp(sent)).0;
            assert!(arrived >= last && (10_000..=15_000).contains(&(arrived - sent)), "sent {sent}, arrived {arrived}");
            last = arrived;
        }
    }

    #[test]
    fn without_latency_nothing_waits() {
        let mut route = Route::new("entry", 0, 0);
        assert!(route.is_instant());
        assert_eq!(route.arrival(Timestamp(5)), Timestamp(5));
    }
}
