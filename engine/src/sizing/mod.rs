//! Sizing: how much a signal is worth.
//!
//! A method says what share of the equity an entry should be, or its quantity; the regime and the controller
//! scale it; and the limits on exposure cap it, so that a large wish becomes the largest order that passes. Value at
//! risk, the price band and the count of positions do not cap: they deny.

mod kelly;
mod size;

pub use kelly::Kelly;
pub use size::{InvalidSize, Size};

use crate::event::{DenialReason, Signal, Volatility};
use crate::instrument::Currency;
use crate::market::Side;
use crate::markets::Market;
use crate::number::{Amount, Decimal, Price, Quantity, Rate};
use crate::order::Owner;
use crate::risk::{Policy, room};
use crate::state::State;

/// Shares are rounded half to even to so many decimals.
const SHARE_DECIMALS: u32 = 8;

/// The numbers of the sizing methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// `atr_risk`: what an entry loses at its stop, as a share of the equity.
    pub risk: Rate,
    /// `confidence`: the share of the equity that a signal of 100 % is worth.
    pub confidence: Rate,
    /// `volatility` and `kelly`: the standard deviation of a day's return that an entry is scaled to.
    pub daily_volatility: Rate,
    /// `volatility`: the share of the equity in a market as volatile as that.
    pub volatility: Rate,
    /// `kelly`: what is known before there are trades.
    pub kelly: Kelly,
    /// What entries are scaled by in a market of low volatility.
    pub low_volatility: Rate,
    /// What entries are scaled by in a market of high volatility.
    pub high_volatility: Rate,
}

impl Default for Sizing {
    fn default() -> Self {
        Self {
            risk: Rate::from_bps(200),
            confidence: Rate::from_bps(3_000),
            daily_volatility: Rate::from_bps(200),
            volatility: Rate::from_bps(3_000),
            kelly: Kelly::default(),
            low_volatility: Rate::from_bps(7_500),
            high_volatility: Rate::from_bps(5_000),
        }
    }
}

/// What a method asks for, before any limit.
pub(crate) struct Wanted {
    /// As a share of the equity; `None` when the method is a quantity.
    pub share: Option<Rate>,
    /// What the regime scales it by.
    pub regime: Rate,
    /// In base units, the controller's scale included, not rounded yet.
    pub quantity: Quantity,
}

/// The quantity of an entry now, rounded down to the lot size.
pub(crate) fn quantity(
    state: &State,
    policy: &Policy,
    size: Size,
    signal: &Signal,
    market: &Market,
    stop: Option<Price>,
) -> Result<Quantity, DenialReason> {
    let price = market.last_price().ok_or(DenialReason::NoPrice)?;
    let Wanted { quantity: wanted, .. } = wanted(state, policy, size, signal, market, stop)?;
    let room = room(state, &policy.limits, market, price, stop)?;
    let capped = room.map_or(wanted, |room| wanted.min(room.quantity)).floor_to(market.instrument.lot_size);
    let minimum = market.smallest_order();
    if capped >= minimum {
        return Ok(capped);
    }
    // Where a limit leaves nothing, the smallest order goes on to the check, which names the limit.
    let wanted = wanted.floor_to(market.instrument.lot_size);
    if wanted >= minimum { Ok(minimum) } else { Err(DenialReason::BelowMinimumSize { quantity: wanted, minimum }) }
}

