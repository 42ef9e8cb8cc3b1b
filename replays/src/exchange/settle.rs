//! What happens to an order and to the account, whatever data caused it: holds, fills, triggers, ends.

use engine::event::Input;
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{Amendment, CancelReason, Fill, Liquidity, OrderId};
use engine::time::Timestamp;

use super::account::Slot;
use super::fees::{self, FeeCurrency};
use super::market::{Desk, Market};
use super::order::Stage;

impl Market {
    /// Where an open order is.
    pub(super) fn position(&self, id: OrderId) -> Option<usize> {
        self.orders.iter().position(|order| order.id == id && order.is_open())
    }

    fn partner(&self, index: usize) -> Option<usize> {
        self.orders[index].linked.and_then(|id| self.position(id))
    }

    fn held_in(&self, side: Side) -> Slot {
        match side {
            Side::Buy => self.quote_currency,
            Side::Sell => self.base,
        }
    }

    /// Holds what an order needs. Of a linked pair, which shares one quantity, as much as the one that needs more.
    #[must_use]
    pub(super) fn reserve(&mut self, index: usize, desk: &mut Desk) -> bool {
        let partner = self.partner(index);
        self.release(index, desk);
        let mut shared = Amount::ZERO;
        if let Some(partner) = partner {
            self.release(partner, desk);
            let need = self.orders[partner].need(&self.instrument, desk.fees_in);
            if self.hold(partner, need, desk) {
                shared = need;
            }
        }
        let need = self.orders[index].need(&self.instrument, desk.fees_in) - shared;
        self.hold(index, need.max(Amount::ZERO), desk)
    }

    fn hold(&mut self, index: usize, amount: Amount, desk: &mut Desk) -> bool {
        let enough = desk.account.hold(self.held_in(self.orders[index].side), amount);
        if enough {
            self.orders[index].hold = amount;
        }
        enough
    }

    fn release(&mut self, index: usize, desk: &mut Desk) {
        let slot = self.held_in(self.orders[index].side);
        let hold = core::mem::take(&mut self.orders[index].hold);
        desk.account.release(slot, hold);
    }

    /// As [`reserve`](Self::reserve), and ends the order when the balance does not cover it.
    pub(super) fn reserve_or_cancel(&mut self, index: usize, desk: &mut Desk) {
        if !self.reserve(index, desk) {
            self.cancel(index, CancelReason::InsufficientBalance, desk);
        }
    }

    /// Ends an order unfilled or partly filled. The one that it was linked with stays.
    pub(super) fn cancel(&mut self, index: usize, reason: CancelReason, desk: &mut Desk) {
        desk.reports.push(Input::OrderCanceled { order: self.orders[index].id, reason });
        self.end(index, desk);
    }

    /// Lets go what an ended order held, and its link.
    fn end(&mut self, index: usize, desk: &mut Desk) {
        self.release(index, desk);
        self.orders[index].stage = Stage::Closed;
        self.littered = true;
        if let Some(partner) = self.partner(index) {
            self.orders[partner].linked = None;
            // The other may have relied on what this one held.
            self.reserve_or_cancel(partner, desk);
        }
    }

    /// Makes a conditional order live; `false` when the balance does not cover it.
    pub(super) fn trigger(&mut self, index: usize, at: Timestamp, desk: &mut Desk) -> bool {
        let order = &mut self.orders[index];
        order.stage = Stage::Live;
        order.since = at;
        desk.reports.push(Input::OrderTriggered(order.id));
        self.reserve_or_cancel(index, desk);
        self.orders[index].is_open()
    }

    /// Fills a part of an order; `false`, with the order canceled, when the balance does not cover it.
    pub(super) fn fill(
        &mut self,
        index: usize,
        venue_at: Timestamp,
        price: Price,
        quantity: Quantity,
        liquidity: Liquidity,
        desk: &mut Desk,
    ) -> bool {
        let notional = price * quantity;
        let (base, quote) = ((self.base, self.instrument.base), (self.quote_currency, self.instrument.quote));
        let (side, bought) = (self.orders[index].side, Amount(quantity.0));
        let in_base = side == Side::Buy && desk.fees_in == FeeCurrency::Received;
        let (fee_currency, amount) = if in_base { (base.1, bought) } else { (quote.1, notional) };
        let fee = fees::fee(&self.instrument, amount, liquidity);
        let (pay, receive) = match side {
            Side::Buy if in_base => ((quote.0, notional), (base.0, bought - fee)),
            Side::Buy => ((quote.0, notional + fee), (base.0, bought)),
            Side::Sell => ((base.0, bought), (quote.0, notional - fee)),
        };
        // What either of a linked pair holds is there for whichever fills.
        let partner = self.partner(index);
        self.release(index, desk);
        if let Some(partner) = partner {
            self.release(partner, desk);
        }
        if !desk.account.exchange(pay, receive) {
            self.cancel(index, CancelReason::InsufficientBalance, desk);
            return false;
        }
        desk.fills += 1;
        let order = &mut self.orders[index];
        order.filled += quantity;
        desk.reports.push(Input::OrderFilled(Box::new(Fill {
            order: order.id,
            fill_id: desk.fills,
            venue_at,
            price,
            quantity,
            fee,
            fee_currency,
            liquidity,
        })));
        let done = order.remaining().is_zero();
        if let Some(partner) = partner {
            self.reduce(partner, quantity, desk);
        }
        if done {
            self.end(index, desk);
        } else {
            self.reserve_or_cancel(index, desk);
        }
        true
    }

    /// Takes from a linked order what the other has filled.
    fn reduce(&mut self, index: usize, quantity: Quantity, desk: &mut Desk) {
        let order = &mut self.orders[index];
        if quantity >= order.remaining() {
            self.cancel(index, CancelReason::Linked, desk);
            return;
        }
        order.quantity -= quantity;
        let amendment = Amendment { order: order.id, quantity: Some(order.quantity), price: None, trigger: None };
        desk.reports.push(Input::OrderAmended(Box::new(amendment)));
        self.reserve_or_cancel(index, desk);
    }
}
