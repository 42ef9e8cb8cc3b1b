//! What an item of a reply is, by its fields; and that it reads as that and means something to the engine.

use data::okx::convert;
use data::okx::message::*;
use engine::instrument::{Instrument, InstrumentId};
use engine::order::OrderId;
use engine::time::Interval;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::payloads::pair;

const ORDER: OrderId = OrderId(5);
/// Decimals of prices and sizes: coins of millions and of millionths do not fit one listing.
const SCALES: [(u8, u8); 3] = [(12, 8), (12, 2), (6, 0)];

/// What was found in a payload.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Messages that were read as what they are.
    pub messages: usize,
    /// Events that came of them.
    pub events: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.events += other.events;
    }
}

fn read<T: DeserializeOwned>(item: &Value) -> Result<T, String> {
    serde_json::from_str(&item.to_string()).map_err(|error| format!("{error}: {item}"))
}

/// Converts with the first listing that the numbers fit.
fn listed<T>(
    symbol: &Text,
    convert: impl Fn(&Instrument) -> Result<T, convert::ConvertError>,
) -> Result<T, convert::ConvertError> {
    let listing =
        |(price_scale, size_scale)| Instrument { price_scale, size_scale, ..pair(symbol.some().unwrap_or("BASE-QUOTE")) };
    let tries = SCALES.map(|scales| convert(&listing(scales)));
    tries.into_iter().reduce(Result::or).expect("scales")
}

fn some(events: usize) -> Tally {
    Tally { messages: 1, events }
}

/// What a message on an order tells: that it rests or has ended, and its fill.
fn of_order(order: &OrderInfo) -> Result<usize, convert::ConvertError> {
    let fill = listed(&order.inst_id, |pair| convert::fill_of_order(order, ORDER, pair))?;
    let stands = [OrderState::Live, OrderState::Canceled, OrderState::MmpCanceled].contains(&order.state);
    Ok(usize::from(fill.is_some()) + usize::from(stands))
}

/// What a message on a waiting order tells: that it waits, has placed its order, or has ended.
fn of_algo(algo: &AlgoInfo) -> usize {
    let stands = [OrderState::Live, OrderState::Canceled, OrderState::Effective, OrderState::PartiallyEffective];
    usize::from(stands.contains(&algo.state) || convert::algo_failure(algo).is_some())
}

/// Reads an item of a REST reply. An error for one that no rule knows.
pub fn item(item: &Value) -> Result<Tally, String> {
    let has = |field: &str| item.get(field).is_some();
    let failed = |error: convert::ConvertError| format!("{error}: {item}");
    if item.is_array() {
        let candle: Candle = read(item)?;
        let bar = listed(&Text::default(), |pair| convert::bar(&candle, Interval(60), pair)).map_err(failed)?;
        return Ok(some(bar.iter().count()));
    }
    if has("asks") && has("bids") {
        let book: BookData = read(item)?;
        listed(&book.inst_id, |pair| convert::book(&book, pair)).map_err(failed)?;
        return Ok(some(1));
    }
    if has("tickSz") {
        let info: InstrumentInfo = read(item)?;
        if info.inst_type != InstType::Spot {
            return Ok(some(0));
        }
        convert::instrument(&info, InstrumentId(0), convert::Fees::default()).map_err(failed)?;
        return Ok(some(1));
    }
    if has("bidPx") && has("askPx") {
        let ticker: Ticker = read(item)?;
        return Ok(some(listed(&ticker.inst_id, |pair| convert::quote(&ticker, pair)).map_err(failed)?.iter().count()));
    }
    if has("sCode") {
        if has("ordId") {
            read::<OrderReply>(item)?;
        } else {
            read::<AlgoReply>(item)?;
        }
        return Ok(some(0));
    }
    if has("accFillSz") {
        let order: OrderInfo = read(item)?;
        return Ok(some(of_order(&order).map_err(failed)?));
    }
    if has("algoId") && has("ordType") {
        let algo: AlgoInfo = read(item)?;
        return Ok(some(of_algo(&algo)));
    }
    if has("fillPx") && has("fillSz") {
        let fill: FillInfo = read(item)?;
        listed(&fill.inst_id, |pair| convert::fill(&fill, ORDER, pair)).map_err(failed)?;
        return Ok(some(1));
    }
    if has("tradeId") && has("px") && has("sz") && has("side") {
        let trade: PublicTrade = read(item)?;
        listed(&trade.inst_id, |pair| convert::trade(&trade, pair)).map_err(failed)?;
        return Ok(some(1));
    }
    if has("fundingRate") {
        let rate: FundingInfo = read(item)?;
        convert::funding(&rate, InstrumentId(0)).map_err(failed)?;
        return Ok(some(1));
    }
    if has("totalEq") && has("details") {
        convert::balances(&read(item)?).map_err(failed)?;
        return Ok(some(1));
    }
    if has("maker") && has("taker") {
        let fee: TradeFee = read(item)?;
        convert::Fees::of(&fee, "1").map_err(failed)?;
        return Ok(some(1));
    }
    without_event(item, has)
}

