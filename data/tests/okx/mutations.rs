//! Whatever comes: messages with fields taken away, added and exchanged are read or refused, and nothing panics.

use std::env;

use data::okx::book::RawBook;
use data::okx::convert;
use data::okx::message::*;
use engine::instrument::InstrumentId;
use engine::order::OrderId;
use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::payloads::{files, folder, pair, values};

const ROUNDS: usize = 6_000;
const ORDER: OrderId = OrderId(5);

/// One of each kind, and the recorded ones where they are.
fn seeds() -> Vec<Value> {
    let push =
        |channel: &str, item: Value| json!({"arg": {"channel": channel, "instId": "A-B"}, "action": "update", "data": [item]});
    let mut seeds = vec![
        push("trades", json!({"instId": "A-B", "tradeId": "1", "px": "1.5", "sz": "2", "side": "buy", "ts": "1700000000000"})),
        push("tickers", json!({"instId": "A-B", "bidPx": "1", "bidSz": "2", "askPx": "3", "askSz": "4", "ts": "1700000000000"})),
        push(
            "books",
            json!({"asks": [["2", "1", "0", "1"]], "bids": [["1", "1", "0", "1"]], "ts": "1", "seqId": 5, "prevSeqId": 4}),
        ),
        push("candle1m", json!(["1700000000000", "1", "2", "1", "2", "10", "15", "15", "1"])),
        push("funding-rate", json!({"instId": "A-B", "fundingRate": "0.0001", "fundingTime": "1700000000000"})),
        push("account", json!({"totalEq": "1", "details": [{"ccy": "BTC", "cashBal": "1", "availBal": "0.5"}]})),
        push(
            "orders",
            json!({"instId": "A-B", "ordId": "1", "clOrdId": "tfsession0011z", "state": "partially_filled", "side": "buy",
                "ordType": "limit", "px": "1", "sz": "2", "accFillSz": "1", "fillPx": "1", "fillSz": "1", "fillFee": "-0.1",
                "fillFeeCcy": "B", "tradeId": "3", "fillTime": "1", "execType": "T", "amendResult": "0", "reduceOnly": "false"}),
        ),
        push(
            "orders-algo",
            json!({"algoId": "1", "ordType": "oco", "slTriggerPx": "1", "sz": "1", "side": "sell", "state": "live"}),
        ),
        json!({"event": "error", "code": "60012", "msg": "x", "connId": "c", "arg": {"channel": "books"}}),
        json!({"id": "1", "op": "order", "code": "1", "msg": "", "data": [{"ordId": "1", "sCode": "51008", "sMsg": "no"}]}),
        json!({"id": "1", "op": "order", "args": [{"instIdCode": 1, "sz": "1", "side": "buy", "attachAlgoOrds": [{"slOrdPx": "-1"}]}]}),
        json!({"op": "login", "args": [{"apiKey": "k", "passphrase": "p", "timestamp": 1, "sign": "s"}]}),
        json!({"code": "0", "msg": "", "data": [{"instType": "SPOT", "instId": "A-B", "baseCcy": "A", "quoteCcy": "B",
            "tickSz": "0.1", "lotSz": "1", "minSz": "1", "instIdCode": null}], "inTime": "1"}),
    ];
    if let Some(folder) = folder() {
        let recorded = files(&folder).into_iter().flat_map(|path| values(&path).into_iter().take(3)).map(|mut value| {
            ["response", "frame"].iter().find_map(|field| value.get_mut(*field).map(Value::take)).unwrap_or(value)
        });
        seeds.extend(recorded.filter(|value| value.to_string().len() < 3_000));
    }
    seeds
}

#[test]
fn nothing_that_comes_panics() {
    let seed = env::var("TICKFOLD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("TICKFOLD_SEED={seed}");
    let (mut random, seeds) = (Rng::with_seed(seed), seeds());
    let mut read = 0;
    for _ in 0..ROUNDS {
        let mut value = seeds[random.usize(..seeds.len())].clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut value, &mut random);
        }
        let mut text = value.to_string();
        if random.u8(..10) == 0 {
            let cut = random.usize(..=text.len());
            text.truncate((0..=cut).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0));
        }
        read += usize::from(take(&text));
    }
    assert!(read > ROUNDS / 4, "only {read} of {ROUNDS} were read at all: the mutations are too wild to show anything");
}

