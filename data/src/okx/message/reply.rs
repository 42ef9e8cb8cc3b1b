//! The envelope that every REST reply comes in.

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::number::Number;
use super::text::Text;

/// A message is not what the venue sends.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {what}: {source}")]
pub struct MessageError {
    /// What it should have been.
    pub what: &'static str,
    /// Where it stops being that.
    pub source: serde_json::Error,
}

/// A REST reply. Business failures come with HTTP status 200 and say so here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", bound = "T: Deserialize<'de>")]
pub struct Reply<T> {
    /// `"0"` when all went well; of order requests `"1"` when all items failed and `"2"` when some did.
    pub code: Text,
    /// What is wrong, in the venue's words.
    pub msg: Text,
    /// The items.
    #[serde(deserialize_with = "list")]
    pub data: Vec<T>,
    /// When the request came in, microseconds since 1970; of order requests only.
    pub in_time: Number,
    /// When the reply went out, microseconds since 1970; of order requests only.
    pub out_time: Number,
}

impl<T> Default for Reply<T> {
    fn default() -> Self {
        let (code, msg, in_time, out_time) = Default::default();
        Self { code, msg, data: Vec::new(), in_time, out_time }
    }
}

impl<T: DeserializeOwned> Reply<T> {
    /// Reads a body.
    pub fn parse(body: &str) -> Result<Self, MessageError> {
        parse(body, "a reply")
    }
}

impl<T> Reply<T> {
    /// Whether the request as a whole went well. Items with a code of their own say more.
    pub fn is_ok(&self) -> bool {
        self.code == "0"
    }
}

/// What became of one item of an order request.
pub trait ItemResult {
    /// The item's code; `"0"` means accepted, not done.
    fn s_code(&self) -> &Text;
    /// What is wrong, in the venue's words. Successes may have words as well.
    fn s_msg(&self) -> &Text;

    /// Whether the venue took it.
    fn is_ok(&self) -> bool {
        self.s_code() == "0"
    }
}

pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str, what: &'static str) -> Result<T, MessageError> {
    serde_json::from_str(text).map_err(|source| MessageError { what, source })
}

/// Reads a list; `null`, `""` and whatever else is no list is an empty one.
pub(super) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(List(std::marker::PhantomData))
}

struct List<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

/// The server's time, of `public/time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ServerTime {
    /// Milliseconds since 1970.
    pub ts: Number,
}
