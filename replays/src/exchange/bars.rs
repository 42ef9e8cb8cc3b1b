//! Matching on bars.
//!
//! A bar tells four prices, not their order. So each bar is worked in the order that is worst for us where
//! it is not known: first its open, which is certain; then stops, on the way to the worse end; then limits
//! and profit triggers, on the way to the better end; last its close. An order that became live after the bar
//! had opened meets only the close: the rest may have happened before. Nothing fills outside low and high.

use engine::market::{Bar, Side};
use engine::number::Price;
use engine::order::Liquidity;
use engine::time::Timestamp;

use super::config::QueueModel;
use super::market::{Desk, Feed, Market, Print, Volume};
use super::order::{Trigger, accepts, through};

/// The prices of a bar as money.
struct Prices {
    opened_at: Timestamp,
    closed_at: Timestamp,
    open: Price,
    high: Price,
    low: Price,
    close: Price,
}

impl Prices {
    fn print(&self, venue_at: Timestamp, price: Price) -> Print {
        Print { venue_at, price, range: Some((self.low, self.high)) }
    }

    /// The end of the range that is better for an order of `side` which wants to trade.
    fn best(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.low,
            Side::Sell => self.high,
        }
    }
}

impl Market {
    /// A bar closed.
    pub(super) fn on_bar(&mut self, at: Timestamp, bar: &Bar, desk: &mut Desk) {
        self.drop_what_ended(bar);
        if self.feed > Feed::Bars || self.interval.is_some_and(|shortest| shortest < bar.interval) {
            return;
        }
        self.feed = Feed::Bars;
        self.interval = Some(bar.interval);
        self.bars_until = bar.closed_at();
        self.last = Some(bar.close);
        self.range = Some((bar.low, bar.high));
        if !self.orders.is_empty() {
            self.match_bar(at, bar, desk);
            self.sweep();
        }
    }

    /// What told nothing during a whole bar in which there were trades has ended: it no longer silences what is
    /// coarser. A bar without trades shows nothing: the finer data may just have had nothing to tell.
    fn drop_what_ended(&mut self, bar: &Bar) {
        if bar.volume.0 == 0 && bar.low == bar.high {
            return;
        }
        let ended = |until| until <= bar.opened_at;
        let before = self.feed;
        if ended(self.trades_until) {
            self.traded = false;
        }
        if self.feed >= Feed::Quotes && ended(self.quotes_until) {
            self.feed = Feed::Trades;
        }
        if self.feed == Feed::Trades && !self.traded {
            self.feed = Feed::Bars;
        }
        if self.feed != before {
            self.quiet = None;
        }
        if ended(self.bars_until) {
            self.interval = None;
        }
    }

    #[inline(never)]
    fn match_bar(&mut self, at: Timestamp, bar: &Bar, desk: &mut Desk) {
        let price = |price| self.instrument.price(price);
        let prices = Prices {
            opened_at: bar.opened_at,
            closed_at: at,
            open: price(bar.open),
            high: price(bar.high),
            low: price(bar.low),
            close: price(bar.close),
        };
        let mut volume = Volume::of_bar(self.instrument.quantity(bar.volume), desk.config.participation_bps);
        let phases = [Self::at_open, Self::at_worse_end, Self::at_better_end, Self::at_close];
        for phase in phases {
            for index in 0..self.orders.len() {
                if self.orders[index].is_open() {
                    phase(self, index, &prices, &mut volume, desk);
                }
            }
        }
    }

    fn saw_open(&self, index: usize, prices: &Prices) -> bool {
        self.orders[index].since <= prices.opened_at
    }

    fn at_open(&mut self, index: usize, prices: &Prices, volume: &mut Volume, desk: &mut Desk) {
        if self.saw_open(index, prices) {
            let print = prices.print(prices.opened_at, prices.open);
            self.meet_print(index, &print, volume, desk);
        }
    }

