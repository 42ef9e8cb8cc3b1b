//! Whatever is asked on whatever market: orders and money against a naive ledger made of the reports alone.

use std::collections::BTreeMap;

use engine::event::{Decision, Event, Input, Record};
use engine::market::Side;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest};
use proptest::prelude::*;

use super::script::{instrument, report, run};
use crate::exchange::{Balance, BarFill, ExchangeConfig, QueueModel};

/// An order as its reports tell it.
#[derive(Debug)]
struct Told {
    request: OrderRequest,
    accepted: bool,
    live: bool,
    ended: bool,
    filled: Quantity,
    linked: Option<OrderId>,
}

impl Told {
    fn remaining(&self) -> Quantity {
        self.request.quantity - self.filled
    }

    fn need(&self) -> Decimal {
        let highest_cost = Decimal::ONE + instrument().taker_fee.0;
        match (self.request.side, self.request.kind.limit_price()) {
            _ if !self.live || self.ended => Decimal::ZERO,
            (Side::Sell, _) => self.remaining().0,
            (Side::Buy, Some(limit)) => limit.0 * self.remaining().0 * highest_cost,
            (Side::Buy, None) => Decimal::ZERO,
        }
    }
}

#[derive(Debug, Default)]
struct Ledger {
    orders: BTreeMap<OrderId, Told>,
    fills: u64,
    usdt: Decimal,
    btc: Decimal,
    /// What the next report has to say: the order linked with the one that just filled lost this quantity.
    owed: Option<(OrderId, Quantity)>,
}

impl Ledger {
    fn see(&mut self, record: &Record) {
        match &record.event {
            Event::Decision(Decision::OrderRequested(request)) => {
                let told = Told {
                    request: (**request).clone(),
                    accepted: false,
                    live: !request.kind.is_conditional(),
                    ended: false,
                    filled: Quantity::ZERO,
                    linked: None,
                };
                self.orders.insert(OrderId(record.seq), told);
            }
            Event::Input(input) => self.report(record, input),
            Event::Decision(_) => {}
        }
    }

    fn report(&mut self, record: &Record, input: &Input) {
        if report(input).is_none() {
            return;
        }
        if let Some((other, quantity)) = self.owed.take() {
            let left = self.orders[&other].remaining() - quantity;
            match input {
                Input::OrderAmended(amendment) => {
                    let total = left + self.orders[&other].filled;
                    assert_eq!((amendment.order, amendment.quantity), (other, Some(total)));
                    assert!(left.is_positive());
                }
                Input::OrderCanceled { order, reason: CancelReason::Linked } => assert!(*order == other && !left.is_positive()),
                _ => panic!("{other} shares its quantity and must lose {quantity}, not {input:?}"),
            }
        }
        match input {
            Input::OrderAccepted(id) => {
                let linked = self.orders[id].request.oco;
                let order = self.open(*id);
                assert!(!std::mem::replace(&mut order.accepted, true), "{id} was accepted twice");
                order.linked = linked;
                if let Some(other) = linked {
                    self.open(other).linked = Some(*id);
                }
            }
            Input::OrderRejected { order, .. } => {
                let told = self.open(*order);
                assert!(!told.accepted, "{order} was accepted and then rejected");
                told.ended = true;
            }
            Input::OrderTriggered(id) => {
                let order = self.open(*id);
                assert!(order.accepted && !std::mem::replace(&mut order.live, true), "{id} triggered twice");
            }
            Input::OrderFilled(fill) => self.fill(record, fill),
            Input::OrderCanceled { order, .. } => self.end(*order),
            Input::OrderAmended(amendment) => {
                let order = self.open(amendment.order);
                order.request.quantity = amendment.quantity.unwrap_or(order.request.quantity);
                assert!(order.remaining().is_positive());
                if let Some(new) = amendment.price {
                    match &mut order.request.kind {
                        OrderKind::Limit { price, .. }
                        | OrderKind::StopLimit { price, .. }
                        | OrderKind::TakeProfitLimit { price, .. } => *price = new,
                        kind => panic!("{kind:?} has no price to amend"),
                    }
                }
            }
            _ => {}
        }
    }

