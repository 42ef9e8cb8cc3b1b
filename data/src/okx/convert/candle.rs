//! Candles and what their lengths are called.

use engine::instrument::Instrument;
use engine::market::Bar;
use engine::number::Decimal;
use engine::time::Interval;

use super::error::{ConvertError, price, size};
use crate::okx::message::Candle;

/// The venue's names of the lengths that it has. From six hours on those that follow UTC; the plain names follow UTC+8.
const NAMES: [(u32, &str); 15] = [
    (1, "1s"),
    (60, "1m"),
    (180, "3m"),
    (300, "5m"),
    (900, "15m"),
    (1_800, "30m"),
    (3_600, "1H"),
    (7_200, "2H"),
    (14_400, "4H"),
    (21_600, "6Hutc"),
    (43_200, "12Hutc"),
    (86_400, "1Dutc"),
    (172_800, "2Dutc"),
    (259_200, "3Dutc"),
    (604_800, "1Wutc"),
];

/// What the venue calls bars of this length; `None` when it has none.
pub fn name_of(interval: Interval) -> Option<&'static str> {
    NAMES.iter().find(|(seconds, _)| *seconds == interval.0).map(|&(_, name)| name)
}

/// The channel of bars of this length; `None` when the venue has none.
pub fn channel_of(interval: Interval) -> Option<String> {
    name_of(interval).map(|name| format!("candle{name}"))
}

/// The length of a channel's or a request's bars, `candle1m` or `1m`. Months have none: `1m` is a minute, `1M` a month.
pub fn interval_of(name: &str) -> Option<Interval> {
    let name = name.strip_prefix("candle").unwrap_or(name);
    let plain = |full: &str| full.strip_suffix("utc") == Some(name);
    NAMES.iter().find(|(_, full)| *full == name || plain(full)).map(|&(seconds, _)| Interval(seconds))
}

/// A closed bar; `None` while it is still forming.
pub fn bar(candle: &Candle, interval: Interval, instrument: &Instrument) -> Result<Option<Bar>, ConvertError> {
    if candle.confirm.required("confirm")? != Decimal::ONE {
        return Ok(None);
    }
    Ok(Some(Bar {
        instrument: instrument.id,
        interval,
        opened_at: candle.ts.time("ts")?,
        open: price("open", candle.open, instrument)?,
        high: price("high", candle.high, instrument)?,
        low: price("low", candle.low, instrument)?,
        close: price("close", candle.close, instrument)?,
        volume: size("vol", candle.vol, instrument)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_names() {
        for (text, channel) in [("1m", "candle1m"), ("1h", "candle1H"), ("1d", "candle1Dutc"), ("1w", "candle1Wutc")] {
            let interval: Interval = text.parse().unwrap();
            assert_eq!(channel_of(interval).as_deref(), Some(channel));
            assert_eq!(interval_of(channel), Some(interval));
        }
        assert_eq!(interval_of("candle1D"), Some(Interval(86_400)));
        assert_eq!(name_of(Interval(42)), None);
        for month in ["candle1M", "1Mutc", "candle", "", "utc"] {
            assert_eq!(interval_of(month), None, "{month:?}");
        }
    }
}
