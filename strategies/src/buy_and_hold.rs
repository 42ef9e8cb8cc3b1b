//! Buys each instrument once, at its first price, and never sells by itself: what every other strategy is measured
//! against. What was denied is asked for again each minute. For a yardstick, run it without limits and protection (`risk.enabled = false`): they would sell it at its stop.

use std::collections::{BTreeMap, BTreeSet};

use engine::event::{Direction, Input};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::strategy::{Context, Opinion, Strategy};
use engine::time::{SECOND_NS, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Golden, Parameters};
use crate::price::price_of;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 1, orders: 3, end_equity: "9795.200161369912" };

/// What was denied, such as while a live run warms up, is asked for again after so long.
const AGAIN_AFTER_NS: i64 = 60 * SECOND_NS;

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
    /// When each that is not bought yet was asked for last.
    asked: BTreeMap<InstrumentId, Timestamp>,
}

impl Strategy for BuyAndHold {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let Some((instrument, _)) = price_of(input) else { return };
        if self.bought.contains(&instrument) {
            return;
        }
        if ctx.is_in(instrument) {
            self.bought.insert(instrument);
            self.asked.remove(&instrument);
        } else if self.asked.get(&instrument).is_none_or(|asked| ctx.now() >= asked.plus_ns(AGAIN_AFTER_NS)) {
            self.asked.insert(instrument, ctx.now());
            let opinion = Opinion { confidence_bps: 10_000, ..Opinion::default() };
            ctx.signal(instrument, Direction::Long, opinion);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&(&self.bought, &self.asked));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::stage::{bar, quote, trade, transcript};

    #[test]
    fn it_buys_each_instrument_once() {
        let inputs = vec![trade(0, 10_000), trade(0, 12_000), quote(1, 499, 501), bar(1, 400), trade(0, 1)];
        expect![[r#"
            4 00:05Z < trade BTC-USDT buy 1 @ 100.00
            5 00:05Z > signal buy_and_hold BTC-USDT long 100% ^4
            6 00:05Z > order #6 buy_and_hold buy 1 BTC-USDT market ^5
            7 00:05Z < filled #6 1 @ 100.00 fee 0 USDT taker id 6
            8 00:06Z < trade BTC-USDT buy 1 @ 120.00
            9 00:07Z < quote ETH-USDT bid 1 @ 4.99 ask 1 @ 5.01
            10 00:07Z > signal buy_and_hold ETH-USDT long 100% ^9
            11 00:07Z > order #11 buy_and_hold buy 1 ETH-USDT market ^10
            12 00:07Z < filled #11 1 @ 5.00 fee 0 USDT taker id 11
            13 00:08Z < bar ETH-USDT 1m open 0.01 high 4.00 low 0.01 close 4.00 volume 1
            14 00:09Z < trade BTC-USDT buy 1 @ 0.01
        "#]]
        .assert_eq(&transcript("buy_and_hold", json!({}), inputs));
    }
}
