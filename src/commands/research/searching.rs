//! What is searched, how, and what for: the flags of every command that looks for parameters.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};
use replays::config::Config;
use replays::research::{Constraint, Direction, Objective, Plan, Search, Space};

use super::threads;
use crate::exit::Failure;

/// A search for parameters.
#[derive(Args)]
pub struct Searching {
    /// What varies: KEY=5..50, KEY=5..50:5 (steps), KEY=1..1000:log (by ratios), KEY=a,b,c, or only KEY of a strategy's
    /// parameter for the range that it declares; repeatable [default: all that the strategies declare]
    #[arg(long, value_name = "KEY[=RANGE]")]
    param: Vec<String>,
    /// How: every point of a grid, points at random, or by a model of what was good so far
    #[arg(long, value_enum, default_value_t = How::Tpe)]
    search: How,
    /// How many trials; a grid has as many as it has points
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    trials: u64,
    /// The figure that is searched for, such as sharpe, calmar, omega, ulcer; an unknown name lists them all
    #[arg(long, value_name = "FIGURE", default_value = "sharpe")]
    objective: String,
    /// The higher the better, whatever the figure
    #[arg(long, conflicts_with = "minimize")]
    maximize: bool,
    /// The lower the better, whatever the figure
    #[arg(long)]
    minimize: bool,
    /// What the best must keep, such as "ulcer<=0.2"; repeatable
    #[arg(long, value_name = "FIGURE>=N")]
    require: Vec<String>,
    /// The best must have closed so many trades
    #[arg(long, value_name = "N")]
    min_trades: Option<u32>,
    /// Of what is drawn at random by the search
    #[arg(long, value_name = "N", default_value_t = 0)]
    search_seed: u64,
    /// Trials of a batch of --search tpe: it learns from the batches up to the last but one, on any number of threads
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batch: u64,
    /// How many trials run at once; the results are the same [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// How a space is searched.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    Grid,
    Random,
    Tpe,
}

impl Searching {
    /// What is to be done, for a configuration.
    pub fn plan(&self, config: &Config) -> Result<Plan, Failure> {
        let seed = self.search_seed;
        let direction = match (self.maximize, self.minimize) {
            (true, _) => Some(Direction::Maximize),
            (_, true) => Some(Direction::Minimize),
            _ => None,
        };
        let mut constraints: Vec<Constraint> = self.require.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        constraints.extend(self.min_trades.map(|trades| Constraint::at_least("round_trips", trades.into())));
        let plan = Plan {
            space: Space::written(&self.param, config)?,
            search: match self.search {
                How::Grid => Search::Grid,
                How::Random => Search::Random { seed },
                How::Tpe => Search::Tpe { seed, batch: self.batch },
            },
            objective: Objective::new(&self.objective, direction, constraints)?,
            trials: self.trials,
            threads: threads(self.threads),
        };
        plan.search.trials(&plan.space, plan.trials)?;
        Ok(plan)
    }
}
