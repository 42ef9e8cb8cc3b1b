//! `tickfold exchange`, through the program itself and its sockets.

#[path = "acceptance/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use data::okx::sign::Credentials;
use serde_json::{Value, json};
use wire::{Frame, Venue};

const START_MS: u64 = 1_704_067_200_000;

/// A folder with minutes of BTC-USDT, a venue's configuration, and trades of ETH-USDT, ten a second.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut minutes = "ts_ms,open,high,low,close,volume\n".to_owned();
    for minute in 0..600_u64 {
        let open = 42_000 + minute % 7;
        writeln!(
            minutes,
            "{},{open},{}.5,{}.5,{},12.5",
            START_MS + minute * 60_000,
            open + 9,
            open - 8,
            42_000 + (minute + 1) % 7
        )
        .unwrap();
    }
    fs::write(dir.path().join("BTC-USDT_1m.csv"), minutes).unwrap();
    let mut trades = "ts_ms,price,size,side,trade_id\n".to_owned();
    for trade in 0..60_000_u64 {
        let side = if trade % 3 == 0 { "sell" } else { "buy" };
        writeln!(trades, "{},{}.{:02},0.25,{side},{}", START_MS + trade * 100, 2_300 + trade % 5, trade % 100, trade + 1)
            .unwrap();
    }
    fs::write(dir.path().join("ETH-USDT_trades.csv"), trades).unwrap();
    dir
}

fn levels(side: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    side.as_array().expect("a list").iter().map(|level| (text(&level[0]), text(&level[1]))).collect()
}

fn mantissa(price: &str) -> i64 {
    let (whole, rest) = price.split_once('.').unwrap_or((price, ""));
    format!("{whole}{rest:0<8}").parse().expect("a price")
}

#[test]
fn it_says_where_it_listens_and_ends_in_order() {
    let dir = folder();
    for signal in ["-INT", "-TERM"] {
        let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "ETH-USDT_trades.csv"]);
        let address = venue.address.clone();
        assert_eq!(
            venue.said,
            [
                format!("listening on {address}"),
                format!("REST: http://{address}/api/v5"),
                format!("WebSocket: ws://{address}/ws/v5/public, /private, /business"),
                "instruments: BTC-USDT, ETH-USDT".to_owned(),
                "data: from 2024-01-01T00:00:00Z at speed 1".to_owned(),
            ]
        );
        let mut socket = venue.socket("public");
        socket.subscribe(&json!({"channel": "tickers", "instId": "BTC-USDT"}));
        let (code, errors) = venue.stop(signal);
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        while let Frame::Text(_) = socket.frame() {}
    }
}

#[test]
fn what_cannot_be_served_is_an_error_that_says_so() {
    let dir = folder();
    fs::write(dir.path().join("venue.toml"), "speeed = 1").unwrap();
    fs::write(dir.path().join("faults.toml"), "[[fault]]\nkind = \"explode\"").unwrap();
    for (args, code, said) in [
        (&["--data", "none.csv"][..], 3, "none.csv"),
        (&["--speed", "0"], 2, "a number above zero"),
        (&["--config", "venue.toml"], 2, "unknown field `speeed`"),
        (&["--faults", "faults.toml"], 2, "unknown variant `explode`"),
        (&["--set", "seed=1"], 2, "--set is for runs"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tickfold"))
            .args(["exchange", "--listen", "127.0.0.1:0"])
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && errors.contains(said), "{args:?}: {:?} {errors}", output.status);
    }
}

#[test]
fn a_row_that_turns_out_to_be_bad_ends_the_venue_with_an_error() {
    let dir = folder();
    let trades = fs::read_to_string(dir.path().join("ETH-USDT_trades.csv")).unwrap();
    let bad: Vec<&str> = trades.lines().take(5_000).chain(["not,a,row,at,all"]).collect();
    fs::write(dir.path().join("BAD-USDT_trades.csv"), bad.join("\n")).unwrap();
    let mut venue = Venue::start(dir.path(), &["--data", "BAD-USDT_trades.csv", "--speed", "10000"]);
    let (code, errors) = venue.end();
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("BAD-USDT_trades.csv") && errors.contains("5001"), "{errors}");
}

