//! Execution: what a signal and a fill make the engine ask of the venue.

use alloc::vec::Vec;

use crate::event::{DenialReason, Direction, Signal};
use crate::guard::Guard;
use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::markets::Market;
use crate::number::{Price, Quantity};
use crate::order::{Bracket, OrderId, OrderKind, OrderRequest, Owner, TrailBy};
use crate::orders::OpenOrder;
use crate::position::Position;
use crate::risk::{self, Policy, Trailing};
use crate::sizing::{self, Size};
use crate::state::State;

/// The entry that a signal calls for: `None` when it calls for nothing now: it is the way out
/// ([`exit`]'s), the position is there already, or an old one is still being closed.
pub(crate) fn entry(state: &State, policy: &Policy, signal: &Signal, size: Size) -> Result<Option<OrderRequest>, DenialReason> {
    let (owner, instrument) = (Owner::Strategy(signal.strategy), signal.instrument);
    let waits = state.closing.contains(&(owner, instrument));
    if signal.direction == Direction::Flat || waits || state.is_in(owner, instrument) {
        return Ok(None);
    }
    let minimum_bps = u32::from(policy.limits.min_confidence_bps).max(state.tuning.min_confidence_bps);
    if u32::from(signal.confidence_bps) < minimum_bps {
        let minimum_bps = u16::try_from(minimum_bps).unwrap_or(u16::MAX);
        return Err(DenialReason::LowConfidence { confidence_bps: signal.confidence_bps, minimum_bps });
    }
    let market = state.markets.get(instrument).ok_or(DenialReason::UnknownInstrument)?;
    let kind = OrderKind::Market;
    let request = OrderRequest {
        owner,
        instrument,
        side: Side::Buy,
        quantity: Quantity::ZERO,
        kind,
        bracket: None,
        oco: None,
        protects: None,
    };
    let bracket = Bracket { stop: signal.stop, target: signal.target };
    let request = OrderRequest { bracket: protected(state, policy, &request, bracket), ..request };
    let stop = request.bracket.and_then(|bracket| bracket.stop);
    let quantity = sizing::quantity(state, policy, size, signal, market, stop)?;
    let request = OrderRequest { quantity, ..request };
    risk::check(state, &policy.limits, &request).map(|()| Some(request))
}

/// The bracket of a buy: what is wanted, and what the policy adds.
pub(crate) fn protected(state: &State, policy: &Policy, request: &OrderRequest, wanted: Bracket) -> Option<Bracket> {
    let market = state.markets.get(request.instrument)?;
    let price = request.kind.limit_price().or(request.kind.trigger()).or_else(|| market.last_price())?;
    let regime = state.regimes.get(&request.instrument).copied();
    policy.protection.bracket(market, regime, price, wanted.stop, wanted.target)
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
        let orders: Vec<_> = open().filter(|order| state.may_cancel(order)).map(|order| order.id).collect();
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

/// What protects what is bare of a position: orders to end first, then the orders to place, of which the second
/// is to be linked with the first.
pub(crate) struct Protect {
    pub cancels: Vec<OrderId>,
    pub orders: Vec<OrderRequest>,
}

/// What a guarded position calls for now; `None` when it is covered, on its way out, too small, or was refused just now.
pub(crate) fn protection(state: &State, trailing: Trailing, owner: Owner, instrument: InstrumentId) -> Option<Protect> {
    let key = (owner, instrument);
    if state.closing.contains(&key) || state.refusals.has_protection(key) {
        return None;
    }
    let quantity = state.unprotected(owner, instrument);
    if quantity.is_zero() {
        return None;
    }
    let (guard, market) = state.guards.get(&key).zip(state.markets.get(instrument))?;
    let Guard { entry, bracket, .. } = guard;
    let sell = |kind| sell(owner, instrument, quantity, kind, *entry);
    let average = state.portfolio.position(owner, instrument).and_then(Position::average_price);
    let stop = bracket.stop.map(|trigger| sell(stop_kind(market, trigger, average, trailing)));
    let target = bracket.target.map(|trigger| sell(OrderKind::TakeProfitMarket { trigger }));
    // They would sell the same quantity a second time.
    let spare = |order: &&OpenOrder| guard.is_spare(&state.orders, order) && state.may_cancel(order);
    let cancels = state.orders.of(owner, instrument).filter(spare).map(|order| order.id).collect();
    Some(Protect { cancels, orders: stop.into_iter().chain(target).collect() })
}

/// A stop that follows does so at the distance from what was paid, so that one that is placed again after the price
/// has risen is as close as the first; and never begins below where the position is to be left.
fn stop_kind(market: &Market, trigger: Price, average: Option<Price>, trailing: Trailing) -> OrderKind {
    let from = average.filter(|average| *average > trigger);
    let begins = market.last_price().map(|last| from.map_or(last, |from| from.min(last)));
    let distance = begins.map(|begins| (begins - trigger).ceil_to(market.instrument.tick_size));
    match distance.filter(|distance| trailing == Trailing::On && distance.is_positive()) {
        Some(distance) => OrderKind::TrailingStop { by: TrailBy::Price(distance) },
        None => OrderKind::StopMarket { trigger },
    }
}

fn sell(owner: Owner, instrument: InstrumentId, quantity: Quantity, kind: OrderKind, entry: OrderId) -> OrderRequest {
    OrderRequest { owner, instrument, side: Side::Sell, quantity, kind, bracket: None, oco: None, protects: Some(entry) }
}
