//! The language of the transcripts.
//!
//! A line is a time in seconds and a market event; the lines after it that begin with `>` are what the engine
//! asks for when it learns of that event. Orders are numbered from 1 in the order in which they are sent.
//!
//! ```text
//! 1 trade 100.0 0.5 sell          price, size, taker
//! 2 quote 99.9x1 100.1x2          bid, ask
//! 3 book 99.9x1 99.8x4 | 100.1x2  bids | asks
//! 4 delta 99.9x0 |
//! 60 bar 100 101 99 100.5 12      open, high, low, close, volume of the minute before
//! 61 gap
//! > buy 1 market
//! > sell 1 limit 101 [ioc|fok|post] [oco 1]
//! > sell 1 stop 99 · stop 99 98.5 · profit 105 · profit 105 104.5 · trail 2 · trail 1%
//! > amend 1 [quantity 2] [price 100] [trigger 99]
//! > cancel 1
//! ```

use std::fmt::Write as _;

use engine::event::{Decision, Event, Input, Mode, Record, Session};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, BookLevels, FeedGap, Level, Quote, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, Price, Rate};
use engine::order::{Amendment, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, StrategyId, TimeInForce, TrailBy};
use engine::time::{Interval, SECOND_NS, Timestamp};

use crate::exchange::{Balance, Exchange, ExchangeConfig};
use crate::gateway::{Gateway, GatewayError};

/// Ticks of 0.1, lots of 0.01, maker 0.1 %, taker 0.2 %.
pub(in crate::exchange) fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale: 1,
        size_scale: 2,
        tick_size: parse("0.1"),
        lot_size: parse("0.01"),
        min_size: parse("0.05"),
        maker_fee: parse("0.001"),
        taker_fee: parse("0.002"),
    }
}

/// The session, the instrument, 10,000 USDT and 10 BTC, at time zero.
pub(super) fn opening() -> Vec<(Timestamp, Input)> {
    let session = Session {
        parent: None,
        build: "test".to_owned(),
        config: engine::event::Hash::default(),
        seed: 1,
        mode: Mode::Backtest,
        currency: "USDT".parse().unwrap(),
        strategies: vec!["script".to_owned()],
        checkpoint_every: 1_000,
    };
    let deposit = |currency: &str, amount| Input::Deposited { currency: currency.parse().unwrap(), amount: parse(amount) };
    [
        Input::SessionStarted(Box::new(session)),
        Input::InstrumentListed(Box::new(instrument())),
        deposit("USDT", "10000"),
        deposit("BTC", "10"),
    ]
    .map(|input| (Timestamp(0), input))
    .into()
}

/// Plays a script and tells what the engine saw of its orders, and the balances at the end.
pub(super) fn play(config: &ExchangeConfig, script: &str) -> String {
    let (mut out, mut last) = (String::new(), Vec::new());
    run(config, script, |record, balances| {
        if let Event::Input(input) = &record.event
            && let Some(text) = report(input)
        {
            writeln!(out, "{} {text}", seconds(record.at)).unwrap();
        }
        last = balances.to_vec();
    });
    for balance in last.iter().rev() {
        write!(out, "{} {}", balance.currency, balance.total.0.normalize()).unwrap();
        if !balance.held.is_zero() {
            write!(out, " ({} held)", balance.held.0.normalize()).unwrap();
        }
        out.push_str(if balance.currency.as_str() == "BTC" { "\n" } else { ", " });
    }
    out
}

