//! What could keep a live run from trading, and what to do about it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data::okx::clock::Clock;
use data::okx::endpoint::{Endpoint, SocketPath};
use data::okx::limits::Limits;
use data::okx::message::{InstType, Permission};
use data::okx::rest::{OkxError, Rest, RestTimings};
use data::okx::sign::Credentials;
use data::okx::subscription::Subscription;
use data::okx::websocket::{Event, Socket, SocketConfig, Timings};
use tokio::sync::mpsc::channel;

use super::link::{LinkError, endpoint};
use crate::config::LiveConfig;

const CONNECT_WITHIN: Duration = Duration::from_secs(15);
const MS_NS: i64 = 1_000_000;
const MIB: u64 = 1 << 20;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do about it; empty where nothing is to be done.
    pub advice: String,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Well,
    /// It works, and could be better.
    Doubtful,
    /// A live run would not begin, or not trade.
    Bad,
}

/// Everything that was found so far.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    fn add(&mut self, what: &'static str, verdict: Verdict, seen: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding { what, verdict, seen: seen.into(), advice: advice.into() });
    }

    fn well(&mut self, what: &'static str, seen: impl Into<String>) {
        self.add(what, Verdict::Well, seen, "");
    }
}

/// Looks at everything that can be looked at with what is there. Without keys the account is left out.
pub async fn examine(config: &LiveConfig, runs: &Path, keys: Result<Credentials, String>) -> Findings {
    let mut findings = Findings::default();
    disk(config, runs, &mut findings);
    let credentials = match keys {
        Ok(credentials) => {
            findings.well("keys", "found");
            Some(credentials)
        }
        Err(reason) => {
            findings.add("keys", Verdict::Bad, reason, "only paper trading works without");
            None
        }
    };
    let endpoint = match endpoint(config) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            findings.add("endpoint", Verdict::Bad, error.to_string(), "mend live.rest and live.websocket");
            return findings;
        }
    };
    let money = match (endpoint.is_demo(), endpoint.is_loopback()) {
        (_, true) => "on this machine",
        (true, false) => "demo trading",
        (false, false) => "REAL MONEY: live asks for --live-money",
    };
    findings.well("endpoint", format!("{} ({money})", endpoint.rest));
    let (limits, clock) = (Arc::new(Limits::default()), Arc::new(Clock::default()));
    let rest = match Rest::new(endpoint, credentials.clone(), limits, clock, RestTimings::default()) {
        Ok(rest) => rest,
        Err(error) => {
            findings.add("REST", Verdict::Bad, error.to_string(), "mend live.rest");
            return findings;
        }
    };
    if !reach(config, &rest, &mut findings).await {
        return findings;
    }
    instruments(config, &rest, &mut findings).await;
    if credentials.is_some() {
        account(&rest, &mut findings).await;
    }
    sockets(config, &rest, credentials, &mut findings).await;
    findings
}

/// What to do about a refusal: nothing is wrong with what was asked when it was only asked too often.
fn advice(error: &OkxError, otherwise: &'static str) -> &'static str {
    match error.code() {
        Some("50011" | "50061") => "the venue was asked too often: try again in a few seconds",
        _ => otherwise,
    }
}

fn disk(config: &LiveConfig, runs: &Path, findings: &mut Findings) {
    let there = runs.ancestors().find(|folder| folder.exists() && !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free_mb = disk.f_bavail.saturating_mul(disk.f_frsize) / MIB;
            let seen = format!("{free_mb} MiB free for the log in {}", runs.display());
            if free_mb < u64::from(config.free_disk_mb) {
                let advice =
                    format!("make room, or lower live.free_disk_mb ({}): below it nothing new is bought", config.free_disk_mb);
                findings.add("disk", Verdict::Bad, seen, advice);
            } else {
                findings.well("disk", seen);
            }
        }
        Err(error) => findings.add("disk", Verdict::Bad, error.to_string(), "name a folder that can be written to with --runs"),
    }
}

/// Whether the venue answers at all; and if so, what time it has.
async fn reach(config: &LiveConfig, rest: &Rest, findings: &mut Findings) -> bool {
    let estimate = match rest.measure_clock().await {
        Ok(estimate) => estimate,
        Err(error) => {
            findings.add("REST", Verdict::Bad, error.to_string(), "check the network, the address and live.region");
            return false;
        }
    };
    findings.well("REST", format!("answers in {} ms", estimate.error_us * 2 / 1_000));
    let skew_ms = rest.clock().skew_ms().unwrap_or(0);
    let seen = format!("the venue's is {skew_ms:+} ms from this machine's, to {} ms", estimate.error_us / 1_000);
    if skew_ms.saturating_abs().saturating_mul(MS_NS) > config.clock_skew.0 {
        findings.add(
            "clock",
            Verdict::Bad,
            seen,
            "set the machine's clock by NTP (timedatectl set-ntp true), or raise live.clock_skew",
        );
    } else {
        findings.well("clock", seen);
    }
    true
}

