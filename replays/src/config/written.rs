//! Values that are written as text: `"30%"`, `"2h"`, `"off"`, `"2-3 atr"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use engine::number::{Decimal, Rate};
use engine::risk::{StopRule, TargetRule};
use engine::time::SECOND_NS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share, written in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub Rate);

/// A share that may be `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(pub Option<Rate>);

/// A length of time in nanoseconds, written in whole seconds, minutes, hours or days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub i64);

/// A length of time that may be `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalSpan(pub Option<i64>);

/// A count that may be `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub Option<u32>);

/// How far a stop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(pub StopRule);

/// How far a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub TargetRule);

/// A text form with its pattern, and what an error says was expected.
macro_rules! written {
    ($type:ident, $pattern:literal, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                let wrong = || D::Error::custom(format_args!("\"{text}\" is not {}", $expected));
                text.parse().map_err(|Malformed| wrong())
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

written!(Percent, r"^[0-9]+(\.[0-9]+)?%$", "a share such as \"2%\"");
written!(Share, r"^([0-9]+(\.[0-9]+)?%|off)$", "a share such as \"30%\", or \"off\"");
written!(Span, r"^[0-9]+[smhd]$", "a length of time such as \"90s\", \"5m\", \"2h\" or \"3d\"");
written!(OptionalSpan, r"^([0-9]+[smhd]|off)$", "a length of time such as \"90s\", \"5m\", \"2h\" or \"3d\", or \"off\"");
written!(
    Stop,
    r"^([0-9]+(\.[0-9]+)?%|[0-9]+(\.[0-9]+)?(-[0-9]+(\.[0-9]+)?)? atr|off)$",
    "a stop such as \"2-3 atr\" (average true ranges), \"2.5 atr\", \"8%\" or \"off\""
);
written!(
    Target,
    r"^([0-9]+(\.[0-9]+)?%|[0-9]+(\.[0-9]+)?(-[0-9]+(\.[0-9]+)?)? risk|off)$",
    "a target such as \"1.5-2 risk\" (times the distance to the stop), \"2 risk\", \"15%\" or \"off\""
);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(count) => serializer.serialize_u32(count),
            None => serializer.serialize_str("off"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Number(u32),
            Text(Cow<'a, str>),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Number(count)) => Ok(Self(Some(count))),
            Ok(Written::Text(text)) if text == "off" => Ok(Self(None)),
            _ => Err(D::Error::custom("not a count such as 10, or \"off\"")),
        }
    }
}

impl JsonSchema for Count {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^off$" })
    }
}

/// The text is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Above 0, and small enough to be meant.
fn positive(text: &str) -> Result<Decimal, Malformed> {
    let number = Decimal::from_str_exact(text.trim()).map_err(|_| Malformed)?.normalize();
    if number > Decimal::ZERO && number <= Decimal::from(10_000) { Ok(number) } else { Err(Malformed) }
}

fn percent(rate: Rate) -> impl fmt::Display {
    let percent = (rate.0 * Decimal::ONE_HUNDRED).normalize();
    fmt::from_fn(move |f| write!(f, "{percent}%"))
}

impl FromStr for Percent {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let number = text.strip_suffix('%').ok_or(Malformed)?;
        let number = if number == "0" { Decimal::ZERO } else { positive(number)? };
        Ok(Self(Rate((number / Decimal::ONE_HUNDRED).normalize())))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        percent(self.0).fmt(f)
    }
}

impl FromStr for Share {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(|Percent(rate)| Self(Some(rate))) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) => percent(rate).fmt(f),
            None => f.write_str("off"),
        }
    }
}

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl FromStr for Span {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let unit = text.chars().next_back().ok_or(Malformed)?;
        let (_, seconds) = UNITS.into_iter().find(|(known, _)| *known == unit).ok_or(Malformed)?;
        let number: u32 = text[..text.len() - 1].parse().map_err(|_| Malformed)?;
        // A hundred years are enough.
        let ns = i64::from(number) * seconds;
        if ns > 36_525 * 86_400 { Err(Malformed) } else { Ok(Self(ns * SECOND_NS)) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / SECOND_NS;
        let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds != 0 && seconds % length == 0).unwrap_or(('s', 1));
        write!(f, "{}{unit}", seconds / length)
    }
}

impl FromStr for OptionalSpan {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(|Span(ns)| Self(Some(ns))) }
    }
}

impl fmt::Display for OptionalSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ns) => Span(ns).fmt(f),
            None => f.write_str("off"),
        }
    }
}

/// `2-3` or `2.5`: what is for one kind of market and for the other.
fn pair(text: &str) -> Result<(Decimal, Decimal), Malformed> {
    match text.split_once('-') {
        Some((first, second)) => Ok((positive(first)?, positive(second)?)),
        None => positive(text).map(|both| (both, both)),
    }
}

fn write_pair(f: &mut fmt::Formatter<'_>, (first, second): (Decimal, Decimal), unit: &str) -> fmt::Result {
    if first == second { write!(f, "{first} {unit}") } else { write!(f, "{first}-{second} {unit}") }
}

impl FromStr for Stop {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "off" {
            return Ok(Self(StopRule::Off));
        }
        if let Some(ranges) = text.strip_suffix("atr") {
            return pair(ranges).map(|(wild, calm)| Self(StopRule::Atr(wild, calm)));
        }
        let Percent(rate) = text.parse()?;
        if rate.is_zero() || rate.0 >= Decimal::ONE { Err(Malformed) } else { Ok(Self(StopRule::Fixed(rate))) }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            StopRule::Off => f.write_str("off"),
            StopRule::Fixed(rate) => percent(rate).fmt(f),
            StopRule::Atr(wild, calm) => write_pair(f, (wild, calm), "atr"),
        }
    }
}

impl FromStr for Target {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "off" {
            return Ok(Self(TargetRule::Off));
        }
        if let Some(risks) = text.strip_suffix("risk") {
            return pair(risks).map(|(ranging, trending)| Self(TargetRule::Risk(ranging, trending)));
        }
        let Percent(rate) = text.parse()?;
        if rate.is_zero() { Err(Malformed) } else { Ok(Self(TargetRule::Fixed(rate))) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            TargetRule::Off => f.write_str("off"),
            TargetRule::Fixed(rate) => percent(rate).fmt(f),
            TargetRule::Risk(ranging, trending) => write_pair(f, (ranging, trending), "risk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways<T: FromStr<Err = Malformed> + fmt::Display>(texts: &[&str], wrong: &[&str]) {
        for text in texts {
            assert_eq!(text.parse::<T>().ok().map(|value| value.to_string()).as_deref(), Some(*text));
        }
        for text in wrong {
            assert!(text.parse::<T>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_printed_is_what_is_parsed() {
        both_ways::<Share>(&["30%", "0.5%", "off", "0%"], &["", "30", "-1%", "%", "all", "1e3%", "99999%"]);
        both_ways::<Span>(&["90s", "5m", "2h", "3d", "0s"], &["", "h", "1.5h", "2w", "-1h", "99999999d"]);
        both_ways::<OptionalSpan>(&["off", "1d"], &["on"]);
        both_ways::<Stop>(&["off", "8%", "2.5 atr", "2-3 atr"], &["2 risk", "atr", "-2 atr", "2-", "0 atr", "0%", "100%"]);
        both_ways::<Target>(&["off", "15%", "2 risk", "1.5-2 risk"], &["2 atr", "risk"]);
    }
}
