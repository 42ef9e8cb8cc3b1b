//! The records of a cold frame in columns, and back.

use engine::event::{Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::market::{Bar, Quote, Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::time::{Interval, Timestamp};

use super::column::{ColumnReader, ColumnWriter, Groups};
use super::error::Damage;
use super::row;

const TRADES: usize = 0;
const QUOTES: usize = 1;
const BARS: usize = 2;
const ROWS: usize = 3;

/// Columns a kind of market data has, *at* aside.
const TRADE_COLUMNS: usize = 7;
const QUOTE_COLUMNS: usize = 6;
const BAR_COLUMNS: usize = 8;

/// A frame's records while they are collected.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    order: Vec<i64>,
    at: Vec<i64>,
    trades: [Vec<i64>; TRADE_COLUMNS],
    quotes: [Vec<i64>; QUOTE_COLUMNS],
    bars: [Vec<i64>; BAR_COLUMNS],
    rows: Vec<u8>,
    counts: [u16; 4],
    columns: ColumnWriter,
}

fn push<const N: usize>(columns: &mut [Vec<i64>; N], values: [i64; N]) {
    for (column, value) in columns.iter_mut().zip(values) {
        column.push(value);
    }
}

impl BlockBuilder {
    /// Adds a record, whose canonical row is `row`.
    pub(super) fn push(&mut self, record: &Record, row: &[u8]) {
        let at = record.at.0;
        let sort = match &record.event {
            Event::Input(Input::Trade(trade)) if record.cause == record.seq => {
                self.trade(at, trade);
                TRADES
            }
            Event::Input(Input::Quote(quote)) if record.cause == record.seq => {
                push(&mut self.quotes, quote_values(at, quote));
                QUOTES
            }
            Event::Input(Input::Bar(bar)) if record.cause == record.seq => {
                push(&mut self.bars, bar_values(at, bar));
                BARS
            }
            _ => {
                self.rows.extend_from_slice(row);
                ROWS
            }
        };
        if sort != ROWS {
            self.at.push(at);
        }
        self.order.push(i64::try_from(sort).expect("one of four"));
        self.counts[sort] += 1;
    }

    fn trade(&mut self, at: i64, trade: &Trade) {
        let [instrument, lag, price, size, taker, has_id, id] = &mut self.trades;
        instrument.push(i64::from(trade.instrument.0));
        lag.push(at.wrapping_sub(trade.venue_at.0));
        price.push(trade.price.0);
        size.push(trade.size.0);
        taker.push(i64::from(trade.taker == Side::Sell));
        has_id.push(i64::from(trade.trade_id.is_some()));
        id.extend(trade.trade_id.map(u64::cast_signed));
    }

    /// How many records it has.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// Bytes of its rows; market data stay small.
    pub(super) fn row_bytes(&self) -> usize {
        self.rows.len()
    }

    /// Writes the body of a frame in place of what is in `out`, and starts again.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        out.clear();
        for count in self.counts {
            out.extend_from_slice(&count.to_le_bytes());
        }
        let columns = &mut self.columns;
        if self.counts.iter().filter(|count| **count > 0).count() > 1 {
            columns.write(&self.order, &Groups::ONE, out);
        }
        columns.write(&self.at, &Groups::ONE, out);
        for kind in [&self.trades[..], &self.quotes[..], &self.bars[..]] {
            if kind[0].is_empty() {
                continue;
            }
            let (instruments, one) = (Groups::of(&kind[0]), Groups::ONE);
            for (place, column) in kind.iter().enumerate() {
                // The ids of trades that have one do not line up with the instruments of all trades.
                let aligned = place > 0 && column.len() == kind[0].len();
                columns.write(column, if aligned { &instruments } else { &one }, out);
            }
        }
        out.extend_from_slice(&self.rows);
        self.clear();
    }

    fn clear(&mut self) {
        self.order.clear();
        self.at.clear();
        self.trades.iter_mut().chain(&mut self.quotes).chain(&mut self.bars).for_each(Vec::clear);
        self.rows.clear();
        self.counts = [0; 4];
    }
}

fn quote_values(at: i64, quote: &Quote) -> [i64; QUOTE_COLUMNS] {
    [
        i64::from(quote.instrument.0),
        at.wrapping_sub(quote.venue_at.0),
        quote.bid_price.0,
        quote.ask_price.0.wrapping_sub(quote.bid_price.0),
        quote.bid_size.0,
        quote.ask_size.0,
    ]
}

fn bar_values(at: i64, bar: &Bar) -> [i64; BAR_COLUMNS] {
    let (open, close) = (bar.open.0, bar.close.0);
    [
        i64::from(bar.instrument.0),
        i64::from(bar.interval.0),
        at.wrapping_sub(bar.opened_at.0.wrapping_add(bar.interval.ns())),
        close,
        open.wrapping_sub(close),
        bar.high.0.wrapping_sub(open.max(close)),
        open.min(close).wrapping_sub(bar.low.0),
        bar.volume.0,
    ]
}

/// Reads bodies; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct BlockReader {
    order: Vec<i64>,
    at: Vec<i64>,
    trades: [Vec<i64>; TRADE_COLUMNS],
    quotes: [Vec<i64>; QUOTE_COLUMNS],
    bars: [Vec<i64>; BAR_COLUMNS],
}