/// Plays a script and shows each line of the log, with the balances that the exchange has by then. The `seq`
/// of a decision is its order's number; that of an input is zero.
pub(super) fn run(config: &ExchangeConfig, script: &str, mut watch: impl FnMut(&Record, &[Balance])) {
    let mut history = opening();
    let first = history.len();
    let mut asked: Vec<Vec<&str>> = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(request) = line.strip_prefix('>') {
            asked.last_mut().expect("a request follows a market event").push(request.trim());
        } else {
            history.push(market_event(line));
            asked.push(Vec::new());
        }
    }
    history.push((history.last().unwrap().0, Input::SessionEnded { skipped_rows: 0 }));

    let mut exchange = Exchange::new(history.into_iter().map(Ok::<_, GatewayError>), config);
    let (mut seq, mut seen) = (1, 0_usize);
    while let Some((at, input)) = exchange.next(None).unwrap() {
        let is_report = report(&input).is_some();
        watch(&Record { seq: 0, at, cause: 0, event: Event::Input(input) }, exchange.balances());
        if is_report {
            continue;
        }
        for request in seen.checked_sub(first).and_then(|place| asked.get(place)).into_iter().flatten() {
            let record = record(seq, at, decision(request));
            seq += u64::from(matches!(record.event, Event::Decision(Decision::OrderRequested(_))));
            exchange.execute(std::slice::from_ref(&record)).unwrap();
            watch(&record, exchange.balances());
        }
        seen += 1;
    }
    assert_eq!(seen, first + asked.len() + 1, "the engine saw everything, the session's end included");
}

pub(super) fn record(seq: u64, at: Timestamp, decision: Decision) -> Record {
    Record { seq, at, cause: seq, event: Event::Decision(decision) }
}

/// The text of a report; `None` for what is none.
pub(super) fn report(input: &Input) -> Option<String> {
    Some(match input {
        Input::OrderAccepted(order) => format!("accepted {order}"),
        Input::OrderRejected { order, reason } => format!("rejected {order} {reason:?}"),
        Input::OrderTriggered(order) => format!("triggered {order}"),
        Input::OrderFilled(fill) => {
            let Fill { order, price, quantity, fee, liquidity, .. } = fill.as_ref();
            let liquidity = if *liquidity == Liquidity::Maker { "maker" } else { "taker" };
            let fee = fee.0.normalize();
            format!("filled {order} {} @ {} {liquidity} fee {fee}", quantity.0.normalize(), price.0.normalize())
        }
        Input::OrderCanceled { order, reason } => format!("canceled {order} {reason:?}"),
        Input::OrderAmended(amendment) => {
            let Amendment { order, quantity, price, trigger } = amendment.as_ref();
            let mut text = format!("amended {order}");
            for (name, value) in
                [("quantity", quantity.map(|q| q.0)), ("price", price.map(|p| p.0)), ("trigger", trigger.map(|p| p.0))]
            {
                if let Some(value) = value {
                    write!(text, " {name} {}", value.normalize()).unwrap();
                }
            }
            text
        }
        Input::AmendRejected { order, reason } => format!("amend rejected {order} {reason:?}"),
        Input::CancelRejected { order, reason } => format!("cancel rejected {order} {reason:?}"),
        _ => return None,
    })
}

pub(super) fn seconds(at: Timestamp) -> Decimal {
    Decimal::new(at.0, 9).normalize()
}

fn parse<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("cannot read {text:?}"))
}

fn mantissa(text: &str, scale: u32) -> i64 {
    let mut value: Decimal = parse(text);
    value.rescale(scale);
    i64::try_from(value.mantissa()).unwrap()
}

fn side(text: &str) -> Side {
    match text {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => panic!("no side: {text:?}"),
    }
}

fn levels(text: &str) -> Box<[Level]> {
    let level = |level: &str| {
        let (price, size) = level.split_once('x').expect("PRICExSIZE");
        Level { price: FixedPrice(mantissa(price, 1)), size: FixedSize(mantissa(size, 2)) }
    };
    text.split_whitespace().map(level).collect()
}

