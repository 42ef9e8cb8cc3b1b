//! Which column is what: told by the header, or by the shape of the first row where there is none.

use std::fmt;

use csv::ByteRecord;
use serde::Serialize;

use super::FileError;
use super::archive::Origin;
use super::clock::Unit;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bars.
    Candles,
    /// Public trades.
    Trades,
    /// Best bids and asks.
    Quotes,
    /// Order books: snapshots and what changed.
    Books,
    /// Funding rates.
    Funding,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Candles => "candles",
            Self::Trades => "trades",
            Self::Quotes => "quotes",
            Self::Books => "books",
            Self::Funding => "funding",
        })
    }
}

/// The headers that are known, for the message that says so.
const KNOWN: &str = "candles `ts_ms,open,high,low,close,volume`, trades `ts_ms,price,size,side[,trade_id]`, \
     quotes `ts_ms,bid_price,bid_size,ask_price,ask_size`, books `ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size`, \
     funding `ts_ms,rate`; the time may be ts_ms, ts_ns, ts or time";

/// Columns of time, best first, with the unit that the name says. `ts_ns` counts only where it holds a time.
const TIMES: [(&str, Option<Unit>); 12] = [
    ("ts_ns", Some(Unit::Nanoseconds)),
    ("ts_ms", Some(Unit::Milliseconds)),
    ("ts_us", Some(Unit::Microseconds)),
    ("ts", None),
    ("time", None),
    ("timestamp", None),
    ("date", None),
    ("datetime", None),
    ("open_time", None),
    ("created_time", None),
    ("transact_time", None),
    ("成交时间", None),
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Columns in a row.
    pub width: usize,
    /// Whether the first row is a header.
    pub header: bool,
    /// The columns that may hold the time, best first; at least one.
    pub times: Vec<(usize, Option<Unit>)>,
    pub columns: Columns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    Candles {
        open: usize,
        high: usize,
        low: usize,
        close: usize,
        volume: usize,
        /// OKX: 0 while the bar is not finished.
        confirm: Option<usize>,
    },
    Trades {
        price: usize,
        size: usize,
        taker: Taker,
        id: Option<usize>,
    },
    Quotes {
        bid_price: usize,
        bid_size: usize,
        ask_price: usize,
        ask_size: usize,
    },
    Books {
        received: Option<usize>,
        kind: usize,
        first_id: Option<usize>,
        last_id: Option<usize>,
        prev_id: Option<usize>,
        side: usize,
        price: usize,
        size: usize,
    },
    Funding {
        rate: usize,
    },
}

/// How the taker's side is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    /// `buy` or `sell`.
    Side(usize),
    /// Binance: `true` when the buyer rested, so the taker sold.
    BuyerIsMaker(usize),
}

impl Columns {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Candles { .. } => Kind::Candles,
            Self::Trades { .. } => Kind::Trades,
            Self::Quotes { .. } => Kind::Quotes,
            Self::Books { .. } => Kind::Books,
            Self::Funding { .. } => Kind::Funding,
        }
    }
}

impl Layout {
    /// From the first row: its names, or, when it is already data, its shape. `None` when it is neither.
    pub(super) fn of(first: &ByteRecord, aggregated: bool) -> Option<Self> {
        let starts_with_number = first.get(0).is_some_and(|field| super::decimal::Digits::parse(field).is_some());
        if starts_with_number {
            return Self::headerless(first, aggregated);
        }
        let names: Vec<String> = first.iter().map(column_name).collect();
        Self::named(&names)
    }

    /// From column names, in lower case.
    pub(super) fn named(names: &[String]) -> Option<Self> {
        let find = |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
        let time = |&(time, unit): &(&str, _)| Some((names.iter().position(|name| name == time)?, unit));
        let times: Vec<_> = TIMES.iter().filter_map(time).collect();
        let (price, size) = (find(&["price", "价格"]), find(&["size", "qty", "quantity", "amount", "数量"]));
        let bought_or_sold = find(&["side", "交易方向"]);
        let columns = if let (Some(kind), Some(side), Some(price), Some(size)) = (find(&["kind"]), bought_or_sold, price, size) {
            let [received, first_id, last_id, prev_id] = ["recv_ns", "first_id", "last_id", "prev_id"].map(|name| find(&[name]));
            Columns::Books { received, kind, first_id, last_id, prev_id, side, price, size }
        } else if let (Some(bid_price), Some(bid_size), Some(ask_price), Some(ask_size)) =
            (find(&["bid_price"]), find(&["bid_size"]), find(&["ask_price"]), find(&["ask_size"]))
        {
            Columns::Quotes { bid_price, bid_size, ask_price, ask_size }
        } else if let (Some(open), Some(high), Some(low), Some(close), Some(volume)) =
            (find(&["open"]), find(&["high"]), find(&["low"]), find(&["close"]), find(&["volume", "vol"]))
        {
            Columns::Candles { open, high, low, close, volume, confirm: find(&["confirm"]) }
        } else if let (Some(price), Some(size)) = (price, size) {
            let taker = match bought_or_sold {
                Some(column) => Taker::Side(column),
                None => Taker::BuyerIsMaker(find(&["is_buyer_maker"])?),
            };
            Columns::Trades { price, size, taker, id: find(&["trade_id", "agg_trade_id", "id", "交易id"]) }
        } else {
            Columns::Funding { rate: find(&["rate", "funding_rate"])? }
        };
        (!times.is_empty()).then_some(Self { width: names.len(), header: true, times, columns })
    }

