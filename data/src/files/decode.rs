//! One row's fields to one event's values, at the instrument's scales.

use csv::ByteRecord;
use engine::instrument::Instrument;
use engine::market::{Bar, Funding, Level, Quote, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, MAX_PRICE, MAX_QUANTITY, MAX_SCALE, Rate};
use engine::time::{Interval, Timestamp};

use super::clock::TimeColumn;
use super::decimal::{self, Unfit};
use super::fault::{Fault, FaultKind};
use super::layout::{self, Columns, Layout, Taker};
use super::source::{BarTime, Source};

/// A row, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Bar(Bar),
    /// A bar that OKX marks as not finished yet.
    Unfinished,
    Trade(Trade),
    Quote(Quote),
    Level(BookRow),
    Funding(Funding),
}

/// One level of a book, and the message that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BookRow {
    pub message: MessageKey,
    pub side: Side,
    pub level: Level,
}

/// Consecutive rows with the same key are one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageKey {
    pub time: Timestamp,
    pub received: u64,
    pub is_snapshot: bool,
    /// The first of the venue's changes that it contains.
    pub first_id: Option<u64>,
    /// The last of them.
    pub last_id: Option<u64>,
    /// The last one of the message before it.
    pub prev_id: Option<u64>,
}

/// Reads rows of one source.
pub(super) struct Decoder {
    instrument: Instrument,
    layout: Layout,
    time: TimeColumn,
    interval: Interval,
    bar_time: BarTime,
    price_limit: i64,
    size_limit: i64,
}

impl Decoder {
    pub(super) fn new(source: &Source, instrument: Instrument) -> Self {
        let limit =
            |most: i64, scale: u8| 10_i64.checked_pow(scale.into()).and_then(|power| most.checked_mul(power)).unwrap_or(i64::MAX);
        Self {
            layout: source.layout.clone(),
            time: source.time,
            // Only bars look at it, and a source of bars has one.
            interval: source.interval().unwrap_or(Interval(1)),
            bar_time: source.options.bar_time,
            price_limit: limit(MAX_PRICE, instrument.price_scale),
            size_limit: limit(MAX_QUANTITY, instrument.size_scale),
            instrument,
        }
    }

    pub(super) fn is_of_books(&self) -> bool {
        matches!(self.layout.columns, Columns::Books { .. })
    }

    /// The row's time; of a bar, when it opened.
    pub(super) fn time(&self, row: &ByteRecord) -> Result<Timestamp, Fault> {
        if row.len() != self.layout.width {
            let (has, expected) = (row.len(), self.layout.width);
            return Err(Fault::new(FaultKind::Malformed, format!("it has {has} columns instead of {expected}")));
        }
        let time = self.time.read(row)?;
        if self.bar_time == BarTime::Close && matches!(self.layout.columns, Columns::Candles { .. }) {
            return Ok(time.plus_ns(-self.interval.ns()));
        }
        Ok(time)
    }

