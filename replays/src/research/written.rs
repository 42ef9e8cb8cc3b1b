//! Ranges as people write them (`strategy.fast=5..50:5`), and as the strategies declare theirs.

use std::str::FromStr;

use engine::number::Decimal;
use serde_json::Value;
use strategies::CATALOGUE;

use super::error::ResearchError;
use super::space::{Dimension, Numbers, Range, Scale, Space};
use crate::config::Config;

/// A declared range this many times as wide as its least value is searched by ratios.
const WIDE: i64 = 100;
/// Settings of the history and of what it is of, which is read once for all runs.
const SHARED: [&str; 3] = ["data", "instrument", "live"];

impl Space {
    /// From what is written, `KEY=RANGE` or only `KEY` for the range that its strategy declares. Without any, every
    /// parameter of the configured strategies that declares a range.
    pub fn written(params: &[String], config: &Config) -> Result<Self, ResearchError> {
        let mut dimensions = Vec::new();
        for text in params {
            let dimension = if text.contains('=') { text.parse()? } else { declared(text, config)? };
            let Dimension { key, .. } = &dimension;
            if SHARED.contains(&key.split('.').next().unwrap_or_default()) {
                let reason = "the history is read once for all trials, so what it is of cannot vary";
                return Err(ResearchError::Param { text: text.clone(), reason: reason.to_owned() });
            }
            if dimensions.iter().any(|known: &Dimension| known.key == *key) {
                return Err(ResearchError::Param { text: text.clone(), reason: "it is given twice".to_owned() });
            }
            dimensions.push(dimension);
        }
        if params.is_empty() {
            for (place, strategy) in config.strategies.iter().enumerate() {
                let declared = ranges(&strategy.name).into_iter();
                dimensions.extend(declared.map(|(name, range)| Dimension { key: format!("strategy.{place}.{name}"), range }));
            }
        }
        if dimensions.is_empty() {
            let names: Vec<&str> = config.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
            return Err(ResearchError::NothingToVary { strategies: names.join(", ") });
        }
        Ok(Self(dimensions))
    }

