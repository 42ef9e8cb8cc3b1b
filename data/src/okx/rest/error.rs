//! What can go wrong between us and the venue, and whether it may have acted all the same.

use thiserror::Error;

use crate::okx::code::Remedy;
use crate::okx::limits::Limited;

/// A request that failed. It says what was asked, and never holds a key, a passphrase or a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OkxError {
    /// No client could be made.
    #[error("cannot set up a client for {url}: {reason}")]
    Setup {
        /// For which host.
        url: String,
        /// Why.
        reason: String,
    },
    /// It needs a key, and there is none.
    #[error("{asked}: this needs an API key")]
    NoKey {
        /// What was asked.
        asked: String,
    },
    /// Our own limits would hold it back too long. Nothing was sent.
    #[error("{asked}: {limited}")]
    Limited {
        /// What was asked.
        asked: String,
        /// Which limit, and for how long.
        limited: Limited,
    },
    /// It never left: no connection, or a full queue.
    #[error("{asked}: not sent: {reason}")]
    NotSent {
        /// What was asked.
        asked: String,
        /// Why.
        reason: String,
    },
    /// It left, and no answer came.
    #[error("{asked}: no answer: {reason}")]
    NoAnswer {
        /// What was asked.
        asked: String,
        /// Why.
        reason: String,
    },
    /// An answer came that cannot be read.
    #[error("{asked}: HTTP {status}, and an answer that cannot be read: {reason}")]
    Unreadable {
        /// What was asked.
        asked: String,
        /// HTTP status; 200 over a WebSocket.
        status: u16,
        /// Why.
        reason: String,
    },
    /// The venue refused it.
    #[error("{asked}: refused with code {code} (HTTP {status}): {message}")]
    Refused {
        /// What was asked.
        asked: String,
        /// HTTP status; 200 over a WebSocket.
        status: u16,
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
}

impl OkxError {
    /// Whether the venue may have carried it out: an order must be looked up before it is sent again.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            // What was refused with a 4xx was not carried out, whoever on the way refused it.
            Self::Unreadable { status, .. } => !(400..500).contains(status),
            Self::Refused { status, code, .. } => *status >= 500 || Remedy::of(code) == Remedy::OutcomeUnknown,
            Self::Setup { .. } | Self::NoKey { .. } | Self::Limited { .. } | Self::NotSent { .. } => false,
        }
    }

    /// Whether the venue refused for a reason of the order's: the same may be asked of another.
    pub fn is_of_order(&self) -> bool {
        self.code().is_some_and(|code| code.starts_with("51")) && !self.outcome_unknown()
    }

    /// The venue's code, if the venue answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What a client does about it, if the venue answered.
    pub fn remedy(&self) -> Option<Remedy> {
        self.code().map(Remedy::of)
    }
}
