//! Public data: what trades, and at which prices.

use serde::Deserialize;

use super::number::{Flag, Integer, Number};
use super::reply::list;
use super::text::Text;
use super::word::{InstType, Side};

/// An instrument's rules, of `public/instruments` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InstrumentInfo {
    /// What kind.
    pub inst_type: InstType,
    /// The venue's name for it, such as `BTC-USDT`.
    pub inst_id: Text,
    /// What orders over WebSocket call it. Another one in the demo environment; some instruments have none.
    pub inst_id_code: Integer,
    /// What is bought and sold, of spot and margin only.
    pub base_ccy: Text,
    /// What prices are in, of spot and margin only.
    pub quote_ccy: Text,
    /// What contracts settle in.
    pub settle_ccy: Text,
    /// What one contract stands for.
    pub ct_val: Number,
    /// Its multiplier.
    pub ct_mult: Number,
    /// In which currency that is.
    pub ct_val_ccy: Text,
    /// `linear` or `inverse`.
    pub ct_type: Text,
    /// Prices are multiples of this.
    pub tick_sz: Number,
    /// Sizes are multiples of this: base units of spot, contracts otherwise.
    pub lot_sz: Number,
    /// No order is smaller.
    pub min_sz: Number,
    /// No limit order is larger, in base units of spot.
    pub max_lmt_sz: Number,
    /// No market order is larger; of spot in USDT.
    pub max_mkt_sz: Number,
    /// No limit order is worth more, in USD.
    pub max_lmt_amt: Number,
    /// No market order is worth more, in USD.
    pub max_mkt_amt: Number,
    /// No trigger order is larger.
    pub max_trigger_sz: Number,
    /// No stop order is larger.
    pub max_stop_sz: Number,
    /// The highest leverage.
    pub lever: Number,
    /// `live`, `suspend`, `preopen`, `test`, `post_only`, `rebase` or `settling`.
    pub state: Text,
    /// When it was listed, milliseconds since 1970.
    pub list_time: Number,
    /// When it expires or is delisted, milliseconds since 1970.
    pub exp_time: Number,
    /// `normal` or what else rules it.
    pub rule_type: Text,
    /// Which of the account's fee groups it is in.
    pub group_id: Text,
    /// The index it follows, of contracts.
    pub uly: Text,
    /// Its family, of contracts.
    pub inst_family: Text,
    /// Which currencies an order may be paid in.
    #[serde(deserialize_with = "list")]
    pub trade_quote_ccy_list: Vec<Text>,
}

/// Best prices and a day's figures, of `market/ticker` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ticker {
    /// What kind.
    pub inst_type: InstType,
    /// Of what.
    pub inst_id: Text,
    /// The last trade's price.
    pub last: Number,
    /// The last trade's size.
    pub last_sz: Number,
    /// The lowest price that someone takes.
    pub ask_px: Number,
    /// How much at that price.
    pub ask_sz: Number,
    /// The highest price that someone pays.
    pub bid_px: Number,
    /// How much at that price.
    pub bid_sz: Number,
    /// The price a day ago.
    #[serde(rename = "open24h")]
    pub open_24h: Number,
    /// The highest price of the day.
    #[serde(rename = "high24h")]
    pub high_24h: Number,
    /// The lowest price of the day.
    #[serde(rename = "low24h")]
    pub low_24h: Number,
    /// The day's volume: base units of spot, contracts otherwise.
    #[serde(rename = "vol24h")]
    pub vol_24h: Number,
    /// The day's volume: quote units of spot, base units otherwise.
    #[serde(rename = "volCcy24h")]
    pub vol_ccy_24h: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// A public trade, of `market/trades` and its channels. On `trades` it may sum up several that one taker made at one price.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PublicTrade {
    /// Of what.
    pub inst_id: Text,
    /// The id of it, or of the last one that it sums up.
    pub trade_id: Text,
    /// At which price.
    pub px: Number,
    /// How much.
    pub sz: Number,
    /// The taker's side.
    pub side: Side,
    /// How many it sums up.
    pub count: Number,
    /// Its place in the venue's order of events.
    pub seq_id: Integer,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// A candle's row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "Row")]
pub struct Candle {
    /// When it opened, milliseconds since 1970.
    pub ts: Number,
    /// First price.
    pub open: Number,
    /// Highest price.
    pub high: Number,
    /// Lowest price.
    pub low: Number,
    /// Last price.
    pub close: Number,
    /// Volume: base units of spot, contracts otherwise.
    pub vol: Number,
    /// Volume: quote units of spot, base units otherwise.
    pub vol_ccy: Number,
    /// Volume in quote units.
    pub vol_ccy_quote: Number,
    /// Whether it is closed: 1 when it is, 0 while it is still forming.
    pub confirm: Number,
}

