//! `[live]`: which venue a paper or live run trades at, what it listens to, and what it does when things go wrong.

use engine::risk::Strays;
use engine::time::SECOND_NS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::{OptionalSpan, Span};

/// `[live]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LiveConfig {
    /// Where the account was opened: its keys work there only.
    pub region: Region,
    /// OKX's demo trading, or the real thing.
    pub environment: Environment,
    /// The venue's REST address, such as `http://127.0.0.1:8080` for a local exchange; the region's, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// The venue's WebSocket address without its last part, such as `ws://127.0.0.1:8080/ws/v5`; the region's, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websocket: Option<String>,
    /// What is listened to and traded.
    pub instruments: Vec<String>,
    /// What is listened to of each: `trades`, `quotes`, `book`, or bars such as `1m` and `1h`.
    pub feeds: Vec<String>,
    /// The key's name in the keystore, where the environment does not hold one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// What happens to open orders at the venue that this run did not ask for.
    pub unknown_orders: UnknownOrders,
    /// What happens to open orders and positions when the run is stopped.
    pub on_stop: OnStop,
    /// The venue cancels all orders (not stops and targets) after so long without a word from us; 10s to 120s.
    pub dead_man: OptionalSpan,
    /// Nothing new is bought after so long without market data.
    pub stale_after: Span,
    /// Nothing new is bought while the venue's clock and ours are further apart.
    pub clock_skew: Span,
    /// Nothing new is bought while the log's disk has less room, in mebibytes.
    pub free_disk_mb: u32,
    /// What time it is: the machine's clock set by the venue's, or what market data say (a venue that plays history
    /// back faster than it happened).
    pub clock: Clock,
    /// Whose trades and bars strategies see while the venue's do not come. Nothing new is bought meanwhile.
    pub backup: BackupVenue,
    /// The backup's REST address; its own, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_rest: Option<String>,
    /// The backup's WebSocket address; its own, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_stream: Option<String>,
    /// How often it is asked what the world thinks of the market: the fear-and-greed index, and `CoinGecko`'s numbers.
    pub sentiment: OptionalSpan,
    /// The index's address; alternative.me's, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fear_and_greed: Option<String>,
    /// `CoinGecko`'s address; its own, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coingecko: Option<String>,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            region: Region::default(),
            environment: Environment::default(),
            rest: None,
            websocket: None,
            instruments: Vec::new(),
            feeds: vec!["trades".to_owned(), "quotes".to_owned()],
            keys: None,
            unknown_orders: UnknownOrders::default(),
            on_stop: OnStop::default(),
            dead_man: OptionalSpan(Some(60 * SECOND_NS)),
            stale_after: Span(30 * SECOND_NS),
            clock_skew: Span(2 * SECOND_NS),
            free_disk_mb: 512,
            clock: Clock::default(),
            backup: BackupVenue::default(),
            backup_rest: None,
            backup_stream: None,
            sentiment: OptionalSpan(None),
            fear_and_greed: None,
            coingecko: None,
        }
    }
}

impl LiveConfig {
    /// Whether nothing of it is other than the defaults.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where an account was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// okx.com
    #[default]
    Global,
    /// The European Economic Area.
    Eea,
    /// The United States and Australia.
    Us,
}

/// Whether money is real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// OKX's demo trading.
    #[default]
    Demo,
    /// Money.
    Production,
}

/// What happens to open orders at the venue that a run did not ask for. In any case they become the operator's, so that
/// their fills are accounted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownOrders {
    /// Nothing new is bought until an operator resumes.
    #[default]
    Halt,
    /// They stay.
    Adopt,
    /// They are canceled.
    Cancel,
}

/// What happens to open orders and positions when a run is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnStop {
    /// They stay as they are, protected by the venue.
    #[default]
    Leave,
    /// Orders that add exposure are canceled; what protects positions stays.
    Cancel,
    /// Orders are canceled and positions sold.
    Flatten,
}

/// What time it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The machine's clock, corrected by what the venue's says.
    #[default]
    System,
    /// The times of market data.
    Venue,
}

/// Whose market data are a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupVenue {
    /// Nobody's.
    #[default]
    Off,
    /// Binance's: trades and bars of the same pairs, not quotes and books.
    Binance,
}

impl From<UnknownOrders> for Strays {
    fn from(config: UnknownOrders) -> Self {
        match config {
            UnknownOrders::Halt => Self::Halt,
            UnknownOrders::Adopt => Self::Adopt,
            UnknownOrders::Cancel => Self::Cancel,
        }
    }
}
