//! The only file that knows both vocabularies: Binance's and the engine's.

use std::path::Path;

use engine::instrument::Instrument;
use engine::market::{Bar, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, RoundingStrategy};
use engine::time::{Interval, Timestamp};

use super::message::{AggTrade, Kline};
use crate::files::NameHint;

const NS_PER_MS: i64 = 1_000_000;

/// The lengths of its candles, in seconds, that are whole seconds and always the same.
const INTERVALS: [u32; 15] =
    [1, 60, 180, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800, 43_200, 86_400, 259_200, 604_800];

/// What Binance sends does not fit the instrument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// It has more decimals than the instrument, or too many digits.
    #[error("Binance's {field} {value} of {symbol} does not fit {scale} decimals")]
    Unfit {
        /// Which field.
        field: &'static str,
        /// What it is.
        value: Decimal,
        /// Of what.
        symbol: String,
        /// The instrument's decimals.
        scale: u8,
    },
    /// A price or a size that is not above zero, or a candle whose high is not its highest.
    #[error("Binance sent an impossible {what} of {symbol}")]
    Impossible {
        /// What it is.
        what: &'static str,
        /// Of what.
        symbol: String,
    },
}

/// `BTCUSDT` for `BTC-USDT`; `None` for what is not a spot pair.
pub fn symbol_of(instrument: &str) -> Option<String> {
    let (base, quote) = instrument.split_once('-')?;
    let is_code = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (is_code(base) && is_code(quote)).then(|| format!("{base}{quote}"))
}

/// `BTC-USDT` for `BTCUSDT`, where its quote currency is known.
pub fn instrument_of(symbol: &str) -> Option<String> {
    // Names of Binance's files are read by the same rule.
    let name = format!("{symbol}-trades");
    symbol.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| NameHint::of(Path::new(&name)).symbol)?
}

/// `1m` for a minute; `None` for a length that Binance does not have.
pub fn interval_name(interval: Interval) -> Option<String> {
    // A week is `1w` in both vocabularies, and so are all the others.
    INTERVALS.contains(&interval.0).then(|| interval.to_string())
}

/// The bar of a candle that is final. Its volume is rounded half to even to the instrument's decimals.
pub fn bar(kline: &Kline, interval: Interval, instrument: &Instrument) -> Result<Bar, ConvertError> {
    let price = |field, value| price(field, value, instrument);
    let scale = instrument.size_scale.into();
    let rounded = kline.volume.round_dp_with_strategy(scale, RoundingStrategy::MidpointNearestEven);
    let bar = Bar {
        instrument: instrument.id,
        interval,
        opened_at: timestamp(kline.opened_at_ms),
        open: price("open", kline.open)?,
        high: price("high", kline.high)?,
        low: price("low", kline.low)?,
        close: price("close", kline.close)?,
        volume: FixedSize(fixed("volume", rounded, instrument.size_scale, instrument)?),
    };
    let inside = |price| bar.low <= price && price <= bar.high;
    if !inside(bar.open) || !inside(bar.close) || bar.volume.0 < 0 {
        return Err(ConvertError::Impossible { what: "candle", symbol: instrument.symbol.clone() });
    }
    Ok(bar)
}

/// The engine's trade.
pub fn trade(trade: &AggTrade, instrument: &Instrument) -> Result<Trade, ConvertError> {
    let size = fixed("size", trade.size, instrument.size_scale, instrument)?;
    if size <= 0 {
        return Err(ConvertError::Impossible { what: "trade's size", symbol: instrument.symbol.clone() });
    }
    Ok(Trade {
        instrument: instrument.id,
        venue_at: timestamp(trade.at_ms),
        price: price("price", trade.price, instrument)?,
        size: FixedSize(size),
        taker: if trade.buyer_is_maker { Side::Sell } else { Side::Buy },
        trade_id: Some(trade.id),
    })
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp(ms.saturating_mul(NS_PER_MS))
}

fn price(field: &'static str, value: Decimal, instrument: &Instrument) -> Result<FixedPrice, ConvertError> {
    match fixed(field, value, instrument.price_scale, instrument)? {
        price @ 1.. => Ok(FixedPrice(price)),
        _ => Err(ConvertError::Impossible { what: "price", symbol: instrument.symbol.clone() }),
    }
}

