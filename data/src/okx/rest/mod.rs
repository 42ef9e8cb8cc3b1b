//! REST: signed requests, answered in typed form or by a typed error.
//!
//! What is signed is the very string that is sent. A request that only reads is tried again when that may help; one that
//! changes something only when the venue surely did not carry it out.

mod error;
mod call;
mod public;
mod account;
mod trade;
mod algo;
mod history;
mod clock_keeper;

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};

pub(super) use self::call::batch_charges;
pub use self::clock_keeper::ClockKeeper;
pub use self::error::OkxError;
pub use self::history::{FillsOf, History, Page};
pub use self::trade::OrderName;
pub(super) use self::trade::{MAX_BATCH, with_sub_account};

use super::clock::Clock;
use super::endpoint::Endpoint;
use super::limits::Limits;
use super::sign::Credentials;

/// How long REST waits for what, and how often it tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestTimings {
    /// For a connection.
    pub connect: Duration,
    /// For an answer, the connection included.
    pub answer: Duration,
    /// For its turn by our own limits.
    pub patience: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
    /// Before the second try; then twice as long each time, with jitter.
    pub backoff_first: Duration,
    /// Before any try.
    pub backoff_most: Duration,
    /// How long the venue may take an order after it was signed.
    pub order_lifetime: Duration,
}

impl Default for RestTimings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            tries: 4,
            backoff_first: Duration::from_millis(250),
            backoff_most: Duration::from_secs(5),
            order_lifetime: Duration::from_secs(5),
        }
    }
}

/// A REST client of one account, or of none.
#[derive(Debug)]
pub struct Rest {
    http: Client,
    endpoint: Endpoint,
    credentials: Option<Credentials>,
    limits: Arc<Limits>,
    clock: Arc<Clock>,
    timings: RestTimings,
}

impl Rest {
    /// A client for an endpoint. Without credentials it reads public data only.
    pub fn new(
        endpoint: Endpoint,
        credentials: Option<Credentials>,
        limits: Arc<Limits>,
        clock: Arc<Clock>,
        timings: RestTimings,
    ) -> Result<Self, OkxError> {
        install_crypto();
        let setup = |reason: String| OkxError::Setup { url: endpoint.rest.clone(), reason };
        Url::parse(&endpoint.rest).map_err(|error| setup(error.to_string()))?;
        let builder = Client::builder()
            .user_agent(concat!("tickfold/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timings.connect)
            .timeout(timings.answer)
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(25))
            // A redirect would carry keys to another host, and a hidden second try could place an order twice.
            .redirect(Policy::none())
            .retry(reqwest::retry::never());
        let builder = if endpoint.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| setup(error.without_url().to_string()))?;
        Ok(Self { http, endpoint, credentials, limits, clock, timings })
    }

    /// Where it speaks to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The venue's clock, as measured through this client.
    pub fn clock(&self) -> &Arc<Clock> {
        &self.clock
    }

    /// The limits that it shares.
    pub fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// How long it waits.
    pub fn timings(&self) -> &RestTimings {
        &self.timings
    }
}

/// Chooses ring for TLS, once a process. Somebody else's earlier choice stays.
pub(super) fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
