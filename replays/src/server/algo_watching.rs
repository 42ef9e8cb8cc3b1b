//! Waiting algo orders and the price that reaches them.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::Price;

use super::account::Account;
use super::algo::{Algo, AlgoState, Crossing, Leg, Placed, Plan};
use super::core::Scene;
use super::orders::OrderType;
use super::orders_placing::{Draft, Shortfall};
use crate::exchange::{accepts, trailed, worse};

/// A trigger that was reached.
#[derive(Clone, Copy, Debug)]
struct Hit {
    /// `actualSide`.
    leg: &'static str,
    limit: Option<Price>,
    kind: OrderType,
}

impl Hit {
    fn of(name: &'static str, leg: Leg) -> Self {
        Self { leg: name, limit: leg.limit, kind: OrderType::Limit }
    }
}

impl Algo {
    /// Looks at a price, and follows it; what it places if the price reaches it.
    fn look(&mut self, price: Price, tick: Price) -> Option<Hit> {
        let side = self.side;
        match &mut self.plan {
            Plan::Exit { profit, loss } => {
                let loss = loss.filter(|leg| accepts(side.opposite(), leg.trigger, price));
                let profit = profit.filter(|leg| accepts(side, leg.trigger, price));
                loss.map(|leg| Hit::of("sl", leg)).or(profit.map(|leg| Hit::of("tp", leg)))
            }
            Plan::Trigger { leg, crossing, kind, .. } => {
                let reached = match crossing {
                    Crossing::Rising => price >= leg.trigger,
                    Crossing::Falling => price <= leg.trigger,
                };
                reached.then_some(Hit { kind: *kind, ..Hit::of("", *leg) })
            }
            Plan::Trail { by, activation, best } => {
                let Some(reference) = *best else {
                    // It becomes active as the price gets better than this.
                    if activation.is_none_or(|from| accepts(side, from, price)) {
                        *best = Some(price);
                    }
                    return None;
                };
                let reference = worse(side.opposite(), reference, price);
                *best = Some(reference);
                let stop = trailed(side, reference, *by, tick);
                accepts(side.opposite(), stop, price).then_some(Hit { leg: "", limit: None, kind: OrderType::Market })
            }
        }
    }
}

impl Account {
    /// Lets the waiting algo orders look at what market data show.
    pub(super) fn watch(&mut self, scene: &mut Scene<'_>, input: &Input) {
        if self.waiting_algos.is_empty() {
            return;
        }
        let Some(listing) = instrument_of(input).map(InstrumentId::index) else { return };
        let Some(tick) = scene.listings.get(listing).map(|listed| listed.instrument.tick_size) else { return };
        let path = |side| self.venue.trigger_path(input, side);
        let (buying, selling) = (path(Side::Buy), path(Side::Sell));
        let mut hits = Vec::new();
        for id in &self.waiting_algos {
            let Some(algo) = self.algos.get_mut(id).filter(|algo| algo.listing == listing) else { continue };
            let path = if algo.side == Side::Buy { &buying } else { &selling };
            let hit = path.iter().flatten().find_map(|price| algo.look(*price, tick));
            hits.extend(hit.map(|hit| (*id, hit)));
        }
        for (id, hit) in hits {
            self.fire(scene, id, hit);
        }
    }

    /// Places the order of an algo order that was reached.
    fn fire(&mut self, scene: &mut Scene<'_>, id: u64, hit: Hit) {
        let Some(algo) = self.algos.get_mut(&id) else { return };
        algo.triggered_at = Some(scene.at);
        let attached = if let Plan::Trigger { attached, .. } = &algo.plan { attached.clone() } else { Vec::new() };
        let draft = Draft {
            listing: algo.listing,
            side: algo.side,
            kind: if hit.limit.is_some() { hit.kind } else { OrderType::Market },
            price: hit.limit,
            size: algo.size,
            unit: hit.limit.is_none().then_some(algo.unit),
            shortfall: Shortfall::Refused,
            client_id: String::new(),
            tag: algo.tag.clone(),
            stp: "cancel_maker",
            attached,
            source: algo.kind.source(),
            algo: Some((id, algo.client_id.clone())),
        };
        let first = self.pushes.len();
        match self.enter(scene, draft) {
            Ok(order) => {
                let placed = self.orders.get(&order).map(|order| Placed {
                    order: order.id,
                    leg: hit.leg,
                    price: order.average_price().map(Price).or(hit.limit),
                    quantity: order.quantity,
                });
                if let Some(algo) = self.algos.get_mut(&id) {
                    algo.placed = placed;
                }
                self.end_algo(scene, id, AlgoState::Effective);
                // What triggered is told before what it placed.
                self.pushes[first..].rotate_right(1);
            }
            Err(refusal) => {
                if let Some(algo) = self.algos.get_mut(&id) {
                    algo.fail_code = refusal.code;
                    algo.placed = None;
                }
                self.end_algo(scene, id, AlgoState::Failed);
            }
        }
    }
}

fn instrument_of(input: &Input) -> Option<InstrumentId> {
    match input {
        Input::Trade(trade) => Some(trade.instrument),
        Input::Quote(quote) => Some(quote.instrument),
        Input::Bar(bar) => Some(bar.instrument),
        Input::BookSnapshot(levels) | Input::BookDelta(levels) => Some(levels.instrument),
        _ => None,
    }
}