/// Items that say something to the client alone.
fn without_event(item: &Value, has: impl Fn(&str) -> bool) -> Result<Tally, String> {
    let all = |fields: &[&str]| fields.iter().all(|field| has(field));
    if all(&["balData"]) || all(&["posData"]) {
        read::<BalanceAndPosition>(item)?;
    } else if all(&["posId"]) {
        read::<PositionInfo>(item)?;
    } else if all(&["ccy", "cashBal"]) || all(&["ccy", "frozenBal"]) {
        read::<CurrencyBalance>(item)?;
    } else if all(&["billId"]) {
        read::<Bill>(item)?;
    } else if all(&["acctLv"]) {
        read::<AccountConfig>(item)?;
    } else if all(&["markPx"]) {
        read::<MarkPrice>(item)?;
    } else if all(&["idxPx"]) {
        read::<IndexTicker>(item)?;
    } else if all(&["buyLmt"]) {
        read::<PriceLimit>(item)?;
    } else if all(&["begin", "end", "state"]) {
        read::<SystemStatus>(item)?;
    } else if all(&["tier"]) {
        read::<PositionTier>(item)?;
    } else if all(&["mgnMode", "lever"]) {
        read::<Leverage>(item)?;
    } else if all(&["posMode"]) {
        read::<PositionMode>(item)?;
    } else if all(&["maxBuy"]) {
        read::<MaxSize>(item)?;
    } else if all(&["accRateLimit"]) {
        read::<AccountRateLimit>(item)?;
    } else if all(&["triggerTime"]) {
        read::<CancelAllAfter>(item)?;
    } else if all(&["instId", "posSide", "clOrdId"]) {
        read::<ClosedPosition>(item)?;
    } else if all(&["ts"]) {
        read::<ServerTime>(item)?;
    } else if !UNUSED.iter().any(|fields| all(fields)) {
        return Err(format!("no rule knows {item}"));
    }
    Ok(some(0))
}

/// What the client never asks for: items are passed over.
const UNUSED: [&[&str]; 8] = [
    // What an order would do to the margin.
    &["adjEqChg"],
    // Deposits and withdrawals.
    &["ccy", "chain"],
    &["wdId"],
    &["depId"],
    &["transId"],
    // Of options and contracts.
    &["oi"],
    &["delta"],
    // The outcome of a request that has no other.
    &["result"],
];

/// What the client and the local venue speak of. Of other endpoints the envelope is all that is read.
const ENDPOINTS: [&str; 46] = [
    "public/time",
    "public/instruments",
    "public/mark-price",
    "public/funding-rate",
    "public/funding-rate-history",
    "public/price-limit",
    "public/position-tiers",
    "market/ticker",
    "market/tickers",
    "market/index-tickers",
    "market/books",
    "market/books-full",
    "market/candles",
    "market/history-candles",
    "market/trades",
    "market/history-trades",
    "system/status",
    "account/balance",
    "account/positions",
    "account/config",
    "account/trade-fee",
    "account/instruments",
    "account/max-size",
    "account/leverage-info",
    "account/set-leverage",
    "account/set-position-mode",
    "account/bills",
    "trade/order",
    "trade/batch-orders",
    "trade/cancel-order",
    "trade/cancel-batch-orders",
    "trade/amend-order",
    "trade/amend-batch-orders",
    "trade/orders-pending",
    "trade/orders-history",
    "trade/orders-history-archive",
    "trade/fills",
    "trade/fills-history",
    "trade/order-algo",
    "trade/amend-algos",
    "trade/cancel-algos",
    "trade/orders-algo-pending",
    "trade/orders-algo-history",
    "trade/cancel-all-after",
    "trade/close-position",
    "trade/account-rate-limit",
];

/// Reads the reply of an endpoint.
pub fn reply_of(path: &str, body: &Value) -> Result<Tally, String> {
    let endpoint = path.split('?').next().unwrap_or_default().trim_start_matches("/api/v5/");
    if ENDPOINTS.contains(&endpoint) {
        return reply(body);
    }
    println!("nobody asks {endpoint} here: only the envelope was read");
    Reply::<serde::de::IgnoredAny>::parse(&body.to_string()).map(|_| some(0)).map_err(|error| format!("{error}: {body}"))
}

/// Reads a REST reply and its items.
pub fn reply(body: &Value) -> Result<Tally, String> {
    let text = body.to_string();
    let reply = Reply::<serde::de::IgnoredAny>::parse(&text).map_err(|error| format!("{error}: {text}"))?;
    assert!(!reply.code.is_absent(), "a reply without a code: {text}");
    let mut tally = some(0);
    let items = body["data"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(items.len(), reply.data.len(), "{text}");
    for each in items {
        tally.add(item(each)?);
    }
    Ok(tally)
}

/// Reads a frame of the venue. Its items' fields must be what its channel says, or they would come out empty.
pub fn frame(text: &str) -> Result<Tally, String> {
    let frame = Frame::parse(text).map_err(|error| format!("{error}: {text}"))?;
    let failed = |error: convert::ConvertError| format!("{error}: {text}");
    Ok(match frame {
        Frame::Other => return Err(format!("no rule knows {text}")),
        Frame::Pong => some(0),
        Frame::Event(event) => {
            assert!(!event.event.is_absent());
            some(0)
        }
        Frame::Reply(reply) => {
            assert!(!reply.id.is_absent() && !reply.op.is_absent(), "{text}");
            some(0)
        }
        Frame::Push(push) => {
            // Of whatever pair: a frame tells of one.
            let inputs = listed(&Text::default(), |pair| convert::market_inputs(&push, |_| Some(pair)));
            let mut events = inputs.map_err(failed)?.len();
            match &push.data {
                PushData::Orders(orders) => {
                    for order in orders {
                        events += of_order(order).map_err(failed)?;
                    }
                }
                PushData::Algos(algos) => events += algos.iter().map(of_algo).sum::<usize>(),
                PushData::Account(balances) => {
                    for balance in balances {
                        convert::balances(balance).map_err(failed)?;
                        events += 1;
                    }
                }
                // Of the fills' channel as well: without their fees they are not what happened.
                _ => {}
            }
            some(events)
        }
    })
}
