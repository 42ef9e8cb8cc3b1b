//! Values that TOML has no exact form for: decimals, seeds above an `i64`, intervals.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use engine::instrument::Currency;
use engine::number::{Amount, Decimal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

/// The schema of a number that must stay exact: a string of decimals, or an integer. Never a float.
pub(super) struct ExactNumber;

impl JsonSchema for ExactNumber {
    fn schema_name() -> Cow<'static, str> {
        "ExactNumber".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$" })
    }
}

/// The schema of a seed: an integer, or a string where it is too large for TOML.
pub(super) struct Seed;

impl JsonSchema for Seed {
    fn schema_name() -> Cow<'static, str> {
        "Seed".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$" })
    }
}

/// Reads a `T` from its decimal text or from an integer. `1`, `"1"` and `"1.00"` are the same number, and
/// become the same one.
struct Exact<T>(T);

impl<'de, T: FromStr> Deserialize<'de> for Exact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExactVisitor(PhantomData)).map(Self)
    }
}

struct ExactVisitor<T>(PhantomData<T>);

impl<T: FromStr> Visitor<'_> for ExactVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number in quotes, such as \"0.01\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let wrong = || E::custom(format_args!("\"{text}\" is not a number such as \"0.01\""));
        let number = Decimal::from_str_exact(text).map_err(|_| wrong())?.normalize();
        number.to_string().parse().map_err(|_| wrong())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

pub(super) fn optional<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    Exact::deserialize(deserializer).map(|Exact(value)| Some(value))
}

pub(super) fn balances<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Currency, Amount>, D::Error> {
    let balances = BTreeMap::<Currency, Exact<Amount>>::deserialize(deserializer)?;
    Ok(balances.into_iter().map(|(currency, Exact(amount))| (currency, amount)).collect())
}

/// An integer as long as TOML can hold it, a string above that.
pub(super) mod seed {
    use super::{Deserialize, Deserializer, Error, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*seed) {
            Ok(small) => serializer.serialize_i64(small),
            Err(_) => serializer.collect_str(seed),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(seed) => Ok(seed),
            Written::Text(text) => text
                .parse()
                .map_err(|_| D::Error::custom(format_args!("\"{text}\" is not a whole number from 0 to {}", u64::MAX))),
        }
    }
}

/// `1h` for an hour.
pub(super) mod interval {
    use super::{Cow, Deserialize, Deserializer, Error, Serializer};
    use engine::time::Interval;

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(interval: &Option<Interval>, serializer: S) -> Result<S::Ok, S::Error> {
        match interval {
            Some(interval) => serializer.collect_str(interval),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Interval>, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let wrong = |_| D::Error::custom(format_args!("\"{text}\" is not an interval such as \"1m\", \"4h\" or \"1d\""));
        text.parse().map(Some).map_err(wrong)
    }
}
