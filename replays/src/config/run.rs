//! The sections of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::instrument::Currency;
use engine::number::{Amount, Price, Quantity, Rate};
use engine::risk::Policy;
use engine::sizing::Size;
use engine::time::{Interval, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exact::{self, ExactNumber, Seed};
use super::live::LiveConfig;
use super::risk::{self, BreakersConfig, ControllerConfig, ProtectionConfig, RiskConfig, SizingConfig};
use super::size::{self, WrittenSize};
use crate::exchange::ExchangeConfig;

/// The configuration of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Of every random stream.
    #[serde(with = "exact::seed")]
    #[schemars(with = "Seed")]
    pub seed: u64,
    /// What the run starts with.
    pub account: AccountConfig,
    /// Which history, and which part of it.
    pub data: DataConfig,
    /// Instruments whose rules are not what the data suggest.
    #[serde(rename = "instrument")]
    pub instruments: Vec<InstrumentConfig>,
    /// How the simulated exchange behaves.
    pub exchange: ExchangeConfig,
    /// Which venue a paper or live run trades at.
    #[serde(skip_serializing_if = "LiveConfig::is_default")]
    pub live: LiveConfig,
    /// How the engine runs.
    pub engine: EngineConfig,
    /// What orders may not exceed.
    pub risk: RiskConfig,
    /// Where positions get out when their strategy does not say.
    pub protection: ProtectionConfig,
    /// What stops new exposure.
    pub breakers: BreakersConfig,
    /// The numbers of the sizing methods.
    pub sizing: SizingConfig,
    /// Adjusts confidence and size by the run's own results.
    pub controller: ControllerConfig,
    /// What trades, in the order in which each sees an event.
    #[serde(rename = "strategy")]
    pub strategies: Vec<StrategyConfig>,
}

impl Config {
    /// How the run holds itself back.
    pub fn policy(&self) -> Policy {
        let policy = risk::policy(&self.risk, &self.protection, &self.breakers, &self.sizing, &self.controller);
        Policy { strays: self.live.unknown_orders.into(), ..policy }
    }
}

/// `[account]`: what the run starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// What equity is measured in; the first instrument's quote currency, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub currency: Option<Currency>,
    /// How much of each currency there is at the start; 10,000 of the first instrument's quote currency, unless given.
    #[serde(deserialize_with = "exact::balances", skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, ExactNumber>")]
    pub balances: BTreeMap<Currency, Amount>,
}

/// `[data]`: which history, and which part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Files of history; none is the embedded sample. Where a file lies decides nothing: this is no part of
    /// [`Config::canonical`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathBuf>,
    /// Which end of a bar its time column is.
    pub bar_time: BarTime,
    /// Skip and count malformed rows instead of refusing the file.
    pub lenient: bool,
    /// What the files are of; unless given, each file's name tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The length of the bars; unless given, each file's name or rows tell it.
    #[serde(with = "exact::interval", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub interval: Option<Interval>,
    /// Nothing before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Timestamp>,
    /// Nothing from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub to: Option<Timestamp>,
}

/// Which end of a bar its time column is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BarTime {
    /// Its first instant.
    #[default]
    Open,
    /// The first instant after it.
    Close,
}

/// `[[instrument]]`: rules that are not what the data suggest. An instrument that is not listed gets all of its
/// rules from its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// The venue's name for it, such as `BTC-USDT`.
    pub symbol: String,
    /// What is bought and sold; what stands before the symbol's dash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub base: Option<Currency>,
    /// What prices are in; what stands after the symbol's dash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub quote: Option<Currency>,
    /// Order prices are multiples of this.
    #[serde(default, deserialize_with = "exact::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ExactNumber>")]
    pub tick_size: Option<Price>,
    /// Order quantities are multiples of this.
    #[serde(default, deserialize_with = "exact::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ExactNumber>")]
    pub lot_size: Option<Quantity>,
    /// No order is smaller.
    #[serde(default, deserialize_with = "exact::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ExactNumber>")]
    pub min_size: Option<Quantity>,
    /// Fee of a fill that rested in the book, as a share of its notional; negative is a rebate.
    #[serde(default, deserialize_with = "exact::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ExactNumber>")]
    pub maker_fee: Option<Rate>,
    /// Fee of a fill that took liquidity, as a share of its notional.
    #[serde(default, deserialize_with = "exact::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ExactNumber>")]
    pub taker_fee: Option<Rate>,
}

impl InstrumentConfig {
    /// Base and quote, given or from the symbol's dash; `None` when neither tells them.
    pub fn pair(&self) -> Option<(Currency, Currency)> {
        let (before, after) = self.symbol.split_once('-').unwrap_or_default();
        Some((self.base.or_else(|| before.parse().ok())?, self.quote.or_else(|| after.parse().ok())?))
    }
}

/// `[engine]`: how the engine runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Records between two checkpoints of the engine's state.
    #[schemars(range(min = 1))]
    pub checkpoint_every: u32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { checkpoint_every: 65_536 }
    }
}

/// `[[strategy]]`: one that trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrategyConfig {
    /// Which.
    pub name: String,
    /// What it trades; none is every instrument of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instruments: Vec<String>,
    /// How much it holds when it is in the market.
    #[serde(default, with = "size::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<WrittenSize>")]
    pub size: Option<Size>,
    /// What reports call it; its name, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Everything else: the strategy's own parameters, which the strategy checks.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub params: toml::Table,
}

impl StrategyConfig {
    /// A strategy with nothing but its defaults.
    pub fn named(name: String) -> Self {
        Self { name, instruments: Vec::new(), size: None, label: None, params: toml::Table::new() }
    }

    /// What reports call it.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}
