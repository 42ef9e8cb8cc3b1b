//! One call: signed, sent, read, and sent again where that is safe.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{OkxError, Rest};
use crate::okx::code::Remedy;
use crate::okx::limits::{Budget, Charge};
use crate::okx::message::Reply;
use crate::okx::sign::iso_ms;
use crate::okx::websocket::Backoff;

/// The longest answer that is read: the list of all instruments is some megabytes.
const MAX_ANSWER: usize = 64 << 20;
/// The longest that `Retry-After` is obeyed: who speaks to us may not silence us for good.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(5);

/// When a call may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing, or the same whenever it is done.
    Freely,
    /// Only what the venue surely did not carry out.
    IfRefused,
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    method: Method,
    path: &'static str,
    query: Vec<(&'static str, String)>,
    body: String,
    signed: bool,
    expires_ms: Option<i64>,
    charges: Vec<Charge<'a>>,
    repeat: Repeat,
}

impl<'a> Call<'a> {
    /// Reads public data.
    pub fn public(path: &'static str, charge: Charge<'a>) -> Self {
        let (method, query, body) = (Method::GET, Vec::new(), String::new());
        Self { method, path, query, body, signed: false, expires_ms: None, charges: vec![charge], repeat: Repeat::Freely }
    }

    /// Reads what is the account's.
    pub fn private(path: &'static str, charge: Charge<'a>) -> Self {
        Self { signed: true, ..Self::public(path, charge) }
    }

    /// Asks for something to be done.
    pub fn post(path: &'static str, charges: Vec<Charge<'a>>, body: &impl Serialize, repeat: Repeat) -> Self {
        let body = serde_json::to_string(body).expect("texts, numbers and lists of them");
        let (method, query) = (Method::POST, Vec::new());
        Self { method, path, query, body, signed: true, expires_ms: None, charges, repeat }
    }

    /// With a parameter.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// With parameters, if there are any.
    pub fn with_all(mut self, parameters: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.query.extend(parameters);
        self
    }

    /// Not to be carried out after this time of the venue's clock.
    pub fn expiring(mut self, expires_ms: i64) -> Self {
        self.expires_ms = Some(expires_ms);
        self
    }

    /// What errors call it.
    pub fn asked(&self) -> String {
        let query = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{query}", self.method, self.path)
    }
}

/// What follows a failure.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    GiveUp,
    Wait,
    HoldAndWait,
    ResyncClock,
}