#[test]
fn markets_can_be_asked_for_without_a_key() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--from", "2024-01-01T05:00:00Z"]);
    let instruments = venue.rows("/api/v5/public/instruments?instType=SPOT");
    assert_eq!((&instruments[0]["instId"], &instruments[0]["tickSz"]), (&json!("BTC-USDT"), &json!("0.1")));
    assert!(instruments[0]["instIdCode"].is_i64());
    assert_eq!(venue.rows("/api/v5/public/instruments?instType=OPTION&uly=BTC-USD"), [json!(null); 0]);
    let ticker = &venue.rows("/api/v5/market/ticker?instId=BTC-USDT")[0];
    let price = |name: &str| mantissa(ticker[name].as_str().unwrap());
    assert!(price("bidPx") < price("last") && price("last") < price("askPx"), "{ticker}");
    assert_eq!(venue.rows("/api/v5/market/books?instId=BTC-USDT")[0]["bids"].as_array().unwrap().len(), 1);
    let book = &venue.rows("/api/v5/market/books?instId=BTC-USDT&sz=400")[0];
    assert_eq!((levels(&book["bids"]).len(), levels(&book["asks"]).len()), (50, 50));
    let candles = venue.rows("/api/v5/market/candles?instId=BTC-USDT&bar=1m&limit=3");
    let shown: Vec<_> =
        candles.iter().map(|row| [&row[0], &row[1], &row[5], &row[8]].map(|v| v.as_str().unwrap().to_owned())).collect();
    let at = |minute: u64| (START_MS + minute * 60_000).to_string();
    assert_eq!(
        shown[1..],
        [[at(299), "42005".into(), "12.5".into(), "1".into()], [at(298), "42004".into(), "12.5".into(), "1".into()]]
    );
    assert_eq!((&shown[0][0], &shown[0][3]), (&at(300), &"0".to_owned()));
    let older = format!("/api/v5/market/history-candles?instId=BTC-USDT&bar=1H&after={}", at(120));
    let opened: Vec<_> = venue.rows(&older).iter().map(|row| row[0].as_str().unwrap().to_owned()).collect();
    assert_eq!(opened, [at(60), at(0)]);
    let trades = venue.rows("/api/v5/market/trades?instId=BTC-USDT&limit=5");
    let ids: Vec<u64> = trades.iter().map(|row| row["tradeId"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b) && ids.len() == 5, "{ids:?}");
    let next = venue.rows(&format!("/api/v5/market/history-trades?instId=BTC-USDT&limit=2&after={}", ids[0]));
    assert_eq!(
        next.iter().map(|row| row["tradeId"].clone()).collect::<Vec<_>>(),
        [trades[1]["tradeId"].clone(), trades[2]["tradeId"].clone()]
    );
    for (target, status, code) in [
        ("/api/v5/market/ticker?instId=NO-NE", 200, "51001"),
        ("/api/v5/market/ticker", 400, "50014"),
        ("/api/v5/market/candles?instId=BTC-USDT&bar=7m", 200, "51000"),
        ("/api/v5/market/nothing", 404, "404"),
        ("/api/v5/account/balance", 401, "50103"),
    ] {
        let (got, body) = venue.get(target);
        assert_eq!((got, &body["code"]), (status, &json!(code)), "{target}: {body}");
    }
    let time: i64 = venue.rows("/api/v5/public/time")[0]["ts"].as_str().unwrap().parse().unwrap();
    assert!((time - wire::now_ms()).abs() < 5_000, "API time is the machine's");
}

