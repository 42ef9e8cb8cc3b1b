//! Limits: what an order that adds exposure may not exceed.

use alloc::vec::Vec;

use crate::event::{DenialReason, Excess};
use crate::instrument::InstrumentId;
use crate::market::Side;
use crate::markets::Market;
use crate::number::{Amount, Decimal, Price, Quantity, Rate};
use crate::order::{Amendment, OrderKind, OrderRequest};
use crate::orders::{MAX_OPEN_ORDERS, OpenOrder};
use crate::state::{State, Trading};
use crate::time::SECOND_NS;

use super::exposure::{Exposure, price_of};

/// Limits on new exposure; `None` is no limit. Shares are of the equity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The least confidence of a signal that gets in, in basis points.
    pub min_confidence_bps: u16,
    /// One asset, held and on order.
    pub asset: Option<Rate>,
    /// Everything held and on order.
    pub exposure: Option<Rate>,
    /// What a trade may lose between its price and its stop. An order without a stop is not measured.
    pub trade_risk: Option<Rate>,
    /// An asset with the others, each by its correlation to it.
    pub correlated: Option<Rate>,
    /// The 1-day historical value at risk at 5 % of all positions.
    pub value_at_risk: Option<Rate>,
    /// One order.
    pub order: Option<Rate>,
    /// How far an order's price may be above the last one, as a share of it: a limit price, or what the book says
    /// that a market order would pay.
    pub price_band: Option<Rate>,
    /// Open positions, those on order included.
    pub positions: Option<u32>,
    /// How old the instrument's last market data may be, in nanoseconds beyond its bars' interval.
    pub stale_ns: Option<i64>,
    /// Orders in any one second.
    pub orders_per_second: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        let share = |bps| Some(Rate::from_bps(bps));
        Self {
            min_confidence_bps: 4_500,
            asset: share(3_000),
            exposure: share(8_000),
            trade_risk: share(200),
            correlated: share(6_000),
            value_at_risk: share(500),
            order: share(5_000),
            price_band: share(200),
            positions: Some(10),
            stale_ns: Some(60 * SECOND_NS),
            orders_per_second: Some(20),
        }
    }
}

impl Limits {
    /// None of them.
    pub fn off() -> Self {
        Self {
            min_confidence_bps: 0,
            asset: None,
            exposure: None,
            trade_risk: None,
            correlated: None,
            value_at_risk: None,
            order: None,
            price_band: None,
            positions: None,
            stale_ns: None,
            orders_per_second: None,
        }
    }

    fn of_equity(&self) -> [Option<Rate>; 6] {
        [self.asset, self.exposure, self.trade_risk, self.correlated, self.value_at_risk, self.order]
    }
}

/// A limit that grows with an order's notional: `base + factor * notional` may not exceed `limit` of the equity.
struct Constraint {
    excess: fn(Excess) -> DenialReason,
    base: Amount,
    factor: Rate,
    limit: Rate,
}

/// Whether an order may go out in this state.
pub(crate) fn check(state: &State, limits: &Limits, request: &OrderRequest) -> Result<(), DenialReason> {
    let market = state.markets.get(request.instrument).ok_or(DenialReason::UnknownInstrument)?;
    if request.side == Side::Buy {
        may_trade(state, request)?;
    }
    let last = market.last_price().ok_or(DenialReason::NoPrice)?;
    let minimum = market.smallest_order();
    if request.quantity < minimum {
        return Err(DenialReason::BelowMinimumSize { quantity: request.quantity, minimum });
    }
    if state.orders.len() >= MAX_OPEN_ORDERS as usize {
        return Err(DenialReason::TooManyOpenOrders { limit: MAX_OPEN_ORDERS });
    }
    if request.side == Side::Sell {
        return Ok(());
    }
    check_rate(state, limits)?;
    check_age(state, limits, market)?;
    check_price(state, limits, request, last)?;
    check_exposure(state, limits, request, Amount::ZERO, price_of(request.kind, last) * request.quantity)
}

