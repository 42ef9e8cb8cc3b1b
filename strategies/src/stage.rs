//! A stage for transcripts: one strategy, prices in, everything that follows out. The venue fills market orders
//! whole, at the price that it last said.

use std::fmt::Write as _;

use engine::engine::{Engine, Entrant};
use engine::event::{Decision, Event, Hash, Input, Mode, Record, Session};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, Quote, Side, Trade};
use engine::number::{Amount, FixedPrice, FixedSize};
use engine::order::{Fill, Liquidity, OrderId};
use engine::text::Names;
use engine::time::{Interval, SECOND_NS, Timestamp};
use serde_json::{Map, Value};

/// Prices of each instrument's market data have two decimals.
const SYMBOLS: [&str; 2] = ["BTC-USDT", "ETH-USDT"];

pub(crate) fn trade(instrument: u32, price: i64) -> Input {
    let (instrument, price, size) = (InstrumentId(instrument), FixedPrice(price), FixedSize(1));
    Input::Trade(Trade { instrument, venue_at: Timestamp(0), price, size, taker: Side::Buy, trade_id: None })
}

pub(crate) fn quote(instrument: u32, bid: i64, ask: i64) -> Input {
    let (instrument, bid_price, ask_price, size) = (InstrumentId(instrument), FixedPrice(bid), FixedPrice(ask), FixedSize(1));
    Input::Quote(Quote { instrument, venue_at: Timestamp(0), bid_price, bid_size: size, ask_price, ask_size: size })
}

pub(crate) fn bar(instrument: u32, close: i64) -> Input {
    let (instrument, price, volume) = (InstrumentId(instrument), FixedPrice(close), FixedSize(1));
    let (open, high, low, close, opened_at) = (FixedPrice(1), price, FixedPrice(1), price, Timestamp(0));
    Input::Bar(Bar { instrument, interval: Interval(60), opened_at, open, high, low, close, volume })
}

/// What a strategy of this name makes of the inputs, one a second.
pub(crate) fn transcript(name: &str, params: Value, inputs: Vec<Input>) -> String {
    let params: Map<String, Value> = serde_json::from_value(params).unwrap();
    let strategy = crate::build(name, params).unwrap();
    let mut engine = Engine::new(vec![Entrant { strategy, symbols: None, size: "1".parse().unwrap() }]);
    let (mut names, mut out) = (Names::default(), String::new());
    let opening = opening(name);
    let said_from = opening.len() as u64;
    for (input, second) in opening.into_iter().chain(inputs).zip(1..) {
        let at = Timestamp(second * SECOND_NS);
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut ordered = None;
            for record in engine.step(at, input) {
                names.learn(record);
                if record.seq >= said_from {
                    writeln!(out, "{}", names.line(record).to_string().replacen("1970-01-01T00:", "", 1)).unwrap();
                }
                if let Record { seq, event: Event::Decision(Decision::OrderRequested(_)), .. } = record {
                    ordered = Some(OrderId(*seq));
                }
            }
            next = ordered.and_then(|order| fill(&engine, order));
        }
    }
    out
}

fn fill(engine: &Engine, order: OrderId) -> Option<Input> {
    let request = &engine.state().orders.get(order)?.request;
    let price = engine.state().markets.get(request.instrument)?.last_price()?;
    Some(Input::OrderFilled(Box::new(Fill {
        order,
        fill_id: order.0,
        venue_at: Timestamp(0),
        price,
        quantity: request.quantity,
        fee: Amount::ZERO,
        fee_currency: "USDT".parse().ok()?,
        liquidity: Liquidity::Taker,
    })))
}

fn opening(name: &str) -> Vec<Input> {
    let session = Input::SessionStarted(Box::new(Session {
        parent: None,
        build: "tickfold test".into(),
        config: Hash::default(),
        seed: 0,
        mode: Mode::Backtest,
        currency: "USDT".parse().unwrap(),
        strategies: vec![name.into()],
        checkpoint_every: u64::MAX,
    }));
    let listed = SYMBOLS.iter().zip(0..).map(|(symbol, id)| {
        let (base, quote) = symbol.split_once('-').unwrap();
        Input::InstrumentListed(Box::new(Instrument {
            id: InstrumentId(id),
            symbol: (*symbol).into(),
            base: base.parse().unwrap(),
            quote: quote.parse().unwrap(),
            price_scale: 2,
            size_scale: 0,
            tick_size: "0.01".parse().unwrap(),
            lot_size: "1".parse().unwrap(),
            min_size: "1".parse().unwrap(),
            maker_fee: "0".parse().unwrap(),
            taker_fee: "0".parse().unwrap(),
        }))
    });
    std::iter::once(session).chain(listed).collect()
}
