//! Every strategy by its name.

use engine::strategy::Strategy;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    breakout, buy_and_hold, ema_cross, ensemble, mean_reversion, momentum, multi_timeframe, pairs, patterns, regime_switch,
    scanner,
};

/// All strategies. A new one is one line here.
pub const CATALOGUE: &[Definition] = &[
    define::<buy_and_hold::Params>("buy_and_hold", "buys at the first price and never sells", buy_and_hold::GOLDEN),
    define::<ema_cross::Params>("ema_cross", "long while a fast average is above a slow one", ema_cross::GOLDEN),
    define::<momentum::Params>("momentum", "MACD crossings with volume, and a stop that follows", momentum::GOLDEN),
    define::<mean_reversion::Params>("mean_reversion", "buys extremes of RSI and Bollinger bands", mean_reversion::GOLDEN),
    define::<breakout::Params>("breakout", "closes above the channel of the bars before, with volume", breakout::GOLDEN),
    define::<multi_timeframe::Params>("multi_timeframe", "several timeframes that agree on a rise", multi_timeframe::GOLDEN),
    define::<regime_switch::Params>("regime_switch", "each kind of market by a rule of its own", regime_switch::GOLDEN),
    define::<patterns::Params>("patterns", "breakouts of chart patterns, candles adding confidence", patterns::GOLDEN),
    define::<pairs::Params>("pairs", "the cheap one of two prices that hang together", pairs::GOLDEN),
    define::<ensemble::Params>("ensemble", "votes of indicators, models and advisors together", ensemble::GOLDEN),
    define::<scanner::Params>("scanner", "ranks all instruments and never trades", scanner::GOLDEN),
];

/// What the command line and the configuration know of a strategy.
pub struct Definition {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its parameters with their types, defaults and ranges.
    pub schema: fn() -> Schema,
    /// What it makes of the embedded sample.
    pub golden: Golden,
    build: fn(&Map<String, Value>) -> Built,
}

/// A strategy's result on the embedded sample with its defaults: `tickfold backtest --strategy NAME`. It changes with
/// the strategy and with nothing else that was not meant to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Golden {
    /// Signals given.
    pub signals: u32,
    /// Orders requested.
    pub orders: u32,
    /// What is owned at the end is worth this, in the account's currency.
    pub end_equity: &'static str,
}

/// What a strategy is configured with: every field has a default. Numbers declare their range (`#[schemars(range(..))]`),
/// which is checked before `build`.
pub trait Parameters: DeserializeOwned + JsonSchema {
    /// Makes the strategy, or says which values are at odds.
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
pub fn build(name: &str, params: &Map<String, Value>) -> Result<Box<dyn Strategy>, ParamsError> {
    let definition = CATALOGUE.iter().find(|definition| definition.name == name);
    let definition =
        definition.ok_or_else(|| ParamsError::UnknownStrategy(CATALOGUE.iter().map(|known| known.name).collect()))?;
    (definition.build)(params)
}

const fn define<P: Parameters>(name: &'static str, summary: &'static str, golden: Golden) -> Definition {
    Definition { name, summary, schema: || schemars::schema_for!(P), golden, build: build_as::<P> }
}

fn build_as<P: Parameters>(params: &Map<String, Value>) -> Built {
    let schema = schemars::schema_for!(P);
    let properties = schema.get("properties").and_then(Value::as_object);
    let known: Vec<String> = properties.map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    if let Some(key) = params.keys().find(|key| !known.contains(key)) {
        return Err(ParamsError::UnknownKey { key: key.clone(), known });
    }
    let typed: P = serde_path_to_error::deserialize(Value::Object(params.clone()))
        .map_err(|error| ParamsError::Invalid(format!("{}: {}", error.path(), error.inner())))?;
    for (key, value) in params {
        let limits = properties.and_then(|fields| fields.get(key));
        limits.map_or(Ok(()), |limits| in_range(key, value, limits)).map_err(ParamsError::Invalid)?;
    }
    typed.build().map_err(ParamsError::Invalid)
}

/// Checks a number, or each of a list, against its schema.
fn in_range(key: &str, value: &Value, schema: &Value) -> Result<(), String> {
    if let (Some(values), Some(items)) = (value.as_array(), schema.get("items")) {
        let mut each = values.iter().enumerate();
        return each.try_for_each(|(index, value)| in_range(&format!("{key}[{index}]"), value, items));
    }
    let Some(number) = value.as_f64() else { return Ok(()) };
    let limit = |name| schema.get(name).and_then(Value::as_f64);
    let (least, most) = (limit("minimum"), limit("maximum"));
    if least.is_none_or(|least| least <= number) && most.is_none_or(|most| number <= most) {
        return Ok(());
    }
    Err(match (least, most) {
        (Some(least), Some(most)) => format!("{key} = {value}: it must be from {least} to {most}"),
        (Some(least), None) => format!("{key} = {value}: it must be at least {least}"),
        (_, most) => format!("{key} = {value}: it must be at most {}", most.unwrap_or(f64::INFINITY)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(name: &str, params: Value) -> ParamsError {
        build(name, &serde_json::from_value(params).unwrap()).err().unwrap()
    }

    #[test]
    fn every_strategy_builds_from_its_defaults() {
        for definition in CATALOGUE {
            assert!(build(definition.name, &Map::new()).is_ok(), "{}", definition.name);
        }
    }

    #[test]
    fn unknown_names_and_keys_come_with_the_known_ones() {
        let names = CATALOGUE.iter().map(|definition| definition.name).collect();
        assert_eq!(error("ema_corss", json!({})), ParamsError::UnknownStrategy(names));
        let known = vec!["fast".into(), "slow".into()];
        assert_eq!(error("ema_cross", json!({"fats": 3})), ParamsError::UnknownKey { key: "fats".into(), known });
        assert_eq!(error("buy_and_hold", json!({"size": 1})), ParamsError::UnknownKey { key: "size".into(), known: vec![] });
    }

    #[test]
    fn values_out_of_range_are_named() {
        for (params, message) in [
            (json!({"fast": 0}), "fast = 0: it must be from 1 to 10000"),
            (json!({"fast": 20}), "fast = 20 and slow = 20: it must be 1 <= fast < slow <= 10000"),
            (json!({"fast": 30, "slow": 10}), "fast = 30 and slow = 10: it must be 1 <= fast < slow <= 10000"),
            (json!({"slow": 10_001}), "slow = 10001: it must be from 2 to 10000"),
            (json!({"fast": -1}), "fast: invalid value: integer `-1`, expected u32"),
            (json!({"fast": 1.5}), "fast: invalid type: floating point `1.5`, expected u32"),
            (json!({"fast": "ten"}), "fast: invalid type: string \"ten\", expected u32"),
            (json!({"fast": null}), "fast: invalid type: null, expected u32"),
        ] {
            assert_eq!(error("ema_cross", params), ParamsError::Invalid(message.into()));
        }
    }
}
