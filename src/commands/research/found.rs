//! What a search has found, for people and for programs.

use std::io::{self, Write};
use std::path::Path;

use replays::research::{Header, Overfit, Plan, Trial};
use serde_json::{Value, json};

use super::ranking::{again, row, table};

/// What a search has found.
pub struct Found<'s> {
    pub plan: &'s Plan,
    pub header: &'s Header,
    pub trials: &'s [Trial],
    /// Of the best trial, where there is one.
    pub overfit: Option<Overfit>,
    /// Trials of an earlier time.
    pub resumed: u64,
    /// Trials that were run now.
    pub ran: u64,
    /// Wall time of these.
    pub seconds: f64,
    pub table: &'s Path,
    /// The flags of the history and the strategy, for a trial to be run again.
    pub words: &'s [String],
}

impl Found<'_> {
    /// All of it, with so many of the best trials.
    pub fn document(&self, top: usize) -> Value {
        let Self { plan, header, trials, words, .. } = self;
        let ranked = plan.ranked(trials);
        let constraints: Vec<String> = plan.objective.constraints.iter().map(ToString::to_string).collect();
        json!({
            "search": header.search,
            "space": header.space,
            "objective": {
                "figure": plan.objective.name,
                "direction": plan.objective.direction.to_string(),
                "constraints": constraints,
            },
            "history": { "digest": header.history },
            "trials": trials.len(),
            "refused": trials.len() - ranked.len(),
            "resumed": self.resumed,
            "best": plan.best(trials).map(|best| row(plan, best, words)),
            "top": ranked.iter().take(top).map(|&ranked| row(plan, ranked, words)).collect::<Vec<_>>(),
            "overfit": self.overfit,
            "table": self.table,
            "threads": plan.threads.get(),
            "seconds": self.seconds,
            "trials_per_second": self.rate(),
        })
    }

    /// The same on a terminal.
    pub fn print(&self, top: usize, out: &mut dyn Write) -> io::Result<()> {
        let Self { plan, trials, .. } = self;
        let ranked = plan.ranked(trials);
        let shown = &ranked[..top.min(ranked.len())];
        writeln!(out, "TRIALS: {} of {}, {}\n{}", shown.len(), trials.len(), plan.objective, table(plan, shown))?;
        let refused = trials.len() - ranked.len();
        if refused > 0 {
            writeln!(out, "{refused} points could not be run: the table says why of each.")?;
        }
        match (plan.best(trials), &self.overfit) {
            (Some((best, _)), Some(overfit)) => {
                let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
                writeln!(out, "\nIS IT CHANCE?")?;
                writeln!(out, "  Deflated Sharpe ratio        {}", share(overfit.deflated_sharpe.value()))?;
                writeln!(out, "  Probability of overfitting   {}", share(overfit.probability_of_overfitting))?;
                for sentence in &overfit.verdict {
                    writeln!(out, "  {sentence}")?;
                }
                writeln!(out, "\nThe best one again, with its log:\n  {}", again(plan, best, self.words))?;
            }
            _ => writeln!(out, "\nNo trial is the best one: {}.", plan.objective)?,
        }
        let (table, ran, seconds, rate) = (self.table.display(), self.ran, self.seconds, self.rate());
        writeln!(out, "\nAll trials are in {table}; {ran} ran in {seconds:.1} s, {rate:.1} a second.")
    }

    fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.ran as f64 / self.seconds } else { 0.0 }
    }
}
