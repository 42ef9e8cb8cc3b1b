//! Exposure: what is held and what open orders are about to add, in the session's currency.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::event::DenialReason;
use crate::instrument::{Currency, InstrumentId};
use crate::market::Side;
use crate::markets::Market;
use crate::number::{Amount, Decimal, Price, Quantity, Rate};
use crate::order::{OrderKind, Owner};
use crate::state::State;
use crate::statistics::{correlation_bps, value_at_risk};

/// What positions are worth now, with what open buy orders would make of them. Balances that no fill of the
/// session brought in are not counted: nobody here chose them.
pub(super) struct Exposure<'a> {
    state: &'a State,
    currency: Currency,
    pub equity: Amount,
    values: BTreeMap<InstrumentId, Amount>,
    positions: BTreeSet<(Owner, InstrumentId)>,
}

/// What a buy of this kind may pay when the last price is `last`: its limit, or where it is triggered.
pub(super) fn price_of(kind: OrderKind, last: Price) -> Price {
    kind.limit_price().unwrap_or_else(|| kind.trigger().map_or(last, |trigger| trigger.max(last)))
}

impl<'a> Exposure<'a> {
    /// Fails when the equity is not known or nothing is left of it, or when something held or on order has no price.
    pub fn new(state: &'a State) -> Result<Self, DenialReason> {
        let currency = state.session.as_ref().ok_or(DenialReason::NoEquity)?.currency;
        let equity = state.equity().filter(|equity| equity.is_positive()).ok_or(DenialReason::NoEquity)?;
        let mut exposure = Self { state, currency, equity, values: BTreeMap::new(), positions: BTreeSet::new() };
        for (owner, instrument, position) in state.portfolio.positions() {
            if position.quantity.is_positive() {
                let value = exposure.value(instrument, position.quantity, None).ok_or(DenialReason::NoPrice)?;
                *exposure.values.entry(instrument).or_default() += value;
            }
            if state.is_sellable(owner, instrument) {
                exposure.positions.insert((owner, instrument));
            }
        }
        for order in state.orders.iter().filter(|order| order.request.side == Side::Buy) {
            let (instrument, (quantity, kind)) = (order.request.instrument, order.most());
            let last = state.markets.get(instrument).and_then(Market::last_price);
            let price = last.map(|last| price_of(kind, last));
            let value = exposure.value(instrument, quantity - order.filled, price).ok_or(DenialReason::NoPrice)?;
            *exposure.values.entry(instrument).or_default() += value;
            exposure.positions.insert((order.request.owner, instrument));
        }
        Ok(exposure)
    }

    /// A quantity at a price, or at the last one, in the session's currency; `None` without a price.
    pub fn value(&self, instrument: InstrumentId, quantity: Quantity, price: Option<Price>) -> Option<Amount> {
        let market = self.state.markets.get(instrument)?;
        self.convert(price.or_else(|| market.last_price())? * quantity, market)
    }

    /// An amount of an instrument's quote currency in the session's currency.
    pub fn convert(&self, notional: Amount, market: &Market) -> Option<Amount> {
        self.state.markets.convert(notional, market.instrument.quote, self.currency)
    }

    /// All of it.
    pub fn total(&self) -> Amount {
        self.values.values().copied().sum()
    }

    /// Of every instrument with the same base currency.
    pub fn asset(&self, base: Currency) -> Amount {
        self.of(|market| market.instrument.base == base)
    }

    fn of(&self, picks: impl Fn(&Market) -> bool) -> Amount {
        let of = self.values.iter().filter(|&(&id, _)| self.state.markets.get(id).is_some_and(&picks));
        of.map(|(_, &value)| value).sum()
    }

    /// Of every other asset, each by its correlation with this instrument: one that moves against it, or whose
    /// correlation is not known yet, counts as nothing.
    pub fn correlated(&self, market: &Market) -> Amount {
        let others = self.values.iter().filter_map(|(&id, &value)| Some((self.state.markets.get(id)?, value)));
        let others = others.filter(|(other, _)| other.instrument.base != market.instrument.base);
        others
            .map(|(other, value)| {
                let bps = correlation_bps(&market.statistics, &other.statistics).unwrap_or(0).max(0);
                value * Rate::from_bps(i64::from(bps))
            })
            .sum()
    }

    /// The 1-day historical value at risk at 5 % of all positions with `added` more of one instrument; `None`
    /// while too few days are known.
    pub fn value_at_risk(&self, instrument: InstrumentId, added: Amount) -> Option<Amount> {
        let mut values = self.values.clone();
        *values.entry(instrument).or_default() += added;
        let positions = values.into_iter().filter(|(_, value)| value.is_positive());
        let positions = positions.filter_map(|(id, value)| Some((value, &self.state.markets.get(id)?.statistics)));
        value_at_risk(&positions.collect::<alloc::vec::Vec<_>>(), 9_500)
    }

    /// How many positions there would be with one of this owner in this instrument.
    pub fn positions_with(&self, owner: Owner, instrument: InstrumentId) -> usize {
        self.positions.len() + usize::from(!self.positions.contains(&(owner, instrument)))
    }

    /// An amount as a share of the equity, rounded half to even at 6 decimals.
    pub fn share(&self, amount: Amount) -> Rate {
        Rate(amount.0.checked_div(self.equity.0).unwrap_or(Decimal::MAX).round_dp(6))
    }
}
