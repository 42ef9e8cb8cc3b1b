//! Orders from request to end, and what their fills did.

use std::collections::{BTreeMap, VecDeque};

use engine::event::{Input, StrayOrder};
use engine::instrument::Instrument;
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{Amendment, Fill, OrderId, OrderKind, OrderRequest, Owner};
use engine::orders::REMEMBERED_CLOSED_ORDERS;
use engine::state::State;
use engine::time::Timestamp;

use super::closings::{Closing, Key};
use super::in_reporting;
use crate::report::rows::{ExitReason, FillRow, OrderRow, Outcome, Purpose};

/// Orders of which something may still be heard.
#[derive(Debug, Default)]
pub(super) struct Orders {
    open: BTreeMap<OrderId, Live>,
    /// Ended ones, as long as the engine counts a fill that comes late.
    ended: VecDeque<Live>,
}

/// Takes rows that are complete.
type Emit<'a> = dyn FnMut(OrderRow) + 'a;
/// An order that ended, and whose position it was about.
type Ended = (OrderId, Key);

#[derive(Debug)]
struct Live {
    row: OrderRow,
    fill_ids: Vec<u64>,
}

/// What caused an order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    pub purpose: Purpose,
    pub signal: Option<u64>,
}

impl Orders {
    /// An order was asked for.
    pub(super) fn requested(&mut self, state: &State, at: Timestamp, id: OrderId, request: &OrderRequest, cause: Cause) {
        let OrderRequest { owner, instrument, side, quantity, kind, bracket, oco, protects } = *request;
        let row = OrderRow {
            id,
            owner,
            instrument,
            side,
            kind,
            purpose: cause.purpose,
            signal: cause.signal,
            protects,
            oco,
            stop: bracket.and_then(|bracket| bracket.stop),
            target: bracket.and_then(|bracket| bracket.target),
            quantity,
            requested_at: at,
            accepted_at: None,
            triggered_at: None,
            ended_at: None,
            outcome: Outcome::Open,
            arrival_price: arrival(state, kind, request),
            fills: 0,
            filled: Quantity::ZERO,
            notional: Amount::ZERO,
            fees: Amount::ZERO,
        };
        self.open.insert(id, Live { row, fill_ids: Vec::new() });
    }

    /// An order that the venue had was taken in.
    pub(super) fn adopted(&mut self, state: &State, at: Timestamp, id: OrderId, stray: &StrayOrder) {
        let StrayOrder { instrument, side, quantity, filled, kind, .. } = *stray;
        let (owner, quantity) = (Owner::Operator, quantity - filled);
        let request = OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
        self.requested(state, at, id, &request, Cause { purpose: Purpose::Adopted, signal: None });
    }

    /// The venue reports on an order, a fill aside. Whose order it is, when that ends it.
    pub(super) fn reported(&mut self, state: &State, at: Timestamp, input: &Input, emit: &mut Emit<'_>) -> Option<Ended> {
        match input {
            Input::OrderAccepted(id) => {
                self.open.get_mut(id)?.row.accepted_at.get_or_insert(at);
                None
            }
            Input::OrderTriggered(id) => {
                let row = &mut self.open.get_mut(id)?.row;
                row.triggered_at.get_or_insert(at);
                if let Some(market) = state.markets.get(row.instrument)
                    && row.arrival_price.is_none()
                    && market.bar_ns == 0
                {
                    row.arrival_price = market.last_price();
                }
                None
            }
            Input::OrderAmended(amendment) => self.amended(state, at, amendment, emit),
            Input::OrderRejected { order, .. } => self.end(at, *order, Outcome::Rejected, emit),
            Input::OrderCanceled { order, reason } => self.end(at, *order, Outcome::Canceled(*reason), emit),
            _ => None,
        }
    }

    fn amended(&mut self, state: &State, at: Timestamp, new: &Amendment, emit: &mut Emit<'_>) -> Option<Ended> {
        let row = &mut self.open.get_mut(&new.order)?.row;
        if let Some(quantity) = new.quantity {
            row.quantity = quantity;
        }
        if let Some(known) = state.orders.known(new.order) {
            row.kind = known.request.kind;
        }
        // What was amended down to what had filled is done.
        if state.orders.get(new.order).is_none() { self.end(at, new.order, Outcome::Filled, emit) } else { None }
    }

    fn end(&mut self, at: Timestamp, id: OrderId, outcome: Outcome, emit: &mut Emit<'_>) -> Option<Ended> {
        let mut live = self.open.remove(&id)?;
        (live.row.outcome, live.row.ended_at) = (outcome, Some(at));
        if self.ended.len() == REMEMBERED_CLOSED_ORDERS
            && let Some(oldest) = self.ended.pop_front()
        {
            emit(oldest.row);
        }
        let ended = (id, (live.row.owner, live.row.instrument));
        self.ended.push_back(live);
        Some(ended)
    }

