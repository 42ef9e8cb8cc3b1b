//! What the exchange server is made of: accounts, instruments' rules, its market maker, its limits.
//!
//! ```toml
//! seed = 7                      # of every random stream
//! rhythm = "wall"               # in which time pushes are merged: "wall", "market" or "each"
//!
//! [[account]]
//! name = "main"
//! balances = { BTC = "1", USDT = "100000" }
//! [[account.key]]
//! key = "test-key"
//! secret = "test-secret"
//! passphrase = "test-pass"
//! permissions = ["read_only", "trade"]
//!
//! [[instrument]]                # where the data do not tell the rules
//! symbol = "BTC-USDT"
//! tick_size = "0.1"
//!
//! [maker]
//! levels = 50
//!
//! [limits]
//! enabled = false               # as fast as the machine goes
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::instrument::Currency;
use engine::number::{Amount, Decimal};
use serde::Deserialize;

use crate::config::InstrumentConfig;
use crate::exchange::ExchangeConfig;

/// The configuration of the exchange server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Of every random stream.
    pub seed: u64,
    /// In which time pushes are merged.
    pub rhythm: Rhythm,
    /// Who may trade.
    #[serde(rename = "account")]
    pub accounts: Vec<AccountConfig>,
    /// Instruments whose rules are not what the data suggest.
    #[serde(rename = "instrument")]
    pub instruments: Vec<InstrumentConfig>,
    /// Who makes the books where the data have none.
    pub maker: MakerConfig,
    /// How often may be asked.
    pub limits: LimitsConfig,
    /// How orders are matched.
    pub exchange: ExchangeConfig,
}

/// In which time pushes are merged: a channel of 100 ms pushes at most once in that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// The machine's, as at the venue; at high speed, much happens between two pushes.
    #[default]
    Wall,
    /// The data's, so that a client sees the same messages at every speed.
    Market,
    /// None: every change is pushed on its own.
    Each,
}

/// `[[account]]`: one that trades. Accounts do not meet each other's orders: each trades with the market.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// What logs call it.
    pub name: String,
    /// What it has at the start, by currency.
    #[serde(default)]
    pub balances: BTreeMap<Currency, Amount>,
    /// What opens it.
    #[serde(rename = "key")]
    pub keys: Vec<KeyConfig>,
}

/// `[[account.key]]`: what opens an account. These keys are made up for a local venue, so they may lie in a file.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// Its public part.
    pub key: String,
    /// What signs.
    pub secret: String,
    /// What comes along.
    pub passphrase: String,
    /// What it may do.
    #[serde(default = "reads_and_trades")]
    pub permissions: Vec<Permission>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look.
    ReadOnly,
    /// Place, amend and cancel orders.
    Trade,
    /// Take money out. No endpoint here does; a careful client refuses such a key.
    Withdraw,
}

/// `[maker]`: the built-in market maker, who quotes around the last price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MakerConfig {
    /// Prices a side.
    pub levels: u16,
    /// Between its best bid and its best ask, in basis points of the price; one tick at least.
    pub spread_bps: u32,
    /// Between two of its prices, in basis points of the price; one tick at least.
    pub step_bps: u32,
    /// What rests at one of its prices on the average, in units of the quote currency.
    pub level_notional: Amount,
}

/// `[limits]`: how often may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Whether the limits of the endpoints hold; without them, a test goes as fast as the machine.
    pub enabled: bool,
    /// New `WebSocket` connections in a second from one address. The venue takes 3; a client on the same machine
    /// connects faster than one across the net.
    pub connections_per_second: u32,
    /// Messages that may wait for one connection's reader; with more it is closed with 4005.
    pub outbox_messages: usize,
    /// A connection on which nothing comes or goes for so long is closed with 4004, in milliseconds.
    pub idle_ms: u64,
}

