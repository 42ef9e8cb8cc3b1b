//! Matching on public trades.

use engine::market::Trade;
use engine::number::Price;
use engine::order::Liquidity;
use engine::time::Timestamp;

use super::market::{Desk, Feed, Market, Print, Volume};

impl Market {
    /// A trade happened: orders that wait for a price take its price, resting ones may have been met by it,
    /// and then triggers look at it.
    pub(super) fn on_trade(&mut self, at: Timestamp, trade: &Trade, desk: &mut Desk) {
        self.feed = self.feed.max(Feed::Trades);
        self.traded = true;
        self.trades_until = at.plus_ns(1);
        self.last = Some(trade.price);
        if self.orders.is_empty() {
            return;
        }
        if self.quiet.is_some_and(|quiet| quiet.holds(trade)) {
            if cfg!(debug_assertions) {
                self.assert_quiet(trade, desk);
            }
            return;
        }
        self.match_trade(at, trade, desk);
        self.sweep();
        self.quiet = self.quiet();
    }

    // Out of line, so that a trade without open orders stays a few stores.
    #[inline(never)]
    pub(super) fn match_trade(&mut self, at: Timestamp, trade: &Trade, desk: &mut Desk) {
        let print = Print { venue_at: at, price: self.instrument.price(trade.price), range: None };
        let mut volume = Volume::of_trade(self.instrument.quantity(trade.size), desk.config.participation_bps);
        for index in 0..self.orders.len() {
            if !self.orders[index].is_live() {
                continue;
            }
            if !self.orders[index].takes() {
                self.meet_trade(index, trade, &print, &mut volume, desk);
            } else if self.feed == Feed::Trades {
                self.take_print(index, &print, &mut volume, desk);
            }
        }
        self.check_triggers(at, |_, _| Some(print.price), desk);
    }

    fn meet_trade(&mut self, index: usize, trade: &Trade, print: &Print, volume: &mut Volume, desk: &mut Desk) {
        let reached = self.reached_by(index, trade, print.price, desk.config.queue);
        let order = &self.orders[index];
        if let Some(limit) = order.limit().filter(|_| reached.is_positive()) {
            let lot = self.instrument.lot_size;
            let quantity = volume.for_maker(order.remaining().min(reached.floor_to(lot)), lot);
            if quantity.is_positive() && self.fill(index, print.venue_at, limit, quantity, Liquidity::Maker, desk) {
                volume.take(quantity);
            }
        }
    }

    /// Triggers what waits for the price that its side sees.
    pub(super) fn check_triggers(
        &mut self,
        at: Timestamp,
        price_for: impl Fn(&Self, engine::market::Side) -> Option<Price>,
        desk: &mut Desk,
    ) {
        for index in 0..self.orders.len() {
            if !self.orders[index].is_waiting() {
                continue;
            }
            let side = self.orders[index].side;
            let Some(price) = price_for(self, side) else { continue };
            self.check_trigger(index, at, price, desk);
        }
    }

    /// Follows the price with a trailing stop, and makes an order live whose trigger it has reached.
    pub(super) fn check_trigger(&mut self, index: usize, at: Timestamp, price: Price, desk: &mut Desk) {
        let tick = self.instrument.tick_size;
        let order = &mut self.orders[index];
        order.trail(price);
        if order.trigger(tick).is_some_and(|trigger| trigger.reached(order.side, price)) && self.trigger(index, at, desk) {
            self.go_live(index, at, desk);
        }
    }
}
