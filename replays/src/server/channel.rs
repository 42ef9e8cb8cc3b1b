//! The channels: which there are, on which path, and what a subscription names.

use serde_json::Value;

use super::market_bar::BarKind;
use super::market_rest::Markets;

/// The path of a WebSocket connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `/ws/v5/public`.
    Public,
    /// `/ws/v5/private`.
    Private,
    /// `/ws/v5/business`.
    Business,
}

/// What a client subscribes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Of what.
    pub channel: Channel,
    /// As the client wrote it: it is how acknowledgements and private pushes name it.
    pub arg: Value,
}

/// Something that can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Of one market.
    Market(usize, Topic),
    /// The list of instruments.
    Instruments,
    /// Planned maintenance.
    Status,
    /// Of the account that is logged in.
    Private(&'static str),
}

/// What is pushed of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `tickers`.
    Tickers,
    /// `trades`.
    Trades,
    /// `trades-all`.
    TradesAll,
    /// `candle1m` and the like.
    Candle(BarKind),
    /// `books`: 400 levels.
    Books,
    /// `books5`.
    Books5,
    /// `bbo-tbt`.
    Best,
    /// `books-l2-tbt`: 400 levels, often.
    BooksOften,
    /// `books50-l2-tbt`.
    Books50Often,
    /// `index-tickers`.
    IndexTickers,
    /// `mark-price`.
    MarkPrice,
    /// `price-limit`.
    PriceLimit,
}

/// Why a client is not subscribed, or whatever else it asked for over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The API's code.
    pub code: &'static str,
    /// In its words.
    pub msg: String,
}

const PRIVATE: [&str; 5] = ["account", "positions", "balance_and_position", "orders", "fills"];
const PRIVATE_BUSINESS: [&str; 2] = ["orders-algo", "algo-advance"];

impl Gate {
    /// As in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Business => "business",
        }
    }
}

impl Refused {
    /// A refusal with its words.
    pub fn new(code: &'static str, msg: impl Into<String>) -> Self {
        Self { code, msg: msg.into() }
    }
}

impl Topic {
    fn named(name: &str) -> Option<(Gate, Self)> {
        Some(match name {
            "tickers" => (Gate::Public, Self::Tickers),
            "trades" => (Gate::Public, Self::Trades),
            "trades-all" => (Gate::Business, Self::TradesAll),
            "books" => (Gate::Public, Self::Books),
            "books5" => (Gate::Public, Self::Books5),
            "bbo-tbt" => (Gate::Public, Self::Best),
            "books-l2-tbt" => (Gate::Public, Self::BooksOften),
            "books50-l2-tbt" => (Gate::Public, Self::Books50Often),
            "index-tickers" => (Gate::Public, Self::IndexTickers),
            "mark-price" => (Gate::Public, Self::MarkPrice),
            "price-limit" => (Gate::Public, Self::PriceLimit),
            _ => (Gate::Business, Self::Candle(BarKind::named(name.strip_prefix("candle")?)?)),
        })
    }

    /// As subscriptions name it, but for the bar of candles.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tickers => "tickers",
            Self::Trades => "trades",
            Self::TradesAll => "trades-all",
            Self::Candle(_) => "candle",
            Self::Books => "books",
            Self::Books5 => "books5",
            Self::Best => "bbo-tbt",
            Self::BooksOften => "books-l2-tbt",
            Self::Books50Often => "books50-l2-tbt",
            Self::IndexTickers => "index-tickers",
            Self::MarkPrice => "mark-price",
            Self::PriceLimit => "price-limit",
        }
    }

    /// How many levels of the book it shows.
    pub fn depth(self) -> Option<usize> {
        match self {
            Self::Books | Self::BooksOften => Some(400),
            Self::Books50Often => Some(50),
            Self::Books5 => Some(5),
            Self::Best => Some(1),
            _ => None,
        }
    }

    /// Whether it pushes what changed and not the whole.
    pub fn is_incremental(self) -> bool {
        matches!(self, Self::Books | Self::BooksOften | Self::Books50Often)
    }

    /// The least time between two pushes, in milliseconds.
    pub fn interval_ms(self) -> i64 {
        match self {
            Self::Trades | Self::TradesAll => 0,
            Self::Best | Self::BooksOften | Self::Books50Often => 10,
            Self::Tickers | Self::Books | Self::Books5 | Self::IndexTickers => 100,
            Self::MarkPrice | Self::PriceLimit => 200,
            Self::Candle(_) => 1_000,
        }
    }
}

