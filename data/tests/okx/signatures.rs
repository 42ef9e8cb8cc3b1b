//! Signatures that other clients made are made again.

use data::okx::sign::Credentials;
use serde_json::Value;

use super::payloads::{files, folder, values};

fn signer(secret: &str) -> Credentials {
    Credentials::new(String::new(), secret.to_owned(), String::new())
}

#[test]
fn recorded_signatures_are_made_again() {
    let Some(folder) = folder() else { return };
    let mut count = 0;
    for path in files(&folder) {
        for value in values(&path) {
            for vector in value.as_array().into_iter().flatten().filter(|vector| vector.get("secret").is_some()) {
                let text = |field: &str| vector[field].as_str().unwrap_or_default();
                let credentials = signer(text("secret"));
                let timestamp = vector["timestamp"].as_str().map_or_else(|| vector["timestamp"].to_string(), str::to_owned);
                let (method, target, body, sign) = (text("method"), text("requestPath"), text("body"), text("sign"));
                assert_eq!(credentials.sign_rest(&timestamp, method, target, body), sign, "{vector}");
                assert!(credentials.verify_rest(&timestamp, method, target, body.as_bytes(), sign), "{vector}");
                if vector.get("ws").is_some() {
                    assert_eq!(credentials.sign_login(timestamp.parse().unwrap()), sign, "{vector}");
                }
                count += 1;
            }
        }
    }
    if count == 0 {
        eprintln!("SKIPPED: {} holds no signature", folder.display());
    }
    println!("{count} signatures are equal");
}

/// What the clients really sent: every signed request, over the bytes that came.
#[test]
fn recorded_traffic_verifies() {
    let Some(folder) = folder() else { return };
    let secrets = ["test-secret", "wrong", "wrong-secret"].map(signer);
    let verifies = |check: &dyn Fn(&Credentials) -> bool| secrets.iter().any(check);
    let mut count = 0;
    for path in files(&folder) {
        for value in values(&path) {
            if let Some(headers) = value.get("headers").filter(|headers| headers.get("OK-ACCESS-SIGN").is_some()) {
                let header = |name: &str| headers[name].as_str().unwrap_or_default();
                let (method, target) = (value["method"].as_str().unwrap(), value["raw"].as_str().unwrap());
                let (at, body) = (header("OK-ACCESS-TIMESTAMP"), value["body"].as_str().unwrap_or_default());
                let sign = header("OK-ACCESS-SIGN");
                assert!(verifies(&|by| by.verify_rest(at, method, target, body.as_bytes(), sign)), "{value}");
                assert!(data::okx::sign::parse_iso_ms(at).is_some(), "{at}");
                count += 1;
            }
            let frame = value["frame"].as_str().and_then(|frame| serde_json::from_str::<Value>(frame).ok());
            if let Some(login) = frame.filter(|frame| frame["op"] == "login") {
                let arg = &login["args"][0];
                let at = arg["timestamp"].as_str().map_or_else(|| arg["timestamp"].to_string(), str::to_owned);
                let sign = arg["sign"].as_str().unwrap();
                assert!(verifies(&|by| by.verify_login(&at, sign)), "{login}");
                count += 1;
            }
        }
    }
    println!("{count} signed requests verify");
}
