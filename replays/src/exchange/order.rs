//! An order as the exchange works it.

use engine::instrument::Instrument;
use engine::market::Side;
use engine::number::{Amount, Price, Quantity};
use engine::order::{OrderId, OrderKind, OrderRequest, TimeInForce, TrailBy};
use engine::time::Timestamp;

use super::fees::{self, FeeCurrency};

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// For its trigger.
    Waiting,
    /// It can fill.
    Live,
    /// It has ended, and is swept away when the event that ended it has been worked through.
    Closed,
}

/// An accepted order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) side: Side,
    /// In total, what has filled included.
    pub(super) quantity: Quantity,
    pub(super) filled: Quantity,
    pub(super) kind: OrderKind,
    pub(super) stage: Stage,
    /// Since when it stands as it does: what happened before cannot fill or trigger it.
    pub(super) since: Timestamp,
    /// Whether what it meets next, it takes; afterwards it rests.
    pub(super) taking: bool,
    /// How much of the market stands before it at its price, where that is known.
    pub(super) ahead: Option<Quantity>,
    /// The best price since a trailing stop was accepted.
    pub(super) best: Price,
    /// What it holds: base currency for a sale, quote currency for a purchase.
    pub(super) hold: Amount,
    /// The order that it shares its quantity with.
    pub(super) linked: Option<OrderId>,
}

impl Order {
    pub(super) fn new(id: OrderId, at: Timestamp, request: &OrderRequest) -> Self {
        Self {
            id,
            side: request.side,
            quantity: request.quantity,
            filled: Quantity::ZERO,
            kind: request.kind,
            stage: if request.kind.is_conditional() { Stage::Waiting } else { Stage::Live },
            since: at,
            taking: false,
            ahead: None,
            best: Price::ZERO,
            hold: Amount::ZERO,
            linked: request.oco,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage != Stage::Closed
    }

    pub(super) fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.stage == Stage::Waiting
    }

    pub(super) fn remaining(&self) -> Quantity {
        self.quantity - self.filled
    }

    /// The worst price it accepts; `None` takes any.
    pub(super) fn limit(&self) -> Option<Price> {
        self.kind.limit_price()
    }

    /// Whether it takes what it meets: an order without a limit always does.
    pub(super) fn takes(&self) -> bool {
        self.taking || self.limit().is_none()
    }

    pub(super) fn time_in_force(&self) -> TimeInForce {
        match self.kind {
            OrderKind::Limit { time_in_force, .. } => time_in_force,
            _ => TimeInForce::GoodTilCanceled,
        }
    }

    /// Whether it ends with the first thing that it meets.
    pub(super) fn is_immediate(&self) -> bool {
        matches!(self.time_in_force(), TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
    }

    /// What it has to hold: nothing before its trigger; a purchase without a limit pays when it fills.
    pub(super) fn need(&self, instrument: &Instrument, fees_in: FeeCurrency) -> Amount {
        match (self.stage, self.side, self.limit()) {
            (Stage::Live, Side::Sell, _) => Amount(self.remaining().0),
            (Stage::Live, Side::Buy, Some(limit)) => {
                let notional = limit * self.remaining();
                notional + fees::highest_fee(instrument, notional, fees_in)
            }
            _ => Amount::ZERO,
        }
    }

    /// The trigger price now, and whether the price has to get better or worse to reach it.
    pub(super) fn trigger(&self, tick: Price) -> Option<Trigger> {
        match self.kind {
            OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } => Some(Trigger::Stop(trigger)),
            OrderKind::TakeProfitMarket { trigger } | OrderKind::TakeProfitLimit { trigger, .. } => {
                Some(Trigger::Profit(trigger))
            }
            OrderKind::TrailingStop { by } => Some(Trigger::Stop(trailed(self.side, self.best, by, tick))),
            OrderKind::Market | OrderKind::Limit { .. } => None,
        }
    }

    /// Whether its trigger follows the price.
    pub(super) fn trails(&self) -> bool {
        matches!(self.kind, OrderKind::TrailingStop { .. })
    }

    /// Moves a trailing stop's best price.
    pub(super) fn trail(&mut self, price: Price) {
        if self.trails() {
            // A sale is protected below the highest price, a purchase above the lowest.
            self.best = worse(self.side.opposite(), self.best, price);
        }
    }
}

/// A price to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// By getting worse: a sale's price falls to it.
    Stop(Price),
    /// By getting better: a sale's price rises to it.
    Profit(Price),
}

impl Trigger {
    /// Whether `price` reaches it, for an order of `side`.
    pub(super) fn reached(self, side: Side, price: Price) -> bool {
        match self {
            Self::Stop(trigger) => accepts(side.opposite(), trigger, price),
            Self::Profit(trigger) => accepts(side, trigger, price),
        }
    }
}

/// A trailing stop's trigger, rounded to the tick away from the market.
pub(crate) fn trailed(side: Side, best: Price, by: TrailBy, tick: Price) -> Price {
    let distance = match by {
        TrailBy::Price(distance) => distance,
        TrailBy::Rate(rate) => best * rate,
    };
    match side {
        Side::Sell => (best - distance).floor_to(tick),
        Side::Buy => (best + distance).ceil_to(tick),
    }
}

/// Whether a `side` order limited at `limit` accepts `price`.
pub(crate) fn accepts(side: Side, limit: Price, price: Price) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

/// Whether `price` is strictly better than `limit` for a `side` order: the market has traded through it.
pub(super) fn through(side: Side, limit: Price, price: Price) -> bool {
    price != limit && accepts(side, limit, price)
}

/// The price that is worse for `side`: the higher one for a purchase.
pub(crate) fn worse(side: Side, a: Price, b: Price) -> Price {
    match side {
        Side::Buy => a.max(b),
        Side::Sell => a.min(b),
    }
}
