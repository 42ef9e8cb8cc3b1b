//! What messages mean to the engine, value by value.

use data::okx::book::{RawBook, Step};
use data::okx::convert::{self, ConvertError, Fees};
use data::okx::message::*;
use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, BookLevels, Funding, Level, Quote, Trade};
use engine::number::{FixedPrice, FixedSize, Price, Rate};
use engine::order::{CancelReason, Fill, Liquidity, OrderId, OrderKind, TimeInForce, TrailBy};
use engine::time::{Interval, Timestamp};
use serde_json::{Value, json};

use super::payloads::{pair, value};

const ORDER: OrderId = OrderId(5);
const MS_NS: i64 = 1_000_000;

/// As the venue lists it: prices of one decimal, sizes of eight.
fn btc(symbol: &str) -> Instrument {
    Instrument { price_scale: 1, tick_size: "0.1".parse().unwrap(), ..pair(symbol) }
}

fn inputs(frame: &Value, instrument: &Instrument) -> Vec<Input> {
    let Ok(Frame::Push(push)) = Frame::parse(&frame.to_string()) else { panic!("no data: {frame}") };
    convert::market_inputs(&push, |symbol| (symbol == instrument.symbol).then_some(instrument)).unwrap()
}

fn reply<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    Reply::parse(&value.get("response").unwrap_or(value).to_string()).unwrap().data
}

fn order(fields: Value) -> OrderInfo {
    serde_json::from_value(fields).unwrap()
}

#[test]
fn trades() {
    let Some(frames) = value("ccxt/ws_2026_trades.json") else { return };
    let trade = Trade {
        instrument: InstrumentId(7),
        venue_at: Timestamp(1_786_538_760_218 * MS_NS),
        price: FixedPrice(640_402),
        size: FixedSize(240_857),
        taker: engine::market::Side::Buy,
        trade_id: Some(1_040_968_613),
    };
    assert_eq!(inputs(&frames[1]["frame"], &btc("BTC-USDT")), [Input::Trade(trade)]);
    assert_eq!(inputs(&frames[1]["frame"], &btc("ETH-USDT")), [], "of what nobody listed");
}

#[test]
fn quotes() {
    let Some(frames) = value("ccxt/ws_2026_tickers_spot.json") else { return };
    let quote = Quote {
        instrument: InstrumentId(7),
        venue_at: Timestamp(1_786_613_174_873 * MS_NS),
        bid_price: FixedPrice(637_072),
        bid_size: FixedSize(170_080_521),
        ask_price: FixedPrice(637_073),
        ask_size: FixedSize(15_455_902),
    };
    assert_eq!(inputs(&frames[1]["frame"], &btc("BTC-USDT")), [Input::Quote(quote)]);
    let coarse = Instrument { size_scale: 4, ..btc("BTC-USDT") };
    let ticker: Ticker = serde_json::from_value(frames[1]["frame"]["data"][0].clone()).unwrap();
    let error = convert::quote(&ticker, &coarse).unwrap_err();
    assert!(matches!(error, ConvertError::Unfit { field: "bidSz", scale: 4, .. }), "never rounded: {error}");
}

#[test]
fn bars_count_once_they_are_closed() {
    if let Some(reply_text) = value("nautilus/rest/http_get_candlesticks_full.json") {
        let candles: Vec<Candle> = reply(&reply_text);
        let bar = Bar {
            instrument: InstrumentId(7),
            interval: Interval(60),
            opened_at: Timestamp(1_747_094_040_000 * MS_NS),
            open: FixedPrice(1_028_061),
            high: FixedPrice(1_028_204),
            low: FixedPrice(1_028_061),
            close: FixedPrice(1_028_204),
            volume: FixedSize(104_037_000_000),
        };
        assert_eq!(convert::bar(&candles[0], Interval(60), &btc("BTC-USDT")), Ok(Some(bar)));
        assert_eq!(bar.closed_at(), Timestamp(1_747_094_100_000 * MS_NS));
    }
    if let Some(frames) = value("ccxt/ws_2026_candle_swap_data_before_ack.json") {
        assert_eq!(inputs(&frames[0]["frame"], &btc("BTC-USDT-SWAP")), [], "it is still forming");
    }
    let row = |confirm| json!(["1747094040000", "1", "2", "0.5", "1.5", "10", "15", "15", confirm]);
    let closed: Candle = serde_json::from_value(row("1")).unwrap();
    assert!(convert::bar(&closed, Interval(60), &btc("BTC-USDT")).unwrap().is_some());
    let unsaid: Candle = serde_json::from_value(row("")).unwrap();
    assert!(convert::bar(&unsaid, Interval(60), &btc("BTC-USDT")).is_err(), "a bar that may be forming is none");
}

