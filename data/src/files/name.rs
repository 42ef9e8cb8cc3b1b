//! What a file's name tells: symbol, interval, and what Binance put into it.

use std::path::Path;

use engine::time::Interval;

/// Endings that say how a file is packed or written, not what it is about.
const ENDINGS: [&str; 10] = [".gz", ".zst", ".zip", ".csv", ".json", ".parquet", ".feather", ".ipc", ".arrow", ".tmp"];

/// Quote currencies that Binance writes without a separator; longer ones first.
const QUOTES: [&str; 14] =
    ["FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "BTC", "ETH", "BNB", "EUR", "GBP", "TRY", "BRL", "USD"];

/// What a file's name tells. What the caller says explicitly goes before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameHint {
    /// Such as `BTC-USDT`.
    pub symbol: Option<String>,
    /// Of the bars, such as `1h`.
    pub interval: Option<Interval>,
    /// Binance's aggregated trades, whose columns are not those of its trades.
    pub(super) aggregated: bool,
}

impl NameHint {
    /// Knows `BTC-USDT_1h_….csv.gz` (ours), `BTCUSDT-1m-2024-01.zip` and `BTCUSDT-trades-2024-01.zip` (Binance),
    /// `BTC-USDT-trades-2024-01-01.zip` (OKX), `BTC_USDT-1h.feather` and `BTC_USDT_USDT-1h-futures.feather` (freqtrade).
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stem = stem(name);
        let aggregated = stem.contains("-aggTrades-");
        let (symbol, rest) = if let Some((pair, rest)) = stem.split_once('_').filter(|(pair, _)| is_dashed_pair(pair)) {
            (Some(pair.to_owned()), rest)
        } else if let Some((pair, rest)) = stem.split_once('-').filter(|(pair, _)| pair.contains('_')) {
            (freqtrade_pair(pair), rest)
        } else if let Some((pair, rest)) = stem.split_once('-').filter(|(_, rest)| is_binance_rest(rest)) {
            (concatenated_pair(pair), rest)
        } else {
            let pair_end = stem.find("-trades").or_else(|| stem.find("-candlesticks")).unwrap_or(stem.len());
            (Some(stem[..pair_end].to_owned()).filter(|pair| is_dashed_pair(pair)), "")
        };
        let interval = symbol.as_ref().and_then(|_| interval(rest.split(['_', '-']).next()?));
        Self { symbol, interval, aggregated }
    }
}

fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some(shorter) = ENDINGS.into_iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = shorter;
    }
    stem
}

/// `1h`, and OKX's `1H`, but not `1M`: that is a month.
fn interval(text: &str) -> Option<Interval> {
    let lower = text.to_ascii_lowercase();
    if text.ends_with('M') || !lower.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    lower.parse().ok()
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 12
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'$')
}

fn is_dashed_pair(text: &str) -> bool {
    text.contains('-') && text.split('-').all(is_code)
}

fn is_binance_rest(rest: &str) -> bool {
    let first = rest.split('-').next().unwrap_or_default();
    matches!(first, "trades" | "aggTrades") || interval(first).is_some()
}

/// `BTC_USDT`, and `BTC_USDT_USDT` for the perpetual settled in USDT.
fn freqtrade_pair(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('_').collect();
    match parts.as_slice() {
        [base, quote] if is_code(base) && is_code(quote) => Some(format!("{base}-{quote}")),
        [base, quote, settle] if is_code(base) && is_code(quote) && is_code(settle) => Some(format!("{base}-{quote}-SWAP")),
        _ => None,
    }
}

fn concatenated_pair(text: &str) -> Option<String> {
    let base_and_quote = QUOTES.into_iter().find_map(|quote| Some((text.strip_suffix(quote)?, quote)));
    base_and_quote.filter(|(base, _)| is_code(base)).map(|(base, quote)| format!("{base}-{quote}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_symbol_and_interval() {
        for (name, symbol, interval) in [
            ("BTC-USDT_1h_binance.csv.gz", "BTC-USDT", "1h"),
            ("BTC-USDT-SWAP_5m_okx.csv.gz", "BTC-USDT-SWAP", "5m"),
            ("BTC-USDT_1m_binance_2022.csv.zst", "BTC-USDT", "1m"),
            ("BTC-USDT_binance_20240808.csv.gz", "BTC-USDT", ""),
            ("BTC-USDT-SWAP_funding_okx.csv.gz", "BTC-USDT-SWAP", ""),
            ("BTCUSDT-1m-2024-01.zip", "BTC-USDT", "1m"),
            ("BTCUSDT-1mo-2024-01.zip", "", ""),
            ("BTCUSDT-trades-2024-01.zip", "BTC-USDT", ""),
            ("1000SATSFDUSD-aggTrades-2024-01-02.csv", "1000SATS-FDUSD", ""),
            ("BTC_USDT-1h.feather", "BTC-USDT", "1h"),
            ("BTC_USDT_USDT-5m-futures.feather", "BTC-USDT-SWAP", "5m"),
            ("BTC-USDT-trades-2024-01-01.zip", "BTC-USDT", ""),
            ("BTC-USDT.parquet", "BTC-USDT", ""),
            ("BTC-USDT_1D.json", "BTC-USDT", "1d"),
            ("ticks_1m.csv", "", ""),
            ("bars_500k.csv", "", ""),
            ("my-own-1h.csv", "", ""),
            ("", "", ""),
        ] {
            let hint = NameHint::of(Path::new(name));
            assert_eq!(hint.symbol.unwrap_or_default(), symbol, "{name}");
            assert_eq!(hint.interval.map(|interval| interval.to_string()).unwrap_or_default(), interval, "{name}");
            assert_eq!(hint.aggregated, name.contains("agg"), "{name}");
        }
    }
}
