//! A table in memory: what SQL reads, and the row groups of Parquet files.

use polars::prelude::{
    ChunkedBuilder, Column, DataFrame, DataType, Float64Type, Int64Type, IntoColumn, PlSmallStr, PolarsResult,
    PrimitiveChunkedBuilder, Schema, SortMultipleOptions, StringChunkedBuilder, TimeUnit, UInt64Type,
};

use super::column::{Cell, Sink, Sort};

/// Columns that grow.
pub struct Frame {
    columns: Vec<Growing>,
    rows: usize,
    /// The first column's last value, while that only rises.
    rising: Option<u64>,
}

struct Growing {
    name: &'static str,
    sort: Sort,
    /// Rows without a value before the first with one: a column that has none takes no room.
    empty: usize,
    values: Option<Values>,
    room: usize,
}

enum Values {
    Text(StringChunkedBuilder),
    Id(PrimitiveChunkedBuilder<UInt64Type>),
    Time(PrimitiveChunkedBuilder<Int64Type>),
    Number(PrimitiveChunkedBuilder<Float64Type>),
}

/// Of money where only types count.
const DECIMAL: DataType = DataType::Decimal(38, 12);
/// Nanoseconds, UTC.
const TIME: DataType = DataType::Datetime(TimeUnit::Nanoseconds, None);

impl Frame {
    /// Empty columns with room for so many rows.
    pub fn new(columns: impl IntoIterator<Item = (&'static str, Sort)>, rows: usize) -> Self {
        let growing = |(name, sort)| Growing { name, sort, empty: 0, values: None, room: rows };
        Self { columns: columns.into_iter().map(growing).collect(), rows: 0, rising: Some(0) }
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The whole table, by its first column where that is an id.
    pub fn finish(self) -> PolarsResult<DataFrame> {
        let by = self.columns.first().map(|column| column.name).filter(|_| self.rising.is_none());
        let rows = self.rows;
        let columns = self.columns.into_iter().map(|column| column.finish(rows));
        let frame = DataFrame::new_infer_height(columns.collect::<PolarsResult<_>>()?)?;
        match by {
            Some(by) => frame.sort([by], SortMultipleOptions::default()),
            None => Ok(frame),
        }
    }
}

impl Sink for Frame {
    #[inline]
    fn cell(&mut self, place: usize, cell: Option<Cell<'_>>) {
        if place == 0
            && let Some(Cell::Id(id)) = cell
        {
            self.rising = self.rising.filter(|last| *last <= id).map(|_| id);
        }
        self.columns[place].push(cell);
    }

    #[inline]
    fn end_row(&mut self) {
        self.rows += 1;
    }
}

impl Growing {
    #[inline]
    fn push(&mut self, cell: Option<Cell<'_>>) {
        match &mut self.values {
            Some(values) => values.push(cell),
            None if cell.is_none() => self.empty += 1,
            None => {
                let mut values = Values::new(self.name, self.sort, self.room);
                (0..self.empty).for_each(|_| values.push(None));
                values.push(cell);
                self.values = Some(values);
            }
        }
    }

    fn finish(self, rows: usize) -> PolarsResult<Column> {
        match self.values {
            None => Ok(Column::full_null(PlSmallStr::from_static(self.name), rows, &kind(self.sort))),
            Some(Values::Text(values)) => Ok(values.finish().into_column()),
            Some(Values::Id(values)) => Ok(values.finish().into_column()),
            Some(Values::Time(values)) => values.finish().into_column().cast(&TIME),
            Some(Values::Number(values)) => Ok(values.finish().into_column()),
        }
    }
}

impl Values {
    fn new(name: &'static str, sort: Sort, rows: usize) -> Self {
        let name = PlSmallStr::from_static(name);
        match sort {
            Sort::Text => Self::Text(StringChunkedBuilder::new(name, rows)),
            Sort::Id => Self::Id(PrimitiveChunkedBuilder::new(name, rows)),
            Sort::Time => Self::Time(PrimitiveChunkedBuilder::new(name, rows)),
            Sort::Money | Sort::Ratio => Self::Number(PrimitiveChunkedBuilder::new(name, rows)),
        }
    }

    #[inline]
    fn push(&mut self, cell: Option<Cell<'_>>) {
        match (self, cell) {
            (Self::Number(values), Some(cell)) => values.append_option(cell.number()),
            (Self::Time(values), Some(Cell::Time(at))) => values.append_value(at.0),
            (Self::Id(values), Some(Cell::Id(id))) => values.append_value(id),
            (Self::Text(values), Some(Cell::Text(text))) => values.append_value(text),
            (Self::Number(values), None) => values.append_null(),
            (Self::Time(values), _) => values.append_null(),
            (Self::Id(values), _) => values.append_null(),
            (Self::Text(values), _) => values.append_null(),
        }
    }
}

/// Empty columns, money as decimals: what a question about them makes of it is seen by the answer's types.
pub fn exact(columns: impl IntoIterator<Item = (&'static str, Sort)>) -> DataFrame {
    let column = |(name, sort)| {
        let kind = if sort == Sort::Money { DECIMAL } else { kind(sort) };
        (PlSmallStr::from_static(name), kind)
    };
    DataFrame::empty_with_schema(&columns.into_iter().map(column).collect())
}

/// What the columns are in Parquet.
pub fn schema(columns: impl IntoIterator<Item = (&'static str, Sort)>) -> Schema {
    columns.into_iter().map(|(name, sort)| (PlSmallStr::from_static(name), kind(sort))).collect()
}

fn kind(sort: Sort) -> DataType {
    match sort {
        Sort::Text => DataType::String,
        Sort::Id => DataType::UInt64,
        Sort::Time => TIME,
        Sort::Money | Sort::Ratio => DataType::Float64,
    }
}
