//! What other programs would say of the same curve and trades, under their own names and nesting.
//!
//! Each is written from its documented formulas and from numbers that it gave; where it departs from the literature, so does
//! this. A number that does not exist is `null`, where the programs say `nan`, zero or a sentinel. One that is infinite is held as
//! the text `"Infinity"`, which [`text`] prints as `1e999`: a JSON number that Python's `json` and JavaScript read as infinity,
//! while the bare word `Infinity` is no JSON.

mod sample;
mod freqtrade;
mod jesse;
mod quantstats;
mod lean;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Closed, Series};

/// Another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// freqtrade 2026.9: what its backtest says of closed trades and of the wallet.
    Freqtrade,
    /// jesse 3.5.3.
    Jesse,
    /// quantstats 0.0.86 at 365 periods a year: its functions, and the table of its full report.
    Quantstats,
    /// `QuantConnect`'s LEAN, without dropping the first days.
    Lean,
}

/// What `tool` would say of the curve and its trades. The first equity is the capital that the trades began with.
pub fn values(tool: Tool, series: &Series, closed: &[Closed]) -> Value {
    match tool {
        Tool::Freqtrade => freqtrade::values(series, closed),
        Tool::Jesse => jesse::values(series),
        Tool::Quantstats => quantstats::values(series),
        Tool::Lean => lean::values(series, closed),
    }
}

const INFINITY: &str = "Infinity";
const NEGATIVE_INFINITY: &str = "-Infinity";

/// `value` as a JSON document, with an infinite number as `1e999`.
pub fn text(value: &Value) -> String {
    let text = format!("{value:#}");
    text.replace(&format!("\"{INFINITY}\""), "1e999").replace(&format!("\"{NEGATIVE_INFINITY}\""), "-1e999")
}

fn number(value: f64) -> Value {
    match value {
        f64::INFINITY => INFINITY.into(),
        f64::NEG_INFINITY => NEGATIVE_INFINITY.into(),
        value => value.into(),
    }
}

/// As an object in the order of the names.
fn object<const N: usize>(values: [(&str, f64); N]) -> Value {
    values.into_iter().map(|(name, value)| (name.to_owned(), number(value))).collect::<serde_json::Map<_, _>>().into()
}
