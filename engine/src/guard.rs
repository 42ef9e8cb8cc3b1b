//! Guards: how each position is protected, and what of it is not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::number::Quantity;
use crate::order::{Bracket, OrderId, OrderKind, OrderRequest, Owner};
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
    /// How many protective orders the venue refused or ended since one was accepted.
    pub refusals: u8,
}

/// The guards of all positions.
pub type Guards = BTreeMap<(Owner, InstrumentId), Guard>;

impl Guard {
    /// How much the open orders cover: stops, or targets where there is to be no stop.
    pub fn covered(&self, orders: &Orders, owner: Owner, instrument: InstrumentId) -> Quantity {
        let open = orders.of(owner, instrument).filter(|order| self.is_cover(&order.request));
        open.map(OpenOrder::remaining).fold(Quantity::ZERO, |sum, quantity| sum + quantity)
    }

    /// Whether it is a stop, or a target where there is to be no stop.
    pub(crate) fn is_cover(&self, request: &OrderRequest) -> bool {
        let covers = if self.bracket.stop.is_some() { is_stop(request.kind) } else { is_target(request.kind) };
        request.side == Side::Sell && covers
    }
}

/// Protective orders that would sell more than is held, the newest: they would take what belongs to another. Those
/// that are triggered, on their way out, or about to be ended by the venue with the other half of their pair stay.
pub(crate) fn surplus(state: &State, owner: Owner, instrument: InstrumentId) -> Vec<OrderId> {
    let mut surplus = Vec::new();
    if state.closing.contains(&(owner, instrument)) {
        return surplus;
    }
    let orders = &state.orders;
    let mut left = state.portfolio.held(owner, instrument);
    for order in orders.of(owner, instrument).filter(|order| order.request.protects.is_some()) {
        let partner = orders.partner(order);
        let is_open = partner.is_some_and(|partner| orders.get(partner.id).is_some());
        // A pair counts once, by its first half.
        let is_second = is_open && order.request.oco.is_some();
        let filled = partner.map_or(Quantity::ZERO, |partner| partner.filled);
        if is_second || order.cancel_requested.is_some() || (!is_open && filled.is_positive()) {
            continue;
        }
        // The venue may not have taken off it yet what the other half has filled.
        let sells = order.remaining() - filled;
        if sells <= left || order.status == Status::Working {
            left -= sells;
            continue;
        }
        surplus.push(order.id);
        surplus.extend(partner.filter(|partner| is_open && partner.cancel_requested.is_none()).map(|partner| partner.id));
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
