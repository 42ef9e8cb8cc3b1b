//! `live_trades`, `orders` and `fills`.

use std::borrow::Cow;

use engine::market::Side;
use engine::order::{Liquidity, OrderKind, TimeInForce};
use engine::state::State;
use replays::report::rows::{FillRow, OrderRow, RoundTripRow, symbol, tag};

use super::column::Sort::{Id, Money, Ratio, Text, Time};
use super::column::{Cell, Column, Sort, word};

/// Reads a cell off a row, names from the state.
pub type Get<R> = for<'a> fn(&'a R, &'a State) -> Option<Cell<'a>>;

const fn trip(name: &'static str, sort: Sort, get: Get<RoundTripRow>) -> Column<RoundTripRow, State> {
    Column { name, sort, get }
}

/// Round trips: an entry order with an exit order.
pub const LIVE_TRADES: &[Column<RoundTripRow, State>] = &[
    trip("trade", Id, |row, _| Some(row.number.into())),
    trip("strategy", Text, |row, state| Some(tag(state, row.owner).into())),
    trip("instrument", Text, |row, state| Some(symbol(state, row.instrument).into())),
    trip("entry_at", Time, |row, _| Some(row.entry_at.into())),
    trip("exit_at", Time, |row, _| Some(row.exit_at.into())),
    trip("held_seconds", Ratio, |row, _| Some((row.held_ns() as f64 / 1e9).into())),
    trip("entry_order", Id, |row, _| Some(row.entry_order.0.into())),
    trip("exit_order", Id, |row, _| Some(row.exit_order.0.into())),
    trip("entry_signal", Id, |row, _| row.entry_signal.map(Cell::Id)),
    trip("exit_signal", Id, |row, _| row.exit_signal.map(Cell::Id)),
    trip("exit_reason", Text, |row, _| Some(word(row.exit_reason.name()))),
    trip("quantity", Money, |row, _| Some(row.quantity.into())),
    trip("entry_price", Money, |row, _| Some(row.entry_price().into())),
    trip("exit_price", Money, |row, _| Some(row.exit_price().into())),
    trip("cost", Money, |row, _| Some(row.cost.into())),
    trip("proceeds", Money, |row, _| Some(row.proceeds.into())),
    trip("fees", Money, |row, _| Some(row.fees.into())),
    trip("profit", Money, |row, _| Some(row.profit().into())),
    trip("profit_reporting", Money, |row, _| row.profit_reporting.map(Cell::from)),
    trip("return_rate", Ratio, |row, _| row.return_rate().map(Cell::Ratio)),
    trip("lowest_price", Money, |row, _| Some(row.lowest.into())),
    trip("highest_price", Money, |row, _| Some(row.highest.into())),
    trip("mae", Money, |row, _| Some(row.adverse_amount().into())),
    trip("mfe", Money, |row, _| Some(row.favourable_amount().into())),
    trip("mae_rate", Ratio, |row, _| row.adverse_share().map(Cell::Ratio)),
    trip("mfe_rate", Ratio, |row, _| row.favourable_share().map(Cell::Ratio)),
    trip("stop_price", Money, |row, _| row.stop.map(Cell::from)),
    trip("risk_multiple", Ratio, |row, _| row.risk_multiple().map(Cell::Ratio)),
];

const fn order(name: &'static str, sort: Sort, get: Get<OrderRow>) -> Column<OrderRow, State> {
    Column { name, sort, get }
}

