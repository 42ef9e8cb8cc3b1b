//! Guards: how each position is protected, and what of it is not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::number::Quantity;
use crate::order::{Bracket, OrderId, OrderKind, Owner};
use crate::orders::{OpenOrder, Orders, Status};
use crate::state::State;

/// So many refusals of protective orders in a row close the position at the market.
pub const MAX_REFUSALS: u8 = 3;

/// How one owner's position in one instrument is protected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The last entry that filled.
    pub entry: OrderId,
    /// Its bracket.
    pub bracket: Bracket,
    /// The first seq after the fill that the position began with: what protects and is older belongs to one before.
    pub since: u64,
    /// How many protective orders the venue refused or ended since one was accepted.
    pub refusals: u8,
}

/// The guards of all positions.
pub type Guards = BTreeMap<(Owner, InstrumentId), Guard>;

impl Guard {
    /// How much the open orders cover: stops, or targets where there is to be no stop.
    pub fn covered(&self, orders: &Orders, owner: Owner, instrument: InstrumentId) -> Quantity {
        let open = orders.of(owner, instrument).filter(|order| self.is_cover(order));
        open.map(OpenOrder::remaining).fold(Quantity::ZERO, |sum, quantity| sum + quantity)
    }

    /// Whether it covers: a stop, or a target where there is to be no stop, and none of an earlier position.
    pub(crate) fn is_cover(&self, order: &OpenOrder) -> bool {
        let request = &order.request;
        let covers = if self.bracket.stop.is_some() { is_stop(request.kind) } else { is_target(request.kind) };
        request.side == Side::Sell && covers && !self.is_stale(order)
    }

    /// Whether it is in the way of what covers: of an earlier position, or alone where the other half of its pair would
    /// cover, such as a target whose stop is gone.
    pub(crate) fn is_spare(&self, orders: &Orders, order: &OpenOrder) -> bool {
        let request = &order.request;
        let is_way_out = request.side == Side::Sell && (request.protects.is_some() || is_target(request.kind));
        let is_alone = || orders.partner(order).is_none_or(|partner| orders.get(partner.id).is_none());
        is_way_out && (self.is_stale(order) || (!self.is_cover(order) && is_alone()))
    }

    fn is_stale(&self, order: &OpenOrder) -> bool {
        order.request.protects.is_some() && order.id.0 < self.since
    }
}

/// Protective orders that would sell more than is held, the newest: they would take what belongs to another. Those
/// that are triggered, on their way out, or about to be ended by the venue with the other half of their pair stay. What
/// the venue just refused to cancel counts, and is not asked for.
pub(crate) fn surplus(state: &State, owner: Owner, instrument: InstrumentId) -> Vec<OrderId> {
    let mut surplus = Vec::new();
    if state.closing.contains(&(owner, instrument)) {
        return surplus;
    }
    let orders = &state.orders;
    let guard = state.guards.get(&(owner, instrument));
    // Where there is no guard, what still protects was for a position that is gone.
    let mut left = guard.map_or(Quantity::ZERO, |_| state.portfolio.held(owner, instrument));
    let protective = orders.of(owner, instrument).filter(|order| order.request.protects.is_some());
    // What is spare goes before what covers.
    let is_spare = |order: &&OpenOrder| guard.is_some_and(|guard| guard.is_spare(orders, order));
    let (spare, covers): (Vec<_>, Vec<_>) = protective.partition(is_spare);
    for order in covers.into_iter().chain(spare) {
        let partner = orders.partner(order);
        let open = partner.filter(|partner| orders.get(partner.id).is_some());
        // A pair counts once, by its first half.
        let is_second = open.is_some() && order.request.oco.is_some();
        let ends_with_other = open.is_none() && partner.is_some_and(|partner| !partner.remaining().is_positive());
        if is_second || order.cancel_requested.is_some() || ends_with_other {
            continue;
        }
        // The venue may not have taken off it yet what the other half has filled.
        let sells = open.map_or(order.remaining(), |other| order.remaining().min(other.remaining()));
        let is_kept = order.status == Status::Working || state.refusals.has_cancel(order.id);
        if sells <= left || is_kept {
            left -= sells;
            continue;
        }
        surplus.push(order.id);
        surplus.extend(open.filter(|other| state.may_cancel(other)).map(|other| other.id));
    }
    surplus
}

/// Whether it gets out at a worse price.
pub(crate) fn is_stop(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. })
}

/// Whether it gets out at a better price.
pub(crate) fn is_target(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. })
}