/// Reads the text as everything that it might be. Whether as a frame it was one.
fn take(text: &str) -> bool {
    let instrument = pair("A-B");
    drop(ClientFrame::parse(text));
    if let Ok(reply) = Reply::<InstrumentInfo>::parse(text) {
        reply.data.iter().for_each(|info| drop(convert::instrument(info, InstrumentId(0), convert::Fees::default())));
    }
    if let Ok(reply) = Reply::<OrderInfo>::parse(text) {
        reply.data.iter().for_each(|order| drop(convert::stray(order, &instrument)));
    }
    if let Ok(reply) = Reply::<AlgoInfo>::parse(text) {
        reply.data.iter().for_each(|algo| drop(convert::stray_algo(algo, &instrument)));
    }
    if let Ok(reply) = Reply::<FillInfo>::parse(text) {
        reply.data.iter().for_each(|fill| drop(convert::fill(fill, ORDER, &instrument)));
    }
    if let Ok(reply) = Reply::<OrderReply>::parse(text) {
        for item in &reply.data {
            convert::reject_reason(item.s_code.as_str(), item.s_msg.as_str());
        }
    }
    drop(Reply::<TradeFee>::parse(text).map(|reply| reply.data.iter().for_each(|fee| drop(convert::Fees::of(fee, "1")))));
    drop((Reply::<AccountConfig>::parse(text), Reply::<PositionInfo>::parse(text), Reply::<AlgoReply>::parse(text)));
    let Ok(frame) = Frame::parse(text) else { return false };
    if let Frame::Push(push) = frame {
        drop(convert::market_inputs(&push, |_| Some(&instrument)));
        match &push.data {
            PushData::Books(messages) => {
                let mut book = RawBook::default();
                for message in messages {
                    drop((book.apply(None, message), book.apply(push.action, message), convert::top(message, &instrument)));
                    book.checksum();
                }
            }
            PushData::Orders(orders) => {
                for order in orders {
                    drop((convert::fill_of_order(order, ORDER, &instrument), convert::ClientId::of(order)));
                }
            }
            PushData::Algos(algos) => algos.iter().for_each(|algo| _ = convert::algo_failure(algo)),
            PushData::Account(balances) => balances.iter().for_each(|balance| drop(convert::balances(balance))),
            _ => {}
        }
    }
    true
}

/// Changes one thing somewhere below.
fn mutate(value: &mut Value, random: &mut Rng) {
    let deeper = random.u8(..4) > 0;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let name = fields.keys().nth(random.usize(..fields.len())).unwrap().clone();
            match random.u8(..6) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert(format!("new{}", random.u8(..)), strange(random))),
                _ => mutate(&mut fields[&name], random),
            }
        }
        Value::Array(list) if deeper && !list.is_empty() => {
            let place = random.usize(..list.len());
            match random.u8(..6) {
                0 => drop(list.remove(place)),
                1 => list.insert(place, strange(random)),
                _ => mutate(&mut list[place], random),
            }
        }
        other => *other = strange(random),
    }
}

fn strange(random: &mut Rng) -> Value {
    let texts = [
        "",
        "0",
        "-1",
        "1",
        "0.1",
        "1e5",
        "1e-400",
        "1E400",
        "NaN",
        "inf",
        "99999999999999999999999999999999999999",
        "-0",
        "--",
        "79228162514264337593543950335",
        "0.0000000000000000000000000001",
        "9223372036854775807",
        "true",
        "live",
        "filled",
        "canceled",
        "move_order_stop",
        "market",
        "quote_ccy",
        "€",
        "\u{0}",
        " 1 ",
        "1_000",
        "0x10",
        "+5",
        ".5",
        "5.",
    ];
    match random.u8(..12) {
        0 => Value::Null,
        1 => Value::Bool(random.bool()),
        2 => json!(random.i64(..)),
        3 => json!(random.f64() * 1e300),
        4 => json!([]),
        5 => Value::Object(Map::new()),
        6 => json!([[["1"]], {"a": {}}]),
        7 => json!("x".repeat(random.usize(..100))),
        8 => json!(u64::MAX),
        _ => json!(texts[random.usize(..texts.len())]),
    }
}