    /// A fill: the order as it is after it and the fill's own row; `None` when it does not count.
    pub(super) fn filled(&mut self, state: &State, seq: u64, at: Timestamp, fill: &Fill) -> Option<(&OrderRow, FillRow)> {
        if fill.is_impossible() {
            return None;
        }
        let live = match self.open.get_mut(&fill.order) {
            Some(live) => live,
            None => self.ended.iter_mut().rev().find(|live| live.row.id == fill.order)?,
        };
        if live.fill_ids.contains(&fill.fill_id) {
            return None;
        }
        live.fill_ids.push(fill.fill_id);
        let row = &mut live.row;
        let market = state.markets.get(row.instrument)?;
        let fee_quote = fee_in_quote(fill, &market.instrument, state);
        row.fills += 1;
        row.filled += fill.quantity;
        row.notional += fill.price * fill.quantity;
        row.fees += fee_quote;
        let filled = FillRow {
            seq,
            at,
            venue_at: fill.venue_at,
            fill_id: fill.fill_id,
            order: fill.order,
            owner: row.owner,
            instrument: row.instrument,
            side: row.side,
            purpose: row.purpose,
            price: fill.price,
            quantity: fill.quantity,
            fee: fill.fee,
            fee_currency: fill.fee_currency,
            fee_quote,
            fee_reporting: in_reporting(state, fill.fee, fill.fee_currency),
            liquidity: fill.liquidity,
            arrival_price: row.arrival_price,
            held: state.portfolio.held(row.owner, row.instrument),
        };
        Some((row, filled))
    }

    /// Ends an order whose last piece has filled.
    pub(super) fn end_if_filled(&mut self, state: &State, at: Timestamp, id: OrderId, emit: &mut Emit<'_>) {
        if state.orders.get(id).is_none() {
            self.end(at, id, Outcome::Filled, emit);
        }
    }

    /// Whether more may come of an order.
    pub(super) fn is_open(&self, id: OrderId) -> bool {
        self.open.contains_key(&id)
    }

    /// Gives all that is left: the log has ended.
    pub(super) fn finish(self, emit: &mut Emit<'_>) {
        self.ended.into_iter().chain(self.open.into_values()).for_each(|live| emit(live.row));
    }
}

/// The price that an order is measured against. A stop that follows the price has none before it is reached, and a bar
/// does not tell it then.
fn arrival(state: &State, kind: OrderKind, request: &OrderRequest) -> Option<Price> {
    match kind {
        OrderKind::TrailingStop { .. } => None,
        _ => kind.trigger().or_else(|| state.markets.get(request.instrument)?.last_price()),
    }
}

fn fee_in_quote(fill: &Fill, instrument: &Instrument, state: &State) -> Amount {
    let Instrument { base, quote, .. } = *instrument;
    match fill.fee_currency {
        currency if currency == quote => fill.fee,
        currency if currency == base => fill.price * Quantity(fill.fee.0),
        currency => state.markets.convert(fill.fee, currency, quote).unwrap_or_default(),
    }
}

/// What an order is for, by what caused it.
pub(super) fn purpose(request: &OrderRequest, entry: Option<u64>, closing: Option<Closing>) -> Cause {
    let exit = |reason| Cause { purpose: Purpose::Exit(reason), signal: None };
    if request.side == Side::Buy {
        let purpose = match (request.owner, entry) {
            (Owner::Operator, _) => Purpose::Manual,
            (_, Some(_)) => Purpose::Entry,
            _ => Purpose::Own,
        };
        return Cause { purpose, signal: entry };
    }
    match request.kind {
        OrderKind::StopMarket { .. } | OrderKind::StopLimit { .. } => exit(ExitReason::Stop),
        OrderKind::TrailingStop { .. } => exit(ExitReason::TrailingStop),
        OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. } => exit(ExitReason::Target),
        OrderKind::Market | OrderKind::Limit { .. } => match (closing, request.owner) {
            (Some(closing), _) if request.kind == OrderKind::Market => {
                Cause { purpose: Purpose::Exit(closing.reason), signal: closing.signal }
            }
            (_, Owner::Operator) => exit(ExitReason::Manual),
            (_, Owner::Strategy(_)) => exit(ExitReason::Own),
        },
    }
}

/// Why a position was left, by what the order was for.
pub(super) fn exit_reason(purpose: Purpose) -> ExitReason {
    match purpose {
        Purpose::Exit(reason) => reason,
        Purpose::Entry | Purpose::Own => ExitReason::Own,
        Purpose::Manual | Purpose::Adopted => ExitReason::Manual,
    }
}
