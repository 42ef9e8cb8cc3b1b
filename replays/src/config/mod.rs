//! The configuration of a run: TOML files, then the environment, then `--set`; the later one wins.
//!
//! Every value remembers where it was written, so that an error names the key, the file and the line.
//! What keys there are is read from the types' own JSON Schema: the types stay the one description.

mod run;
mod risk;
mod live;
mod written;
mod exact;
mod size;
mod error;
mod layer;
mod shape;
mod given;
mod load;
mod validate;
mod fork;
#[cfg(test)]
mod tests;

pub use error::{ConfigError, KeyPath, Origin};
pub use fork::Fork;
pub use live::{BackupVenue, Clock, Environment, LiveConfig, OnStop, Region, UnknownOrders};
pub use risk::{BreakersConfig, ControllerConfig, Preferred, ProtectionConfig, RiskConfig, SizingConfig};
pub use run::{AccountConfig, BarTime, Config, DataConfig, EngineConfig, InstrumentConfig, StrategyConfig};
pub use written::{Count, OptionalSpan, Percent, Share, Span, Stop, Target};
