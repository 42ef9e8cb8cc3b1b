//! Subscription: one channel of the WebSocket, and on which path it is.

use super::endpoint::SocketPath;

pub use super::message::Arg as Subscription;

impl Subscription {
    /// A channel that takes no argument: `account`, `status`, `balance_and_position`.
    pub fn channel(channel: &str) -> Self {
        Self { channel: channel.into(), ..Self::default() }
    }

    /// A channel of all instruments of a kind (`SPOT`, `ANY`): `orders`, `positions`, `orders-algo`, `instruments`.
    pub fn of_kind(channel: &str, inst_type: &str) -> Self {
        Self { inst_type: inst_type.into(), ..Self::channel(channel) }
    }

    /// On which path its channel is.
    pub fn path(&self) -> SocketPath {
        match self.channel.as_str() {
            "account" | "positions" | "balance_and_position" | "orders" | "fills" => SocketPath::Private,
            "trades-all" | "orders-algo" | "algo-advance" => SocketPath::Business,
            channel if channel.starts_with("candle") => SocketPath::Business,
            _ => SocketPath::Public,
        }
    }

    /// Whether its channel is only for those who are logged in.
    pub fn needs_login(&self) -> bool {
        let login = ["orders-algo", "algo-advance", "books-l2-tbt", "books50-l2-tbt"];
        self.path() == SocketPath::Private || login.contains(&self.channel.as_str())
    }

    /// Whether the venue means this one by `arg`: it adds the user, and may leave out the finer wishes or write them anew.
    pub fn is(&self, arg: &Self) -> bool {
        (&self.channel, &self.inst_type, &self.inst_family, &self.inst_id, &self.ccy, &self.algo_id)
            == (&arg.channel, &arg.inst_type, &arg.inst_family, &arg.inst_id, &arg.ccy, &arg.algo_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_by_what_the_venue_says_back() {
        let trades = Subscription::of("trades", "BTC-USDT");
        assert_eq!(serde_json::to_string(&trades).unwrap(), r#"{"channel":"trades","instId":"BTC-USDT"}"#);
        let arg = r#"{"channel":"orders","instType":"ANY","uid":"77","new":1}"#;
        assert!(Subscription::of_kind("orders", "ANY").is(&serde_json::from_str(arg).unwrap()));
        assert!(!Subscription::of_kind("orders", "SPOT").is(&serde_json::from_str(arg).unwrap()));
    }

    #[test]
    fn each_channel_has_its_path() {
        for (channel, path, login) in [
            ("tickers", SocketPath::Public, false),
            ("books", SocketPath::Public, false),
            ("books-l2-tbt", SocketPath::Public, true),
            ("candle1Dutc", SocketPath::Business, false),
            ("trades-all", SocketPath::Business, false),
            ("orders-algo", SocketPath::Business, true),
            ("orders", SocketPath::Private, true),
            ("account", SocketPath::Private, true),
        ] {
            let subscription = Subscription::channel(channel);
            assert_eq!((subscription.path(), subscription.needs_login()), (path, login), "{channel}");
        }
    }
}