#[test]
fn an_order_is_acknowledged_pushed_and_charged() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--speed", "10"]);
    let mut private = venue.logged_in("private");
    private.subscribe(&json!({"channel": "orders", "instType": "SPOT"}));
    let count = private.hear();
    assert_eq!((&count["event"], &count["connCount"]), (&json!("channel-conn-count"), &json!("1")), "{count}");
    private.subscribe(&json!({"channel": "account"}));
    let account = private.push("account");
    assert_eq!((&account["eventType"], &account["lastPage"]), (&json!("snapshot"), &json!(true)));
    let order = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "0.01", "tgtCcy": "base_ccy", "clOrdId": "mine1"});
    let (status, reply) = venue.signed("POST", "/api/v5/trade/order", &order);
    assert_eq!((status, &reply["code"], &reply["data"][0]["sCode"]), (200, &json!("0"), &json!("0")), "{reply}");
    assert!(reply["inTime"].is_string() && reply["outTime"].is_string());
    let filled = private.until(|push| push["arg"]["channel"] == "orders" && push["data"][0]["state"] == "filled");
    assert_eq!(filled["data"][0]["ordId"], reply["data"][0]["ordId"]);
    assert!(filled["arg"]["uid"].is_string() && filled["data"][0]["clOrdId"] == "mine1", "{filled}");
    private.push("account");
    let code = venue.rows("/api/v5/public/instruments?instType=SPOT")[0]["instIdCode"].clone();
    let limit = json!({"instIdCode": code, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "20000"});
    private.say(&json!({"id": "7", "op": "order", "args": [limit]}));
    let placed = private.until(|message| message["id"] == "7");
    assert_eq!((&placed["op"], &placed["code"]), (&json!("order"), &json!("0")), "{placed}");
    let live = private.push("orders");
    assert_eq!(live["data"][0]["state"], "live");
    let cancel = json!({"instIdCode": code, "ordId": placed["data"][0]["ordId"]});
    private.say(&json!({"id": "8", "op": "cancel-order", "args": [cancel]}));
    assert_eq!(private.until(|message| message["id"] == "8")["code"], "0");
    assert_eq!(private.push("orders")["data"][0]["state"], "canceled");
    let (_, balance) = venue.signed("GET", "/api/v5/account/balance?ccy=BTC,USDT", &Value::Null);
    assert_eq!(balance["data"][0]["details"].as_array().unwrap().len(), 2, "{balance}");
    let (_, config) = venue.signed("GET", "/api/v5/account/config", &Value::Null);
    assert_eq!(config["data"][0]["perm"], "read_only,trade");
}

#[test]
fn algo_orders_are_told_on_the_business_path() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--speed", "10"]);
    let mut business = venue.logged_in("business");
    business.subscribe(&json!({"channel": "orders-algo", "instType": "SPOT"}));
    let stop = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "conditional", "sz": "0.01",
        "slTriggerPx": "30000", "slOrdPx": "-1"});
    let (_, placed) = venue.signed("POST", "/api/v5/trade/order-algo", &stop);
    assert_eq!(placed["data"][0]["sCode"], "0", "{placed}");
    let told = business.push("orders-algo");
    assert_eq!((&told["data"][0]["state"], &told["data"][0]["algoId"]), (&json!("live"), &placed["data"][0]["algoId"]));
    let cancel = json!([{"instId": "BTC-USDT", "algoId": placed["data"][0]["algoId"]}]);
    assert_eq!(venue.signed("POST", "/api/v5/trade/cancel-algos", &cancel).1["code"], "0");
    assert_eq!(business.push("orders-algo")["data"][0]["state"], "canceled");
}

#[test]
fn books_are_told_without_a_gap_and_agree_with_the_ticker() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--speed", "600"]);
    let mut public = venue.socket("public");
    public.subscribe(&json!({"channel": "books", "instId": "BTC-USDT"}));
    let snapshot = public.push("books");
    assert_eq!((&snapshot["action"], &snapshot["data"][0]["prevSeqId"]), (&json!("snapshot"), &json!(-1)));
    let mut book: [BTreeMap<i64, String>; 2] = Default::default();
    let mut seq = snapshot["data"][0]["seqId"].clone();
    let mut apply = |data: &Value| {
        for (side, name) in book.iter_mut().zip(["bids", "asks"]) {
            for (price, size) in levels(&data[name]) {
                if size == "0" {
                    assert!(side.remove(&mantissa(&price)).is_some(), "{price} was not there");
                } else {
                    side.insert(mantissa(&price), size);
                }
            }
        }
        let (bid, ask) = (book[0].last_key_value(), book[1].first_key_value());
        assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid.0 < ask.0), "crossed: {bid:?} {ask:?}");
    };
    apply(&snapshot["data"][0]);
    for _ in 0..30 {
        let update = public.push("books");
        assert_eq!((&update["action"], &update["data"][0]["prevSeqId"]), (&json!("update"), &seq));
        seq = update["data"][0]["seqId"].clone();
        apply(&update["data"][0]);
    }
    for (channel, depth) in [("books5", 5), ("bbo-tbt", 1)] {
        public.subscribe(&json!({"channel": channel, "instId": "BTC-USDT"}));
        let push = public.push(channel);
        assert_eq!((levels(&push["data"][0]["bids"]).len(), push.get("action")), (depth, None), "{push}");
    }
}

