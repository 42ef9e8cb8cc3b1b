//! Two prices that hang together: buys the cheap one when they have drifted apart, and sells it when they are back.
//!
//! The last `window` closes of both are tested by Engle and Granger's test ([`crate::cointegration`]), anew with each
//! bar: the spread is what the first price has beyond its usual relation to the second, `z` how many standard
//! deviations that is. In: they are cointegrated at `significance_percent`, both move the same way (the hedge ratio is
//! above zero), and `|z|` is from `entry_z` up to below `stop_z`, once per drift (it must have been nearer in between).
//! With `z` below zero the first is bought, above zero the second. Out: `|z|` is back at `exit_z`, or it went on to
//! `stop_z`, or the two are not cointegrated any more, even at 10 %; then the reasons say so with `cointegrated=0`.
//!
//! On spot nothing can be sold that is not owned, so there is no short leg: what is bought is the cheap half of the
//! pair, and a fall of both costs money. The stop in the market, `stop_atr` average true ranges away, is for that. The
//! target is where the leg stands when it alone closes the spread to `exit_z`.
//!
//! Bars that only one of the two has are left out. Confidence: how far they have drifted (20 points of a hundred), how
//! much surer the test is than it must be (15) and how soon half of a spread is usually gone (10), on top of 50 %.

use std::collections::VecDeque;

use engine::event::Input;
use engine::hash::StateHasher;
use engine::instrument::{Instrument, InstrumentId};
use engine::strategy::{Context, Strategy};
use engine::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::{Bars, ClosedBar};
use crate::catalogue::{Golden, Parameters};
use crate::cointegration::{Cointegration, Significance};
use crate::indicators::Atr;
use crate::tactic::{Entry, Move, Stance, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 0, orders: 0, end_equity: "10000.00000000" };

/// Of the average true range.
const ATR_PERIOD: u32 = 14;

/// Which two, and when they have drifted apart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The symbol of the one; without it, the first that is listed.
    pub first: Option<String>,
    /// The symbol of the other; without it, the next that is listed.
    pub second: Option<String>,
    /// Bars in which the two are looked at.
    #[schemars(range(min = 30, max = 5_000))]
    pub window: u32,
    /// The chance to take two strangers for a pair: 1, 5 or 10 percent.
    #[schemars(range(min = 1, max = 10))]
    pub significance_percent: u32,
    /// How far they must have drifted apart, in standard deviations.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub entry_z: f64,
    /// Where the drift is over; below `entry_z`.
    #[schemars(range(min = 0.0, max = 5.0))]
    pub exit_z: f64,
    /// Where it is no drift any more; above `entry_z`.
    #[schemars(range(min = 1.0, max = 20.0))]
    pub stop_z: f64,
    /// From the entry down to the stop, in average true ranges.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub stop_atr: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            timeframe: Timeframe::HOUR,
            first: None,
            second: None,
            window: 250,
            significance_percent: 5,
            entry_z: 2.0,
            exit_z: 0.5,
            stop_z: 4.0,
            stop_atr: 3.0,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { entry_z, exit_z, stop_z, ref first, ref second, .. } = self;
        if exit_z >= entry_z || entry_z >= stop_z {
            let given = format!("exit_z = {exit_z}, entry_z = {entry_z} and stop_z = {stop_z}");
            return Err(format!("{given}: it must be exit_z < entry_z < stop_z"));
        }
        if first.is_some() && first == second {
            return Err(format!("first and second are both {}: a pair needs two", first.as_deref().unwrap_or_default()));
        }
        let significance = match self.significance_percent {
            1 => Significance::OnePercent,
            5 => Significance::FivePercent,
            10 => Significance::TenPercent,
            other => return Err(format!("significance_percent = {other}: it must be 1, 5 or 10")),
        };
        let bars = Bars::new(&[self.timeframe.0]);
        let (legs, closes) = ([Leg::new(), Leg::new()], VecDeque::new());
        Ok(Box::new(Pairs { significance, params: self, bars, legs, closes, is_ready: true }))
    }
}

struct Pairs {
    params: Params,
    significance: Significance,
    bars: Bars,
    legs: [Leg; 2],
    /// The logarithms of both closes, oldest first.
    closes: VecDeque<(f64, f64)>,
    /// They were near each other since the last entry.
    is_ready: bool,
}

/// One of the two.
#[derive(Clone, Debug, Serialize)]
struct Leg {
    instrument: Option<InstrumentId>,
    atr: Atr,
    /// The last bar: when it opened, and its close.
    last: Option<(Timestamp, f64)>,
}

impl Leg {
    fn new() -> Self {
        Self { instrument: None, atr: Atr::new(ATR_PERIOD), last: None }
    }
}

impl Pairs {
    /// Takes a listed instrument for the leg that it is named for, or for the next that is not named.
    fn list(&mut self, listed: &Instrument) {
        let names = [self.params.first.as_deref(), self.params.second.as_deref()];
        let is_taken = self.legs.iter().any(|leg| leg.instrument == Some(listed.id));
        let is_named = names.contains(&Some(listed.symbol.as_str()));
        for (leg, name) in self.legs.iter_mut().zip(names) {
            let suits = name.map_or(!is_named, |name| name == listed.symbol);
            if suits && !is_taken && leg.instrument.is_none() {
                leg.instrument = Some(listed.id);
                return;
            }
        }
    }

