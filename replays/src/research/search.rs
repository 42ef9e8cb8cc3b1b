//! Which point is tried next.

use std::collections::BTreeSet;
use std::fmt;

use super::chance::Chance;
use super::error::ResearchError;
use super::figure::Objective;
use super::space::Space;
use super::tpe;
use super::trial::Trial;

/// Points of a grid at the most: its trials are kept in memory.
const MAX_GRID: u64 = 1_000_000;
/// How often a point is drawn anew that cannot be run, or was drawn before.
const DRAWS: u64 = 200;

/// How a search goes through a space.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// Every point once, the last dimension fastest.
    Grid,
    /// Points at random, each at most once.
    Random {
        /// Of what is drawn.
        seed: u64,
    },
    /// At random at first, then where good trials are dense and bad ones are not: a tree-structured Parzen estimator
    /// (Bergstra, Bardenet, Bengio and Kégl 2011).
    ///
    /// A trial of batch `b` is chosen by what came of the batches before `b - 1`, however many threads there are. So
    /// all threads have work as long as they are no more than two batches.
    Tpe {
        /// Of what is drawn.
        seed: u64,
        /// Trials in a batch; at least 1.
        batch: u64,
    },
}

/// A point to try.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal<R> {
    /// It can be run.
    Ready(Vec<String>, R),
    /// Its values are at odds, for this reason.
    Refused(Vec<String>, String),
}

impl Search {
    /// How many trials there will be, when `wanted` are wanted.
    pub fn trials(&self, space: &Space, wanted: u64) -> Result<u64, ResearchError> {
        if *self != Self::Grid {
            return Ok(wanted);
        }
        let too_many = |points: String| ResearchError::Grid { space: space.texts().join(" "), points };
        match space.points() {
            Some(points) if points <= MAX_GRID => Ok(points),
            Some(points) => Err(too_many(format!("{points} points, and {MAX_GRID} is the most"))),
            None => Err(too_many("more points than can be counted".to_owned())),
        }
    }

    /// How many of the first trials the choice of a trial depends on.
    pub fn seen(&self, number: u64) -> u64 {
        match self {
            Self::Grid | Self::Random { .. } => 0,
            Self::Tpe { batch, .. } => (number / batch).saturating_sub(1) * batch,
        }
    }

    /// The point of trial `number`. `seen` are the first [`Search::seen`] trials, `known` the points of all trials before;
    /// `prepare` makes a point ready, or says why it cannot be. `None` when no new point is found.
    pub fn propose<R>(
        &self,
        number: u64,
        space: &Space,
        (objective, seen): (&Objective, &[Trial]),
        known: &BTreeSet<Vec<String>>,
        prepare: &mut dyn FnMut(&[String]) -> Result<R, String>,
    ) -> Option<Proposal<R>> {
        let mut ready = |values: Vec<String>| match prepare(&values) {
            Ok(ready) => Proposal::Ready(values, ready),
            Err(reason) => Proposal::Refused(values, reason),
        };
        let (seed, learned) = match self {
            Self::Grid => return Some(ready(space.point(number))),
            Self::Random { seed } => (*seed, None),
            Self::Tpe { seed, .. } => (*seed, tpe::Learned::from(space, objective, seen)),
        };
        let mut chance = Chance::new(seed, "search", number);
        let mut refused = None;
        for draw in 0..DRAWS {
            // What has converged proposes the same again and again: then chance takes over.
            let values = match learned.as_ref().filter(|_| draw < DRAWS / 2) {
                Some(learned) => learned.propose(space, &mut chance),
                None => space.0.iter().map(|dimension| dimension.range.at(chance.unit())).collect(),
            };
            if known.contains(&values) {
                continue;
            }
            match ready(values) {
                Proposal::Refused(values, reason) => refused = Some(Proposal::Refused(values, reason)),
                ready @ Proposal::Ready(..) => return Some(ready),
            }
        }
        refused
    }
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grid => f.write_str("grid"),
            Self::Random { seed } => write!(f, "random, seed {seed}"),
            Self::Tpe { seed, batch } => write!(f, "tpe, seed {seed}, batches of {batch}"),
        }
    }
}
