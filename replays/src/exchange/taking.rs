//! Orders that take: on arrival, when triggered, and at the first thing that they meet afterwards.

use engine::market::{Level, Side};
use engine::number::{FixedSize, Price, Quantity};
use engine::order::{CancelReason, Liquidity, TimeInForce};
use engine::time::Timestamp;

use super::config::BarFill;
use super::market::{Desk, Feed, Market, Print, Volume};
use super::order::{accepts, through, worse};
use super::slippage::slipped;

impl Market {
    /// An order has become live: it takes what is there, or waits for what comes next.
    ///
    /// Against a book or a quote it takes at once. On trades and bars nothing is known but the last price: by
    /// default an order that would trade at it meets the next trade or the next bar's open.
    pub(super) fn go_live(&mut self, index: usize, at: Timestamp, desk: &mut Desk) {
        let (side, limit) = (self.orders[index].side, self.orders[index].limit());
        let post_only = self.orders[index].time_in_force() == TimeInForce::PostOnly;
        let price = self.taker_price(side);
        // Without a price every order could be marketable: what comes first shows.
        let marketable = limit.zip(price).is_none_or(|(limit, price)| accepts(side, limit, price));
        if post_only {
            if limit.is_some_and(|limit| self.would_take(side, limit)) {
                return self.cancel(index, CancelReason::WouldTake, desk);
            }
        } else if self.feed >= Feed::Quotes {
            self.take_book(index, at, desk);
        } else if let Some(print) = self.last_print(at).filter(|_| desk.config.fill == BarFill::Last) {
            self.take_print(index, &print, &mut Volume::UNLIMITED.clone(), desk);
        } else {
            let order = &mut self.orders[index];
            order.taking = marketable || order.is_immediate();
        }
        self.join_queue(index);
    }

    /// Whether an order limited at `limit` would take if it came now.
    pub(super) fn would_take(&self, side: Side, limit: Price) -> bool {
        let takes_at = match self.feed {
            Feed::Quotes | Feed::Book => accepts,
            // The last price may have been a bid or an ask: only beyond it is a taker for sure.
            Feed::Nothing | Feed::Bars | Feed::Trades => through,
        };
        self.taker_price(side).is_some_and(|price| takes_at(side, limit, price))
    }

    /// A taking order meets a trade, or a bar's price.
    pub(super) fn take_print(&mut self, index: usize, print: &Print, volume: &mut Volume, desk: &mut Desk) {
        let order = &self.orders[index];
        let (side, limit, remaining) = (order.side, order.limit(), order.remaining());
        if limit.is_none_or(|limit| accepts(side, limit, print.price)) {
            let quantity = volume.for_taker(remaining, self.instrument.lot_size);
            let whole_or_nothing = order.time_in_force() == TimeInForce::FillOrKill;
            if quantity.is_positive() && (quantity == remaining || !whole_or_nothing) {
                let price = self.worsened(side, limit, print, desk);
                if self.fill(index, print.venue_at, price, quantity, Liquidity::Taker, desk) {
                    volume.take(quantity);
                }
            }
        }
        self.finish_taking(index, desk);
    }

    /// A print's price with slippage: never worse than the order's limit, never outside the print's range.
    pub(super) fn worsened(&self, side: Side, limit: Option<Price>, print: &Print, desk: &Desk) -> Price {
        let mut price = slipped(side, print.price, self.instrument.tick_size, desk.config.slippage_bps);
        if let Some(limit) = limit {
            price = worse(side.opposite(), price, limit);
        }
        if let Some((low, high)) = print.range {
            price = price.clamp(low, high);
        }
        price
    }

    /// A taking order walks the other side of the book: each level is one fill.
    ///
    /// What a book does not have is canceled. Behind a quote there is more, of which nothing is known: a
    /// market order takes what is shown and waits for the next quote.
    pub(super) fn take_book(&mut self, index: usize, at: Timestamp, desk: &mut Desk) {
        let (side, limit) = (self.orders[index].side, self.orders[index].limit());
        let whole_or_nothing = self.orders[index].time_in_force() == TimeInForce::FillOrKill;
        if !whole_or_nothing || self.available(side, limit) >= self.orders[index].remaining() {
            while self.orders[index].is_open() {
                let Some((level, quantity)) = self.shown(side, limit, self.orders[index].remaining()) else { break };
                let price = self.instrument.price(level.price);
                if self.fill(index, at, price, quantity, Liquidity::Taker, desk) {
                    self.use_up(side, level, quantity);
                }
            }
        }
        if self.feed == Feed::Book && limit.is_none() && self.orders[index].is_open() {
            return self.cancel(index, CancelReason::NothingLeftToTake, desk);
        }
        self.finish_taking(index, desk);
    }

    /// What the best level of the other side has for an order, in whole lots.
    pub(super) fn shown(&mut self, side: Side, limit: Option<Price>, wanted: Quantity) -> Option<(Level, Quantity)> {
        loop {
            let level = self.book.best(side.opposite())?;
            let price = self.instrument.price(level.price);
            if limit.is_some_and(|limit| !accepts(side, limit, price)) {
                return None;
            }
            let quantity = self.instrument.quantity(level.size).floor_to(self.instrument.lot_size).min(wanted);
            if quantity.is_positive() {
                return Some((level, quantity));
            }
            // Less than a lot cannot be traded.
            self.book.set(side.opposite(), Level { size: FixedSize(0), ..level });
        }
    }

    /// Removes what was filled from our picture of the book, so that it does not fill twice.
    pub(super) fn use_up(&mut self, side: Side, level: Level, quantity: Quantity) {
        // A quantity finer than the book's scale uses up the whole level.
        let used = self.instrument.fixed_size(quantity).unwrap_or(level.size);
        self.book.set(side.opposite(), Level { size: FixedSize(level.size.0 - used.0), ..level });
    }

    /// How much the other side of the book has for an order, in whole lots a level.
    fn available(&self, side: Side, limit: Option<Price>) -> Quantity {
        let acceptable = |level: &Level| limit.is_none_or(|limit| accepts(side, limit, self.instrument.price(level.price)));
        let lot = self.instrument.lot_size;
        let levels = self.book.levels(side.opposite()).take_while(acceptable);
        levels.map(|level| self.instrument.quantity(level.size).floor_to(lot)).sum()
    }

    /// An order has met what it was to take: it ends, rests, or (without a limit) waits for more.
    fn finish_taking(&mut self, index: usize, desk: &mut Desk) {
        let order = &mut self.orders[index];
        order.taking = false;
        if !order.is_open() {
            return;
        }
        match order.time_in_force() {
            TimeInForce::ImmediateOrCancel => self.cancel(index, CancelReason::NothingLeftToTake, desk),
            TimeInForce::FillOrKill => self.cancel(index, CancelReason::CouldNotFillWhole, desk),
            TimeInForce::GoodTilCanceled | TimeInForce::PostOnly => {}
        }
    }
}