/// Whether an open order may have new values: what grows passes as an order for the difference would, and the whole
/// of it the limits of one order. Amendments on their way count as if the venue had taken those that make it larger.
pub(crate) fn check_growth(state: &State, limits: &Limits, open: &OpenOrder, new: &Amendment) -> Result<(), DenialReason> {
    if open.request.side == Side::Sell || !open.request.grows(new) {
        return Ok(());
    }
    let (before, after) = (open.most(), open.most_with(new));
    may_trade(state, &open.request)?;
    let market = state.markets.get(open.request.instrument).ok_or(DenialReason::UnknownInstrument)?;
    let last = market.last_price().ok_or(DenialReason::NoPrice)?;
    let request = OrderRequest { quantity: after.0, kind: after.1, ..open.request.clone() };
    check_rate(state, limits)?;
    check_age(state, limits, market)?;
    check_price(state, limits, &request, last)?;
    let (old_price, new_price) = (price_of(before.1, last), price_of(after.1, last));
    let already = old_price * before.0;
    let added = new_price * (after.0 - open.filled) - old_price * (before.0 - open.filled);
    check_exposure(state, limits, &request, already, added)
}

/// What a limit leaves.
pub(crate) struct Room {
    /// What it is called where denials are counted.
    pub limit: &'static str,
    /// How much more of the instrument fits.
    pub quantity: Quantity,
}

/// How much more of an instrument fits, at this price with this stop, by the limit that leaves the least; `None` when
/// it is unlimited. Fails with what says so when that is not known.
pub(crate) fn room(
    state: &State,
    limits: &Limits,
    market: &Market,
    price: Price,
    stop: Option<Price>,
) -> Result<Option<Room>, DenialReason> {
    if limits.of_equity().iter().all(Option::is_none) {
        return Ok(None);
    }
    let exposure = Exposure::new(state)?;
    let unit = exposure.value(market.instrument.id, Quantity(Decimal::ONE), Some(price)).ok_or(DenialReason::NoPrice)?;
    let rooms = constraints(limits, &exposure, market, price, stop, Amount::ZERO).map(|constraint| {
        let left = exposure.equity * constraint.limit - constraint.base;
        let amount = Amount(left.0.checked_div(constraint.factor.0).unwrap_or(Decimal::MAX)).max(Amount::ZERO);
        (amount, constraint)
    });
    Ok(rooms.min_by_key(|(amount, _)| *amount).map(|(amount, constraint)| Room {
        limit: (constraint.excess)(Excess { share: Rate::ZERO, limit: constraint.limit }).name(),
        quantity: Quantity(amount.0.checked_div(unit.0).unwrap_or(Decimal::ZERO)),
    }))
}

/// How far each limit on shares of the equity would be used with a new buy: nothing where that is not known.
pub(crate) fn used(state: &State, limits: &Limits, request: &OrderRequest) -> Vec<DenialReason> {
    let measured = || {
        let market = state.markets.get(request.instrument)?;
        let exposure = Exposure::new(state).ok()?;
        let price = price_of(request.kind, market.last_price()?);
        let notional = exposure.convert(price * request.quantity, market)?;
        let stop = request.bracket.and_then(|bracket| bracket.stop);
        let mut used: Vec<DenialReason> = constraints(limits, &exposure, market, price, stop, Amount::ZERO)
            .map(|constraint| {
                let share = exposure.share(constraint.base + notional * constraint.factor);
                (constraint.excess)(Excess { share, limit: constraint.limit })
            })
            .collect();
        let at_risk = || exposure.value_at_risk(request.instrument, notional);
        if let Some((limit, at_risk)) = limits.value_at_risk.and_then(|limit| Some((limit, at_risk()?))) {
            used.push(DenialReason::ValueAtRisk(Excess { share: exposure.share(at_risk), limit }));
        }
        Some(used)
    };
    measured().unwrap_or_default()
}

fn may_trade(state: &State, request: &OrderRequest) -> Result<(), DenialReason> {
    if let Some((breaker, until)) = state.pause(request.instrument) {
        return Err(DenialReason::Paused { breaker, until });
    }
    if let Some(&trouble) = state.troubles.first() {
        return Err(DenialReason::Trouble(trouble));
    }
    if state.trading == Trading::Halted { Err(DenialReason::Halted) } else { Ok(()) }
}

fn check_rate(state: &State, limits: &Limits) -> Result<(), DenialReason> {
    match limits.orders_per_second {
        Some(limit) if state.orders_since(state.now.plus_ns(-SECOND_NS)) >= limit as usize => {
            Err(DenialReason::OrderRate { limit })
        }
        _ => Ok(()),
    }
}

fn check_age(state: &State, limits: &Limits, market: &Market) -> Result<(), DenialReason> {
    let Some(stale_ns) = limits.stale_ns else { return Ok(()) };
    let age_ns = u64::try_from(state.now.0.saturating_sub(market.last_at.0)).unwrap_or(0);
    let limit_ns = u64::try_from(stale_ns.saturating_add(market.bar_ns)).unwrap_or(0);
    if age_ns > limit_ns { Err(DenialReason::StaleData { age_ns, limit_ns }) } else { Ok(()) }
}

