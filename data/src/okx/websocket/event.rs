//! What a socket tells its owner.

use thiserror::Error;
use tokio_tungstenite::tungstenite;

use crate::okx::endpoint::SocketPath;
use crate::okx::subscription::Subscription;

/// The text of a frame, as it came, shared and not copied.
pub type FrameText = tungstenite::Utf8Bytes;

/// One connection of one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// The number that its owner gave the socket.
    pub socket: u16,
    /// Its path.
    pub path: SocketPath,
    /// Which connection of the socket it is: 1, 2, ...
    pub epoch: u32,
}

/// What happens on a socket, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Logged in where that is wanted, and every subscription answered: from now on nothing is missed. Frames of the
    /// connection may come before.
    Up {
        /// Which.
        connection: Connection,
    },
    /// The connection is gone; requests that waited were told. Another one follows unless the reason is final.
    Down {
        /// Which. It may never have been up.
        connection: Connection,
        /// Why.
        reason: DownReason,
    },
    /// A frame: every push, notice and error, and replies that nobody waits for any more.
    Frame {
        /// From which.
        connection: Connection,
        /// When it was read, Unix nanoseconds of this machine.
        received_ns: i64,
        /// As it came.
        text: FrameText,
    },
    /// The venue will not serve a subscription; it is not asked for again.
    Unserved {
        /// By which.
        connection: Connection,
        /// What was asked for.
        subscription: Box<Subscription>,
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
}

/// Why a connection ended, or none came about.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DownReason {
    /// No connection.
    #[error("cannot connect: {0}")]
    NotConnected(String),
    /// The key is not taken. Final: asking again would lock it out.
    #[error("the login was refused with code {code}: {message}")]
    LoginRefused {
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
    /// The login failed for now: our time was off, or the venue is busy.
    #[error("the login failed with code {code}: {message}")]
    LoginPostponed {
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
    /// No answer to the login.
    #[error("no answer to the login")]
    LoginUnanswered,
    /// No answer to a subscription.
    #[error("no answer to the subscription of {0}")]
    SubscriptionUnanswered(String),
    /// The venue has us back off from subscribing.
    #[error("subscribing was refused with code {code}: {message}")]
    SubscribedTooOften {
        /// The venue's code.
        code: String,
        /// The venue's words.
        message: String,
    },
    /// Nothing came for a while, not even a pong.
    #[error("nothing came, and no pong")]
    Silent,
    /// The venue asked for a new connection, or told of trouble that a new one mends.
    #[error("the venue wants a new connection: code {0}")]
    Noticed(String),
    /// The venue closed it.
    #[error("closed by the venue with {code}: {words}")]
    Closed {
        /// The close code.
        code: u16,
        /// The venue's words.
        words: String,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The owner asked for a new connection.
    #[error("a new connection was asked for")]
    Renewed,
    /// The owner let it go.
    #[error("the owner let it go")]
    Stopped,
}

impl DownReason {
    /// Whether no other connection follows.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::LoginRefused { .. } | Self::Stopped)
    }

    /// Whether the next connection need not wait: nothing is wrong with the venue.
    pub(super) fn is_wished(&self) -> bool {
        matches!(self, Self::Noticed(_) | Self::Renewed)
    }
}
