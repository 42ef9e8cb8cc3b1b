//! How much a strategy holds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use engine::number::{Decimal, Quantity, Rate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How much a strategy holds when it is in the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// `"0.01"`: this much of the base currency.
    Base(Quantity),
    /// `"95%"`: this share of the equity at the time of entering.
    Equity(Rate),
}

/// The text is neither a quantity such as `0.01` nor a share such as `95%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSize;

impl FromStr for Size {
    type Err = InvalidSize;
    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), true),
            None => (text, false),
        };
        let number = Decimal::from_str_exact(number).map_err(|_| InvalidSize)?.normalize();
        if !percent {
            return Ok(Self::Base(Quantity(number)));
        }
        let share = number.checked_div(Decimal::ONE_HUNDRED).ok_or(InvalidSize)?;
        Ok(Self::Equity(Rate(share.normalize())))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base(quantity) => quantity.fmt(f),
            // Through text, as 100 times the largest decimal is none.
            Self::Equity(share) => match share.0.checked_mul(Decimal::ONE_HUNDRED) {
                Some(percent) => write!(f, "{}%", percent.normalize()),
                None => write!(f, "{share}00%"),
            },
        }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Whole(i64),
            Text(Cow<'a, str>),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Whole(number) => number.to_string().into(),
            Written::Text(text) => text,
        };
        text.parse().map_err(|InvalidSize| {
            D::Error::custom(format_args!(
                "\"{text}\" is neither a quantity such as \"0.01\" nor a share of equity such as \"95%\""
            ))
        })
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)? ?%?$" })
    }
}
