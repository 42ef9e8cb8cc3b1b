//! Guards: how each position is protected, and what of it is not.

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::number::Quantity;
use crate::order::{Bracket, OrderId, OrderKind, OrderRequest, Owner};
use crate::orders::Orders;

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
        let covers = |request: &OrderRequest| match self.bracket.stop {
            Some(_) => is_stop(request.kind),
            None => is_target(request.kind),
        };
        let open = orders.of(owner, instrument).filter(|order| order.request.side == Side::Sell && covers(&order.request));
        open.map(|order| order.remaining()).fold(Quantity::ZERO, |sum, quantity| sum + quantity)
    }
}

/// Whether it gets out at a worse price.
pub(crate) fn is_stop(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } | OrderKind::TrailingStop { .. })
}

/// Whether it gets out at a better price.
pub(crate) fn is_target(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. })
}
