//! Trials on several threads, with the same table at the end for any number of them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};

use super::error::ResearchError;
use super::figure::{Figures, Objective};
use super::search::{Proposal, Search};
use super::space::Space;
use super::trial::{Done, Outcome, Trial};

/// Trials that wait for each thread, so that it has work while the last result is made durable.
const WAITING: usize = 2;

/// What is tried at each point.
pub trait Experiment: Sync {
    /// A point that can be run.
    type Ready: Send;

    /// Makes a point ready, or says why its values are at odds.
    fn prepare(&self, values: &[String]) -> Result<Self::Ready, String>;
    /// Runs it. An error ends the study.
    fn run(&self, ready: Self::Ready) -> Result<Done, ResearchError>;
}

/// What a study is to do.
pub struct Plan {
    /// What varies.
    pub space: Space,
    /// How it is searched.
    pub search: Search,
    /// What for.
    pub objective: Objective,
    /// How many trials are wanted; a grid has as many as it has points.
    pub trials: u64,
    /// How many run at once.
    pub threads: NonZeroUsize,
}

/// How far a study is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Trials that have ended, those of before included.
    pub ended: u64,
    /// Trials that there will be.
    pub wanted: u64,
}

impl Plan {
    /// Runs all trials that are not among `known`, and gives all of them in the order of their numbers. `ended` is told of
    /// each as it ends; an error of its ends the study.
    pub fn run<E: Experiment>(
        &self,
        experiment: &E,
        known: Vec<Trial>,
        ended: &mut dyn FnMut(&Trial, Progress) -> Result<(), ResearchError>,
    ) -> Result<Vec<Trial>, ResearchError> {
        let wanted = self.search.trials(&self.space, self.trials)?;
        let known = known.into_iter().filter(|trial| trial.number < wanted).map(|trial| (trial.number, trial)).collect();
        let mut course = Course { plan: self, wanted, next: 0, trials: Vec::new(), ahead: known, points: BTreeSet::new() };
        let (jobs, queue) = channel::<(u64, Vec<String>, E::Ready)>();
        let queue = Mutex::new(queue);
        let (sender, results) = channel();
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get() {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    while let Some((number, values, ready)) = next_job(queue) {
                        let outcome = experiment.run(ready).map(Outcome::Done);
                        // When nobody listens any more, the study has failed.
                        if sender.send(outcome.map(|outcome| Trial { number, values, outcome })).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            // Both are dropped at the end of this, on which the threads end.
            let (jobs, results) = (jobs, results);
            let mut running = 0;
            loop {
                while running < self.threads.get() * WAITING {
                    match course.propose(experiment)? {
                        None => break,
                        Some((number, Proposal::Ready(values, ready))) => {
                            running += 1;
                            jobs.send((number, values, ready)).unwrap_or_else(|_| unreachable!("the queue outlives the study"));
                        }
                        Some((number, Proposal::Refused(values, reason))) => {
                            course.end(Trial { number, values, outcome: Outcome::Refused { reason } }, ended)?;
                        }
                    }
                }
                if running == 0 {
                    break;
                }
                // A thread that panics takes the study with it when the scope ends.
                let Ok(trial) = results.recv() else { break };
                running -= 1;
                course.end(trial?, ended)?;
            }
            Ok(())
        })
        .map(|()| course.trials)
    }

    /// The trials that were run, the best first.
    pub fn ranked<'t>(&self, trials: &'t [Trial]) -> Vec<(&'t Trial, &'t Done)> {
        let mut ranked: Vec<_> = trials.iter().filter_map(|trial| Some((trial, trial.done()?))).collect();
        let merit = |figures: &Figures| self.objective.merit(figures);
        ranked.sort_by(|(_, a), (_, b)| {
            let ((kept_a, a), (kept_b, b)) = (merit(&a.figures), merit(&b.figures));
            kept_b.cmp(&kept_a).then(b.total_cmp(&a))
        });
        ranked
    }

    /// The best trial that keeps all constraints; of equal ones the first.
    pub fn best<'t>(&self, trials: &'t [Trial]) -> Option<(&'t Trial, &'t Done)> {
        let best = self.ranked(trials).into_iter().next();
        best.filter(|(_, done)| self.objective.value(&done.figures).is_some() && self.objective.is_kept(&done.figures))
    }
}

fn next_job<J>(queue: &Mutex<Receiver<J>>) -> Option<J> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// A proposal with its trial's number.
type Numbered<E> = (u64, Proposal<<E as Experiment>::Ready>);

/// Where a study is.
struct Course<'p> {
    plan: &'p Plan,
    wanted: u64,
    /// The number of the next trial to propose.
    next: u64,
    /// The first trials, without a gap.
    trials: Vec<Trial>,
    /// Trials that ended before one of a lower number.
    ahead: BTreeMap<u64, Trial>,
    /// All points proposed so far.
    points: BTreeSet<Vec<String>>,
}

impl Course<'_> {
    /// The next trial, unless it must wait for what others come to, or there is none.
    fn propose<E: Experiment>(&mut self, experiment: &E) -> Result<Option<Numbered<E>>, ResearchError> {
        self.advance();
        while let Some(trial) = self.known(self.next).filter(|_| self.next < self.wanted) {
            let values = trial.values.clone();
            self.points.insert(values);
            self.next += 1;
        }
        let seen = self.plan.search.seen(self.next);
        if self.next >= self.wanted || (self.trials.len() as u64) < seen {
            return Ok(None);
        }
        let seen = &self.trials[..usize::try_from(seen).unwrap_or(0)];
        let Plan { space, search, objective, .. } = self.plan;
        let mut prepare = |values: &[String]| experiment.prepare(values);
        let Some(proposal) = search.propose(self.next, space, (objective, seen), &self.points, &mut prepare) else {
            // All points that can be found were tried.
            self.wanted = self.next;
            return Ok(None);
        };
        if let Proposal::Refused(values, reason) = &proposal
            && self.next == 0
            && *search != Search::Grid
        {
            let sets = space.sets(values).join(" ");
            return Err(ResearchError::Setup(format!("no point of the space can be run, such as {sets}: {reason}")));
        }
        let (Proposal::Ready(values, _) | Proposal::Refused(values, _)) = &proposal;
        self.points.insert(values.clone());
        self.next += 1;
        Ok(Some((self.next - 1, proposal)))
    }

    fn known(&self, number: u64) -> Option<&Trial> {
        let first = usize::try_from(number).ok().and_then(|number| self.trials.get(number));
        first.or_else(|| self.ahead.get(&number))
    }

    fn end(
        &mut self,
        trial: Trial,
        ended: &mut dyn FnMut(&Trial, Progress) -> Result<(), ResearchError>,
    ) -> Result<(), ResearchError> {
        let count = self.trials.len() + self.ahead.len() + 1;
        ended(&trial, Progress { ended: count as u64, wanted: self.wanted })?;
        self.ahead.insert(trial.number, trial);
        self.advance();
        Ok(())
    }

    fn advance(&mut self) {
        while let Some(trial) = self.ahead.remove(&(self.trials.len() as u64)) {
            self.trials.push(trial);
        }
    }
}

#[cfg(test)]
mod tests;
