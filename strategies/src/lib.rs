//! The strategies, one file each, and the list of them.
//!
//! # Adding one
//!
//! One file with its doc, its `Params`, its `GOLDEN`, the struct, `impl Strategy` and its tests:
//! ```
//! //! Long while bars close above the mean of the last ones.
//!
//! use engine::event::{Direction, Input};
//! use engine::hash::StateHasher;
//! use engine::strategy::{Context, Opinion, Strategy};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use strategies::bars::Bars;
//! use strategies::indicators::Sma;
//! use strategies::timeframe::Timeframe;
//! use strategies::{Golden, Parameters};
//!
//! /// On the embedded sample.
//! pub const GOLDEN: Golden = Golden { signals: 0, orders: 0, end_equity: "" };
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! #[serde(default)]
//! pub struct Params {
//!     /// The length of a bar.
//!     pub timeframe: Timeframe,
//!     /// Bars in the mean.
//!     #[schemars(range(min = 2, max = 1_000))]
//!     pub period: u32,
//! }
//!
//! impl Default for Params {
//!     fn default() -> Self {
//!         Self { timeframe: Timeframe::HOUR, period: 20 }
//!     }
//! }
//!
//! impl Parameters for Params {
//!     fn build(self) -> Result<Box<dyn Strategy>, String> {
//!         Ok(Box::new(AboveMean { bars: Bars::new(&[self.timeframe.0]), mean: Sma::new(self.period), is_long: false }))
//!     }
//! }
//!
//! /// For one instrument: several would have a mean each, by `bar.instrument`.
//! struct AboveMean {
//!     bars: Bars,
//!     mean: Sma,
//!     is_long: bool,
//! }
//!
//! impl Strategy for AboveMean {
//!     fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
//!         // Only closed bars come out, whatever the data are: trades, or bars as fine or finer.
//!         for bar in self.bars.update(ctx.now(), |id| ctx.instrument(id), input) {
//!             let Some(mean) = self.mean.update(bar.candle.close) else { continue };
//!             if self.is_long != (bar.candle.close > mean) {
//!                 self.is_long = !self.is_long;
//!                 let direction = if self.is_long { Direction::Long } else { Direction::Flat };
//!                 ctx.signal(bar.instrument, direction, Opinion { confidence_bps: 6_000, ..Opinion::default() });
//!             }
//!         }
//!     }
//!
//!     fn hash_state(&self, hasher: &mut StateHasher) {
//!         hasher.write(&(&self.bars, &self.mean, self.is_long));
//!     }
//! }
//!
//! // Its test: four hours in, one signal out.
//! # use engine::engine::{Engine, Entrant};
//! # use engine::event::{Decision, Event, Signal};
//! # use engine::instrument::{Instrument, InstrumentId};
//! # use engine::market::Bar;
//! # use engine::number::{FixedPrice, FixedSize};
//! # use engine::time::{Interval, SECOND_NS, Timestamp};
//! # let listing = Input::InstrumentListed(Box::new(Instrument {
//! #     id: InstrumentId(0),
//! #     symbol: "BTC-USDT".into(),
//! #     base: "BTC".parse().unwrap(),
//! #     quote: "USDT".parse().unwrap(),
//! #     price_scale: 2,
//! #     size_scale: 2,
//! #     tick_size: "0.01".parse().unwrap(),
//! #     lot_size: "0.01".parse().unwrap(),
//! #     min_size: "0.01".parse().unwrap(),
//! #     maker_fee: "0".parse().unwrap(),
//! #     taker_fee: "0".parse().unwrap(),
//! # }));
//! # let hour = |hour: i64, cents: i64| {
//! #     let (interval, opened_at, price) = (Interval(3_600), Timestamp(hour * 3_600 * SECOND_NS), FixedPrice(cents));
//! #     let (instrument, volume) = (InstrumentId(0), FixedSize(1));
//! #     Bar { instrument, interval, opened_at, open: price, high: price, low: price, close: price, volume }
//! # };
//! let strategy = Params { period: 3, ..Params::default() }.build().unwrap();
//! let mut engine = Engine::new(vec![Entrant { strategy, symbols: None, size: "1".parse().unwrap() }]);
//! engine.step(Timestamp(0), listing);
//! let mut signals: Vec<Signal> = Vec::new();
//! for (index, cents) in (0..).zip([100_00, 101_00, 99_00, 102_00]) {
//!     let bar = hour(index, cents);
//!     for record in engine.step(bar.closed_at(), Input::Bar(bar)) {
//!         if let Event::Decision(Decision::Signal(signal)) = &record.event {
//!             signals.push((**signal).clone());
//!         }
//!     }
//! }
//! assert_eq!(signals.len(), 1, "102 is above the mean of 101, 99 and 102");
//! assert_eq!((signals[0].direction, signals[0].confidence_bps), (Direction::Long, 6_000));
//! ```
//! And one line in [`CATALOGUE`], after its `pub mod` here:
//! ```text
//! define::<above_mean::Params>("above_mean", "long while bars close above their mean", above_mean::GOLDEN),
//! ```
//! From then on `tickfold backtest --strategy above_mean` runs it, with its parameters checked.

// expect-test writes its strings so.
#![cfg_attr(test, allow(clippy::needless_raw_string_hashes))]

pub mod candle;
pub mod bars;
pub mod timeframe;
pub mod indicators;
pub mod regime;
pub mod chart;
pub mod cointegration;
mod leaning;
pub mod scanner;

pub mod buy_and_hold;
mod catalogue;
pub mod ema_cross;
mod price;
mod tactic;
pub mod momentum;
pub mod mean_reversion;
pub mod breakout;
pub mod multi_timeframe;
pub mod regime_switch;
pub mod patterns;
pub mod pairs;
pub mod ensemble;
#[cfg(test)]
mod stage;

pub use catalogue::{CATALOGUE, Definition, Golden, Parameters, ParamsError, build};