#[test]
fn candles_close_once_each_and_are_those_of_the_data() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--speed", "600"]);
    let mut business = venue.socket("business");
    business.subscribe(&json!({"channel": "candle1m", "instId": "BTC-USDT"}));
    let mut closed = Vec::new();
    while closed.len() < 12 {
        let row = business.push("candle1m")["data"][0].clone();
        if row[8] == "1" {
            closed.push(row);
        }
    }
    for (before, row) in closed.iter().zip(&closed[1..]) {
        let opened = |row: &Value| row[0].as_str().unwrap().parse::<u64>().unwrap();
        assert_eq!(opened(row), opened(before) + 60_000);
        let minute = (opened(row) - START_MS) / 60_000;
        let open = 42_000 + minute % 7;
        let expected =
            [open.to_string(), format!("{}.5", open + 9), format!("{}.5", open - 8), (42_000 + (minute + 1) % 7).to_string()];
        assert_eq!([1, 2, 3, 4].map(|place| row[place].as_str().unwrap().to_owned()), expected, "minute {minute}");
        assert_eq!(row[5], "12.5");
    }
    let refused = business.subscribe(&json!({"channel": "tickers", "instId": "BTC-USDT"}));
    assert_eq!((&refused["event"], &refused["code"]), (&json!("error"), &json!("60018")), "{refused}");
}

#[test]
fn connections_end_as_they_should() {
    let dir = folder();
    fs::write(dir.path().join("venue.toml"), "[limits]\nidle_ms = 700\noutbox_messages = 64\n").unwrap();
    let args = ["--data", "ETH-USDT_trades.csv", "--config", "venue.toml", "--speed", "500"];
    let venue = Venue::start(dir.path(), &args);
    let mut silent = venue.socket("public");
    silent.send("ping");
    assert_eq!(silent.frame(), Frame::Text("pong".to_owned()));
    assert_eq!(silent.frame(), Frame::Closed(4004));
    let mut stranger = venue.socket("private");
    stranger.say(&wire::login(&Credentials::new("test-key".into(), "wrong".into(), "test-pass".into())));
    assert_eq!(stranger.hear()["code"], "60007");
    assert_eq!(stranger.frame(), Frame::Closed(4001));
    let mut confused = venue.socket("private");
    confused.send("{");
    assert_eq!(confused.hear()["code"], "60012");
    assert_eq!(confused.subscribe(&json!({"channel": "orders", "instType": "ANY"}))["code"], "60011");
}

#[test]
fn faults_strike_as_scripted_and_are_told() {
    let dir = folder();
    let script = r#"
        [[fault]]
        kind = "refuse"
        path = "account/positions"
        code = "50026"
        [[fault]]
        kind = "no_reply"
        path = "trade/order"
        ms = 300
        every = 1
        [[fault]]
        kind = "gap"
        channel = "books"
        every = 5
        [[fault]]
        kind = "double"
        channel = "orders"
        [[fault]]
        kind = "disconnect"
        on = "business"
        every = 3
    "#;
    fs::write(dir.path().join("faults.toml"), script).unwrap();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv", "--speed", "600", "--faults", "faults.toml"]);
    let (status, body) = venue.signed("GET", "/api/v5/account/positions", &Value::Null);
    assert_eq!((status, &body["code"]), (500, &json!("50026")));
    let mut private = venue.logged_in("private");
    private.subscribe(&json!({"channel": "orders", "instType": "SPOT"}));
    let order = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "20000", "clOrdId": "x1"});
    let asked = Instant::now();
    let (status, body) = venue.signed("POST", "/api/v5/trade/order", &order);
    assert_eq!((status, &body["code"]), (400, &json!("50004")), "{body}");
    assert!(asked.elapsed().as_millis() >= 300);
    let (_, found) = venue.signed("GET", "/api/v5/trade/order?instId=BTC-USDT&clOrdId=x1", &Value::Null);
    assert_eq!(found["data"][0]["state"], "live", "it was carried out: {found}");
    assert_eq!(private.push("orders"), private.push("orders"));
    let mut public = venue.socket("public");
    public.subscribe(&json!({"channel": "books", "instId": "BTC-USDT"}));
    let mut seq = public.push("books")["data"][0]["seqId"].clone();
    let gaps = (0..20).filter(|_| {
        let update = public.push("books");
        let fits = update["data"][0]["prevSeqId"] == seq;
        seq = update["data"][0]["seqId"].clone();
        !fits
    });
    assert!(gaps.count() >= 3);
    let mut business = venue.socket("business");
    business.subscribe(&json!({"channel": "candle1m", "instId": "BTC-USDT"}));
    let mut pushes = 0;
    while let Frame::Text(text) = business.frame() {
        pushes += usize::from(text.contains("\"data\""));
    }
    assert_eq!(pushes, 2, "the third cuts it off");
    let (code, errors) = venue.stop("-TERM");
    assert_eq!(code, Some(0));
    for said in ["0 Refuse", "1 NoReply", "2 Gap", "3 Double", "4 Disconnect"] {
        assert!(errors.lines().any(|line| line.starts_with(&format!("fault {said}"))), "{said} is not in {errors}");
    }
}

