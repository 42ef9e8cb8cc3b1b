//! A running `tickfold exchange`, asked over its own REST without any of the code that trades.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data::okx::sign::{Credentials, iso_ms};
use serde_json::Value;

use crate::stage::tickfold;

/// The most rows of a page.
const PAGE: usize = 100;
/// A venue that asks for patience is asked again for so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// It ends when it is dropped.
pub struct Venue {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    errors: PathBuf,
}

impl Venue {
    /// Starts one on a free port. What it says on stderr goes to `venue.err`.
    pub fn start(dir: &Path, args: &[&str]) -> Self {
        let errors = dir.join("venue.err");
        let mut command = Command::new(tickfold());
        command.args(["exchange", "--listen", "127.0.0.1:0"]).args(args).current_dir(dir);
        let stderr = File::create(&errors).expect("a file for what it says");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it is UTF-8");
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let said = || std::fs::read_to_string(&errors).unwrap_or_default();
        let address = address.unwrap_or_else(|| panic!("it does not listen: {line:?} {}", said()));
        Self { child, address, errors }
    }

    /// What it said on stderr so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.errors).expect("it is there")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The rows that it answers.
    pub fn rows(&self, target: &str) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let body = self.signed("GET", target, "");
            if body["code"] == "0" {
                return body["data"].as_array().expect("a list").clone();
            }
            assert!(started.elapsed() < PATIENCE, "{target}: {body}");
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// All rows of a list that is told in pages, the newest first; `key` is what pages begin after.
    pub fn all(&self, target: &str, key: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let after = all.last().map(|row| format!("&after={}", row[key].as_str().expect("a key")));
            let page = self.rows(&format!("{target}&limit={PAGE}{}", after.unwrap_or_default()));
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return all;
            }
        }
    }

    /// What the account has of each currency, in the order of their names.
    pub fn balances(&self) -> Vec<(String, String)> {
        let account = self.rows("/api/v5/account/balance").remove(0);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let details = account["details"].as_array().expect("a list").iter();
        let mut balances: Vec<_> = details.map(|one| (text(&one["ccy"]), text(&one["cashBal"]))).collect();
        balances.sort();
        balances
    }

    /// Open ordinary orders.
    pub fn open_orders(&self) -> Vec<Value> {
        self.all("/api/v5/trade/orders-pending?instType=SPOT", "ordId")
    }

    /// Waiting stops and targets.
    pub fn open_algos(&self) -> Vec<Value> {
        self.all("/api/v5/trade/orders-algo-pending?ordType=conditional,oco", "algoId")
    }

    /// How many ordinary orders are open for whoever has another secret and passphrase.
    pub fn open_orders_of(&self, secret: &str, passphrase: &str) -> usize {
        let body = self.send("GET", "/api/v5/trade/orders-pending?instType=SPOT", "", (secret, passphrase));
        body["data"].as_array().expect("a list").len()
    }

    /// A signed call's answer.
    pub fn signed(&self, method: &str, target: &str, body: &str) -> Value {
        self.send(method, target, body, ("test-secret", "test-pass"))
    }

    fn send(&self, method: &str, target: &str, body: &str, (secret, passphrase): (&str, &str)) -> Value {
        let key = Credentials::new("test-key".to_owned(), secret.to_owned(), passphrase.to_owned());
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_millis();
        let timestamp = iso_ms(now_ms.try_into().expect("it fits"));
        let sign = key.sign_rest(&timestamp, method, target, body);
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\nOK-ACCESS-KEY: test-key\r\n\
             OK-ACCESS-PASSPHRASE: {passphrase}\r\nOK-ACCESS-TIMESTAMP: {timestamp}\r\nOK-ACCESS-SIGN: {sign}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut socket = TcpStream::connect(&self.address).expect("it listens");
        socket.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
        socket.write_all(request.as_bytes()).expect("it is read");
        let mut answer = String::new();
        // A venue under a script of faults may hang up.
        let _ = socket.read_to_string(&mut answer);
        answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or(Value::Null)
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
