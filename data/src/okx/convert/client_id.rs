//! Our orders' names at the venue: made of the session and of the order's place in its log, so that after a crash the
//! venue can be asked about an order before anything is sent again.

use std::fmt;

use engine::event::Hash;
use engine::order::OrderId;

use crate::okx::message::{OrderInfo, Text};

/// What our names begin with.
const PREFIX: &str = "tf";
const RADIX: u32 = 36;
const TAG_LEN: usize = 10;

/// A session in ten lower-case letters and digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionTag([u8; TAG_LEN]);

impl SessionTag {
    /// Of a session, by a hash that no other session has.
    pub fn of(session: &Hash) -> Self {
        let mut bits = u64::from_le_bytes(session.0[..8].try_into().expect("eight bytes"));
        Self(std::array::from_fn(|_| {
            let digit = u32::try_from(bits % u64::from(RADIX)).unwrap_or(0);
            bits /= u64::from(RADIX);
            char::from_digit(digit, RADIX).map_or(b'0', |digit| digit as u8)
        }))
    }

    /// Reads it back; `None` when it is no tag.
    pub fn parse(text: &str) -> Option<Self> {
        let tag: [u8; TAG_LEN] = text.as_bytes().try_into().ok()?;
        tag.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()).then_some(Self(tag))
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Display for SessionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SessionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An order's name at the venue: at most 25 letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    /// Which session's.
    pub session: SessionTag,
    /// Which order.
    pub order: OrderId,
}

impl ClientId {
    /// Reads a name; `None` when it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (session, seq) = text.strip_prefix(PREFIX)?.split_at_checked(TAG_LEN)?;
        let order = OrderId(u64::from_str_radix(seq, RADIX).ok()?);
        let id = Self { session: SessionTag::parse(session)?, order };
        // One order has one name: no sign, no capitals, no zeros in front.
        (id.to_string() == text).then_some(id)
    }

    /// Whose order a message is about: the order's own name, or that of the algo order that placed it.
    pub fn of(order: &OrderInfo) -> Option<Self> {
        let own = Self::parse(order.cl_ord_id.as_str());
        own.or_else(|| Self::parse(order.algo_cl_ord_id.as_str()))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut digits, mut rest) = ([b'0'; 13], self.order.0);
        let mut first = digits.len();
        while rest > 0 || first == digits.len() {
            first -= 1;
            let digit = u32::try_from(rest % u64::from(RADIX)).unwrap_or(0);
            digits[first] = char::from_digit(digit, RADIX).map_or(b'0', |digit| digit as u8);
            rest /= u64::from(RADIX);
        }
        write!(f, "{PREFIX}{}{}", self.session, std::str::from_utf8(&digits[first..]).unwrap_or("0"))
    }
}

impl From<ClientId> for Text {
    fn from(id: ClientId) -> Self {
        id.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_venues_and_read_back() {
        let session = SessionTag::of(&Hash([7; 32]));
        for seq in [0, 1, 35, 36, 1_234_567, u64::MAX] {
            let id = ClientId { session, order: OrderId(seq) };
            let name = id.to_string();
            assert!(name.len() <= 25 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
            assert_eq!(ClientId::parse(&name), Some(id), "{name}");
        }
        let id = ClientId { session: SessionTag::parse("abcdefghi9").unwrap(), order: OrderId(1_234) };
        assert_eq!(id.to_string(), "tfabcdefghi9ya");
        assert_ne!(SessionTag::of(&Hash([7; 32])), SessionTag::of(&Hash([8; 32])));
    }

    #[test]
    fn foreign_names_are_not_ours() {
        for text in [
            "",
            "tf",
            "tfabcdefghi9",
            "tfabcdefghi90ya",
            "tfabcdefghi9+1",
            "tfabcdefghi9YA",
            "TFabcdefghi9ya",
            "tfabcDefghi9ya",
            "tfabcdefghi9zzzzzzzzzzzzzz",
            "6b9ad766b55dBCDE3abb7605afe3ef84",
            "pyokx1795245171967",
            "tf€€€€",
        ] {
            assert_eq!(ClientId::parse(text), None, "{text:?}");
        }
    }
}