impl BlockReader {
    /// Appends the `count` records of a body, from seq `first` on, to `out`.
    pub(super) fn read(&mut self, body: &[u8], first: u64, count: usize, out: &mut Vec<Record>) -> Result<(), Damage> {
        let mut reader = ColumnReader::new(body);
        let header = reader.take(8)?;
        let counts = [0, 2, 4, 6].map(|at| usize::from(u16::from_le_bytes([header[at], header[at + 1]])));
        if counts.iter().sum::<usize>() != count {
            return Err(Damage::Columns("counts"));
        }
        self.columns(&mut reader, counts)?;
        self.records(reader.rest, first, counts, out)
    }

    fn columns(&mut self, reader: &mut ColumnReader, counts: [usize; 4]) -> Result<(), Damage> {
        let total = counts.iter().sum();
        match counts.iter().position(|count| *count == total) {
            Some(only) => {
                self.order.clear();
                self.order.resize(total, i64::try_from(only).expect("one of four"));
            }
            None => reader.read(total, &Groups::ONE, &mut self.order)?,
        }
        reader.read(total - counts[ROWS], &Groups::ONE, &mut self.at)?;
        let kinds = [(&mut self.trades[..], TRADES), (&mut self.quotes[..], QUOTES), (&mut self.bars[..], BARS)];
        for (columns, sort) in kinds {
            let Some((instrument, others)) = columns.split_first_mut() else { continue };
            reader.read(counts[sort], &Groups::ONE, instrument)?;
            let instruments = Groups::of(instrument);
            let (aligned, ids) = others.split_at_mut(if sort == TRADES { others.len() - 1 } else { others.len() });
            for column in aligned.iter_mut() {
                reader.read(counts[sort], &instruments, column)?;
            }
            if let (Some(has_id), Some(id)) = (aligned.last(), ids.first_mut()) {
                let with_id = has_id.iter().filter(|has| **has != 0).count();
                let groups = if with_id == counts[sort] { &instruments } else { &Groups::ONE };
                reader.read(with_id, groups, id)?;
            }
        }
        Ok(())
    }

    fn records(&self, mut rows: &[u8], first: u64, counts: [usize; 4], out: &mut Vec<Record>) -> Result<(), Damage> {
        let (mut taken, mut ids, mut market) = ([0; 4], 0, 0);
        for (seq, &sort) in (first..).zip(&self.order) {
            let sort = usize::try_from(sort).ok().filter(|sort| *sort <= ROWS).ok_or(Damage::Columns("order"))?;
            let index = taken[sort];
            if index == counts[sort] {
                return Err(Damage::Columns("order"));
            }
            taken[sort] += 1;
            if sort == ROWS {
                let (record, len) = row::decode(rows).map_err(|source| Damage::Row { seq, source })?;
                if record.seq != seq {
                    return Err(Damage::Seq { expected: seq, found: record.seq });
                }
                rows = &rows[len..];
                out.push(record);
                continue;
            }
            let at = self.at[market];
            market += 1;
            let input = match sort {
                TRADES => Input::Trade(self.trade(at, index, &mut ids)?),
                QUOTES => Input::Quote(self.quote(at, index)?),
                _ => Input::Bar(self.bar(at, index)?),
            };
            out.push(Record { seq, at: Timestamp(at), cause: seq, event: Event::Input(input) });
        }
        if rows.is_empty() { Ok(()) } else { Err(Damage::Columns("too long")) }
    }

    fn trade(&self, at: i64, index: usize, ids: &mut usize) -> Result<Trade, Damage> {
        let [instrument, lag, price, size, taker, has_id, id] = &self.trades;
        let taker = match taker[index] {
            0 => Side::Buy,
            1 => Side::Sell,
            _ => return Err(Damage::Columns("taker")),
        };
        let trade_id = if has_id[index] == 0 {
            None
        } else {
            *ids += 1;
            Some(id[*ids - 1].cast_unsigned())
        };
        Ok(Trade {
            instrument: instrument_id(instrument[index])?,
            venue_at: Timestamp(at.wrapping_sub(lag[index])),
            price: FixedPrice(price[index]),
            size: FixedSize(size[index]),
            taker,
            trade_id,
        })
    }

    fn quote(&self, at: i64, index: usize) -> Result<Quote, Damage> {
        let [instrument, lag, bid_price, spread, bid_size, ask_size] = &self.quotes;
        Ok(Quote {
            instrument: instrument_id(instrument[index])?,
            venue_at: Timestamp(at.wrapping_sub(lag[index])),
            bid_price: FixedPrice(bid_price[index]),
            bid_size: FixedSize(bid_size[index]),
            ask_price: FixedPrice(bid_price[index].wrapping_add(spread[index])),
            ask_size: FixedSize(ask_size[index]),
        })
    }

    fn bar(&self, at: i64, index: usize) -> Result<Bar, Damage> {
        let [instrument, interval, lag, close, body, above, below, volume] = &self.bars;
        let interval = Interval(u32::try_from(interval[index]).map_err(|_| Damage::Columns("interval"))?);
        let close = close[index];
        let open = close.wrapping_add(body[index]);
        Ok(Bar {
            instrument: instrument_id(instrument[index])?,
            interval,
            opened_at: Timestamp(at.wrapping_sub(lag[index]).wrapping_sub(interval.ns())),
            open: FixedPrice(open),
            high: FixedPrice(open.max(close).wrapping_add(above[index])),
            low: FixedPrice(open.min(close).wrapping_sub(below[index])),
            close: FixedPrice(close),
            volume: FixedSize(volume[index]),
        })
    }
}

fn instrument_id(value: i64) -> Result<InstrumentId, Damage> {
    u32::try_from(value).map(InstrumentId).map_err(|_| Damage::Columns("instrument"))
}
