//! An order through the API fills as the same order in a backtest: at the same time, price and cost.
//!
//! But a limit order that a trigger placed stands behind those of the account that came before that, for its id is new;
//! in a backtest it stands where it waited. So triggers here place market orders.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{BookLevels, Level, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, Price, Quantity};
use engine::order::{OrderId, OrderKind, OrderRequest, Owner, TimeInForce, TrailBy};
use engine::time::{SECOND_NS, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::stage::{ACCOUNT, CODE, instrument, setup, text};
use crate::exchange::{BarFill, ExchangeConfig, FeeCurrency, Venue};
use crate::server::core::{AccountSetup, Core, Method};
use crate::server::listed::Listed;

#[derive(Clone, Debug)]
enum Step {
    Trade { ticks: i64, lots: i64, buys: bool },
    Book { ticks: i64, lots: Vec<(i64, i64)> },
    Order { kind: usize, buys: bool, ticks: i64, lots: i64 },
}

/// Around 100.0 in ticks of 0.1.
const MIDDLE: i64 = 1_000;
const CURRENCIES: [&str; 2] = ["BTC", "USDT"];

fn step() -> impl Strategy<Value = Step> {
    let ticks = || MIDDLE - 8..MIDDLE + 8;
    prop_oneof![
        4 => (ticks(), 1..3_000_i64, any::<bool>()).prop_map(|(ticks, lots, buys)| Step::Trade { ticks, lots, buys }),
        3 => (ticks(), prop::collection::vec((1..2_000_i64, 1..2_000_i64), 1..4))
            .prop_map(|(ticks, lots)| Step::Book { ticks, lots }),
        3 => (0..9_usize, any::<bool>(), 1..6_i64, 10..1_500_i64)
            .prop_map(|(kind, buys, ticks, lots)| Step::Order { kind, buys, ticks, lots }),
    ]
}

/// What filled: which order, when, at which price, how much, for which fee.
type Filled = (String, i64, Price, Quantity, Decimal);

/// The venue of backtests, and the API before another one like it.
struct Pair {
    venue: Venue,
    core: Core,
    now: Timestamp,
    last: Option<i64>,
    orders: u64,
    expected: Vec<Filled>,
    seen: Vec<Filled>,
}

impl Pair {
    fn new() -> Self {
        // So rich that funds never decide.
        let balances: Vec<_> =
            CURRENCIES.iter().map(|currency| (currency.parse().unwrap(), "1000000".parse().unwrap())).collect();
        let config = ExchangeConfig { fill: BarFill::Last, ..ExchangeConfig::default() };
        let account = AccountSetup { fees_in: FeeCurrency::Quote, balances: balances.clone(), ..setup() };
        let mut venue = Venue::new(config.clone(), FeeCurrency::Quote);
        venue.observe(Timestamp(0), &Input::InstrumentListed(Box::new(instrument())));
        for (currency, amount) in balances {
            venue.observe(Timestamp(0), &Input::Deposited { currency, amount });
        }
        let core = Core::new(vec![Listed::new(instrument(), CODE)], vec![account], &config);
        Self { venue, core, now: Timestamp(0), last: None, orders: 0, expected: Vec::new(), seen: Vec::new() }
    }

    fn play(&mut self, step: &Step) {
        self.now = self.now.plus_ns(SECOND_NS);
        let instrument = InstrumentId(0);
        match step {
            &Step::Trade { ticks, lots, buys } => {
                let taker = if buys { Side::Buy } else { Side::Sell };
                let (price, size) = (FixedPrice(ticks), FixedSize(lots));
                self.last = Some(ticks);
                self.observe(&Input::Trade(Trade { instrument, venue_at: self.now, price, size, taker, trade_id: None }));
            }
            Step::Book { ticks, lots } => {
                let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
                let bids = lots.iter().zip(1..).map(|((size, _), depth)| level(ticks - depth, *size)).collect();
                let asks = lots.iter().zip(1..).map(|((_, size), depth)| level(ticks + depth, *size)).collect();
                self.observe(&Input::BookSnapshot(Box::new(BookLevels { instrument, venue_at: self.now, bids, asks })));
            }
            &Step::Order { kind, buys, ticks, lots } => self.order(kind, buys, ticks, lots),
        }
        for report in self.venue.reports().drain(..) {
            if let Input::OrderFilled(fill) = report {
                let at_ms = fill.venue_at.0 / 1_000_000;
                self.expected.push((format!("o{}", fill.order.0), at_ms, fill.price, fill.quantity, fill.fee.0));
            }
        }
        for push in self.core.drain().filter(|push| push.channel == "orders") {
            for row in push.data.iter().filter(|row| !text(row, "tradeId").is_empty()) {
                let name = if text(row, "clOrdId").is_empty() { text(row, "algoClOrdId") } else { text(row, "clOrdId") };
                let number = |name| text(row, name).parse::<Decimal>().unwrap();
                let at_ms = text(row, "fillTime").parse().unwrap();
                let (price, quantity) = (Price(number("fillPx")), Quantity(number("fillSz")));
                self.seen.push((name.to_owned(), at_ms, price, quantity, -number("fillFee")));
            }
        }
    }

    fn observe(&mut self, input: &Input) {
        self.venue.observe(self.now, input);
        self.core.observe(self.now, input);
    }

    /// The same order for both; what waits for a price does so some ticks away from the last one.
    fn order(&mut self, kind: usize, buys: bool, ticks: i64, lots: i64) {
        let Some(last) = self.last else { return };
        let away = if buys { ticks } else { -ticks };
        let price = |ticks: i64| Price(Decimal::new(ticks, 1));
        let limit = |ticks: i64, time_in_force| OrderKind::Limit { price: price(ticks), time_in_force };
        let (kind, path, name, more) = match kind {
            0 => (OrderKind::Market, "order", "market", json!({"tgtCcy": "base_ccy"})),
            1 => (limit(last - away, TimeInForce::GoodTilCanceled), "order", "limit", json!({})),
            2 => (limit(last + away, TimeInForce::GoodTilCanceled), "order", "limit", json!({})),
            3 => (limit(last - away, TimeInForce::PostOnly), "order", "post_only", json!({})),
            4 => (limit(last + away, TimeInForce::ImmediateOrCancel), "order", "ioc", json!({})),
            5 => (limit(last + away, TimeInForce::FillOrKill), "order", "fok", json!({})),
            6 => {
                let stop = json!({"slTriggerPx": price(last + away), "slOrdPx": "-1", "tgtCcy": "base_ccy"});
                (OrderKind::StopMarket { trigger: price(last + away) }, "order-algo", "conditional", stop)
            }
            7 => {
                let target = json!({"tpTriggerPx": price(last - away), "tpOrdPx": "-1", "tgtCcy": "base_ccy"});
                (OrderKind::TakeProfitMarket { trigger: price(last - away) }, "order-algo", "conditional", target)
            }
            _ => {
                let trail = json!({"callbackSpread": price(ticks)});
                (OrderKind::TrailingStop { by: TrailBy::Price(price(ticks)) }, "order-algo", "move_order_stop", trail)
            }
        };
        self.orders += 1;
        let quantity = Quantity(Decimal::new(lots, 3));
        let request = OrderRequest {
            owner: Owner::Operator,
            instrument: InstrumentId(0),
            side: if buys { Side::Buy } else { Side::Sell },
            quantity,
            kind,
            bracket: None,
            oco: None,
            protects: None,
        };
        self.venue.submit(self.now, OrderId(self.orders), &request);
        let is_refused = self.venue.reports().iter().any(|report| matches!(report, Input::OrderRejected { .. }));
        if is_refused && request.kind.is_conditional() {
            // It may wait at the real venue for as long as it likes; here it needs a price to begin with.
            return;
        }
        let mut args = more;
        let id = if path == "order" { "clOrdId" } else { "algoClOrdId" };
        let side = if buys { "buy" } else { "sell" };
        let usual = [("instId", "BTC-USDT"), ("tdMode", "cash"), ("side", side), ("ordType", name)];
        for (name, value) in usual {
            args[name] = value.into();
        }
        args[id] = format!("o{}", self.orders).into();
        args["sz"] = quantity.to_string().into();
        if let Some(limit) = request.kind.limit_price().filter(|_| path == "order") {
            args["px"] = Value::from(limit.to_string());
        }
        let reply = self.core.call(self.now, ACCOUNT, Method::Post, &format!("trade/{path}"), &args);
        assert_eq!(reply.code == "0", !is_refused, "{args} {reply:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn orders_fill_as_in_a_backtest(steps in prop::collection::vec(step(), 1..80)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.play(step);
        }
        prop_assert_eq!(pair.seen, pair.expected);
    }
}