#[test]
fn books() {
    let Some((snapshot, update)) = value("nautilus/ws/ws_books_snapshot.json").zip(value("nautilus/ws/ws_books_update.json"))
    else {
        return;
    };
    let instrument = Instrument { price_scale: 2, ..btc("BTC-USDT") };
    let Input::BookSnapshot(levels) = inputs(&snapshot, &instrument).remove(0) else { panic!("not whole") };
    let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
    let BookLevels { venue_at, bids, asks, .. } = *levels;
    assert_eq!(venue_at, Timestamp(1_597_026_383_085 * MS_NS));
    assert_eq!((bids.len(), asks.len()), (8, 8));
    assert_eq!((bids[0], asks[1]), (level(847_697, 25_600_000_000), level(847_700, 700_000_000)));
    assert!(matches!(inputs(&update, &instrument)[..], [Input::BookDelta(_)]));
    let mut book = RawBook::default();
    for (frame, step) in [(&snapshot, Step::Snapshot), (&update, Step::Update)] {
        let Ok(Frame::Push(push)) = Frame::parse(&frame.to_string()) else { panic!("no data") };
        let PushData::Books(messages) = &push.data else { panic!("no book") };
        assert_eq!(book.apply(push.action, &messages[0]), Ok(step));
    }
    assert_eq!(book.sequence().last(), Some(123_457));
}

#[test]
fn the_best_of_a_book_is_a_quote() {
    let frame = json!({"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"}, "data": [
        {"bids": [["99.5", "2", "0", "1"]], "asks": [["100", "3", "0", "9"]], "ts": "1000", "seqId": 4}]});
    let [Input::Quote(quote)] = inputs(&frame, &btc("BTC-USDT"))[..] else { panic!("not a quote") };
    assert_eq!((quote.bid_price, quote.ask_price), (FixedPrice(995), FixedPrice(1_000)));
    assert_eq!((quote.bid_size, quote.ask_size), (FixedSize(200_000_000), FixedSize(300_000_000)));
    let empty = json!({"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"}, "data": [{"bids": [], "asks": [], "ts": "1"}]});
    assert_eq!(inputs(&empty, &btc("BTC-USDT")), []);
}

#[test]
fn instruments_and_their_fees() {
    let listed = value("nautilus/rest/http_get_instruments_spot.json");
    let Some((listed, fees)) = listed.zip(value("nautilus/rest/http_get_trade_fee_response.json")) else { return };
    let fees = Fees::of(&reply::<TradeFee>(&fees)[0], "1").unwrap();
    let info = &reply::<InstrumentInfo>(&listed)[0];
    let instrument = convert::instrument(info, InstrumentId(3), fees).unwrap();
    assert_eq!((instrument.symbol.as_str(), instrument.base.as_str(), instrument.quote.as_str()), ("BTC-USD", "BTC", "USD"));
    assert_eq!((instrument.price_scale, instrument.size_scale), (1, 8));
    assert_eq!((instrument.tick_size, instrument.lot_size), ("0.1".parse().unwrap(), "0.00000001".parse().unwrap()));
    assert_eq!(instrument.min_size, "0.00001".parse().unwrap());
    assert_eq!((instrument.maker_fee, instrument.taker_fee), (Rate::from_bps(8), Rate::from_bps(10)), "the sign is turned");
}

#[test]
fn fees_are_those_of_the_instruments_group() {
    let fee: TradeFee = serde_json::from_value(json!({"maker": "-0.0008", "taker": "-0.001", "feeGroup": [
        {"groupId": "1", "maker": "0.0001", "taker": "-0.0005"}, {"groupId": "2", "maker": "0", "taker": "0"}]}))
    .unwrap();
    assert_eq!(Fees::of(&fee, "1"), Ok(Fees { maker: Rate::from_bps(-1), taker: Rate::from_bps(5) }), "a rebate is negative");
    assert_eq!(Fees::of(&fee, "9"), Ok(Fees { maker: Rate::from_bps(8), taker: Rate::from_bps(10) }));
    Fees::of(&TradeFee::default(), "1").unwrap_err();
}

#[test]
fn what_is_no_spot_pair_is_not_traded() {
    let info = |fields: Value| serde_json::from_value::<InstrumentInfo>(fields).unwrap();
    let list = |fields| convert::instrument(&info(fields), InstrumentId(0), Fees::default());
    let spot = json!({"instType": "SPOT", "instId": "A-B", "baseCcy": "A", "quoteCcy": "B", "tickSz": "0.10", "lotSz": "5",
        "minSz": "10"});
    let listed = list(spot.clone()).unwrap();
    assert_eq!((listed.price_scale, listed.size_scale), (1, 0));
    for (field, wrong) in [
        ("instType", "SWAP"),
        ("tickSz", "0"),
        ("tickSz", ""),
        ("lotSz", "0.0000000000001"),
        ("baseCcy", ""),
        ("quoteCcy", "A"),
        ("minSz", "-1"),
    ] {
        let mut fields = spot.clone();
        fields[field] = wrong.into();
        assert!(list(fields).is_err(), "{field} {wrong}");
    }
}

