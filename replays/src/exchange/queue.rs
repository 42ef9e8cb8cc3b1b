//! Where a resting order stands among the others at its price.

use engine::market::{Side, Trade};
use engine::number::{FixedSize, Price, Quantity};

use super::config::QueueModel;
use super::market::{Feed, Market};
use super::order::through;

impl Market {
    /// An order begins to rest: everyone at its price stands before it.
    pub(super) fn join_queue(&mut self, index: usize) {
        self.orders[index].ahead = None;
        self.update_queue(index);
    }

    /// The book has changed. No more can stand before an order than its level holds; who joins later stands
    /// behind, and cancellations are not counted, as they may have been behind too.
    pub(super) fn update_queue(&mut self, index: usize) {
        let order = &self.orders[index];
        let Some(limit) = order.limit().filter(|_| order.is_live() && self.feed >= Feed::Quotes) else { return };
        if let Some(size) = self.size_at(order.side, limit) {
            let order = &mut self.orders[index];
            order.ahead = Some(order.ahead.map_or(size, |ahead| ahead.min(size)));
        }
    }

    /// The size at a price; `None` below the levels that are known.
    fn size_at(&self, side: Side, limit: Price) -> Option<Quantity> {
        let shown = self.instrument.fixed_price(limit).map_or(FixedSize(0), |price| self.book.size_at(side, price));
        if shown.0 > 0 {
            return Some(self.instrument.quantity(shown));
        }
        let worst = self.instrument.price(self.book.worst(side)?.price);
        through(side, limit, worst).then_some(Quantity::ZERO)
    }

    /// How much of a trade reaches a resting order.
    pub(super) fn reached_by(&mut self, index: usize, trade: &Trade, price: Price, queue: QueueModel) -> Quantity {
        let size = self.instrument.quantity(trade.size);
        let order = &mut self.orders[index];
        let Some(limit) = order.limit() else { return Quantity::ZERO };
        if through(order.side, limit, price) {
            order.ahead = Some(Quantity::ZERO);
            return size;
        }
        if price != limit {
            return Quantity::ZERO;
        }
        match (queue, order.ahead) {
            (QueueModel::Front, _) => size,
            // Where the size at the level is not known, only a trade through it is proof.
            (QueueModel::Through, _) | (QueueModel::Back, None) => Quantity::ZERO,
            // A taker of our own side traded with the other side of the book.
            (QueueModel::Back, Some(_)) if trade.taker == order.side => Quantity::ZERO,
            (QueueModel::Back, Some(ahead)) => {
                order.ahead = Some((ahead - size).max(Quantity::ZERO));
                (size - ahead).max(Quantity::ZERO)
            }
        }
    }
}