/// What the method asks for now.
pub(crate) fn wanted(
    state: &State,
    policy: &Policy,
    size: Size,
    signal: &Signal,
    market: &Market,
    stop: Option<Price>,
) -> Result<Wanted, DenialReason> {
    let price = market.last_price().ok_or(DenialReason::NoPrice)?;
    let share = match size {
        Size::Quantity(quantity) => Err(quantity),
        Size::Equity(share) => Ok(share),
        Size::Kelly => Ok(policy.sizing.kelly(state, signal.strategy, market)),
        Size::AtrRisk => Ok(policy.sizing.at_risk(price, stop)),
        Size::Confidence => Ok(rounded(policy.sizing.confidence.0 * Decimal::new(signal.confidence_bps.into(), 4))),
        Size::Volatility => Ok(rounded(policy.sizing.volatility.0 * policy.sizing.calm(market).0)),
    };
    let mut regime = Rate(Decimal::ONE);
    let quantity = match share {
        Err(quantity) => quantity,
        Ok(share) => {
            // These follow the volatility by themselves.
            if !matches!(size, Size::AtrRisk | Size::Volatility | Size::Kelly) {
                regime = policy.sizing.regime(state, market);
            }
            let share = share.0.saturating_mul(regime.0);
            affordable(Rate(share), price, state, market).ok_or(DenialReason::NoPrice)?
        }
    };
    let scale = Rate::from_bps(state.tuning.size_scale_bps.into());
    let quantity = if scale.0 == Decimal::ONE { quantity } else { Quantity(quantity.0.saturating_mul(scale.0)) };
    Ok(Wanted { share: share.ok(), regime, quantity })
}

impl Sizing {
    /// What loses `risk` of the equity at the stop; nothing without one.
    fn at_risk(&self, price: Price, stop: Option<Price>) -> Rate {
        let distance = stop.map(|stop| price - stop).filter(|distance| distance.is_positive());
        let share = distance.and_then(|distance| price.0.checked_div(distance.0));
        Rate(share.map_or(Decimal::ZERO, |share| share.saturating_mul(self.risk.0).round_dp(SHARE_DECIMALS)))
    }

    /// How calm a market is against the volatility that entries are scaled to: 1 as volatile or not known yet,
    /// 0.5 twice as volatile; never above 2.
    fn calm(&self, market: &Market) -> Rate {
        let volatility = market.statistics.daily_volatility().filter(|volatility| volatility.is_positive());
        let calm = volatility.and_then(|volatility| self.daily_volatility.0.checked_div(volatility.0));
        Rate(calm.unwrap_or(Decimal::ONE).min(Decimal::TWO))
    }

    fn regime(&self, state: &State, market: &Market) -> Rate {
        match state.regimes.get(&market.instrument.id).map(|regime| regime.volatility) {
            Some(Volatility::Low) => self.low_volatility,
            Some(Volatility::High) => self.high_volatility,
            None => Rate(Decimal::ONE),
        }
    }

    fn kelly(&self, state: &State, strategy: crate::order::StrategyId, market: &Market) -> Rate {
        let share = self.kelly.share(&state.performance.tally(Owner::Strategy(strategy)));
        let calm = share.0.saturating_mul(self.calm(market).0.min(Decimal::ONE));
        rounded(calm.max(self.kelly.least.0.min(share.0)))
    }
}

fn rounded(share: Decimal) -> Rate {
    Rate(share.round_dp(SHARE_DECIMALS))
}

/// What a share of the equity buys, its taker fee included, and no more than the free quote balance does.
fn affordable(share: Rate, price: Price, state: &State, market: &Market) -> Option<Quantity> {
    let quote = market.instrument.quote;
    let currency = state.session.as_ref()?.currency;
    let equity = state.markets.convert(state.equity()?, currency, quote)?;
    let free = state.portfolio.balance(quote) - committed(state, quote);
    let cash = (equity * share).min(free);
    Some(cash.at(price * Rate(Decimal::ONE.saturating_add(market.instrument.taker_fee.0))))
}

/// What open buy orders will take of a currency at their limit or last price, fees aside.
fn committed(state: &State, quote: Currency) -> Amount {
    let buys = state.orders.iter().filter(|order| order.request.side == Side::Buy);
    buys.filter_map(|order| {
        let market = state.markets.get(order.request.instrument)?;
        let price = order.request.kind.limit_price().or_else(|| market.last_price())?;
        (market.instrument.quote == quote).then(|| price * order.remaining())
    })
    .sum()
}
