//! An interval as a parameter.

use std::borrow::Cow;

use engine::time::Interval;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The length of a bar, written like `1m`, `15m`, `4h` or `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeframe(pub Interval);

impl Timeframe {
    /// One hour.
    pub const HOUR: Self = Self(Interval(3_600));
}

impl Serialize for Timeframe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Timeframe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let interval = text.parse().map_err(|_| D::Error::custom(format!("\"{text}\" is not written like 1m, 15m, 4h or 1d")))?;
        Ok(Self(interval))
    }
}

impl JsonSchema for Timeframe {
    fn schema_name() -> Cow<'static, str> {
        "Timeframe".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*[smhdw]$", "examples": ["1m", "15m", "1h", "4h", "1d"] })
    }

    fn inline_schema() -> bool {
        true
    }
}
