//! The prices between which a trade touches no order, so that orders far from the market cost nothing.

use engine::instrument::Instrument;
use engine::market::{Side, Trade};
use engine::number::{Decimal, FixedPrice, Price};
use rust_decimal::prelude::ToPrimitive;

use super::market::{Desk, Feed, Market};
use super::order::Trigger;

/// Trades strictly between the two touch nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quiet {
    below: FixedPrice,
    above: FixedPrice,
}

impl Quiet {
    const EVERYWHERE: Self = Self { below: FixedPrice(i64::MIN), above: FixedPrice(i64::MAX) };

    pub(super) fn holds(&self, trade: &Trade) -> bool {
        self.below < trade.price && trade.price < self.above
    }

    /// A falling price touches something here.
    fn wake_at_or_below(&mut self, instrument: &Instrument, price: Price) {
        let mantissa = mantissa(instrument, price).and_then(|mantissa| mantissa.floor().to_i64());
        self.below = self.below.max(FixedPrice(mantissa.unwrap_or(i64::MAX)));
    }

    /// A rising price touches something here.
    fn wake_at_or_above(&mut self, instrument: &Instrument, price: Price) {
        let mantissa = mantissa(instrument, price).and_then(|mantissa| mantissa.ceil().to_i64());
        self.above = self.above.min(FixedPrice(mantissa.unwrap_or(i64::MIN)));
    }
}

impl Market {
    /// Works out between which prices trades touch no order; `None` when some order waits for any price.
    pub(super) fn quiet(&self) -> Option<Quiet> {
        let mut quiet = Quiet::EVERYWHERE;
        for order in &self.orders {
            if order.is_live() && order.takes() {
                // Where quotes or a book are known, it waits for them and not for trades.
                if self.feed == Feed::Trades {
                    return None;
                }
                continue;
            }
            let waiting = order.trigger(self.instrument.tick_size).filter(|_| order.is_waiting());
            match (waiting, order.side) {
                (Some(Trigger::Stop(price)), Side::Sell) | (Some(Trigger::Profit(price)), Side::Buy) => {
                    quiet.wake_at_or_below(&self.instrument, price);
                }
                (Some(Trigger::Stop(price)), Side::Buy) | (Some(Trigger::Profit(price)), Side::Sell) => {
                    quiet.wake_at_or_above(&self.instrument, price);
                }
                (None, _) => {}
            }
            // A resting order meets a price that is good for it; a trailing stop follows one that is.
            let met = if order.is_waiting() { order.trails().then_some(order.best) } else { order.limit() };
            match (met, order.side) {
                (Some(price), Side::Buy) => quiet.wake_at_or_below(&self.instrument, price),
                (Some(price), Side::Sell) => quiet.wake_at_or_above(&self.instrument, price),
                (None, _) => {}
            }
        }
        Some(quiet)
    }

    /// Works a trade that should touch nothing, and makes sure of it.
    pub(super) fn assert_quiet(&mut self, trade: &Trade, desk: &mut Desk) {
        let state = |market: &Self| market.orders.iter().map(|order| (order.stage, order.best, order.ahead)).collect::<Vec<_>>();
        let before = (state(self), desk.reports.len());
        self.match_trade(trade.venue_at, trade, desk);
        assert_eq!(before, (state(self), desk.reports.len()), "{trade:?} was to touch no order");
    }
}

/// A price in units of its market data's last decimal, which it may be finer than.
fn mantissa(instrument: &Instrument, price: Price) -> Option<Decimal> {
    price.0.checked_mul(Decimal::from(10_u64.checked_pow(instrument.price_scale.into())?))
}
