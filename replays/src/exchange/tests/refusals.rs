//! What the venue does not take.

use data::files::FileError;
use engine::event::Input;
use engine::instrument::Instrument;
use engine::order::{OrderId, RejectReason};
use engine::time::Timestamp;

use super::script::{decision, instrument, market_event, play, record};
use crate::exchange::market::MAX_OPEN_ORDERS;
use crate::exchange::{Exchange, ExchangeConfig};
use crate::gateway::{Gateway, GatewayError};

#[test]
fn every_broken_rule_has_its_reason() {
    for (request, reason) in [
        ("buy 1 limit 100.05", "PriceOffTick"),
        ("sell 1 stop 99.55", "PriceOffTick"),
        ("sell 1 stop 99 98.95", "PriceOffTick"),
        ("sell 1 trail 0.05", "PriceOffTick"),
        ("buy 1.005 market", "QuantityOffLot"),
        ("buy 0.04 market", "BelowMinimumSize"),
        ("buy 0 market", "InvalidNumber"),
        ("buy -1 market", "InvalidNumber"),
        ("buy 1000000000000001 market", "InvalidNumber"),
        ("buy 1 limit 0", "InvalidNumber"),
        ("buy 1 limit -100", "InvalidNumber"),
        ("buy 1 limit 1000000000000.1", "InvalidNumber"),
        ("sell 1 trail 0%", "InvalidNumber"),
        ("sell 1 trail 100%", "InvalidNumber"),
        ("sell 1 market of 7", "UnknownInstrument"),
        ("buy 100 limit 100", "InsufficientBalance"),
        ("sell 10.01 limit 101", "InsufficientBalance"),
        ("buy 1000000000000000 limit 1000000000000", "InsufficientBalance"),
        ("buy 1000000000000000 market", "InsufficientBalance"),
        ("sell 1 stop 99 oco 9", "LinkedOrderNotOpen"),
    ] {
        let told =
            play(&ExchangeConfig::default(), &format!("1 trade 100 1 buy\n> {request}\n2 trade 90 9 buy\n3 trade 110 9 buy"));
        assert_eq!(told, format!("1 rejected #1 {reason}\nUSDT 10000, BTC 10\n"), "{request}");
    }
}

#[test]
fn without_a_price_there_is_no_market() {
    for request in ["buy 1 market", "sell 1 trail 2"] {
        let told = play(&ExchangeConfig::default(), &format!("1 gap\n> {request}\n2 trade 90 9 buy"));
        assert_eq!(told, "1 rejected #1 NoMarket\nUSDT 10000, BTC 10\n", "{request}");
    }
    // A limit order needs none.
    let told = play(&ExchangeConfig::default(), "1 gap\n> buy 1 limit 100\n2 trade 90 9 buy");
    assert_eq!(told, "1 accepted #1\n2 filled #1 1 @ 90 taker fee 0.18\nUSDT 9909.82, BTC 11\n");
}

#[test]
fn every_broken_amendment_has_its_reason() {
    for (order, amendment, reason) in [
        ("buy 1 limit 98", "amend 9 price 97", "amend rejected #9 NotOpen"),
        ("buy 1 limit 98", "cancel 9", "cancel rejected #9 NotOpen"),
        ("buy 1 limit 98", "amend 1 price 97.05", "amend rejected #1 PriceOffTick"),
        ("buy 1 limit 98", "amend 1 quantity 0.01", "amend rejected #1 BelowMinimumSize"),
        ("buy 1 limit 98", "amend 1 quantity 0.3", "amend rejected #1 BelowFilledQuantity"),
        ("buy 1 limit 98", "amend 1 quantity 200", "amend rejected #1 InsufficientBalance"),
        ("buy 1 limit 98", "amend 1 trigger 97", "amend rejected #1 NotAmendable"),
        ("sell 1 stop 90", "amend 1 price 97", "amend rejected #1 NotAmendable"),
        ("sell 1 trail 50", "amend 1 trigger 97", "amend rejected #1 NotAmendable"),
    ] {
        let script = format!(
            "1 trade 100 1 buy\n> {order}\n2 trade 97.5 0.3 sell\n> {amendment}\n> cancel 1\n3 trade 90.5 0.1 sell\n> cancel 1"
        );
        let told = play(&ExchangeConfig::default(), &script);
        let lines: Vec<&str> = told.lines().filter(|line| !line.contains("filled")).collect();
        let expected = ["1 accepted #1", &format!("2 {reason}"), "2 canceled #1 Requested", "3 cancel rejected #1 NotOpen"];
        assert_eq!(lines[..4], expected, "{order}, {amendment}");
        assert!(!told.contains("held"), "everything is let go: {told}");
    }
}

#[test]
fn an_instrument_without_a_tick_or_a_lot_does_not_trade() {
    for (tick_size, lot_size) in [("0", "0.01"), ("0.1", "0"), ("-0.1", "0.01")] {
        let (tick_size, lot_size) = (tick_size.parse().unwrap(), lot_size.parse().unwrap());
        let listed = Instrument { tick_size, lot_size, ..instrument() };
        let history = [Input::InstrumentListed(Box::new(listed)), market_event("1 trade 100 1 buy").1];
        let mut exchange = Exchange::new(
            history.map(|input| Ok::<_, GatewayError>((Timestamp(0), input))).into_iter(),
            &ExchangeConfig::default(),
        );
        while exchange.next(None).unwrap().is_some() {}
        exchange.execute(&[record(1, Timestamp(0), decision("buy 1 market"))]).unwrap();
        let (_, told) = exchange.next(None).unwrap().unwrap();
        assert_eq!(told, Input::OrderRejected { order: OrderId(1), reason: RejectReason::UnknownInstrument });
    }
}

#[test]
fn more_open_orders_than_the_limit_are_refused() {
    let deposit =
        |currency: &str| Input::Deposited { currency: currency.parse().unwrap(), amount: "1000000000".parse().unwrap() };
    let history = [Input::InstrumentListed(Box::new(instrument())), deposit("USDT"), market_event("1 trade 100 1 buy").1];
    let mut exchange =
        Exchange::new(history.map(|input| Ok::<_, GatewayError>((Timestamp(0), input))).into_iter(), &ExchangeConfig::default());
    while exchange.next(None).unwrap().is_some() {}
    let limit = u64::try_from(MAX_OPEN_ORDERS).unwrap();
    let requests: Vec<_> = (1..=limit + 1).map(|seq| record(seq, Timestamp(0), decision("buy 1 limit 99"))).collect();
    exchange.execute(&requests).unwrap();
    for seq in 1..=limit {
        assert_eq!(exchange.next(None).unwrap().unwrap().1, Input::OrderAccepted(OrderId(seq)));
    }
    let (_, told) = exchange.next(None).unwrap().unwrap();
    let message = "more than 10000 open orders in BTC-USDT".into();
    assert_eq!(told, Input::OrderRejected { order: OrderId(limit + 1), reason: RejectReason::Venue { code: 1, message } });
}

#[test]
fn history_that_cannot_be_read_is_an_error() {
    let broken = FileError::Format { path: "x.csv".into(), reason: "no header".to_owned() };
    let mut exchange = Exchange::new(std::iter::once(Err(broken)), &ExchangeConfig::default());
    assert_eq!(exchange.next(None).unwrap_err().to_string(), "x.csv: no header");
}