impl Subscription {
    /// What an element of `args` means on a connection of this path.
    pub fn parse(gate: Gate, arg: &Value, markets: &Markets, has_login: impl Fn() -> bool) -> Result<Self, Refused> {
        let text = |name: &str| arg.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = text("channel").ok_or_else(|| Refused::new("60012", format!("Invalid request: {arg}")))?;
        let no_such = || {
            let named = arg.as_object().into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)));
            let named = named.map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(",");
            let msg = "doesn't exist. Please use the correct URL, channel and parameters referring to API document.";
            Refused::new("60018", format!("Wrong URL or {named} {msg}"))
        };
        let private = |names: &[&'static str]| names.iter().copied().find(|&known| known == name);
        let private = match gate {
            Gate::Private => private(&PRIVATE),
            Gate::Business => private(&PRIVATE_BUSINESS),
            Gate::Public => None,
        };
        let channel = match (name, private) {
            (_, Some(_)) if !has_login() => return Err(Refused::new("60011", "Please log in")),
            (_, Some(private)) => Channel::Private(private),
            ("instruments", None) if gate == Gate::Public => Channel::Instruments,
            ("status", None) if gate == Gate::Public => Channel::Status,
            _ => {
                let (wanted, topic) = Topic::named(name).filter(|(wanted, _)| *wanted == gate).ok_or_else(no_such)?;
                let place = text("instId").and_then(|symbol| markets.place(symbol)).ok_or_else(no_such)?;
                if wanted == Gate::Public && matches!(topic, Topic::BooksOften | Topic::Books50Often) && !has_login() {
                    return Err(Refused::new("60011", "Please log in"));
                }
                Channel::Market(place, topic)
            }
        };
        Ok(Self { channel, arg: arg.clone() })
    }

    /// Whether it is pushed as a whole now and then, and not with changes alone: `extraParams` is a text that holds JSON.
    pub fn is_regular(&self) -> bool {
        let extra = self.arg.get("extraParams").and_then(Value::as_str);
        let extra: Value = extra.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let wants_changes_alone = extra.get("updateInterval").is_some_and(|interval| *interval == "0" || *interval == 0);
        matches!(self.channel, Channel::Private("account" | "positions")) && !wants_changes_alone
    }

    /// Whether a private push of this channel and instrument is for it.
    pub fn takes(&self, channel: &str, inst_id: Option<&str>) -> bool {
        let text = |name: &str| self.arg.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        matches!(self.channel, Channel::Private(own) if own == channel)
            && text("instType").is_none_or(|kind| kind == "SPOT" || kind == "ANY")
            && text("instId").is_none_or(|wanted| inst_id.is_none_or(|there| there == wanted))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(gate: Gate, arg: &Value) -> Result<Channel, &'static str> {
        Subscription::parse(gate, arg, &Markets::new(&[]), || false).map(|s| s.channel).map_err(|refused| refused.code)
    }

    #[test]
    fn channels_are_on_their_paths() {
        assert_eq!(parsed(Gate::Public, &json!({"channel": "instruments", "instType": "SPOT"})), Ok(Channel::Instruments));
        assert_eq!(parsed(Gate::Private, &json!({"channel": "instruments"})), Err("60018"));
        assert_eq!(parsed(Gate::Private, &json!({"channel": "orders", "instType": "SPOT"})), Err("60011"));
        assert_eq!(parsed(Gate::Public, &json!({"channel": "orders"})), Err("60018"));
        assert_eq!(parsed(Gate::Public, &json!({"channel": "tickers", "instId": "NO-NE"})), Err("60018"));
        assert_eq!(parsed(Gate::Public, &json!({"instId": "NO-NE"})), Err("60012"));
        assert_eq!(parsed(Gate::Public, &json!("tickers")), Err("60012"));
    }

    #[test]
    fn private_pushes_are_filtered_by_what_was_asked_for() {
        let of = |arg: Value| Subscription { channel: Channel::Private("orders"), arg };
        let all = of(json!({"channel": "orders", "instType": "ANY"}));
        let one = of(json!({"channel": "orders", "instType": "SPOT", "instId": "BTC-USDT"}));
        let account = |extra: &str| Subscription {
            channel: Channel::Private("account"),
            arg: json!({"channel": "account", "extraParams": extra}),
        };
        assert!(account("").is_regular() && !account("{\"updateInterval\":\"0\"}").is_regular() && !all.is_regular());
        let swaps = of(json!({"channel": "orders", "instType": "SWAP"}));
        let takes = |subscription: &Subscription, inst: &str| subscription.takes("orders", Some(inst));
        assert_eq!([takes(&all, "ETH-USDT"), takes(&one, "ETH-USDT"), takes(&one, "BTC-USDT")], [true, false, true]);
        assert!(!takes(&swaps, "BTC-USDT") && !all.takes("account", None));
    }
}
