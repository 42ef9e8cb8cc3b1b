//! What a venue shows to those who ask before they order: prices, and how much a taker would get for a sum.

use engine::event::Input;
use engine::instrument::InstrumentId;
use engine::market::{Bar, Side};
use engine::number::{Amount, Price, Quantity, Rate};
use engine::time::Timestamp;

use super::fees::{self, FeeCurrency};
use super::market::{Desk, Feed, Market};
use super::venue::Venue;

impl Venue {
    /// The last traded price; where no trades are known, what a taker of `side` would get.
    pub(crate) fn trigger_price(&self, instrument: InstrumentId, side: Side) -> Option<Price> {
        self.market(instrument)?.trigger_price(side)
    }

    /// Whether an order limited at `limit` would take if it came now.
    pub(crate) fn would_take(&self, instrument: InstrumentId, side: Side, limit: Price) -> bool {
        self.market(instrument).is_some_and(|market| market.would_take(side, limit))
    }

    /// How much, in whole lots, a market order gets for a sum of quote currency, its fee included; `None` without a
    /// price. What a book does not have is counted at its worst price.
    pub(crate) fn quantity_for(&self, at: Timestamp, instrument: InstrumentId, side: Side, sum: Amount) -> Option<Quantity> {
        self.market(instrument)?.quantity_for(at, side, sum, &self.desk)
    }

    /// The prices at which triggers of `side` look, in order, after `input` was observed.
    pub(crate) fn trigger_path(&self, input: &Input, side: Side) -> [Option<Price>; 4] {
        match input {
            Input::Trade(trade) => {
                let price = self.market(trade.instrument).map(|market| market.instrument.price(trade.price));
                [price, None, None, None]
            }
            Input::Bar(bar) => self.market(bar.instrument).map_or([None; 4], |market| market.bar_path(bar)),
            Input::Quote(quote) => self.taker_path(quote.instrument, side),
            Input::BookSnapshot(levels) | Input::BookDelta(levels) => self.taker_path(levels.instrument, side),
            _ => [None; 4],
        }
    }

    fn taker_path(&self, instrument: InstrumentId, side: Side) -> [Option<Price>; 4] {
        let market = self.market(instrument).filter(|market| !market.traded);
        [market.and_then(|market| market.taker_price(side)), None, None, None]
    }

    fn market(&self, id: InstrumentId) -> Option<&Market> {
        self.markets.get(id.index())?.as_ref()
    }
}

impl Market {
    fn quantity_for(&self, at: Timestamp, side: Side, sum: Amount, desk: &Desk) -> Option<Quantity> {
        let lot = self.instrument.lot_size;
        let mut left = sum;
        if side == Side::Buy && desk.fees_in == FeeCurrency::Quote {
            let one = Amount(Rate::from_bps(10_000).0);
            let cost = one + fees::highest_fee(&self.instrument, one, desk.fees_in);
            left = Amount(left.at(Price(cost.0)).0);
        }
        let (mut quantity, mut worst) = (Quantity::ZERO, None);
        if self.feed >= Feed::Quotes {
            for level in self.book.levels(side.opposite()) {
                let price = self.instrument.price(level.price);
                let shown = self.instrument.quantity(level.size).floor_to(lot);
                let bought = lots_for(left, price, lot).min(shown);
                worst = Some(price);
                quantity += bought;
                left -= price * bought;
                if bought < shown {
                    return Some(quantity);
                }
            }
        } else {
            worst = self.last_print(at).map(|print| self.worsened(side, None, &print, desk));
        }
        Some(quantity + lots_for(left, worst?, lot))
    }

    /// A bar's open, the nearer end of its range, the other one, and its close, where bars are the finest that is known.
    fn bar_path(&self, bar: &Bar) -> [Option<Price>; 4] {
        if self.feed != Feed::Bars || self.interval.is_some_and(|shortest| shortest < bar.interval) {
            return [None; 4];
        }
        let (up, down) = (bar.high.0.saturating_sub(bar.open.0), bar.open.0.saturating_sub(bar.low.0));
        let (near, far) = if up < down { (bar.high, bar.low) } else { (bar.low, bar.high) };
        [bar.open, near, far, bar.close].map(|price| Some(self.instrument.price(price)))
    }
}

/// How much a sum pays for at a price, in whole lots.
fn lots_for(sum: Amount, price: Price, lot: Quantity) -> Quantity {
    let lots = sum.at(price).floor_to(lot);
    // A quotient of more than 28 digits is rounded, maybe up.
    if price * lots > sum { lots - lot } else { lots }
}