    /// The row of that time.
    pub(super) fn row(&self, time: Timestamp, row: &ByteRecord) -> Result<Row, Fault> {
        let instrument = self.instrument.id;
        match self.layout.columns {
            Columns::Candles { open, high, low, close, volume, confirm } => {
                if confirm.is_some_and(|column| &row[column] == b"0") {
                    return Ok(Row::Unfinished);
                }
                let bar = Bar {
                    instrument,
                    interval: self.interval,
                    opened_at: time,
                    open: self.price(row, open, "open")?,
                    high: self.price(row, high, "high")?,
                    low: self.price(row, low, "low")?,
                    close: self.price(row, close, "close")?,
                    volume: self.volume(row, volume)?,
                };
                possible(&bar).map_err(|reason| Fault::new(FaultKind::Impossible, reason.to_owned() + &self.show(&bar)))?;
                Ok(Row::Bar(bar))
            }
            Columns::Trades { price, size, taker, id } => Ok(Row::Trade(Trade {
                instrument,
                venue_at: time,
                price: self.price(row, price, "price")?,
                size: self.positive_size(row, size)?,
                taker: taker_side(row, taker)?,
                trade_id: id.map_or(Ok(None), |column| whole(row, column, "trade_id"))?,
            })),
            Columns::Quotes { bid_price, bid_size, ask_price, ask_size } => {
                let quote = Quote {
                    instrument,
                    venue_at: time,
                    bid_price: self.price(row, bid_price, "bid_price")?,
                    bid_size: self.size(row, bid_size, "bid_size")?,
                    ask_price: self.price(row, ask_price, "ask_price")?,
                    ask_size: self.size(row, ask_size, "ask_size")?,
                };
                if quote.bid_price > quote.ask_price {
                    return Err(Fault::new(FaultKind::Impossible, "its bid is above its ask"));
                }
                Ok(Row::Quote(quote))
            }
            Columns::Books { received, kind, first_id, last_id, prev_id, side, price, size } => {
                let is_snapshot = match &row[kind] {
                    b"snapshot" => true,
                    b"update" => false,
                    other => return Err(malformed("kind", other, "is not snapshot or update")),
                };
                let id = |column: Option<usize>, name| column.map_or(Ok(None), |column| whole(row, column, name));
                let message = MessageKey {
                    time,
                    received: id(received, "recv_ns")?.unwrap_or(0),
                    is_snapshot,
                    first_id: id(first_id, "first_id")?,
                    last_id: id(last_id, "last_id")?,
                    // OKX writes -1 where there is no message before it.
                    prev_id: id(prev_id.filter(|&column| &row[column] != b"-1"), "prev_id")?,
                };
                let level = Level { price: self.price(row, price, "price")?, size: self.size(row, size, "size")? };
                Ok(Row::Level(BookRow { message, side: side_of(row, side)?, level }))
            }
            Columns::Funding { rate } => {
                Ok(Row::Funding(Funding { instrument, venue_at: time, rate: funding_rate(&row[rate])? }))
            }
        }
    }

    fn show(&self, bar: &Bar) -> String {
        let price = |price| self.instrument.price(price).0.normalize();
        format!(" (open {}, high {}, low {}, close {})", price(bar.open), price(bar.high), price(bar.low), price(bar.close))
    }

    fn price(&self, row: &ByteRecord, column: usize, name: &str) -> Result<FixedPrice, Fault> {
        let field = &row[column];
        match decimal::fixed(field, self.instrument.price_scale) {
            Ok(price) if price > 0 && price <= self.price_limit => Ok(FixedPrice(price)),
            Ok(price) if price > 0 => Err(malformed(name, field, &format!("is above the highest price, {MAX_PRICE}"))),
            Ok(_) => Err(fault(FaultKind::NonPositive, name, field, "is not above zero")),
            Err(unfit) => Err(self.unfit(unfit, name, field, self.instrument.price_scale, "instrument.tick_size")),
        }
    }

    fn size(&self, row: &ByteRecord, column: usize, name: &str) -> Result<FixedSize, Fault> {
        let field = &row[column];
        match decimal::fixed(field, self.instrument.size_scale) {
            Ok(size) => self.within_limits(size, name, field),
            Err(unfit) => Err(self.unfit(unfit, name, field, self.instrument.size_scale, "instrument.lot_size")),
        }
    }

    /// A bar's volume is never booked, so decimals beyond the scale are rounded half to even.
    fn volume(&self, row: &ByteRecord, column: usize) -> Result<FixedSize, Fault> {
        let field = &row[column];
        match decimal::rounded(field, self.instrument.size_scale) {
            Ok(size) if size < 0 => Err(fault(FaultKind::Impossible, "volume", field, "is negative")),
            Ok(size) => self.within_limits(size, "volume", field),
            Err(unfit) => Err(self.unfit(unfit, "volume", field, self.instrument.size_scale, "instrument.lot_size")),
        }
    }

    fn within_limits(&self, size: i64, name: &str, field: &[u8]) -> Result<FixedSize, Fault> {
        match size {
            ..0 => Err(fault(FaultKind::NonPositive, name, field, "is negative")),
            _ if size > self.size_limit => Err(malformed(name, field, &format!("is above the largest size, {MAX_QUANTITY}"))),
            _ => Ok(FixedSize(size)),
        }
    }

