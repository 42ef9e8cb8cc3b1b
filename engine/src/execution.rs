//! Execution: what a signal and a fill make the engine ask of the venue.

use alloc::vec::Vec;

use crate::event::{DenialReason, Direction, Signal};
use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::number::Quantity;
use crate::order::{Bracket, OrderId, OrderKind, OrderRequest, Owner};
use crate::risk;
use crate::sizing::Size;
use crate::state::State;

/// The entry that a signal calls for: `None` when it calls for nothing (the way out is [`exit`]'s).
pub(crate) fn entry(state: &State, signal: &Signal, size: Size) -> Result<Option<OrderRequest>, DenialReason> {
    let (owner, instrument) = (Owner::Strategy(signal.strategy), signal.instrument);
    if signal.direction == Direction::Flat {
        return Ok(None);
    }
    if state.closing.contains(&(owner, instrument)) {
        return Err(DenialReason::Closing);
    }
    if state.is_in(owner, instrument) {
        return Ok(None);
    }
    let market = state.markets.get(instrument).ok_or(DenialReason::UnknownInstrument)?;
    let quantity = size.quantity(state, market)?;
    let bracket = (signal.stop.is_some() || signal.target.is_some()).then_some(Bracket {
        stop: signal.stop.map(|price| price.floor_to(market.instrument.tick_size)),
        target: signal.target.map(|price| price.ceil_to(market.instrument.tick_size)),
    });
    let kind = OrderKind::Market;
    let request = OrderRequest { owner, instrument, side: Side::Buy, quantity, kind, bracket, oco: None, protects: None };
    risk::check(state, &request).map(|()| Some(request))
}

/// One step on the way out of a position.
pub(crate) enum Exit {
    /// Its open orders end first, so that nothing else sells what is to be sold.
    Cancel(Vec<OrderId>),
    /// Then it is sold.
    Sell(OrderRequest),
    /// An answer of the venue is awaited.
    Wait,
}

/// The next step out of a position that is closing.
pub(crate) fn exit(state: &State, owner: Owner, instrument: InstrumentId) -> Exit {
    let open = || state.orders.of(owner, instrument);
    // The sale itself is on its way.
    if open().any(|order| order.request.side == Side::Sell && order.request.kind == OrderKind::Market) {
        return Exit::Wait;
    }
    if open().next().is_some() {
        let orders: Vec<_> = open().filter(|order| order.cancel_requested.is_none()).map(|order| order.id).collect();
        return if orders.is_empty() { Exit::Wait } else { Exit::Cancel(orders) };
    }
    let Some(market) = state.markets.get(instrument) else { return Exit::Wait };
    let quantity = state.portfolio.held(owner, instrument).floor_to(market.instrument.lot_size);
    if quantity < market.smallest_order() {
        return Exit::Wait;
    }
    let kind = OrderKind::Market;
    Exit::Sell(OrderRequest { owner, instrument, side: Side::Sell, quantity, kind, bracket: None, oco: None, protects: None })
}

/// The protective orders that an entry's fills call for now; the second is to be linked with the first.
pub(crate) fn protection(state: &State, entry: OrderId) -> Vec<OrderRequest> {
    let Some(unprotected) = state.unprotected.get(&entry) else { return Vec::new() };
    let (owner, instrument) = (unprotected.owner, unprotected.instrument);
    let Some(market) = state.markets.get(instrument) else { return Vec::new() };
    let quantity = unprotected.quantity.floor_to(market.instrument.lot_size);
    if quantity < market.smallest_order() || state.closing.contains(&(owner, instrument)) {
        return Vec::new();
    }
    let sell = |kind| sell(owner, instrument, quantity, kind, entry);
    let stop = unprotected.bracket.stop.map(|trigger| sell(OrderKind::StopMarket { trigger }));
    let target = unprotected.bracket.target.map(|trigger| sell(OrderKind::TakeProfitMarket { trigger }));
    stop.into_iter().chain(target).collect()
}

fn sell(owner: Owner, instrument: InstrumentId, quantity: Quantity, kind: OrderKind, entry: OrderId) -> OrderRequest {
    OrderRequest { owner, instrument, side: Side::Sell, quantity, kind, bracket: None, oco: None, protects: Some(entry) }
}
