//! Backoff: how long to wait before the next try, longer each time, and never in step with others.

use std::time::Duration;

/// Doubles from `first` to `most`; the wait is between half of it and all of it.
#[derive(Clone, Debug)]
pub(in crate::okx) struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    pub fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, failures: 0 }
    }

    /// The next wait; counts a failure.
    pub fn wait(&mut self) -> Duration {
        let full = self.first.saturating_mul(1 << self.failures.min(20)).min(self.most);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_begin_anew() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(first, most);
        for failure in 0..200 {
            let full = Duration::from_millis(100 << failure.min(10)).min(most);
            let wait = backoff.wait();
            assert!(wait >= full / 2 && wait <= full, "failure {failure}: {wait:?} of {full:?}");
        }
        backoff.reset();
        assert!(backoff.wait() <= first);
    }
}
