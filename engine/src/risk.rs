//! Risk: every order passes here, or becomes a denial with its reason.

use crate::event::DenialReason;
use crate::market::Side;
use crate::order::OrderRequest;
use crate::orders::MAX_OPEN_ORDERS;
use crate::state::{State, Trading};

/// Whether an order may go out in this state.
pub fn check(state: &State, request: &OrderRequest) -> Result<(), DenialReason> {
    let market = state.markets.get(request.instrument).ok_or(DenialReason::UnknownInstrument)?;
    if state.trading == Trading::Halted && request.side == Side::Buy {
        return Err(DenialReason::Halted);
    }
    if market.last_price().is_none() {
        return Err(DenialReason::NoPrice);
    }
    let minimum = market.smallest_order();
    if request.quantity < minimum {
        return Err(DenialReason::BelowMinimumSize { quantity: request.quantity, minimum });
    }
    if state.orders.len() >= MAX_OPEN_ORDERS as usize {
        return Err(DenialReason::TooManyOpenOrders { limit: MAX_OPEN_ORDERS });
    }
    Ok(())
}