/// A limit price above the last one, or what the book says that a market order would pay.
fn check_price(state: &State, limits: &Limits, request: &OrderRequest, last: Price) -> Result<(), DenialReason> {
    let Some(limit) = limits.price_band else { return Ok(()) };
    let worst = match request.kind {
        OrderKind::Market => worst_price(state, request.instrument, request.side, request.quantity),
        kind => kind.limit_price(),
    };
    let Some(worst) = worst else { return Ok(()) };
    if worst <= last {
        return Ok(());
    }
    let above = Rate((worst - last).0.checked_div(last.0).unwrap_or(Decimal::MAX).round_dp(6));
    if above > limit { Err(DenialReason::PriceBand(Excess { share: above, limit })) } else { Ok(()) }
}

/// `added`, in quote units, is what comes to what is counted already, and `already` what the order itself is of that.
fn check_exposure(
    state: &State,
    limits: &Limits,
    request: &OrderRequest,
    already: Amount,
    added: Amount,
) -> Result<(), DenialReason> {
    if limits.positions.is_none() && limits.of_equity().iter().all(Option::is_none) {
        return Ok(());
    }
    let market = state.markets.get(request.instrument).ok_or(DenialReason::UnknownInstrument)?;
    let exposure = Exposure::new(state)?;
    if let Some(limit) = limits.positions
        && exposure.positions_with(request.owner, request.instrument) > limit as usize
    {
        return Err(DenialReason::TooManyPositions { limit });
    }
    let price = price_of(request.kind, market.last_price().ok_or(DenialReason::NoPrice)?);
    let [already, notional] = [already, added].map(|amount| exposure.convert(amount, market));
    let (already, notional) = already.zip(notional).ok_or(DenialReason::NoPrice)?;
    let stop = request.bracket.and_then(|bracket| bracket.stop);
    for constraint in constraints(limits, &exposure, market, price, stop, already) {
        let amount = constraint.base + notional * constraint.factor;
        if amount > exposure.equity * constraint.limit {
            return Err((constraint.excess)(Excess { share: exposure.share(amount), limit: constraint.limit }));
        }
    }
    if let Some(limit) = limits.value_at_risk
        && let Some(at_risk) = exposure.value_at_risk(request.instrument, notional)
        && at_risk > exposure.equity * limit
    {
        return Err(DenialReason::ValueAtRisk(Excess { share: exposure.share(at_risk), limit }));
    }
    Ok(())
}

fn constraints(
    limits: &Limits,
    exposure: &Exposure<'_>,
    market: &Market,
    price: Price,
    stop: Option<Price>,
    already: Amount,
) -> impl Iterator<Item = Constraint> {
    let all = Rate(Decimal::ONE);
    let asset = exposure.asset(market.instrument.base);
    let at_stop = stop.filter(|stop| *stop < price).map(|stop| Rate((price - stop).0.checked_div(price.0).unwrap_or_default()));
    let one = |excess: fn(Excess) -> DenialReason, base, factor, limit: Option<Rate>| {
        limit.map(|limit| Constraint { excess, base, factor, limit })
    };
    [
        one(DenialReason::OrderTooLarge, already, all, limits.order),
        at_stop.and_then(|factor| one(DenialReason::TradeRisk, already * factor, factor, limits.trade_risk)),
        one(DenialReason::AssetExposure, asset, all, limits.asset),
        one(DenialReason::TotalExposure, exposure.total(), all, limits.exposure),
        limits
            .correlated
            .and_then(|limit| one(DenialReason::CorrelatedExposure, asset + exposure.correlated(market), all, Some(limit))),
    ]
    .into_iter()
    .flatten()
}

/// What a market order of this size would pay for its last unit, by the book; `None` without one.
fn worst_price(state: &State, instrument: InstrumentId, side: Side, quantity: Quantity) -> Option<Price> {
    let (book, market) = (state.books.get(&instrument)?, state.markets.get(instrument)?);
    let mut left = quantity;
    let mut worst = None;
    for level in book.levels(side.opposite()) {
        worst = Some(market.instrument.price(level.price));
        left -= market.instrument.quantity(level.size);
        if !left.is_positive() {
            break;
        }
    }
    worst
}
