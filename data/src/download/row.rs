//! One row of a download, and its line in the file.

use std::fmt;

use engine::market::Side;
use engine::number::Decimal;

use super::{NS_PER_MS, Position, Series};

/// A candle or a trade, exactly as the venue gave its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Candle { opened_at_ms: i64, prices: [Decimal; 4], volume: Decimal },
    Trade { at_ms: i64, price: Decimal, size: Decimal, taker: Side, id: u64 },
}

impl Series {
    /// The names of the columns.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Candles(_) => "ts_ms,open,high,low,close,volume",
            Self::Trades => "ts_ms,price,size,side,trade_id",
        }
    }
}

impl Row {
    /// Its time, and the id that tells trades of one time apart: rows are in this order.
    pub(super) fn key(&self) -> (i64, u64) {
        match *self {
            Self::Candle { opened_at_ms, .. } => (opened_at_ms, 0),
            Self::Trade { at_ms, id, .. } => (at_ms, id),
        }
    }

    /// Where a download goes on after it.
    pub(super) fn after(&self, series: Series) -> Position {
        match (*self, series) {
            (Self::Candle { opened_at_ms, .. }, Series::Candles(interval)) => {
                Position { at_ms: opened_at_ms.saturating_add(interval.ns() / NS_PER_MS), trade_id: None }
            }
            (Self::Trade { at_ms, id, .. }, _) => Position { at_ms, trade_id: Some(id) },
            (Self::Candle { opened_at_ms, .. }, Series::Trades) => Position { at_ms: opened_at_ms, trade_id: None },
        }
    }

    /// Reads a line that [`fmt::Display`] wrote.
    pub(super) fn parse(line: &str, series: Series) -> Option<Self> {
        let mut fields = line.split(',');
        let at_ms = fields.next()?.parse().ok()?;
        let mut decimal = || Decimal::from_str_exact(fields.next()?).ok();
        let row = match series {
            Series::Candles(_) => {
                Self::Candle { opened_at_ms: at_ms, prices: [decimal()?, decimal()?, decimal()?, decimal()?], volume: decimal()? }
            }
            Series::Trades => {
                let (price, size) = (decimal()?, decimal()?);
                let taker = match fields.next()? {
                    "buy" => Side::Buy,
                    "sell" => Side::Sell,
                    _ => return None,
                };
                Self::Trade { at_ms, price, size, taker, id: fields.next()?.parse().ok()? }
            }
        };
        fields.next().is_none().then_some(row)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Candle { opened_at_ms, prices: [open, high, low, close], volume } => {
                let [open, high, low, close] = [open, high, low, close].map(Decimal::normalize);
                write!(f, "{opened_at_ms},{open},{high},{low},{close},{}", volume.normalize())
            }
            Self::Trade { at_ms, price, size, taker, id } => {
                let side = if *taker == Side::Buy { "buy" } else { "sell" };
                write!(f, "{at_ms},{},{},{side},{id}", price.normalize(), size.normalize())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::time::Interval;

    use super::*;

    #[test]
    fn a_row_comes_back_from_its_line_and_a_torn_line_does_not() {
        let candles = Series::Candles(Interval(60));
        for (series, line) in [
            (candles, "1704067200000,42283.58,42298.62,42261.02,42298.61,35.92724"),
            (Series::Trades, "1704067200123,0.00001,5,sell,99"),
        ] {
            let row = Row::parse(line, series).unwrap();
            assert_eq!(row.to_string(), line);
            for end in 0..line.len() {
                // A shorter last number is a number as well: only a line with its end counts.
                let torn = Row::parse(&line[..end], series);
                assert!(
                    torn.is_none_or(|torn| torn.to_string() == line[..end] || line[..end].ends_with('.')),
                    "{}",
                    &line[..end]
                );
            }
            assert_eq!(Row::parse(&format!("{line},1"), series), None);
        }
        assert_eq!(
            Row::parse("1,2,3,buy,4", Series::Trades).unwrap().after(Series::Trades),
            Position { at_ms: 1, trade_id: Some(4) }
        );
        let next = Row::parse("60000,1,1,1,1,0", candles).unwrap().after(candles);
        assert_eq!(next, Position { at_ms: 120_000, trade_id: None });
    }
}