    /// The columns that are looked at, in the file's order.
    pub(super) fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.times.iter().map(|&(column, _)| column).collect();
        match self.columns {
            Columns::Candles { open, high, low, close, volume, confirm } => {
                used.extend([open, high, low, close, volume]);
                used.extend(confirm);
            }
            Columns::Trades { price, size, taker: Taker::Side(taker) | Taker::BuyerIsMaker(taker), id } => {
                used.extend([price, size, taker]);
                used.extend(id);
            }
            Columns::Quotes { bid_price, bid_size, ask_price, ask_size } => {
                used.extend([bid_price, bid_size, ask_price, ask_size]);
            }
            Columns::Books { received, kind, first_id, last_id, prev_id, side, price, size } => {
                used.extend([kind, side, price, size]);
                used.extend([received, first_id, last_id, prev_id].into_iter().flatten());
            }
            Columns::Funding { rate } => used.push(rate),
        }
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Binance's files without a header, and bare `time,open,high,low,close,volume`.
    fn headerless(first: &ByteRecord, aggregated: bool) -> Option<Self> {
        let is_flag = |column: usize| first.get(column).is_some_and(|field| flag(field).is_some());
        let candles = Columns::Candles { open: 1, high: 2, low: 3, close: 4, volume: 5, confirm: None };
        let trades = |size, maker| Columns::Trades { price: 1, size, taker: Taker::BuyerIsMaker(maker), id: Some(0) };
        let (time, columns) = match first.len() {
            12 => (0, candles),
            6 if !is_flag(5) => (0, candles),
            7 | 8 if is_flag(6) && (aggregated || !is_flag(5)) => (5, trades(2, 6)),
            6 | 7 if is_flag(5) => (4, trades(2, 5)),
            _ => return None,
        };
        Some(Self { width: first.len(), header: false, times: vec![(time, None)], columns })
    }
}

/// The error for a header that is not known.
pub(super) fn unknown(origin: &Origin, header: &str) -> FileError {
    let shown: String = header.chars().take(80).collect();
    origin.format_error(format!("its header `{shown}` is of no known kind: expected {KNOWN}"))
}

/// freqtrade's JSON has no names.
pub(super) fn json_candles() -> Layout {
    let columns = Columns::Candles { open: 1, high: 2, low: 3, close: 4, volume: 5, confirm: None };
    Layout { width: 6, header: false, times: vec![(0, None)], columns }
}

/// A header's name in lower case, without a byte-order mark, and without the translation that OKX put behind a slash.
fn column_name(field: &[u8]) -> String {
    let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field);
    let field = field.split(|&byte| byte == b'/').next().unwrap_or_default();
    String::from_utf8_lossy(field).trim().to_lowercase()
}

/// `true` and `false` as Binance and Python write them.
pub(super) fn flag(field: &[u8]) -> Option<bool> {
    match field {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(row: &str) -> Option<Layout> {
        Layout::of(&ByteRecord::from(row.split(',').collect::<Vec<_>>()), false)
    }

    #[test]
    fn headers_tell_the_kind() {
        for (header, kind) in [
            ("ts_ms,open,high,low,close,volume", Kind::Candles),
            ("\u{feff}Time,Open,High,Low,Close,Volume", Kind::Candles),
            ("instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm", Kind::Candles),
            ("ts_ns,price,size,side", Kind::Trades),
            ("trade_id,side,size,price,created_time", Kind::Trades),
            ("trade_id/交易id,side/交易方向,size/数量,price/价格,created_time/成交时间", Kind::Trades),
            ("交易id,交易方向,数量,价格,成交时间", Kind::Trades),
            ("id,price,qty,quote_qty,time,is_buyer_maker", Kind::Trades),
            ("agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker", Kind::Trades),
            ("ts_ms,ts_ns,bid_price,bid_size,ask_price,ask_size", Kind::Quotes),
            ("ts_ms,recv_ns,kind,first_id,last_id,prev_id,side,price,size,checksum", Kind::Books),
            ("ts_ms,rate", Kind::Funding),
            ("1704067200000,1,2,0.5,1.5,10", Kind::Candles),
            ("1704067200000,1,2,0.5,1.5,10,1704067259999,15,3,5,7,0", Kind::Candles),
            ("100,42283.58,0.001,42.28,1704067200000,True,True", Kind::Trades),
            ("100,42283.58,0.001,42.28,1704067200000,true", Kind::Trades),
            ("50,42283.58,0.001,100,101,1704067200000,False,True", Kind::Trades),
            ("50,42283.58,0.001,100,101,1704067200000,False", Kind::Trades),
        ] {
            assert_eq!(layout(header).map(|layout| layout.columns.kind()), Some(kind), "{header}");
        }
        for header in
            ["ts_ms,open,high,low,close", "open,high,low,close,volume", "price,size,side", "ts_ms,price,size", "a,b", "1,2,3"]
        {
            assert_eq!(layout(header), None, "{header}");
        }
    }
}
