//! How the API writes numbers and times: all as text.

use engine::market::Side;
use engine::number::Decimal;
use engine::time::Timestamp;
use serde_json::Value;

/// A number without trailing zeros.
pub(super) fn number(value: Decimal) -> String {
    value.normalize().to_string()
}

/// A number that may not apply.
pub(super) fn number_or_empty(value: Option<Decimal>) -> String {
    value.map_or_else(String::new, number)
}

/// A time: Unix milliseconds.
pub(super) fn ms(at: Timestamp) -> String {
    at.0.div_euclid(1_000_000).to_string()
}

pub(super) fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// A row with fields added that all say the same; their names stand apart by blanks.
pub(super) fn with_same(mut row: Value, text: &str, names: &str) -> Value {
    for name in names.split_whitespace() {
        row[name] = text.into();
    }
    row
}

/// A row with the fields of another added.
pub(super) fn merged(mut row: Value, more: Value) -> Value {
    if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
        row.extend(more);
    }
    row
}
