//! Whatever is asked on whatever market: orders and money against a naive ledger made of the pushes alone.

use std::collections::{BTreeMap, BTreeSet};

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{Bar, BookLevels, Level, Quote, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize};
use engine::time::{Interval, SECOND_NS, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, CODE, instrument, setup, text};
use crate::exchange::{ExchangeConfig, FeeCurrency};
use crate::server::core::{AccountSetup, Core, Method, Push};
use crate::server::listed::Listed;

#[derive(Clone, Debug)]
enum Step {
    Trade { ticks: i64, lots: i64, buys: bool },
    Book { ticks: i64, lots: Vec<(i64, i64)> },
    Quote { ticks: i64, lots: i64 },
    Bar { ticks: [i64; 4] },
    Place { kind: &'static str, buys: bool, ticks: i64, size: i64, unit: &'static str, ban_amend: bool, attached: bool },
    Amend { which: usize, ticks: Option<i64>, size: Option<i64>, cancels: bool },
    Cancel { which: usize },
    Algo { kind: usize, buys: bool, ticks: i64, size: i64 },
    CancelAlgo { which: usize },
    Wait { seconds: i64 },
}

/// Around 100.0 in ticks of 0.1.
const MIDDLE: i64 = 1_000;

fn ticks() -> impl Strategy<Value = i64> {
    MIDDLE - 12..MIDDLE + 12
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = prop::sample::select(vec!["market", "limit", "post_only", "fok", "ioc"]);
    let units = prop::sample::select(vec!["", "base_ccy", "quote_ccy"]);
    prop_oneof![
        4 => (ticks(), 1..3_000_i64, any::<bool>()).prop_map(|(ticks, lots, buys)| Step::Trade { ticks, lots, buys }),
        3 => (ticks(), prop::collection::vec((0..3_000_i64, 0..3_000_i64), 0..4))
            .prop_map(|(ticks, lots)| Step::Book { ticks, lots }),
        1 => (ticks(), 1..2_000_i64).prop_map(|(ticks, lots)| Step::Quote { ticks, lots }),
        1 => prop::array::uniform4(ticks()).prop_map(|ticks| Step::Bar { ticks }),
        6 => (kinds, any::<bool>(), ticks(), 0..9_000_i64, units, any::<bool>(), any::<bool>())
            .prop_map(|(kind, buys, ticks, size, unit, ban_amend, attached)| {
                Step::Place { kind, buys, ticks, size, unit, ban_amend, attached }
            }),
        2 => (any::<usize>(), prop::option::of(ticks()), prop::option::of(1..9_000_i64), any::<bool>())
            .prop_map(|(which, ticks, size, cancels)| Step::Amend { which, ticks, size, cancels }),
        1 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        2 => (0..5_usize, any::<bool>(), ticks(), 1..6_000_i64)
            .prop_map(|(kind, buys, ticks, size)| Step::Algo { kind, buys, ticks, size }),
        1 => any::<usize>().prop_map(|which| Step::CancelAlgo { which }),
        1 => (1..40_i64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What the pushes say.
#[derive(Debug, Default)]
struct Ledger {
    cash: BTreeMap<String, Decimal>,
    trades: BTreeSet<String>,
    orders: BTreeMap<String, Told>,
    algos: BTreeMap<String, String>,
    /// What `account` told last.
    balances: BTreeMap<String, (Decimal, Decimal)>,
}

#[derive(Debug, Default)]
struct Told {
    state: String,
    filled: Decimal,
    notional: Decimal,
    fee: Decimal,
}

fn number(row: &Value, name: &str) -> Decimal {
    text(row, name).parse().unwrap_or_else(|error| panic!("{name} of {row}: {error}"))
}

impl Ledger {
    fn see(&mut self, push: &Push) {
        for row in &push.data {
            match push.channel {
                "orders" => self.see_order(row),
                "orders-algo" | "algo-advance" => {
                    let before = self.algos.insert(text(row, "algoId").to_owned(), text(row, "state").to_owned());
                    assert!(before.is_none_or(|state| state == "live"), "an ended algo order was told again: {row}");
                }
                "account" => {
                    for detail in row["details"].as_array().unwrap() {
                        let told = (number(detail, "cashBal"), number(detail, "frozenBal"));
                        assert_eq!(number(detail, "availBal"), told.0 - told.1);
                        self.balances.insert(text(detail, "ccy").to_owned(), told);
                    }
                }
                _ => {}
            }
        }
    }

    fn see_order(&mut self, row: &Value) {
        let order = self.orders.entry(text(row, "ordId").to_owned()).or_default();
        assert!(!matches!(order.state.as_str(), "filled" | "canceled"), "an ended order was told again: {row}");
        text(row, "state").clone_into(&mut order.state);
        if !text(row, "tradeId").is_empty() {
            assert!(self.trades.insert(text(row, "tradeId").to_owned()), "a trade was told twice: {row}");
            let (size, price, fee) = (number(row, "fillSz"), number(row, "fillPx"), number(row, "fillFee"));
            assert!(size > Decimal::ZERO);
            order.filled += size;
            order.notional += size * price;
            order.fee += fee;
            let sign = if text(row, "side") == "buy" { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
            *self.cash.entry("BTC".to_owned()).or_default() += sign * size;
            *self.cash.entry("USDT".to_owned()).or_default() -= sign * size * price;
            *self.cash.entry(text(row, "fillFeeCcy").to_owned()).or_default() += fee;
        }
        assert_eq!(number(row, "accFillSz"), order.filled);
        let limit = text(row, "px");
        if let (Ok(limit), false) = (limit.parse::<Decimal>(), text(row, "fillPx").is_empty()) {
            let price = number(row, "fillPx");
            assert!(if text(row, "side") == "buy" { price <= limit } else { price >= limit }, "{row}");
        }
        let sized_in_base = text(row, "tgtCcy") != "quote_ccy";
        if text(row, "state") == "filled" && sized_in_base {
            assert_eq!(number(row, "sz"), order.filled, "{row}");
        }
        if !sized_in_base && text(row, "side") == "buy" {
            assert!(order.notional <= number(row, "sz"), "more was spent than asked for: {row}");
        }
    }
}

struct World {
    core: Core,
    ledger: Ledger,
    now: Timestamp,
    wall_ms: i64,
    placed: Vec<String>,
    algos: Vec<String>,
}

impl World {
    fn new(fees_in: FeeCurrency) -> Self {
        let account = AccountSetup { fees_in, ..setup() };
        let core = Core::new(vec![Listed::new(instrument(), CODE)], vec![account], &ExchangeConfig::default());
        let mut ledger = Ledger::default();
        ledger.cash.insert("BTC".to_owned(), Decimal::TEN);
        ledger.cash.insert("USDT".to_owned(), Decimal::from(10_000));
        Self { core, ledger, now: Timestamp(0), wall_ms: 0, placed: Vec::new(), algos: Vec::new() }
    }

    fn observe(&mut self, input: &Input) {
        self.core.observe(self.now, input);
    }

    fn post(&mut self, path: &str, args: &Value) -> Value {
        let reply = self.core.call(self.now, ACCOUNT, Method::Post, path, args);
        reply.data.first().cloned().unwrap_or(Value::Null)
    }

    fn play(&mut self, step: &Step) {
        self.now = self.now.plus_ns(SECOND_NS);
        let instrument = InstrumentId(0);
        match step {
            &Step::Trade { ticks, lots, buys } => {
                let taker = if buys { Side::Buy } else { Side::Sell };
                let (price, size) = (FixedPrice(ticks), FixedSize(lots));
                self.observe(&Input::Trade(Trade { instrument, venue_at: self.now, price, size, taker, trade_id: None }));
            }
            Step::Book { ticks, lots } => {
                let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
                let bids = lots.iter().zip(1..).map(|((size, _), depth)| level(ticks - depth, *size)).collect();
                let asks = lots.iter().zip(1..).map(|((_, size), depth)| level(ticks + depth, *size)).collect();
                self.observe(&Input::BookSnapshot(Box::new(BookLevels { instrument, venue_at: self.now, bids, asks })));
            }
            &Step::Quote { ticks, lots } => {
                let (bid_price, ask_price, size) = (FixedPrice(ticks - 1), FixedPrice(ticks + 1), FixedSize(lots));
                let quote = Quote { instrument, venue_at: self.now, bid_price, bid_size: size, ask_price, ask_size: size };
                self.observe(&Input::Quote(quote));
            }
            &Step::Bar { ticks } => {
                self.now = self.now.plus_ns(60 * SECOND_NS);
                let (high, low) = (ticks.into_iter().max().unwrap(), ticks.into_iter().min().unwrap());
                self.observe(&Input::Bar(Bar {
                    instrument,
                    interval: Interval(60),
                    opened_at: Timestamp(self.now.0 - 60 * SECOND_NS),
                    open: FixedPrice(ticks[0]),
                    high: FixedPrice(high),
                    low: FixedPrice(low),
                    close: FixedPrice(ticks[1]),
                    volume: FixedSize(5_000),
                }));
            }
            asked => self.ask(asked),
        }
        let pushes: Vec<Push> = self.core.drain().collect();
        for push in &pushes {
            self.ledger.see(push);
        }
        self.check();
    }

    fn ask(&mut self, step: &Step) {
        let of = |ids: &[String], which: usize| ids.get(which % ids.len().max(1)).cloned().unwrap_or_default();
        match step {
            Step::Place { kind, buys, ticks, size, unit, ban_amend, attached } => {
                let size = if *kind == "market" && *unit != "base_ccy" { Decimal::new(*size, 1) } else { Decimal::new(*size, 3) };
                let mut args = json!({
                    "instId": "BTC-USDT", "tdMode": "cash", "side": if *buys { "buy" } else { "sell" }, "ordType": kind,
                    "sz": size.to_string(), "px": Decimal::new(*ticks, 1).to_string(), "tgtCcy": unit, "banAmend": ban_amend,
                });
                if *attached {
                    let (target, stop) = if *buys { (1_013, 987) } else { (987, 1_013) };
                    let price = |ticks: i64| Decimal::new(ticks, 1).to_string();
                    args["attachAlgoOrds"] =
                        json!([{"tpTriggerPx": price(target), "tpOrdPx": "-1", "slTriggerPx": price(stop), "slOrdPx": "-1"}]);
                }
                let row = self.post("trade/order", &args);
                if row["sCode"] == "0" {
                    self.placed.push(text(&row, "ordId").to_owned());
                }
            }
            Step::Amend { which, ticks, size, cancels } => {
                let price = ticks.map(|ticks| Decimal::new(ticks, 1).to_string());
                let size = size.map(|size| Decimal::new(size, 3).to_string());
                let args = json!({
                    "instId": "BTC-USDT", "ordId": of(&self.placed, *which), "newPx": price, "newSz": size, "cxlOnFail": cancels,
                });
                self.post("trade/amend-order", &args);
            }
            Step::Cancel { which } => {
                self.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "ordId": of(&self.placed, *which)}));
            }
            Step::Algo { kind, buys, ticks, size } => {
                let price = Decimal::new(*ticks, 1).to_string();
                let (kind, plan) = [
                    ("conditional", json!({"slTriggerPx": price, "slOrdPx": "-1"})),
                    ("conditional", json!({"tpTriggerPx": price, "tpOrdPx": price})),
                    ("oco", json!({"tpTriggerPx": price, "tpOrdPx": "-1", "slTriggerPx": price, "slOrdPx": price})),
                    ("trigger", json!({"triggerPx": price, "orderPx": "-1"})),
                    ("move_order_stop", json!({"callbackSpread": "0.5"})),
                ][*kind]
                    .clone();
                let mut args = plan;
                args["ordType"] = kind.into();
                args["instId"] = "BTC-USDT".into();
                args["tdMode"] = "cash".into();
                args["side"] = if *buys { "buy" } else { "sell" }.into();
                args["sz"] = Decimal::new(*size, 3).to_string().into();
                let row = self.post("trade/order-algo", &args);
                if row["sCode"] == "0" {
                    self.algos.push(text(&row, "algoId").to_owned());
                }
            }
            Step::CancelAlgo { which } => {
                self.post("trade/cancel-algos", &json!([{"instId": "BTC-USDT", "algoId": of(&self.algos, *which)}]));
            }
            Step::Wait { seconds } => {
                self.post("trade/cancel-all-after", &json!({"timeOut": "20"}));
                self.wall_ms += seconds * 1_000;
                self.core.tick(self.now, self.wall_ms);
            }
            Step::Trade { .. } | Step::Book { .. } | Step::Quote { .. } | Step::Bar { .. } => {}
        }
    }

    fn rows(&mut self, path: &str, args: &Value) -> Vec<Value> {
        self.core.call(self.now, ACCOUNT, Method::Get, path, args).data
    }

    /// What REST says now is what the pushes made.
    fn check(&mut self) {
        let mut frozen: BTreeMap<&str, Decimal> = BTreeMap::new();
        let pending = self.rows("trade/orders-pending", &json!({}));
        for order in pending.iter().filter(|order| text(order, "ordType") != "market") {
            let left = number(order, "sz") - number(order, "accFillSz");
            match text(order, "side") {
                "buy" => *frozen.entry("USDT").or_default() += left * number(order, "px"),
                _ => *frozen.entry("BTC").or_default() += left,
            }
            assert_eq!(text(order, "state"), self.ledger.orders[text(order, "ordId")].state);
        }
        let open = self.ledger.orders.values().filter(|order| matches!(order.state.as_str(), "live" | "partially_filled"));
        assert_eq!(open.count(), pending.len());
        let balance = self.rows("account/balance", &json!({})).remove(0);
        for detail in balance["details"].as_array().unwrap() {
            let currency = text(detail, "ccy");
            assert_eq!(number(detail, "cashBal"), self.ledger.cash[currency], "{currency}");
            assert!(number(detail, "availBal") >= Decimal::ZERO);
            assert_eq!(number(detail, "eq"), number(detail, "availBal") + number(detail, "frozenBal"));
            let held = frozen.get(currency).copied().unwrap_or_default();
            assert!(number(detail, "frozenBal") >= held, "{currency} {held} {detail}");
            if currency == "BTC" {
                assert_eq!(number(detail, "frozenBal"), held);
            }
            if let Some(told) = self.ledger.balances.get(currency) {
                assert_eq!(*told, (number(detail, "cashBal"), number(detail, "frozenBal")), "{currency} as it was pushed");
            }
        }
    }

    /// At the end everything is canceled, and every order has one end.
    fn close(&mut self) {
        while let Some(order) = self.rows("trade/orders-pending", &json!({})).first() {
            let id = text(order, "ordId").to_owned();
            let row = self.post("trade/cancel-order", &json!({"instId": "BTC-USDT", "ordId": id}));
            assert_eq!(row["sCode"], "0");
            let pushes: Vec<Push> = self.core.drain().collect();
            for push in &pushes {
                self.ledger.see(push);
            }
        }
        self.check();
        for balance in self.rows("account/balance", &json!({})).remove(0)["details"].as_array().unwrap() {
            assert_eq!(text(balance, "frozenBal"), "0");
        }
        let acknowledged: BTreeSet<&String> = self.placed.iter().collect();
        for (id, told) in &self.ledger.orders {
            let args = json!({"instId": "BTC-USDT", "ordId": id});
            let row = self.core.call(self.now, ACCOUNT, Method::Get, "trade/order", &args).data.remove(0);
            assert_eq!(text(&row, "state"), told.state);
            assert_eq!((number(&row, "accFillSz"), number(&row, "fee")), (told.filled, told.fee));
            if told.filled > Decimal::ZERO {
                assert!((number(&row, "avgPx") * told.filled - told.notional).abs() < Decimal::new(1, 12));
            }
            assert_eq!(acknowledged.contains(id), text(&row, "source").is_empty(), "a client's order or an algo order's");
        }
        for (id, state) in &self.ledger.algos {
            let row = self.core.call(self.now, ACCOUNT, Method::Get, "trade/order-algo", &json!({"algoId": id})).data.remove(0);
            assert_eq!(text(&row, "state"), state);
            assert_eq!(self.ledger.orders.contains_key(text(&row, "ordId")), state == "effective", "{row}");
        }
        let fills = self.core.call(self.now, ACCOUNT, Method::Get, "trade/fills", &json!({})).data;
        assert_eq!(fills.len(), self.ledger.trades.len().min(100));
        let of = |row: &Value| text(row, "tradeId").to_owned();
        assert!(fills.iter().all(|row| self.ledger.trades.contains(&of(row))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn orders_and_money_are_what_the_pushes_say(
        steps in prop::collection::vec(step(), 1..60),
        received in any::<bool>(),
    ) {
        let mut world = World::new(if received { FeeCurrency::Received } else { FeeCurrency::Quote });
        for step in &steps {
            world.play(step);
        }
        world.close();
    }
}
