//! Asking public HTTP interfaces: in their own pace, with limits on time and size, again where that is safe.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::time::{Instant, sleep, sleep_until};

/// The longest that one answer may take, connecting included.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest answer, in bytes.
const MAX_BODY: usize = 32 << 20;
/// How often one question is asked, if it fails in ways that may pass.
const MAX_ATTEMPTS: u32 = 6;
/// The wait before a question is asked again; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// A venue that wants us to stay away for longer than this is not waited for.
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// So much of an unexpected answer is shown, in characters.
const SHOWN: usize = 200;

/// A public HTTP interface could not be asked, or answered something else than what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be made.
    #[error("cannot prepare to ask {host}: {reason}: a host is written like https://api.example.org")]
    Setup {
        /// Whom.
        host: String,
        /// Why.
        reason: String,
    },
    /// Nothing came back, several times.
    #[error("cannot ask {url}: {reason}: is the network up, and the host right?")]
    Failed {
        /// What was asked.
        url: String,
        /// Why.
        reason: String,
    },
    /// It said no.
    #[error("{url} was refused with status {status}: {body}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of its answer.
        body: String,
    },
    /// Too much was asked of it, and it wants to be left alone for long.
    #[error("{url} wants no more questions for {wait_s} seconds (status {status}): go on after that")]
    Busy {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// For how long, in seconds.
        wait_s: u64,
    },
    /// The answer is not what was asked for.
    #[error("the answer to {url} cannot be read: {reason}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One host, asked no faster than it allows.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    host: String,
    /// How long one unit of a question's cost takes.
    pace: Duration,
    /// Before this nothing is asked.
    free_at: Mutex<Instant>,
}

/// What came back with status 200.
#[derive(Debug)]
pub(crate) struct Reply {
    pub url: String,
    pub body: Vec<u8>,
    /// Binance: how much of this minute's limit is used.
    pub used_weight: Option<u32>,
}

impl Http {
    /// For `host`, such as `https://api.example.org`: one unit of cost each `pace`.
    pub(crate) fn new(host: &str, pace: Duration) -> Result<Self, HttpError> {
        // Only the first one in a process counts, and any is right.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let host = host.trim_end_matches('/').to_owned();
        let builder = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("tickfold/", env!("CARGO_PKG_VERSION")));
        // A proxy does not reach this machine.
        let builder = if is_loopback(&host) { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| HttpError::Setup { host: host.clone(), reason: chain(&error) })?;
        Ok(Self { client, host, pace, free_at: Mutex::new(Instant::now()) })
    }

    /// Asks for `path`, which begins with a slash and has its query; it costs `cost` units.
    pub(crate) async fn get(&self, path: &str, cost: u32) -> Result<Reply, HttpError> {
        let url = format!("{}{path}", self.host);
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            sleep_until(self.slot(cost)).await;
            let is_last = attempt == MAX_ATTEMPTS;
            match self.ask(&url).await {
                Ok(Answer::Good(reply)) => return Ok(reply),
                Ok(Answer::Later { status, after }) => {
                    let after = after.unwrap_or(wait);
                    if after > LONGEST_WAIT || is_last {
                        return Err(HttpError::Busy { url, status, wait_s: after.as_secs() });
                    }
                    self.hold(after);
                }
                Ok(Answer::Broken { status, body }) if is_last => return Err(HttpError::Refused { url, status, body }),
                Err(error) if is_last || !matches!(error, HttpError::Failed { .. }) => return Err(error),
                Ok(Answer::Broken { .. }) | Err(_) => sleep(jittered(wait)).await,
            }
            wait *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// Asks nothing for so long.
    pub(crate) fn hold(&self, wait: Duration) {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        *free_at = (*free_at).max(Instant::now() + wait);
    }

    /// When the next question of this cost may be asked.
    fn slot(&self, cost: u32) -> Instant {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = (*free_at).max(Instant::now());
        *free_at = slot + self.pace * cost;
        slot
    }

    async fn ask(&self, url: &str) -> Result<Answer, HttpError> {
        let failed = |error: reqwest::Error| {
            let (is_ours, reason) = (error.is_builder(), chain(&error.without_url()));
            if is_ours {
                HttpError::Setup { host: self.host.clone(), reason }
            } else {
                HttpError::Failed { url: url.to_owned(), reason }
            }
        };
        let mut response = self.client.get(url).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if matches!(status, 418 | 429) {
            return Ok(Answer::Later { status, after: header(&response, RETRY_AFTER.as_str()).map(Duration::from_secs) });
        }
        let used_weight = header(&response, "x-mbx-used-weight-1m").and_then(|weight| u32::try_from(weight).ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                let reason = format!("it has more than {MAX_BODY} bytes");
                return Err(HttpError::Refused { url: url.to_owned(), status, body: reason });
            }
            body.extend_from_slice(&chunk);
        }
        match status {
            200 => Ok(Answer::Good(Reply { url: url.to_owned(), body, used_weight })),
            500.. => Ok(Answer::Broken { status, body: shown(&body) }),
            _ => Err(HttpError::Refused { url: url.to_owned(), status, body: shown(&body) }),
        }
    }
}

enum Answer {
    Good(Reply),
    /// Too much was asked.
    Later {
        status: u16,
        after: Option<Duration>,
    },
    /// The server has a fault of its own.
    Broken {
        status: u16,
        body: String,
    },
}

impl Reply {
    /// Reads its JSON.
    pub(crate) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| self.malformed(format!("{error}: {}", shown(&self.body))))
    }

    /// That it is not what was asked for.
    pub(crate) fn malformed(&self, reason: impl Into<String>) -> HttpError {
        HttpError::Malformed { url: self.url.clone(), reason: reason.into() }
    }
}

/// A wait between half of it and all of it, so that many do not come back at once.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Whether an address is of this machine.
fn is_loopback(host: &str) -> bool {
    let name = host.split_once("://").map_or(host, |(_, rest)| rest);
    let name = name.split('/').next().unwrap_or_default();
    let name =
        name.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(name, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn header(response: &Response, name: &str) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.trim().parse().ok()
}

/// An error and what caused it: what a network error says first is seldom the reason.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars().take(SHOWN).map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_more_waits_longer_and_a_hold_holds_all() {
        let http = Http::new("http://127.0.0.1:1/", Duration::from_secs(20)).unwrap();
        assert_eq!(http.host, "http://127.0.0.1:1");
        let first = http.slot(2);
        let seconds = |slot: Instant| slot.duration_since(first).as_secs();
        assert_eq!((seconds(http.slot(5)), seconds(http.slot(1)), seconds(http.slot(1))), (40, 140, 160));
        http.hold(Duration::from_secs(1_000));
        assert!((995..=1_000).contains(&seconds(http.slot(1))));
    }

    #[test]
    fn only_our_own_machine_is_a_loopback() {
        for own in ["http://127.0.0.1:80", "http://localhost", "ws://[::1]:1", "127.0.0.1:5"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in
            ["https://example.org", "https://example.org/127.0.0.1", "https://1127.0.0.1", "https://localhost.example.org"]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