/// The mantissa at `scale`, exactly.
fn fixed(field: &'static str, value: Decimal, scale: u8, instrument: &Instrument) -> Result<i64, ConvertError> {
    let short = value.normalize();
    let missing = u32::from(scale).checked_sub(short.scale());
    missing
        .and_then(|missing| short.mantissa().checked_mul(10_i128.checked_pow(missing)?))
        .and_then(|mantissa| i64::try_from(mantissa).ok())
        .ok_or_else(|| ConvertError::Unfit { field, value, symbol: instrument.symbol.clone(), scale })
}

#[cfg(test)]
mod tests {
    use engine::instrument::InstrumentId;
    use engine::number::{Price, Quantity, Rate};

    use super::*;

    fn instrument() -> Instrument {
        Instrument {
            id: InstrumentId(3),
            symbol: "BTC-USDT".to_owned(),
            base: "BTC".parse().unwrap(),
            quote: "USDT".parse().unwrap(),
            price_scale: 2,
            size_scale: 5,
            tick_size: Price(Decimal::new(1, 2)),
            lot_size: Quantity(Decimal::new(1, 5)),
            min_size: Quantity(Decimal::new(1, 5)),
            maker_fee: Rate::ZERO,
            taker_fee: Rate::ZERO,
        }
    }

    fn kline(prices: [&str; 4], volume: &str) -> Kline {
        let number = |text: &str| text.parse().unwrap();
        let [open, high, low, close] = prices.map(number);
        Kline { opened_at_ms: 60_000, open, high, low, close, volume: number(volume) }
    }

    #[test]
    fn symbols_change_their_form_both_ways() {
        for (instrument, symbol) in [("BTC-USDT", "BTCUSDT"), ("ETH-BTC", "ETHBTC"), ("1INCH-FDUSD", "1INCHFDUSD")] {
            assert_eq!(symbol_of(instrument).as_deref(), Some(symbol));
            assert_eq!(instrument_of(symbol).as_deref(), Some(instrument));
        }
        for other in ["BTC-USDT-SWAP", "BTCUSDT", "btc-usdt", "-USDT", "BTC-", "BTC-USDT&x=1", ""] {
            assert_eq!(symbol_of(other), None, "{other}");
        }
        for other in ["USDT", "BTCXYZ", "BTC-USDT", "", "../BTCUSDT"] {
            assert_eq!(instrument_of(other), None, "{other}");
        }
        assert_eq!(interval_name(Interval(604_800)).as_deref(), Some("1w"));
        assert_eq!((interval_name(Interval(14_400)).as_deref(), interval_name(Interval(600))), (Some("4h"), None));
    }

    #[test]
    fn candles_are_exact_and_their_volume_is_rounded() {
        let bar = bar(&kline(["100.50", "101", "99.99000000", "100"], "1.234565"), Interval(60), &instrument()).unwrap();
        assert_eq!((bar.open.0, bar.high.0, bar.low.0, bar.close.0), (10_050, 10_100, 9_999, 10_000));
        assert_eq!((bar.volume.0, bar.closed_at()), (123_456, Timestamp(120_000_000_000)));
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_never_rounded() {
        let of = |prices, volume| bar(&kline(prices, volume), Interval(60), &instrument());
        let unfit = of(["100.501", "101", "99", "100"], "1").unwrap_err();
        assert_eq!(unfit.to_string(), "Binance's open 100.501 of BTC-USDT does not fit 2 decimals");
        assert!(matches!(of(["1", "79228162514264337593543950335", "1", "1"], "1"), Err(ConvertError::Unfit { .. })));
        for bad in [["0", "1", "0", "1"], ["1", "1", "-1", "1"], ["2", "1", "1", "1"], ["1", "2", "1", "3"]] {
            assert!(matches!(of(bad, "1"), Err(ConvertError::Impossible { .. })), "{bad:?}");
        }
        assert!(matches!(of(["1", "1", "1", "1"], "-1"), Err(ConvertError::Impossible { .. })));
    }

    #[test]
    fn a_buyer_that_rested_was_sold_to() {
        let sold = AggTrade { id: 7, price: Decimal::from(100), size: Decimal::new(5, 3), at_ms: 5, buyer_is_maker: true };
        let sell = trade(&sold, &instrument()).unwrap();
        assert_eq!((sell.taker, sell.trade_id, sell.size.0, sell.venue_at.0), (Side::Sell, Some(7), 500, 5_000_000));
        assert_eq!(trade(&AggTrade { buyer_is_maker: false, ..sold }, &instrument()).unwrap().taker, Side::Buy);
        assert!(trade(&AggTrade { size: Decimal::ZERO, ..sold }, &instrument()).is_err());
    }
}