    /// Takes a bar in; whether both now have a new one of the same time.
    fn pair_up(&mut self, bar: &ClosedBar) -> bool {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.instrument == Some(bar.instrument)) else { return false };
        leg.atr.update(&bar.candle);
        leg.last = Some((bar.opened_at, bar.candle.close));
        let [Some((first_at, first)), Some((second_at, second))] = [self.legs[0].last, self.legs[1].last] else { return false };
        if first_at != second_at || first <= 0.0 || second <= 0.0 {
            return false;
        }
        if self.closes.len() >= self.params.window as usize {
            self.closes.pop_front();
        }
        self.closes.push_back((libm::log(first), libm::log(second)));
        true
    }

    /// What to do, and with which leg.
    fn decide(&mut self, stances: [Stance; 2]) -> Option<(usize, Move)> {
        let is_full = self.closes.len() >= self.params.window as usize;
        let test = Cointegration::test(self.closes.make_contiguous()).filter(|_| is_full);
        if let Some(held) = stances.iter().position(|stance| *stance == Stance::In) {
            self.is_ready = false;
            return Some((held, self.leave(held, test)?));
        }
        let test = test?;
        let Params { entry_z, stop_z, .. } = self.params;
        let drift = test.z.abs();
        self.is_ready |= drift < entry_z;
        let is_pair = test.holds(self.significance) && test.hedge_ratio > 0.0;
        if !self.is_ready || !is_pair || drift < entry_z || drift >= stop_z {
            return None;
        }
        let cheap = usize::from(test.z > 0.0);
        Some((cheap, self.enter(cheap, &test)?))
    }

    fn leave(&self, held: usize, test: Option<Cointegration>) -> Option<Move> {
        let critical_value = |test: &Cointegration| test.critical_value(Significance::TenPercent);
        let Some(test) = test.filter(|test| test.hedge_ratio > 0.0) else {
            return Some(Move::Leave(reasons([("cointegrated", 0.0)])));
        };
        if !test.holds(Significance::TenPercent) {
            let figures =
                [("cointegrated", 0.0), ("adf_t", test.adf_t), ("critical_value", critical_value(&test)), ("z", test.z)];
            return Some(Move::Leave(reasons(figures)));
        }
        // How cheap the held one still is.
        let cheapness = if held == 0 { -test.z } else { test.z };
        let Params { exit_z, stop_z, .. } = self.params;
        let figures = |name, limit| Move::Leave(reasons([("z", test.z), (name, limit), ("adf_t", test.adf_t)]));
        if cheapness >= stop_z {
            Some(figures("stop_z", stop_z))
        } else if cheapness <= exit_z {
            Some(figures("exit_z", exit_z))
        } else {
            None
        }
    }

    fn enter(&self, cheap: usize, test: &Cointegration) -> Option<Move> {
        let Params { entry_z, exit_z, stop_z, stop_atr, window, .. } = self.params;
        let Leg { atr, last, .. } = &self.legs[cheap];
        let (close, atr) = (last.as_ref()?.1, atr.value().filter(|atr| *atr > 0.0)?);
        let critical_value = test.critical_value(self.significance);
        let half_life = test.half_life?;
        let evidence = [
            (20.0, strength(test.z.abs(), entry_z, stop_z)),
            (15.0, strength(test.adf_t, critical_value, critical_value - 1.5)),
            (10.0, strength(half_life, f64::from(window) / 4.0, 2.0)),
        ];
        // How far the leg must rise in log price if it does all of the way back.
        let spread = (test.z.abs() - exit_z) * test.deviation;
        let rise = if cheap == 0 { spread } else { spread / test.hedge_ratio };
        let figures = [
            ("z", test.z),
            ("hedge_ratio", test.hedge_ratio),
            ("adf_t", test.adf_t),
            ("critical_value", critical_value),
            ("half_life", half_life),
        ];
        let (stop, target) = (close - stop_atr * atr, close * libm::exp(rise));
        Some(Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) }))
    }
}

impl Strategy for Pairs {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        if let Input::InstrumentListed(listed) = input {
            self.list(listed);
        }
        // Only what closes last makes a pair whole, so the bars are looked at one by one.
        let closed = self.bars.update(ctx.now(), |id| ctx.instrument(id), input).to_vec();
        for bar in closed {
            let [Some(first), Some(second)] = [self.legs[0].instrument, self.legs[1].instrument] else { continue };
            if self.pair_up(&bar) {
                let stances = [first, second].map(|id| Stance::of(ctx, id));
                if let Some((leg, action)) = self.decide(stances) {
                    action.carry_out([first, second][leg], ctx);
                }
            }
        }
        if let Some(at) = self.bars.deadline() {
            ctx.wake_at(at);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bars);
        hasher.write(&self.legs);
        hasher.write(&self.closes);
        hasher.write(&self.is_ready);
    }
}

#[cfg(test)]
mod tests;
