//! Numbers that sources write as JSON numbers.

use engine::number::Decimal;
use serde::{Deserialize, Deserializer};

/// A JSON number as the decimal that it prints as; `None` for `null`, and for what no decimal can hold.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(i64),
        Float(f64),
    }
    Ok(Option::<Number>::deserialize(deserializer)?.and_then(|number| match number {
        Number::Whole(whole) => Some(Decimal::from(whole)),
        // The shortest text that reads back as this float: of up to 15 digits, the text that was sent.
        Number::Float(float) => rounded(&float.to_string()),
    }))
}

/// A decimal from plain text; digits beyond 28 are rounded.
fn rounded(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Holder {
        #[serde(default, deserialize_with = "optional")]
        value: Option<Decimal>,
    }

    #[test]
    fn a_float_becomes_what_it_prints_as() {
        for (text, expected) in [
            ("67187.3358936566", Some("67187.3358936566")),
            ("0.1", Some("0.1")),
            ("-3.5e-7", Some("-0.00000035")),
            ("1317802988326", Some("1317802988326")),
            ("1.5e21", Some("1500000000000000000000")),
            ("null", None),
            ("1e300", None),
        ] {
            let holder: Holder = serde_json::from_str(&format!(r#"{{"value":{text}}}"#)).unwrap();
            assert_eq!(holder.value.map(|value| value.to_string()).as_deref(), expected, "{text}");
        }
        assert!(serde_json::from_str::<Holder>("{}").unwrap().value.is_none());
        assert!(serde_json::from_str::<Holder>(r#"{"value":"high"}"#).is_err());
    }
}
