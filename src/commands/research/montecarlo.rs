//! `tickfold montecarlo`: what else could have come of a run's days and trades.

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use replays::rebuild::rebuild;
use replays::research::{Courses, MonteCarlo as Simulation, Spread, usual_block};
use serde_json::json;

use super::{number, percent, table_of, threads};
use crate::cli::Globals;
use crate::commands::recorded::refuse_settings;
use crate::exit::{Exit, Failure};
use crate::runs::{OpenRun, RunStore};

/// Draw other courses of a run's days and trades, for intervals instead of one number
///
/// Days in blocks: consecutive days are drawn together (the stationary bootstrap: Politis and Romano 1994), so that what hangs
/// together stays together. Trades shuffled: the trades in other orders; the end is the same, the way there is not. Trades drawn:
/// as many trades, each from all of them. A trade counts as a share of what the trades before it had made of the first equity.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold montecarlo last
  tickfold montecarlo last --samples 10000 --block 20 --ruin 0.3
  tickfold montecarlo last --json | jq '.courses[] | {method, ruin_probability}'")]
pub struct MonteCarlo {
    /// The run: its id or the beginning of it, `last`, or its folder
    #[arg(value_name = "RUN")]
    run: String,
    /// How many courses of each method
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    samples: u32,
    /// Of all that is drawn
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The mean length of a block, in days [default: the cube root of the run's days]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    block: Option<u32>,
    /// The share of the first equity whose loss is ruin, above 0 and up to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    ruin: f64,
    /// How many threads draw; the result is the same [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "it is a share above 0 and up to 1, such as 0.5".to_owned())
}

impl MonteCarlo {
    /// Draws, and prints the intervals.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        refuse_settings("montecarlo", globals)?;
        let OpenRun { id, mut reader, .. } = RunStore::new(&globals.runs).open(&self.run)?;
        let (state, report) = rebuild(&mut reader)?;
        let digest = reader.digest().map(|digest| digest.to_string()).unwrap_or_default();
        let ran = report.outcome(&state, digest, 0.0);
        let days = ran.series.returns().len();
        let block_days = self.block.map_or_else(|| usual_block(days), f64::from);
        let threads = threads(self.threads);
        let simulation = Simulation { runs: self.samples, seed: self.seed, block_days, ruin_share: self.ruin, threads };
        let courses = simulation.run(&ran.series, &ran.closed);
        if courses.is_empty() {
            let message =
                format!("run {id} has {days} daily returns and {} closed trades: two of one kind are needed", ran.closed.len());
            return Err(Failure::new(Exit::Data, message));
        }
        if globals.json {
            let document = json!({
                "run_id": id,
                "digest": ran.summary.digest,
                "samples": self.samples,
                "seed": self.seed,
                "block_days": block_days,
                "ruin_share": self.ruin,
                "courses": courses,
                "conventions": {
                    "returns": "daily equity at 00:00 UTC, whole days only; trades net of fees, as shares of the realised equity",
                    "sharpe": "annualised over 365 days; null for courses of trades, which have no length",
                    "ruin": "the equity falls to 1 - ruin_share of the first one at some time",
                },
            });
            return Ok(writeln!(out, "{document:#}")?);
        }
        let mut table = table_of(2, &["Method", "Figure", "Actual", "5 %", "50 %", "95 %"].map(str::to_owned));
        for Courses { method, total_return, max_drawdown, sharpe, .. } in &courses {
            let mut row = |figure: &str, spread: &Spread, shown: fn(Option<f64>) -> String| {
                let Spread { actual, p5, p50, p95 } = *spread;
                let name = [(*method).replace('_', " "), figure.to_owned()];
                table.add_row(name.into_iter().chain([actual, p5, p50, p95].map(shown)));
            };
            row("total return", total_return, percent);
            row("max drawdown", max_drawdown, percent);
            if let Some(sharpe) = sharpe {
                row("Sharpe", sharpe, number);
            }
        }
        let (samples, seed) = (self.samples, self.seed);
        writeln!(out, "COURSES OF {id}: {samples} of each method, seed {seed}, blocks of {block_days} days\n{table}")?;
        let ruin: Vec<String> = courses
            .iter()
            .map(|courses| format!("{} ({})", percent(Some(courses.ruin_probability)), courses.method.replace('_', " ")))
            .collect();
        writeln!(out, "Chance of losing {} of the first equity at some time: {}", percent(Some(self.ruin)), ruin.join(", "))?;
        Ok(())
    }
}
