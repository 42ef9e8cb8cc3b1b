//! Keeping the clock: it is measured at once, regularly, and when the venue refuses a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::call::Call;
use super::{OkxError, Rest};
use crate::okx::clock::{Estimate, RoundTrip};
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::ServerTime;

/// Round trips of one measurement.
const ROUND_TRIPS: usize = 5;
/// Between measurements that the venue's refusals ask for.
const AT_MOST_EVERY: Duration = Duration::from_secs(2);

impl Rest {
    /// Measures the venue's clock, and sets ours by it. One lost, slow or wrong answer of several does not matter.
    pub async fn measure_clock(&self) -> Result<Estimate, OkxError> {
        let call = Call::public("public/time", Charge::one(Budget::Time));
        let (mut trips, mut failure) = (Vec::with_capacity(ROUND_TRIPS), None);
        for _ in 0..ROUND_TRIPS {
            // What it waits for its turn is no part of the way.
            if let Err(error) = self.turn(&call).await {
                failure = Some(error);
                break;
            }
            let sent = self.clock.elapsed();
            let reply = match self.send::<ServerTime>(&call).await {
                Ok(reply) => reply,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            let received = self.clock.elapsed();
            if let Some(Ok(venue_ms)) = reply.data.first().map(|time| time.ts.integer("ts")) {
                trips.push(RoundTrip { sent, received, venue_ms });
            }
        }
        let is_slow = !trips.is_empty();
        self.clock.measured(&trips).ok_or_else(|| {
            let reason = if is_slow { "too slow, or not what it said before" } else { "no time in it" };
            let unreadable = || OkxError::Unreadable { asked: call.asked(), status: 200, reason: reason.to_owned() };
            failure.unwrap_or_else(unreadable)
        })
    }
}

/// Keeps the clock of a client measured, until it is dropped.
#[derive(Debug)]
pub struct ClockKeeper {
    task: JoinHandle<()>,
}

impl ClockKeeper {
    /// Measures now, each `every`, and when it is asked for. A failure is tried again at the next turn.
    pub fn start(rest: Arc<Rest>, every: Duration) -> Self {
        let task = tokio::spawn(async move {
            loop {
                let measured = rest.measure_clock().await.is_ok();
                let pause = if measured { every } else { AT_MOST_EVERY };
                tokio::time::sleep(AT_MOST_EVERY.min(pause)).await;
                let rest_of_it = pause.saturating_sub(AT_MOST_EVERY);
                let _ = tokio::time::timeout(rest_of_it, rest.clock.measurement_wanted()).await;
            }
        });
        Self { task }
    }
}

impl Drop for ClockKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
