//! A venue of the program, and the least of a client for it: HTTP and WebSocket by hand over one socket each.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data::okx::sign::{Credentials, iso_ms};
use serde_json::{Value, json};

/// A running `tickfold exchange`. It is stopped when it is dropped.
pub struct Venue {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// What it said when it started.
    pub said: Vec<String>,
}

impl Venue {
    /// Starts one on a free port.
    pub fn start(dir: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tickfold"));
        command.args(["exchange", "--listen", "127.0.0.1:0"]).args(args).current_dir(dir);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let stdout = child.stdout.take().expect("it is piped");
        let mut said = Vec::new();
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("it is UTF-8");
            let is_last = line.starts_with("data:");
            said.push(line);
            if is_last {
                break;
            }
        }
        let address = said.first().and_then(|line| line.strip_prefix("listening on ")).map(str::to_owned);
        let Some(address) = address else {
            let mut errors = String::new();
            let _ = child.stderr.take().expect("it is piped").read_to_string(&mut errors);
            panic!("it does not listen: {said:?} {errors}");
        };
        Self { child, address, said }
    }

    /// Asks it to end, and gives its exit code and what it said on stderr.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        self.end()
    }

    /// Waits until it has ended, and gives its exit code and what it said on stderr.
    pub fn end(&mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        let code = loop {
            match self.child.try_wait().expect("it is ours") {
                Some(status) => break status.code(),
                None if started.elapsed() > Duration::from_secs(10) => panic!("it does not stop"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let mut errors = String::new();
        let _ = self.child.stderr.take().expect("it is piped").read_to_string(&mut errors);
        (code, errors)
    }

    /// A call without a signature: status and body.
    pub fn get(&self, target: &str) -> (u16, Value) {
        self.send("GET", target, "", &[])
    }

    /// The rows of a call without a signature that must succeed.
    pub fn rows(&self, target: &str) -> Vec<Value> {
        let (status, body) = self.get(target);
        assert_eq!((status, &body["code"]), (200, &json!("0")), "{target}: {body}");
        body["data"].as_array().expect("a list").clone()
    }

    /// A signed call.
    pub fn signed(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let timestamp = iso_ms(now_ms());
        let sign = key().sign_rest(&timestamp, method, target, &body);
        let headers = [
            ("OK-ACCESS-KEY", "test-key"),
            ("OK-ACCESS-PASSPHRASE", "test-pass"),
            ("OK-ACCESS-TIMESTAMP", &timestamp),
            ("OK-ACCESS-SIGN", &sign),
        ];
        self.send(method, target, &body, &headers)
    }

    /// A request as it is given.
    pub fn send(&self, method: &str, target: &str, body: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut socket = self.connect();
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\n");
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").expect("a text takes it");
        }
        write!(request, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .expect("a text takes it");
        socket.write_all(request.as_bytes()).expect("it is read");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("it answers in time");
        let answer = String::from_utf8(answer).expect("it is UTF-8");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {target}: {answer:?}"));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// A WebSocket on one of its paths.
    pub fn socket(&self, gate: &str) -> Socket {
        let mut stream = self.connect();
        let request = format!(
            "GET /ws/v5/{gate}?brokerId=9999 HTTP/1.1\r\nHost: venue\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it is read");
        let mut reader = BufReader::with_capacity(1 << 20, stream.try_clone().expect("it is cloned"));
        let mut line = String::new();
        while reader.read_line(&mut line).expect("it answers") > 2 {
            assert!(line.starts_with("HTTP/1.1 101") || !line.starts_with("HTTP"), "{line}");
            line.clear();
        }
        Socket { stream, reader }
    }

    /// A private one that has logged in.
    pub fn logged_in(&self, gate: &str) -> Socket {
        let mut socket = self.socket(gate);
        socket.say(&login(&key()));
        let answer = socket.hear();
        assert_eq!((&answer["event"], &answer["code"]), (&json!("login"), &json!("0")), "{answer}");
        socket
    }

    fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).expect("it listens");
        socket.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
        socket.set_nodelay(true).expect("no delay");
        socket
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key that is there when none is configured.
pub fn key() -> Credentials {
    Credentials::new("test-key".to_owned(), "test-secret".to_owned(), "test-pass".to_owned())
}

/// A login with this key, now.
pub fn login(key: &Credentials) -> Value {
    let seconds = now_ms() / 1_000;
    let arg = json!({"apiKey": key.key(), "passphrase": key.passphrase(), "timestamp": seconds, "sign": key.sign_login(seconds)});
    json!({"op": "login", "args": [arg]})
}

/// The machine's time.
pub fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later");
    since_1970.as_millis().try_into().expect("it fits")
}

/// A WebSocket.
pub struct Socket {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

/// What comes over a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text.
    Text(String),
    /// Its end, with a code.
    Closed(u16),
    /// Its end without a word.
    Cut,
}

impl Socket {
    /// Sends JSON.
    pub fn say(&mut self, message: &Value) {
        self.send(&message.to_string());
    }

    /// Sends a text.
    pub fn send(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match text.len() {
            length @ 0..126 => frame.push(0x80 | u8::try_from(length).expect("it is small")),
            length => {
                frame.push(0xfe);
                frame.extend(u16::try_from(length).expect("tests send short messages").to_be_bytes());
            }
        }
        // A mask of zeros is a mask.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.stream.write_all(&frame).expect("it is read");
    }

    /// The next frame that is no ping.
    pub fn frame(&mut self) -> Frame {
        loop {
            let mut head = [0; 2];
            if self.reader.read_exact(&mut head).is_err() {
                return Frame::Cut;
            }
            let length = match head[1] & 0x7f {
                126 => u64::from(u16::from_be_bytes(self.bytes())),
                127 => u64::from_be_bytes(self.bytes()),
                short => short.into(),
            };
            let mut payload = vec![0; usize::try_from(length).expect("it fits")];
            if self.reader.read_exact(&mut payload).is_err() {
                return Frame::Cut;
            }
            match head[0] & 0x0f {
                1 => return Frame::Text(String::from_utf8(payload).expect("it is UTF-8")),
                8 => return Frame::Closed(payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]))),
                _ => {}
            }
        }
    }

    /// The next text, as JSON.
    pub fn hear(&mut self) -> Value {
        match self.frame() {
            Frame::Text(text) => serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")),
            other => panic!("the connection ended: {other:?}"),
        }
    }

    /// The next one of which this is true; the others are left out.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(15) {
            let message = self.hear();
            if wanted(&message) {
                return message;
            }
        }
        panic!("it does not come")
    }

    /// Subscribes, and gives the acknowledgement or the refusal.
    pub fn subscribe(&mut self, arg: &Value) -> Value {
        self.say(&json!({"id": "s1", "op": "subscribe", "args": [arg]}));
        self.until(|message| message["id"] == "s1")
    }

    /// The next push of a channel.
    pub fn push(&mut self, channel: &str) -> Value {
        self.until(|message| message["arg"]["channel"] == *channel && message["data"].is_array())
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).expect("a whole frame");
        bytes
    }
}
