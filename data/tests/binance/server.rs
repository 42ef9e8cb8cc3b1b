//! A small HTTP server that answers as a test tells it, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What it answers.
pub enum Answer {
    /// Status 200 and this body.
    Good(String),
    /// Another status, headers (each with its line break) and a body.
    Status(u16, &'static str, &'static str),
    /// The beginning of a body, and then nothing more.
    Cut(String),
    /// Nothing for so long, and then the connection ends.
    Silence(Duration),
}

/// A running server; it stops when it is dropped.
pub struct Server {
    pub host: String,
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<(Instant, String)>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// `answer` gets the path with its query, and how many questions there were before it.
    pub fn start(mut answer: impl FnMut(&str, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, stopped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let server = Self { host: format!("http://{address}"), address, asked: asked.clone(), stopped: stopped.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Some((stream, path)) = stream.ok().and_then(question) else { continue };
                let count = {
                    let mut asked = asked.lock().unwrap();
                    asked.push((Instant::now(), path.clone()));
                    asked.len() - 1
                };
                // A client that is gone is no failure of the server.
                let _ = reply(stream, &answer(&path, count));
            }
        });
        server
    }

    /// What was asked so far.
    pub fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(_, path)| path.clone()).collect()
    }

    /// The time between one question and the next.
    pub fn pauses(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn question(stream: TcpStream) -> Option<(TcpStream, String)> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    Some((stream, first.split(' ').nth(1)?.to_owned()))
}

fn reply(mut stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    let (status, headers, body, len) = match answer {
        Answer::Good(body) => (200, "", body.as_str(), body.len()),
        Answer::Status(status, headers, body) => (*status, *headers, *body, body.len()),
        Answer::Cut(body) => (200, "", body.as_str(), body.len() + 1_000),
        Answer::Silence(pause) => {
            std::thread::sleep(*pause);
            return Ok(());
        }
    };
    write!(stream, "HTTP/1.1 {status} any\r\nconnection: close\r\ncontent-length: {len}\r\n{headers}\r\n{body}")
}
