//! Who asks: signatures of REST requests and of logins.
//!
//! A request is looked at in this order: are the headers there, is the key known, is the timestamp a time and within
//! 30 s, is the passphrase right, is the signature right.

use std::collections::BTreeMap;

use data::okx::sign::{Credentials, parse_iso_ms};

use super::config::{AccountConfig, Permission};
use super::core::AccountId;

/// How far a timestamp may be from the server's time, in milliseconds.
const VALID_MS: i64 = 30_000;

/// Every key, by its public part.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<String, Known>);

#[derive(Debug)]
struct Known {
    credentials: Credentials,
    caller: Caller,
}

/// Who was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose account.
    pub account: AccountId,
    /// What the key may do.
    pub permissions: Vec<Permission>,
}

/// Why nobody was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The HTTP status.
    pub status: u16,
    /// The API's code.
    pub code: &'static str,
    /// In its words.
    pub msg: &'static str,
}

/// A REST request, as far as its signature covers it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed<'a> {
    /// `OK-ACCESS-KEY`.
    pub key: Option<&'a str>,
    /// `OK-ACCESS-PASSPHRASE`.
    pub passphrase: Option<&'a str>,
    /// `OK-ACCESS-SIGN`.
    pub sign: Option<&'a str>,
    /// `OK-ACCESS-TIMESTAMP`.
    pub timestamp: Option<&'a str>,
    /// In capitals.
    pub method: &'a str,
    /// Path and query as they came.
    pub target: &'a str,
    /// The body as it came.
    pub body: &'a [u8],
}

const fn denied(code: &'static str, msg: &'static str) -> Denied {
    Denied { status: 401, code, msg }
}

impl Keys {
    /// The keys of these accounts.
    pub fn new(accounts: &[AccountConfig]) -> Self {
        let keys = accounts.iter().enumerate().flat_map(|(place, account)| account.keys.iter().map(move |key| (place, key)));
        Self(
            keys.map(|(place, key)| {
                let credentials = Credentials::new(key.key.clone(), key.secret.clone(), key.passphrase.clone());
                let caller = Caller { account: AccountId(place), permissions: key.permissions.clone() };
                (key.key.clone(), Known { credentials, caller })
            })
            .collect(),
        )
    }

    /// Who signed a REST request at `now_ms`, the server's own time.
    pub fn check_rest(&self, request: Signed<'_>, now_ms: i64) -> Result<Caller, Denied> {
        let there = |header: Option<&'_ str>| header.is_some_and(|text| !text.is_empty());
        for (header, refusal) in [
            (request.key, denied("50103", "Request header \"OK-ACCESS-KEY\" can not be empty.")),
            (request.passphrase, denied("50104", "Request header \"OK-ACCESS-PASSPHRASE\" can not be empty.")),
            (request.sign, denied("50106", "Request header \"OK-ACCESS-SIGN\" can not be empty.")),
            (request.timestamp, denied("50107", "Request header \"OK-ACCESS-TIMESTAMP\" can not be empty.")),
        ] {
            if !there(header) {
                return Err(refusal);
            }
        }
        let [key, passphrase, sign, timestamp] =
            [request.key, request.passphrase, request.sign, request.timestamp].map(Option::unwrap_or_default);
        // The venue's page says 200 for this code, its users saw 401.
        let known = self.0.get(key).ok_or(denied("50119", "API key doesn't exist"))?;
        let at_ms = parse_iso_ms(timestamp).ok_or(denied("50112", "Invalid OK-ACCESS-TIMESTAMP"))?;
        if at_ms.abs_diff(now_ms) > VALID_MS.unsigned_abs() {
            return Err(denied("50102", "Timestamp request expired"));
        }
        if passphrase != known.credentials.passphrase() {
            return Err(denied("50105", "Request header \"OK-ACCESS-PASSPHRASE\" incorrect."));
        }
        if !known.credentials.verify_rest(timestamp, request.method, request.target, request.body, sign) {
            return Err(denied("50113", "Invalid Sign"));
        }
        Ok(known.caller.clone())
    }

    /// Who logs in over a WebSocket. `timestamp` is in seconds, as text however it came.
    pub fn check_login(&self, key: &str, passphrase: &str, timestamp: &str, sign: &str, now_ms: i64) -> Result<Caller, Denied> {
        let known = self.0.get(key).ok_or(denied("60005", "Invalid apiKey"))?;
        // Some clients send fractions of a second.
        let seconds: f64 = timestamp.parse().map_err(|_| denied("60004", "Invalid timestamp"))?;
        let late_ms = seconds * 1_000.0 - now_ms as f64;
        if !late_ms.is_finite() || late_ms.abs() > VALID_MS as f64 {
            return Err(denied("60006", "Timestamp request expired"));
        }
        if passphrase != known.credentials.passphrase() {
            return Err(denied("60024", "Wrong passphrase"));
        }
        if !known.credentials.verify_login(timestamp, sign) {
            return Err(denied("60007", "Invalid sign"));
        }
        Ok(known.caller.clone())
    }
}

