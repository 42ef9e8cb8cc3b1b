//! A venue with one account on one instrument, and what happens there in short lines.
//!
//! Ids count from 1. A reply is a line with `=`, a push one with its channel:
//!
//! ```text
//! = 0 #1                                          code, then each result
//! orders #1 limit buy live 0/0.5 at 99            state, filled of size, limit
//! orders #1 limit buy filled 0.5/0.5 at 99 | 0.5 x 99 M fee -0.0004 BTC
//! account BTC 10 USDT 9950 (49.5 frozen)
//! orders-algo #2 oco sell live 0.5 tp 110/-1 sl 90/-1
//! ```

use std::fmt::Write as _;

use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, BookLevels, Level, Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::time::{Interval, SECOND_NS, Timestamp};
use serde_json::{Value, json};

use crate::exchange::{ExchangeConfig, FeeCurrency};
use crate::server::core::{AccountId, AccountSetup, Core, Method, Push};
use crate::server::listed::Listed;
use crate::server::reply::Reply;

/// Ids of orders begin just above.
const BEFORE_FIRST: u64 = 1_000_000_000_000_000;
pub(super) const ACCOUNT: AccountId = AccountId(0);
pub(super) const CODE: i64 = 7;

pub(super) struct Stage {
    pub(super) core: Core,
    pub(super) now: Timestamp,
    pub(super) wall_ms: i64,
    pub(super) told: String,
}

/// Ticks of 0.1, lots of 0.001, at least 0.01, maker 0.08 %, taker 0.1 %.
pub(super) fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale: 1,
        size_scale: 3,
        tick_size: "0.1".parse().unwrap(),
        lot_size: "0.001".parse().unwrap(),
        min_size: "0.01".parse().unwrap(),
        maker_fee: "0.0008".parse().unwrap(),
        taker_fee: "0.001".parse().unwrap(),
    }
}

pub(super) fn setup() -> AccountSetup {
    AccountSetup {
        uid: "1".to_owned(),
        label: "test".to_owned(),
        balances: vec![("BTC".parse().unwrap(), "10".parse().unwrap()), ("USDT".parse().unwrap(), "10000".parse().unwrap())],
        fees_in: FeeCurrency::Received,
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        let core = Core::new(vec![Listed::new(instrument(), CODE)], vec![setup()], &ExchangeConfig::default());
        Self { core, now: Timestamp(0), wall_ms: 0, told: String::new() }
    }

    /// With a book of 1 BTC at each of 99.8, 99.9 and 100.1, 100.2, after a trade at 100.
    pub(super) fn with_book() -> Self {
        let mut stage = Self::new();
        stage.trade("100");
        stage.book(&["99.9", "99.8"], &["100.1", "100.2"]);
        stage.told.clear();
        stage
    }

    pub(super) fn observe(&mut self, input: &Input) {
        self.now = self.now.plus_ns(SECOND_NS);
        self.core.observe(self.now, input);
        self.tell();
    }

    pub(super) fn trade(&mut self, at: &str) {
        self.sized_trade(at, "0.001", Side::Buy);
    }

    pub(super) fn sized_trade(&mut self, at: &str, size: &str, taker: Side) {
        let trade =
            Trade { instrument: InstrumentId(0), venue_at: self.now, price: price(at), size: lots(size), taker, trade_id: None };
        self.observe(&Input::Trade(trade));
    }

    pub(super) fn bar(&mut self, [open, high, low, close]: [&str; 4]) {
        self.now = self.now.plus_ns(59 * SECOND_NS);
        self.observe(&Input::Bar(Bar {
            instrument: InstrumentId(0),
            interval: Interval(60),
            opened_at: Timestamp(self.now.0 - 59 * SECOND_NS),
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: lots("5"),
        }));
    }

    /// A whole book of 1 BTC a level.
    pub(super) fn book(&mut self, bids: &[&str], asks: &[&str]) {
        let level = |at: &&str| Level { price: price(at), size: lots("1") };
        let levels = |prices: &[&str]| prices.iter().map(level).collect();
        let book = BookLevels { instrument: InstrumentId(0), venue_at: self.now, bids: levels(bids), asks: levels(asks) };
        self.observe(&Input::BookSnapshot(Box::new(book)));
    }

    pub(super) fn post(&mut self, path: &str, args: &Value) -> Reply {
        let reply = self.core.call(self.now, ACCOUNT, Method::Post, path, args);
        self.told.push_str(&reply_line(&reply));
        self.tell();
        reply
    }

    pub(super) fn get(&mut self, path: &str, args: &Value) -> Reply {
        self.core.call(self.now, ACCOUNT, Method::Get, path, args)
    }

    /// Places a spot order, with these fields beside the usual ones; its id.
    pub(super) fn order(&mut self, side: &str, kind: &str, size: &str, more: &Value) -> String {
        let mut args = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": kind, "sz": size});
        extend(&mut args, more);
        let reply = self.post("trade/order", &args);
        reply.data.first().map_or_else(String::new, |row| text(row, "ordId").to_owned())
    }

    /// Places an algo order; its id.
    pub(super) fn algo(&mut self, side: &str, kind: &str, size: &str, more: &Value) -> String {
        let mut args = json!({"instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": kind, "sz": size});
        extend(&mut args, more);
        let reply = self.post("trade/order-algo", &args);
        reply.data.first().map_or_else(String::new, |row| text(row, "algoId").to_owned())
    }

    /// Lets real time pass.
    pub(super) fn wait(&mut self, seconds: i64) {
        self.wall_ms += seconds * 1_000;
        self.core.tick(self.now, self.wall_ms);
        self.tell();
    }

    pub(super) fn note(&mut self, text: &str) {
        writeln!(self.told, "{text}").unwrap();
    }

    fn tell(&mut self) {
        for push in self.core.drain() {
            self.told.push_str(&push_lines(&push));
        }
    }
}

