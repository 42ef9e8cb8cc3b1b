//! Whether the engine still takes in what the venue tells: one that hangs must not look alive to the dead man's switch.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An engine that leaves facts lying for so long does not live.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// Beats with each fact that the engine takes.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicU64>);

/// An eye on a pulse.
#[derive(Debug)]
pub struct PulseWatch {
    pulse: Pulse,
    /// How often it had beaten when it was last seen to live, and when that was.
    last: (u64, Instant),
}

impl Pulse {
    /// The engine has taken a fact.
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl PulseWatch {
    /// Watches from now on.
    pub fn new(pulse: Pulse) -> Self {
        let count = pulse.0.load(Ordering::Relaxed);
        Self { pulse, last: (count, Instant::now()) }
    }

    /// Whether the engine lives at `now`, while `waiting` facts wait for it: it does when none waits, and when it took one lately.
    pub fn is_alive(&mut self, waiting: usize, now: Instant) -> bool {
        let count = self.pulse.0.load(Ordering::Relaxed);
        if waiting == 0 || count != self.last.0 {
            self.last = (count, now);
        }
        now.saturating_duration_since(self.last.1) < STUCK_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_leaves_facts_lying_is_not_alive() {
        let pulse = Pulse::default();
        let mut watch = PulseWatch::new(pulse.clone());
        let after = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert!(watch.is_alive(0, after(60)), "nothing waits: it is idle");
        assert!(watch.is_alive(3, after(64)) && !watch.is_alive(3, after(66)));
        pulse.beat();
        assert!(watch.is_alive(9_000, after(67)), "it goes on");
        assert!(!watch.is_alive(9_000, after(73)));
        assert!(watch.is_alive(0, after(74)));
    }
}
