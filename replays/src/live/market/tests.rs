//! Books whose numbers begin anew, and channels that cannot be read.

use data::okx::message::Frame;
use engine::instrument::InstrumentId;
use engine::number::{Price, Quantity, Rate};

use super::*;

/// Of two decimals in prices and three in sizes.
fn market() -> Market {
    let instrument = Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale: 2,
        size_scale: 3,
        tick_size: "0.01".parse::<Price>().unwrap(),
        lot_size: "0.001".parse::<Quantity>().unwrap(),
        min_size: "0.001".parse::<Quantity>().unwrap(),
        maker_fee: Rate::from_bps(8),
        taker_fee: Rate::from_bps(10),
    };
    Market::new(vec![instrument])
}

fn hear(market: &mut Market, channel: &str, action: &str, data: &str) -> Told {
    let action = if action.is_empty() { String::new() } else { format!(r#""action":"{action}","#) };
    let text = format!(r#"{{"arg":{{"channel":"{channel}","instId":"BTC-USDT"}},{action}"data":[{data}]}}"#);
    let Ok(Frame::Push(push)) = Frame::parse(&text) else { panic!("{text}") };
    market.push(&push)
}

fn trade(market: &mut Market, price: &str) -> Told {
    let data = format!(r#"{{"instId":"BTC-USDT","tradeId":"1","px":"{price}","sz":"0.5","side":"buy","ts":"5"}}"#);
    hear(market, "trades", "", &data)
}

/// A book's message with one bid.
fn book(market: &mut Market, (before, own): (i64, i64), price: &str) -> Told {
    let action = if before == -1 { "snapshot" } else { "update" };
    let bids = if price.is_empty() { String::new() } else { format!(r#"["{price}","1","0","1"]"#) };
    let data = format!(r#"{{"asks":[],"bids":[{bids}],"ts":"5","seqId":{own},"prevSeqId":{before}}}"#);
    hear(market, "books", action, &data)
}

/// How many inputs, whether the book has to begin anew, and whether a person is told.
fn said(told: &Told) -> (usize, bool, bool) {
    (told.inputs.len(), told.gap.is_some(), told.problem.is_some())
}

#[test]
fn a_book_goes_on_when_its_numbers_begin_anew() {
    let mut market = market();
    for (numbers, price) in [((-1, 90), "10"), ((90, 95), "10.5"), ((95, 3), "10.6"), ((3, 4), "10.7"), ((4, 9), "10.8")] {
        assert_eq!(said(&book(&mut market, numbers, price)), (1, false, false), "{numbers:?}");
    }
    assert_eq!(said(&book(&mut market, (9, 9), "")), (0, false, false), "it says that it is still there");
    // Maintenance ends connections too: what comes over the new one is a snapshot with small numbers.
    market.reconnected();
    assert_eq!(said(&book(&mut market, (-1, 2), "11")), (1, false, false));
    assert_eq!(said(&book(&mut market, (2, 5), "11.5")), (1, false, false));
    // Going back is no way around a gap, and twice in a row it is none of maintenance.
    assert_eq!(said(&book(&mut market, (4, 1), "12")), (0, true, true));
    assert_eq!(said(&book(&mut market, (-1, 50), "12")), (1, false, false));
    assert_eq!(said(&book(&mut market, (50, 7), "12.5")), (1, false, false));
    assert_eq!(said(&book(&mut market, (7, 3), "13")), (0, true, true));
    assert_eq!(said(&book(&mut market, (3, 4), "13")), (0, true, false), "one gap is one warning");
}

#[test]
fn a_finer_tick_is_told_once_and_counted() {
    let mut market = market();
    assert_eq!(said(&trade(&mut market, "10.12")), (1, false, false));
    assert!(!market.is_unreadable());
    let first = trade(&mut market, "10.123");
    let problem = first.problem.unwrap();
    assert!(problem.starts_with("trades of BTC-USDT") && problem.contains("2 decimals"), "{problem}");
    for count in 2..1_024 {
        assert_eq!((said(&trade(&mut market, "10.125")), market.is_unreadable()), ((0, false, false), true), "{count}");
        // What can be read goes on, and is not enough to trust it.
        assert_eq!((said(&trade(&mut market, "10.12")), market.is_unreadable()), ((1, false, false), true), "{count}");
    }
    assert!(trade(&mut market, "10.125").problem.unwrap().contains("1024 messages"));
    for place in 0..READ_AGAIN {
        assert!(market.is_unreadable(), "{place}");
        // Other channels are no proof of this one.
        hear(&mut market, "bbo-tbt", "", r#"{"asks":[["11","1","0","1"]],"bids":[["10","1","0","1"]],"ts":"5","seqId":1}"#);
        assert_eq!(said(&trade(&mut market, "10.12")), (1, false, false));
    }
    assert!(!market.is_unreadable());
    assert!(trade(&mut market, "10.123").problem.is_some(), "it is news again");
}

#[test]
fn quotes_and_bars_that_do_not_fit_are_no_other() {
    let mut market = market();
    let quote = r#"{"asks":[["11.001","1","0","1"]],"bids":[["10","1","0","1"]],"ts":"5","seqId":1}"#;
    let bar = |close: &str, confirm: &str| format!(r#"["60000","10","11","9","{close}","5","5","5","{confirm}"]"#);
    assert_eq!(said(&hear(&mut market, "bbo-tbt", "", quote)), (0, false, true));
    assert_eq!(said(&hear(&mut market, "bbo-tbt", "", quote)), (0, false, false));
    assert_eq!(said(&hear(&mut market, "candle1m", "", &bar("10.123", "1"))), (0, false, true), "a channel of its own");
    for _ in 0..READ_AGAIN {
        assert_eq!(said(&hear(&mut market, "candle1m", "", &bar("10", "0"))), (0, false, false), "it forms: no proof");
    }
    assert_eq!(market.unreadable.len(), 2);
    hear(&mut market, "candle1m", "", &bar("10", "1"));
    assert_eq!(market.unreadable.len(), 1, "the next bar is proof enough");
}

#[test]
fn a_book_that_cannot_be_read_is_asked_for_now_and_then() {
    let mut market = market();
    assert_eq!(said(&book(&mut market, (-1, 1), "10")), (1, false, false));
    assert_eq!(said(&book(&mut market, (1, 2), "10.001")), (0, true, true));
    let (mut asked, mut problems) = (0, 0);
    for number in 3..1_000 {
        // Each second message is a snapshot that cannot be read either.
        let numbers = if number % 2 == 0 { (-1, number) } else { (number - 1, number) };
        let (inputs, is_asked, is_told) = said(&book(&mut market, numbers, "10.001"));
        (asked, problems) = (asked + usize::from(is_asked), problems + usize::from(is_told));
        assert_eq!(inputs, 0);
    }
    assert_eq!((asked, problems), (15, 0));
    // Listed as before, it begins with a snapshot and is trusted after a while.
    assert_eq!(said(&book(&mut market, (-1, 2_000), "10")), (1, false, false));
    for number in 2_000..2_019 {
        assert!(market.is_unreadable());
        assert_eq!(said(&book(&mut market, (number, number + 1), "10")), (1, false, false));
    }
    assert!(!market.is_unreadable());
}