    fn at_worse_end(&mut self, index: usize, prices: &Prices, volume: &mut Volume, desk: &mut Desk) {
        if !self.orders[index].is_waiting() || !self.saw_open(index, prices) {
            return;
        }
        let (side, tick) = (self.orders[index].side, self.instrument.tick_size);
        let Some(Trigger::Stop(mut stop)) = self.orders[index].trigger(tick) else { return };
        let end = prices.best(side.opposite());
        if !Trigger::Stop(stop).reached(side, end) {
            // The best price may have come first and drawn a trailing stop behind it.
            self.orders[index].trail(prices.best(side));
            match self.orders[index].trigger(tick) {
                Some(moved @ Trigger::Stop(trail)) if moved.reached(side, end) => stop = trail,
                _ => return,
            }
        }
        self.trigger_at(index, stop, prices, volume, desk);
    }

    fn at_better_end(&mut self, index: usize, prices: &Prices, volume: &mut Volume, desk: &mut Desk) {
        if !self.saw_open(index, prices) {
            return;
        }
        let order = &self.orders[index];
        let end = prices.best(order.side);
        if order.is_waiting() {
            match order.trigger(self.instrument.tick_size) {
                Some(profit @ Trigger::Profit(price)) if profit.reached(order.side, end) => {
                    self.trigger_at(index, price, prices, volume, desk);
                }
                _ => {}
            }
        } else if let Some(limit) = order.limit()
            && fills_resting(desk.config.queue, limit, order.side, end)
        {
            self.fill_resting(index, prices.closed_at, limit, volume, desk);
        }
    }

    fn at_close(&mut self, index: usize, prices: &Prices, volume: &mut Volume, desk: &mut Desk) {
        if self.saw_open(index, prices) {
            return;
        }
        let order = &self.orders[index];
        match order.limit().filter(|_| order.is_live() && !order.takes()) {
            // It rested before the close came to it: the better price would not have been given to it.
            Some(limit) if (prices.low..=prices.high).contains(&limit) => {
                if fills_resting(desk.config.queue, limit, order.side, prices.close) {
                    self.fill_resting(index, prices.closed_at, limit, volume, desk);
                }
            }
            _ => self.meet_print(index, &prices.print(prices.closed_at, prices.close), volume, desk),
        }
    }

    /// An order meets a price of which it is known when it was.
    fn meet_print(&mut self, index: usize, print: &Print, volume: &mut Volume, desk: &mut Desk) {
        let order = &mut self.orders[index];
        if order.is_waiting() {
            order.trail(print.price);
            let reached = order.trigger(self.instrument.tick_size).is_some_and(|t| t.reached(order.side, print.price));
            if reached && self.trigger(index, print.venue_at, desk) {
                self.take_print(index, print, volume, desk);
            }
        } else if order.takes() {
            self.take_print(index, print, volume, desk);
        } else if let Some(limit) = order.limit() {
            let side = order.side;
            if fills_resting(desk.config.queue, limit, side, print.price) {
                self.fill_resting(index, print.venue_at, print.price, volume, desk);
            }
        }
    }

    /// A trigger inside the bar: what it makes live takes the trigger's price at once; a limit beyond it rests.
    fn trigger_at(&mut self, index: usize, price: Price, prices: &Prices, volume: &mut Volume, desk: &mut Desk) {
        if self.trigger(index, prices.closed_at, desk) {
            self.take_print(index, &prices.print(prices.closed_at, price), volume, desk);
        }
    }

    fn fill_resting(&mut self, index: usize, at: Timestamp, price: Price, volume: &mut Volume, desk: &mut Desk) {
        let quantity = volume.for_maker(self.orders[index].remaining(), self.instrument.lot_size);
        if quantity.is_positive() && self.fill(index, at, price, quantity, Liquidity::Maker, desk) {
            volume.take(quantity);
        }
    }
}

/// Whether a price fills a `side` order that rests at `limit`.
fn fills_resting(queue: QueueModel, limit: Price, side: Side, price: Price) -> bool {
    match queue {
        QueueModel::Front => accepts(side, limit, price),
        QueueModel::Back | QueueModel::Through => through(side, limit, price),
    }
}
