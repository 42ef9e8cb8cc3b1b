//! One rule that trades the closed bars of each instrument by itself: what most strategies are.

use engine::event::{Direction, Input, Reason};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Price, decimal_from_f64};
use engine::order::{Amendment, OrderKind};
use engine::strategy::{Context, Opinion, Strategy};
use engine::time::Interval;
use serde::Serialize;

use crate::bars::{Bars, ClosedBar};

/// The confidence of an entry whose conditions are only just met.
const JUST_MET_BPS: f64 = 5_000.0;
/// No market is surer than this.
const SUREST_BPS: f64 = 9_500.0;

/// A rule, and all that it remembers of one instrument. It starts as a clone of one that has seen nothing.
pub(crate) trait Tactic: Clone + Serialize + Send {
    /// Takes in a closed bar of one of its timeframes; what to do now.
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move>;
}

/// Whether the strategy is in the instrument: holds it, or is buying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    Out,
    In,
}

/// What to do.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    Enter(Entry),
    /// Sells everything, for these reasons.
    Leave(Vec<Reason>),
    /// Moves the stop up to this price; one that is there already or higher stays.
    RaiseStop(f64),
}

/// A way into a position. Prices are in quote units.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) confidence_bps: u16,
    pub(crate) stop: f64,
    pub(crate) target: f64,
    pub(crate) reasons: Vec<Reason>,
}

/// How far stops and targets are away.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Distances {
    /// From the price down to the stop, in average true ranges.
    pub(crate) stop_atr: f64,
    /// From the price up to the target, in distances to the stop.
    pub(crate) target_risk: f64,
}

impl Distances {
    /// The stop and the target for an entry at this price.
    pub(crate) fn around(self, price: f64, atr: f64) -> (f64, f64) {
        let risk = self.stop_atr * atr;
        (price - risk, price + self.target_risk * risk)
    }
}

/// What has been done with one input, which may close several bars: an instrument is entered or left once, and the bars
/// that follow see it so already.
#[derive(Default)]
pub(crate) struct Deeds(Option<(InstrumentId, Stance)>);

impl Deeds {
    /// Where the strategy is in this instrument.
    pub(crate) fn stance(&self, id: InstrumentId, ctx: &Context<'_>) -> Stance {
        match self.0 {
            Some((done, stance)) if done == id => stance,
            _ => Stance::of(ctx, id),
        }
    }

    /// Asks for it, unless the instrument has been entered or left with this input.
    pub(crate) fn carry_out(&mut self, action: Move, id: InstrumentId, ctx: &mut Context<'_>) {
        if self.0.is_some_and(|(done, _)| done == id) {
            return;
        }
        self.0 = match action {
            Move::Enter(_) => Some((id, Stance::In)),
            Move::Leave(_) => Some((id, Stance::Out)),
            Move::RaiseStop(_) => self.0,
        };
        action.carry_out(id, ctx);
    }
}

impl Move {
    /// Asks for it.
    pub(crate) fn carry_out(self, id: InstrumentId, ctx: &mut Context<'_>) {
        match self {
            Self::Enter(Entry { confidence_bps, stop, target, reasons }) => {
                let (stop, target) = (price(ctx, id, stop), price(ctx, id, target));
                ctx.signal(id, Direction::Long, Opinion { confidence_bps, stop, target, reasons });
            }
            Self::Leave(reasons) => {
                ctx.signal(id, Direction::Flat, Opinion { confidence_bps: 10_000, reasons, ..Opinion::default() });
            }
            Self::RaiseStop(stop) => raise_stops(stop, id, ctx),
        }
    }
}

impl Stance {
    /// Where the strategy was before this input's own wishes.
    pub(crate) fn of(ctx: &Context<'_>, id: InstrumentId) -> Self {
        if ctx.is_in(id) { Self::In } else { Self::Out }
    }
}

fn raise_stops(stop: f64, id: InstrumentId, ctx: &mut Context<'_>) {
    let (Some(stop), Some(rules)) = (price(ctx, id, stop), ctx.instrument(id)) else { return };
    let stop = stop.floor_to(rules.tick_size);
    let lower = ctx.open_orders(id).filter(|order| {
        let is_lower = matches!(order.request.kind, OrderKind::StopMarket { trigger } if trigger < stop);
        order.request.side == Side::Sell && is_lower && order.cancel_requested.is_none()
    });
    let orders: Vec<_> = lower.map(|order| order.id).collect();
    for order in orders {
        ctx.amend(Amendment { order, quantity: None, price: None, trigger: Some(stop) });
    }
}

/// With the instrument's decimals; `None` when it is not above zero.
fn price(ctx: &Context<'_>, id: InstrumentId, price: f64) -> Option<Price> {
    let decimals = ctx.instrument(id)?.price_scale;
    decimal_from_f64(price, u32::from(decimals)).map(Price).filter(|price| price.is_positive())
}

