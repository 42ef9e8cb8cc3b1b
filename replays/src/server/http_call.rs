//! A REST call: from its bytes to its answer.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::auth::{Caller, Signed};
use super::core::Method;
use super::faults::{FaultKind, Spot, meaning};
use super::limits::{By, budget_of};
use super::market_floor::{Floor, held};
use super::market_rest::Asked;
use super::reply::Reply;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct RestRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query, byte by byte.
    pub target: String,
    /// The body, byte by byte.
    pub body: Vec<u8>,
    /// From where.
    pub address: String,
    /// `OK-ACCESS-KEY`.
    pub key: Option<String>,
    /// `OK-ACCESS-PASSPHRASE`.
    pub passphrase: Option<String>,
    /// `OK-ACCESS-SIGN`.
    pub sign: Option<String>,
    /// `OK-ACCESS-TIMESTAMP`.
    pub timestamp: Option<String>,
    /// `expTime`: after it, in Unix milliseconds, the request is not to be carried out.
    pub exp_time: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestReply {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

const PREFIX: &str = "/api/v5/";

impl RestReply {
    fn refused(status: u16, code: &str, msg: &str) -> Self {
        Self { status, body: json!({"code": code, "msg": msg, "data": []}).to_string() }
    }
}

impl Floor {
    /// Answers a request, and says for how long a fault holds the answer back.
    pub fn rest(&mut self, request: &RestRequest) -> (RestReply, Duration) {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Some(path) = path.strip_prefix(PREFIX) else { return (not_found(), Duration::ZERO) };
        let since_ms = self.post.since_start_ms();
        let spot = Spot { on: "rest", channel: None, path: Some(path) };
        if self.post.faults.maintenance(since_ms).is_some() && !matches!(path, "public/time" | "system/status") {
            return (refusal_by("50001"), Duration::ZERO);
        }
        let mut delay = Duration::ZERO;
        if !self.post.faults.is_empty() {
            delay = self.post.faults.strikes(FaultKind::Delay, spot, since_ms).map_or(delay, |strike| held(strike.ms));
            if let Some(strike) = self.post.faults.strikes(FaultKind::Refuse, spot, since_ms) {
                return (refusal_by(strike.code.as_deref().unwrap_or("50001")), delay);
            }
        }
        let query = parse_query(query);
        if request.method == "GET"
            && let Some(reply) = self.public(path, &query, &request.address)
        {
            return (reply, delay);
        }
        let reply = self.signed(path, query, request);
        if !self.post.faults.is_empty() && request.method == "POST" {
            if let Some(strike) = self.post.faults.strikes(FaultKind::NoReply, spot, since_ms) {
                return (refusal_by("50004"), held(strike.ms));
            }
            delay += self.post.faults.strikes(FaultKind::LateAck, spot, since_ms).map_or(Duration::ZERO, |s| held(s.ms));
        }
        (reply, delay)
    }

    fn public(&mut self, path: &str, query: &Value, address: &str) -> Option<RestReply> {
        let now_ms = self.post.since_start_ms();
        let is_public = path.starts_with("public/") || path.starts_with("market/") || path.starts_with("system/");
        if !is_public {
            return None;
        }
        if self.limits.enabled
            && let Some(budget) = budget_of("GET", path, 0)
            && !self.limiter.admit(budget, address, 1, now_ms)
        {
            return Some(refusal_by("50011"));
        }
        let rows = match path {
            "public/time" => Ok(format!("[{{\"ts\":\"{}\"}}]", self.wall_ms())),
            "system/status" => Ok(Value::Array(self.status()).to_string()),
            _ => match self.markets.answer(path, Asked(query), self.at) {
                Some(rows) => rows,
                None => return Some(not_found()),
            },
        };
        Some(match rows {
            Ok(rows) => RestReply { status: 200, body: format!("{{\"code\":\"0\",\"msg\":\"\",\"data\":{rows}}}") },
            Err(refusal) => {
                let Reply { status, code, msg, .. } = refusal.into();
                RestReply::refused(status, code, &msg)
            }
        })
    }

    /// A call that must be signed.
    fn signed(&mut self, path: &str, query: Value, request: &RestRequest) -> RestReply {
        let in_us = self.wall_ms() * 1_000;
        let signed = Signed {
            key: request.key.as_deref(),
            passphrase: request.passphrase.as_deref(),
            sign: request.sign.as_deref(),
            timestamp: request.timestamp.as_deref(),
            method: &request.method,
            target: &request.target,
            body: &request.body,
        };
        let caller = match self.keys.check_rest(signed, self.wall_ms()) {
            Ok(caller) => caller,
            Err(denied) => return RestReply::refused(denied.status, denied.code, denied.msg),
        };
        if caller.lacks(&request.method, path).is_some() {
            return RestReply::refused(200, "50120", "This API key doesn't have permission to use this function");
        }
        let (method, args) = match request.method.as_str() {
            "GET" => (Method::Get, query),
            "POST" => match serde_json::from_slice(&request.body) {
                Ok(args) => (Method::Post, args),
                Err(_) if request.body.is_empty() => (Method::Post, Value::Object(Map::new())),
                Err(_) => return RestReply::refused(400, "50002", "JSON syntax error"),
            },
            _ => return RestReply::refused(405, "50115", "Invalid request method"),
        };
        if let Some(code) = self.expired(request.exp_time.as_deref()) {
            return RestReply::refused(200, code, "The request has expired: expTime is past");
        }
        if !self.admit(&caller, &request.method, path, &args) {
            return refusal_by("50011");
        }
        let mut reply = self.core.call(self.at, caller.account, method, path, &args);
        self.deliver();
        if path == "account/config"
            && let Some(row) = reply.data.first_mut()
        {
            row["perm"] = json!(caller.perm());
        }
        let mut body = reply.body();
        if method == Method::Post && path.starts_with("trade/") {
            body["inTime"] = json!(in_us.to_string());
            body["outTime"] = json!((self.wall_ms() * 1_000).to_string());
        }
        RestReply { status: reply.status, body: body.to_string() }
    }

    /// The code with which a request is refused that should have come earlier.
    pub(super) fn expired(&self, exp_time: Option<&str>) -> Option<&'static str> {
        let exp_ms: i64 = exp_time?.parse().ok()?;
        (exp_ms < self.wall_ms()).then_some("50036")
    }

    /// Charges a call to its budget; `false` when that is used up.
    pub(super) fn admit(&mut self, caller: &Caller, method: &str, path: &str, args: &Value) -> bool {
        let count = args.as_array().map_or(1, Vec::len);
        // Disarming is never refused.
        let disarms = path == "trade/cancel-all-after" && args.get("timeOut").is_some_and(|time| *time == "0" || *time == 0);
        let Some(budget) = budget_of(method, path, count).filter(|_| self.limits.enabled && !disarms) else { return true };
        let now_ms = self.post.since_start_ms();
        let user = caller.account.0;
        if budget.by != By::UserAndInstrument {
            return self.limiter.admit(budget, &format!("{user}"), 1, now_ms);
        }
        let mut by_instrument = std::collections::BTreeMap::<String, usize>::new();
        let one = std::slice::from_ref(args);
        for order in args.as_array().map_or(one, Vec::as_slice) {
            *by_instrument.entry(self.instrument_named(order)).or_default() += 1;
        }
        by_instrument.into_iter().all(|(name, count)| self.limiter.admit(budget, &format!("{user} {name}"), count, now_ms))
    }

    fn instrument_named(&self, order: &Value) -> String {
        if let Some(symbol) = order.get("instId").and_then(Value::as_str) {
            return symbol.to_owned();
        }
        let code = order.get("instIdCode").map(|code| code.as_i64().or_else(|| code.as_str()?.parse().ok()));
        let named = self.core.listings().iter().find(|listed| code.flatten() == Some(listed.code));
        named.map_or_else(String::new, |listed| listed.symbol().to_owned())
    }

    /// Planned maintenance, as `system/status` and its channel show it.
    pub(super) fn status(&self) -> Vec<Value> {
        let since_ms = self.post.since_start_ms();
        let started_ms = self.wall_ms() - since_ms;
        let row = |(from, to): (i64, i64)| {
            json!({
                "title": "Scheduled maintenance", "state": "ongoing", "system": "unified", "serviceType": "0", "maintType": "1",
                "begin": (started_ms + from).to_string(), "end": started_ms.saturating_add(to).to_string(), "href": "",
                "preOpenBegin": "", "scheDesc": "", "env": "2", "ts": self.wall_ms().to_string(),
            })
        };
        self.post.faults.maintenance(since_ms).map(row).into_iter().collect()
    }
}

fn not_found() -> RestReply {
    RestReply::refused(404, "404", "Not Found")
}

fn refusal_by(code: &str) -> RestReply {
    let (status, msg) = meaning(code);
    RestReply::refused(status, code, msg)
}

/// The parameters of a query, decoded, as an object of texts.
pub fn parse_query(query: &str) -> Value {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), Value::String(decode(value)))
    });
    Value::Object(decoded.collect())
}

/// `%2C` is a comma and `+` a blank; what is no escape stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let escaped = bytes.get(place + 1..place + 3).filter(|_| byte == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        out.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        place += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_never_fail() {
        assert_eq!(parse_query("ccy=BTC%2CUSDT&x&a=b+c"), json!({"ccy": "BTC,USDT", "x": "", "a": "b c"}));
        assert_eq!(parse_query("a=%zz%4&b=%ff"), json!({"a": "%zz%4", "b": "\u{fffd}"}));
        assert_eq!(parse_query(""), json!({}));
    }
}
