//! What is asked about: a record, an order, a round trip or a fill.

use std::fmt;
use std::str::FromStr;

use engine::order::OrderId;

/// Something in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A record, by its seq: `43` or `seq:43`.
    Record(u64),
    /// An order, by the seq of the record that asked for it: `#43` as records write it, `o43` or `order:43`.
    Order(OrderId),
    /// A round trip, by its number from 1: `t12` or `trade:12`.
    Trade(u64),
    /// A fill, by the venue's id of it: `f7` or `fill:7`.
    Fill(u64),
}

/// The text names nothing that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is written like 43 (a record), o43 or '#43' (an order), t12 (the 12th round trip) or f7 (the fill that the venue calls 7)"
)]
pub struct InvalidTopic;

type Prefix = (&'static str, fn(u64) -> Topic);

const PREFIXES: [Prefix; 8] = [
    ("seq:", Topic::Record),
    ("order:", |id| Topic::Order(OrderId(id))),
    ("trade:", Topic::Trade),
    ("fill:", Topic::Fill),
    ("#", |id| Topic::Order(OrderId(id))),
    ("o", |id| Topic::Order(OrderId(id))),
    ("t", Topic::Trade),
    ("f", Topic::Fill),
];

impl FromStr for Topic {
    type Err = InvalidTopic;
    fn from_str(text: &str) -> Result<Self, InvalidTopic> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain)
        };
        if let Some(seq) = number(text) {
            return Ok(Self::Record(seq));
        }
        let named = PREFIXES.iter().find_map(|(prefix, topic)| Some(topic(number(text.strip_prefix(prefix)?)?)));
        named.ok_or(InvalidTopic)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(seq) => write!(f, "record {seq}"),
            Self::Order(order) => write!(f, "order {order}"),
            Self::Trade(number) => write!(f, "round trip t{number}"),
            Self::Fill(id) => write!(f, "fill {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_means_one_thing() {
        for (texts, topic) in [
            (&["43", "seq:43"][..], Topic::Record(43)),
            (&["#43", "o43", "order:43"], Topic::Order(OrderId(43))),
            (&["t12", "trade:12"], Topic::Trade(12)),
            (&["f7", "fill:7"], Topic::Fill(7)),
        ] {
            for text in texts {
                assert_eq!(text.parse(), Ok(topic), "{text}");
            }
        }
        for text in ["", "o", "x3", "-1", "+1", "1.5", "t 1", "seq:", "99999999999999999999", "order:o4"] {
            assert_eq!(text.parse::<Topic>(), Err(InvalidTopic), "{text:?}");
        }
    }
}
