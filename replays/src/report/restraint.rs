//! What held the run back: denials by reason, breakers, adjustments, alerts.

use std::collections::BTreeMap;

use engine::event::{Adjustment, Decision, Parameter, Trip};
use engine::number::Figure;
use engine::state::{State, Trading};
use engine::time::Timestamp;
use serde::Serialize;

/// What held a run back, and how it stands at its end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Restraint {
    /// How often each reason denied something.
    pub denials: BTreeMap<&'static str, u64>,
    /// How often each breaker tripped.
    pub breakers: BTreeMap<String, u64>,
    /// How often the controller adjusted something.
    pub adjustments: u64,
    /// The last least confidence that it set, in basis points.
    pub min_confidence_bps: Option<u32>,
    /// The last scale of entries that it set, in basis points.
    pub size_scale_bps: Option<u32>,
    /// The last health score, 0 to 100.
    pub health: Option<Figure>,
    /// What a person should have known.
    pub alerts: u64,
    /// What stops new exposure at the end until an operator resumes, and since when.
    pub stopped_by: Option<Stop>,
}

/// What stops new exposure.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// A breaker, or an operator.
    pub by: String,
    /// Since when; `None` where an operator did it.
    pub since: Option<Timestamp>,
}

impl Restraint {
    pub(super) fn decided(&mut self, at: Timestamp, decision: &Decision) {
        match decision {
            Decision::Denied(denial) => *self.denials.entry(denial.reason.name()).or_default() += 1,
            Decision::BreakerTripped(trip) => self.tripped(at, trip),
            Decision::ParameterAdjusted(adjustment) => self.adjusted(adjustment),
            Decision::HealthAssessed(health) => self.health = Some(health.score),
            Decision::Alert(_) => self.alerts += 1,
            _ => {}
        }
    }

    fn tripped(&mut self, at: Timestamp, trip: &Trip) {
        *self.breakers.entry(trip.breaker.to_string()).or_default() += 1;
        if trip.until.is_none() {
            self.stopped_by = Some(Stop { by: trip.breaker.to_string(), since: Some(at) });
        }
    }

    fn adjusted(&mut self, adjustment: &Adjustment) {
        self.adjustments += 1;
        match adjustment.parameter {
            Parameter::MinConfidence => self.min_confidence_bps = Some(adjustment.to_bps),
            Parameter::SizeScale => self.size_scale_bps = Some(adjustment.to_bps),
        }
    }

    pub(super) fn finish(mut self, state: &State) -> Self {
        let is_stopped = state.pauses.values().any(Option::is_none);
        self.stopped_by = self.stopped_by.filter(|_| is_stopped);
        if state.trading == Trading::Halted && self.stopped_by.is_none() {
            self.stopped_by = Some(Stop { by: "operator".to_owned(), since: None });
        }
        self
    }
}