    fn fill(&mut self, record: &Record, fill: &Fill) {
        self.fills += 1;
        let rules = instrument();
        let order = self.open(fill.order);
        assert!(order.accepted && order.live && fill.quantity.is_positive());
        order.filled += fill.quantity;
        assert!(order.filled <= order.request.quantity, "{} filled more than it wanted", fill.order);
        if let Some(limit) = order.request.kind.limit_price() {
            let kept = if order.request.side == Side::Buy { fill.price <= limit } else { fill.price >= limit };
            assert!(kept, "{} filled at {} beyond its limit {limit}", fill.order, fill.price);
        }
        let (side, done) = (order.request.side, order.remaining().is_zero());
        let rate = if fill.liquidity == Liquidity::Maker { rules.maker_fee } else { rules.taker_fee };
        let notional = fill.price.0 * fill.quantity.0;
        assert_eq!((fill.fee.0, fill.fill_id, fill.fee_currency), (notional * rate.0, self.fills, rules.quote));
        assert!(fill.price.is_multiple_of(rules.tick_size) && fill.quantity.floor_to(rules.lot_size) == fill.quantity);
        assert!(fill.venue_at <= record.at);
        let sign = if side == Side::Buy { Decimal::ONE } else { -Decimal::ONE };
        self.usdt -= sign * notional + fill.fee.0;
        self.btc += sign * fill.quantity.0;
        self.owed = self.orders[&fill.order].linked.map(|other| (other, fill.quantity));
        if done {
            self.end(fill.order);
        }
    }

    fn end(&mut self, id: OrderId) {
        let order = self.open(id);
        order.ended = true;
        if let Some(other) = order.linked.take()
            && let Some(other) = self.orders.get_mut(&other)
        {
            other.linked = None;
        }
    }

    fn open(&mut self, id: OrderId) -> &mut Told {
        let order = self.orders.get_mut(&id).expect("a report on an order that nobody sent");
        assert!(!order.ended, "{id} had ended");
        order
    }

    /// What open orders need: of a linked pair, what the needier one does.
    fn held(&self, side: Side) -> Decimal {
        let of_side = self.orders.iter().filter(|(_, order)| order.request.side == side && order.accepted);
        of_side
            .map(|(id, order)| match order.linked.map(|other| (other, self.orders[&other].need())) {
                None => order.need(),
                Some((other, need)) if *id < other => order.need().max(need),
                Some(_) => Decimal::ZERO,
            })
            .sum()
    }
}

fn sane(balances: &[Balance]) {
    for balance in balances {
        assert!(!balance.held.is_negative() && balance.held <= balance.total, "{balance:?}");
    }
}

/// The kind of market event that a bar is, and how many seconds it lasts.
const BARS: usize = 5;
const BAR: usize = 60;

/// One market event, as a script has it, `step` seconds into the market.
fn market(kind: usize, step: usize, price: i64, spread: i64, size: i64, buy: bool) -> String {
    let (price_text, size_text) = (|ticks: i64| Price(Decimal::new(ticks, 1)), |lots: i64| Decimal::new(lots, 2));
    let (bid, ask) = (price_text(price), price_text(price + spread));
    let taker = if buy { "buy" } else { "sell" };
    match kind {
        0 => format!("{step} trade {bid} {} {taker}", size_text(size)),
        1 => format!("{step} quote {bid}x{} {ask}x{}", size_text(size), size_text(size + 7)),
        2 => {
            let deeper = |away: i64| (price_text(price - away), price_text(price + spread + away));
            let ((bid_2, ask_2), (bid_3, ask_3)) = (deeper(2), deeper(9));
            let size = size_text(size);
            format!("{step} book {bid}x{size} {bid_2}x1 {bid_3}x{size} | {ask}x{size} {ask_2}x1 {ask_3}x{size}")
        }
        3 => format!("{step} delta {bid}x{} | {ask}x{}", size_text(size % 3 * 40), size_text(size % 2 * 40)),
        4 => format!("{step} book |"),
        _ => {
            let (high, low, close) = (price_text(price + 2 * spread), price_text(price - spread), price_text(price + spread / 2));
            format!("{step} bar {bid} {high} {low} {close} {}", size_text(size))
        }
    }
}

fn price() -> impl Strategy<Value = String> {
    (950..1_050_i64).prop_map(|ticks| Decimal::new(ticks, 1).to_string())
}

fn request() -> impl Strategy<Value = String> {
    let new = (any::<bool>(), 1..60_i64, 0..11_usize, price(), price(), 1..40_i64, prop::option::weighted(0.4, 1..20_u64));
    let new = new.prop_map(|(buy, lots, kind, first, second, ticks, link)| {
        let kind = match kind {
            0 => "market".to_owned(),
            1 => format!("limit {first}"),
            2 => format!("limit {first} ioc"),
            3 => format!("limit {first} fok"),
            4 => format!("limit {first} post"),
            5 => format!("stop {first}"),
            6 => format!("stop {first} {second}"),
            7 => format!("profit {first}"),
            8 => format!("profit {first} {second}"),
            9 => format!("trail {}", Decimal::new(ticks, 1)),
            _ => format!("trail {ticks}%"),
        };
        let link = link.map_or(String::new(), |id| format!(" oco {id}"));
        format!("{} {} {kind}{link}", if buy { "buy" } else { "sell" }, Decimal::new(lots * 8, 2))
    });
    let amend = (1..20_u64, prop::option::of(1..60_i64), prop::option::of(price()))
        .prop_filter("it has to ask for something", |(_, lots, price)| lots.is_some() || price.is_some())
        .prop_map(|(id, lots, price)| {
            let quantity = lots.map_or(String::new(), |lots| format!(" quantity {}", Decimal::new(lots * 8, 2)));
            format!("amend {id}{quantity}{}", price.map_or(String::new(), |price| format!(" price {price}")))
        });
    prop_oneof![6 => new, 1 => amend, 1 => (1..20_u64).prop_map(|id| format!("cancel {id}"))]
}