#[test]
fn at_full_speed_nothing_is_lost_for_a_client_that_reads() {
    let dir = folder();
    let args = ["--data", "ETH-USDT_trades.csv", "--speed", "max", "--stop-at-end"];
    let venue = Venue::start(dir.path(), &args);
    let mut public = venue.socket("public");
    public.subscribe(&json!({"channel": "trades", "instId": "ETH-USDT"}));
    let (started, mut last, mut count) = (Instant::now(), 1, 0_u32);
    while let Frame::Text(text) = public.frame() {
        let id = text.split_once("\"tradeId\":\"").and_then(|(_, rest)| rest.split_once('"')).expect("a trade").0;
        let id: u64 = id.parse().unwrap();
        assert_eq!(id, last + 1, "the first one was there before the subscription");
        last = id;
        count += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(count, 59_999);
    eprintln!("{count} pushes in {seconds:.2} s: {:.0} a second", f64::from(count) / seconds);
}

/// A venue with a script of faults.
fn with_faults(dir: &std::path::Path, script: &str) -> Venue {
    fs::write(dir.join("faults.toml"), script).unwrap();
    Venue::start(dir, &["--data", "BTC-USDT_1m.csv", "--speed", "600", "--faults", "faults.toml"])
}

#[test]
fn in_the_rhythm_of_the_market_every_replay_says_the_same() {
    let dir = folder();
    fs::write(dir.path().join("venue.toml"), "rhythm = \"market\"\n").unwrap();
    let replay = |speed: &str| {
        let args = ["--data", "ETH-USDT_trades.csv", "--config", "venue.toml", "--start", "subscribed", "--speed", speed];
        let venue = Venue::start(dir.path(), &args);
        let mut public = venue.socket("public");
        let args = ["trades", "tickers", "books", "bbo-tbt"].map(|channel| json!({"channel": channel, "instId": "ETH-USDT"}));
        public.say(&json!({"op": "subscribe", "args": args}));
        let mut said = Vec::new();
        while said.len() < 1_500 {
            let push = public.hear();
            if push["data"].is_array() {
                said.push(push);
            }
        }
        said
    };
    let (fast, slow) = (replay("max"), replay("100"));
    for (place, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
        assert_eq!(fast, slow, "push {place}");
    }
}

#[test]
fn who_asks_too_often_is_told_so() {
    let dir = folder();
    let venue = Venue::start(dir.path(), &["--data", "BTC-USDT_1m.csv"]);
    let answers: Vec<(u16, Value)> = (0..12).map(|_| venue.get("/api/v5/public/time")).collect();
    assert!(answers.iter().filter(|(status, _)| *status == 200).count() >= 10);
    assert!(answers.iter().any(|(status, body)| *status == 429 && body["code"] == "50011"), "{answers:?}");
    assert_eq!(venue.get("/api/v5/market/ticker?instId=BTC-USDT").0, 200, "another budget");
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_the_others_are_not() {
    let dir = folder();
    fs::write(dir.path().join("venue.toml"), "rhythm = \"each\"\n[limits]\noutbox_messages = 64\n").unwrap();
    let args = ["--data", "ETH-USDT_trades.csv", "--config", "venue.toml", "--speed", "1000000", "--start", "subscribed"];
    let venue = Venue::start(dir.path(), &args);
    let mut lazy = venue.socket("public");
    let args = ["trades", "tickers", "books"].map(|channel| json!({"channel": channel, "instId": "ETH-USDT"}));
    lazy.say(&json!({"op": "subscribe", "args": args}));
    let started = Instant::now();
    while venue.rows("/api/v5/market/trades?instId=ETH-USDT&limit=1")[0]["tradeId"].as_str().unwrap().parse::<u64>().unwrap()
        < 60_000
    {
        assert!(started.elapsed().as_secs() < 60, "the data do not wait for it");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let mut read = 0;
    let end = loop {
        match lazy.frame() {
            Frame::Text(_) => read += 1,
            end => break end,
        }
    };
    assert!(matches!(end, Frame::Closed(4005) | Frame::Cut), "{end:?} after {read}");
    assert!(read < 150_000, "{read} pushes arrived");
    let mut other = venue.socket("public");
    assert_eq!(other.subscribe(&json!({"channel": "tickers", "instId": "ETH-USDT"}))["event"], "subscribe");
}

#[test]
fn in_maintenance_everything_ends_and_comes_back() {
    let dir = folder();
    let venue = with_faults(dir.path(), "[[fault]]\nkind = \"maintenance\"\nfrom_ms = 1500\nto_ms = 3000");
    let mut public = venue.socket("public");
    public.subscribe(&json!({"channel": "books", "instId": "BTC-USDT"}));
    let before = public.push("books")["data"][0]["seqId"].as_i64().unwrap();
    assert_eq!(public.until(|message| message["event"] == "notice")["code"], "64008");
    let end = loop {
        match public.frame() {
            Frame::Text(_) => {}
            end => break end,
        }
    };
    assert_eq!(end, Frame::Closed(1001));
    let (status, body) = venue.get("/api/v5/market/tickers?instType=SPOT");
    assert_eq!((status, &body["code"]), (503, &json!("50001")));
    assert_eq!(venue.rows("/api/v5/system/status")[0]["state"], "ongoing");
    assert_eq!(venue.socket("public").frame(), Frame::Cut);
    let started = Instant::now();
    while venue.get("/api/v5/market/tickers?instType=SPOT").0 == 503 {
        assert!(started.elapsed().as_secs() < 10, "it does not come back");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let mut public = venue.socket("public");
    assert_eq!(public.subscribe(&json!({"channel": "books", "instId": "BTC-USDT"}))["event"], "subscribe");
    let after = public.push("books")["data"][0]["seqId"].as_i64().unwrap();
    assert!(after < before, "its numbers begin anew: {after} after {before}");
}

#[test]
fn a_clock_that_is_off_and_an_answer_that_comes_late_are_faults_too() {
    let dir = folder();
    let venue = with_faults(
        dir.path(),
        "[[fault]]\nkind = \"skew\"\nms = 45000\nto_ms = 4000\n[[fault]]\nkind = \"late_ack\"\nms = 200\npath = \"order\"",
    );
    assert_eq!(venue.signed("GET", "/api/v5/account/balance", &Value::Null).1["code"], "50102");
    let time: i64 = venue.rows("/api/v5/public/time")[0]["ts"].as_str().unwrap().parse().unwrap();
    assert!((40_000..50_000).contains(&(time - wire::now_ms())));
    let code = venue.rows("/api/v5/public/instruments?instType=SPOT")[0]["instIdCode"].clone();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let mut private = venue.logged_in("private");
    private.subscribe(&json!({"channel": "orders", "instType": "SPOT"}));
    let order = json!({"instIdCode": code, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "20000"});
    private.say(&json!({"id": "7", "op": "order", "args": [order]}));
    let seen: Vec<Value> =
        std::iter::from_fn(|| Some(private.hear())).filter(|m| m["op"].is_string() || m["data"].is_array()).take(2).collect();
    assert_eq!((&seen[0]["data"][0]["state"], &seen[1]["id"]), (&json!("live"), &json!("7")), "{seen:?}");
}