pub(super) fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {row}"))
}

/// An id as it counts from the first.
pub(super) fn short(id: &str) -> String {
    id.parse::<u64>().map_or_else(|_| "#?".to_owned(), |id| format!("#{}", id - BEFORE_FIRST))
}

fn extend(args: &mut Value, more: &Value) {
    for (name, value) in more.as_object().expect("an object") {
        args[name] = value.clone();
    }
}

fn price(text: &str) -> FixedPrice {
    instrument().fixed_price(text.parse().unwrap()).unwrap()
}

fn lots(text: &str) -> FixedSize {
    instrument().fixed_size(text.parse().unwrap()).unwrap()
}

fn reply_line(reply: &Reply) -> String {
    let mut line = format!("= {}", reply.code);
    if reply.status != 200 {
        write!(line, " (HTTP {})", reply.status).unwrap();
    }
    if reply.data.is_empty() {
        write!(line, " {}", reply.msg).unwrap();
    }
    for row in &reply.data {
        let Some(code) = row["sCode"].as_str() else { continue };
        let id = row["ordId"].as_str().or(row["algoId"].as_str()).unwrap_or_default();
        match code {
            "0" => write!(line, " {}", short(id)).unwrap(),
            _ => write!(line, " [{code} {}]", text(row, "sMsg")).unwrap(),
        }
    }
    line + "\n"
}

fn push_lines(push: &Push) -> String {
    let mut lines = String::new();
    for row in &push.data {
        match push.channel {
            "orders" => lines.push_str(&order_line(row)),
            "orders-algo" | "algo-advance" => lines.push_str(&algo_line(push.channel, row)),
            "account" => {
                lines.push_str("account");
                for detail in row["details"].as_array().unwrap() {
                    write!(lines, " {} {}", text(detail, "ccy"), text(detail, "cashBal")).unwrap();
                    if text(detail, "frozenBal") != "0" {
                        write!(lines, " ({} frozen)", text(detail, "frozenBal")).unwrap();
                    }
                }
                lines.push('\n');
            }
            // They say again what other channels say; tests of their own look at them.
            "fills" | "balance_and_position" => {}
            channel => panic!("a push on {channel}"),
        }
    }
    lines
}

fn order_line(row: &Value) -> String {
    let field = |name| text(row, name);
    let mut line = format!(
        "orders {} {} {} {} {}/{}",
        short(field("ordId")),
        field("ordType"),
        field("side"),
        field("state"),
        field("accFillSz"),
        field("sz")
    );
    for (before, name) in [(" at ", "px"), (" in ", "tgtCcy"), (" source ", "source"), (" cancelSource ", "cancelSource")] {
        if !field(name).is_empty() {
            write!(line, "{before}{}", field(name)).unwrap();
        }
    }
    if !field("tradeId").is_empty() {
        let (size, price, kind) = (field("fillSz"), field("fillPx"), field("execType"));
        write!(line, " | {size} x {price} {kind} fee {} {}", field("fillFee"), field("fillFeeCcy")).unwrap();
    }
    if !field("amendResult").is_empty() {
        write!(line, " | amend {} {} code {}", field("amendResult"), field("reqId"), field("code")).unwrap();
    }
    line + "\n"
}

fn algo_line(channel: &str, row: &Value) -> String {
    let field = |name| text(row, name);
    let mut line =
        format!("{channel} {} {} {} {} {}", short(field("algoId")), field("ordType"), field("side"), field("state"), field("sz"));
    for (name, trigger, order) in
        [("tp", "tpTriggerPx", "tpOrdPx"), ("sl", "slTriggerPx", "slOrdPx"), ("at", "triggerPx", "ordPx")]
    {
        if !field(trigger).is_empty() {
            write!(line, " {name} {}/{}", field(trigger), field(order)).unwrap();
        }
    }
    for (before, name) in
        [(" stop ", "moveTriggerPx"), (" failed ", "failCode"), (" as ", "actualSide"), (" amend ", "amendResult")]
    {
        if !field(name).is_empty() {
            write!(line, "{before}{}", field(name)).unwrap();
        }
    }
    if !field("ordId").is_empty() {
        write!(line, " order {} {} x {}", short(field("ordId")), field("actualSz"), field("actualPx")).unwrap();
    }
    line + "\n"
}
