//! What is asked of one market: new orders, amendments.

use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::Side;
use engine::number::{Amount, Price};
use engine::order::{Amendment, CancelReason, OrderId, OrderKind, OrderRequest, RejectReason};

use engine::time::Timestamp;

use super::fees;
use super::market::{Desk, Feed, MAX_OPEN_ORDERS, Market};
use super::order::Order;
use super::rules;
use super::slippage::slipped;

impl Market {
    /// A new order: refused with a reason, or accepted and worked at once.
    pub(super) fn submit(
        &mut self,
        at: Timestamp,
        id: OrderId,
        request: &OrderRequest,
        desk: &mut Desk,
    ) -> Result<(), RejectReason> {
        rules::check_order(&self.instrument, request)?;
        if self.orders.len() >= MAX_OPEN_ORDERS {
            let message = format!("more than {MAX_OPEN_ORDERS} open orders in {}", self.instrument);
            return Err(RejectReason::Venue { code: 1, message: message.into() });
        }
        let partner = request.oco.map(|partner| self.linkable(partner, request)).transpose()?;
        let price = self.taker_price(request.side);
        if price.is_none() && matches!(request.kind, OrderKind::Market | OrderKind::TrailingStop { .. }) {
            return Err(RejectReason::NoMarket);
        }
        if let (OrderKind::Market, Side::Buy, Some(price)) = (request.kind, request.side, price) {
            self.check_affordable(request, price, desk)?;
        }
        let mut order = Order::new(id, at, request);
        order.best = self.trigger_price(request.side).or(price).unwrap_or(Price::ZERO);
        let index = self.orders.len();
        self.orders.push(order);
        if !self.reserve(index, desk) {
            self.orders.pop();
            return Err(RejectReason::InsufficientBalance);
        }
        if let Some(partner) = partner {
            self.orders[partner].linked = Some(id);
        }
        desk.reports.push(Input::OrderAccepted(id));
        self.begin(index, at, desk);
        self.sweep();
        Ok(())
    }

    /// New values for an open order. A better price or a larger size goes to the end of the queue.
    pub(super) fn amend(
        &mut self,
        at: Timestamp,
        index: usize,
        amendment: &Amendment,
        desk: &mut Desk,
    ) -> Result<(), RejectReason> {
        let order = &mut self.orders[index];
        rules::check_amendment(&self.instrument, order, amendment)?;
        let before = (order.quantity, order.kind);
        order.quantity = amendment.quantity.unwrap_or(order.quantity);
        order.kind = amended(order.kind, amendment);
        let keeps_place = order.kind == before.1 && order.quantity <= before.0;
        if !self.reserve(index, desk) {
            (self.orders[index].quantity, self.orders[index].kind) = before;
            // What it held a moment ago is still free.
            self.reserve_or_cancel(index, desk);
            self.sweep();
            return Err(RejectReason::InsufficientBalance);
        }
        desk.reports.push(Input::OrderAmended(Box::new(*amendment)));
        if !keeps_place {
            // A stop that waits has been in the market all the while: it meets what is left of the bar.
            if self.orders[index].is_live() {
                self.orders[index].since = at;
            }
            self.begin(index, at, desk);
        }
        self.sweep();
        Ok(())
    }

    /// Works an order that has just come or changed.
    fn begin(&mut self, index: usize, at: Timestamp, desk: &mut Desk) {
        if self.orders[index].is_live() {
            self.go_live(index, at, desk);
        } else if let Some(price) = self.trigger_price(self.orders[index].side) {
            self.check_trigger(index, at, price, desk);
        }
    }

    /// The open order with which a new one may share its quantity.
    fn linkable(&self, id: OrderId, request: &OrderRequest) -> Result<usize, RejectReason> {
        let partner = self.position(id).ok_or(RejectReason::LinkedOrderNotOpen)?;
        let order = &self.orders[partner];
        if order.side == request.side && order.linked.is_none() { Ok(partner) } else { Err(RejectReason::LinkedOrderNotOpen) }
    }

    /// Whether the free balance covers a purchase at the market; what it really costs shows when it fills.
    fn check_affordable(&self, request: &OrderRequest, price: Price, desk: &Desk) -> Result<(), RejectReason> {
        let slippage_bps = if self.feed >= Feed::Quotes { 0 } else { desk.config.slippage_bps };
        let notional = slipped(request.side, price, self.instrument.tick_size, slippage_bps) * request.quantity;
        let cost: Amount = notional + fees::highest_fee(&self.instrument, notional, desk.fees_in);
        if cost <= desk.account.free(self.quote_currency) { Ok(()) } else { Err(RejectReason::InsufficientBalance) }
    }

    /// The venue's rules have changed. With other currencies or scales it is another market: its orders end.
    pub(super) fn relist(&mut self, instrument: Instrument, desk: &mut Desk) {
        let nature = |i: &Instrument| (i.base, i.quote, i.price_scale, i.size_scale);
        if nature(&self.instrument) == nature(&instrument) {
            self.instrument = instrument;
            self.quiet = None;
        } else {
            for index in 0..self.orders.len() {
                if self.orders[index].is_open() {
                    self.cancel(index, CancelReason::Venue { code: 0 }, desk);
                }
            }
            *self = Self::new(instrument, &mut desk.account);
        }
    }
}

fn amended(kind: OrderKind, amendment: &Amendment) -> OrderKind {
    let (new_price, new_trigger) = (amendment.price, amendment.trigger);
    match kind {
        OrderKind::Limit { price, time_in_force } => OrderKind::Limit { price: new_price.unwrap_or(price), time_in_force },
        OrderKind::StopMarket { trigger } => OrderKind::StopMarket { trigger: new_trigger.unwrap_or(trigger) },
        OrderKind::TakeProfitMarket { trigger } => OrderKind::TakeProfitMarket { trigger: new_trigger.unwrap_or(trigger) },
        OrderKind::StopLimit { trigger, price } => {
            OrderKind::StopLimit { trigger: new_trigger.unwrap_or(trigger), price: new_price.unwrap_or(price) }
        }
        OrderKind::TakeProfitLimit { trigger, price } => {
            OrderKind::TakeProfitLimit { trigger: new_trigger.unwrap_or(trigger), price: new_price.unwrap_or(price) }
        }
        OrderKind::Market | OrderKind::TrailingStop { .. } => kind,
    }
}
