//! `market_data` and `events`: the log's own records.

use std::borrow::Cow;

use engine::event::{Event, Input, Record};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, Quote, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::text::Names;
use engine::time::Timestamp;

use super::column::Sort::{Id, Money, Ratio, Text, Time};
use super::column::{Cell, Column, Sort, word};
use super::trading::side;
use crate::commands::log::kind::Kind;

/// What records' ids and mantissas mean, learned from the records before them.
#[derive(Default)]
pub struct Known {
    names: Names,
    instruments: Vec<Instrument>,
}

impl Known {
    /// Takes in what a record says about the ones after it.
    pub fn learn(&mut self, record: &Record) {
        let Event::Input(input) = &record.event else { return };
        match input {
            Input::SessionStarted(_) => self.names.learn(record),
            Input::InstrumentListed(instrument) => {
                self.names.learn(record);
                let (index, next) = (instrument.id.index(), self.instruments.len());
                match self.instruments.get_mut(index) {
                    _ if instrument.fault().is_some() => {}
                    Some(known) => known.clone_from(instrument),
                    None if index == next => self.instruments.push((**instrument).clone()),
                    None => {}
                }
            }
            _ => {}
        }
    }
}

type Get = for<'a> fn(&'a Record, &'a Known) -> Option<Cell<'a>>;

const fn column(name: &'static str, sort: Sort, get: Get) -> Column<Record, Known> {
    Column { name, sort, get }
}

/// Whether a record is a row of `market_data`.
#[inline]
pub fn is_market(record: &Record) -> bool {
    matches!(record.event, Event::Input(Input::Trade(_) | Input::Quote(_) | Input::Bar(_) | Input::Funding(_)))
}

/// Trades, quotes, bars and funding rates. Order books are `events` only.
pub const MARKET_DATA: &[Column<Record, Known>] = &[
    column("seq", Id, |record, _| Some(record.seq.into())),
    column("at", Time, |record, _| Some(record.at.into())),
    column("venue_at", Time, |record, _| venue_at(record).map(Cell::Time)),
    column("instrument", Text, symbol),
    column("kind", Text, |record, _| Some(word(Kind::of(&record.event).word()))),
    column("price", Money, last_price),
    column("size", Money, |record, known| size(record, known, trade(record)?.size)),
    column("side", Text, |record, _| Some(side(trade(record)?.taker))),
    column("trade_id", Id, |record, _| trade(record)?.trade_id.map(Cell::Id)),
    column("interval", Text, |record, _| Some(Cell::Text(Cow::Owned(bar(record)?.interval.to_string())))),
    column("open", Money, |record, known| price(record, known, bar(record)?.open)),
    column("high", Money, |record, known| price(record, known, bar(record)?.high)),
    column("low", Money, |record, known| price(record, known, bar(record)?.low)),
    column("close", Money, |record, known| price(record, known, bar(record)?.close)),
    column("volume", Money, |record, known| size(record, known, bar(record)?.volume)),
    column("bid_price", Money, |record, known| price(record, known, quote(record)?.bid_price)),
    column("bid_size", Money, |record, known| size(record, known, quote(record)?.bid_size)),
    column("ask_price", Money, |record, known| price(record, known, quote(record)?.ask_price)),
    column("ask_size", Money, |record, known| size(record, known, quote(record)?.ask_size)),
    column("rate", Ratio, |record, _| match &record.event {
        Event::Input(Input::Funding(funding)) => Some(funding.rate.to_f64().into()),
        _ => None,
    }),
];

/// Every record.
pub const EVENTS: &[Column<Record, Known>] = &[
    column("seq", Id, |record, _| Some(record.seq.into())),
    column("at", Time, |record, _| Some(record.at.into())),
    column("cause", Id, |record, _| Some(record.cause.into())),
    column("kind", Text, |record, _| Some(word(Kind::of(&record.event).word()))),
    column("order_id", Id, |record, _| data::log::order_of(record).map(|order| Cell::Id(order.0))),
    column("text", Text, |record, known| Some(Cell::Text(Cow::Owned(known.names.line(record).to_string())))),
];

fn trade(record: &Record) -> Option<&Trade> {
    let Event::Input(Input::Trade(trade)) = &record.event else { return None };
    Some(trade)
}

fn quote(record: &Record) -> Option<&Quote> {
    let Event::Input(Input::Quote(quote)) = &record.event else { return None };
    Some(quote)
}

fn bar(record: &Record) -> Option<&Bar> {
    let Event::Input(Input::Bar(bar)) = &record.event else { return None };
    Some(bar)
}

fn instrument(record: &Record) -> Option<InstrumentId> {
    let Event::Input(input) = &record.event else { return None };
    match input {
        Input::Trade(trade) => Some(trade.instrument),
        Input::Quote(quote) => Some(quote.instrument),
        Input::Bar(bar) => Some(bar.instrument),
        Input::Funding(funding) => Some(funding.instrument),
        _ => None,
    }
}

fn symbol<'a>(record: &Record, known: &'a Known) -> Option<Cell<'a>> {
    Some(Cell::Text(Cow::Borrowed(&known.instruments.get(instrument(record)?.index())?.symbol)))
}

fn venue_at(record: &Record) -> Option<Timestamp> {
    let Event::Input(input) = &record.event else { return None };
    match input {
        Input::Trade(trade) => Some(trade.venue_at),
        Input::Quote(quote) => Some(quote.venue_at),
        Input::Bar(bar) => Some(bar.opened_at),
        Input::Funding(funding) => Some(funding.venue_at),
        _ => None,
    }
}

/// What the price was after it: a trade's, a bar's close, the middle of a quote.
fn last_price<'a>(record: &'a Record, known: &'a Known) -> Option<Cell<'a>> {
    let Event::Input(input) = &record.event else { return None };
    let last = match input {
        Input::Trade(trade) => trade.price,
        Input::Bar(bar) => bar.close,
        Input::Quote(quote) => FixedPrice(i64::midpoint(quote.bid_price.0, quote.ask_price.0)),
        _ => return None,
    };
    price(record, known, last)
}

fn price(record: &Record, known: &Known, price: FixedPrice) -> Option<Cell<'static>> {
    Some(Cell::Fixed(price.0, known.instruments.get(instrument(record)?.index())?.price_scale))
}

fn size(record: &Record, known: &Known, size: FixedSize) -> Option<Cell<'static>> {
    Some(Cell::Fixed(size.0, known.instruments.get(instrument(record)?.index())?.size_scale))
}