impl Caller {
    /// What a request needs that this key may not do.
    pub fn lacks(&self, method: &str, path: &str) -> Option<Permission> {
        let trades = method == "POST" && (path.starts_with("trade/") || path.starts_with("account/"));
        let needed = if path.starts_with("asset/") && method == "POST" {
            &[Permission::Withdraw][..]
        } else if trades {
            &[Permission::Trade][..]
        } else {
            &[Permission::ReadOnly, Permission::Trade, Permission::Withdraw][..]
        };
        if needed.iter().any(|one| self.permissions.contains(one)) { None } else { needed.first().copied() }
    }

    /// As `account/config` shows it.
    pub fn perm(&self) -> String {
        self.permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use data::okx::sign::iso_ms;

    use super::*;

    const NOW_MS: i64 = 1_795_253_415_500;

    fn mine() -> Credentials {
        Credentials::new("test-key".to_owned(), "test-secret".to_owned(), "test-pass".to_owned())
    }

    fn check(change: impl Fn(&mut Signed<'_>)) -> Result<Caller, &'static str> {
        let keys = Keys::new(&[AccountConfig::for_tests()]);
        let (timestamp, target, body) = (iso_ms(NOW_MS - 5_000), "/api/v5/account/balance?ccy=BTC,USDT", "");
        let sign = mine().sign_rest(&timestamp, "GET", target, body);
        let mut request = Signed {
            key: Some("test-key"),
            passphrase: Some("test-pass"),
            sign: Some(&sign),
            timestamp: Some(&timestamp),
            method: "GET",
            target,
            body: body.as_bytes(),
        };
        change(&mut request);
        keys.check_rest(request, NOW_MS).map_err(|denied| denied.code)
    }

    #[test]
    fn a_request_is_taken_only_as_it_was_signed() {
        assert_eq!(check(|_| ()).unwrap().account, AccountId(0));
        assert_eq!(check(|r| r.key = None), Err("50103"));
        assert_eq!(check(|r| r.passphrase = Some("")), Err("50104"));
        assert_eq!(check(|r| r.sign = None), Err("50106"));
        assert_eq!(check(|r| r.timestamp = None), Err("50107"));
        assert_eq!(check(|r| r.key = Some("another")), Err("50119"));
        assert_eq!(check(|r| r.timestamp = Some("1795253415")), Err("50112"));
        assert_eq!(check(|r| r.timestamp = Some("2020-12-08T09:08:57.715Z")), Err("50102"));
        assert_eq!(check(|r| r.passphrase = Some("wrong")), Err("50105"));
        assert_eq!(check(|r| r.target = "/api/v5/account/balance?ccy=BTC%2CUSDT"), Err("50113"));
        assert_eq!(check(|r| r.body = b"{}"), Err("50113"));
    }

    #[test]
    fn logins_have_codes_of_their_own() {
        let keys = Keys::new(&[AccountConfig::for_tests()]);
        let seconds = NOW_MS / 1_000;
        let sign = mine().sign_login(seconds);
        let login = |key: &str, passphrase: &str, at: &str, sign: &str| {
            keys.check_login(key, passphrase, at, sign, NOW_MS).map(|c| c.account.0).map_err(|denied| denied.code)
        };
        let at = seconds.to_string();
        assert_eq!(login("test-key", "test-pass", &at, &sign), Ok(0));
        assert_eq!(login("key", "test-pass", &at, &sign), Err("60005"));
        assert_eq!(login("test-key", "test-pass", "soon", &sign), Err("60004"));
        assert_eq!(login("test-key", "test-pass", "1600000000", &sign), Err("60006"));
        assert_eq!(login("test-key", "wrong", &at, &sign), Err("60024"));
        assert_eq!(login("test-key", "test-pass", &at, "c2lnbg=="), Err("60007"));
    }

    #[test]
    fn a_key_that_may_only_look_places_no_orders() {
        let looks = Caller { account: AccountId(0), permissions: vec![Permission::ReadOnly] };
        assert_eq!(looks.lacks("GET", "account/balance"), None);
        assert_eq!(looks.lacks("POST", "trade/order"), Some(Permission::Trade));
        assert_eq!(looks.perm(), "read_only");
    }
}