#[test]
fn funding_is_what_was_paid() {
    let Some(history) = value("nautilus/rest/http_get_funding_rate_history.json") else { return };
    let rates: Vec<FundingInfo> = reply(&history);
    let (venue_at, rate) = (Timestamp(1_704_038_400_000 * MS_NS), Rate("-0.00002".parse().unwrap()));
    assert_eq!(convert::funding(&rates[1], InstrumentId(7)), Ok(Funding { instrument: InstrumentId(7), venue_at, rate }));
}

#[test]
fn fills_of_the_channel() {
    let frames = super::payloads::lines("gocryptotrader/ws/wsOrders.jsonl");
    if frames.len() < 4 {
        return;
    }
    let of = |frame: &Value| convert::fill_of_order(&order(frame["data"][0].clone()), ORDER, &btc("BTC-USDT")).unwrap();
    let fill = Fill {
        order: ORDER,
        fill_id: 242_589_207,
        venue_at: Timestamp(1_654_084_353_263 * MS_NS),
        price: "31527.1".parse().unwrap(),
        quantity: "0.001".parse().unwrap(),
        fee: "0.02522168".parse().unwrap(),
        fee_currency: "USDT".parse().unwrap(),
        liquidity: Liquidity::Maker,
    };
    assert_eq!(of(&frames[0]), Some(fill));
    assert_eq!(of(&frames[1]), None);
    let fill = of(&frames[2]).unwrap();
    assert_eq!((fill.fill_id, fill.liquidity), (435_550_732, Liquidity::Taker));
    assert_eq!((fill.price, fill.quantity), ("26228.1".parse().unwrap(), "0.00038128".parse().unwrap()));
    assert_eq!(fill.fee, "0.010000249968".parse().unwrap());
    assert_eq!(of(&frames[3]), None, "the closing message of a market order tells of no fill");
}

#[test]
fn fills_of_the_history() {
    let Some(history) = value("okx_net/rest/GetUserTrades.json") else { return };
    let fill = Fill {
        order: ORDER,
        fill_id: 744_876_980,
        venue_at: Timestamp(1_708_587_373_361 * MS_NS),
        price: "51858".parse().unwrap(),
        quantity: "0.00192834".parse().unwrap(),
        fee: "0.00000192834".parse().unwrap(),
        fee_currency: "BTC".parse().unwrap(),
        liquidity: Liquidity::Taker,
    };
    assert_eq!(convert::fill(&reply::<FillInfo>(&history)[0], ORDER, &btc("BTC-USDT")), Ok(fill), "buys pay in what they get");
}

#[test]
fn a_fill_without_its_own_fee_has_the_whole_one_only_when_it_is_the_first() {
    let fields = |filled| {
        order(json!({"tradeId": "9", "fillPx": "10", "fillSz": "2", "accFillSz": filled, "fee": "-0.3", "feeCcy": "USDT",
            "fillTime": "1", "execType": "T", "state": "partially_filled"}))
    };
    let fill = convert::fill_of_order(&fields("2.0"), ORDER, &btc("BTC-USDT")).unwrap().unwrap();
    assert_eq!(fill.fee, "0.3".parse().unwrap());
    convert::fill_of_order(&fields("3"), ORDER, &btc("BTC-USDT")).unwrap_err();
    let mut unreadable = fields("2");
    unreadable.fill_sz = "2,0".into();
    convert::fill_of_order(&unreadable, ORDER, &btc("BTC-USDT")).unwrap_err();
    let mut rebate = fields("3");
    (rebate.fill_fee, rebate.fill_fee_ccy, rebate.trade_id) = ("0.01".into(), "USDT".into(), "-44".into());
    let fill = convert::fill_of_order(&rebate, ORDER, &btc("BTC-USDT")).unwrap().unwrap();
    assert_eq!((fill.fee, fill.fill_id), ("-0.01".parse().unwrap(), (-44_i64).cast_unsigned()), "a rebate, of a liquidation");
}

#[test]
fn a_fill_without_a_word_of_its_fee_is_not_booked() {
    let of = |fields: Value| {
        convert::fill(&serde_json::from_value::<FillInfo>(fields).unwrap(), ORDER, &btc("BTC-USDT")).map(|fill| fill.fee)
    };
    let channel = json!({"tradeId": "9", "fillPx": "10", "fillSz": "2", "ts": "1", "execType": "T"});
    of(channel.clone()).unwrap_err();
    let mut free = channel;
    free["feeCcy"] = "USDT".into();
    assert_eq!(of(free.clone()), Ok(engine::number::Amount::ZERO));
    free["fee"] = "20 00".into();
    of(free).unwrap_err();
}

