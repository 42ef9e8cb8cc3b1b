//! The venue's strings: short ones are kept in place, so that a tick's message costs no allocation.

use std::fmt;
use std::io::Write as _;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// As long as the longest ids of instruments, `BTC-USD-230526-26000-C`.
const IN_PLACE: usize = 22;

/// A string of a message. Missing, `null` and `""` are all empty; numbers and booleans become their text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Form);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    InPlace(u8, [u8; IN_PLACE]),
    Boxed(Box<str>),
}

impl Text {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Only whole strings are copied in, so they are still UTF-8.
            Form::InPlace(len, bytes) => std::str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or(""),
            Form::Boxed(text) => text,
        }
    }

    /// Whether nothing was said.
    pub fn is_absent(&self) -> bool {
        self.as_str().is_empty()
    }

    /// Its characters, where something was said.
    pub fn some(&self) -> Option<&str> {
        Some(self.as_str()).filter(|text| !text.is_empty())
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Form::InPlace(0, [0; IN_PLACE]))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; IN_PLACE];
        match (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            (Ok(len), Some(place)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Form::InPlace(len, bytes))
            }
            _ => Self(Form::Boxed(text.into())),
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar(|text: &str| Self::from(text)))
    }
}

/// Reads any scalar through its text. Lists and objects in its place count as nothing said: one strange field must not
/// cost the whole message.
pub(super) struct Scalar<F>(pub F);

impl<'de, T, F: Fn(&str) -> T> Visitor<'de> for Scalar<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number or a boolean")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(self.0(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(self.0(written(&mut [0; 20], format_args!("{number}"))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(self.0(written(&mut [0; 20], format_args!("{number}"))))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(self.0(&number.to_string()))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<T, E> {
        Ok(self.0(if flag { "true" } else { "false" }))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(self.0(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.0(""))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.0(""))
    }
}

/// The text of a whole number, of which the longest has twenty characters.
fn written<'a>(buffer: &'a mut [u8; 20], number: fmt::Arguments<'_>) -> &'a str {
    let mut rest = &mut buffer[..];
    let _ = rest.write_fmt(number);
    let len = 20 - rest.len();
    std::str::from_utf8(&buffer[..len]).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_text_is_the_same_to_the_reader() {
        for text in
            ["", "BTC-USDT", "BTC-USD-230526-26000-C", "BTC-USD-230526-126000-C", "twenty-two bytes: €€€€", &"€".repeat(300)]
        {
            assert_eq!(Text::from(text).as_str(), text);
            let json = serde_json::to_string(&Text::from(text)).unwrap();
            assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
        }
        assert!(matches!(Text::from("BTC-USD-230526-26000-C").0, Form::InPlace(22, _)));
    }

    #[test]
    fn any_scalar_is_text() {
        for (json, text) in [
            ("null", ""),
            ("12", "12"),
            ("-3", "-3"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("true", "true"),
            (r#""\u0041""#, "A"),
            ("[1]", ""),
            (r#"{"a":1}"#, ""),
        ] {
            assert_eq!(serde_json::from_str::<Text>(json).unwrap(), text, "{json}");
        }
    }
}
