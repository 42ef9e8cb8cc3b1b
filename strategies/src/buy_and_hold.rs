//! Buys each instrument once, at its first price, and never sells: what every other strategy is measured
//! against.

use std::collections::BTreeSet;

use engine::event::{Direction, Input};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::strategy::{Context, Opinion, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Parameters;
use crate::price::price_of;

/// Nothing to choose.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Params {}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        Ok(Box::new(BuyAndHold::default()))
    }
}

#[derive(Default)]
struct BuyAndHold {
    bought: BTreeSet<InstrumentId>,
}

impl Strategy for BuyAndHold {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let Some((instrument, _)) = price_of(input) else { return };
        if self.bought.insert(instrument) {
            let opinion = Opinion { confidence_bps: 10_000, ..Opinion::default() };
            ctx.signal(instrument, Direction::Long, opinion);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bought);
    }
}