async fn instruments(config: &LiveConfig, rest: &Rest, findings: &mut Findings) {
    if config.instruments.is_empty() {
        findings.add("instruments", Verdict::Bad, "none", LinkError::NoInstruments.to_string());
        return;
    }
    let listed = match rest.instruments(&InstType::Spot).await {
        Ok(listed) => listed,
        Err(error) => {
            findings.add("instruments", Verdict::Bad, error.to_string(), advice(&error, "try again later"));
            return;
        }
    };
    for symbol in &config.instruments {
        match listed.iter().find(|info| info.inst_id == symbol.as_str()) {
            None => {
                let advice = format!("the venue lists {} spot pairs: look for its name there", listed.len());
                findings.add("instruments", Verdict::Bad, format!("{symbol} is not listed"), advice);
            }
            Some(info) if !info.state.is_absent() && info.state != "live" => {
                let seen = format!("{symbol} is in state {}", info.state);
                findings.add("instruments", Verdict::Doubtful, seen, "orders may be refused until it is live");
            }
            Some(_) => findings.well("instruments", format!("{symbol} is live")),
        }
    }
}

async fn account(rest: &Rest, findings: &mut Findings) {
    let account = match rest.account_config().await {
        Ok(account) => account,
        Err(error) => {
            let keys = "check the key, its passphrase, its region and environment (demo keys work in demo trading only), and its IP list";
            findings.add("account", Verdict::Bad, error.to_string(), advice(&error, keys));
            return;
        }
    };
    if account.permits(Permission::Withdraw) {
        findings.add("permissions", Verdict::Bad, account.perm.to_string(), LinkError::MayWithdraw.to_string());
    } else if account.permits(Permission::Trade) {
        findings.well("permissions", account.perm.to_string());
    } else {
        findings.add("permissions", Verdict::Bad, account.perm.to_string(), "make a key that may trade");
    }
    if account.ip.is_absent() {
        findings.add(
            "IP list",
            Verdict::Doubtful,
            "the key works from anywhere",
            "bind it to this machine's address on the website",
        );
    } else {
        findings.well("IP list", account.ip.to_string());
    }
    match account.acct_lv.as_str() {
        "1" | "2" => findings.well("account mode", format!("{} (spot or futures)", account.acct_lv)),
        other => findings.add("account mode", Verdict::Bad, other.to_owned(), "set it to spot mode (1) on the website"),
    }
    match rest.balance().await {
        Ok(balance) if balance.details.is_empty() => {
            findings.add("balances", Verdict::Doubtful, "the account is empty", "nothing can be bought with nothing");
        }
        Ok(balance) => {
            let held = balance.details.iter().map(|one| one.ccy.to_string()).collect::<Vec<_>>().join(", ");
            findings.well("balances", held);
        }
        Err(error) => findings.add("balances", Verdict::Bad, error.to_string(), advice(&error, "try again later")),
    }
}

async fn sockets(config: &LiveConfig, rest: &Rest, credentials: Option<Credentials>, findings: &mut Findings) {
    let symbol = config.instruments.first().map_or("BTC-USDT", String::as_str);
    let public = connect(rest, rest.endpoint(), SocketPath::Public, None, Subscription::of("tickers", symbol)).await;
    report("public WebSocket", public, findings);
    if credentials.is_some() {
        let orders = Subscription::of_kind("orders", "SPOT");
        report("private WebSocket", connect(rest, rest.endpoint(), SocketPath::Private, credentials, orders).await, findings);
    }
}

fn report(what: &'static str, connected: Result<(), String>, findings: &mut Findings) {
    match connected {
        Ok(()) => findings.well(what, "connected"),
        Err(reason) => findings.add(what, Verdict::Bad, reason, "check that port 8443 is open, and live.region"),
    }
}

/// Connects, logs in and subscribes once.
async fn connect(
    rest: &Rest,
    endpoint: &Endpoint,
    path: SocketPath,
    login: Option<Credentials>,
    subscription: Subscription,
) -> Result<(), String> {
    let (events, mut events_in) = channel(64);
    let url = endpoint.websocket(path).to_owned();
    let config = SocketConfig { url, path, socket: 0, login, subscriptions: vec![subscription], timings: Timings::default() };
    let _socket = Socket::open(config, rest.limits().clone(), rest.clock().clone(), events);
    let wait = async {
        while let Some(event) = events_in.recv().await {
            match event {
                Event::Up { .. } => return Ok(()),
                Event::Down { reason, .. } => return Err(reason.to_string()),
                Event::Unserved { code, message, .. } => return Err(format!("{message} (code {code})")),
                Event::Frame { .. } => {}
            }
        }
        Err("it ended".to_owned())
    };
    tokio::time::timeout(CONNECT_WITHIN, wait).await.unwrap_or_else(|_| Err("no connection in 15 s".to_owned()))
}
