//! What is to be different.

use super::ForkError;
use crate::config::{Config, StrategyConfig};

/// What is to be different, and from which record on.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The first record that may differ. What follows from one input is decided at once, so a decision stands for its
    /// input.
    pub at_seq: u64,
    /// New values, each `key.path=value`.
    pub sets: Vec<String>,
    /// The one strategy that takes the place of all; if it runs already, with its parameters.
    pub strategy: Option<String>,
}

impl Ask {
    /// The configuration from there on.
    pub(super) fn config(&self, before: &Config) -> Result<Config, ForkError> {
        let mut config = before.clone();
        if let Some(name) = &self.strategy {
            config.strategies.retain(|strategy| strategy.name == *name);
            if config.strategies.is_empty() {
                config.strategies.push(StrategyConfig::named(name.clone()));
            }
        }
        let config = config.with_sets(&self.sets)?;
        match first_of_a_beginning(before, &config) {
            Some(section) => Err(ForkError::Beginning { section }),
            None => Ok(config),
        }
    }
}

/// What is different that only a beginning has.
fn first_of_a_beginning(before: &Config, after: &Config) -> Option<&'static str> {
    let sections = [
        ("seed", before.seed != after.seed),
        ("account", before.account != after.account),
        ("data", before.data != after.data),
        ("instrument", before.instruments != after.instruments),
        ("engine", before.engine != after.engine),
    ];
    sections.into_iter().find(|(_, differs)| *differs).map(|(section, _)| section)
}

/// What reports call the strategies: what one was called, and what took its place.
pub(super) fn labels(before: &[String], config: &Config) -> Vec<String> {
    let after = config.strategies.iter().map(StrategyConfig::label);
    let mut labels: Vec<String> = before.to_vec();
    for (place, label) in after.enumerate() {
        match labels.get_mut(place) {
            Some(before) if before == label => {}
            Some(before) => *before = format!("{before}, then {label}"),
            None => labels.push(label.to_owned()),
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(sets: &[&str], strategy: Option<&str>) -> Result<Config, String> {
        let sets = sets.iter().map(|&set| set.to_owned()).collect();
        let first = ["strategy=[{name='ema_cross', fast=3}, {name='breakout'}]".to_owned()];
        let before = Config::load(&[], std::iter::empty(), &first).unwrap();
        Ask { at_seq: 0, sets, strategy: strategy.map(str::to_owned) }.config(&before).map_err(|error| error.to_string())
    }

    #[test]
    fn values_and_strategies_change_but_no_beginning() {
        let config = asked(&["strategy.0.slow=9", "risk.enabled=false"], None).unwrap();
        assert_eq!((config.strategies[0].params["slow"].as_integer(), config.risk.enabled), (Some(9), false));
        let one = asked(&["strategy.slow=9"], Some("ema_cross")).unwrap();
        assert_eq!((one.strategies.len(), one.strategies[0].params["fast"].as_integer()), (1, Some(3)));
        assert_eq!(asked(&[], Some("buy_and_hold")).unwrap().strategies, [StrategyConfig::named("buy_and_hold".to_owned())]);
        for (set, section) in
            [("seed=5", "seed"), ("account.balances.USDT=5", "account"), ("engine.checkpoint_every=7", "engine")]
        {
            let refused = asked(&[set], None).unwrap_err();
            assert!(refused.starts_with(&format!("{section} cannot change in the middle of a run")), "{refused}");
        }
        assert!(asked(&["strategy.0.fastt=5", "risk.enabledd=true"], None).unwrap_err().contains("enabled"));
    }

    #[test]
    fn labels_tell_both() {
        let config = asked(&[], Some("breakout")).unwrap();
        let before = ["ema_cross".to_owned(), "other".to_owned()];
        assert_eq!(labels(&before, &config), ["ema_cross, then breakout", "other"]);
        assert_eq!(labels(&["breakout".to_owned()], &config), ["breakout"]);
    }
}
