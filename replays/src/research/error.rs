//! What can be wrong with a study.

use std::path::PathBuf;

use crate::backtest::BacktestError;
use crate::config::ConfigError;

/// A study cannot be made, or stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum ResearchError {
    /// A parameter's range is no range.
    #[error("--param {text}: {reason}")]
    Param {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No strategy declares a range.
    #[error("no parameter of {strategies} declares a range: say what to vary, --param KEY=5..50 or --param KEY=a,b")]
    NothingToVary {
        /// What is configured.
        strategies: String,
    },
    /// A grid over too many points, or over a range without steps.
    #[error("a grid over {space} has {points}: give steps (KEY=5..50:5) or choices (KEY=a,b), or use --search random or tpe")]
    Grid {
        /// Its ranges.
        space: String,
        /// How many points it has, in words.
        points: String,
    },
    /// What the objective or a constraint names is no figure of a run.
    #[error("no figure of a run is called \"{name}\"{hint}; there are: {known}")]
    Figure {
        /// What was written.
        name: String,
        /// `: did you mean …?`, or nothing.
        hint: String,
        /// What there is.
        known: String,
    },
    /// A constraint is not written as one.
    #[error("--require {text}: it is written like \"round_trips>=30\" or \"max_drawdown<=0.2\"")]
    Constraint {
        /// As it was written.
        text: String,
    },
    /// A number that must be larger.
    #[error("{0}")]
    Setup(String),
    /// The file that keeps the trials could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file that keeps the trials is of another study, or damaged.
    #[error("{} (line {line}): {reason}", path.display())]
    Journal {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The history could not be read, or a run on it failed.
    #[error(transparent)]
    Backtest(#[from] BacktestError),
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}
