//! The portfolio: balances, positions and their value, a fold over deposits and fills.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::instrument::{Currency, InstrumentId};
use crate::market::Side;
use crate::markets::Markets;
use crate::number::{Amount, Price, Quantity};
use crate::order::{Fill, OrderRequest, Owner};
use crate::position::{Booking, Position, RoundTrip};
use crate::time::Timestamp;

/// Everything that is owned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    balances: BTreeMap<Currency, Amount>,
    positions: BTreeMap<(Owner, InstrumentId), Position>,
    fees: BTreeMap<Currency, Amount>,
    /// Closed by the last record only, for projections to pick up.
    #[serde(skip)]
    just_closed: Vec<RoundTrip>,
}

impl Portfolio {
    /// Units of each currency, in the order of their codes.
    pub fn balances(&self) -> impl Iterator<Item = (Currency, Amount)> + '_ {
        self.balances.iter().map(|(&currency, &amount)| (currency, amount))
    }

    /// Units of one currency.
    pub fn balance(&self, currency: Currency) -> Amount {
        self.balances.get(&currency).copied().unwrap_or_default()
    }

    /// Fees paid so far, in each currency that they were taken in.
    pub fn fees(&self) -> impl Iterator<Item = (Currency, Amount)> + '_ {
        self.fees.iter().map(|(&currency, &amount)| (currency, amount))
    }

    /// Every position that was ever opened, flat ones included.
    pub fn positions(&self) -> impl Iterator<Item = (Owner, InstrumentId, &Position)> + '_ {
        self.positions.iter().map(|(&(owner, instrument), position)| (owner, instrument, position))
    }

    /// One owner's position in one instrument.
    pub fn position(&self, owner: Owner, instrument: InstrumentId) -> Option<&Position> {
        self.positions.get(&(owner, instrument))
    }

    /// How much one owner holds of one instrument.
    pub fn held(&self, owner: Owner, instrument: InstrumentId) -> Quantity {
        self.position(owner, instrument).map_or(Quantity::ZERO, |position| position.quantity)
    }

    /// Round trips that the last record closed.
    pub fn just_closed(&self) -> &[RoundTrip] {
        &self.just_closed
    }

    /// The value of all balances in `currency` at the last prices; `None` when one of them has no price.
    pub fn equity(&self, markets: &Markets, currency: Currency) -> Option<Amount> {
        self.balances
            .iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(&held, &amount)| markets.convert(amount, held, currency))
            .sum()
    }

    pub(crate) fn forget_closed(&mut self) {
        self.just_closed.clear();
    }

    pub(crate) fn deposit(&mut self, currency: Currency, amount: Amount) {
        *self.balances.entry(currency).or_default() += amount;
    }

    /// Books a fill. A fee in a third currency counts in positions at the last prices, or not at all without one;
    /// balances are always exact.
    pub(crate) fn book(&mut self, at: Timestamp, request: &OrderRequest, fill: &Fill, markets: &Markets) {
        let Some(market) = markets.get(request.instrument) else { return };
        let (base, quote) = (market.instrument.base, market.instrument.quote);
        let notional = fill.price * fill.quantity;
        let (base_change, quote_change) = match request.side {
            Side::Buy => (Amount(fill.quantity.0), -notional),
            Side::Sell => (Amount(-fill.quantity.0), notional),
        };
        self.deposit(base, base_change);
        self.deposit(quote, quote_change);
        self.deposit(fill.fee_currency, -fill.fee);
        *self.fees.entry(fill.fee_currency).or_default() += fill.fee;

        let fee_in_base = if fill.fee_currency == base { Quantity(fill.fee.0) } else { Quantity::ZERO };
        let fee = fee_in_quote(fill, base, quote, markets);
        let position = self.positions.entry((request.owner, request.instrument)).or_default();
        let booking = |quantity| Booking { order: fill.order, at, quantity, notional, fee };
        match request.side {
            Side::Buy => position.buy(&with_fee_in_base(fill.quantity - fee_in_base, -fee_in_base, fill.price, booking)),
            Side::Sell => {
                let booking = with_fee_in_base(fill.quantity + fee_in_base, fee_in_base, fill.price, booking);
                let closed = position.sell(request.owner, request.instrument, &booking);
                self.just_closed.extend(closed);
            }
        }
    }
}

/// A fee in base currency changes what reaches the position: its value is taken off a buy's notional and put on
/// a sale's, so that it is booked once, as a fee, and not a second time as a worse price.
fn with_fee_in_base(quantity: Quantity, added: Quantity, price: Price, booking: impl Fn(Quantity) -> Booking) -> Booking {
    let plain = booking(quantity);
    Booking { notional: plain.notional + price * added, ..plain }
}

fn fee_in_quote(fill: &Fill, base: Currency, quote: Currency, markets: &Markets) -> Amount {
    if fill.fee_currency == quote {
        fill.fee
    } else if fill.fee_currency == base {
        fill.price * Quantity(fill.fee.0)
    } else {
        markets.convert(fill.fee, fill.fee_currency, quote).unwrap_or_default()
    }
}
