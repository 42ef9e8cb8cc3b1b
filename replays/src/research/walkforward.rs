//! Parameters chosen on one span of time and tested on the next, again and again: what a search would have earned.

use engine::time::Timestamp;
use serde::Serialize;

use super::error::ResearchError;
use super::experiment::Backtests;
use super::figure::{Figures, figures};
use super::recording::Recording;
use super::study::{Plan, Progress};
use super::windows::{Span, Window};
use crate::backtest::Backtest;
use crate::config::Config;
use crate::metrics::{Closed, Measures, Series};
use crate::report::Outcome;

/// Crypto never closes.
const DAYS_PER_YEAR: f64 = 365.0;

/// A walk through a history.
pub struct WalkForward<'a> {
    /// What each window's search varies.
    pub config: &'a Config,
    /// The whole history.
    pub recording: &'a Recording,
    /// Each window's search.
    pub plan: &'a Plan,
}

/// What a walk came to.
#[derive(Clone, Debug)]
pub struct Walked {
    /// Each window.
    pub windows: Vec<Step>,
    /// All tests, one after the other: each begins with what the one before ended with, in cash, and with strategies that know
    /// the days that were searched. What is open at its end is worth its last price less the fees of selling it.
    pub stitched: Series,
    /// The measures of that curve, and of the tests' trades at its scale.
    pub measures: Measures,
    /// The yearly growth of what was searched, each window as its choice did there.
    pub in_sample_growth: Option<f64>,
    /// The yearly growth of the tests.
    pub out_of_sample_growth: Option<f64>,
    /// The growth of the tests over that of what was searched (Pardo 2008); `None` when the latter did not grow.
    pub efficiency: Option<f64>,
}

/// One window of a walk.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was searched.
    pub train: Span,
    /// What the choice was tested in.
    pub test: Span,
    /// Trials that were run.
    pub trials: u64,
    /// The choice; `None` when no trial kept the constraints, so that the test was sat out.
    pub chosen: Option<Chosen>,
}

/// The best trial of a window, and how it did in both spans.
#[derive(Clone, Debug, Serialize)]
pub struct Chosen {
    /// Its settings, as `--set` takes them.
    pub sets: Vec<String>,
    /// Where it was chosen.
    pub in_sample: Half,
    /// Where it was tested.
    pub out_of_sample: Half,
}

/// A run of the chosen parameters.
#[derive(Clone, Debug, Serialize)]
pub struct Half {
    /// The digest of the run. In sample it is that of a backtest with its settings from and to these times; a test's covers the
    /// days before it too, on which its strategies became warm.
    pub digest: String,
    /// The objective's value.
    pub objective: Option<f64>,
    /// All figures.
    pub figures: Figures,
}

impl WalkForward<'_> {
    /// Walks through the windows. `ended` is told of each trial: the window's number, and how far its search is.
    pub fn run(&self, windows: &[Window], ended: &mut dyn FnMut(usize, Progress)) -> Result<Walked, ResearchError> {
        let mut stitching = Stitching::default();
        let mut steps = Vec::new();
        for (number, window) in windows.iter().enumerate() {
            // What was searched on is let go before there is more of it for the test.
            let trials = {
                let (config, recording) = self.within(window.train)?;
                let backtests = Backtests::new(&config, &self.plan.space, &recording)?;
                self.plan.run(&backtests, Vec::new(), &mut |_, progress| {
                    ended(number, progress);
                    Ok(())
                })?
            };
            let mut step = Step { train: window.train, test: window.test, trials: trials.len() as u64, chosen: None };
            if let Some((trial, done)) = self.plan.best(&trials) {
                let value = |figures: &Figures| self.plan.objective.value(figures);
                let in_sample =
                    Half { digest: done.digest.clone(), objective: value(&done.figures), figures: done.figures.clone() };
                // What was searched is what the strategies have seen when the test begins.
                let (config, recording) = self.within(Span { from: window.train.from, to: window.test.to })?;
                let tested = Backtests::new(&config, &self.plan.space, &recording)?.warm(&trial.values, window.test.from)?;
                let figures = figures(&tested.summary);
                let out_of_sample = Half { digest: tested.summary.digest.clone(), objective: value(&figures), figures };
                let sets = self.plan.space.sets(&trial.values);
                stitching.add(window, &in_sample, &tested);
                step.chosen = Some(Chosen { sets, in_sample, out_of_sample });
            } else {
                stitching.sit_out(window.test);
            }
            steps.push(step);
        }
        Ok(stitching.finish(steps))
    }

    /// The configuration and the history of a span.
    fn within(&self, span: Span) -> Result<(Config, Recording), ResearchError> {
        let mut config = self.config.clone();
        (config.data.from, config.data.to) = (Some(span.from), Some(span.to));
        match self.recording.between(span.from, span.to) {
            Some(recording) => Ok((config, recording)),
            None => Ok(Backtest::prepare(config)?.read()?),
        }
    }
}

