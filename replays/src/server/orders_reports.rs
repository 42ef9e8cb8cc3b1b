//! What the venue reports of an account's orders becomes their state, fills, and pushes.

use engine::event::Input;
use engine::instrument::Currency;
use engine::order::{CancelReason, Fill, RejectReason};

use super::account::Account;
use super::algo::Birth;
use super::book_keeping::FillRow;
use super::core::Scene;
use super::orders::{Order, OrderType, State, Update};
use super::reply::Refusal;

/// What made the venue report.
#[derive(Debug)]
pub(super) enum Cause<'a> {
    /// Market data, or a new order.
    Market,
    /// An amendment with its `reqId`.
    Amendment(&'a str),
    /// A cancellation with its `cancelSource`.
    Cancellation(&'static str),
    /// An amendment to no more than what has filled: the order counts as filled.
    Completion(&'a str),
}

impl Account {
    /// Works through what the venue has to report; the reason if it refused an order or an amendment.
    pub(super) fn settle(&mut self, scene: &mut Scene<'_>, cause: &Cause<'_>) -> Option<RejectReason> {
        if self.venue.reports().is_empty() {
            return None;
        }
        let (mut refused, mut traded) = (None, Vec::new());
        let reports: Vec<Input> = self.venue.reports().drain(..).collect();
        for report in reports {
            match report {
                Input::OrderAccepted(id) => self.push_order(scene, id.0, &Update::default()),
                Input::OrderFilled(fill) => traded.extend(self.on_fill(scene, &fill)),
                Input::OrderCanceled { order, reason } => self.on_end(scene, order.0, reason, cause),
                Input::OrderAmended(amendment) => {
                    let req_id = if let Cause::Amendment(req_id) = cause { req_id } else { "" };
                    if let Some(order) = self.orders.get_mut(&amendment.order.0) {
                        order.quantity = amendment.quantity.unwrap_or(order.quantity);
                        order.size = order.quantity.0.normalize();
                        order.price = amendment.price.or(order.price);
                        order.updated_at = scene.at;
                        self.push_order(scene, amendment.order.0, &Update { amended: Some(("0", req_id)), ..Update::default() });
                    }
                }
                Input::OrderRejected { reason, .. }
                | Input::AmendRejected { reason, .. }
                | Input::CancelRejected { reason, .. } => refused = Some(reason),
                _ => {}
            }
        }
        self.push_balances(scene, traded);
        refused
    }

    /// Books a fill; gives what `balance_and_position` tells of it.
    fn on_fill(&mut self, scene: &mut Scene<'_>, fill: &Fill) -> Option<FillRow> {
        let order = self.orders.get_mut(&fill.order.0)?;
        let row = FillRow::new(scene, order, fill);
        order.filled += fill.quantity;
        order.notional += fill.price * fill.quantity;
        order.fee += fill.fee;
        order.updated_at = scene.at;
        order.last_fill = Some(row.clone());
        order.state = if order.filled >= order.quantity { State::Filled } else { State::PartiallyFilled };
        let (is_filled, listing) = (order.state == State::Filled, order.listing);
        self.keep(scene, &row);
        self.push_order(scene, row.order, &Update { fill: Some(&row), ..Update::default() });
        let listed = &scene.listings[listing];
        self.push("fills", Some(listed.symbol()), row.push_row(listed));
        if is_filled {
            self.close(scene, row.order);
        }
        Some(row)
    }

    /// An order ended without filling whole.
    fn on_end(&mut self, scene: &mut Scene<'_>, id: u64, reason: CancelReason, cause: &Cause<'_>) {
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.updated_at = scene.at;
        let mut update = Update::default();
        if let (Cause::Completion(req_id), CancelReason::Requested) = (cause, reason) {
            order.state = State::Filled;
            update.amended = Some(("0", req_id));
        } else {
            order.state = State::Canceled;
            order.cancel_source = match (reason, cause) {
                (CancelReason::Requested, Cause::Cancellation(source)) => source,
                (CancelReason::NothingLeftToTake, _) => "14",
                (CancelReason::CouldNotFillWhole, _) => "13",
                (CancelReason::WouldTake, _) => "31",
                (CancelReason::InsufficientBalance, _) => "9",
                _ => "0",
            };
        }
        self.push_order(scene, id, &update);
        self.close(scene, id);
    }

    /// An order is over: what was attached to it comes to life with what it filled.
    fn close(&mut self, scene: &mut Scene<'_>, id: u64) {
        self.open_orders.remove(&id);
        let Some(order) = self.orders.get_mut(&id) else { return };
        order.ended_wall_ms = Some(scene.wall_ms);
        if order.filled.is_zero() {
            self.ended_orders.without_fills.push_back(id);
            return;
        }
        self.ended_orders.with_fills.push_back(id);
        let births: Vec<Birth> = Birth::of(order, &scene.listings[order.listing]);
        for birth in births {
            self.bear(scene, birth);
        }
    }

    pub(super) fn push_order(&mut self, scene: &Scene<'_>, id: u64, update: &Update<'_>) {
        let Some(order) = self.orders.get(&id) else { return };
        let listed = &scene.listings[order.listing];
        let row = order.push_row(listed, update);
        self.push("orders", Some(listed.symbol()), row);
    }
}

impl Order {
    /// Whether it can be amended: it rests.
    pub(super) fn rests(&self) -> bool {
        self.state.is_open() && matches!(self.kind, OrderType::Limit | OrderType::PostOnly)
    }
}

/// A refusal of the matching in the API's words.
pub(super) fn refusal_of(reason: &RejectReason, currency: Currency) -> Refusal {
    match reason {
        RejectReason::InsufficientBalance => Refusal::insufficient(currency),
        RejectReason::UnknownInstrument => Refusal::unknown_instrument(),
        RejectReason::PriceOffTick => Refusal::off_tick(),
        RejectReason::QuantityOffLot => Refusal::off_lot(),
        RejectReason::BelowMinimumSize => Refusal::below_minimum(),
        RejectReason::InvalidNumber => Refusal::parameter("sz"),
        RejectReason::NoMarket => Refusal::no_price(),
        RejectReason::NotOpen | RejectReason::LinkedOrderNotOpen => Refusal::not_amendable(),
        RejectReason::NotAmendable | RejectReason::BelowFilledQuantity => Refusal::parameter("newSz"),
        RejectReason::Venue { message, .. } => Refusal::new("51174", message.as_ref()),
    }
}
