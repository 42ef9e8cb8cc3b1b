//! Order flow imbalance, of R. Cont, A. Kukanov and S. Stoikov, *The Price Impact of Order Book Events* (2014).

use std::collections::VecDeque;

use engine::market::{Level, Side};
use engine::number::{MAX_SCALE, POWERS_OF_TEN};
use serde::Serialize;

use super::top_of_book::TopOfBook;

/// What was added to the best bid and taken from the best ask, less the opposite, over the last few changes. Prices
/// have been found to move in proportion to it.
#[derive(Clone, Debug, Serialize)]
pub struct OrderFlowImbalance {
    period: u32,
    size_scale: u8,
    previous: Option<TopOfBook>,
    flows: VecDeque<i128>,
    sum: i128,
}

impl OrderFlowImbalance {
    /// Over the last `period` changes, of an instrument whose sizes have `size_scale` decimals.
    pub fn new(period: u32, size_scale: u8) -> Self {
        let size_scale = size_scale.min(MAX_SCALE);
        Self { period: period.max(1), size_scale, previous: None, flows: VecDeque::new(), sum: 0 }
    }

    /// Takes the best prices in.
    pub fn update(&mut self, top: TopOfBook) -> Option<f64> {
        if let Some(previous) = self.previous.replace(top) {
            let flow = pressure(Side::Buy, previous.bid, top.bid) - pressure(Side::Sell, previous.ask, top.ask);
            if self.flows.len() >= self.period as usize {
                self.sum -= self.flows.pop_front().unwrap_or(0);
            }
            self.flows.push_back(flow);
            self.sum += flow;
        }
        self.value()
    }

    /// The last value, in units of size: above zero when buyers came.
    pub fn value(&self) -> Option<f64> {
        let is_warm = self.flows.len() >= self.period as usize;
        is_warm.then(|| self.sum as f64 / POWERS_OF_TEN[usize::from(self.size_scale)])
    }
}

/// How much more waits at the best price of a side: all of it at a better price, the difference at the same, and what
/// was there is gone at a worse one.
fn pressure(side: Side, before: Level, now: Level) -> i128 {
    let (is_better, is_worse) = match side {
        Side::Buy => (now.price > before.price, now.price < before.price),
        Side::Sell => (now.price < before.price, now.price > before.price),
    };
    let added = if is_worse { 0 } else { i128::from(now.size.0) };
    let removed = if is_better { 0 } else { i128::from(before.size.0) };
    added - removed
}
