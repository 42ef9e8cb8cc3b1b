//! What a client says over a WebSocket.

use serde::{Deserialize, Serialize};

use super::frame::Arg;
use super::number::Number;
use super::reply::{MessageError, list, parse};
use super::request::{AmendOrder, CancelOrder, PlaceOrder};
use super::text::Text;

/// The text that asks whether the other side is there.
pub const PING: &str = "ping";
/// The answer to it.
pub const PONG: &str = "pong";

/// A frame with one kind of arguments, as it is written.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation<'a, T> {
    /// What its reply will be known by: at most 32 letters and digits.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub id: &'a str,
    /// What to do, such as `subscribe` or `order`.
    pub op: &'a str,
    /// With what.
    pub args: &'a [T],
    /// After which the venue must not do it any more, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp_time: Option<Text>,
}

impl<T: Serialize> Operation<'_, T> {
    /// The frame's text.
    pub fn text(&self) -> String {
        // Strings, numbers and lists of them always have a text.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Who logs in. It has no debug output, because it carries a passphrase.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoginArg {
    /// The key's public part.
    pub api_key: Text,
    /// Its passphrase.
    pub passphrase: Text,
    /// Seconds since 1970, as it is signed.
    pub timestamp: Text,
    /// The signature over it.
    pub sign: Text,
}

impl std::fmt::Debug for LoginArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginArg { .. }")
    }
}

/// A frame from a client, as a venue reads it.
#[derive(Clone, Debug)]
pub enum ClientFrame {
    /// Whether we are there.
    Ping,
    /// Who it is.
    Login(Vec<LoginArg>),
    /// What it wants to hear. The id may be empty.
    Subscribe(Text, Vec<Arg>),
    /// What it no longer wants to hear.
    Unsubscribe(Text, Vec<Arg>),
    /// New orders: `order` or `batch-orders`.
    Place(OperationHead, Vec<PlaceOrder>),
    /// New values: `amend-order` or `batch-amend-orders`.
    Amend(OperationHead, Vec<AmendOrder>),
    /// No longer wanted: `cancel-order` or `batch-cancel-orders`.
    Cancel(OperationHead, Vec<CancelOrder>),
    /// Something else.
    Other(OperationHead),
}

/// What the reply to an operation repeats.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OperationHead {
    /// The client's id of it.
    pub id: Text,
    /// What to do.
    pub op: Text,
    /// After which it must not be done any more, milliseconds since 1970.
    pub exp_time: Number,
}

#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
struct Args<T> {
    #[serde(default = "Vec::new", deserialize_with = "list")]
    args: Vec<T>,
}

impl ClientFrame {
    /// Reads a frame.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text == PING {
            return Ok(Self::Ping);
        }
        let head: OperationHead = parse(text, "a client's frame")?;
        Ok(match head.op.as_str() {
            "login" => Self::Login(args(text)?),
            "subscribe" => Self::Subscribe(head.id, args(text)?),
            "unsubscribe" => Self::Unsubscribe(head.id, args(text)?),
            "order" | "batch-orders" => Self::Place(head, args(text)?),
            "amend-order" | "batch-amend-orders" => Self::Amend(head, args(text)?),
            "cancel-order" | "batch-cancel-orders" => Self::Cancel(head, args(text)?),
            _ => Self::Other(head),
        })
    }
}

fn args<'de, T: Deserialize<'de>>(text: &'de str) -> Result<Vec<T>, MessageError> {
    Ok(parse::<Args<T>>(text, "a client's arguments")?.args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okx::message::Integer;

    #[test]
    fn operations_are_compact_and_read_back() {
        let order = PlaceOrder { inst_id_code: Integer(Some(7)), sz: "1".into(), ..PlaceOrder::default() };
        let operation = Operation { id: "12", op: "order", args: std::slice::from_ref(&order), exp_time: None };
        assert_eq!(operation.text(), r#"{"id":"12","op":"order","args":[{"instIdCode":7,"sz":"1"}]}"#);
        let ClientFrame::Place(head, orders) = ClientFrame::parse(&operation.text()).unwrap() else { panic!("not an order") };
        assert_eq!((head.id.as_str(), orders), ("12", vec![order]));
        let late = Operation { id: "1", op: "cancel-order", args: &[CancelOrder::default()], exp_time: Some("5".into()) };
        assert_eq!(late.text(), r#"{"id":"1","op":"cancel-order","args":[{}],"expTime":"5"}"#);
    }

    #[test]
    fn logins_take_seconds_as_text_and_as_a_number() {
        for timestamp in ["1704876947", r#""1704876947""#] {
            let text =
                format!(r#"{{"op":"login","args":[{{"apiKey":"k","passphrase":"pass","timestamp":{timestamp},"sign":"s"}}]}}"#);
            let frame = ClientFrame::parse(&text).unwrap();
            assert!(!format!("{frame:?}").contains("pass\""), "{frame:?}");
            let ClientFrame::Login(args) = frame else { panic!("not a login") };
            assert_eq!(args[0].timestamp, "1704876947");
        }
    }
}
