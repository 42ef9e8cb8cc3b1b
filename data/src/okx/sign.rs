//! Who we are to the venue: keys that never show themselves, and what they sign.
//!
//! A REST request is signed over `timestamp + METHOD + path?query + body`, a WebSocket login over
//! `seconds + GET/users/self/verify`, both with HMAC-SHA256 in base64. Sign the very string that is sent, and verify over
//! the very bytes that came: two clients never write the same JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::time::{SECOND_NS, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const LOGIN_PATH: &str = "/users/self/verify";
const MS_NS: i64 = 1_000_000;

/// An API key. It has no text form: the secret leaves it as signatures only, and the memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Credentials {
    key: Zeroizing<String>,
    secret: Zeroizing<String>,
    passphrase: Zeroizing<String>,
}

impl Credentials {
    /// A key as the venue gave it, and the passphrase that was chosen with it.
    pub fn new(key: String, secret: String, passphrase: String) -> Self {
        Self { key: Zeroizing::new(key), secret: Zeroizing::new(secret), passphrase: Zeroizing::new(passphrase) }
    }

    /// The key's public part, for the header or the login that names it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The passphrase, which requests carry as it is.
    pub fn passphrase(&self) -> &str {
        &self.passphrase
    }

    /// The signature of a REST request. `path_and_query` and `body` are what is sent, byte by byte; the body of a GET is
    /// empty. `timestamp` is the header's, by [`iso_ms`].
    pub fn sign_rest(&self, timestamp: &str, method: &str, path_and_query: &str, body: &str) -> String {
        STANDARD.encode(self.mac(&[timestamp, method, path_and_query], body.as_bytes()).finalize().into_bytes())
    }

    /// The signature of a WebSocket login at `unix_s` seconds since 1970.
    pub fn sign_login(&self, unix_s: i64) -> String {
        self.sign_rest(&unix_s.to_string(), "GET", LOGIN_PATH, "")
    }

    /// Whether a REST request was signed with this secret, in a time that does not depend on where it differs.
    pub fn verify_rest(&self, timestamp: &str, method: &str, path_and_query: &str, body: &[u8], sign: &str) -> bool {
        let Ok(sign) = STANDARD.decode(sign) else { return false };
        self.mac(&[timestamp, method, path_and_query], body).verify_slice(&sign).is_ok()
    }

    /// Whether a WebSocket login was signed with this secret; `timestamp` as it came.
    pub fn verify_login(&self, timestamp: &str, sign: &str) -> bool {
        self.verify_rest(timestamp, "GET", LOGIN_PATH, b"", sign)
    }

    fn mac(&self, head: &[&str], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("HMAC takes keys of any length");
        for part in head {
            mac.update(part.as_bytes());
        }
        mac.update(body);
        mac
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { .. }")
    }
}

/// A time as the REST header wants it: `2020-12-08T09:08:57.715Z`, always with milliseconds.
pub fn iso_ms(unix_ms: i64) -> String {
    let whole = Timestamp(unix_ms.div_euclid(1_000).saturating_mul(SECOND_NS)).to_string();
    format!("{}.{:03}Z", whole.get(..19).unwrap_or(&whole), unix_ms.rem_euclid(1_000))
}

/// Milliseconds since 1970 of such a time; `None` when it is none.
pub fn parse_iso_ms(text: &str) -> Option<i64> {
    // A date alone is a time elsewhere, not here.
    let time = Timestamp::parse(text).filter(|_| text.contains('T'))?;
    Some(time.0.div_euclid(MS_NS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2020-12-08T09:08:57.715Z";

    fn credentials() -> Credentials {
        Credentials::new("the-key".to_owned(), "22582BD0CFF14C41EDBF1AB98506286D".to_owned(), "the-pass".to_owned())
    }

    #[test]
    fn signatures_are_the_venues() {
        let balance = credentials().sign_rest(AT, "GET", "/api/v5/account/balance?ccy=BTC", "");
        assert_eq!(balance, "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=");
        let body = r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"2.15","sz":"2"}"#;
        let order = credentials().sign_rest(AT, "POST", "/api/v5/trade/order", body);
        assert_eq!(order, "iwrdSpN7pm4G4u8+fswZUyH6mOM48+sBF6WvKpj4Dvk=");
        assert_eq!(credentials().sign_login(1_704_876_947), "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU=");
    }

    #[test]
    fn what_is_verified_is_the_bytes_that_came() {
        let (path, body) = ("/api/v5/trade/order?a=1,2", r#"{"sz": "2"}"#);
        let sign = credentials().sign_rest(AT, "POST", path, body);
        let verify =
            |at, method, path, body: &str, sign: &str| credentials().verify_rest(at, method, path, body.as_bytes(), sign);
        assert!(verify(AT, "POST", path, body, &sign));
        assert!(!verify(AT, "POST", path, r#"{"sz":"2"}"#, &sign), "another spacing is another body");
        assert!(!verify(AT, "POST", "/api/v5/trade/order?a=1%2C2", body, &sign));
        assert!(!verify("2020-12-08T09:08:57.716Z", "POST", path, body, &sign));
        assert!(!verify(AT, "GET", path, body, &sign));
        for wrong in ["", "=", "not base64 at all", &sign[..20], &sign.to_lowercase()] {
            assert!(!verify(AT, "POST", path, body, wrong), "{wrong:?}");
        }
        assert!(credentials().verify_login("1704876947", &credentials().sign_login(1_704_876_947)));
        assert!(!credentials().verify_login("1704876948", &credentials().sign_login(1_704_876_947)));
    }

    #[test]
    fn credentials_have_no_text() {
        let shown = format!("{:?} {:#?}", credentials(), Some(credentials()));
        for part in ["the-key", "22582", "the-pass"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn times_have_three_decimals() {
        assert_eq!(iso_ms(1_607_418_537_715), AT);
        assert_eq!(iso_ms(1_607_418_537_000), "2020-12-08T09:08:57.000Z");
        assert_eq!(iso_ms(1_607_418_537_005), "2020-12-08T09:08:57.005Z");
        assert_eq!(iso_ms(-1), "1969-12-31T23:59:59.999Z");
        for at in [0, 1_607_418_537_715, 1_795_300_000_001] {
            assert_eq!(parse_iso_ms(&iso_ms(at)), Some(at));
        }
        for text in ["", "1607418537", "2020-12-08", "2020-12-08 09:08:57"] {
            assert_eq!(parse_iso_ms(text), None, "{text:?}");
        }
        assert!(!iso_ms(i64::MAX).is_empty() && !iso_ms(i64::MIN).is_empty());
    }
}
