//! What became of a request, and whether it must be asked for first.

use crate::okx::code::Remedy;
use crate::okx::message::{ItemResult as _, OrderReply};
use crate::okx::rest::OkxError;

/// What became of a request about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The venue took it.
    Accepted {
        /// The venue's id of the order; empty where it did not say.
        ord_id: String,
    },
    /// The venue refused it, or has not taken it in time and never will: nothing changed.
    Refused {
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
    /// It never left.
    NotSent {
        /// Why.
        reason: String,
    },
    /// It may have been carried out, and asking did not help. Nothing may be sent in its place.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    pub(super) fn not_sent(reason: &str) -> Self {
        Self::NotSent { reason: reason.to_owned() }
    }
}

/// What a reply says, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Final(Outcome),
    /// Nothing certain: the order must be asked for.
    Ask(String),
}

impl Verdict {
    /// What became of each of the orders that were asked.
    pub fn each(replies: &Result<Vec<OrderReply>, OkxError>, asked: usize) -> Vec<Self> {
        match replies {
            Ok(items) => items.iter().map(Self::of_item).collect(),
            Err(error) => (0..asked).map(|_| Self::of_error(error)).collect(),
        }
    }

    /// What became of the one that was asked.
    pub fn one(replies: &Result<Vec<OrderReply>, OkxError>) -> Self {
        let nothing = || Self::Ask("the reply is empty".to_owned());
        Self::each(replies, 1).into_iter().next().unwrap_or_else(nothing)
    }

    fn of_item(item: &OrderReply) -> Self {
        if item.is_ok() {
            return Self::Final(Outcome::Accepted { ord_id: item.ord_id.to_string() });
        }
        Self::of_refusal(item.s_code.as_str(), item.s_msg.as_str())
    }

    fn of_error(error: &OkxError) -> Self {
        match error {
            error if error.outcome_unknown() => Self::Ask(error.to_string()),
            OkxError::Refused { code, message, .. } => Self::of_refusal(code, message),
            error => Self::Final(Outcome::NotSent { reason: error.to_string() }),
        }
    }

    fn of_refusal(code: &str, message: &str) -> Self {
        match Remedy::of(code) {
            Remedy::OutcomeUnknown | Remedy::QueryOrder => Self::Ask(format!("code {code}: {message}")),
            _ if code.is_empty() => Self::Ask("the reply has no code".to_owned()),
            _ => Self::Final(Outcome::Refused { code: code.to_owned(), message: message.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_final() {
        let item = |code: &str| OrderReply { s_code: code.into(), ord_id: "7".into(), ..OrderReply::default() };
        let verdict = |code| Verdict::of_item(&item(code));
        assert_eq!(verdict("0"), Verdict::Final(Outcome::Accepted { ord_id: "7".to_owned() }));
        assert!(matches!(verdict("51008"), Verdict::Final(Outcome::Refused { .. })));
        for code in ["50004", "50026", "51054", "51149", "51016", "51410", ""] {
            assert!(matches!(verdict(code), Verdict::Ask(_)), "{code}");
        }
        let no_answer = OkxError::NoAnswer { asked: "it".to_owned(), reason: "it broke".to_owned() };
        assert_eq!(Verdict::each(&Err(no_answer), 2), vec![Verdict::Ask("it: no answer: it broke".to_owned()); 2].as_slice());
        let not_sent = OkxError::NotSent { asked: "it".to_owned(), reason: "no".to_owned() };
        assert!(matches!(Verdict::one(&Err(not_sent)), Verdict::Final(Outcome::NotSent { .. })));
        assert!(matches!(Verdict::one(&Ok(vec![])), Verdict::Ask(_)));
    }
}
