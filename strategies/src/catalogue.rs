//! Every strategy by its name.

use engine::strategy::Strategy;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{buy_and_hold, ema_cross};

/// All strategies. A new one is one line here.
pub const CATALOGUE: &[Definition] = &[
    define::<buy_and_hold::Params>("buy_and_hold", "buys at the first price and never sells"),
    define::<ema_cross::Params>("ema_cross", "long while a fast average is above a slow one"),
];

/// What the command line and the configuration know of a strategy.
pub struct Definition {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its parameters with their types, defaults and ranges.
    pub schema: fn() -> Schema,
    build: fn(Map<String, Value>) -> Built,
}

/// What a strategy is configured with: every field has a default.
pub trait Parameters: DeserializeOwned + JsonSchema {
    /// Makes the strategy, or says which value is out of its range.
    fn build(self) -> Result<Box<dyn Strategy>, String>;
}

/// A strategy cannot be made as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamsError {
    /// No strategy has this name; these are there.
    UnknownStrategy(Vec<&'static str>),
    /// The strategy has no such parameter; these it has.
    UnknownKey {
        /// What was given.
        key: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A value that the parameter cannot take.
    Invalid(String),
}

type Built = Result<Box<dyn Strategy>, ParamsError>;

/// Makes a strategy from its name and parameters.
pub fn build(name: &str, params: Map<String, Value>) -> Result<Box<dyn Strategy>, ParamsError> {
    let definition = CATALOGUE.iter().find(|definition| definition.name == name);
    let definition =
        definition.ok_or_else(|| ParamsError::UnknownStrategy(CATALOGUE.iter().map(|known| known.name).collect()))?;
    (definition.build)(params)
}

const fn define<P: Parameters>(name: &'static str, summary: &'static str) -> Definition {
    Definition { name, summary, schema: || schemars::schema_for!(P), build: build_as::<P> }
}

fn build_as<P: Parameters>(params: Map<String, Value>) -> Built {
    let schema = schemars::schema_for!(P);
    let properties = schema.get("properties").and_then(Value::as_object);
    let known: Vec<String> = properties.map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    if let Some(key) = params.keys().find(|key| !known.contains(key)) {
        return Err(ParamsError::UnknownKey { key: key.clone(), known });
    }
    let params: P = serde_path_to_error::deserialize(Value::Object(params))
        .map_err(|error| ParamsError::Invalid(format!("{}: {}", error.path(), error.inner())))?;
    params.build().map_err(ParamsError::Invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(name: &str, params: Value) -> ParamsError {
        build(name, serde_json::from_value(params).unwrap()).err().unwrap()
    }

    #[test]
    fn every_strategy_builds_from_its_defaults() {
        for definition in CATALOGUE {
            assert!(build(definition.name, Map::new()).is_ok(), "{}", definition.name);
        }
    }

    #[test]
    fn unknown_names_and_keys_come_with_the_known_ones() {
        assert_eq!(error("ema_corss", json!({})), ParamsError::UnknownStrategy(vec!["buy_and_hold", "ema_cross"]));
        let known = vec!["fast".into(), "slow".into()];
        assert_eq!(error("ema_cross", json!({"fats": 3})), ParamsError::UnknownKey { key: "fats".into(), known });
        assert_eq!(error("buy_and_hold", json!({"size": 1})), ParamsError::UnknownKey { key: "size".into(), known: vec![] });
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (params, message) in [
            (json!({"fast": 0}), "fast = 0 and slow = 20: it must be 1 <= fast < slow <= 10000"),
            (json!({"fast": 20}), "fast = 20 and slow = 20: it must be 1 <= fast < slow <= 10000"),
            (json!({"fast": 30, "slow": 10}), "fast = 30 and slow = 10: it must be 1 <= fast < slow <= 10000"),
            (json!({"slow": 10_001}), "fast = 10 and slow = 10001: it must be 1 <= fast < slow <= 10000"),
            (json!({"fast": -1}), "fast: invalid value: integer `-1`, expected u32"),
            (json!({"fast": 1.5}), "fast: invalid type: floating point `1.5`, expected u32"),
            (json!({"fast": "ten"}), "fast: invalid type: string \"ten\", expected u32"),
            (json!({"fast": null}), "fast: invalid type: null, expected u32"),
        ] {
            assert_eq!(error("ema_cross", params), ParamsError::Invalid(message.into()));
        }
    }
}
