//! A cheap look at a frame: is it a push, which is handed on as it is, or an answer to what this socket asked?

use serde::Deserialize;

use crate::okx::message::{PONG, Text};
use crate::okx::subscription::Subscription;

/// What a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Pong,
    /// A push, or what we do not know.
    Other,
    /// An answer to a request of ours.
    Reply {
        id: String,
        code: String,
    },
    LoggedIn,
    Subscribed(Subscription),
    Unsubscribed(Subscription),
    Refused {
        id: Option<String>,
        code: String,
        message: String,
    },
    Notice {
        code: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    event: Text,
    op: Text,
    id: Text,
    code: Text,
    msg: Text,
    arg: Option<Subscription>,
}

impl Look {
    pub fn at(text: &str) -> Self {
        if text == PONG {
            return Self::Pong;
        }
        // Pushes are the many: they begin with their arg and have no event. The order of keys is not promised, so
        // all else is read.
        let has_event = text.contains(r#""event""#);
        if !has_event && text.starts_with(r#"{"arg""#) {
            return Self::Other;
        }
        let Ok(head) = serde_json::from_str::<Head>(text) else { return Self::Other };
        let (code, message) = (head.code.to_string(), head.msg.to_string());
        let id = head.id.some().map(str::to_owned);
        match (head.event.as_str(), head.arg) {
            ("login", _) if code == "0" => Self::LoggedIn,
            ("login" | "error", _) => Self::Refused { id, code, message },
            ("subscribe", Some(arg)) => Self::Subscribed(arg),
            ("unsubscribe", Some(arg)) => Self::Unsubscribed(arg),
            ("notice", _) => Self::Notice { code },
            ("", None) => match id {
                Some(id) if !head.op.is_absent() => Self::Reply { id, code },
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_by_its_keys_in_any_order() {
        let trades = Subscription::of("trades", "BTC-USDT");
        let refused = |id: Option<&str>, code: &str, message: &str| Look::Refused {
            id: id.map(str::to_owned),
            code: code.to_owned(),
            message: message.to_owned(),
        };
        for (text, look) in [
            ("pong", Look::Pong),
            (r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"1"}]}"#, Look::Other),
            (r#"{"action":"update","data":[],"arg":{"channel":"books","instId":"BTC-USDT"}}"#, Look::Other),
            (r#"{"arg":{"channel":"account","uid":"1"},"eventType":"snapshot","data":[]}"#, Look::Other),
            (r#"{"event":"login","code":"0","msg":"","connId":"a"}"#, Look::LoggedIn),
            (r#"{"event":"login","code":"60009","msg":"no"}"#, refused(None, "60009", "no")),
            (r#"{"event":"error","id":"s1","code":"60018","msg":"x"}"#, refused(Some("s1"), "60018", "x")),
            (
                r#"{"arg":{"instId":"BTC-USDT","channel":"trades"},"connId":"a","event":"subscribe"}"#,
                Look::Subscribed(trades.clone()),
            ),
            (r#"{"event":"unsubscribe","arg":{"channel":"trades","instId":"BTC-USDT"}}"#, Look::Unsubscribed(trades)),
            (r#"{"event":"notice","code":"64008","msg":"soon"}"#, Look::Notice { code: "64008".to_owned() }),
            (
                r#"{"code":"0","data":[{"sCode":"0"}],"id":"r1","op":"order","msg":""}"#,
                Look::Reply { id: "r1".to_owned(), code: "0".to_owned() },
            ),
            (r#"{"event":"channel-conn-count","channel":"orders","connCount":"1"}"#, Look::Other),
            (r#"{"event":7}"#, Look::Other),
            ("", Look::Other),
            ("[]", Look::Other),
        ] {
            assert_eq!(Look::at(text), look, "{text}");
        }
    }
}
