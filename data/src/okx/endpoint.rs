//! Endpoint: where the venue is, by region, for real money or for play money, or at a place of its own.

use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

/// A part of the world with hosts of its own. A key works only where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Everywhere else.
    Global,
    /// The European Economic Area.
    Eea,
    /// The United States and Australia.
    Us,
}

/// Whose money is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// The venue's demo: play money, and keys of its own.
    Demo,
    /// Real money.
    Live,
}

/// The three WebSocket paths; a channel is on one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketPath {
    /// Market data.
    Public,
    /// Account, orders, and order requests; needs a login.
    Private,
    /// Candles, single trades, and algo orders (which need a login).
    Business,
}

/// Where one environment of the venue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme and host of REST, without a slash at the end.
    pub rest: String,
    /// URL of the public WebSocket.
    pub public: String,
    /// URL of the private WebSocket.
    pub private: String,
    /// URL of the business WebSocket.
    pub business: String,
    /// Whose money is traded there.
    pub environment: Environment,
}

/// Why URLs are no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Not a URL of the kind that is wanted.
    #[error("\"{url}\" is not a URL that begins with {wanted}")]
    NotAUrl {
        /// What was given.
        url: String,
        /// The schemes that fit.
        wanted: &'static str,
    },
    /// Keys and orders would travel in the open.
    #[error("\"{url}\" is not encrypted: {wanted} is needed for every host but this machine")]
    NotEncrypted {
        /// What was given.
        url: String,
        /// The scheme that is needed.
        wanted: &'static str,
    },
}

impl Endpoint {
    /// The venue's own hosts.
    pub fn venue(region: Region, environment: Environment) -> Self {
        // The US host for REST is unsettled in what is published; an explicit URL overrides it.
        let (rest, live, demo) = match region {
            Region::Global => ("www.okx.com", "ws.okx.com", "wspap.okx.com"),
            Region::Eea => ("eea.okx.com", "wseea.okx.com", "wseeapap.okx.com"),
            Region::Us => ("us.okx.com", "wsus.okx.com", "wsuspap.okx.com"),
        };
        let websocket = match environment {
            Environment::Demo => demo,
            Environment::Live => live,
        };
        Self::joined(&format!("https://{rest}"), &format!("wss://{websocket}:8443/ws/v5"), environment)
    }

    /// A venue elsewhere: REST at `rest` (`http://127.0.0.1:8080`), sockets under `websocket` (`ws://127.0.0.1:8080/ws/v5`).
    /// Without encryption only on this machine.
    pub fn at(rest: &str, websocket: &str, environment: Environment) -> Result<Self, EndpointError> {
        check(rest, "https", "http", "http:// or https://")?;
        check(websocket, "wss", "ws", "ws:// or wss://")?;
        Ok(Self::joined(rest, websocket, environment))
    }

    fn joined(rest: &str, websocket: &str, environment: Environment) -> Self {
        let (rest, websocket) = (rest.trim_end_matches('/').to_owned(), websocket.trim_end_matches('/'));
        let [public, private, business] = ["public", "private", "business"].map(|path| format!("{websocket}/{path}"));
        Self { rest, public, private, business, environment }
    }

    /// The URL of a WebSocket path.
    pub fn websocket(&self, path: SocketPath) -> &str {
        match path {
            SocketPath::Public => &self.public,
            SocketPath::Private => &self.private,
            SocketPath::Business => &self.business,
        }
    }

    /// Whether every part of it is on this machine.
    pub fn is_loopback(&self) -> bool {
        [&self.rest, &self.public, &self.private, &self.business]
            .into_iter()
            .all(|url| Url::parse(url).is_ok_and(|url| is_loopback(&url)))
    }

    /// Whether it trades play money.
    pub fn is_demo(&self) -> bool {
        self.environment == Environment::Demo
    }
}

fn check(text: &str, encrypted: &'static str, plain: &str, wanted: &'static str) -> Result<(), EndpointError> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && url.query().is_none() && url.username().is_empty());
    match url {
        Some(url) if url.scheme() == encrypted || (url.scheme() == plain && is_loopback(&url)) => Ok(()),
        Some(url) if url.scheme() == plain => Err(EndpointError::NotEncrypted { url: text.to_owned(), wanted: encrypted }),
        _ => Err(EndpointError::NotAUrl { url: text.to_owned(), wanted }),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_follow_region_and_environment() {
        let live = Endpoint::venue(Region::Eea, Environment::Live);
        assert_eq!(live.rest, "https://eea.okx.com");
        assert_eq!(live.websocket(SocketPath::Business), "wss://wseea.okx.com:8443/ws/v5/business");
        let demo = Endpoint::venue(Region::Global, Environment::Demo);
        assert_eq!((demo.rest.as_str(), demo.public.as_str()), ("https://www.okx.com", "wss://wspap.okx.com:8443/ws/v5/public"));
        assert!(demo.is_demo() && !live.is_demo() && !live.is_loopback() && !demo.is_loopback());
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_open() {
        for (rest, websocket) in [
            ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/ws/v5"),
            ("http://localhost:1", "ws://localhost:1/ws/v5/"),
            ("http://[::1]:1/", "ws://[::1]:1/ws/v5"),
        ] {
            let local = Endpoint::at(rest, websocket, Environment::Demo).unwrap();
            assert!(local.is_loopback(), "{local:?}");
            assert!(local.private.ends_with("/ws/v5/private") && !local.rest.ends_with('/'), "{local:?}");
        }
        let at = |rest, websocket| Endpoint::at(rest, websocket, Environment::Live).unwrap_err().to_string();
        assert!(at("http://10.0.0.1", "ws://127.0.0.1").contains("https is needed"));
        assert!(at("https://venue.example", "ws://venue.example/ws").contains("wss is needed"));
        assert!(at("127.0.0.1:8080", "ws://127.0.0.1").contains("is not a URL"));
        assert!(at("http://127.0.0.1.venue.example", "ws://127.0.0.1").contains("https is needed"));
    }
}
