//! What a signal came to, step by step: derived again in the state that it met, for explanations. It decides nothing.

use alloc::vec::Vec;

use crate::event::{DenialReason, Direction, Signal};
use crate::execution;
use crate::market::Side;
use crate::number::{Price, Quantity, Rate};
use crate::order::{Bracket, OrderKind, OrderRequest, Owner};
use crate::risk::{self, Policy};
use crate::sizing::{self, Size};
use crate::state::State;

/// What a signal to get in met on its way to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rationale {
    /// The last price, in quote units.
    pub price: Price,
    /// The least confidence of an entry just then, in basis points.
    pub min_confidence_bps: u32,
    /// Stop and target: the signal's own, or what the policy adds.
    pub bracket: Option<Bracket>,
    /// What sizing proposed; `None` when it could not.
    pub proposal: Option<Proposal>,
    /// How far each limit on shares of the equity is used with the order: share and limit of each.
    pub used: Vec<DenialReason>,
    /// What followed: an order, nothing, or a denial.
    pub verdict: Result<Option<OrderRequest>, DenialReason>,
}

/// A proposed quantity, and what made it smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The share of the equity that the method asks for; `None` when it asks for a quantity.
    pub share: Option<Rate>,
    /// What the market's regime scales that by.
    pub regime: Rate,
    /// What the controller scales it by.
    pub scale: Rate,
    /// All of that in base units, the quote balance considered.
    pub wanted: Quantity,
    /// The limit that leaves the least, and how much it leaves in base units; `None` when none is set.
    pub room: Option<(&'static str, Quantity)>,
    /// The smallest step between two quantities.
    pub lot_size: Quantity,
}

/// Derives again what a signal came to, in the state just before it was decided on. `None` for a way out, and when its
/// instrument has no price.
pub fn rationale(state: &State, policy: &Policy, signal: &Signal, size: Size) -> Option<Rationale> {
    if signal.direction == Direction::Flat {
        return None;
    }
    let market = state.markets.get(signal.instrument)?;
    let price = market.last_price()?;
    let request = OrderRequest {
        owner: Owner::Strategy(signal.strategy),
        instrument: signal.instrument,
        side: Side::Buy,
        quantity: Quantity::ZERO,
        kind: OrderKind::Market,
        bracket: None,
        oco: None,
        protects: None,
    };
    let bracket = execution::protected(state, policy, &request, Bracket { stop: signal.stop, target: signal.target });
    let stop = bracket.and_then(|bracket| bracket.stop);
    let wanted = sizing::wanted(state, policy, size, signal, market, stop).ok();
    let proposal = wanted.map(|wanted| Proposal {
        share: wanted.share,
        regime: wanted.regime,
        scale: Rate::from_bps(state.tuning.size_scale_bps.into()),
        wanted: wanted.quantity,
        room: risk::room(state, &policy.limits, market, price, stop).ok().flatten().map(|room| (room.limit, room.quantity)),
        lot_size: market.instrument.lot_size,
    });
    let verdict = execution::entry(state, policy, signal, size);
    let quantity = match &verdict {
        Ok(Some(order)) => order.quantity,
        // The order that was not placed.
        _ => proposal.as_ref().map_or(Quantity::ZERO, |proposal| proposal.wanted.floor_to(proposal.lot_size)),
    };
    let used = risk::used(state, &policy.limits, &OrderRequest { quantity, bracket, ..request });
    let min_confidence_bps = u32::from(policy.limits.min_confidence_bps).max(state.tuning.min_confidence_bps);
    Some(Rationale { price, min_confidence_bps, bracket, proposal, used, verdict })
}
