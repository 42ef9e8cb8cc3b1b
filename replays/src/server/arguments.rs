//! What a call says, read leniently: an empty text and `null` are nothing, and a number may come as text.

use std::borrow::Cow;

use engine::market::Side;
use engine::number::{Decimal, MAX_QUANTITY};
use engine::time::Timestamp;
use serde_json::Value;

use super::listed::Listed;
use super::reply::Refusal;

/// The most characters of a `clOrdId`, and of a `tag`.
const MAX_CLIENT_ID: usize = 32;
const MAX_TAG: usize = 16;

/// How an instrument is named: REST by `instId`, WebSocket operations by `instIdCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Symbol,
    Code,
}

/// The fields of one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arguments<'a>(pub(super) &'a Value);

impl<'a> Arguments<'a> {
    /// A field as text.
    pub(super) fn text(self, name: &str) -> Option<Cow<'a, str>> {
        match self.0.get(name)? {
            Value::String(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            _ => None,
        }
    }

    pub(super) fn needed(self, name: &str) -> Result<Cow<'a, str>, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A field as one of these words.
    pub(super) fn word<T: Copy>(self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let known = words.iter().find(|(word, _)| *word == text);
        known.map(|(_, value)| Some(*value)).ok_or_else(|| Refusal::parameter(name))
    }

    pub(super) fn flag(self, name: &str) -> Result<bool, Refusal> {
        Ok(self.word(name, &[("true", true), ("false", false)])?.unwrap_or(false))
    }

    /// A field as a number of whatever sign.
    pub(super) fn signed(self, name: &str) -> Result<Option<Decimal>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let value = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        let value = value.ok().filter(|value| value.abs() <= Decimal::from(MAX_QUANTITY));
        value.map(|value| Some(value.normalize())).ok_or_else(|| Refusal::parameter(name))
    }

    /// A field as a number above zero.
    pub(super) fn positive(self, name: &str) -> Result<Option<Decimal>, Refusal> {
        match self.signed(name)? {
            Some(value) if value <= Decimal::ZERO => Err(Refusal::parameter(name)),
            value => Ok(value),
        }
    }

    pub(super) fn integer(self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Refusal::parameter(name))
    }

    /// A time in Unix milliseconds.
    pub(super) fn time(self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        Ok(self.integer(name)?.map(|ms| Timestamp(i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000))))
    }

    /// The objects of a list.
    pub(super) fn list(self, name: &str) -> Result<&'a [Value], Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::String(text)) if text.is_empty() => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(Refusal::parameter(name)),
        }
    }

    pub(super) fn side(self) -> Result<Side, Refusal> {
        let side = self.word("side", &[("buy", Side::Buy), ("sell", Side::Sell)])?;
        side.ok_or_else(|| Refusal::missing("side"))
    }

    /// A client's own id for an order: letters and digits; empty without one.
    pub(super) fn client_id(self, name: &str) -> Result<String, Refusal> {
        self.label(name, MAX_CLIENT_ID)
    }

    pub(super) fn tag(self) -> Result<String, Refusal> {
        self.label("tag", MAX_TAG)
    }

    fn label(self, name: &str, longest: usize) -> Result<String, Refusal> {
        let text = self.text(name).unwrap_or_default();
        if text.len() > longest || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refusal::parameter(name));
        }
        Ok(text.into_owned())
    }

    /// The instrument that it names: its place in the list.
    pub(super) fn listing(self, listings: &[Listed], naming: Naming) -> Result<usize, Refusal> {
        let place = match naming {
            Naming::Symbol => {
                let symbol = self.needed("instId")?;
                listings.iter().position(|listed| listed.symbol() == symbol)
            }
            Naming::Code => {
                let code = self.needed("instIdCode")?;
                listings.iter().position(|listed| code.parse() == Ok(listed.code))
            }
        };
        place.ok_or_else(Refusal::unknown_instrument)
    }

    /// Whether rows of spot instruments are asked for.
    pub(super) fn asks_for_spot(self) -> bool {
        self.text("instType").is_none_or(|kind| kind == "SPOT" || kind == "ANY")
    }

    /// Whether a comma-separated list of words has this one; a missing list has all.
    pub(super) fn admits(self, name: &str, word: &str) -> bool {
        self.text(name).is_none_or(|list| list.split(',').any(|item| item.trim() == word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_comes_in_many_forms_and_numbers_in_two() {
        let value = json!({"a": "", "b": null, "c": 0.5, "d": "0.50", "e": "x", "f": true, "g": "1e-2", "h": "-1", "i": "9e99"});
        let args = Arguments(&value);
        assert_eq!((args.text("a"), args.text("b"), args.text("missing")), (None, None, None));
        assert_eq!(args.positive("c").unwrap(), args.positive("d").unwrap());
        assert_eq!(args.signed("g").unwrap(), Some(Decimal::new(1, 2)));
        for name in ["e", "f", "h", "i"] {
            assert_eq!(args.positive(name).unwrap_err().message, format!("Parameter {name}  error"));
        }
        assert!(args.flag("f").unwrap() && !args.flag("a").unwrap());
    }

    #[test]
    fn labels_are_letters_and_digits() {
        let value = json!({"clOrdId": "my-order", "tag": "seventeencharacte"});
        assert_eq!(Arguments(&value).client_id("clOrdId").unwrap_err(), Refusal::parameter("clOrdId"));
        assert_eq!(Arguments(&value).tag().unwrap_err(), Refusal::parameter("tag"));
    }
}
