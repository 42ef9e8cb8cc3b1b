//! Market data: trades, best prices, books and funding.

use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{self, BookLevels, Funding, Level, Quote, Trade};
use engine::number::Rate;

use super::candle::{bar, interval_of};
use super::error::{ConvertError, price, size};
use crate::okx::message::{Action, BookData, BookLevel, FundingInfo, Number, PublicTrade, Push, PushData, Side, Ticker};

/// A public trade.
pub fn trade(message: &PublicTrade, instrument: &Instrument) -> Result<Trade, ConvertError> {
    Ok(Trade {
        instrument: instrument.id,
        venue_at: message.ts.time("ts")?,
        price: price("px", message.px, instrument)?,
        size: size("sz", message.sz, instrument)?,
        taker: side(&message.side)?,
        trade_id: message.trade_id.as_str().parse().ok(),
    })
}

/// The best prices of a ticker; `None` while one side is empty.
pub fn quote(message: &Ticker, instrument: &Instrument) -> Result<Option<Quote>, ConvertError> {
    let Ticker { bid_px, bid_sz, ask_px, ask_sz, ts, .. } = *message;
    if bid_px.is_absent() || ask_px.is_absent() {
        return Ok(None);
    }
    Ok(Some(Quote {
        instrument: instrument.id,
        venue_at: ts.time("ts")?,
        bid_price: price("bidPx", bid_px, instrument)?,
        bid_size: size("bidSz", bid_sz, instrument)?,
        ask_price: price("askPx", ask_px, instrument)?,
        ask_size: size("askSz", ask_sz, instrument)?,
    }))
}

/// The best prices of a book that came whole; `None` while one side is empty.
pub fn top(message: &BookData, instrument: &Instrument) -> Result<Option<Quote>, ConvertError> {
    let Some((bid, ask)) = message.bids.first().zip(message.asks.first()) else { return Ok(None) };
    let (bid, ask) = (level(bid, instrument)?, level(ask, instrument)?);
    Ok(Some(Quote {
        instrument: instrument.id,
        venue_at: message.ts.time("ts")?,
        bid_price: bid.price,
        bid_size: bid.size,
        ask_price: ask.price,
        ask_size: ask.size,
    }))
}

/// A book's levels, all of them or those that changed. The sequence is checked elsewhere, by
/// [`Sequence`](crate::okx::book::Sequence).
pub fn book(message: &BookData, instrument: &Instrument) -> Result<BookLevels, ConvertError> {
    let levels = |levels: &[BookLevel]| levels.iter().map(|row| level(row, instrument)).collect::<Result<Box<[_]>, _>>();
    Ok(BookLevels {
        instrument: instrument.id,
        venue_at: message.ts.time("ts")?,
        bids: levels(&message.bids)?,
        asks: levels(&message.asks)?,
    })
}

/// A funding rate at the time when it is paid: what was paid in the end, where that is known.
pub fn funding(message: &FundingInfo, instrument: InstrumentId) -> Result<Funding, ConvertError> {
    let paid = message.realized_rate.optional("realizedRate")?;
    let rate = paid.map_or_else(|| message.funding_rate.required("fundingRate"), Ok)?;
    Ok(Funding { instrument, venue_at: message.funding_time.time("fundingTime")?, rate: Rate(rate.normalize()) })
}

/// Everything that a frame of market data tells of the instruments that `find` knows. Books are taken as they are: a
/// frame that does not follow from the one before must be held back by the caller.
pub fn market_inputs<'a>(push: &Push, find: impl Fn(&str) -> Option<&'a Instrument>) -> Result<Vec<Input>, ConvertError> {
    let arg = push.arg.inst_id.as_str();
    // What the item says comes before what was subscribed to.
    let of = |inst_id: &crate::okx::message::Text| find(inst_id.some().unwrap_or(arg));
    let mut inputs = Vec::new();
    match &push.data {
        PushData::Trades(trades) => {
            for (message, instrument) in trades.iter().filter_map(|message| Some((message, of(&message.inst_id)?))) {
                inputs.push(Input::Trade(trade(message, instrument)?));
            }
        }
        PushData::Tickers(tickers) => {
            for (message, instrument) in tickers.iter().filter_map(|message| Some((message, of(&message.inst_id)?))) {
                inputs.extend(quote(message, instrument)?.map(Input::Quote));
            }
        }
        PushData::Candles(candles) => {
            let Some((interval, instrument)) = interval_of(push.arg.channel.as_str()).zip(find(arg)) else { return Ok(inputs) };
            for candle in candles {
                inputs.extend(bar(candle, interval, instrument)?.map(Input::Bar));
            }
        }
        PushData::Books(books) => {
            for (message, instrument) in books.iter().filter_map(|message| Some((message, of(&message.inst_id)?))) {
                if push.arg.channel == "bbo-tbt" {
                    inputs.extend(top(message, instrument)?.map(Input::Quote));
                    continue;
                }
                let levels = Box::new(book(message, instrument)?);
                inputs.push(match push.action {
                    Some(Action::Update) => Input::BookDelta(levels),
                    Some(Action::Snapshot) | None => Input::BookSnapshot(levels),
                });
            }
        }
        PushData::Funding(rates) => {
            for (message, instrument) in rates.iter().filter_map(|message| Some((message, of(&message.inst_id)?))) {
                inputs.push(Input::Funding(Box::new(funding(message, instrument.id)?)));
            }
        }
        _ => {}
    }
    Ok(inputs)
}

/// Which way.
pub(super) fn side(word: &Side) -> Result<market::Side, ConvertError> {
    match word {
        Side::Buy => Ok(market::Side::Buy),
        Side::Sell => Ok(market::Side::Sell),
        Side::Other(word) => Err(ConvertError::word("side", word.as_str())),
    }
}

fn level(row: &BookLevel, instrument: &Instrument) -> Result<Level, ConvertError> {
    let number = |text: &crate::okx::message::Text| Number::from(text.as_str());
    Ok(Level { price: price("px", number(&row.px), instrument)?, size: size("sz", number(&row.sz), instrument)? })
}