/// Orders from request to end.
pub const ORDERS: &[Column<OrderRow, State>] = &[
    order("order_id", Id, |row, _| Some(row.id.0.into())),
    order("strategy", Text, |row, state| Some(tag(state, row.owner).into())),
    order("instrument", Text, |row, state| Some(symbol(state, row.instrument).into())),
    order("side", Text, |row, _| Some(side(row.side))),
    order("kind", Text, |row, _| Some(word(kind(row.kind)))),
    order("purpose", Text, |row, _| Some(word(row.purpose.name()))),
    order("signal", Id, |row, _| row.signal.map(Cell::Id)),
    order("protects", Id, |row, _| row.protects.map(|order| Cell::Id(order.0))),
    order("oco", Id, |row, _| row.oco.map(|order| Cell::Id(order.0))),
    order("price", Money, |row, _| row.kind.limit_price().map(Cell::from)),
    order("trigger_price", Money, |row, _| row.kind.trigger().map(Cell::from)),
    order("stop_price", Money, |row, _| row.stop.map(Cell::from)),
    order("target_price", Money, |row, _| row.target.map(Cell::from)),
    order("quantity", Money, |row, _| Some(row.quantity.into())),
    order("requested_at", Time, |row, _| Some(row.requested_at.into())),
    order("accepted_at", Time, |row, _| row.accepted_at.map(Cell::Time)),
    order("triggered_at", Time, |row, _| row.triggered_at.map(Cell::Time)),
    order("ended_at", Time, |row, _| row.ended_at.map(Cell::Time)),
    order("outcome", Text, |row, _| Some(word(row.outcome.name()))),
    order("reason", Text, |row, _| row.outcome.reason().map(word)),
    order("fills", Id, |row, _| Some(u64::from(row.fills).into())),
    order("filled", Money, |row, _| Some(row.filled.into())),
    order("notional", Money, |row, _| Some(row.notional.into())),
    order("fees", Money, |row, _| Some(row.fees.into())),
    order("arrival_price", Money, |row, _| row.arrival_price.map(Cell::from)),
    order("average_price", Money, |row, _| row.average_price().map(Cell::from)),
    order("slippage_bps", Ratio, |row, _| row.slippage_bps().map(Cell::Ratio)),
];

const fn fill(name: &'static str, sort: Sort, get: Get<FillRow>) -> Column<FillRow, State> {
    Column { name, sort, get }
}

/// Fills that counted.
pub const FILLS: &[Column<FillRow, State>] = &[
    fill("seq", Id, |row, _| Some(row.seq.into())),
    fill("at", Time, |row, _| Some(row.at.into())),
    fill("venue_at", Time, |row, _| Some(row.venue_at.into())),
    fill("fill_id", Id, |row, _| Some(row.fill_id.into())),
    fill("order_id", Id, |row, _| Some(row.order.0.into())),
    fill("strategy", Text, |row, state| Some(tag(state, row.owner).into())),
    fill("instrument", Text, |row, state| Some(symbol(state, row.instrument).into())),
    fill("side", Text, |row, _| Some(side(row.side))),
    fill("purpose", Text, |row, _| Some(word(row.purpose.name()))),
    fill("price", Money, |row, _| Some(row.price.into())),
    fill("quantity", Money, |row, _| Some(row.quantity.into())),
    fill("notional", Money, |row, _| Some(row.notional().into())),
    fill("fee", Money, |row, _| Some(row.fee.into())),
    fill("fee_currency", Text, |row, _| Some(Cell::Text(Cow::Borrowed(row.fee_currency.as_str())))),
    fill("fee_quote", Money, |row, _| Some(row.fee_quote.into())),
    fill("fee_reporting", Money, |row, _| row.fee_reporting.map(Cell::from)),
    fill("liquidity", Text, |row, _| Some(word(liquidity(row.liquidity)))),
    fill("arrival_price", Money, |row, _| row.arrival_price.map(Cell::from)),
    fill("slippage", Money, |row, _| row.slippage().map(Cell::from)),
    fill("slippage_bps", Ratio, |row, _| row.slippage_bps().map(Cell::Ratio)),
    fill("held", Money, |row, _| Some(row.held.into())),
];

/// `buy` or `sell`.
pub fn side(side: Side) -> Cell<'static> {
    word(match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    })
}

fn liquidity(liquidity: Liquidity) -> &'static str {
    match liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    }
}

fn kind(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Market => "market",
        OrderKind::Limit { time_in_force: TimeInForce::GoodTilCanceled, .. } => "limit",
        OrderKind::Limit { time_in_force: TimeInForce::ImmediateOrCancel, .. } => "limit ioc",
        OrderKind::Limit { time_in_force: TimeInForce::FillOrKill, .. } => "limit fok",
        OrderKind::Limit { time_in_force: TimeInForce::PostOnly, .. } => "limit post-only",
        OrderKind::StopMarket { .. } => "stop-market",
        OrderKind::StopLimit { .. } => "stop-limit",
        OrderKind::TakeProfitMarket { .. } => "take-profit",
        OrderKind::TakeProfitLimit { .. } => "take-profit limit",
        OrderKind::TrailingStop { .. } => "trailing-stop",
    }
}