#[test]
fn waiting_orders_fail_for_a_reason() {
    let of = |fields: Value| convert::algo_failure(&serde_json::from_value::<AlgoInfo>(fields).unwrap());
    assert_eq!(of(json!({"state": "order_failed", "failCode": "51008"})), Some(CancelReason::InsufficientBalance));
    assert_eq!(of(json!({"state": "partially_failed", "failCode": "51020"})), Some(CancelReason::Venue { code: 51_020 }));
    for state in ["live", "effective", "canceled", "order_placed"] {
        assert_eq!(of(json!({"state": state, "failCode": "51008"})), None, "{state}");
    }
}

#[test]
fn balances_are_what_is_there_frozen_or_not() {
    let Some(body) = value("okx_net/rest/GetAccountBalance.json") else { return };
    let balances = convert::balances(&reply::<Balance>(&body)[0]).unwrap();
    assert_eq!(balances, [("USDT".parse().unwrap(), "4850.435693622894".parse().unwrap())]);
    assert_eq!(convert::balances(&Balance::default()), Ok(vec![]), "a new account");
}

#[test]
fn orders_that_nobody_asked_for() {
    let instrument = btc("BTC-USDT");
    let limit =
        order(json!({"ordId": "301835739059335168", "side": "sell", "ordType": "post_only", "px": "59200.0", "sz": "1.50",
        "accFillSz": "0.5", "state": "partially_filled"}));
    let stray = convert::stray(&limit, &instrument).unwrap();
    let at = |text: &str| -> Price { text.parse().unwrap() };
    assert_eq!(stray.kind, OrderKind::Limit { price: at("59200"), time_in_force: TimeInForce::PostOnly });
    assert_eq!(
        (stray.venue_id, stray.quantity, stray.filled),
        (301_835_739_059_335_168, "1.5".parse().unwrap(), "0.5".parse().unwrap())
    );
    let by_sum = order(json!({"ordId": "1", "side": "buy", "ordType": "market", "sz": "100", "tgtCcy": "quote_ccy"}));
    convert::stray(&by_sum, &instrument).unwrap_err();
    for (fields, kind) in [
        (
            json!({"ordType": "oco", "slTriggerPx": "90", "slOrdPx": "-1", "tpTriggerPx": "110"}),
            OrderKind::StopMarket { trigger: at("90") },
        ),
        (
            json!({"ordType": "conditional", "slTriggerPx": "", "tpTriggerPx": "110", "tpOrdPx": "111"}),
            OrderKind::TakeProfitLimit { trigger: at("110"), price: at("111") },
        ),
        (
            json!({"ordType": "move_order_stop", "callbackRatio": "0.01", "callbackSpread": ""}),
            OrderKind::TrailingStop { by: TrailBy::Rate(Rate::from_bps(100)) },
        ),
    ] {
        let mut fields = fields;
        (fields["algoId"], fields["side"], fields["sz"]) = ("77".into(), "sell".into(), "2".into());
        let algo: AlgoInfo = serde_json::from_value(fields).unwrap();
        let stray = convert::stray_algo(&algo, &instrument).unwrap();
        assert_eq!((stray.kind, stray.venue_id), (kind, 77));
    }
}

#[test]
fn a_trigger_is_a_stop_or_a_target_by_where_the_price_was() {
    let at = |text: &str| -> Price { text.parse().unwrap() };
    let of = |side: &str, last: &str, px: &str| {
        let fields =
            json!({"ordType": "trigger", "triggerPx": "100", "ordPx": px, "last": last, "side": side, "sz": "1", "algoId": "1"});
        convert::stray_algo(&serde_json::from_value(fields).unwrap(), &btc("BTC-USDT")).map(|stray| stray.kind)
    };
    assert_eq!(of("sell", "110", "-1"), Ok(OrderKind::StopMarket { trigger: at("100") }));
    assert_eq!(of("sell", "90", "-1"), Ok(OrderKind::TakeProfitMarket { trigger: at("100") }));
    assert_eq!(of("buy", "90", "101"), Ok(OrderKind::StopLimit { trigger: at("100"), price: at("101") }));
    assert_eq!(of("buy", "110", "99"), Ok(OrderKind::TakeProfitLimit { trigger: at("100"), price: at("99") }));
    of("buy", "", "-1").unwrap_err();
}

#[test]
fn an_order_is_ours_by_its_own_name_or_by_that_of_what_placed_it() {
    let name = "tfsession0011z";
    for field in ["clOrdId", "algoClOrdId"] {
        let id = convert::ClientId::of(&order(json!({field: name}))).unwrap();
        assert_eq!((id.session.as_str(), id.order), ("session001", OrderId(71)));
    }
    assert_eq!(convert::ClientId::of(&order(json!({"clOrdId": "e847386590ce4dBC"}))), None);
}