impl Rest {
    /// Sends a call, again where that helps and is safe.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Reply<T>, OkxError> {
        let mut backoff = Backoff::new(self.timings.backoff_first, self.timings.backoff_most);
        let mut tried = 0;
        loop {
            tried += 1;
            let error = match self.once(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let wait = backoff.wait();
            match next(&error, call.repeat) {
                _ if tried >= self.timings.tries => return Err(error),
                Next::GiveUp => return Err(error),
                Next::ResyncClock if tried > 1 => return Err(error),
                Next::ResyncClock => {
                    self.measure_clock().await?;
                    continue;
                }
                Next::HoldAndWait => self.limits.hold(&call.charges, wait),
                Next::Wait => {}
            }
            // An order that is too old by then is not sent at all.
            let ends_ms = self.clock.now_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            if call.expires_ms.is_some_and(|expires_ms| ends_ms >= expires_ms) {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a call once, when it is its turn.
    pub(super) async fn once<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Reply<T>, OkxError> {
        self.turn(call).await?;
        self.send(call).await
    }

    /// Waits until it is a call's turn.
    pub(super) async fn turn(&self, call: &Call<'_>) -> Result<(), OkxError> {
        let patience = call.expires_ms.map_or(self.timings.patience, |expires_ms| {
            let left_ms = expires_ms.saturating_sub(self.clock.now_ms());
            self.timings.patience.min(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)))
        });
        let limited = self.limits.acquire(&call.charges, patience).await;
        limited.map_err(|limited| OkxError::Limited { asked: call.asked(), limited })
    }

    /// Sends a call whose turn it is.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Reply<T>, OkxError> {
        let asked = || call.asked();
        let request = self.request(call)?;
        let unanswered = |error: reqwest::Error| {
            let (asked, not_sent) = (asked(), error.is_connect());
            // The chain of causes says more than the first; the URL is said by `asked`.
            let reason = causes(&error.without_url());
            if not_sent { OkxError::NotSent { asked, reason } } else { OkxError::NoAnswer { asked, reason } }
        };
        let mut answer = request.send().await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        if let Some(wait) = retry_after(status, answer.headers()) {
            self.limits.hold(&call.charges, wait);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unanswered)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OkxError::Unreadable { asked: asked(), status, reason: "it is too long".to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        read(call, status, &String::from_utf8_lossy(&body))
    }

    fn request(&self, call: &Call<'_>) -> Result<reqwest::RequestBuilder, OkxError> {
        let setup = |reason: String| OkxError::Setup { url: self.endpoint.rest.clone(), reason };
        let url = format!("{}/api/v5/{}", self.endpoint.rest, call.path);
        let mut url = Url::parse(&url).map_err(|error| setup(error.to_string()))?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        // The path with its query as it will be sent, whatever the URL made of the parts.
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut request = self.http.request(call.method.clone(), url);
        if self.endpoint.is_demo() {
            request = request.header("x-simulated-trading", "1");
        }
        if call.signed {
            let credentials = self.credentials.as_ref().ok_or_else(|| OkxError::NoKey { asked: call.asked() })?;
            let timestamp = iso_ms(self.clock.now_ms());
            let sign = credentials.sign_rest(&timestamp, call.method.as_str(), &target, &call.body);
            request = request
                .header("OK-ACCESS-KEY", credentials.key())
                .header("OK-ACCESS-SIGN", sign)
                .header("OK-ACCESS-TIMESTAMP", timestamp)
                .header("OK-ACCESS-PASSPHRASE", credentials.passphrase());
        }
        if let Some(expires_ms) = call.expires_ms {
            request = request.header("expTime", expires_ms.to_string());
        }
        if call.method == Method::POST {
            request = request.header("Content-Type", "application/json").body(call.body.clone());
        }
        Ok(request)
    }
}

/// Reads an answer. Orders' replies that failed in part are replies: their items say what became of each.
fn read<T: DeserializeOwned>(call: &Call<'_>, status: u16, body: &str) -> Result<Reply<T>, OkxError> {
    let unreadable = |reason: String| OkxError::Unreadable { asked: call.asked(), status, reason };
    let refused = |code: String, message: String| OkxError::Refused { asked: call.asked(), status, code, message };
    let succeeded = (200..300).contains(&status);
    match Reply::<T>::parse(body) {
        Ok(reply) if succeeded && reply.is_ok() => Ok(reply),
        Ok(reply) if succeeded && (reply.code == "1" || reply.code == "2") && !reply.data.is_empty() => Ok(reply),
        Ok(reply) if !reply.code.is_absent() && !reply.is_ok() => Err(refused(reply.code.to_string(), reply.msg.to_string())),
        Ok(_) => Err(unreadable("it has no code".to_owned())),
        // The data of a refusal may be anything.
        Err(error) => match Reply::<IgnoredAny>::parse(body) {
            Ok(reply) if !reply.code.is_absent() && !reply.is_ok() => Err(refused(reply.code.to_string(), reply.msg.to_string())),
            _ => Err(unreadable(error.to_string())),
        },
    }
}

/// How long the venue, or what stands before it, asks to be left alone with calls of this kind. A date is not read: our own
/// backoff does.
fn retry_after(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER).filter(|_| matches!(status, 429 | 503))?.to_str().ok()?;
    Some(Duration::from_secs(text.trim().parse().ok()?).min(RETRY_AFTER_MOST))
}

