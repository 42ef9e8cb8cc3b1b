//! Two exponential moving averages of the price: long when the fast one crosses above the slow one, flat when
//! it crosses below.
//!
//! An average starts at the first price, then moves by `2 / (n + 1)` of the distance to each new one. Both
//! count once `slow` prices are in; the first comparison only sets which is above.

use engine::event::{Direction, Input, Reason};
use engine::hash::StateHasher;
use engine::number::decimal_from_f64;
use engine::strategy::{Context, Opinion, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Parameters;
use crate::price::price_of;

/// Lengths of the averages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// Prices in the fast average.
    #[schemars(range(min = 1, max = 10_000))]
    pub fast: u32,
    /// Prices in the slow average; more than in the fast one.
    #[schemars(range(min = 2, max = 10_000))]
    pub slow: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { fast: 10, slow: 20 }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { fast, slow } = self;
        if fast == 0 || slow > 10_000 || fast >= slow {
            return Err(format!("fast = {fast} and slow = {slow}: it must be 1 <= fast < slow <= 10000"));
        }
        let step = |length| 2.0 / (f64::from(length) + 1.0);
        Ok(Box::new(EmaCross { warm_up: slow, fast_step: step(fast), slow_step: step(slow), pairs: Vec::new() }))
    }
}

struct EmaCross {
    warm_up: u32,
    fast_step: f64,
    slow_step: f64,
    /// By instrument id.
    pairs: Vec<Pair>,
}

/// The two averages of one instrument.
#[derive(Clone, Default, Serialize)]
struct Pair {
    prices: u32,
    fast: f64,
    slow: f64,
    fast_is_above: Option<bool>,
}

impl Strategy for EmaCross {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let Some((id, fixed)) = price_of(input) else { return };
        let Some(price) = ctx.instrument(id).map(|instrument| instrument.price_f64(fixed)) else { return };
        if self.pairs.len() <= id.index() {
            self.pairs.resize(id.index() + 1, Pair::default());
        }
        let pair = &mut self.pairs[id.index()];
        if pair.prices == 0 {
            pair.fast = price;
            pair.slow = price;
        } else {
            pair.fast += self.fast_step * (price - pair.fast);
            pair.slow += self.slow_step * (price - pair.slow);
        }
        pair.prices = pair.prices.saturating_add(1);
        if pair.prices < self.warm_up {
            return;
        }
        let is_above = pair.fast > pair.slow;
        let crossed = pair.fast_is_above.is_some_and(|was_above| was_above != is_above);
        pair.fast_is_above = Some(is_above);
        if crossed {
            let direction = if is_above { Direction::Long } else { Direction::Flat };
            let reasons = [("fast", pair.fast), ("slow", pair.slow)];
            let reasons = reasons.into_iter().filter_map(|(name, value)| Some(Reason::new(name, decimal_from_f64(value, 8)?)));
            let opinion = Opinion { confidence_bps: 10_000, reasons: reasons.collect(), ..Opinion::default() };
            ctx.signal(id, direction, opinion);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.pairs);
    }
}
