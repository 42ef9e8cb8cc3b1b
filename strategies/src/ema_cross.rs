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

use crate::catalogue::{Golden, Parameters};
use crate::price::price_of;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 798, orders: 1044, end_equity: "10480.9422531744687" };

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
        if fast >= slow {
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

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::stage::{bar, quote, trade, transcript};

    #[test]
    fn it_follows_the_crossings() {
        // The averages move by 2/3 and by 1/2 of the way.
        let prices = [10_000, 10_000, 10_000, 11_000, 12_000, 9_000, 9_000, 12_000];
        let inputs = prices.into_iter().map(|price| trade(0, price)).collect();
        expect![[r#"
            4 00:05Z < trade BTC-USDT buy 1 @ 100.00
            5 00:06Z < trade BTC-USDT buy 1 @ 100.00
            6 00:07Z < trade BTC-USDT buy 1 @ 100.00
            7 00:08Z < trade BTC-USDT buy 1 @ 110.00
            8 00:08Z > signal ema_cross BTC-USDT long 100% fast=106.66666667 slow=105.00000000 ^7
            9 00:08Z > order #9 ema_cross buy 1 BTC-USDT market ^8
            10 00:08Z < filled #9 1 @ 110.00 fee 0 USDT taker id 9
            11 00:09Z < trade BTC-USDT buy 1 @ 120.00
            12 00:10Z < trade BTC-USDT buy 1 @ 90.00
            13 00:10Z > signal ema_cross BTC-USDT flat 100% fast=98.51851852 slow=101.25000000 ^12
            14 00:10Z > order #14 ema_cross sell 1 BTC-USDT market ^13
            15 00:10Z < filled #14 1 @ 90.00 fee 0 USDT taker id 14
            16 00:11Z < trade BTC-USDT buy 1 @ 90.00
            17 00:12Z < trade BTC-USDT buy 1 @ 120.00
            18 00:12Z > signal ema_cross BTC-USDT long 100% fast=110.94650206 slow=107.81250000 ^17
            19 00:12Z > order #19 ema_cross buy 1 BTC-USDT market ^18
            20 00:12Z < filled #19 1 @ 120.00 fee 0 USDT taker id 19
        "#]]
        .assert_eq(&transcript("ema_cross", json!({"fast": 2, "slow": 3}), inputs));
    }

    #[test]
    fn a_crossing_while_it_warms_up_is_none() {
        let inputs = [10_000, 11_000, 9_000].map(|price| trade(0, price)).into();
        let lines = transcript("ema_cross", json!({"fast": 2, "slow": 3}), inputs);
        assert_eq!(lines.lines().filter(|line| line.contains('>')).count(), 0, "{lines}");
    }

    #[test]
    fn trades_bars_and_quotes_say_the_same() {
        let prices = [10_000, 10_000, 10_000, 11_000, 9_000];
        let signals = |price: fn(i64) -> engine::event::Input| {
            let inputs = prices.into_iter().map(price).collect();
            let lines = transcript("ema_cross", json!({"fast": 2, "slow": 3}), inputs);
            lines.lines().filter(|line| line.contains("> signal")).map(String::from).collect::<Vec<_>>()
        };
        let trades = signals(|price| trade(0, price));
        assert_eq!(trades.len(), 2);
        assert_eq!(trades, signals(|price| bar(0, price)));
        assert_eq!(trades, signals(|price| quote(0, price - 5, price + 5)));
    }

    #[test]
    fn instruments_do_not_mix() {
        let inputs =
            [10_000, 10_000, 10_000, 10_000].into_iter().flat_map(|price| [trade(0, price), trade(1, price * 2)]).collect();
        let lines = transcript("ema_cross", json!({"fast": 1, "slow": 2}), inputs);
        assert_eq!(lines.lines().filter(|line| line.contains('>')).count(), 0, "{lines}");
    }
}
