//! The venue's numbers: strings in most places, JSON numbers in a few, and `""` where they do not apply.

use engine::number::Decimal;
use engine::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Scalar;

const MS_NS: i64 = 1_000_000;

/// A number of a message as it came, exact. A text that is no number spoils only this field: whoever needs it is told.
/// JSON numbers pass through a float: of those, 15 digits are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number(State);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Absent,
    Value(Decimal),
    Invalid,
}

/// A field that is needed holds no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {}", if *is_missing { "missing" } else { "not a number that can be kept exactly" })]
pub struct InvalidNumber {
    /// Which.
    pub field: &'static str,
    /// Whether nothing is there, rather than something that is no number.
    pub is_missing: bool,
}

impl Number {
    /// Its value; `None` where the venue says that it does not apply.
    pub fn optional(self, field: &'static str) -> Result<Option<Decimal>, InvalidNumber> {
        match self.0 {
            State::Absent => Ok(None),
            State::Value(value) => Ok(Some(value)),
            State::Invalid => Err(InvalidNumber { field, is_missing: false }),
        }
    }

    /// Its value, which must be there.
    pub fn required(self, field: &'static str) -> Result<Decimal, InvalidNumber> {
        self.optional(field)?.ok_or(InvalidNumber { field, is_missing: true })
    }

    /// Its value where it has one: for what is shown, never for what is booked.
    pub fn value(self) -> Option<Decimal> {
        self.optional("").ok().flatten()
    }

    /// A whole number, which must be there.
    pub fn integer(self, field: &'static str) -> Result<i64, InvalidNumber> {
        self.value().and_then(whole).ok_or(InvalidNumber { field, is_missing: self.is_absent() })
    }

    /// Milliseconds since 1970 as a time, which must be there.
    pub fn time(self, field: &'static str) -> Result<Timestamp, InvalidNumber> {
        let ns = self.integer(field)?.checked_mul(MS_NS);
        ns.map(Timestamp).ok_or(InvalidNumber { field, is_missing: false })
    }

    /// Whether the venue said nothing.
    pub fn is_absent(&self) -> bool {
        self.0 == State::Absent
    }
}

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self(State::Value(value))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(State::Value(value.into()))
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self(State::Absent);
        }
        let plain = Decimal::from_str_exact(text).or_else(|_| Decimal::from_str_exact(without_zeros(text)));
        let value = plain.ok().or_else(|| scientific(text));
        Self(value.map_or(State::Invalid, State::Value))
    }
}

/// An integer of the type; `None` for a fraction or what does not fit.
fn whole(value: Decimal) -> Option<i64> {
    let value = value.normalize();
    if value.scale() == 0 { i64::try_from(value.mantissa()).ok() } else { None }
}

/// Without the zeros that end a fraction: `1.50000…` may be longer than a decimal holds.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') && !text.contains(['e', 'E']) { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// JSON numbers may come as `5.426e-05`. Where the decimal would be rounded there is none.
fn scientific(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let (mut value, exponent) = (Decimal::from_str_exact(mantissa).ok()?, exponent.parse::<i32>().ok()?);
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    if scale < 0 {
        let power = 10_i64.checked_pow(scale.unsigned_abs())?;
        value.set_scale(0).ok()?;
        return value.checked_mul(power.into());
    }
    value.set_scale(u32::try_from(scale).ok()?).ok()?;
    Some(value)
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value() {
            Some(value) => serializer.collect_str(&value),
            None => serializer.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar(|text: &str| Self::from(text)))
    }
}

/// A yes or no of a message: JSON booleans and the strings `"true"` and `"false"`; anything else says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

impl Flag {
    /// Whether the venue says yes.
    pub fn is_yes(self) -> bool {
        self.0 == Some(true)
    }

    /// Whether the venue said nothing.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

/// One of the few whole numbers that the venue writes as a JSON number. Text that is one is read as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Integer(pub Option<i64>);

impl Integer {
    /// Whether the venue said nothing.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar(|text: &str| Self(text.trim().parse().ok())))
    }
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar(|text: &str| {
            Self(match text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Number {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_are_exact_in_every_form() {
        for (json, value) in [
            (r#""63913.0""#, "63913.0"),
            (r#""-0.02522168""#, "-0.02522168"),
            (r#""9999999999.0000000000000000""#, "9999999999.0000000000000000"),
            (r#""1.500000000000000000000000000000000000""#, "1.5"),
            ("123456", "123456"),
            ("-1", "-1"),
            ("5.426e-05", "0.00005426"),
            (r#""12E3""#, "12000"),
            (r#"" 7 ""#, "7"),
        ] {
            assert_eq!(read(json).required("px").unwrap(), Decimal::from_str_exact(value).unwrap(), "{json}");
        }
    }

    #[test]
    fn nothing_is_absent_and_nonsense_is_an_error_for_those_who_need_it() {
        for json in ["null", r#""""#, "[]", "{}"] {
            assert_eq!(read(json).optional("px"), Ok(None), "{json}");
            assert_eq!(read(json).required("px"), Err(InvalidNumber { field: "px", is_missing: true }));
        }
        for json in
            [r#""20 00""#, r#""NaN""#, "true", "1e400", r#""1e-99999999999""#, r#""0.12345678901234567890123456789012345""#]
        {
            let Ok(number) = serde_json::from_str::<Number>(json) else { continue };
            assert_eq!(number.optional("px"), Err(InvalidNumber { field: "px", is_missing: false }), "{json}");
            assert_eq!(number.value(), None);
        }
    }

    #[test]
    fn times_are_milliseconds() {
        assert_eq!(read(r#""1597026383085""#).time("ts").unwrap().to_string(), "2020-08-10T02:26:23.085Z");
        for json in [r#""1.5""#, r#""99999999999999999999""#, r#""9223372036854775807""#] {
            assert!(read(json).time("ts").is_err(), "{json}");
        }
    }

    #[test]
    fn flags_come_as_booleans_and_as_text() {
        for (json, flag) in [("true", Some(true)), (r#""false""#, Some(false)), (r#""""#, None), ("null", None), ("1", None)] {
            assert_eq!(serde_json::from_str::<Flag>(json).unwrap().0, flag, "{json}");
        }
    }
}
