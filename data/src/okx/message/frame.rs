//! What the venue says over a WebSocket: a frame with `event` is about the connection, one with `op` answers a request, and
//! one with `arg` alone brings data.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::account::{Balance, BalanceAndPosition, PositionInfo};
use super::algo::AlgoInfo;
use super::number::{Flag, Number};
use super::operation::PONG;
use super::order::{FillInfo, OrderInfo, OrderReply};
use super::public::{
    BookData, Candle, FundingInfo, IndexTicker, InstrumentInfo, MarkPrice, PriceLimit, PublicTrade, SystemStatus, Ticker,
};
use super::reply::{MessageError, list, parse};
use super::text::Text;

/// What is subscribed to, and what a frame belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Arg {
    /// Which channel, such as `tickers` or `candle1m`.
    pub channel: Text,
    /// What kind of instruments.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub inst_type: Text,
    /// Which family of instruments.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub inst_family: Text,
    /// Which instrument.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub inst_id: Text,
    /// Which currency.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub ccy: Text,
    /// Which algo order.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub algo_id: Text,
    /// Finer wishes: a text that holds JSON.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub extra_params: Text,
    /// Whose data it is; the venue adds it.
    #[serde(skip_serializing_if = "Text::is_absent")]
    pub uid: Text,
}

impl Arg {
    /// A channel of one instrument.
    pub fn of(channel: &str, inst_id: &str) -> Self {
        Self { channel: channel.into(), inst_id: inst_id.into(), ..Self::default() }
    }

    /// Whether a frame with `other` belongs to this subscription: the venue adds to what was asked for.
    pub fn covers(&self, other: &Self) -> bool {
        let fits = |own: &Text, other: &Text| own.is_absent() || other.is_absent() || own == other;
        self.channel == other.channel
            && fits(&self.inst_id, &other.inst_id)
            && fits(&self.ccy, &other.ccy)
            && fits(&self.inst_family, &other.inst_family)
            && (self.inst_type == "ANY" || fits(&self.inst_type, &other.inst_type))
    }
}

/// A frame from the venue.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// It is there.
    Pong,
    /// About the connection.
    Event(Event),
    /// The answer to an order request.
    Reply(OperationReply),
    /// Data.
    Push(Box<Push>),
    /// Something new.
    Other,
}

/// About the connection: a login, a subscription, an error, a notice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    /// `login`, `subscribe`, `unsubscribe`, `error`, `notice`, `channel-conn-count`, `channel-conn-count-error`.
    pub event: Text,
    /// Our id of the request.
    pub id: Text,
    /// Of what.
    pub arg: Option<Arg>,
    /// An error's or a notice's code; `0` for none.
    pub code: Text,
    /// The same in words.
    pub msg: Text,
    /// The venue's id of the connection.
    pub conn_id: Text,
    /// Which channel is counted.
    pub channel: Text,
    /// How many connections have it.
    pub conn_count: Number,
}

/// The answer to an order request. Amounts to a REST reply.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OperationReply {
    /// Our id of the request.
    pub id: Text,
    /// What was asked.
    pub op: Text,
    /// `"0"` when all went well, `"1"` when all failed, `"2"` when some did, or an error of the request.
    pub code: Text,
    /// What is wrong, in the venue's words.
    pub msg: Text,
    /// What became of each order.
    #[serde(deserialize_with = "list")]
    pub data: Vec<OrderReply>,
    /// When the request came in, microseconds since 1970.
    pub in_time: Number,
    /// When the reply went out, microseconds since 1970.
    pub out_time: Number,
}

/// Whether a book frame is all of it or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// All of it.
    Snapshot,
    /// What changed.
    Update,
}

/// Data of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// Which channel.
    pub arg: Arg,
    /// Of book channels that send changes.
    pub action: Option<Action>,
    /// Of the `account` channel: `snapshot` or `event_update`.
    pub event_type: Text,
    /// Of a snapshot in pages: whether this is the last.
    pub last_page: Flag,
    /// The items.
    pub data: PushData,
}

/// A channel's items.
#[derive(Clone, Debug, PartialEq)]
pub enum PushData {
    /// Of `tickers`.
    Tickers(Vec<Ticker>),
    /// Of `trades` and `trades-all`.
    Trades(Vec<PublicTrade>),
    /// Of `candle…`.
    Candles(Vec<Candle>),
    /// Of `books`, `books5`, `bbo-tbt`, `books-l2-tbt`, `books50-l2-tbt`.
    Books(Vec<BookData>),
    /// Of `instruments`.
    Instruments(Vec<InstrumentInfo>),
    /// Of `status`.
    Status(Vec<SystemStatus>),
    /// Of `funding-rate`.
    Funding(Vec<FundingInfo>),
    /// Of `mark-price`.
    MarkPrices(Vec<MarkPrice>),
    /// Of `price-limit`.
    PriceLimits(Vec<PriceLimit>),
    /// Of `index-tickers`.
    IndexTickers(Vec<IndexTicker>),
    /// Of `account`.
    Account(Vec<Balance>),
    /// Of `positions`.
    Positions(Vec<PositionInfo>),
    /// Of `balance_and_position`.
    BalanceAndPosition(Vec<BalanceAndPosition>),
    /// Of `orders`.
    Orders(Vec<OrderInfo>),
    /// Of `fills`, without their fees.
    Fills(Vec<FillInfo>),
    /// Of `orders-algo` and `algo-advance`.
    Algos(Vec<AlgoInfo>),
    /// Of a channel that nobody knows here.
    Other,
}

