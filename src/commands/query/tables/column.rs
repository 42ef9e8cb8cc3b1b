//! Columns: a name, what it holds, and how it is read off a row.

use std::borrow::Cow;

use engine::number::{Amount, Decimal, Figure, POWERS_OF_TEN, Price, Quantity, Rate};
use engine::time::Timestamp;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Words.
    Text,
    /// A seq, an id or a count.
    Id,
    /// An instant.
    Time,
    /// Money, a price or a quantity: exact in the log, the nearest float in SQL and Parquet.
    Money,
    /// A ratio or another number that is no money.
    Ratio,
}

/// What is in a column of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    Text(Cow<'a, str>),
    Id(u64),
    Time(Timestamp),
    Money(Decimal),
    /// Money as a mantissa with so many decimals.
    Fixed(i64, u8),
    Ratio(f64),
}

/// A column of rows `R`, read with the help of `C`.
pub struct Column<R, C> {
    /// What SQL calls it.
    pub name: &'static str,
    /// What it holds.
    pub sort: Sort,
    /// Reads it off a row.
    pub get: for<'a> fn(&'a R, &'a C) -> Option<Cell<'a>>,
}

/// Takes cells, row by row.
pub trait Sink {
    /// The cell of one of the wanted columns, which come in order, each once a row.
    fn cell(&mut self, place: usize, cell: Option<Cell<'_>>);
    /// The row is whole.
    fn end_row(&mut self);
}

/// Puts the wanted columns of a row into a sink.
#[inline]
pub fn put<R, C, S: Sink>(columns: &[Column<R, C>], wanted: &[usize], row: &R, context: &C, sink: &mut S) {
    for (place, &index) in wanted.iter().enumerate() {
        sink.cell(place, (columns[index].get)(row, context));
    }
    sink.end_row();
}

impl Cell<'_> {
    /// The nearest float of a number; `None` for what is none.
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Money(value) => Some(Price(value).to_f64()),
            // Exact operands make the nearest float, as a parser of the text would.
            Self::Fixed(mantissa, scale) => {
                Some(mantissa as f64 / POWERS_OF_TEN[usize::from(scale).min(POWERS_OF_TEN.len() - 1)])
            }
            Self::Ratio(value) => Some(value),
            Self::Text(_) | Self::Id(_) | Self::Time(_) => None,
        }
    }
}

/// Exactly as the log has it.
impl std::fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Id(id) => id.fmt(f),
            Self::Time(at) => at.fmt(f),
            Self::Money(value) => value.normalize().fmt(f),
            Self::Fixed(mantissa, scale) => Decimal::new(*mantissa, u32::from(*scale)).normalize().fmt(f),
            Self::Ratio(value) => value.fmt(f),
        }
    }
}

/// Words of the program's own.
pub fn word(text: &'static str) -> Cell<'static> {
    Cell::Text(Cow::Borrowed(text))
}

macro_rules! money {
    ($($kind:ident)*) => {$(
        impl From<$kind> for Cell<'_> {
            fn from(value: $kind) -> Self {
                Self::Money(value.0)
            }
        }
    )*};
}
money!(Price Quantity Amount Rate Figure);

impl<'a> From<Cow<'a, str>> for Cell<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

impl From<u64> for Cell<'_> {
    fn from(id: u64) -> Self {
        Self::Id(id)
    }
}

impl From<f64> for Cell<'_> {
    fn from(value: f64) -> Self {
        Self::Ratio(value)
    }
}