    fn positive_size(&self, row: &ByteRecord, column: usize) -> Result<FixedSize, Fault> {
        let size = self.size(row, column, "size")?;
        if size.0 == 0 {
            return Err(fault(FaultKind::NonPositive, "size", &row[column], "is not above zero"));
        }
        Ok(size)
    }

    fn unfit(&self, unfit: Unfit, name: &str, field: &[u8], scale: u8, setting: &str) -> Fault {
        let symbol = &self.instrument.symbol;
        match unfit {
            Unfit::NotANumber if field.is_empty() => Fault::new(FaultKind::Malformed, format!("{name} is empty")),
            Unfit::NotANumber => malformed(name, field, "is not a number"),
            Unfit::Decimals(has) => {
                let advice = if has > u32::from(MAX_SCALE) {
                    format!("{MAX_SCALE} are the most that can be kept: round the column")
                } else {
                    format!("set {setting} to {} or finer", Decimal::new(1, has))
                };
                malformed(name, field, &format!("has {has} decimals, {symbol} has {scale}: {advice}"))
            }
            Unfit::TooLarge => malformed(name, field, &format!("is too large for {symbol}, which has {scale} decimals")),
        }
    }
}

fn possible(bar: &Bar) -> Result<(), &'static str> {
    if bar.high < bar.low {
        return Err("its high is below its low");
    }
    if bar.open > bar.high || bar.open < bar.low {
        return Err("its open is outside of high and low");
    }
    if bar.close > bar.high || bar.close < bar.low {
        return Err("its close is outside of high and low");
    }
    Ok(())
}

fn taker_side(row: &ByteRecord, taker: Taker) -> Result<Side, Fault> {
    match taker {
        Taker::Side(column) => side_of(row, column),
        Taker::BuyerIsMaker(column) => match layout::flag(&row[column]) {
            Some(true) => Ok(Side::Sell),
            Some(false) => Ok(Side::Buy),
            None => Err(malformed("is_buyer_maker", &row[column], "is not true or false")),
        },
    }
}

fn side_of(row: &ByteRecord, column: usize) -> Result<Side, Fault> {
    match &row[column] {
        b"buy" | b"BUY" | b"Buy" | b"bid" | b"b" | b"B" => Ok(Side::Buy),
        b"sell" | b"SELL" | b"Sell" | b"ask" | b"s" | b"S" | b"a" => Ok(Side::Sell),
        other => Err(malformed("side", other, "is not buy or sell")),
    }
}

/// A whole number; `None` when the field is empty.
fn whole(row: &ByteRecord, column: usize, name: &str) -> Result<Option<u64>, Fault> {
    let field = &row[column];
    if field.is_empty() {
        return Ok(None);
    }
    let number = field.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    });
    number.map(Some).ok_or_else(|| malformed(name, field, "is not a whole number"))
}

fn funding_rate(field: &[u8]) -> Result<Rate, Fault> {
    let digits = decimal::Digits::parse(field).ok_or_else(|| malformed("rate", field, "is not a number"))?;
    let mantissa = i128::try_from(digits.mantissa).ok().map(|mantissa| if digits.negative { -mantissa } else { mantissa });
    let rate = mantissa.and_then(|mantissa| Decimal::try_from_i128_with_scale(mantissa, digits.decimals).ok());
    match rate {
        Some(rate) if rate.abs() <= Decimal::ONE => Ok(Rate(rate)),
        Some(_) => Err(malformed("rate", field, "is more than the whole notional")),
        None => Err(malformed("rate", field, "has more than 28 decimals")),
    }
}

fn malformed(name: &str, field: &[u8], what: &str) -> Fault {
    fault(FaultKind::Malformed, name, field, what)
}

fn fault(kind: FaultKind, name: &str, field: &[u8], what: &str) -> Fault {
    let shown: String = String::from_utf8_lossy(field).chars().take(40).collect();
    Fault::new(kind, format!("{name} {shown} {what}"))
}