/// The configuration of the server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServerConfigError {
    /// The operating system refused.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// It is not TOML, or has other keys than these.
    #[error("{}: {reason}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where, and what was met there.
        reason: String,
    },
    /// It says something that cannot be.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl ServerConfig {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ServerConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ServerConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| ServerConfigError::Syntax { path: path.to_owned(), reason: error.to_string() })?;
        match config.fault() {
            None => Ok(config),
            Some(reason) => Err(ServerConfigError::Invalid { path: path.to_owned(), reason }),
        }
    }

    fn fault(&self) -> Option<String> {
        if self.accounts.is_empty() {
            return Some("it has no [[account]]: leave the section out to get the one with test-key".to_owned());
        }
        let mut seen = std::collections::BTreeSet::new();
        for account in &self.accounts {
            for key in &account.keys {
                if key.key.is_empty() || key.secret.is_empty() || key.passphrase.is_empty() {
                    return Some(format!("account {}: a key, its secret and its passphrase must not be empty", account.name));
                }
                if !seen.insert(&key.key) {
                    return Some(format!("the key {} opens two accounts", key.key));
                }
            }
            if let Some((currency, _)) = account.balances.iter().find(|(_, amount)| amount.is_negative()) {
                return Some(format!("account {}: its balance of {currency} is below zero", account.name));
            }
        }
        if !(1..=400).contains(&self.maker.levels) || self.maker.step_bps == 0 || !self.maker.level_notional.is_positive() {
            return Some("maker: levels must be 1 to 400, step_bps and level_notional above zero".to_owned());
        }
        (self.limits.outbox_messages < 16).then(|| "limits.outbox_messages must be 16 or more".to_owned())
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            rhythm: Rhythm::default(),
            accounts: vec![AccountConfig::for_tests()],
            instruments: Vec::new(),
            maker: MakerConfig::default(),
            limits: LimitsConfig::default(),
            exchange: ExchangeConfig::default(),
        }
    }
}

impl AccountConfig {
    /// The account that is there when none is configured: `test-key`, `test-secret`, `test-pass`.
    pub fn for_tests() -> Self {
        let balance = |code: &str, units: i64| Some((code.parse().ok()?, Amount(Decimal::from(units))));
        Self {
            name: "test".to_owned(),
            balances: [balance("BTC", 10), balance("USDT", 1_000_000)].into_iter().flatten().collect(),
            keys: vec![KeyConfig {
                key: "test-key".to_owned(),
                secret: "test-secret".to_owned(),
                passphrase: "test-pass".to_owned(),
                permissions: reads_and_trades(),
            }],
        }
    }
}

impl Permission {
    /// As the wire names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Trade => "trade",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Shows no secret.
impl std::fmt::Debug for KeyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyConfig").field("key", &self.key).field("permissions", &self.permissions).finish_non_exhaustive()
    }
}

impl Default for MakerConfig {
    fn default() -> Self {
        Self { levels: 50, spread_bps: 2, step_bps: 1, level_notional: Amount(Decimal::from(20_000)) }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { enabled: true, connections_per_second: 30, outbox_messages: 8_192, idle_ms: 30_000 }
    }
}

fn reads_and_trades() -> Vec<Permission> {
    vec![Permission::ReadOnly, Permission::Trade]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_differs_from_the_defaults() {
        let config: ServerConfig = toml::from_str(
            "seed = 3\nrhythm = \"market\"\n[[account]]\nname = \"a\"\nbalances = { USDT = \"12.5\" }\n\
             [[account.key]]\nkey = \"k\"\nsecret = \"s\"\npassphrase = \"p\"\n[limits]\nenabled = false\n",
        )
        .unwrap();
        assert_eq!((config.seed, config.rhythm, config.limits.enabled), (3, Rhythm::Market, false));
        assert_eq!(config.accounts[0].balances.values().next().unwrap().to_string(), "12.5");
        assert_eq!(config.accounts[0].keys[0].permissions, reads_and_trades());
        assert!(!format!("{config:?}").contains("secret: \"s\""));
        assert_eq!(config.fault(), None);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("venue.toml");
        for (text, said) in [
            ("seeds = 3", "unknown field `seeds`"),
            ("[[account]]\nname = \"a\"\nkey = []\nbalances = { USDT = \"-1\" }", "USDT is below zero"),
            ("account = []", "no [[account]]"),
            ("[maker]\nlevels = 0", "levels must be 1 to 400"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = ServerConfig::read(&path).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("venue.toml"), "{text:?}: {error}");
        }
        assert_eq!(ServerConfig::default().fault(), None);
    }
}
