//! `tickfold data fetch`, through the program itself, from small venues of our own.

#[path = "acceptance/program.rs"]
mod program;
#[path = "../data/tests/binance/server.rs"]
mod server;

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use program::{answer, tickfold};
use serde_json::json;
use server::{Answer, Server};

const START_MS: i64 = 1_704_067_200_000;
const MINUTE_MS: i64 = 60_000;
const DAY: i64 = 1_440;
/// The first trade's id.
const FIRST_ID: i64 = 5_000;

/// A venue's history: candles of a minute from 2024 on, and three trades each second.
#[derive(Clone)]
struct History {
    minutes: i64,
    missing: Range<i64>,
    now_ms: i64,
}

impl History {
    fn new(minutes: i64) -> Self {
        Self { minutes, missing: 0..0, now_ms: START_MS + 10 * DAY * MINUTE_MS }
    }

    /// Open times of candles in this time, oldest first.
    fn candles(&self, from_ms: i64, to_ms: i64) -> Vec<i64> {
        let minute = |ms: i64| (ms - START_MS + MINUTE_MS - 1).div_euclid(MINUTE_MS).clamp(0, self.minutes);
        let minutes = minute(from_ms)..minute(to_ms);
        minutes.filter(|minute| !self.missing.contains(minute)).map(|minute| START_MS + minute * MINUTE_MS).collect()
    }