fn config() -> impl Strategy<Value = ExchangeConfig> {
    let fill = prop_oneof![Just(BarFill::Next), Just(BarFill::Last)];
    let queue = prop_oneof![Just(QueueModel::Back), Just(QueueModel::Front), Just(QueueModel::Through)];
    let latency = || prop_oneof![3 => Just(0_u32), 1 => 1..3_000_000_u32];
    (
        fill,
        queue,
        [latency(), latency(), latency(), latency()],
        prop_oneof![Just(0_u32), 1..100_u32],
        prop_oneof![Just(0_u32), 1..5_000_u32],
    )
        .prop_map(|(fill, queue, [feed, entry, response, jitter], slippage_bps, participation_bps)| ExchangeConfig {
            fill,
            queue,
            feed_latency_us: feed,
            entry_latency_us: entry,
            response_latency_us: response,
            latency_jitter_us: jitter,
            slippage_bps,
            participation_bps,
        })
}

/// Markets of one kind of data, or of several at once; after each event now and then a few requests.
fn script() -> impl Strategy<Value = String> {
    let kinds = prop_oneof![
        Just(vec![0_usize]),
        Just(vec![0, 1]),
        Just(vec![1]),
        Just(vec![2, 3, 3]),
        Just(vec![0, 2, 3, 3]),
        Just(vec![2, 3, 3, 4]),
        Just(vec![BARS]),
        Just(vec![0, 1, 2, 3, 4, BARS, BARS, BARS])
    ];
    let event = (0..12_usize, 960..1_040_i64, 1..6_i64, 1..300_i64, any::<bool>());
    let line = (event, prop::collection::vec(request(), 0..3));
    (kinds, prop::collection::vec(line, 1..60)).prop_map(|(kinds, lines)| {
        let mut script = String::new();
        for (step, ((kind, price, spread, size, buy), requests)) in lines.into_iter().enumerate() {
            let second = (step + 1) * if kinds.contains(&BARS) { BAR } else { 1 };
            script += &market(kinds[kind % kinds.len()], second, price, spread, size, buy);
            script.push('\n');
            for request in requests {
                script.extend(["> ", &request, "\n"]);
            }
        }
        script
    })
}

proptest! {
    #[test]
    fn orders_and_money_agree_with_a_naive_ledger(config in config(), script in script()) {
        let mut ledger = Ledger::default();
        let mut last = Vec::new();
        run(&config, &script, |record, balances| {
            ledger.see(record);
            sane(balances);
            last = balances.to_vec();
        });
        let total = |code: &str| last.iter().find(|balance| balance.currency.as_str() == code).unwrap();
        prop_assert_eq!(total("USDT").total.0, Decimal::from(10_000) + ledger.usdt);
        prop_assert_eq!(total("BTC").total.0, Decimal::from(10) + ledger.btc);
        prop_assert_eq!((total("USDT").held.0, total("BTC").held.0), (ledger.held(Side::Buy), ledger.held(Side::Sell)));
        for (id, order) in &ledger.orders {
            prop_assert!(order.accepted || order.ended, "{} was never answered", id);
        }
    }

    #[test]
    fn nothing_fills_at_a_price_that_its_bar_does_not_contain(
        config in config(),
        lines in prop::collection::vec(((960..1_040_i64, 1..6_i64, 1..300_i64), prop::collection::vec(request(), 0..3)), 1..60),
    ) {
        let config = ExchangeConfig { feed_latency_us: 0, response_latency_us: 0, latency_jitter_us: 0, ..config };
        let mut script = String::new();
        for (step, ((price, spread, size), requests)) in lines.into_iter().enumerate() {
            script += &market(BARS, (step + 1) * BAR, price, spread, size, true);
            script.push('\n');
            for request in requests {
                script.extend(["> ", &request, "\n"]);
            }
        }
        let (mut bar, rules) = (None, instrument());
        run(&config, &script, |record, _| match &record.event {
            Event::Input(Input::Bar(new)) => bar = Some(*new),
            Event::Input(Input::OrderFilled(fill)) => {
                let bar = bar.expect("a fill before any bar");
                let range = rules.price(bar.low)..=rules.price(bar.high);
                assert!(range.contains(&fill.price), "{fill:?} outside {bar:?}");
            }
            _ => {}
        });
    }
}