impl Frame {
    /// Reads a frame.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text == PONG {
            return Ok(Self::Pong);
        }
        let mut read = read(text, Read::default())?;
        if read.is_event {
            return parse(text, "an event frame").map(Self::Event);
        }
        if read.is_reply {
            return parse(text, "a reply frame").map(Self::Reply);
        }
        if read.arg.is_some() && read.data.is_none() {
            // The data came first, or not at all.
            read = self::read(text, read)?;
        }
        let Read { arg: Some(arg), action, event_type, last_page, data, .. } = read else { return Ok(Self::Other) };
        let action = match action.as_str() {
            "snapshot" => Some(Action::Snapshot),
            "update" => Some(Action::Update),
            _ => None,
        };
        let data = data.unwrap_or(PushData::Other);
        Ok(Self::Push(Box::new(Push { arg, action, event_type, last_page, data })))
    }
}

/// What a pass over a frame has found. The data can only be read once it is known of which channel they are: the venue
/// sends `arg` first, so that mostly one pass is enough.
#[derive(Default)]
struct Read {
    is_event: bool,
    is_reply: bool,
    arg: Option<Arg>,
    action: Text,
    event_type: Text,
    last_page: Flag,
    data: Option<PushData>,
}

fn read(text: &str, known: Read) -> Result<Read, MessageError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer.deserialize_map(known).and_then(|read| deserializer.end().map(|()| read));
    read.map_err(|source| MessageError { what: "a frame", source })
}

impl<'de> Visitor<'de> for Read {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Self, A::Error> {
        while let Some(name) = fields.next_key::<Text>()? {
            match (name.as_str(), &self.arg) {
                ("arg", _) => self.arg = fields.next_value()?,
                ("data", Some(arg)) => self.data = Some(fields.next_value_seed(Channel(arg.channel.as_str()))?),
                ("action", _) => self.action = fields.next_value()?,
                ("event", _) => self.is_event = !fields.next_value::<Text>()?.is_absent(),
                ("op", _) => self.is_reply = !fields.next_value::<Text>()?.is_absent(),
                ("eventType", _) => self.event_type = fields.next_value()?,
                ("lastPage", _) => self.last_page = fields.next_value()?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self)
    }
}

/// Reads a channel's items.
struct Channel<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Channel<'_> {
    type Value = PushData;

    fn deserialize<D: Deserializer<'de>>(self, items: D) -> Result<PushData, D::Error> {
        match self.0 {
            "tickers" => list(items).map(PushData::Tickers),
            "trades" | "trades-all" => list(items).map(PushData::Trades),
            "books" | "books5" | "bbo-tbt" | "books-l2-tbt" | "books50-l2-tbt" => list(items).map(PushData::Books),
            "instruments" => list(items).map(PushData::Instruments),
            "status" => list(items).map(PushData::Status),
            "funding-rate" => list(items).map(PushData::Funding),
            "mark-price" => list(items).map(PushData::MarkPrices),
            "price-limit" => list(items).map(PushData::PriceLimits),
            "index-tickers" => list(items).map(PushData::IndexTickers),
            "account" => list(items).map(PushData::Account),
            "positions" => list(items).map(PushData::Positions),
            "balance_and_position" => list(items).map(PushData::BalanceAndPosition),
            "orders" => list(items).map(PushData::Orders),
            "fills" => list(items).map(PushData::Fills),
            "orders-algo" | "algo-advance" => list(items).map(PushData::Algos),
            candle if candle.starts_with("candle") => list(items).map(PushData::Candles),
            _ => IgnoredAny::deserialize(items).map(|_| PushData::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart_whatever_the_order_of_their_keys() {
        assert_eq!(Frame::parse("pong").unwrap(), Frame::Pong);
        let Frame::Push(push) =
            Frame::parse(r#"{"data":[{"px":"1","new":[]}],"arg":{"channel":"trades","instId":"A-B","x":1}}"#).unwrap()
        else {
            panic!("not data")
        };
        assert_eq!(push.arg, Arg::of("trades", "A-B"));
        assert!(matches!(&push.data, PushData::Trades(trades) if trades[0].px == "1".into()), "the data came first");
        let Frame::Event(event) = Frame::parse(r#"{"arg":{"channel":"trades"},"event":"subscribe","connId":"c"}"#).unwrap()
        else {
            panic!("not an event")
        };
        assert_eq!((event.event.as_str(), event.conn_id.as_str()), ("subscribe", "c"));
        let Frame::Reply(reply) = Frame::parse(r#"{"code":"60013","op":"order","data":[],"id":"7","msg":"no"}"#).unwrap() else {
            panic!("not a reply")
        };
        assert_eq!((reply.id.as_str(), reply.code.as_str()), ("7", "60013"));
        assert_eq!(Frame::parse("{}").unwrap(), Frame::Other);
        assert!(
            matches!(Frame::parse(r#"{"arg":{"channel":"new-one"},"data":5}"#).unwrap(), Frame::Push(push) if push.data == PushData::Other)
        );
        for text in ["", "hello", "{", r#"{"event":"login"} x"#, r#"{"arg":5}"#, r#"{"arg":{"channel":"books"},"data":[5]}"#] {
            assert!(Frame::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn subscriptions_cover_what_the_venue_adds_to_them() {
        let orders = Arg { channel: "orders".into(), inst_type: "SPOT".into(), ..Arg::default() };
        let pushed = Arg { uid: "1".into(), inst_id: "A-B".into(), ..orders.clone() };
        assert!(orders.covers(&pushed));
        assert!(!orders.covers(&Arg { inst_type: "SWAP".into(), ..pushed.clone() }));
        assert!(!Arg::of("orders", "C-D").covers(&pushed));
        assert_eq!(serde_json::to_string(&orders).unwrap(), r#"{"channel":"orders","instType":"SPOT"}"#);
    }
}
