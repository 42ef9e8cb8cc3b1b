//! How market data look on the wire. Written by hand into one string: these rows are pushed tens of thousands of times
//! a second.

use std::fmt::Write as _;

use engine::instrument::Instrument;
use engine::market::{Level, Side};
use engine::number::{FixedPrice, FixedSize};
use engine::time::Timestamp;

use super::market::PublicTrade;
use super::market_candles::Candle;

/// A number without trailing zeros.
pub fn number(out: &mut String, mantissa: i128, scale: u8) {
    if mantissa < 0 {
        out.push('-');
    }
    let (mut rest, mut scale) = (mantissa.unsigned_abs(), u32::from(scale));
    // Most numbers fit, and then every division is cheap.
    if let Ok(mut small) = u64::try_from(rest) {
        while scale > 0 && small.is_multiple_of(10) {
            (small, scale) = (small / 10, scale - 1);
        }
        rest = u128::from(small);
    } else {
        while scale > 0 && rest.is_multiple_of(10) {
            (rest, scale) = (rest / 10, scale - 1);
        }
    }
    let mut digits = [0_u8; 64];
    let mut start = digits.len();
    let mut place = 0;
    loop {
        if place == scale && place > 0 {
            start -= 1;
            digits[start] = b'.';
        }
        start -= 1;
        let digit;
        if let Ok(small) = u64::try_from(rest) {
            (digit, rest) = (small % 10, u128::from(small / 10));
        } else {
            (digit, rest) = (u64::try_from(rest % 10).unwrap_or(0), rest / 10);
        }
        digits[start] = b'0' + u8::try_from(digit).unwrap_or(0);
        place += 1;
        if rest == 0 && place > scale {
            break;
        }
    }
    out.push_str(std::str::from_utf8(&digits[start..]).unwrap_or("0"));
}

/// A price in quotes.
pub fn price(out: &mut String, rules: &Instrument, price: FixedPrice) {
    out.push('"');
    number(out, price.0.into(), rules.price_scale);
    out.push('"');
}

/// A price in quotes, or nothing in quotes while there is none.
pub fn known_price(out: &mut String, rules: &Instrument, known: Option<FixedPrice>) {
    match known {
        Some(known) => price(out, rules, known),
        None => out.push_str("\"\""),
    }
}

/// A size in quotes.
pub fn size(out: &mut String, rules: &Instrument, size: FixedSize) {
    out.push('"');
    number(out, size.0.into(), rules.size_scale);
    out.push('"');
}

/// Unix milliseconds in quotes.
pub fn ms(out: &mut String, at: Timestamp) {
    out.push('"');
    number(out, at.0.div_euclid(1_000_000).into(), 0);
    out.push('"');
}

/// `"key":`, with a comma unless it is the first.
pub fn key(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

/// A key with a text that needs no escapes.
pub fn text(out: &mut String, name: &str, value: &str) {
    key(out, name);
    out.push('"');
    out.push_str(value);
    out.push('"');
}

/// The side of a taker.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// The levels of a book's side: `[["px","sz","0","1"],…]`, or without the third when `entries` is 3.
pub fn levels(out: &mut String, rules: &Instrument, levels: impl Iterator<Item = Level>, entries: usize) {
    out.push('[');
    for (place, level) in levels.enumerate() {
        out.push_str(if place == 0 { "[" } else { ",[" });
        price(out, rules, level.price);
        out.push(',');
        size(out, rules, level.size);
        out.push_str(if entries == 3 { ",\"1\"]" } else { ",\"0\",\"1\"]" });
    }
    out.push(']');
}

/// A public trade, as the channel `trades` has it when `in_channel` names it, else as REST has it.
pub fn trade(out: &mut String, rules: &Instrument, print: &PublicTrade, in_channel: Option<&str>) {
    out.push('{');
    text(out, "instId", &rules.symbol);
    key(out, "tradeId");
    let _ = write!(out, "\"{}\"", print.id);
    key(out, "px");
    price(out, rules, print.trade.price);
    key(out, "sz");
    size(out, rules, print.trade.size);
    text(out, "side", side(print.trade.taker));
    text(out, "source", "0");
    key(out, "ts");
    ms(out, print.trade.venue_at);
    if in_channel == Some("trades") {
        text(out, "count", "1");
        let _ = write!(out, ",\"seqId\":{}", print.seq);
    }
    out.push('}');
}

/// A candle: `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`.
pub fn candle(out: &mut String, rules: &Instrument, candle: &Candle, confirmed: bool) {
    out.push('[');
    ms(out, candle.opened_at);
    for part in [candle.open, candle.high, candle.low, candle.close] {
        out.push(',');
        price(out, rules, part);
    }
    let turnover_scale = rules.price_scale + rules.size_scale;
    for (mantissa, scale) in
        [(candle.volume, rules.size_scale), (candle.turnover, turnover_scale), (candle.turnover, turnover_scale)]
    {
        out.push_str(",\"");
        number(out, mantissa, scale);
        out.push('"');
    }
    out.push_str(if confirmed { ",\"1\"]" } else { ",\"0\"]" });
}

#[cfg(test)]
mod tests {
    use engine::number::Decimal;

    use super::*;

    #[test]
    fn numbers_are_written_as_a_decimal_would_be() {
        let random = fastrand::Rng::with_seed(3).clone();
        let mut random = random;
        let mantissas = (0..5_000).map(|_| random.i128(..) >> random.u32(32..127)).chain([0, 1, -1, 10, -1_000, i64::MAX.into()]);
        for mantissa in mantissas {
            let scale = u8::try_from(mantissa.unsigned_abs() % 25).unwrap();
            let mut written = String::new();
            number(&mut written, mantissa, scale);
            assert_eq!(written, Decimal::from_i128_with_scale(mantissa, scale.into()).normalize().to_string());
        }
    }
}
