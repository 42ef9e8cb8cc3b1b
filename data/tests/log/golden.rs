//! The bytes of every kind, as they were first written: a change of any struct in them must become a new kind or schema.

use std::fs;
use std::path::Path;

use data::log::row::{ROW_HEADER, decode, encode};
use engine::event::{Command, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::market::{Bar, Quote, Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::order::{Bracket, OrderId, OrderKind, OrderRequest, Owner, RejectReason, TrailBy};
use engine::text::Names;
use engine::time::{Interval, Timestamp};
use proptest::prelude::*;
use serde::Serialize;

use crate::samples::{bar, every_kind, fill, quote, trade};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v1/every_kind.rows");

fn records() -> Vec<Record> {
    let events = (0_u64..).zip(every_kind());
    events.map(|(seq, event)| Record { seq, at: Timestamp(1_000 + seq.cast_signed()), cause: seq / 2, event }).collect()
}

#[test]
fn every_kind_has_the_bytes_that_it_always_had() {
    let mut rows = Vec::new();
    for record in records() {
        encode(&record, &mut rows).unwrap();
    }
    if !Path::new(GOLDEN).exists() {
        fs::create_dir_all(Path::new(GOLDEN).parent().unwrap()).unwrap();
        fs::write(GOLDEN, &rows).unwrap();
        panic!("{GOLDEN} was not there and is now: look at it and commit it");
    }
    let golden = fs::read(GOLDEN).unwrap();
    let mut rest = &golden[..];
    for record in records() {
        let mut row = Vec::new();
        encode(&record, &mut row).unwrap();
        let (read, len) = decode(rest).unwrap();
        assert_eq!(read, record);
        assert_eq!(rest[..len], row, "kind {}", record.event.kind());
        rest = &rest[len..];
    }
    assert!(rest.is_empty());
}

#[test]
fn the_samples_have_every_kind_once() {
    let kinds: Vec<u16> = every_kind().iter().map(Event::kind).collect();
    let all: Vec<u16> = (1..=21).chain(257..=263).chain(22..=23).chain(264..=268).chain(24..=28).chain(269..=269).collect();
    assert_eq!(kinds, all);
}

#[test]
fn the_format_describes_every_kind_by_its_number_and_word() {
    let format = include_str!("../../src/log/FORMAT.md");
    let names = Names::default();
    let mut described: Vec<&str> = format.lines().skip_while(|line| *line != "## Kinds").collect();
    described.retain(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    for record in records() {
        let line = names.line(&record).to_string();
        let word = line.split(' ').nth(3).unwrap().trim_end_matches(',');
        let row = format!("| {} | `{word}`", record.event.kind());
        assert!(described.iter().any(|line| line.starts_with(&row)), "{row}");
    }
}

/// What the tables of the format say of a kind, with the enums that its sample has.
#[test]
fn payloads_are_as_the_format_describes_them() {
    let decimal = |decimals: u8, sign: u8, digits: u32| {
        let mut bytes = vec![0, 0, decimals, sign];
        bytes.extend(u128::from(digits).to_le_bytes()[..12].iter());
        bytes
    };
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let fee = [9_u64.to_le_bytes(), 77_u64.to_le_bytes(), fill().venue_at.0.to_le_bytes()].concat();
    let money = [decimal(2, 0, 5_000_010), decimal(2, 0, 25), decimal(3, 128, 1)].concat();
    let expected = [fee, money, text("USDT"), 0_u32.to_le_bytes().to_vec()].concat();
    assert_eq!(payload(Input::OrderFilled(Box::new(fill()))), expected);

    let reason = RejectReason::Venue { code: -3, message: "no".into() };
    let venue = [11_u32.to_le_bytes(), (-3_i32).to_le_bytes()].concat();
    let expected = [9_u64.to_le_bytes().to_vec(), venue, text("no")].concat();
    assert_eq!(payload(Input::OrderRejected { order: OrderId(9), reason }), expected);

    let request = OrderRequest {
        owner: Owner::Operator,
        instrument: InstrumentId(3),
        side: Side::Sell,
        quantity: "0.5".parse().unwrap(),
        kind: OrderKind::TrailingStop { by: TrailBy::Rate("0.02".parse().unwrap()) },
        bracket: Some(Bracket { stop: None, target: Some("7".parse().unwrap()) }),
        oco: None,
        protects: Some(OrderId(6)),
    };
    let word = |number: u32| number.to_le_bytes().to_vec();
    let command = [word(3), word(1), word(3), word(1), decimal(1, 0, 5), word(6), word(1), decimal(2, 0, 2)].concat();
    let rest = [vec![1, 0, 1], decimal(0, 0, 7), vec![0, 1], 6_u64.to_le_bytes().to_vec()].concat();
    assert_eq!(payload(Input::Operator(Box::new(Command::Submit(request)))), [command, rest].concat());
}

#[test]
fn a_row_cut_anywhere_is_an_error() {
    for record in records() {
        let mut row = Vec::new();
        encode(&record, &mut row).unwrap();
        for len in 0..row.len() {
            assert!(decode(&row[..len]).is_err(), "{} cut at {len}", record.event.kind());
        }
    }
}

/// The payload of an event as the log writes it.
fn payload(input: Input) -> Vec<u8> {
    let mut row = Vec::new();
    encode(&Record { seq: 0, at: Timestamp(0), cause: 0, event: Event::Input(input) }, &mut row).unwrap();
    row.split_off(ROW_HEADER)
}

fn serde(content: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(content, bincode::config::legacy()).unwrap()
}

proptest! {
    #[test]
    fn the_handwritten_rows_are_what_serde_would_write(
        small in any::<(u32, u32, bool)>(),
        words in any::<[i64; 6]>(),
        id in any::<Option<u64>>(),
    ) {
        let (instrument, venue_at) = (InstrumentId(small.0), Timestamp(words[0]));
        let [_, a, b, c, d, e] = words;
        let taker = if small.2 { Side::Buy } else { Side::Sell };
        let trade = Trade { instrument, venue_at, price: FixedPrice(a), size: FixedSize(b), taker, trade_id: id };
        prop_assert_eq!(payload(Input::Trade(trade)), serde(&trade));
        let quote = Quote {
            instrument,
            venue_at,
            bid_price: FixedPrice(a),
            bid_size: FixedSize(b),
            ask_price: FixedPrice(c),
            ask_size: FixedSize(d),
        };
        prop_assert_eq!(payload(Input::Quote(quote)), serde(&quote));
        let bar = Bar {
            instrument,
            interval: Interval(small.1),
            opened_at: venue_at,
            open: FixedPrice(a),
            high: FixedPrice(b),
            low: FixedPrice(c),
            close: FixedPrice(d),
            volume: FixedSize(e),
        };
        prop_assert_eq!(payload(Input::Bar(bar)), serde(&bar));
    }
}

/// The same fields for wincode: should bincode have to go, it writes the same bytes.
mod mirror {
    use wincode::SchemaWrite;

    #[derive(SchemaWrite)]
    pub enum Side {
        #[expect(dead_code, reason = "it gives the other variant its number")]
        Buy,
        Sell,
    }

    #[derive(SchemaWrite)]
    pub struct Trade {
        pub instrument: u32,
        pub venue_at: i64,
        pub price: i64,
        pub size: i64,
        pub taker: Side,
        pub id: Option<u64>,
    }

    #[derive(SchemaWrite)]
    pub struct Quote {
        pub instrument: u32,
        pub venue_at: i64,
        pub prices_and_sizes: [i64; 4],
    }

    #[derive(SchemaWrite)]
    pub struct Bar {
        pub instrument: u32,
        pub interval: u32,
        pub opened_at: i64,
        pub prices_and_volume: [i64; 5],
    }

    #[derive(SchemaWrite)]
    pub struct Fill {
        pub order: u64,
        pub id: u64,
        pub venue_at: i64,
        pub price: [u8; 16],
        pub quantity: [u8; 16],
        pub fee: [u8; 16],
        pub fee_currency: String,
        pub liquidity: Liquidity,
    }

    #[derive(SchemaWrite)]
    pub enum Liquidity {
        Maker,
        #[expect(dead_code, reason = "the mirror has what the event has")]
        Taker,
    }
}

#[test]
fn wincode_would_write_the_same_bytes() {
    for id in [None, Some(17)] {
        let Trade { instrument, venue_at, price, size, trade_id, .. } = trade(id);
        let taker = mirror::Side::Sell;
        let copy =
            mirror::Trade { instrument: instrument.0, venue_at: venue_at.0, price: price.0, size: size.0, taker, id: trade_id };
        assert_eq!(payload(Input::Trade(trade(id))), wincode::serialize(&copy).unwrap());
    }
    let Quote { instrument, venue_at, bid_price, bid_size, ask_price, ask_size } = quote();
    let prices_and_sizes = [bid_price.0, bid_size.0, ask_price.0, ask_size.0];
    let copy = mirror::Quote { instrument: instrument.0, venue_at: venue_at.0, prices_and_sizes };
    assert_eq!(payload(Input::Quote(quote())), wincode::serialize(&copy).unwrap());
    let Bar { instrument, interval, opened_at, open, high, low, close, volume } = bar();
    let prices_and_volume = [open.0, high.0, low.0, close.0, volume.0];
    let copy = mirror::Bar { instrument: instrument.0, interval: interval.0, opened_at: opened_at.0, prices_and_volume };
    assert_eq!(payload(Input::Bar(bar())), wincode::serialize(&copy).unwrap());
    let fill = fill();
    let copy = mirror::Fill {
        order: fill.order.0,
        id: fill.fill_id,
        venue_at: fill.venue_at.0,
        price: fill.price.0.serialize(),
        quantity: fill.quantity.0.serialize(),
        fee: fill.fee.0.serialize(),
        fee_currency: fill.fee_currency.to_string(),
        liquidity: mirror::Liquidity::Maker,
    };
    assert_eq!(payload(Input::OrderFilled(Box::new(fill))), wincode::serialize(&copy).unwrap());
}