    fn binance(&self, path: &str) -> String {
        let limit = usize::try_from(number(path, "limit").unwrap_or(0)).unwrap();
        assert!(limit <= 1_000);
        if path.starts_with("/api/v3/time") {
            return format!(r#"{{"serverTime":{}}}"#, self.now_ms);
        }
        if path.starts_with("/api/v3/klines?symbol=BTCUSDT&interval=1m&") {
            let end = number(path, "endTime").unwrap() + 1;
            let rows = self.candles(number(path, "startTime").unwrap(), end).into_iter().take(limit).map(|at| {
                let [open, high, low, close, volume] = prices(at);
                format!(r#"[{at},"{open}000","{high}","{low}","{close}0","{volume}",{},"0",1,"0","0","0"]"#, at + MINUTE_MS - 1)
            });
            return format!("[{}]", rows.collect::<Vec<_>>().join(","));
        }
        assert!(path.starts_with("/api/v3/aggTrades?symbol=BTCUSDT&"), "{path}");
        let first = match (number(path, "fromId"), number(path, "startTime")) {
            (Some(id), None) => id - FIRST_ID,
            (None, Some(ms)) => (ms - START_MS + 999).div_euclid(1_000) * 3,
            _ => panic!("{path}"),
        };
        let rows = (first.max(0)..self.minutes * 180).take(limit).map(|trade| {
            let (at, id) = (START_MS + trade / 3 * 1_000, FIRST_ID + trade);
            format!(
                r#"{{"a":{id},"p":"100.{:02}","q":"0.5000","f":1,"l":1,"T":{at},"m":{},"M":true}}"#,
                trade % 90,
                trade % 2 == 0
            )
        });
        format!("[{}]", rows.collect::<Vec<_>>().join(","))
    }

    fn okx(&self, path: &str) -> String {
        let limit = usize::try_from(number(path, "limit").unwrap_or(0)).unwrap();
        let data = if path == "/api/v5/public/time" {
            format!(r#"{{"ts":"{}"}}"#, self.now_ms)
        } else if path.starts_with("/api/v5/market/history-candles?instId=BTC-USDT&bar=1m&") {
            assert!(limit <= 300);
            let older = self.candles(0, number(path, "after").unwrap());
            let rows = older.into_iter().rev().take(limit).map(|at| {
                let [open, high, low, close, volume] = prices(at);
                let confirm = u8::from(at + MINUTE_MS <= self.now_ms);
                format!(r#"["{at}","{open}","{high}","{low}","{close}","{volume}","77","77","{confirm}"]"#)
            });
            rows.collect::<Vec<_>>().join(",")
        } else {
            assert!(path.starts_with("/api/v5/market/history-trades?instId=BTC-USDT&") && limit <= 100, "{path}");
            let after = number(path, "after").unwrap();
            let end = match number(path, "type") {
                None => after - FIRST_ID,
                Some(2) => (after - START_MS + 999).div_euclid(1_000) * 3,
                _ => panic!("{path}"),
            };
            let rows = (0..end.min(self.minutes * 180)).rev().take(limit).map(|trade| {
                let (at, id) = (START_MS + trade / 3 * 1_000, FIRST_ID + trade);
                let side = if trade % 2 == 0 { "sell" } else { "buy" };
                format!(
                    r#"{{"instId":"BTC-USDT","tradeId":"{id}","px":"100.{:02}","sz":"0.50","side":"{side}","ts":"{at}"}}"#,
                    trade % 90
                )
            });
            rows.collect::<Vec<_>>().join(",")
        };
        format!(r#"{{"code":"0","msg":"","data":[{data}]}}"#)
    }

    fn serve(&self, venue: &str) -> Server {
        let (history, is_okx) = (self.clone(), venue == "okx");
        Server::start(move |path, _| Answer::Good(if is_okx { history.okx(path) } else { history.binance(path) }))
    }

    /// The file that its candles make.
    fn candle_file(&self, minutes: Range<i64>) -> String {
        let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
        for at in self.candles(START_MS + minutes.start * MINUTE_MS, START_MS + minutes.end * MINUTE_MS) {
            let [open, high, low, close, volume] = prices(at);
            writeln!(text, "{at},{open},{high},{low},{close},{volume}").unwrap();
        }
        text
    }
}

/// A candle's prices and volume, the shortest way to write them.
fn prices(at_ms: i64) -> [String; 5] {
    let minute = (at_ms - START_MS) / MINUTE_MS;
    let base = 100 + minute % 40;
    [format!("{base}.5"), (base + 2).to_string(), (base - 1).to_string(), format!("{base}.25"), format!("{}.125", minute % 9)]
}

/// The file that trades make.
fn trade_file(trades: Range<i64>) -> String {
    let mut text = "ts_ms,price,size,side,trade_id\n".to_owned();
    for trade in trades {
        let price = format!("100.{:02}", trade % 90);
        let price = price.trim_end_matches('0').trim_end_matches('.');
        let side = if trade % 2 == 0 { "sell" } else { "buy" };
        writeln!(text, "{},{price},0.5,{side},{}", START_MS + trade / 3 * 1_000, FIRST_ID + trade).unwrap();
    }
    text
}

fn number(path: &str, name: &str) -> Option<i64> {
    path.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

fn args<'a>(venue: &'a str, host: &'a str, interval: &'a str, to: &'a str, out: &'a str) -> Vec<&'a str> {
    let flags = ["--instrument", "BTC-USDT", "--interval", interval, "--from", "2024-01-01", "--to", to];
    [&["data", "fetch", venue, "--host", host, "--out", out][..], &flags].concat()
}

/// Exit code, stdout and stderr.
fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn candles_come_page_by_page_and_gaps_are_told() {
    let mut history = History::new(3 * DAY);
    history.missing = 700..705;
    for (venue, most) in [("binance", 5), ("okx", 30)] {
        let dir = tempfile::tempdir().unwrap();
        let server = history.serve(venue);
        let (code, text, error) = run(dir.path(), &args(venue, &server.host, "1m", "2024-01-03", "BTC-USDT_1m.csv"));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{venue}");
        let expected = "wrote 2875 rows of candles to BTC-USDT_1m.csv\n  from 2024-01-01T00:00:00Z to 2024-01-02T23:59:00Z\n  \
            1 gap, 5 bars missing\n  line 702: 5 bars missing, from 2024-01-01T11:40:00Z to 2024-01-01T11:45:00Z\n";
        assert_eq!(text, expected, "{venue}");
        assert_eq!(fs::read_to_string(dir.path().join("BTC-USDT_1m.csv")).unwrap(), history.candle_file(0..2 * DAY), "{venue}");
        assert_eq!(names(dir.path()), ["BTC-USDT_1m.csv"], "nothing lies beside it");
        let asked = server.paths().len();
        assert!(asked <= most, "{venue} was asked {asked} times");
    }
}

#[test]
fn what_was_fetched_can_be_checked_and_traded() {
    let dir = tempfile::tempdir().unwrap();
    let server = History::new(DAY).serve("binance");
    let fetched = answer(dir.path(), &args("binance", &server.host, "1m", "2024-01-02", "BTC-USDT_1m.csv.zst"));
    assert_eq!((&fetched["rows"], &fetched["sound"], &fetched["resumed_rows"]), (&json!(1_440), &json!(true), &json!(0)));
    assert_eq!((&fetched["gaps"]["count"], &fetched["out"]), (&json!(0), &json!("BTC-USDT_1m.csv.zst")));
    let checked = answer(dir.path(), &["data", "check", "BTC-USDT_1m.csv.zst"]);
    assert_eq!((&checked["ok"], &checked["files"][0]["rows"]), (&json!(true), &json!(1_440)));
    let ran = answer(dir.path(), &["backtest", "--data", "BTC-USDT_1m.csv.zst", "--no-log"]);
    assert!(ran["events"].as_u64().unwrap() >= 1_440, "{ran:#}");
    let (code, _, error) = run(dir.path(), &args("binance", &server.host, "1m", "2024-01-02", "BTC-USDT_1m.csv.zst"));
    assert_eq!(
        (code, error.as_str()),
        (Some(2), "error: BTC-USDT_1m.csv.zst is there already: remove it, or give another name\n")
    );
}

#[test]
fn trades_come_in_order_with_those_of_one_millisecond() {
    for venue in ["binance", "okx"] {
        let dir = tempfile::tempdir().unwrap();
        let server = History::new(60).serve(venue);
        // Ten minutes of three trades a second.
        let (code, text, error) =
            run(dir.path(), &args(venue, &server.host, "trades", "2024-01-01T00:10:00Z", "BTC-USDT_trades.csv"));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{venue}");
        let expected =
            "wrote 1800 rows of trades to BTC-USDT_trades.csv\n  from 2024-01-01T00:00:00Z to 2024-01-01T00:09:59Z\n  no gaps\n";
        assert_eq!(text, expected, "{venue}");
        assert_eq!(fs::read_to_string(dir.path().join("BTC-USDT_trades.csv")).unwrap(), trade_file(0..1_800), "{venue}");
    }
}

/// Kills a download when the venue is asked for the `nth` time, damages the end of what is left, and goes on.
fn interrupted(venue: &str, interval: &str, to: &str, nth: usize) -> (String, u64, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let history = History::new(3 * DAY);
    let slow = history.clone();
    let is_okx = venue == "okx";
    let server = Server::start(move |path, count| match count {
        count if count >= nth => Answer::Silence(Duration::from_mins(1)),
        _ => Answer::Good(if is_okx { slow.okx(path) } else { slow.binance(path) }),
    });
    let mut child = tickfold(dir.path(), &args(venue, &server.host, interval, to, "F.csv")).spawn().unwrap();
    let begun = Instant::now();
    while server.paths().len() <= nth {
        assert!(begun.elapsed() < Duration::from_mins(1), "{venue} was asked only for {:?}", server.paths());
        std::thread::sleep(Duration::from_millis(5));
    }
    let (code, _, error) = run(dir.path(), &args(venue, &server.host, interval, to, "F.csv"));
    assert_eq!(code, Some(2));
    assert!(error.contains("another download is writing F.csv.part: wait for it, or give another name"), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(dir.path()), ["F.csv.part"]);
    let part = dir.path().join("F.csv.part");
    let kept = fs::read_to_string(&part).unwrap();
    fs::write(&part, format!("{kept}1704067")).unwrap();

    let server = history.serve(venue);
    let other = run(dir.path(), &args(venue, &server.host, "5m", to, "F.csv"));
    assert_eq!(other.0, Some(2));
    assert!(other.2.contains("F.csv.part is left of another download"), "{}", other.2);
    let ended = answer(dir.path(), &args(venue, &server.host, interval, to, "F.csv"));
    assert_eq!(names(dir.path()), ["F.csv"]);
    let rows = u64::try_from(kept.lines().count() - 2).unwrap();
    assert_eq!(ended["resumed_rows"], rows);
    assert!(rows > 0, "{venue} had left nothing");
    (fs::read_to_string(dir.path().join("F.csv")).unwrap(), rows, server.paths())
}

#[test]
fn a_killed_download_goes_on_where_it_stopped() {
    let whole = History::new(3 * DAY).candle_file(0..2 * DAY);
    let (file, rows, asked) = interrupted("binance", "1m", "2024-01-03", 3);
    assert!(file == whole, "binance's candles differ from those of one go");
    assert_eq!(rows, 2_000);
    let resumed = format!("startTime={}", START_MS + 2_000 * MINUTE_MS);
    assert!(asked.len() == 2 && asked[1].contains(&resumed), "{asked:?}");
    let (file, rows, asked) = interrupted("okx", "1m", "2024-01-03", 4);
    assert!(file == whole, "okx's candles differ from those of one go");
    let beginning = START_MS + i64::try_from(rows).unwrap() * MINUTE_MS;
    assert!(asked[1..].iter().all(|path| number(path, "after").unwrap() > beginning), "{asked:?}");
    for (venue, nth) in [("binance", 3), ("okx", 8)] {
        let (file, ..) = interrupted(venue, "trades", "2024-01-01T00:20:00Z", nth);
        assert!(file == trade_file(0..3_600), "{venue}'s trades differ from those of one go");
    }
}

#[test]
fn a_time_before_the_listing_costs_few_questions() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = History::new(200 * DAY);
    history.missing = 0..199 * DAY;
    history.now_ms = START_MS + 200 * DAY * MINUTE_MS;
    let server = history.serve("okx");
    let fetched = answer(dir.path(), &args("okx", &server.host, "1m", "2024-07-19", "BTC-USDT_1m.csv"));
    assert_eq!((&fetched["rows"], &fetched["first"]), (&json!(DAY), &json!("2024-07-18T00:00:00Z")));
    let asked = server.paths().len();
    assert!(asked < 80, "200 days of minutes are 960 answers, but {asked} questions are too many for one day of them");
}

#[test]
fn what_is_not_over_is_left_out() {
    for venue in ["binance", "okx"] {
        let dir = tempfile::tempdir().unwrap();
        let mut history = History::new(11);
        // The eleventh is still forming.
        history.now_ms = START_MS + 10 * MINUTE_MS + 30_000;
        let server = history.serve(venue);
        let fetched = answer(dir.path(), &args(venue, &server.host, "1m", "2024-01-02", "F.csv"));
        assert_eq!((&fetched["rows"], &fetched["last"]), (&json!(10), &json!("2024-01-01T00:09:00Z")), "{venue}");
    }
}

#[test]
fn a_venue_that_is_asked_too_fast_or_breaks_off_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let history = History::new(DAY);
    let binance = history.clone();
    let server = Server::start(move |path, count| match count {
        1 => Answer::Status(429, "retry-after: 1\r\n", r#"{"code":-1003,"msg":"Too much request weight used"}"#),
        _ => Answer::Good(binance.binance(path)),
    });
    let fetched = answer(dir.path(), &args("binance", &server.host, "1m", "2024-01-01T12:00:00Z", "binance.csv"));
    assert_eq!(fetched["rows"], 720);
    let pauses = server.pauses();
    assert!(pauses.len() == 2 && pauses[1] >= Duration::from_millis(990), "{pauses:?}");
    // OKX says it in two ways, and never for how long.
    let server = Server::start(move |path, count| match count {
        1 => Answer::Status(429, "", r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#),
        2 => Answer::Good(r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#.to_owned()),
        3 => Answer::Cut(history.okx(path)),
        _ => Answer::Good(history.okx(path)),
    });
    let fetched = answer(dir.path(), &args("okx", &server.host, "1m", "2024-01-01T12:00:00Z", "okx.csv"));
    assert_eq!(fetched["rows"], 720);
    let pauses = server.pauses();
    assert!(pauses[1] >= Duration::from_millis(200) && pauses[2] >= Duration::from_millis(200), "{pauses:?}");
}

#[test]
fn what_goes_wrong_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let failed = |server: &Server, venue: &str, interval: &str, out: &str| {
        let (code, text, error) = run(dir.path(), &args(venue, &server.host, interval, "2024-01-02", out));
        assert_eq!(text, "");
        (code, error)
    };
    let venue = |body: &'static str| {
        Server::start(move |path, _| match path {
            "/api/v5/public/time" => Answer::Good(History::new(1).okx(path)),
            _ => Answer::Good(body.to_owned()),
        })
    };
    for (body, expected) in [
        ("{\"code\":\"0\",\"data\":[[\"1\"", "an answer that cannot be read: cannot read a reply: EOF while parsing"),
        (
            r#"{"code":"0","data":[["1704067200000","1","2","1","many","1","1","1","1"]]}"#,
            "`close` is not a number that can be kept exactly",
        ),
        (r#"{"code":"0","data":[["1704067200000","1"]]}"#, "`vol` is missing"),
        (r#"{"code":"51001","msg":"Instrument ID doesn't exist","data":[]}"#, "refused with code 51001 (HTTP 200): Instrument"),
        (
            r#"{"code":"0","data":[["1804067200000","1","2","1","1","1","1","1","1"]]}"#,
            "its rows are not older than those before",
        ),
    ] {
        let (code, error) = failed(&venue(body), "okx", "1m", "F.csv");
        assert_eq!(code, Some(4), "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(error.ends_with("; the same command goes on where this one stopped\n"), "{error}");
    }
    assert_eq!(names(dir.path()), Vec::<String>::new(), "nothing came, so nothing is kept");

    let (code, error) = failed(&venue(r#"{"code":"0","data":[]}"#), "okx", "1m", "F.csv");
    assert_eq!(code, Some(3));
    assert!(
        error.starts_with("error: the venue has nothing of BTC-USDT from 2024-01-01T00:00:00Z to 2024-01-02T00:00:00Z"),
        "{error}"
    );
    assert_eq!(names(dir.path()), Vec::<String>::new());

    let none = venue("");
    for (venue, interval, out, expected) in [
        ("okx", "10m", "F.csv", "OKX has no candles of 10m: take 1s, 1m,"),
        ("binance", "10m", "F.csv", "Binance has no candles of 10m: take 1s, 1m,"),
        ("okx", "1m", "F.parquet", "F.parquet does not say what to write: expected .csv, .csv.gz or .csv.zst"),
        ("okx", "soon", "F.csv", "it is written like 1m, 15m, 4h or 1d, or it is trades"),
    ] {
        let (code, error) = failed(&none, venue, interval, out);
        assert_eq!(code, Some(2));
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(none.paths(), Vec::<String>::new(), "nobody was asked");
}
