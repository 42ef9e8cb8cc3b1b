//! Alerts: inputs that a person should know of.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::event::{Input, Trouble, VenueSnapshot};
use crate::instrument::Instrument;
use crate::market::Side;
use crate::order::{CancelReason, Fill, OrderId, OrderKind, RejectReason};
use crate::state::{Difference, State};

/// What a person should know about an input, judged by the state before it.
pub(crate) fn alert(state: &State, input: &Input) -> Option<String> {
    if let Some(order) = reported_order(input)
        && state.orders.known(order).is_none()
    {
        return Some(format!("the venue reports on order {order}, which this session does not know"));
    }
    match input {
        Input::InstrumentListed(instrument) => refused_listing(state, instrument),
        Input::OrderFilled(fill) => impossible_fill(fill).or_else(|| late_fill(state, fill)),
        Input::OrderRejected { order, reason } => refused_way_out(state, *order, reason),
        Input::OrderCanceled { order, reason } => ended_protection(state, *order, *reason),
        Input::VenueSnapshot(snapshot) => differing_balances(state, snapshot),
        Input::TroubleBegan(Trouble::WarmingUp) => None,
        Input::TroubleBegan(trouble) => Some(format!("{trouble}: nothing new is bought until it is over")),
        _ => None,
    }
}

/// The order that a venue's report is about.
pub(crate) fn reported_order(input: &Input) -> Option<OrderId> {
    match input {
        Input::OrderAccepted(order)
        | Input::OrderTriggered(order)
        | Input::OrderRejected { order, .. }
        | Input::OrderCanceled { order, .. }
        | Input::AmendRejected { order, .. }
        | Input::CancelRejected { order, .. } => Some(*order),
        Input::OrderFilled(fill) => Some(fill.order),
        Input::OrderAmended(amendment) => Some(amendment.order),
        _ => None,
    }
}

fn refused_listing(state: &State, instrument: &Instrument) -> Option<String> {
    let Instrument { id, symbol, .. } = instrument;
    if let Some(fault) = instrument.fault() {
        return Some(format!("the listing of {symbol} has no effect: {fault}"));
    }
    let next = state.markets.iter().count();
    (id.index() > next).then(|| format!("the listing of {symbol} has no effect: its id is {}, the next one is {next}", id.0))
}

fn impossible_fill(fill: &Fill) -> Option<String> {
    let Fill { order, quantity, price, .. } = fill;
    fill.is_impossible().then(|| format!("the venue reports a fill of {quantity} @ {price} on order {order}: it has no effect"))
}

/// It counts, but whoever ended the order, a flattening operator too, may not want what it bought.
fn late_fill(state: &State, fill: &Fill) -> Option<String> {
    let Fill { order, fill_id, quantity, .. } = fill;
    let ended =
        state.orders.get(*order).is_none() && state.orders.known(*order).is_some_and(|known| !known.has_counted(*fill_id));
    ended.then(|| format!("order {order} filled {quantity} after it had ended: the position is what the venue says"))
}

/// Whoever wanted out of a position, now or at a price, is still in it.
fn refused_way_out(state: &State, order: OrderId, reason: &RejectReason) -> Option<String> {
    let request = &state.orders.get(order)?.request;
    let closing = state.closing.contains(&(request.owner, request.instrument));
    if closing && request.side == Side::Sell && request.kind == OrderKind::Market {
        return Some(format!("the venue refused to sell with order {order}: the position stays open"));
    }
    // The other half of a pair was there, or its own refusal was reported.
    let linked = *reason == RejectReason::LinkedOrderNotOpen;
    let entry = request.protects.filter(|_| !linked)?;
    Some(format!("the venue refused order {order}: what order {entry} bought is not protected by it"))
}

/// The first snapshot tells what there is; later ones should say what the log's own fills and deposits make of it.
fn differing_balances(state: &State, snapshot: &VenueSnapshot) -> Option<String> {
    let strange = snapshot.strays.iter().filter(|stray| state.markets.get(stray.instrument).is_none()).count();
    let mut said = String::new();
    if strange > 0 {
        said = format!("the venue has {strange} open orders in instruments that this session does not have: they are left alone");
    }
    let differences = state.differences(snapshot);
    if state.knows_balances() && !differences.is_empty() {
        let listed =
            differences.iter().map(|Difference { currency, ours, venues }| format!("{venues} {currency} and not {ours}"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        said = [said, format!("the venue has {listed}: taken over as it says")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("; ");
    }
    (!said.is_empty()).then_some(said)
}

/// Neither we nor the order's other half ended it.
fn ended_protection(state: &State, order: OrderId, reason: CancelReason) -> Option<String> {
    let entry = state.orders.get(order)?.request.protects?;
    let is_ours = matches!(reason, CancelReason::Requested | CancelReason::Linked);
    (!is_ours).then(|| format!("the venue ended order {order}: what order {entry} bought is not protected by it"))
}