/// Rows may grow longer; what comes after the ninth is not known yet.
#[derive(Deserialize)]
struct Row(#[serde(deserialize_with = "list")] Vec<Number>);

impl From<Row> for Candle {
    fn from(Row(row): Row) -> Self {
        let at = |place: usize| row.get(place).copied().unwrap_or_default();
        let (vol, vol_ccy) = (at(5), at(6));
        // Older rows end with confirm right after the second volume or the first.
        let confirm = if row.len() > 8 { at(8) } else { Number::default() };
        let vol_ccy_quote = at(7);
        Self { ts: at(0), open: at(1), high: at(2), low: at(3), close: at(4), vol, vol_ccy, vol_ccy_quote, confirm }
    }
}

/// One price of a book, as text: old captures' checksums are over the very characters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "LevelRow")]
pub struct BookLevel {
    /// Its price.
    pub px: Text,
    /// How much rests there; zero removes the price.
    pub sz: Text,
}

/// Price, size, a zero that means nothing any more, and the number of orders. `books-full` leaves out the third.
struct LevelRow(BookLevel);

impl<'de> Deserialize<'de> for LevelRow {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> serde::de::Visitor<'de> for Fields {
            type Value = BookLevel;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a level: a list of a price, a size and more")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut row: A) -> Result<BookLevel, A::Error> {
                let (px, sz) = (row.next_element()?.unwrap_or_default(), row.next_element()?.unwrap_or_default());
                while row.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(BookLevel { px, sz })
            }
        }
        deserializer.deserialize_seq(Fields).map(Self)
    }
}

impl From<LevelRow> for BookLevel {
    fn from(LevelRow(level): LevelRow) -> Self {
        level
    }
}

/// A book or what changed in it, of `market/books` and the book channels.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BookData {
    /// Of what; on few channels only, the frame's `arg` always says it.
    pub inst_id: Text,
    /// Sellers, best first.
    #[serde(deserialize_with = "list")]
    pub asks: Vec<BookLevel>,
    /// Buyers, best first.
    #[serde(deserialize_with = "list")]
    pub bids: Vec<BookLevel>,
    /// When, milliseconds since 1970.
    pub ts: Number,
    /// Always 0 by now; see [`checksum`](crate::okx::book) for what it was.
    pub checksum: Integer,
    /// The sequence number of the message before; -1 in a snapshot.
    pub prev_seq_id: Integer,
    /// The sequence number of this one.
    pub seq_id: Integer,
}

/// A swap's funding rate, of `public/funding-rate` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FundingInfo {
    /// Of what.
    pub inst_id: Text,
    /// Share of the notional that longs will pay to shorts.
    pub funding_rate: Number,
    /// What was paid in the end; of the history only.
    pub realized_rate: Number,
    /// When it is or was paid, milliseconds since 1970.
    pub funding_time: Number,
    /// The next rate, where it is known.
    pub next_funding_rate: Number,
    /// When that is paid, milliseconds since 1970.
    pub next_funding_time: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// A price that margins are measured by, of `public/mark-price` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MarkPrice {
    /// Of what.
    pub inst_id: Text,
    /// The price.
    pub mark_px: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// The highest price to buy at and the lowest to sell at, of `public/price-limit` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PriceLimit {
    /// Of what.
    pub inst_id: Text,
    /// No buy order is priced higher.
    pub buy_lmt: Number,
    /// No sell order is priced lower.
    pub sell_lmt: Number,
    /// Whether the limits hold.
    pub enabled: Flag,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// An index's price, of `market/index-tickers` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IndexTicker {
    /// Of what.
    pub inst_id: Text,
    /// The price.
    pub idx_px: Number,
    /// When, milliseconds since 1970.
    pub ts: Number,
}

/// Work on the venue, of `system/status` and its channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SystemStatus {
    /// What it is about.
    pub title: Text,
    /// `scheduled`, `ongoing`, `pre_open`, `completed` or `canceled`.
    pub state: Text,
    /// When it begins, milliseconds since 1970.
    pub begin: Number,
    /// When it ends, milliseconds since 1970.
    pub end: Number,
    /// When canceling is possible again before the end, milliseconds since 1970.
    pub pre_open_begin: Number,
    /// Which part of the venue.
    pub service_type: Text,
    /// Which system.
    pub system: Text,
    /// How it was moved.
    pub sche_desc: Text,
    /// What kind of work.
    pub maint_type: Text,
    /// `1` production, `2` demo.
    pub env: Text,
    /// When, milliseconds since 1970; on the channel only.
    pub ts: Number,
}

/// How much may be borrowed at which margin, of `public/position-tiers`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PositionTier {
    /// Of what.
    pub inst_id: Text,
    /// Which step.
    pub tier: Text,
    /// The smallest position in it.
    pub min_sz: Number,
    /// The largest position in it.
    pub max_sz: Number,
    /// The highest leverage.
    pub max_lever: Number,
    /// Initial margin as a share.
    pub imr: Number,
    /// Maintenance margin as a share.
    pub mmr: Number,
}
