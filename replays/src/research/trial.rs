//! One trial of a study: what was set, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::figure::Figures;
use super::overfit::Parts;

/// A trial that has come to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// From 0, in the order of the search.
    pub number: u64,
    /// The values of the space's dimensions, as `--set` writes them.
    pub values: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was run.
    Done(Done),
    /// Its values are at odds with each other, so that nothing could be run.
    Refused {
        /// Why.
        reason: String,
    },
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The digest of the run: the same as of a backtest with the same settings.
    pub digest: String,
    /// Its figures.
    #[serde(with = "exact_map")]
    pub figures: Figures,
    /// Sums of its daily returns, by parts of the history.
    #[serde(with = "exact_list")]
    pub parts: Parts,
}

impl Trial {
    /// What its run came to; `None` when it was refused.
    pub fn done(&self) -> Option<&Done> {
        match &self.outcome {
            Outcome::Done(done) => Some(done),
            Outcome::Refused { .. } => None,
        }
    }
}

/// The shortest text that is read as the same float again: readers of JSON numbers may be off by the last bit.
fn text(number: f64) -> String {
    number.to_string()
}

mod exact_map {
    use super::{BTreeMap, Deserialize, Deserializer, Figures, Serializer, float, text};

    pub fn serialize<W: Serializer>(figures: &Figures, to: W) -> Result<W::Ok, W::Error> {
        to.collect_map(figures.iter().map(|(name, number)| (name, text(*number))))
    }

    pub fn deserialize<'de, R: Deserializer<'de>>(from: R) -> Result<Figures, R::Error> {
        let texts = BTreeMap::<String, String>::deserialize(from)?;
        texts.into_iter().map(|(name, number)| Ok((name, float(&number)?))).collect()
    }
}

mod exact_list {
    use super::{Deserialize, Deserializer, Parts, Serializer, float, text};

    pub fn serialize<W: Serializer>(parts: &Parts, to: W) -> Result<W::Ok, W::Error> {
        to.collect_str(&parts.numbers().map(text).collect::<Vec<_>>().join(" "))
    }

    pub fn deserialize<'de, R: Deserializer<'de>>(from: R) -> Result<Parts, R::Error> {
        let numbers = String::deserialize(from)?.split_whitespace().map(float).collect::<Result<Vec<f64>, _>>()?;
        Ok(Parts::of_numbers(&numbers))
    }
}

fn float<E: serde::de::Error>(text: &str) -> Result<f64, E> {
    text.parse().map_err(|_| E::custom(format_args!("\"{text}\" is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_read_as_it_was_written_to_the_last_bit() {
        let figures = [("sharpe", 0.1 + 0.2), ("tiny", 5e-324), ("large", 1.797_693_134_862_315_7e308)];
        let figures = figures.map(|(name, value)| (name.to_owned(), value)).into();
        let done = Done { digest: "ab".to_owned(), figures, parts: Parts::of(&[0.1 / 3.0; 40]) };
        let trial = Trial { number: 3, values: vec!["5".to_owned(), "a b".to_owned()], outcome: Outcome::Done(done) };
        let text = serde_json::to_string(&trial).unwrap();
        assert_eq!(serde_json::from_str::<Trial>(&text).unwrap(), trial);
        assert!(!text.contains('\n'));
    }
}
