//! Words with a meaning: the venue adds new ones without notice, so each set also holds what is not in it.

use super::text::Text;

/// One enum of the venue's words, read from and written as its text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
            /// Anything else; empty where nothing was said.
            Other(Text),
        }

        impl $name {
            /// The venue's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)+
                    Self::Other(text) => text.as_str(),
                }
            }

            /// Whether the venue said nothing.
            pub fn is_absent(&self) -> bool {
                self.as_str().is_empty()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$word,)+
                    _ => Self::Other(Text::from(text)),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(Text::default())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(super::text::Scalar(|text: &str| Self::from(text)))
            }
        }
    };
}

words! {
    /// What kind of instrument.
    InstType {
        /// Coins against coins.
        Spot = "SPOT",
        /// Coins on credit.
        Margin = "MARGIN",
        /// A contract without an end.
        Swap = "SWAP",
        /// A contract with an end.
        Futures = "FUTURES",
        /// An option.
        Option = "OPTION",
        /// All of them, in subscriptions.
        Any = "ANY",
    }
}
words! {
    /// Which way.
    Side {
        /// Buys.
        Buy = "buy",
        /// Sells.
        Sell = "sell",
    }
}
words! {
    /// How an order is paid for.
    TdMode {
        /// With what is there.
        Cash = "cash",
        /// On credit, against the whole account.
        Cross = "cross",
        /// On credit, against a margin of its own.
        Isolated = "isolated",
    }
}
words! {
    /// The kind of an order or of an algo order.
    OrdType {
        /// Takes what is there.
        Market = "market",
        /// At a price or better.
        Limit = "limit",
        /// A limit that never takes.
        PostOnly = "post_only",
        /// All at once or nothing.
        Fok = "fok",
        /// What can be had at once.
        Ioc = "ioc",
        /// A market order with a limit, of contracts.
        OptimalLimitIoc = "optimal_limit_ioc",
        /// One stop loss or one take profit.
        Conditional = "conditional",
        /// Both, and one ends the other.
        Oco = "oco",
        /// An order once a price is crossed.
        Trigger = "trigger",
        /// A trailing stop.
        MoveOrderStop = "move_order_stop",
    }
}
words! {
    /// Where an order or an algo order is.
    OrderState {
        /// In the book, or waiting for its price.
        Live = "live",
        /// A part of it is done.
        PartiallyFilled = "partially_filled",
        /// All of it is done.
        Filled = "filled",
        /// It ended; a part may be done.
        Canceled = "canceled",
        /// Ended by market maker protection.
        MmpCanceled = "mmp_canceled",
        /// Of an algo order: held back.
        Pause = "pause",
        /// Of an algo order: its order was placed.
        Effective = "effective",
        /// Of an algo order: a part of its orders was placed.
        PartiallyEffective = "partially_effective",
        /// Of an algo order: its price came, its order was refused.
        OrderFailed = "order_failed",
        /// Of an algo order: its price came, a part of its orders was refused.
        PartiallyFailed = "partially_failed",
    }
}
words! {
    /// Whether a fill rested or took.
    ExecType {
        /// It took.
        Taker = "T",
        /// It rested.
        Maker = "M",
    }
}

impl OrderState {
    /// Whether nothing more happens to an order in it.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::MmpCanceled | Self::Effective | Self::OrderFailed)
    }
}
