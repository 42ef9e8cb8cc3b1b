//! A live run's connection to a small OKX, without an engine: its inputs as short lines.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data::okx::convert::SessionTag;
use engine::event::{Hash, Input};
use engine::time::Timestamp;
use replays::config::LiveConfig;
use replays::live::gateway::{Errand, Fact};
use replays::live::link::{Link, Since};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::host::Host;

/// Nothing in these tests takes as long.
const LONG: Duration = Duration::from_secs(30);
/// When the first minute of these tests begins, in Unix milliseconds.
pub const START_MS: i64 = 1_704_067_200_000;
pub const MINUTE_MS: i64 = 60_000;

pub const INSTRUMENT: &str = r#"{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.01",
    "lotSz":"0.001","minSz":"0.001","instIdCode":7,"state":"live"}"#;

/// A running connection.
pub struct Run {
    facts: Receiver<Fact>,
    _errands: Sender<Errand>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// OKX with two closed minutes, the first two.
pub async fn okx() -> Host {
    Host::start(|path| {
        let data = if path.starts_with("/api/v5/public/time") {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
            format!(r#"{{"ts":"{now}"}}"#)
        } else if path.starts_with("/api/v5/public/instruments") {
            INSTRUMENT.to_owned()
        } else {
            [1, 0].map(|minute| candle(minute, "100", "1")).join(",")
        };
        format!(r#"{{"code":"0","msg":"","data":[{data}]}}"#)
    })
    .await
}

/// A candle's row, `confirm` 0 while it forms.
fn candle(minute: i64, price: &str, confirm: &str) -> String {
    let ts = START_MS + minute * MINUTE_MS;
    format!(r#"["{ts}","{price}","{price}","{price}","{price}","5","500","500","{confirm}"]"#)
}

pub fn okx_bar(okx: &Host, minute: i64, confirm: &str) {
    let row = candle(minute, "101", confirm);
    okx.say("/ws/v5/business", format!(r#"{{"arg":{{"channel":"candle1m","instId":"BTC-USDT"}},"data":[{row}]}}"#));
}

pub fn okx_trade(okx: &Host, id: u32) {
    okx_trade_at(okx, id, "101.5");
}

pub fn okx_trade_at(okx: &Host, id: u32, price: &str) {
    let ts = START_MS + i64::from(id);
    let data =
        format!(r#"{{"instId":"BTC-USDT","tradeId":"{id}","px":"{price}","sz":"0.25","side":"buy","ts":"{ts}","count":"1"}}"#);
    okx.say("/ws/v5/public", format!(r#"{{"arg":{{"channel":"trades","instId":"BTC-USDT"}},"data":[{data}]}}"#));
}

pub fn okx_quote(okx: &Host) {
    let data = format!(r#"{{"asks":[["102","1","0","1"]],"bids":[["101","1","0","1"]],"ts":"{START_MS}","seqId":1}}"#);
    okx.say("/ws/v5/public", format!(r#"{{"arg":{{"channel":"bbo-tbt","instId":"BTC-USDT"}},"data":[{data}]}}"#));
}

impl Run {
    /// A session that begins. `more` are lines of `[live]`.
    pub async fn start(okx: &Host, more: &str) -> Self {
        Self::since(okx, more, None).await
    }

    /// A session that goes on, when its last record was of this time.
    pub async fn since(okx: &Host, more: &str, since: Option<Timestamp>) -> Self {
        let address = &okx.address;
        let text = format!(
            "rest = \"http://{address}\"\nwebsocket = \"ws://{address}/ws/v5\"\ninstruments = [\"BTC-USDT\"]\n\
             free_disk_mb = 1\nclock_skew = \"1h\"\n{more}"
        );
        let config: LiveConfig = toml::from_str(&text).unwrap();
        let link = Link::open(&config, None).await.unwrap();
        let (facts_out, facts) = channel(1_024);
        let (errands, errands_in) = channel(1);
        let folder = tempfile::tempdir().unwrap();
        let tag = SessionTag::of(&Hash::default());
        let task = tokio::spawn(link.run(
            tag,
            folder.path().to_owned(),
            since.map(|at| Since { at, ..Since::default() }),
            facts_out,
            errands_in,
        ));
        Self { facts, _errands: errands, task, _folder: folder }
    }

    pub async fn next(&mut self) -> String {
        let fact = timeout(LONG, self.facts.recv()).await.expect("a fact").expect("the connection lives");
        let Fact::Input { venue_at, input, .. } = fact else { panic!("no input: {fact:?}") };
        line(venue_at, &input)
    }

    /// What comes within that time.
    pub async fn within(&mut self, wait: Duration) -> Vec<String> {
        let (end, mut lines) = (Instant::now() + wait, Vec::new());
        while let Ok(Some(fact)) = timeout(end.saturating_duration_since(Instant::now()), self.facts.recv()).await {
            let Fact::Input { venue_at, input, .. } = fact else { panic!("no input: {fact:?}") };
            lines.push(line(venue_at, &input));
        }
        lines
    }

    /// Takes what comes, and fails unless it is this.
    pub async fn expect(&mut self, lines: &[&str]) {
        for expected in lines {
            assert_eq!(self.next().await, *expected);
        }
    }

    /// Takes what comes up to this line, which is the last one of it.
    pub async fn until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != last) {
            lines.push(self.next().await);
        }
        lines
    }

    /// Ends, and fails if that takes long.
    pub async fn end(self) {
        let Self { facts, _errands: errands, task, .. } = self;
        drop((facts, errands));
        timeout(LONG, task).await.expect("it ends when nobody listens").unwrap();
    }
}

/// An input and when it happened: in minutes since the start for bars, in milliseconds for the rest.
fn line(venue_at: Option<Timestamp>, input: &Input) -> String {
    let ms = venue_at.map(|at| at.0 / 1_000_000 - START_MS);
    match input {
        Input::TroubleBegan(trouble) => format!("began {trouble}"),
        Input::TroubleEnded(trouble) => format!("ended {trouble}"),
        Input::FeedSwitched(switch) => {
            assert!(switch.instrument.is_none() && venue_at.is_none());
            format!("from {}", switch.source)
        }
        Input::Trade(trade) => {
            format!("trade {} {} x {} at {}", trade.trade_id.unwrap(), trade.price.0, trade.size.0, ms.unwrap())
        }
        Input::Bar(bar) => {
            assert_eq!(bar.interval.0, 60);
            assert_eq!(venue_at, Some(bar.closed_at()));
            let minute = (bar.opened_at.0 / 1_000_000 - START_MS) / MINUTE_MS;
            format!("bar {minute} {}-{} x {}", bar.low.0, bar.high.0, bar.volume.0)
        }
        Input::Quote(_) => "quote".to_owned(),
        Input::FeedGap(gap) => {
            assert!(gap.from < gap.to);
            format!("gap from {}", gap.from.0 / 1_000_000 - START_MS)
        }
        Input::SentimentObserved(said) => {
            assert!(venue_at.is_none());
            format!("{} {} {} {} since {}", said.source, said.name, said.value, said.label, said.source_at)
        }
        other => format!("{other:?}"),
    }
}
