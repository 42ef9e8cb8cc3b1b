//! A strategy's size as it is written: `"0.01"` of the base currency, or `"95%"` of the equity.

use std::borrow::Cow;

use engine::sizing::{InvalidSize, Size};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Reads and writes a [`Size`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenSize(pub Size);

/// For `#[serde(with)]` on an optional size.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Size, WrittenSize};

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub fn serialize<S: Serializer>(size: &Option<Size>, serializer: S) -> Result<S::Ok, S::Error> {
        size.map(WrittenSize).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Size>, D::Error> {
        Ok(Option::<WrittenSize>::deserialize(deserializer)?.map(|WrittenSize(size)| size))
    }
}

impl Serialize for WrittenSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for WrittenSize {
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
        text.parse().map(Self).map_err(|InvalidSize| {
            D::Error::custom(format_args!(
                "\"{text}\" is neither a quantity such as \"0.01\", nor a share of equity such as \"95%\", nor one of kelly, atr_risk, confidence, volatility"
            ))
        })
    }
}

impl JsonSchema for WrittenSize {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": r"^([0-9]+(\.[0-9]+)? ?%?|kelly|atr_risk|confidence|volatility)$" })
    }
}