    /// As it was written; parses again.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// The range that the strategy of `strategy.0.fast` or `strategy.fast` declares.
fn declared(key: &str, config: &Config) -> Result<Dimension, ResearchError> {
    let invalid = |reason: String| ResearchError::Param { text: key.to_owned(), reason };
    let parts: Vec<&str> = key.split('.').collect();
    let (place, name) = match parts[..] {
        ["strategy", name] => (0, name),
        ["strategy", place, name] => match place.parse::<usize>() {
            Ok(place) => (place, name),
            Err(_) => return Err(invalid("write strategy.0.NAME, or say its range: KEY=5..50".to_owned())),
        },
        _ => {
            return Err(invalid(
                "only a strategy's parameters have a range of their own: say one, KEY=5..50 or KEY=a,b".to_owned(),
            ));
        }
    };
    let Some(strategy) = config.strategies.get(place) else {
        return Err(invalid(format!("there is no strategy {place}: {} are configured", config.strategies.len())));
    };
    let ranges = ranges(&strategy.name);
    if let Some((_, range)) = ranges.iter().find(|(known, _)| known == name) {
        return Ok(Dimension { key: key.to_owned(), range: range.clone() });
    }
    let known: Vec<&str> = ranges.iter().map(|(name, _)| name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(invalid(format!("{} declares no range of it: say one, KEY=5..50 or KEY=a,b; it declares: {known}", strategy.name)))
}

/// Each parameter of a strategy that has a range.
fn ranges(strategy: &str) -> Vec<(String, Range)> {
    let Some(definition) = CATALOGUE.iter().find(|definition| definition.name == strategy) else { return Vec::new() };
    let schema = (definition.schema)().to_value();
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields.filter_map(|(name, field)| Some((name.clone(), range_of(field)?))).collect()
}

fn range_of(field: &Value) -> Option<Range> {
    let words = |list: &Value| list.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    if field["type"] == "boolean" {
        return Some(Range::Choices(vec!["false".to_owned(), "true".to_owned()]));
    }
    if let Some(choices) = words(&field["enum"]).filter(|choices| choices.len() > 1) {
        return Some(Range::Choices(choices));
    }
    let limit = |name: &str| field[name].to_string().parse::<Decimal>().ok();
    let (least, most) = (limit("minimum")?.normalize(), limit("maximum")?.normalize());
    let step = (field["type"] == "integer").then_some(Decimal::ONE);
    let scale = if least > Decimal::ZERO && most / least >= Decimal::from(WIDE) { Scale::Log } else { Scale::Linear };
    Some(Range::Numbers(Numbers { least, most, step, scale }))
}

impl FromStr for Dimension {
    type Err = ResearchError;

    fn from_str(text: &str) -> Result<Self, ResearchError> {
        let invalid = |reason: &str| ResearchError::Param { text: text.to_owned(), reason: reason.to_owned() };
        let (key, range) = text.split_once('=').ok_or_else(|| invalid("write it as KEY=RANGE"))?;
        let (key, range) = (key.trim(), range.trim());
        if key.is_empty() {
            return Err(invalid("a key must stand before the ="));
        }
        Ok(Self { key: key.to_owned(), range: range.parse().map_err(invalid)? })
    }
}

impl FromStr for Range {
    type Err = &'static str;

    /// `5..50`, `5..50:5`, `0.5..5.0`, `1..10000:log`, `1..100:1:log`, or `a,b,c`. Between whole numbers the step is 1.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let Some((least, rest)) = text.split_once("..") else {
            let choices: Vec<String> = text.split(',').map(|choice| choice.trim().to_owned()).collect();
            if choices.iter().any(String::is_empty) {
                return Err("it is written like 5..50, 5..50:5, 0.5..5.0, 1..1000:log or a,b,c");
            }
            let known: std::collections::BTreeSet<&String> = choices.iter().collect();
            return if known.len() == choices.len() { Ok(Self::Choices(choices)) } else { Err("a choice is there twice") };
        };
        let number = |text: &str| Decimal::from_str_exact(text.trim()).ok();
        let mut parts = rest.split(':').map(str::trim);
        let most = parts.next().unwrap_or_default();
        let whole = !least.contains('.') && !most.contains('.');
        let (least, most) = number(least).zip(number(most)).ok_or("both ends of its range must be numbers")?;
        let (mut step, mut scale) = (whole.then_some(Decimal::ONE), Scale::Linear);
        for part in parts {
            match (part, number(part)) {
                ("log", _) => scale = Scale::Log,
                (_, Some(given)) if given > Decimal::ZERO => step = Some(given),
                _ => return Err("after the range stands a step above 0, or log"),
            }
        }
        if least > most {
            return Err("its range ends before it begins");
        }
        if scale == Scale::Log && least <= Decimal::ZERO {
            return Err("a range by ratios must begin above 0");
        }
        Ok(Self::Numbers(Numbers { least, most, step, scale }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StrategyConfig;

    fn config(name: &str) -> Config {
        Config { strategies: vec![StrategyConfig::named(name.to_owned())], ..Config::default() }
    }

    fn written(params: &[&str], strategy: &str) -> Result<Vec<String>, String> {
        let params: Vec<String> = params.iter().map(|&text| text.to_owned()).collect();
        Space::written(&params, &config(strategy)).map(|space| space.texts()).map_err(|error| error.to_string())
    }

    #[test]
    fn ranges_are_read_and_written() {
        for (text, again) in [
            ("k=5..50", "k=5..50:1"),
            ("k=5..50:5", "k=5..50:5"),
            ("k = 0.5..2", "k=0.5..2"),
            ("k=1..100:log", "k=1..100:1:log"),
            ("k=-1.5..1.5:0.5", "k=-1.5..1.5:0.5"),
            ("k=1h, 4h", "k=1h,4h"),
        ] {
            let dimension: Dimension = text.parse().unwrap();
            assert_eq!(dimension.to_string(), again);
            assert_eq!(dimension.to_string().parse::<Dimension>().unwrap(), dimension);
        }
    }

    #[test]
    fn what_is_no_range_says_how_one_is_written() {
        for (text, reason) in [
            ("k=", "it is written like"),
            ("k=a,,b", "it is written like"),
            ("k=a,a", "twice"),
            ("k=5..x", "must be numbers"),
            ("k=9..5", "ends before it begins"),
            ("k=1..9:0", "a step above 0"),
            ("k=0..9:log", "begin above 0"),
            ("=1..2", "a key must stand"),
        ] {
            let error = text.parse::<Dimension>().unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_strategy_declares_its_ranges() {
        let all = ["strategy.0.fast=1..10000:1:log", "strategy.0.slow=2..10000:1:log"].map(str::to_owned);
        assert_eq!(written(&[], "ema_cross"), Ok(all.to_vec()));
        assert_eq!(written(&["strategy.slow"], "ema_cross"), Ok(vec!["strategy.slow=2..10000:1:log".to_owned()]));
        assert!(written(&[], "mean_reversion").unwrap().contains(&"strategy.0.band_deviations=0.5..5".to_owned()));
        assert!(written(&[], "buy_and_hold").unwrap_err().contains("buy_and_hold"));
        assert!(written(&["strategy.fats"], "ema_cross").unwrap_err().contains("it declares: fast, slow"));
        assert!(written(&["data.from=a,b"], "ema_cross").unwrap_err().contains("cannot vary"));
        assert!(written(&["risk.enabled"], "ema_cross").unwrap_err().contains("say one"));
    }
}
