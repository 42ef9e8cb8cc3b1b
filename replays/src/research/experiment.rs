//! Backtests as trials: one configuration with other values, on one recording.

use engine::time::Timestamp;

use super::error::ResearchError;
use super::figure::figures;
use super::overfit::Parts;
use super::recording::Recording;
use super::space::Space;
use super::study::Experiment;
use super::trial::Done;
use crate::config::{Config, ConfigError};
use crate::{report, session};

/// Backtests of a configuration with the space's values over it.
pub struct Backtests<'r> {
    config: &'r Config,
    space: &'r Space,
    recording: &'r Recording,
}

impl<'r> Backtests<'r> {
    /// Fails when the space has a key that no configuration has.
    pub fn new(config: &'r Config, space: &'r Space, recording: &'r Recording) -> Result<Self, ResearchError> {
        let values: Vec<String> = space.0.iter().map(|dimension| dimension.range.at(0.0)).collect();
        match config.with_sets(&space.sets(&values)) {
            // A value may be wrong beside the others, and right elsewhere.
            Ok(_) | Err(ConfigError::Invalid { .. }) => Ok(Self { config, space, recording }),
            Err(error) => Err(error.into()),
        }
    }

    /// The configuration of a point.
    pub fn config(&self, values: &[String]) -> Result<Config, ResearchError> {
        Ok(self.config.with_sets(&self.space.sets(values))?)
    }

    /// Runs a point, and gives all of what it came to.
    pub fn whole(&self, values: &[String]) -> Result<report::Outcome, ResearchError> {
        Ok(self.recording.run(&self.config(values)?)?)
    }

    /// Runs a point from `begins` on, warm, and gives all of what it came to.
    pub fn warm(&self, values: &[String], begins: Timestamp) -> Result<report::Outcome, ResearchError> {
        Ok(self.recording.run_warm(&self.config(values)?, begins)?)
    }
}

impl Experiment for Backtests<'_> {
    type Ready = Config;

    fn prepare(&self, values: &[String]) -> Result<Config, String> {
        let config = self.config(values).map_err(|error| error.to_string())?;
        session::engine(&config).map_err(|error| error.to_string())?;
        Ok(config)
    }

    fn run(&self, config: Config) -> Result<Done, ResearchError> {
        let report::Outcome { summary, series, .. } = self.recording.run(&config)?;
        let parts = Parts::of(&series.returns());
        Ok(Done { figures: figures(&summary), digest: summary.digest, parts })
    }
}