/// Reasons from floats, with eight decimals; what is no number is left out.
pub(crate) fn reasons<const N: usize>(figures: [(&'static str, f64); N]) -> Vec<Reason> {
    figures.into_iter().filter_map(|(name, value)| Some(Reason::new(name, decimal_from_f64(value, 8)?))).collect()
}

/// Confidence from evidence: 50 % when the conditions are only just met, and for each piece of evidence up to its
/// points of a hundred more, in proportion to its strength from 0 to 1. An ordinary clear setup comes out at 50 to 65 %,
/// a strong one at 70 to 90 %.
pub(crate) fn confidence<const N: usize>(evidence: [(f64, f64); N]) -> u16 {
    let added: f64 = evidence.into_iter().map(|(points, share)| 100.0 * points * strength(share, 0.0, 1.0)).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
    return (JUST_MET_BPS + added).clamp(0.0, SUREST_BPS) as u16;
}

/// How far a value has come on the way from `none` to `all`: 0 to 1 between them. `all` may be the lower one.
#[expect(clippy::manual_clamp, reason = "what is no number is 0, and would stay none")]
pub(crate) fn strength(value: f64, none: f64, all: f64) -> f64 {
    ((value - none) / (all - none)).max(0.0).min(1.0)
}

/// A strategy of one tactic.
pub(crate) struct Desk<T> {
    bars: Bars,
    blank: T,
    /// By instrument id.
    tactics: Vec<T>,
}

impl<T: Tactic> Desk<T> {
    pub(crate) fn new(intervals: &[Interval], blank: T) -> Self {
        Self { bars: Bars::new(intervals), blank, tactics: Vec::new() }
    }
}

impl<T: Tactic> Strategy for Desk<T> {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let mut deeds = Deeds::default();
        for bar in self.bars.update(ctx.now(), |id| ctx.instrument(id), input) {
            let index = bar.instrument.index();
            if self.tactics.len() <= index {
                self.tactics.resize(index + 1, self.blank.clone());
            }
            if let Some(action) = self.tactics[index].on_bar(bar, deeds.stance(bar.instrument, ctx)) {
                deeds.carry_out(action, bar.instrument, ctx);
            }
        }
        if let Some(at) = self.bars.deadline() {
            ctx.wake_at(at);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bars);
        hasher.write(&self.tactics);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::event::{Decision, Event, Record, Signal};
    use engine::order::OrderId;
    use serde_json::json;

    use super::*;
    use crate::stage::{Stage, history, instrument};

    #[test]
    fn confidence_is_within_its_bounds_whatever_the_evidence() {
        assert_eq!(confidence([(20.0, 0.0), (20.0, -3.0), (20.0, f64::NAN)]), 5_000);
        assert_eq!(confidence([(20.0, 0.5)]), 6_000);
        assert_eq!(confidence([(20.0, 7.0), (20.0, 1.0)]), 9_000);
        assert_eq!(confidence([(90.0, f64::INFINITY)]), 9_500);
        assert_eq!((strength(25.0, 30.0, 20.0), strength(3.0, 1.0, 2.0), strength(0.0, 1.0, 2.0)), (0.5, 1.0, 0.0));
        assert!(strength(f64::NAN, 1.0, 2.0).abs() < f64::EPSILON);
    }

    /// Long signals with the price at which they were given.
    fn entries(stage: &Stage) -> Vec<(f64, Signal)> {
        let (mut close, mut entries) = (0.0, Vec::new());
        for record in &stage.records {
            match &record.event {
                Event::Input(Input::Bar(bar)) => close = instrument(0).price_f64(bar.close),
                Event::Decision(Decision::Signal(signal)) if signal.direction == Direction::Long => {
                    entries.push((close, (**signal).clone()));
                }
                _ => {}
            }
        }
        entries
    }

    #[test]
    fn on_real_candles_every_entry_says_how_sure_it_is_where_it_ends_and_why() {
        let Some(bars) = history("BTC-USDT_1h_binance.csv.gz") else { return };
        for name in ["momentum", "mean_reversion", "breakout", "multi_timeframe"] {
            let mut stage = Stage::new(name, json!({}), &[instrument(0)]);
            stage.play(bars.iter().copied());
            let entries = entries(&stage);
            for (close, signal) in &entries {
                let (stop, target) = (signal.stop.unwrap().to_f64(), signal.target.unwrap().to_f64());
                assert!(stop < *close && *close < target, "{name}: {stop} {close} {target}");
                assert!((1.4..2.1).contains(&((target - close) / (close - stop))), "{name}: {stop} {close} {target}");
                assert!((5_000..=9_500).contains(&signal.confidence_bps) && signal.reasons.len() >= 3, "{name}: {signal:?}");
            }
            let mut sure: Vec<u16> = entries.iter().map(|(_, signal)| signal.confidence_bps).collect();
            sure.sort_unstable();
            // Enough of them to mean something, most of them ordinary, the best ones strong.
            let (median, best) = (sure[sure.len() / 2], sure[sure.len() * 97 / 100]);
            eprintln!("{name}: {} entries in {} hours, confidence median {median} best {best}", sure.len(), bars.len());
            assert!(sure.len() > 50 && (5_500..6_700).contains(&median) && best >= 7_000, "{name}");
            stops_only_rise(&stage.records);
        }
    }

    fn stops_only_rise(records: &[Record]) {
        let mut triggers: BTreeMap<OrderId, Price> = BTreeMap::new();
        for record in records {
            match &record.event {
                Event::Decision(Decision::OrderRequested(request)) => {
                    triggers.extend(request.kind.trigger().map(|trigger| (OrderId(record.seq), trigger)));
                }
                Event::Decision(Decision::AmendRequested(amendment)) => {
                    let old = triggers.insert(amendment.order, amendment.trigger.unwrap());
                    assert!(old.unwrap() < amendment.trigger.unwrap(), "{amendment:?}");
                }
                _ => {}
            }
        }
    }
}
