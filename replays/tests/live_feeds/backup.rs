//! Market data while the venue is silent.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data::log::{BlobStore, Disk, Reader};
use engine::text::Names;
use engine::time::Timestamp;
use replays::config::Config;
use replays::live::control;
use replays::live::trade::{Folder, paper};
use replays::verify::verify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::host::Host;
use crate::run::{MINUTE_MS, Run, START_MS, okx, okx_bar, okx_quote, okx_trade, okx_trade_at};

/// The silence after which market data are stale is two seconds, and it is looked for each second.
const STALE: Duration = Duration::from_millis(3_300);

/// Binance in the fourth minute, of which the third has closed: it has more decimals than OKX.
async fn binance() -> Host {
    Host::start(|path| {
        let row = |minute: i64| {
            let at = START_MS + minute * MINUTE_MS;
            format!(r#"[{at},"100.004","100.135","99.995","100.125","7.0005",{},"0",1,"0","0","0"]"#, at + MINUTE_MS - 1)
        };
        if path.starts_with("/api/v3/time") {
            return format!(r#"{{"serverTime":{}}}"#, START_MS + 4 * MINUTE_MS + 5_000);
        }
        let from = format!("startTime={}&", START_MS + 3 * MINUTE_MS);
        assert!(path.starts_with("/api/v3/klines?symbol=BTCUSDT&interval=1m&") && path.contains(&from), "{path}");
        format!("[{},{}]", row(3), row(4))
    })
    .await
}

fn trade(binance: &Host, id: u32, price: &str, size: &str) {
    let at = START_MS + 1_000_000 + i64::from(id);
    binance.say(
        "/stream",
        format!(
            r#"{{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":2,"s":"BTCUSDT","a":{id},"p":"{price}","q":"{size}","f":1,"l":2,"T":{at},"m":true,"M":true}}}}"#
        ),
    );
}

fn bar(binance: &Host, minute: i64, is_final: &str) {
    let at = START_MS + minute * MINUTE_MS;
    binance.say(
        "/stream",
        format!(
            r#"{{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":1,"s":"BTCUSDT","k":{{"t":{at},"T":{at},"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"100","c":"100","h":"100","l":"100","v":"9","n":2,"x":{is_final}}}}}}}"#
        ),
    );
}

fn config(feeds: &str, binance: &str) -> String {
    format!(
        "feeds = {feeds}\nstale_after = \"2s\"\nbackup = \"binance\"\nbackup_rest = \"http://{binance}\"\n\
         backup_stream = \"ws://{binance}\""
    )
}

/// Until something is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never happens");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_backup_takes_over_and_gives_back_and_nothing_counts_twice() {
    let (okx, binance) = (okx().await, binance().await);
    let mut run = Run::start(&okx, &config(r#"["trades", "1m"]"#, &binance.address)).await;
    run.expect(&["began warming up", "bar 0 10000-10000 x 5000", "bar 1 10000-10000 x 5000", "ended warming up"]).await;
    okx_trade(&okx, 1);
    run.expect(&["trade 1 10150 x 250 at 1"]).await;
    // The last bar before the session comes again, and then the next one.
    okx_bar(&okx, 1, "1");
    okx_bar(&okx, 2, "1");
    run.expect(&["bar 2 10100-10100 x 5000"]).await;
    assert_eq!(binance.open(), 0, "nobody listens to the backup while the venue speaks");

    // Silence: what Binance has of the time since then comes first, from the bar after the last one.
    run.expect(&["began stale feed", "gap from 180000", "from binance", "bar 3 10000-10014 x 7000"]).await;
    until(|| binance.open() == 1).await;
    trade(&binance, 11, "100.125", "0.0015");
    trade(&binance, 11, "100.125", "0.0015");
    trade(&binance, 12, "100.135", "0.0025");
    // A crumb that is nothing at OKX's decimals.
    trade(&binance, 13, "100.135", "0.0004");
    bar(&binance, 3, "true");
    bar(&binance, 4, "false");
    bar(&binance, 4, "true");
    binance.say("/stream", "{");
    let at = |id: u32| 1_000_000 + id;
    let rounded = [
        format!("trade 11 10012 x 2 at {}", at(11)),
        format!("trade 12 10014 x 2 at {}", at(12)),
        "bar 4 10000-10000 x 9000".to_owned(),
    ];
    assert_eq!([run.next().await, run.next().await, run.next().await], rounded);

    // OKX is back: its bars count where Binance's have not, its trades when it is the source again.
    let back = Instant::now();
    okx_bar(&okx, 4, "1");
    okx_bar(&okx, 5, "1");
    run.expect(&["bar 5 10100-10100 x 5000"]).await;
    bar(&binance, 5, "true");
    let (mut id, mut told) = (20, Vec::new());
    while !told.iter().any(|line| line == "ended stale feed") {
        okx_trade(&okx, id);
        trade(&binance, id, "100", "1");
        told.extend(run.within(Duration::from_millis(400)).await);
        id += 1;
        assert!(id < 60, "OKX never becomes the source again: {told:?}");
    }
    assert!(back.elapsed() >= Duration::from_secs(5), "{:?}", back.elapsed());
    let switch = told.iter().position(|line| line == "from okx").expect("a switch");
    let (before, after) = told.split_at(switch);
    assert!(before.len() >= 10 && before.iter().all(|line| line.contains(" 10000 x 1000 ")), "Binance alone: {told:?}");
    assert!(after[1].contains(" 10150 x 250 ") && after[2] == "ended stale feed", "then OKX alone: {told:?}");
    assert!(after[3..].iter().all(|line| line.contains(" 10150 x 250 ")), "{told:?}");
    until(|| binance.open() == 0).await;
    run.end().await;
}

#[tokio::test]
async fn without_the_backup_the_venue_is_the_source_at_once() {
    let okx = okx().await;
    let mut run = Run::start(&okx, &config(r#"["trades"]"#, "127.0.0.1:1")).await;
    run.expect(&["began warming up", "ended warming up"]).await;
    okx_trade(&okx, 1);
    run.expect(&["trade 1 10150 x 250 at 1", "began stale feed"]).await;
    assert_eq!(run.within(STALE).await, [""; 0]);
    okx_trade(&okx, 2);
    run.expect(&["gap from 1", "trade 2 10150 x 250 at 2", "ended stale feed"]).await;
    run.end().await;
}

#[tokio::test]
async fn a_backup_that_is_lost_is_listened_to_again_or_given_up() {
    let (okx, binance) = (okx().await, binance().await);
    let mut run = Run::start(&okx, &config(r#"["trades", "quotes"]"#, &binance.address)).await;
    run.expect(&["began warming up", "ended warming up"]).await;
    okx_trade(&okx, 1);
    run.expect(&["trade 1 10150 x 250 at 1"]).await;
    okx.leave();
    // A lost connection is not waited for.
    run.expect(&["began stale feed"]).await;
    until(|| binance.open() == 1).await;
    assert_eq!(run.within(Duration::from_millis(200)).await, [""; 0], "no source before its first data");
    trade(&binance, 11, "100", "1");
    run.expect(&["gap from 1", "from binance", "trade 11 10000 x 1000 at 1000011"]).await;

    binance.hang_up();
    until(|| binance.open() == 0).await;
    until(|| binance.open() == 1).await;
    // What comes again was told.
    trade(&binance, 11, "100", "1");
    trade(&binance, 15, "100", "1");
    run.expect(&["gap from 1000011", "trade 15 10000 x 1000 at 1000015"]).await;

    binance.leave();
    until(|| binance.open() == 0).await;
    okx.come_back();
    until(|| okx.open() == 1).await;
    // Its first words may come before the connection counts as up.
    let begun = Instant::now();
    let mut told = Vec::new();
    while !told.iter().any(|line| line == "ended stale feed") && begun.elapsed() < Duration::from_secs(4) {
        okx_quote(&okx);
        told.extend(run.within(Duration::from_millis(100)).await);
    }
    told.retain(|line| line != "quote");
    assert_eq!(told, ["gap from 1", "from okx", "ended stale feed"]);
    run.end().await;
}

#[tokio::test]
async fn quotes_have_no_backup_and_a_bar_that_forms_is_no_silence() {
    let (okx, binance) = (okx().await, binance().await);
    let mut run = Run::start(&okx, &config(r#"["quotes"]"#, &binance.address)).await;
    run.until("ended warming up").await;
    run.expect(&["began stale feed"]).await;
    assert_eq!((run.within(STALE).await, binance.asked()), (Vec::new(), Vec::new()));
    run.end().await;

    let mut run = Run::start(&okx, &config(r#"["1m"]"#, &binance.address)).await;
    run.until("ended warming up").await;
    for _ in 0..12 {
        okx_bar(&okx, 2, "0");
        assert_eq!(run.within(Duration::from_millis(250)).await, [""; 0]);
    }
    okx_bar(&okx, 2, "1");
    run.expect(&["bar 2 10100-10100 x 5000"]).await;
    run.end().await;
}

#[tokio::test]
async fn a_session_that_goes_on_begins_with_the_venue() {
    let (okx, binance) = (okx().await, binance().await);
    let since = Some(Timestamp((START_MS + MINUTE_MS) * 1_000_000));
    let mut run = Run::since(&okx, &config(r#"["1m"]"#, &binance.address), since).await;
    run.expect(&["from okx", "began warming up", "bar 1 10000-10000 x 5000", "ended warming up"]).await;
    run.end().await;
    let mut run = Run::since(&okx, "feeds = [\"trades\"]", since).await;
    run.expect(&["began warming up", "ended warming up"]).await;
    run.end().await;
}

/// The log's lines.
fn logged(folder: &Path) -> Vec<String> {
    let open = || Reader::open(Arc::new(Disk::open(folder).unwrap())).unwrap().0;
    verify(&mut open(), &BlobStore::open(folder).unwrap()).unwrap();
    let (mut reader, mut names, mut lines) = (open(), Names::default(), Vec::new());
    while let Some(records) = reader.next_block().unwrap() {
        for record in records {
            names.learn(record);
            lines.push(names.line(record).to_string());
        }
    }
    lines
}

#[tokio::test]
async fn on_the_backup_positions_can_be_left_and_nothing_is_bought() {
    let (okx, binance) = (okx().await, binance().await);
    let folder = tempfile::tempdir().unwrap();
    let address = &okx.address;
    let config = format!(
        "[live]\nrest = \"http://{address}\"\nwebsocket = \"ws://{address}/ws/v5\"\ninstruments = [\"BTC-USDT\"]\n\
         free_disk_mb = 1\nclock_skew = \"1h\"\n{}\n[risk]\n[[strategy]]\nname = \"ema_cross\"\nfast = 1\nslow = 2\nsize = \"10%\"",
        config(r#"["trades"]"#, &binance.address)
    );
    let config = Config::from_canonical(config.as_bytes()).unwrap();
    let path = folder.path().to_owned();
    let running = spawn_blocking(move || paper(&config, Folder::New(&path)));
    until(|| okx.open() == 1).await;
    let pause = || sleep(Duration::from_millis(300));
    pause().await;
    for (id, price) in [(1, "100"), (2, "100"), (3, "110"), (4, "111")] {
        okx_trade_at(&okx, id, price);
    }
    until(|| binance.open() == 1).await;
    pause().await;
    // Up, out at a profit (below the target), and up again.
    for (id, price) in [(11, "125"), (12, "118"), (13, "118"), (14, "127"), (15, "127")] {
        trade(&binance, id, price, "1");
    }
    pause().await;
    let mut id = 20;
    while binance.open() == 1 {
        okx_trade_at(&okx, id, "120");
        pause().await;
        id += 1;
        assert!(id < 60, "OKX never becomes the source again");
    }
    for (id, price) in [(71, "120"), (72, "140"), (73, "140")] {
        okx_trade_at(&okx, id, price);
    }
    pause().await;
    let path = folder.path().to_owned();
    spawn_blocking(move || control::send(&path, "stop")).await.unwrap().unwrap();
    running.await.unwrap().unwrap();

    let lines = logged(folder.path());
    let place = |what: &str| {
        let found = lines.iter().position(|line| line.contains(what));
        found.unwrap_or_else(|| panic!("no {what} in\n{}", lines.join("\n")))
    };
    let (began, over) = (place("< trouble stale feed"), place("< trouble-over stale feed"));
    let (binance, okx) = (place("feed from binance"), place("feed from okx"));
    assert!(began < binance && binance < okx && okx < over, "{}", lines.join("\n"));
    let orders = |lines: &[String], side: &str| {
        let is_one =
            |line: &&String| line.contains("> order #") && line.contains(&format!(" {side} ")) && line.contains(" market");
        lines.iter().filter(is_one).count()
    };
    let (before, meanwhile, after) = (&lines[..began], &lines[began..over], &lines[over..]);
    assert_eq!((orders(before, "buy"), orders(before, "sell")), (1, 0), "{}", lines.join("\n"));
    assert_eq!((orders(meanwhile, "buy"), orders(meanwhile, "sell")), (0, 1), "{}", lines.join("\n"));
    assert!(meanwhile.iter().any(|line| line.contains("> denied ema_cross BTC-USDT stale feed")), "{}", lines.join("\n"));
    assert_eq!(orders(after, "buy"), 1, "{}", lines.join("\n"));
}
