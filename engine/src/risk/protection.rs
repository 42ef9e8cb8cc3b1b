//! Protection: where a position gets out when its strategy does not say, or is not asked.

use crate::event::{Regime, Trend, Volatility};
use crate::markets::Market;
use crate::number::{Decimal, Price, Rate};
use crate::order::Bracket;

/// How far a stop is while an instrument's average true range is not known yet.
const UNKNOWN_RANGE_STOP_BPS: i64 = 800;

/// The bracket of an entry that comes without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Whose stops and targets count where both have one.
    pub prefer: Prefer,
    /// Where it gets out with a loss.
    pub stop: StopRule,
    /// Where it gets out with a profit.
    pub target: TargetRule,
    /// Whether stops follow the best price, at the distance that they begin with.
    pub trailing: Trailing,
}

/// Whose stops and targets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// The strategy's, where it names them.
    #[default]
    Strategy,
    /// These rules', where they are not off.
    Policy,
}

/// Whether stops follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trailing {
    /// They stay where they are.
    #[default]
    Off,
    /// They follow.
    On,
}

/// How far a stop is below the entry's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRule {
    /// There is none.
    Off,
    /// Multiples of the average true range (14 bars of an hour): the first in a market of high volatility, where
    /// stops are tighter, else the second. 8 % while it is not known.
    Atr(Decimal, Decimal),
    /// A share of the price.
    Fixed(Rate),
}

/// How far a target is above the entry's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRule {
    /// There is none.
    Off,
    /// Multiples of the distance to the stop: the first in a ranging market, else the second.
    Risk(Decimal, Decimal),
    /// A share of the price.
    Fixed(Rate),
}

impl Default for Protection {
    fn default() -> Self {
        Self {
            prefer: Prefer::Strategy,
            stop: StopRule::Atr(Decimal::TWO, Decimal::from(3)),
            target: TargetRule::Risk(Decimal::new(15, 1), Decimal::TWO),
            trailing: Trailing::Off,
        }
    }
}

impl Protection {
    /// None but what strategies ask for.
    pub fn off() -> Self {
        Self { prefer: Prefer::Strategy, stop: StopRule::Off, target: TargetRule::Off, trailing: Trailing::Off }
    }

    /// The bracket of an entry at `price`: what is given, where it counts and is on the right side of the price,
    /// else by the rules. Prices are rounded to the tick, away from the entry.
    pub(crate) fn bracket(
        &self,
        market: &Market,
        regime: Option<Regime>,
        price: Price,
        stop: Option<Price>,
        target: Option<Price>,
    ) -> Option<Bracket> {
        let tick = market.instrument.tick_size;
        let rules = self.prefer == Prefer::Policy;
        let stop = stop.filter(|_| !(rules && self.stop != StopRule::Off));
        let target = target.filter(|_| !(rules && self.target != TargetRule::Off));
        let below = |stop: &Price| *stop < price && stop.is_positive();
        let given = stop.map(|stop| stop.floor_to(tick)).filter(below);
        // A stop that is further away than the price is high is at the lowest price that there is: what it may lose
        // is still measured.
        let stop = given.or_else(|| self.stop(market, regime, price).map(|stop| stop.floor_to(tick).max(tick)).filter(below));
        let target = target.filter(|target| *target > price).or_else(|| self.target(regime, price, stop));
        let target = target.map(|target| target.ceil_to(tick));
        (stop.is_some() || target.is_some()).then_some(Bracket { stop, target })
    }

    fn stop(&self, market: &Market, regime: Option<Regime>, price: Price) -> Option<Price> {
        let distance = match self.stop {
            StopRule::Off => return None,
            StopRule::Fixed(share) => price * share,
            StopRule::Atr(wild, calm) => {
                let is_wild = regime.is_some_and(|regime| regime.volatility == Volatility::High);
                match market.statistics.atr() {
                    Some(range) => market.instrument.price(range) * Rate(if is_wild { wild } else { calm }),
                    None => price * Rate::from_bps(UNKNOWN_RANGE_STOP_BPS),
                }
            }
        };
        Some(price - distance)
    }

    fn target(&self, regime: Option<Regime>, price: Price, stop: Option<Price>) -> Option<Price> {
        match self.target {
            TargetRule::Off => None,
            TargetRule::Fixed(share) => Some(price + price * share),
            TargetRule::Risk(ranging, trending) => {
                let is_ranging = regime.is_some_and(|regime| regime.trend == Trend::Ranging);
                Some(price + (price - stop?) * Rate(if is_ranging { ranging } else { trending }))
            }
        }
    }
}