/// One curve of several.
#[derive(Default)]
struct Stitching {
    curve: Series,
    closed: Vec<Closed>,
    is_scaled: bool,
    /// Sums of the logarithms of growth, and of days.
    trained: (f64, f64),
    tested: (f64, f64),
}

impl Stitching {
    fn add(&mut self, window: &Window, in_sample: &Half, tested: &Outcome) {
        let Series { at, equity, .. } = &tested.series;
        let Some((&first, &last)) = equity.first().zip(equity.last()).filter(|(first, _)| **first > 0.0) else {
            return self.sit_out(window.test);
        };
        if !std::mem::replace(&mut self.is_scaled, true) {
            // Tests that were sat out before any run began with one.
            self.curve.equity.iter_mut().for_each(|equity| *equity *= first);
        }
        let worth = self.curve.equity.last().copied().unwrap_or(first);
        let scale = worth / first;
        let fresh = |at: Timestamp, curve: &Series| curve.at.last().is_none_or(|last| at > *last);
        for (&at, &equity) in at.iter().zip(equity) {
            if fresh(at, &self.curve) {
                self.curve.at.push(at);
                self.curve.equity.push(equity * scale);
            }
        }
        let scaled = |trade: &Closed| Closed { profit: trade.profit * scale, stake: trade.stake * scale, ..*trade };
        self.closed.extend(tested.closed.iter().map(scaled));
        // What lost everything has no logarithm; nothing below a millionth of what there was tells more.
        let growth = |growth: f64| growth.max(1e-6).ln();
        let trained = in_sample.figures.get("total_return").copied().unwrap_or(0.0);
        self.trained = (self.trained.0 + growth(1.0 + trained), self.trained.1 + window.train.days());
        self.tested = (self.tested.0 + growth(last / first), self.tested.1 + window.test.days());
    }

    fn sit_out(&mut self, span: Span) {
        let worth = self.curve.equity.last().copied().unwrap_or(1.0);
        if self.curve.at.is_empty() {
            self.curve.at.push(span.from);
            self.curve.equity.push(worth);
        }
        self.curve.at.push(span.to);
        self.curve.equity.push(worth);
        self.tested.1 += span.days();
    }

    fn finish(mut self, windows: Vec<Step>) -> Walked {
        self.curve = self.curve.carried_forward();
        let yearly = |(logs, days): (f64, f64)| (days > 0.0).then(|| (logs / days * DAYS_PER_YEAR).exp() - 1.0);
        let (trained, tested) = (yearly(self.trained), yearly(self.tested));
        let efficiency = trained.zip(tested).filter(|(trained, _)| *trained > 0.0).map(|(trained, tested)| tested / trained);
        Walked {
            measures: Measures::of(&self.curve, &self.closed, 0.0),
            windows,
            stitched: self.curve,
            in_sample_growth: trained,
            out_of_sample_growth: tested,
            efficiency: efficiency.filter(|efficiency| efficiency.is_finite()),
        }
    }
}
