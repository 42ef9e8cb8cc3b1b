//! What Binance sends, field by field. Fields that nobody needs are not read, and new ones do no harm.

use std::borrow::Cow;
use std::fmt;

use engine::number::Decimal;
use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A candle, as REST writes it: a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kline {
    /// When it opened, in Unix milliseconds.
    pub opened_at_ms: i64,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Traded size, in base units.
    pub volume: Decimal,
}

/// Trades of one taker order at one price, counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct AggTrade {
    /// Its id: they count up by one, for each symbol.
    #[serde(rename = "a")]
    pub id: u64,
    /// At which price.
    #[serde(rename = "p", deserialize_with = "decimal")]
    pub price: Decimal,
    /// How much, in base units.
    #[serde(rename = "q", deserialize_with = "decimal")]
    pub size: Decimal,
    /// When, in Unix milliseconds.
    #[serde(rename = "T")]
    pub at_ms: i64,
    /// Whether the buyer rested, so that the taker sold.
    #[serde(rename = "m")]
    pub buyer_is_maker: bool,
}

/// A candle, as the stream writes it: with what it is of, and whether it is final.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StreamKline {
    /// When it opened, in Unix milliseconds.
    #[serde(rename = "t")]
    pub opened_at_ms: i64,
    /// How long it is, such as `1m`.
    #[serde(rename = "i")]
    pub interval: String,
    /// First price.
    #[serde(rename = "o", deserialize_with = "decimal")]
    pub open: Decimal,
    /// Highest price.
    #[serde(rename = "h", deserialize_with = "decimal")]
    pub high: Decimal,
    /// Lowest price.
    #[serde(rename = "l", deserialize_with = "decimal")]
    pub low: Decimal,
    /// Last price.
    #[serde(rename = "c", deserialize_with = "decimal")]
    pub close: Decimal,
    /// Traded size, in base units.
    #[serde(rename = "v", deserialize_with = "decimal")]
    pub volume: Decimal,
    /// Whether it changes no more.
    #[serde(rename = "x")]
    pub is_final: bool,
}

impl StreamKline {
    /// The candle alone.
    pub fn kline(&self) -> Kline {
        let &Self { opened_at_ms, open, high, low, close, volume, .. } = self;
        Kline { opened_at_ms, open, high, low, close, volume }
    }
}

/// One message of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// Trades.
    Trade {
        /// Of what, such as `BTCUSDT`.
        symbol: String,
        /// The trades.
        trade: AggTrade,
    },
    /// A candle, while it forms and when it is final.
    Kline {
        /// Of what, such as `BTCUSDT`.
        symbol: String,
        /// The candle.
        kline: StreamKline,
    },
    /// Something else, such as the answer to a subscription.
    Other,
}

/// A stream's message in its envelope; streams that are asked for one by one come without.
#[derive(Deserialize)]
#[serde(untagged)]
enum Frame<T> {
    Wrapped { data: T },
    Bare(T),
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "e", borrow, default)]
    event: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct KlinePush {
    #[serde(rename = "s")]
    symbol: String,
    #[serde(rename = "k")]
    kline: StreamKline,
}

#[derive(Deserialize)]
struct TradePush {
    #[serde(rename = "s")]
    symbol: String,
    #[serde(flatten)]
    trade: AggTrade,
}

impl Push {
    /// Reads one text frame.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let (Frame::Wrapped { data: head } | Frame::Bare(head)) = serde_json::from_str::<Frame<Head<'_>>>(text)?;
        match head.event.as_deref() {
            Some("aggTrade") => {
                let (Frame::Wrapped { data } | Frame::Bare(data)) = serde_json::from_str::<Frame<TradePush>>(text)?;
                Ok(Self::Trade { symbol: data.symbol, trade: data.trade })
            }
            Some("kline") => {
                let (Frame::Wrapped { data } | Frame::Bare(data)) = serde_json::from_str::<Frame<KlinePush>>(text)?;
                Ok(Self::Kline { symbol: data.symbol, kline: data.kline })
            }
            _ => Ok(Self::Other),
        }
    }
}

/// The time of the venue.
#[derive(Deserialize)]
pub(super) struct ServerTime {
    #[serde(rename = "serverTime")]
    pub at_ms: i64,
}

impl<'de> Deserialize<'de> for Kline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KlineRow)
    }
}

struct KlineRow;

impl<'de> Visitor<'de> for KlineRow {
    type Value = Kline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a candle `[time, open, high, low, close, volume, ...]`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<Kline, A::Error> {
        let opened_at_ms = row.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        let mut numbers = [Decimal::ZERO; 5];
        for (index, number) in numbers.iter_mut().enumerate() {
            let Text(value) = row.next_element()?.ok_or_else(|| A::Error::invalid_length(index + 1, &self))?;
            *number = value;
        }
        while row.next_element::<IgnoredAny>()?.is_some() {}
        let [open, high, low, close, volume] = numbers;
        Ok(Kline { opened_at_ms, open, high, low, close, volume })
    }
}

/// A decimal in quotes.
struct Text(Decimal);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal(deserializer).map(Self)
    }
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    Decimal::from_str_exact(&text).map_err(|_| D::Error::custom(format_args!("`{text}` is not a decimal number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_trades_are_read_and_new_fields_do_no_harm() {
        let row =
            r#"[1704067200000,"42283.58000000","42298.62","42261.02","42298.61","35.92724",1704067259999,"x",1,"y","z","0",7]"#;
        let kline: Kline = serde_json::from_str(row).unwrap();
        assert_eq!((kline.opened_at_ms, kline.volume.to_string().as_str()), (1_704_067_200_000, "35.92724"));
        let trade =
            r#"{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true,"new":[]}"#;
        let trade: AggTrade = serde_json::from_str(trade).unwrap();
        assert_eq!((trade.id, trade.at_ms, trade.buyer_is_maker), (26_129, 1_498_793_709_153, true));
        for bad in ["[]", "{}", "null", r"[1]", r#"["1","2","3","4","5","6"]"#, r#"[1,"2","3","4","5","NaN"]"#, "[1,2,3,4,5,6]"] {
            assert!(serde_json::from_str::<Kline>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pushes_are_told_apart_with_and_without_their_envelope() {
        let kline = r#"{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":60000,"T":119999,"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"1","c":"2","h":"3","l":"0.5","v":"10","n":2,"x":true}}"#;
        let trade =
            r#"{"e":"aggTrade","E":2,"s":"ETHUSDT","a":5,"p":"2000.10","q":"0.5","f":1,"l":2,"T":61000,"m":false,"M":true}"#;
        for (text, wrapped) in [kline, trade].map(|text| (text.to_owned(), format!(r#"{{"stream":"any","data":{text}}}"#))) {
            assert_eq!(Push::parse(&text).unwrap(), Push::parse(&wrapped).unwrap());
        }
        let Push::Kline { symbol, kline } = Push::parse(kline).unwrap() else { panic!("no candle") };
        assert_eq!((symbol.as_str(), kline.is_final, kline.kline().high), ("BTCUSDT", true, Decimal::from(3)));
        let Push::Trade { symbol, trade } = Push::parse(trade).unwrap() else { panic!("no trade") };
        assert_eq!((symbol.as_str(), trade.id, trade.buyer_is_maker), ("ETHUSDT", 5, false));
        assert_eq!(Push::parse(r#"{"result":null,"id":1}"#).unwrap(), Push::Other);
        assert!(Push::parse("pong").is_err() && Push::parse(r#"{"e":"kline","s":"X"}"#).is_err());
    }
}