/// Reads a market event.
pub(super) fn market_event(line: &str) -> (Timestamp, Input) {
    let (time, rest) = line.split_once(' ').unwrap();
    let (kind, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let at = Timestamp(mantissa(time, 9));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let instrument = InstrumentId(0);
    let (price, size) = (|text| FixedPrice(mantissa(text, 1)), |text| FixedSize(mantissa(text, 2)));
    let book = || {
        let (bids, asks) = rest.split_once('|').expect("BIDS | ASKS");
        Box::new(BookLevels { instrument, venue_at: at, bids: levels(bids), asks: levels(asks) })
    };
    let input = match kind {
        "trade" => Input::Trade(Trade {
            instrument,
            venue_at: at,
            price: price(words[0]),
            size: size(words[1]),
            taker: side(words[2]),
            trade_id: None,
        }),
        "quote" => {
            let both = levels(rest);
            let [Level { price: bid_price, size: bid_size }, Level { price: ask_price, size: ask_size }] = both[..] else {
                panic!("a bid and an ask")
            };
            Input::Quote(Quote { instrument, venue_at: at, bid_price, bid_size, ask_price, ask_size })
        }
        "bar" | "hour" => {
            let interval = Interval(if kind == "bar" { 60 } else { 3_600 });
            Input::Bar(Bar {
                instrument,
                interval,
                opened_at: Timestamp(at.0 - interval.ns()),
                open: price(words[0]),
                high: price(words[1]),
                low: price(words[2]),
                close: price(words[3]),
                volume: size(words[4]),
            })
        }
        "book" => Input::BookSnapshot(book()),
        "delta" => Input::BookDelta(book()),
        "gap" => Input::FeedGap(Box::new(FeedGap { instrument, from: Timestamp(at.0 - SECOND_NS), to: at })),
        _ => panic!("no such event: {line:?}"),
    };
    (at, input)
}

/// Reads what the engine asks for.
pub(super) fn decision(text: &str) -> Decision {
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |name: &str| words.iter().position(|&word| word == name).map(|place| words[place + 1]);
    let price = |place: usize| words.get(place).and_then(|word| word.parse::<Price>().ok());
    match words[0] {
        "cancel" => return Decision::CancelRequested(OrderId(parse(words[1]))),
        "amend" => {
            return Decision::AmendRequested(Box::new(Amendment {
                order: OrderId(parse(words[1])),
                quantity: after("quantity").map(parse),
                price: after("price").map(parse),
                trigger: after("trigger").map(parse),
            }));
        }
        _ => {}
    }
    let time_in_force = match words.get(4) {
        Some(&"ioc") => TimeInForce::ImmediateOrCancel,
        Some(&"fok") => TimeInForce::FillOrKill,
        Some(&"post") => TimeInForce::PostOnly,
        _ => TimeInForce::GoodTilCanceled,
    };
    let kind = match (words[2], price(3), price(4)) {
        ("market", ..) => OrderKind::Market,
        ("limit", Some(price), _) => OrderKind::Limit { price, time_in_force },
        ("stop", Some(trigger), None) => OrderKind::StopMarket { trigger },
        ("stop", Some(trigger), Some(price)) => OrderKind::StopLimit { trigger, price },
        ("profit", Some(trigger), None) => OrderKind::TakeProfitMarket { trigger },
        ("profit", Some(trigger), Some(price)) => OrderKind::TakeProfitLimit { trigger, price },
        ("trail", Some(distance), _) => OrderKind::TrailingStop { by: TrailBy::Price(distance) },
        ("trail", None, _) => {
            let percent: Decimal = parse(words[3].trim_end_matches('%'));
            OrderKind::TrailingStop { by: TrailBy::Rate(Rate(percent / Decimal::ONE_HUNDRED)) }
        }
        _ => panic!("no such order: {text:?}"),
    };
    Decision::OrderRequested(Box::new(OrderRequest {
        owner: Owner::Strategy(StrategyId(0)),
        instrument: InstrumentId(after("of").map_or(0, parse)),
        side: side(words[0]),
        quantity: parse(words[1]),
        kind,
        bracket: None,
        oco: after("oco").map(|id| OrderId(parse(id))),
        protects: None,
    }))
}