fn next(error: &OkxError, repeat: Repeat) -> Next {
    let freely = if repeat == Repeat::Freely { Next::Wait } else { Next::GiveUp };
    match error {
        OkxError::NotSent { .. } => Next::Wait,
        OkxError::NoAnswer { .. } => freely,
        OkxError::Unreadable { status: 429, .. } => Next::HoldAndWait,
        OkxError::Unreadable { status, .. } if *status >= 500 => freely,
        OkxError::Refused { status, code, .. } => match Remedy::of(code) {
            // What is above our account with the venue was not carried out, but only a code of its own proves it.
            Remedy::BackOff if *status < 500 => Next::HoldAndWait,
            Remedy::ResyncClock => Next::ResyncClock,
            Remedy::Retry | Remedy::BackOff | Remedy::OutcomeUnknown => freely,
            _ if *status >= 500 => freely,
            _ => Next::GiveUp,
        },
        OkxError::Unreadable { .. } | OkxError::Setup { .. } | OkxError::NoKey { .. } | OkxError::Limited { .. } => Next::GiveUp,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// The budget of a request for several: a batch of one counts as a single one.
pub(in crate::okx) fn batch_charges<'a>(
    single: Budget,
    batch: Budget,
    inst_ids: impl ExactSizeIterator<Item = &'a str>,
) -> Vec<Charge<'a>> {
    let budget = if inst_ids.len() == 1 { single } else { batch };
    let mut charges: Vec<Charge<'a>> = Vec::new();
    for inst_id in inst_ids {
        match charges.iter_mut().find(|charge| charge.scope == inst_id) {
            Some(charge) => charge.tokens += 1,
            None => charges.push(Charge::within(budget, inst_id)),
        }
    }
    charges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> OkxError {
        OkxError::Refused { asked: String::new(), status, code: code.to_owned(), message: String::new() }
    }

    #[test]
    fn what_changes_something_is_sent_again_only_when_it_was_not_carried_out() {
        let (asked, reason) = (String::new(), String::new());
        let not_sent = OkxError::NotSent { asked: asked.clone(), reason: reason.clone() };
        let no_answer = OkxError::NoAnswer { asked: asked.clone(), reason: reason.clone() };
        let garbled = OkxError::Unreadable { asked, status: 502, reason };
        for (error, order, read) in [
            (&not_sent, Next::Wait, Next::Wait),
            (&no_answer, Next::GiveUp, Next::Wait),
            (&garbled, Next::GiveUp, Next::Wait),
            (&refused(200, "50011"), Next::HoldAndWait, Next::HoldAndWait),
            (&refused(429, "50011"), Next::HoldAndWait, Next::HoldAndWait),
            (&refused(401, "50102"), Next::ResyncClock, Next::ResyncClock),
            (&refused(503, "50001"), Next::GiveUp, Next::Wait),
            (&refused(429, "50013"), Next::GiveUp, Next::Wait),
            (&refused(400, "50004"), Next::GiveUp, Next::Wait),
            (&refused(500, "50026"), Next::GiveUp, Next::Wait),
            (&refused(200, "51008"), Next::GiveUp, Next::GiveUp),
            (&refused(401, "50113"), Next::GiveUp, Next::GiveUp),
        ] {
            assert_eq!((next(error, Repeat::IfRefused), next(error, Repeat::Freely)), (order, read), "{error}");
        }
        assert!(no_answer.outcome_unknown() && garbled.outcome_unknown() && !not_sent.outcome_unknown());
        assert!(refused(503, "50001").outcome_unknown() && refused(200, "51149").outcome_unknown());
        assert!(!refused(200, "51008").outcome_unknown() && !refused(429, "50011").outcome_unknown());
    }

    #[test]
    fn answers_of_every_kind_are_read() {
        let call = Call::public("market/ticker", Charge::one(Budget::Ticker)).with("instId", "A-B");
        let read = |status, body| read::<String>(&call, status, body);
        assert_eq!(read(200, r#"{"code":"0","data":["x"]}"#).unwrap().data, ["x"]);
        assert_eq!(read(200, r#"{"code":"1","data":["x"]}"#).unwrap().data, ["x"]);
        let refusal = read(200, r#"{"code":"51001","msg":"no","data":[{"not":"a text"}]}"#).unwrap_err();
        assert_eq!(refusal.to_string(), "GET market/ticker?instId=A-B: refused with code 51001 (HTTP 200): no");
        assert_eq!(read(429, r#"{"code":50011,"msg":"slow"}"#).unwrap_err().code(), Some("50011"));
        for (status, body) in [(502, "<html>"), (200, ""), (200, "[]"), (200, "{}"), (200, r#"{"code":"0","data":[7]}"#)] {
            assert!(matches!(read(status, body).unwrap_err(), OkxError::Unreadable { .. }), "{status} {body}");
        }
    }

    #[test]
    fn a_batch_is_charged_by_its_orders_and_one_of_one_as_a_single() {
        let charges = |inst_ids: &[&'static str]| batch_charges(Budget::Place, Budget::PlaceBatch, inst_ids.iter().copied());
        assert_eq!(charges(&["A-B"]), [Charge::within(Budget::Place, "A-B")]);
        let expected =
            [Charge { budget: Budget::PlaceBatch, scope: "A-B", tokens: 2 }, Charge::within(Budget::PlaceBatch, "C-D")];
        assert_eq!(charges(&["A-B", "C-D", "A-B"]), expected);
    }
}
