//! The turning points of a price: a zigzag whose legs are at least a multiple of the average true range.

use std::collections::VecDeque;

use serde::Serialize;

use crate::candle::Candle;
use crate::indicators::Atr;

/// How many turning points are kept.
const KEPT: usize = 6;

/// Which way the price turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Turn {
    /// Down: the point is a high.
    High,
    /// Up: the point is a low.
    Low,
}

/// A turning point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Swing {
    /// How many candles came before it.
    pub at: u64,
    /// The candle's high or low.
    pub price: f64,
    /// Which of the two.
    pub turn: Turn,
}

/// Finds turning points. One counts from the candle on which the price has come back far enough from it, and is
/// never moved after that: nothing looks ahead.
#[derive(Clone, Debug, Serialize)]
pub struct Swings {
    atr: Atr,
    reversal: f64,
    candles: u64,
    /// What may turn next: one way, and both before the first turning point.
    legs: Vec<Leg>,
    /// Oldest first.
    found: VecDeque<Swing>,
}

/// A way from the last turning point to the next.
#[derive(Clone, Copy, Debug, Serialize)]
struct Leg {
    /// Its furthest point so far.
    extreme: Swing,
    /// How far back a later candle must come, as measured when the point was reached.
    distance: f64,
}

impl Swings {
    /// Legs of at least `reversal` times the average true range over `atr_period` candles.
    pub fn new(atr_period: u32, reversal: f64) -> Self {
        Self { atr: Atr::new(atr_period), reversal, candles: 0, legs: Vec::new(), found: VecDeque::new() }
    }

    /// Takes a candle in and gives the turning point that it confirms.
    pub fn update(&mut self, candle: &Candle) -> Option<Swing> {
        if !candle.is_finite() {
            return None;
        }
        let at = self.candles;
        self.candles = self.candles.saturating_add(1);
        // The candle's own range is not part of what it is measured by.
        let atr = self.atr.value();
        self.atr.update(candle);
        let distance = atr? * self.reversal;
        let [high, low] = [(Turn::High, candle.high), (Turn::Low, candle.low)].map(|(turn, price)| Swing { at, price, turn });
        if self.legs.is_empty() {
            self.legs = [high, low].map(|extreme| Leg { extreme, distance }).into();
            return None;
        }
        let mut turned: Option<(Swing, Swing)> = None;
        for Leg { extreme, distance: far } in &mut self.legs {
            let (ahead, back) = if extreme.turn == Turn::High { (high, low) } else { (low, high) };
            let gap = (extreme.price - back.price) * extreme.turn.sign();
            // Within one candle the order of high and low is not known: one that goes further does not turn.
            if (ahead.price - extreme.price) * extreme.turn.sign() >= 0.0 {
                (*extreme, *far) = (ahead, distance);
            } else if gap > 0.0 && gap >= *far && turned.is_none_or(|(other, _)| extreme.at < other.at) {
                turned = Some((*extreme, back));
            }
        }
        let (swing, extreme) = turned?;
        self.legs = vec![Leg { extreme, distance }];
        if self.found.len() == KEPT {
            self.found.pop_front();
        }
        self.found.push_back(swing);
        Some(swing)
    }

    /// The last turning points, oldest first; highs and lows take turns.
    pub fn all(&self) -> &VecDeque<Swing> {
        &self.found
    }

    /// The average true range, in units of price.
    pub fn atr(&self) -> Option<f64> {
        self.atr.value()
    }

    /// Candles so far.
    pub fn candles(&self) -> u64 {
        self.candles
    }
}

impl Turn {
    fn sign(self) -> f64 {
        match self {
            Self::High => 1.0,
            Self::Low => -1.0,
        }
    }
}
